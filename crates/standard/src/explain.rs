//! Values as people read them: codes decoded, dates and times in Japanese.

use tasuki_terms::{ServiceMonth, ServiceType};

use crate::check::{is_header, meant_version};
use crate::layout::{Content, Field, Layout};
use crate::name::FileName;
use crate::read::Row;
use crate::service::service_type_info;
use crate::value::{Cell, Date, DayMask, ServiceCode, ServiceCodeRole, ServiceTime, TimeOfDay, Value};

/// What a field says, in Japanese; `None` when the value speaks for itself or cannot be understood.
///
/// ```
/// use tasuki_standard::explain::explain;
/// use tasuki_standard::value::{Cell, Encoding};
/// use tasuki_standard::{CsvVersion, FileKind, Layout};
///
/// let layout = Layout::of(FileKind::ServicePlan1, CsvVersion::V202407).expect("202407 has table 1");
/// let field = layout.field_named("care_level").expect("table 1 has a level of care");
/// let cell = Cell { bytes: b"21", encoding: Encoding::Ms932 };
/// assert_eq!(explain(cell, field).as_deref(), Some("要介護１"));
/// ```
pub fn explain(cell: Cell<'_>, field: &Field) -> Option<String> {
    match field.content {
        Content::Choice(choices) | Content::Flag(choices) => {
            let choice = choices.iter().find(|choice| choice.code.as_bytes() == cell.bytes)?;
            Some(choice.label_ja.to_owned())
        }
        Content::Date | Content::DateOrZero => Date::read(cell, field).ok().map(date),
        Content::Month | Content::MonthOrZero => ServiceMonth::read(cell, field).ok().map(month),
        Content::Time => TimeOfDay::read(cell, field).ok().map(time),
        Content::ServiceTime => match ServiceTime::read(cell, field).ok()? {
            ServiceTime::At(at) => Some(time(at)),
            ServiceTime::Untimed => Some("時刻なし".to_owned()),
        },
        Content::DayMask => DayMask::read(cell, field).ok().map(days),
        Content::ServiceType => service_type(ServiceType::read(cell, field).ok()?),
        Content::ServiceCode => service_code(ServiceCode::read(cell, field).ok()?),
        _ => None,
    }
}

/// The layout by which the rows of a file can be shown, decided by its name and its first row; `None` when
/// not even the name tells the kind. Never refuses: deviations are the checker's matter.
pub fn layout_for(name: &str, first: &Row<'_>) -> Option<&'static Layout> {
    let shape = name.parse::<FileName>().ok().map(|name| name.version());
    Layout::choose(FileName::kind_of(name)?, meant_version(first.cell(1).bytes), first.len(), shape)
}

/// Whether a first row holds names of fields instead of values.
pub fn is_header_row(row: &Row<'_>) -> bool {
    is_header(row)
}

fn date(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

fn month(month: ServiceMonth) -> String {
    format!("{}年{}月", month.year(), month.month())
}

fn time(time: TimeOfDay) -> String {
    format!("{}:{:02}", time.minutes() / 60, time.minutes() % 60)
}

fn days(days: DayMask) -> String {
    let days: Vec<_> = (1..=31).filter(|&day| days.contains(day)).map(|day| day.to_string()).collect();
    format!("{}日", days.join("・"))
}

fn service_type(service_type: ServiceType) -> Option<String> {
    service_type_info(service_type).map(|info| info.name_ja.to_owned())
}

fn service_code(code: ServiceCode) -> Option<String> {
    let name = service_type(code.service_type());
    match code.role() {
        ServiceCodeRole::Service => name,
        ServiceCodeRole::SubtotalWithin => Some(format!("{} 小計（区分支給対象）", name?)),
        ServiceCodeRole::SubtotalOutside => Some(format!("{} 小計（区分支給対象外）", name?)),
        ServiceCodeRole::SubtotalOver30Days => Some(format!("{} 小計（30日超過分）", name?)),
        ServiceCodeRole::GrandTotal => Some("全合計".to_owned()),
    }
}
