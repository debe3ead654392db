//! Service codes against the table of service codes: whether there is such a code, and whether its units are these.

use std::collections::BTreeSet;

use super::{Column, Findings};
use crate::FileKind;
use crate::check::code::Code;
use crate::codes::ServiceCodes;
use crate::layout::Layout;
use crate::read::Row;
use crate::value::{ServiceCode, ServiceCodeRole, ServiceMonth};

/// Compares the services of tables 6 and 7 with the table of service codes. A code is told once for each file: it
/// stands in many rows.
pub(super) struct ListedRules<'a> {
    table: &'a ServiceCodes,
    month: Column,
    code: Column,
    units: Column,
    told: BTreeSet<(Code, ServiceCode)>,
}

impl<'a> ListedRules<'a> {
    /// `None` for kinds of files without services.
    pub(super) fn new(kind: FileKind, layout: &'static Layout, table: &'a ServiceCodes) -> Option<Self> {
        let has_services =
            matches!(kind, FileKind::UsageSlipPlan | FileKind::UsageSlipActual | FileKind::UsageSlipDetail);
        let column = |name| Column::named(layout, name);
        has_services.then(|| Self {
            table,
            month: column("target_month"),
            code: column("service_code"),
            units: column("units"),
            told: BTreeSet::new(),
        })
    }

    pub(super) fn row(&mut self, row: &Row<'_>, findings: &mut Findings) {
        let (Some(code), Some(month)) =
            (self.code.value::<ServiceCode>(row), self.month.value::<ServiceMonth>(row))
        else {
            return;
        };
        if code.role() != ServiceCodeRole::Service {
            return;
        }
        let found = self.table.get(code, month);
        let is_unknown = found.is_none() && self.table.covers(code.service_type(), month);
        if is_unknown && self.told.insert((Code::ServiceCodeUnknown, code)) {
            let finding = self.code.finding(Code::ServiceCodeUnknown, row);
            findings.push(finding.with("value", code.as_str()).with("month", month));
        }
        if let Some(expected) = found.and_then(|entry| entry.units)
            && self.units.number(row).is_some_and(|units| units != i64::from(expected))
            && self.told.insert((Code::ServiceUnitsDiffer, code))
        {
            let finding = self.units.finding(Code::ServiceUnitsDiffer, row);
            findings.push(finding.with("value", code.as_str()).with("expected", expected));
        }
    }
}
