//! Table 7 (UPSIKYU): what each service costs, subtotals and the grand total.

use tasuki_standard::FileKind;

use super::{day, row_of, table};
use crate::account::{Amounts, Bill, BillRow};
use crate::case::Case;
use crate::catalogue::Pattern;
use crate::sample::Sample;
use crate::table::{Row, Table};

/// Number of no office, which stands on the grand total and as the fixed office code.
const NO_OFFICE: &str = "9999999999";

/// Service code of the grand total (全合計).
const GRAND_TOTAL: &str = "999999";

/// Table 7 of some people, with the services of all their offices.
pub(crate) fn table_7(sample: &Sample, cases: &[Case]) -> Option<Vec<u8>> {
    table(FileKind::UsageSlipDetail, sample.version(), |table| {
        for case in cases {
            DetailWriter { sample, case }.write(table);
        }
    })
}

/// Writes the rows of one person.
struct DetailWriter<'a> {
    sample: &'a Sample,
    case: &'a Case,
}

impl DetailWriter<'_> {
    fn write(&self, table: &mut Table) {
        let bills = Bill::all(self.case);
        for bill in &bills {
            let rows_of_type = bills.iter().filter(|other| other.care.code == bill.care.code);
            let has_subtotals = rows_of_type.map(|other| other.rows.len()).sum::<usize>() > 1;
            for (is_counted, suffix) in [(true, "AAAA"), (false, "EEEE")] {
                let rows: Vec<_> = bill.rows.iter().filter(|row| row.counted == is_counted).collect();
                for row in &rows {
                    self.service(table, bill, row);
                }
                if has_subtotals && !rows.is_empty() {
                    self.subtotal(table, bill, suffix, &Amounts::sum(rows));
                }
            }
        }
        self.grand_total(table, &Amounts::sum(bills.iter().flat_map(|bill| &bill.rows)));
    }

    fn service(&self, table: &mut Table, bill: &Bill, of: &BillRow) {
        let office = self.sample.office(bill.office);
        let row = self
            .begin(table)
            .put("service_office_name", &office.name)
            .put("service_office_no", office.number)
            .put("service_code", of.code)
            .put_option("tais_code", of.equipment.map(|equipment| equipment.tais_code))
            .put_option("equipment_name", of.equipment.map(|equipment| equipment.name))
            .put("units", of.units)
            .put("count_or_days", of.count);
        let row = self.amounts(row, Some(bill), &of.amounts);
        let row = if is_stay_day(bill, of) { self.stay_days(row) } else { row };
        self.end(row);
    }

    fn subtotal(&self, table: &mut Table, bill: &Bill, suffix: &str, sum: &Amounts) {
        let office = self.sample.office(bill.office);
        let row = self
            .begin(table)
            .put("service_office_name", &office.name)
            .put("service_office_no", office.number)
            .put("service_code", format_args!("{}{suffix}", bill.care.code))
            .put("units", 0)
            .put("count_or_days", 0);
        self.end(self.amounts(row, Some(bill), sum));
    }

    fn grand_total(&self, table: &mut Table, sum: &Amounts) {
        let row = self
            .begin(table)
            .put("service_office_no", NO_OFFICE)
            .put("service_code", GRAND_TOTAL)
            .put("units", 0)
            .put("count_or_days", 0);
        self.end(self.amounts(row, None, sum));
    }

    fn begin<'t>(&self, table: &'t mut Table) -> Row<'t> {
        row_of(table, &self.case.person)
            .put("created_date", day(self.sample.made()))
            .put("target_month", self.case.month)
    }

    /// The sums; price and rate belong to one bill and do not stand on the grand total.
    fn amounts<'t>(&self, row: Row<'t>, bill: Option<&Bill>, amounts: &Amounts) -> Row<'t> {
        let price = bill.map(|bill| bill.care.price);
        row.put("service_units_amount", amounts.units)
            .put_option("managed_units", amounts.limit.map(|limit| limit.within + limit.excess))
            .put_option("category_limit_excess_units", amounts.limit.map(|limit| limit.excess))
            .put_option("category_limit_within_units", amounts.limit.map(|limit| limit.within))
            .put_option("unit_price", price.map(|price| format!("{}.{:02}", price / 100, price % 100)))
            .put("total_cost", amounts.total_cost)
            .put_option("benefit_rate", bill.map(|_| self.case.person.benefit_rate))
            .put("insurance_claim", amounts.insurance_claim)
            .put("user_copay", amounts.user_copay)
            .put("user_full_payment", amounts.user_full_payment)
    }

    fn stay_days<'t>(&self, row: Row<'t>) -> Row<'t> {
        let before = self.case.stay_days_before.unwrap_or(0);
        let this_month = self.case.stay_days();
        row.put("days_until_prev_month", before)
            .put("days_planned_this_month", this_month)
            .put("days_cumulative", usize::from(before) + this_month)
    }

    fn end(&self, row: Row<'_>) {
        row.put("over_30_days", 0)
            .put("office_code", NO_OFFICE)
            .put("updating_office_no", self.sample.care_office().number)
            .end();
    }
}

/// Whether a row is the short stay itself, not something added to it.
fn is_stay_day(bill: &Bill, row: &BillRow) -> bool {
    match &bill.care.pattern {
        Pattern::ShortStay { base, .. } => base.iter().any(|item| item.code == row.code),
        _ => false,
    }
}
