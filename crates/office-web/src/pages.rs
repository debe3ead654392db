//! The screens, one file each.

pub(crate) mod backup;
pub(crate) mod batch;
pub(crate) mod drafts;
pub(crate) mod login;
pub(crate) mod offices;
pub(crate) mod received;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod sent;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod table;
pub(crate) mod top;
pub(crate) mod unlock;

use tasuki_terms::{OfficeNo, ServiceMonth};

use crate::http::ask::{code, plain};

/// Runs what takes processor time or waits for the disk without holding up other pages.
pub(crate) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// Lines of a page of a list.
pub(crate) const LINES: u32 = 50;

pub(crate) fn may_be_table(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".csv")
}

/// A place in a list, as it stands in an address: time and number.
pub(crate) fn place(text: &str) -> Option<(i64, i64)> {
    let (at, id) = text.split_once('-')?;
    Some((at.parse().ok()?, id.parse().ok()?))
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

    #[test]
    fn an_office_is_meant_by_its_number_or_one_name() {
        let no = |text: &str| text.parse::<OfficeNo>().unwrap();
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
}
