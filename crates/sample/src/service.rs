//! What an office does for a person in a month.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use tasuki_terms::ServiceMonth;

use crate::catalogue::{Care, Equipment, Item, Pattern, VisitKind};
use crate::dice::Dice;

/// What one office is to do for a person in a month.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// Index of the office.
    pub(crate) office: usize,
    pub(crate) care: &'static Care,
    /// Fixed days of the week.
    pub(crate) week: Vec<Slot>,
    /// Days that do not recur every week.
    pub(crate) dated: Vec<Visit>,
    /// Charged once in the month, with the first visit.
    pub(crate) monthly: Vec<Item>,
}

/// A fixed day of the week.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// 1 Monday to 7 Sunday.
    pub(crate) weekday: i8,
    pub(crate) times: Times,
    pub(crate) lines: Vec<Line>,
}

/// One day's service.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// Day of the month.
    pub(crate) day: i8,
    /// `None` for services without a time.
    pub(crate) times: Option<Times>,
    pub(crate) lines: Vec<Line>,
}

/// Start and end in minutes since midnight; the end is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Times {
    pub(crate) start: u16,
    pub(crate) end: u16,
}

/// One thing charged on a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) item: Item,
    pub(crate) count: u32,
    pub(crate) equipment: Option<&'static Equipment>,
    /// Tells rented things apart that share code and units.
    pub(crate) detail_no: Option<u8>,
}

impl Line {
    fn of(item: Item, count: u32) -> Self {
        Self { item, count, equipment: None, detail_no: None }
    }

    /// Units of all its times.
    pub(crate) fn amount(&self) -> u32 {
        self.item.units * self.count
    }
}

/// The person a service is planned for, as far as planning needs to know.
pub(crate) struct Need {
    /// Care level, 1 to 5.
    pub(crate) care_level: usize,
    pub(crate) month: ServiceMonth,
    /// Whether this is the first month of care.
    pub(crate) is_new: bool,
}

impl Service {
    /// Plans what an office does. `busy` are the weekdays that day services already took; days taken are added.
    pub(crate) fn plan(
        office: usize,
        care: &'static Care,
        need: &Need,
        busy: &mut Vec<i8>,
        dice: &mut Dice,
    ) -> Self {
        let mut service = Self { office, care, week: Vec::new(), dated: Vec::new(), monthly: Vec::new() };
        let level = need.care_level - 1;
        match &care.pattern {
            Pattern::Visits { kinds, starts, most_days } => {
                service.week = visiting_week(kinds, starts, *most_days, busy, dice);
            }
            Pattern::DayCare { base, add_ons } => {
                service.week = day_care_week(&base[level], add_ons, busy, dice);
            }
            Pattern::ShortStay { base, transport } => {
                service.dated = short_stay(base[level], *transport, need.month, dice);
            }
            Pattern::Rental(equipment) => service.dated = rental(equipment, need.care_level, dice),
            Pattern::Advice(items) => service.dated = advice(dice.pick(items), need.month, dice),
            Pattern::AroundTheClock { base } => {
                service.dated = vec![Visit { day: 1, times: None, lines: vec![Line::of(base[level], 1)] }];
            }
        }
        service.monthly = care.monthly.iter().copied().filter(|_| dice.percent(40)).collect();
        service.monthly.extend(care.first.filter(|_| need.is_new));
        service
    }

    /// The visits of a month, by day and time, without the days on which the person is away.
    pub(crate) fn visits(&self, month: ServiceMonth, away: Option<&RangeInclusive<i8>>) -> Vec<Visit> {
        let fixed = (1..=month.days()).flat_map(|day| {
            let weekday = weekday(month, day);
            let slots = self.week.iter().filter(move |slot| slot.weekday == weekday);
            slots.map(move |slot| Visit { day, times: Some(slot.times), lines: slot.lines.clone() })
        });
        let mut visits: Vec<Visit> = fixed.chain(self.dated.iter().cloned()).collect();
        visits.retain(|visit| !away.is_some_and(|away| away.contains(&visit.day)));
        visits.sort_by_key(|visit| (visit.day, visit.times));
        if let Some(first) = visits.first_mut() {
            first.lines.extend(self.monthly.iter().map(|item| Line::of(*item, 1)));
        }
        visits
    }

