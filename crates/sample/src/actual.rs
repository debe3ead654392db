//! What really happened: the plan, changed here and there.

use jiff::civil::Date;
use tasuki_terms::ServiceMonth;

use crate::case::Case;
use crate::catalogue::Pattern;
use crate::dice::Dice;
use crate::service::{Line, Service, Times, Visit};

/// How often in a hundred a visit is called off, moved to a neighbouring day, or held at other times.
const CALLED_OFF: usize = 4;
const MOVED: usize = 3;
const OTHER_TIMES: usize = 5;

/// The visits of a service as they took place.
pub(crate) fn actual_visits(case: &Case, service: &Service, dice: &mut Dice) -> Vec<Visit> {
    let planned = Service { monthly: Vec::new(), ..service.clone() };
    let mut visits = case.visits(&planned);
    if is_by_visit(service) {
        visits = change(visits, case.month, dice);
    }
    if let Some(first) = visits.first_mut() {
        let lines = service.monthly.iter();
        first.lines.extend(lines.map(|item| Line {
            item: *item,
            count: 1,
            equipment: None,
            detail_no: None,
        }));
    }
    visits
}

/// Whether each visit stands for itself. Stays, rental and care charged by the month go as planned.
fn is_by_visit(service: &Service) -> bool {
    matches!(service.care.pattern, Pattern::Visits { .. } | Pattern::DayCare { .. } | Pattern::Advice(_))
}

fn change(planned: Vec<Visit>, month: ServiceMonth, dice: &mut Dice) -> Vec<Visit> {
    let mut taken: Vec<i8> = planned.iter().map(|visit| visit.day).collect();
    let mut actual = Vec::with_capacity(planned.len());
    for mut visit in planned {
        if dice.percent(CALLED_OFF) {
            continue;
        }
        if dice.percent(MOVED)
            && let Some(day) =
                [visit.day + 1, visit.day - 1].into_iter().find(|day| is_free(*day, month, &taken))
        {
            visit.day = day;
            taken.push(day);
        }
        if dice.percent(OTHER_TIMES) {
            visit.times = visit.times.map(|times| late(times, dice));
        }
        actual.push(visit);
    }
    actual.sort_by_key(|visit| (visit.day, visit.times));
    actual
}

fn is_free(day: i8, month: ServiceMonth, taken: &[i8]) -> bool {
    Date::new(month.year(), month.month(), day).is_ok() && !taken.contains(&day)
}

/// The same length, 5 to 30 minutes later.
fn late(times: Times, dice: &mut Dice) -> Times {
    let late = 5 * dice.of(1..=6);
    Times { start: times.start + late, end: times.end + late }
}
