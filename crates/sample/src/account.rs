//! What a month costs: the rows and sums of table 7.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::catalogue::{Care, Equipment};
use crate::service::{Line, Visit};

/// Code that a percentage is charged under, with its units. Percentages are counted once a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raise {
    pub(crate) code: &'static str,
    pub(crate) units: u32,
}

/// The bill of one service.
#[derive(Debug)]
pub(crate) struct Bill {
    /// Index of the office.
    pub(crate) office: usize,
    pub(crate) care: &'static Care,
    /// Rows counted against the limit, then those outside it.
    pub(crate) rows: Vec<BillRow>,
    pub(crate) raise: Option<Raise>,
}

/// One row of table 7.
#[derive(Debug)]
pub(crate) struct BillRow {
    pub(crate) code: &'static str,
    pub(crate) equipment: Option<&'static Equipment>,
    /// Units each time.
    pub(crate) units: u32,
    pub(crate) count: u32,
    pub(crate) counted: bool,
    pub(crate) amounts: Amounts,
}

/// The columns of table 7 that are summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// サービス単位／金額.
    pub(crate) units: u32,
    /// What counts against the limit; `None` outside it.
    pub(crate) limit: Option<Limited>,
    /// Yen.
    pub(crate) total_cost: u32,
    /// Yen.
    pub(crate) insurance_claim: u32,
    /// Yen.
    pub(crate) user_copay: u32,
    /// Yen for what is over the limit.
    pub(crate) user_full_payment: u32,
}

/// Units counted against the limit: 給付管理単位数 is the sum of both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) within: u32,
    pub(crate) excess: u32,
}

impl Amounts {
    /// `excess` of `units` are over the limit.
    fn of(units: u32, excess: Option<u32>, price: u32, benefit_rate: u32) -> Self {
        let excess_units = excess.unwrap_or(0);
        let total_cost = yen(units - excess_units, price);
        let insurance_claim = total_cost * benefit_rate / 100;
        Self {
            units,
            limit: excess.map(|excess| Limited { within: units - excess, excess }),
            total_cost,
            insurance_claim,
            user_copay: total_cost - insurance_claim,
            user_full_payment: yen(excess_units, price),
        }
    }

    fn plus(self, other: &Self) -> Self {
        let limit = match (self.limit, other.limit) {
            (Some(one), Some(other)) => {
                Some(Limited { within: one.within + other.within, excess: one.excess + other.excess })
            }
            (one, other) => one.or(other),
        };
        Self {
            units: self.units + other.units,
            limit,
            total_cost: self.total_cost + other.total_cost,
            insurance_claim: self.insurance_claim + other.insurance_claim,
            user_copay: self.user_copay + other.user_copay,
            user_full_payment: self.user_full_payment + other.user_full_payment,
        }
    }

    /// The sum of the amounts of rows.
    pub(crate) fn sum<'a>(rows: impl IntoIterator<Item = &'a BillRow>) -> Self {
        rows.into_iter().fold(Self::default(), |sum, row| sum.plus(&row.amounts))
    }
}

impl Bill {
    /// The bills of all services of a person.
    pub(crate) fn all(case: &Case) -> Vec<Self> {
        let counts: Vec<_> = case.services.iter().map(|service| counts(&case.visits(service))).collect();
        let counted = |counts: &BTreeMap<Key, u32>| -> u32 {
            counts.iter().filter(|(key, _)| key.counted).map(|(key, count)| key.units * count).sum()
        };
        let mut excess = counts.iter().map(counted).sum::<u32>().saturating_sub(case.limit());
        // What is over the limit falls on the services from the last one on.
        let mut bills: Vec<Self> = case
            .services
            .iter()
            .zip(counts)
            .rev()
            .map(|(service, counts)| {
                Self::of(service.office, service.care, &counts, case.person.benefit_rate, &mut excess)
            })
            .collect();
        bills.reverse();
        bills
    }

    fn of(
        office: usize,
        care: &'static Care,
        counts: &BTreeMap<Key, u32>,
        benefit_rate: u32,
        excess: &mut u32,
    ) -> Self {
        let mut rows: Vec<BillRow> = counts
            .iter()
            .map(|(key, count)| {
                let units = key.units * count;
                let over = key.counted.then(|| units.min(*excess));
                *excess -= over.unwrap_or(0);
                let amounts = Amounts::of(units, over, care.price, benefit_rate);
                let Key { code, equipment, units, counted, .. } = *key;
                BillRow { code, equipment, units, count: *count, counted, amounts }
            })
            .collect();
        rows.sort_by_key(|row| !row.counted);
        let raised = rows.iter().map(|row| row.amounts.limit.map_or(row.amounts.units, |limit| limit.within));
        let raise = Raise::of(care, raised.sum());
        rows.extend(raise.map(|Raise { code, units }| BillRow {
            code,
            equipment: None,
            units,
            count: 1,
            counted: false,
            amounts: Amounts::of(units, None, care.price, benefit_rate),
        }));
        Self { office, care, rows, raise }
    }
}

impl Raise {
    /// The raise on some units; `None` for care without one.
    pub(crate) fn of(care: &Care, units: u32) -> Option<Self> {
        let (code, thousandths) = care.raise?;
        Some(Self { code, units: (units * thousandths + 500) / 1000 })
    }

    /// The raise on all units of some visits.
    pub(crate) fn of_visits(care: &Care, visits: &[Visit]) -> Option<Self> {
        let lines = visits.iter().flat_map(|visit| &visit.lines);
        Self::of(care, lines.map(Line::amount).sum())
    }
}

/// What makes a row of table 7 one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    code: &'static str,
    units: u32,
    counted: bool,
    equipment: Option<&'static Equipment>,
    detail_no: Option<u8>,
}

fn counts(visits: &[Visit]) -> BTreeMap<Key, u32> {
    let mut counts = BTreeMap::new();
    for line in visits.iter().flat_map(|visit| &visit.lines) {
        let Line { item, count, equipment, detail_no } = *line;
        let key = Key { code: item.code, units: item.units, counted: item.counted, equipment, detail_no };
        *counts.entry(key).or_insert(0) += count;
    }
    counts
}

/// Hundredths of a yen for a unit, rounded down to yen.
fn yen(units: u32, price: u32) -> u32 {
    units * price / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_splits_into_what_the_insurance_and_the_person_pay() {
        let amounts = Amounts::of(1_000, Some(100), 1105, 90);
        assert_eq!(amounts.total_cost, 9_945);
        assert_eq!((amounts.insurance_claim, amounts.user_copay), (8_950, 995));
        assert_eq!(amounts.user_full_payment, 1_105);
        assert_eq!(amounts.limit, Some(Limited { within: 900, excess: 100 }));
    }

    #[test]
    fn sums_keep_what_is_outside_the_limit_apart() {
        let inside = Amounts::of(10, Some(4), 1000, 100);
        let outside = Amounts::of(7, None, 1000, 100);
        let both = inside.plus(&outside).plus(&inside);
        assert_eq!((both.units, both.limit), (27, Some(Limited { within: 12, excess: 8 })));
        assert_eq!(outside.plus(&outside).limit, None);
    }

    #[test]
    fn a_raise_is_rounded_to_the_nearest_unit() {
        let care = crate::catalogue::care("15").unwrap();
        let units = |units| Raise::of(care, units).unwrap().units;
        assert_eq!((units(1_000), units(5), units(6), units(16)), (92, 0, 1, 1));
        assert_eq!(Raise::of(crate::catalogue::care("17").unwrap(), 1_000), None);
    }
}