    /// The days of a short stay.
    pub(crate) fn stay(&self) -> Option<RangeInclusive<i8>> {
        if !self.is_stay() {
            return None;
        }
        Some(self.dated.first()?.day..=self.dated.last()?.day)
    }

    /// Whether this is a short stay.
    pub(crate) fn is_stay(&self) -> bool {
        matches!(self.care.pattern, Pattern::ShortStay { .. })
    }

    /// Gives up one fixed day or night, if the service then still takes place.
    pub(crate) fn shorten(&mut self) -> bool {
        if self.week.len() > 1 {
            self.week.pop();
            return true;
        }
        if self.is_stay() && self.dated.len() > 2 {
            let last = self.dated.pop();
            if let (Some(last), Some(new_last)) = (last, self.dated.last_mut()) {
                new_last.lines = last.lines;
            }
            return true;
        }
        false
    }

    /// Units of a fixed day.
    pub(crate) fn units_a_day(&self) -> u32 {
        let lines = self.week.first().into_iter().flat_map(|slot| &slot.lines);
        lines.map(Line::amount).sum()
    }

    /// Adds one visit like those of the week on the first day of the month without one on which the person is
    /// not away; false when there is none.
    pub(crate) fn add_extra(&mut self, month: ServiceMonth, away: Option<&RangeInclusive<i8>>) -> bool {
        let mut taken: Vec<i8> = self.visits(month, None).iter().map(|visit| visit.day).collect();
        taken.extend(away.into_iter().cloned().flatten());
        let free = (1..=month.days()).find(|day| !taken.contains(day));
        let (Some(day), Some(slot)) = (free, self.week.first()) else {
            return false;
        };
        let visit = Visit { day, times: Some(slot.times), lines: slot.lines.clone() };
        self.dated.push(visit);
        true
    }
}

/// Weekday of a day of a month, 1 Monday to 7 Sunday.
pub(crate) fn weekday(month: ServiceMonth, day: i8) -> i8 {
    let date = Date::new(month.year(), month.month(), day).unwrap_or(month.first_day());
    date.weekday().to_monday_one_offset()
}

fn visiting_week(
    kinds: &[VisitKind],
    starts: &[u16],
    most_days: u16,
    busy: &[i8],
    dice: &mut Dice,
) -> Vec<Slot> {
    let VisitKind { item, minutes, count } = dice.pick(kinds);
    let start = dice.pick(starts);
    let mut days: Vec<i8> = (1..=6).collect();
    dice.shuffle(&mut days);
    // Visits in the middle of the day fall on days at home, as far as there are any.
    days.sort_by_key(|day| busy.contains(day));
    days.truncate(dice.of(1..=most_days).into());
    days.sort_unstable();
    let times = Times { start, end: start + minutes };
    days.into_iter().map(|weekday| Slot { weekday, times, lines: vec![Line::of(item, count)] }).collect()
}

fn day_care_week(base: &Item, add_ons: &[Item], busy: &mut Vec<i8>, dice: &mut Dice) -> Vec<Slot> {
    let mut days: Vec<i8> = (1..=6).filter(|day| !busy.contains(day)).collect();
    dice.shuffle(&mut days);
    days.truncate(dice.of(1..=4).into());
    days.sort_unstable();
    busy.extend(&days);
    let start = dice.pick(&[9 * 60, 9 * 60 + 15, 9 * 60 + 30]);
    let times = Times { start, end: start + 7 * 60 + 10 };
    let chosen: Vec<Item> = add_ons.iter().copied().filter(|_| dice.percent(70)).collect();
    let lines: Vec<Line> = std::iter::once(*base).chain(chosen).map(|item| Line::of(item, 1)).collect();
    days.into_iter().map(|weekday| Slot { weekday, times, lines: lines.clone() }).collect()
}

fn short_stay(base: Item, transport: Item, month: ServiceMonth, dice: &mut Dice) -> Vec<Visit> {
    let nights = dice.below(5);
    let length = i8::try_from(3 + nights).unwrap_or(3);
    let latest = month.days() - length;
    let first = 2 + i8::try_from(dice.below(usize::from(latest.unsigned_abs()) - 1)).unwrap_or(0);
    let last = first + length - 1;
    let visit = |day| {
        let transport = (day == first || day == last).then_some(transport);
        let lines = std::iter::once(base).chain(transport).map(|item| Line::of(item, 1)).collect();
        Visit { day, times: None, lines }
    };
    (first..=last).map(visit).collect()
}

