//! The supplement (UPHOSOKU).

use super::{Column, Findings, Person, Rules, check_birth, check_period};
use crate::check::code::Code;
use crate::layout::Layout;
use crate::read::Row;
use crate::value::{Date, OrZero, ServiceMonth};

/// Rules of the supplement.
pub(super) struct SupplementRules {
    plan: Column,
    month: Column,
    birth: Column,
    limit: [Column; 2],
    slots: Vec<Slot>,
    /// Whether the name says that it goes with tables 6 and 7.
    is_of_month: bool,
}

/// One of the nine places for a limit of a service type.
struct Slot {
    service_type: Column,
    amounts: [Column; 3],
}

impl SupplementRules {
    pub(super) fn new(layout: &'static Layout, name_month: Option<OrZero<ServiceMonth>>) -> Self {
        let column = |name: &str| Column::named(layout, name);
        let slot = |n| {
            let part = |part: &str| column(&format!("type_limit_{n}_{part}"));
            Slot {
                service_type: part("service_type"),
                amounts: [part("limit_units"), part("total_units"), part("excess_units")],
            }
        };
        Self {
            plan: column("plan_date"),
            month: column("target_month"),
            birth: column("user_birth_date"),
            limit: [column("limit_start_date"), column("limit_end_date")],
            slots: (1..=9).map(slot).collect(),
            is_of_month: matches!(name_month, Some(OrZero::Is(_))),
        }
    }

    /// The supplement goes with tables 1 to 3 or with tables 6 and 7, as its name says: one of the two keys
    /// counts, and the other, which should be zeros, is ignored.
    fn check_which(&self, row: &Row<'_>, findings: &mut Findings) {
        let plan = self.plan.value::<OrZero<Date>>(row);
        let month = self.month.value::<OrZero<ServiceMonth>>(row);
        let [counted, ignored] =
            if self.is_of_month { [self.month, self.plan] } else { [self.plan, self.month] };
        match (plan, month) {
            (Some(OrZero::Is(_)), Some(OrZero::Is(_))) => {
                findings.push(ignored.finding(Code::SupplementOfBoth, row));
            }
            (Some(OrZero::Zero), Some(OrZero::Zero)) => {
                findings.push(counted.finding(Code::SupplementOfNeither, row));
            }
            _ => {}
        }
    }

    fn check_slots(&self, row: &Row<'_>, findings: &mut Findings) {
        let mut gap = false;
        for slot in &self.slots {
            let has_type = !slot.service_type.bytes(row).is_empty();
            if has_type && gap {
                findings.push(slot.service_type.finding(Code::TypeLimitGap, row));
            }
            gap = !has_type;
            let amount = slot.amounts.iter().find(|column| !column.bytes(row).is_empty());
            if let Some(amount) = amount.filter(|_| !has_type) {
                findings.push(amount.finding(Code::TypeLimitWithoutType, row));
            }
        }
    }
}

impl Rules for SupplementRules {
    fn row(&mut self, row: &Row<'_>, _: Option<Person>, findings: &mut Findings) {
        let [start, end] = self.limit;
        self.check_which(row, findings);
        self.check_slots(row, findings);
        check_period(start, end, row, findings);
        check_birth(self.birth, self.plan, row, findings);
    }
}
