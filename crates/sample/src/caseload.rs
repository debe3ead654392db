//! Who goes to which offices.

use crate::catalogue::{Care, Pattern};
use crate::dice::Dice;

/// Most offices that one person goes to, unless there are too few people for all offices.
const MOST_OFFICES: usize = 6;

/// How often in a hundred people have 1, 2, 3, 4 or 5 offices.
const NUMBER_OF_OFFICES: [usize; 5] = [18, 34, 28, 14, 6];

/// For each person the indices of their offices.
pub(crate) fn assign(people: usize, cares: &[&'static Care], dice: &mut Dice) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..cares.len()).collect();
    dice.shuffle(&mut order);
    let mut caseload: Vec<Vec<usize>> = (0..people).map(|person| vec![order[person % order.len()]]).collect();
    for &office in order.iter().skip(people) {
        place(office, &mut caseload, cares);
    }
    for offices in &mut caseload {
        let wanted = 1 + dice.weighted(&NUMBER_OF_OFFICES);
        // Some draws go with none of the person's other offices: a few more are made than are needed.
        for _ in 0..wanted * 3 {
            let office = dice.below(cares.len());
            if offices.len() < wanted && goes_with(office, offices, cares) {
                offices.push(office);
            }
        }
        offices.sort_unstable();
    }
    caseload
}

/// Gives an office that has nobody yet to the person with the fewest offices that it goes with.
fn place(office: usize, caseload: &mut [Vec<usize>], cares: &[&'static Care]) {
    let fitting = caseload.iter_mut().filter(|offices| goes_with(office, offices, cares));
    if let Some(offices) =
        fitting.min_by_key(|offices| offices.len()).filter(|offices| offices.len() < MOST_OFFICES)
    {
        offices.push(office);
    }
}

/// Whether a person can have this office besides the others.
fn goes_with(office: usize, others: &[usize], cares: &[&'static Care]) -> bool {
    others.iter().all(|&other| other != office && are_compatible(cares[office], cares[other]))
}

/// A person has each kind of care from one office, but for home help; one day service; and around-the-clock
/// care takes the place of home help.
fn are_compatible(one: &Care, other: &Care) -> bool {
    let is_day_service = |care: &Care| matches!(care.pattern, Pattern::DayCare { .. }) && care.code != "16";
    let is_help = |care: &Care| matches!(care.code, "11" | "76");
    if one.code == other.code {
        return one.code == "11";
    }
    !(is_day_service(one) && is_day_service(other) || is_help(one) && is_help(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CARES;

    fn cares(offices: usize) -> Vec<&'static Care> {
        CARES.iter().cycle().take(offices).collect()
    }

    #[test]
    fn every_person_has_an_office_and_every_office_a_person() {
        for (people, offices) in [(1, 1), (30, 12), (200, 40), (12, 24), (1000, 3)] {
            let caseload = assign(people, &cares(offices), &mut Dice::new(1, 0));
            assert!(caseload.iter().all(|offices| (1..=MOST_OFFICES).contains(&offices.len())));
            let served: std::collections::BTreeSet<_> = caseload.iter().flatten().collect();
            assert_eq!(served.len(), offices, "{people} people, {offices} offices");
        }
    }

    #[test]
    fn nobody_has_two_offices_of_a_kind_but_home_help() {
        let cares = cares(36);
        for offices in assign(500, &cares, &mut Dice::new(2, 0)) {
            let mut codes: Vec<_> =
                offices.iter().map(|at| cares[*at].code).filter(|code| *code != "11").collect();
            let all = codes.len();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), all);
        }
    }
}