fn rental(equipment: &'static [Equipment], care_level: usize, dice: &mut Dice) -> Vec<Visit> {
    let mut chosen: Vec<&'static Equipment> = equipment.iter().collect();
    dice.shuffle(&mut chosen);
    chosen.truncate(usize::from(dice.of(1..=3)) + care_level / 2);
    chosen.sort_unstable();
    let same = |one: &Equipment, other: &Equipment| one.item == other.item;
    let line = |(index, equipment): (usize, &&'static Equipment)| {
        let is_alone = chosen.iter().filter(|other| same(equipment, other)).count() == 1;
        let number = 1 + chosen[..index].iter().filter(|other| same(equipment, other)).count();
        let detail_no = if is_alone { None } else { u8::try_from(number).ok() };
        Line { equipment: Some(*equipment), detail_no, ..Line::of(equipment.item, 1) }
    };
    let lines = chosen.iter().enumerate().map(line).collect();
    vec![Visit { day: 1, times: None, lines }]
}

fn advice(item: Item, month: ServiceMonth, dice: &mut Dice) -> Vec<Visit> {
    let weekday_of_round = 1 + i8::try_from(dice.below(5)).unwrap_or(0);
    let days = (1..=month.days()).filter(|day| weekday(month, *day) == weekday_of_round);
    let visit = |day| Visit { day, times: None, lines: vec![Line::of(item, 1)] };
    days.skip(dice.below(2)).step_by(2).take(2).map(visit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{CARES, care};

    fn month() -> ServiceMonth {
        "202510".parse().unwrap()
    }

    fn plan(code: &str, seed: u64) -> Service {
        let need = Need { care_level: 3, month: month(), is_new: false };
        Service::plan(0, care(code).unwrap(), &need, &mut Vec::new(), &mut Dice::new(seed, 0))
    }

    #[test]
    fn every_kind_of_care_takes_place_and_ends_after_it_starts() {
        for (care, seed) in CARES.iter().flat_map(|care| (0..50).map(move |seed| (care, seed))) {
            let visits = plan(care.code, seed).visits(month(), None);
            assert!(!visits.is_empty(), "{}", care.name);
            for visit in visits {
                assert!((1..=31).contains(&visit.day));
                assert!(visit.times.is_none_or(|times| times.start < times.end && times.end <= 24 * 60));
                assert!(!visit.lines.is_empty());
            }
        }
    }

    #[test]
    fn fixed_days_recur_every_week_but_not_while_the_person_is_away() {
        let service = (0..100).map(|seed| plan("11", seed)).find(|service| service.week.len() == 2).unwrap();
        let days = |away| service.visits(month(), away).len();
        assert!((8..=10).contains(&days(None)));
        assert_eq!(days(Some(&(8..=14))), days(None) - 2);
        assert_eq!(days(Some(&(1..=31))), 0);
    }

    #[test]
    fn a_short_stay_has_transport_on_its_first_and_last_day_however_short() {
        let mut service = plan("21", 4);
        while service.shorten() {}
        let transports = service.dated.iter().map(|visit| visit.lines.len());
        assert_eq!(transports.collect::<Vec<_>>(), [2, 2]);
        assert!(service.stay().is_some());
    }

    #[test]
    fn rented_things_with_the_same_code_and_units_are_numbered() {
        let mut numbered = 0;
        for seed in 0..200 {
            let service = plan("17", seed);
            let lines = &service.dated[0].lines;
            for line in lines {
                let alike: Vec<_> = lines.iter().filter(|other| other.item == line.item).collect();
                let numbers: Vec<_> = alike.iter().map(|line| line.detail_no).collect();
                let expected = if alike.len() == 1 { vec![None] } else { vec![Some(1), Some(2)] };
                assert_eq!(numbers, expected);
                numbered += alike.len() - 1;
            }
        }
        assert!(numbered > 0, "no two things were alike");
    }

    #[test]
    fn monthly_items_come_with_the_first_visit() {
        let service =
            (0..100).map(|seed| plan("13", seed)).find(|service| service.monthly.len() == 2).unwrap();
        let visits = service.visits(month(), None);
        assert_eq!(visits[0].lines.len(), 3);
        assert!(visits[1..].iter().all(|visit| visit.lines.len() == 1));
    }
}
