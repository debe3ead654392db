//! Names and rows by chance, all of them right.

use jiff::civil::{Date, DateTime};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use tasuki_standard::value::{OfficeNo, OrZero};
use tasuki_standard::{Content, CsvVersion, Field, FileKind, FileName, Layout, Requirement, Serial};

pub(crate) fn name() -> impl Strategy<Value = FileName> {
    let parts = (select(FileKind::ALL.to_vec()), office(), office(), serial(), any::<bool>(), 1_u16..=9999);
    (parts, 2001_i16..2099, 1_i8..=12).prop_map(
        |((kind, sender, receiver, serial, old, branch), year, month)| {
            let is_old = old && Layout::of(kind, CsvVersion::V202208).is_some();
            let types = || ("43".parse().unwrap(), "11".parse().unwrap());
            let month = format!("{year}{month:02}").parse().unwrap();
            FileName {
                kind,
                month: kind.has_month().then_some(OrZero::Is(month)),
                sender,
                receiver,
                service_types: (!is_old).then(types),
                serial,
                branch: (kind == FileKind::PreventionBasicInfoImage).then_some(branch),
            }
        },
    )
}

fn office() -> impl Strategy<Value = OfficeNo> {
    "[0-9]{2}[0-9A-Z][0-9]{7}".prop_filter_map("an office number", |text| text.parse().ok())
}

fn serial() -> impl Strategy<Value = Serial> {
    (0_i32..3_000_000).prop_map(|minutes| {
        let start: DateTime = Date::constant(2019, 1, 1).into();
        Serial::at(start.saturating_add(jiff::Span::new().minutes(minutes)))
    })
}

/// A layout and the texts of some rows of it.
pub(crate) fn rows() -> impl Strategy<Value = (&'static Layout, Vec<Vec<String>>)> {
    select(Layout::all().collect::<Vec<_>>())
        .prop_flat_map(|layout| (Just(layout), prop::collection::vec(row(layout), 1..4)))
}

fn row(layout: &'static Layout) -> impl Strategy<Value = Vec<String>> {
    layout.fields.iter().map(|field| value(field, layout.version)).collect::<Vec<_>>()
}

/// The canonical text of a value that a field may hold.
fn value(field: &'static Field, version: CsvVersion) -> BoxedStrategy<String> {
    let max = usize::from(field.max_len.unwrap_or(60));
    let text = |pattern: &str| {
        proptest::string::string_regex(pattern)
            .unwrap()
            .prop_filter("fits", move |text: &String| text.len() <= max)
            .boxed()
    };
    let digits = |count| text(&format!("[0-9]{{{count}}}"));
    let filled = match field.content {
        Content::Version => Just(version.to_string()).boxed(),
        Content::Date | Content::DateOrZero => text("20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])"),
        Content::Month | Content::MonthOrZero => text("20[0-9]{2}(0[1-9]|1[0-2])"),
        Content::InsurerNo => digits(6),
        Content::Digits => text(&format!("[0-9]{{1,{max}}}")),
        Content::Choice(choices) | Content::Flag(choices) => {
            select(choices.iter().map(|choice| choice.code.to_owned()).collect::<Vec<_>>()).boxed()
        }
        Content::ServiceType => select(vec!["11", "15", "21", "76"]).prop_map(str::to_owned).boxed(),
        Content::EquipmentCode => text("[0-9]{5}-[0-9]{6}"),
        Content::OpenCode => text(&format!("[0-9A-Z]{{1,{}}}", max.min(10))),
        Content::InsuredNo => text("[0-9H][0-9]{9}"),
        Content::OfficeNo => text("[0-9]{10}"),
        Content::Text | Content::ImageName => text_of(max),
        Content::Postal => text("[0-9]{3}-[0-9]{4}"),
        Content::Phone => text("0[0-9]-[0-9]{4}-[0-9]{4}"),
        Content::Integer => text(&format!("[1-9][0-9]{{0,{}}}", max.min(9) - 1)),
        Content::Decimal => text("[1-9]\\.[0-9]{2}"),
        Content::Time => text("([01][0-9]|2[0-3])[0-5][0-9]"),
        Content::ServiceTime => text("([01][0-9]|2[0-3])[0-5][0-9]|9999"),
        Content::DayMask => digits_of_mask(),
        Content::ServiceCode => text("(11|15|21)[0-9]{4}"),
        Content::Unused => Just(String::new()).boxed(),
    };
    if matches!(field.requirement, Requirement::Required | Requirement::RequiredInServices) {
        filled
    } else {
        prop_oneof![filled, Just(String::new())].boxed()
    }
}

/// Free text with all that makes CSV hard: quotes, separators, line ends, characters whose second byte is one.
fn text_of(max: usize) -> BoxedStrategy<String> {
    let characters = select("ソ表能予あア亜髙①㈱\",\r\n \u{ff5e}-=x1ｱ".chars().collect::<Vec<_>>());
    let text =
        prop::collection::vec(characters, 1..max.clamp(2, 12)).prop_map(|text| text.into_iter().collect());
    text.prop_filter("fits", move |text: &String| text.chars().count() * 2 <= max).boxed()
}

fn digits_of_mask() -> BoxedStrategy<String> {
    "[01]{28}000".boxed()
}
