//! Table 6: plan (UPPLAN) and actuals (UPJSK).

use jiff::civil::Date;
use tasuki_standard::FileKind;
use tasuki_terms::OfficeNo;

use super::{clock, day, row_of, table};
use crate::account::{Bill, Raise};
use crate::case::Case;
use crate::sample::Sample;
use crate::service::{Line, Times, Visit};
use crate::table::Table;

/// Writes the rows of one service of one person.
struct SlipWriter<'a> {
    sample: &'a Sample,
    case: &'a Case,
    /// The office that does the service.
    office: usize,
    made: Date,
    updated_by: OfficeNo,
}

/// The plans of some people, with the services of all their offices.
pub(crate) fn plan(sample: &Sample, cases: &[Case]) -> Option<Vec<u8>> {
    table(FileKind::UsageSlipPlan, sample.version(), |table| {
        for case in cases {
            for (service, bill) in case.services.iter().zip(Bill::all(case)) {
                let writer = SlipWriter {
                    sample,
                    case,
                    office: service.office,
                    made: sample.made(),
                    updated_by: sample.care_office().number,
                };
                writer.write(table, &case.visits(service), bill.raise);
            }
        }
    })
}

/// The actuals of one office.
pub(crate) fn actuals(sample: &Sample, office: usize, cases: &[(Case, Vec<Visit>)]) -> Option<Vec<u8>> {
    table(FileKind::UsageSlipActual, sample.version(), |table| {
        for (case, visits) in cases {
            let updated_by = sample.office(office).number;
            let writer = SlipWriter { sample, case, office, made: sample.returned(), updated_by };
            writer.write(table, visits, raise(case, office, visits));
        }
    })
}

/// Percentages are optional in actuals: every other office writes them.
fn raise(case: &Case, office: usize, visits: &[Visit]) -> Option<Raise> {
    let service = case.services.iter().find(|service| service.office == office)?;
    if office.is_multiple_of(2) { Raise::of_visits(service.care, visits) } else { None }
}

impl SlipWriter<'_> {
    fn write(&self, table: &mut Table, visits: &[Visit], raise: Option<Raise>) {
        for visit in visits {
            for line in &visit.lines {
                self.row(table, visit.day, visit.times, line);
            }
        }
        if let Some(Raise { code, units }) = raise {
            let item = crate::catalogue::Item { code, units, counted: false };
            let line = Line { item, count: 1, equipment: None, detail_no: None };
            self.row(table, self.case.month.days(), None, &line);
        }
    }

    fn row(&self, table: &mut Table, day_of_month: i8, times: Option<Times>, line: &Line) {
        let [start, end] = match times {
            Some(Times { start, end }) => [start, end].map(clock),
            None => ["9999", "9999"].map(str::to_owned),
        };
        let office = self.sample.office(self.office);
        row_of(table, &self.case.person)
            .put("created_date", day(self.made))
            .put("target_month", self.case.month)
            .put("care_office_no", self.sample.care_office().number)
            .put("planner_name", self.case.person.planner)
            .put("units", line.item.units)
            .put_option("short_stay_days_until_prev_month", self.case.stay_days_before)
            .put("service_date", format_args!("{}{day_of_month:02}", self.case.month))
            .put("start_time", start)
            .put("end_time", end)
            .put("count", line.count)
            .put("service_code", line.item.code)
            .put_option("tais_code", line.equipment.map(|equipment| equipment.tais_code))
            .put_option("equipment_name", line.equipment.map(|equipment| equipment.name))
            .put_option("detail_no", line.detail_no)
            .put("service_office_no", office.number)
            .put("service_office_name", &office.name)
            .put("over_30_days", 0)
            .put("updating_office_no", self.updated_by)
            .end();
    }
}
