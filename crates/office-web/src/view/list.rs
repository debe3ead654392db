//! What the two lists (送信状況, 受信) share: what they are narrowed to, and where they go on.

use tasuki_terms::{OfficeNo, ServiceMonth};

use super::parts::Names;
use crate::http::address::{Link, quoted};
use crate::http::ask::{code, plain};

/// Lines of a page of a list.
pub(crate) const LINES: u32 = 50;

/// A page of a list and what follows it.
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    /// Where the next page begins; `None` when this is all.
    pub(crate) next: Option<String>,
}

impl<T> Listed<T> {
    /// So much is asked for: one line more than is shown tells whether there is more.
    pub(crate) const ASKED: u32 = LINES + 1;

    /// The first lines of what was found. `place` is the place of a line in the list.
    pub(crate) fn of(mut found: Vec<T>, place: impl Fn(&T) -> (i64, i64)) -> Self {
        let more = found.len() > LINES as usize;
        found.truncate(LINES as usize);
        let next = found.last().filter(|_| more).map(|last| {
            let (at, id) = place(last);
            format!("{at}-{id}")
        });
        Self { items: found, next }
    }
}

/// What stands in the fields above a list: kept while one turns its pages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) state: String,
    /// Number or name of the other office.
    pub(crate) other: String,
    pub(crate) month: String,
}

/// A state to choose.
pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_chosen: bool,
}

/// The fields above a list.
pub(crate) struct FilterBar {
    /// Name of the field for the other office, and its label.
    pub(crate) field: &'static str,
    pub(crate) label: &'static str,
    pub(crate) states: Vec<Choice>,
    /// Offices to choose from.
    pub(crate) partners: Names,
    pub(crate) wanted: Wanted,
    pub(crate) is_filtered: bool,
    /// Why the list is not narrowed to the office that was typed; empty when it is clear.
    pub(crate) unclear: String,
    /// The list without any of it.
    pub(crate) all: Link,
}

impl FilterBar {
    /// The address of the next page, which is narrowed alike.
    pub(crate) fn next(&self, place: &str) -> String {
        let Wanted { state, other, month } = &self.wanted;
        let fields = [("state", state.as_str()), (self.field, other), ("month", month), ("before", place)];
        let query: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
        format!("?{}", query.join("&"))
    }
}

/// The office that a person means by a number or a part of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// Nothing was typed.
    Any,
    One(OfficeNo),
    /// Nobody is known by that.
    Nobody,
    /// So many have names with that part: they are not narrowed to the first of them.
    Several(usize),
}

impl Meant {
    pub(crate) fn of(typed: &str, partners: &[(OfficeNo, String)]) -> Self {
        let part = plain(typed);
        if part.is_empty() {
            return Self::Any;
        }
        if let Ok(no) = code(typed).parse() {
            return Self::One(no);
        }
        if let Some((no, _)) = partners.iter().find(|(_, name)| plain(name) == part) {
            return Self::One(*no);
        }
        let mut fitting = partners.iter().filter(|(_, name)| plain(name).contains(&part));
        match (fitting.next(), fitting.count()) {
            (None, _) => Self::Nobody,
            (Some((no, _)), 0) => Self::One(*no),
            (Some(_), more) => Self::Several(more + 1),
        }
    }

    pub(crate) fn one(self) -> Option<OfficeNo> {
        if let Self::One(no) = self { Some(no) } else { None }
    }

    /// Whether a list cannot be narrowed to what was typed.
    pub(crate) fn is_unclear(self) -> bool {
        matches!(self, Self::Nobody | Self::Several(_))
    }

    /// What a person has to know of it; empty when it is clear.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Any | Self::One(_) => String::new(),
            Self::Nobody => "この番号か名前の事業所とは、まだやりとりがありません。".to_owned(),
            Self::Several(count) => format!(
                "この名前に当てはまる事業所が{count}つあります。番号か、もう少し長い名前を入れてください。"
            ),
        }
    }
}

/// A month as browsers give it, `2025-10`, or as people type it.
pub(crate) fn month(typed: &str) -> Option<ServiceMonth> {
    code(typed).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::address::Address;

    fn no(text: &str) -> OfficeNo {
        text.parse().unwrap()
    }

    #[test]
    fn an_office_is_meant_by_its_number_or_one_name() {
        let partners = [
            (no("1370000027"), "さくら訪問介護".to_owned()),
            (no("1370000035"), "さくらデイサービス".to_owned()),
            (no("1370000043"), "ﾐﾄﾞﾘ".to_owned()),
            (no("1370000051"), "さくら".to_owned()),
        ];
        let of = |typed| Meant::of(typed, &partners);
        assert_eq!(of("　"), Meant::Any);
        assert_eq!(of("１３７０－００００２７"), Meant::One(no("1370000027")));
        assert_eq!(of("デイ"), Meant::One(no("1370000035")));
        assert_eq!(of("ミドリ"), Meant::One(no("1370000043")));
        assert_eq!(of("さくら"), Meant::One(no("1370000051")), "the whole name");
        assert_eq!(of("くら"), Meant::Several(3));
        assert_eq!(of("うめ"), Meant::Nobody);
        assert_eq!(month("２０２５－１０"), Some("202510".parse().unwrap()));
    }

    #[test]
    fn a_page_goes_on_where_it_ended_and_only_when_there_is_more() {
        let lines = i64::from(LINES);
        for (found, shown, next) in [(0, 0, None), (lines, lines, None), (lines + 1, lines, Some("7-49"))] {
            let listed = Listed::of((0..found).collect(), |line| (7, *line));
            assert_eq!(listed.items, (0..shown).collect::<Vec<_>>());
            assert_eq!(listed.next.as_deref(), next, "{found}");
        }
    }

    #[test]
    fn the_next_page_is_narrowed_alike() {
        let wanted =
            Wanted { state: "sent".into(), other: "さくら & うめ".into(), month: "2025-10".into() };
        let bar = FilterBar {
            field: "receiver",
            label: "送信先（番号か名前）",
            states: Vec::new(),
            partners: Names::new(),
            wanted,
            is_filtered: true,
            unclear: String::new(),
            all: Address::SentList.of(no("1370000019")),
        };
        let next = bar.next("7-49");
        let fields: Vec<_> = form_urlencoded::parse(next.trim_start_matches('?').as_bytes()).collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(
            fields,
            [("state", "sent"), ("receiver", "さくら & うめ"), ("month", "2025-10"), ("before", "7-49")]
        );
    }
}
