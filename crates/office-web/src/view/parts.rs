//! Parts that several pages show: remarks, partners, files.

use tasuki_office::files::{FileReview, Remark, Standing, Weight};
use tasuki_office::partners::Partner;
use tasuki_office::sends::SendId;
use tasuki_terms::OfficeNo;

use super::frame::Frame;
use crate::http::address::{Address, Link};
use crate::words;

/// Numbers and names of the offices that are known here.
pub(crate) type Names = Vec<(OfficeNo, String)>;

/// What is to be said of a file or a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemarkLine {
    pub(crate) class: &'static str,
    pub(crate) weight: &'static str,
    /// File, row and field; empty when it is about the whole.
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl RemarkLine {
    /// A remark at its place.
    pub(crate) fn of(remark: &Remark) -> Self {
        let (class, weight) = match remark.weight {
            Weight::Error => ("error", "誤り"),
            Weight::Warning => ("warning", "警告"),
            Weight::Info => ("info", "参考"),
        };
        Self {
            class,
            weight,
            place: remark.place(),
            message: remark.message.clone(),
            hint: remark.hint.clone(),
        }
    }

    /// A remark at its place in a file.
    pub(crate) fn of_file(file: &str, remark: &Remark) -> Self {
        Self { place: format!("{file} {}", remark.place()), ..Self::of(remark) }
    }

    /// Remarks in their order.
    pub(crate) fn all(remarks: &[Remark]) -> Vec<Self> {
        remarks.iter().map(Self::of).collect()
    }
}

/// An office to which something goes or from which it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Other {
    /// Empty while it is not known.
    pub(crate) no: String,
    /// Its name, or that the name is still being asked for.
    pub(crate) name: String,
}

impl Other {
    /// An office by number and name.
    pub(crate) fn named(no: Option<OfficeNo>, name: &str) -> Self {
        let name = match (no, name) {
            (None, _) => "",
            (Some(_), "") => "（名前は確認中）",
            (Some(_), name) => name,
        };
        Self { no: no.map(|no| no.to_string()).unwrap_or_default(), name: name.to_owned() }
    }

    /// An office by number, with the name that it had, or has now.
    pub(crate) fn of(no: OfficeNo, name: &str, names: &Names) -> Self {
        let known = || names.iter().find(|(known, _)| *known == no).map_or("", |(_, name)| name);
        Self::named(Some(no), if name.is_empty() { known() } else { name })
    }

    /// An office as the directory knows it.
    pub(crate) fn partner(no: Option<OfficeNo>, partner: Option<&Partner>) -> Self {
        Self::named(no, partner.map_or("", Partner::name))
    }
}

/// That the key of an office is not the one known before: nothing goes to it until somebody has asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyNote {
    pub(crate) text: String,
    /// Where an administrator compares and confirms.
    pub(crate) confirm: Option<Link>,
}

impl KeyNote {
    /// A note while nobody has confirmed the change.
    pub(crate) fn of(frame: &Frame, partner: Option<&Partner>) -> Option<Self> {
        let partner = partner.filter(|partner| partner.standing() == Standing::KeyChanged)?;
        let date = partner.key_changed_at.map(words::date).unwrap_or_default();
        let who = if frame.is_administrator {
            "電話などで相手に確かめて"
        } else {
            "管理者が相手に確かめて"
        };
        let text = format!(
            "この事業所の鍵は {date} に新しくなりました。{who}「確認済み」にするまで、この事業所への送信を止めています。"
        );
        let confirm = frame.is_administrator.then(|| frame.to(Address::PartnerKey(partner.no)));
        Some(Self { text, confirm })
    }
}

/// A file of a send that is being put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileLine {
    pub(crate) name: String,
    /// Kind, size and how many people it is about.
    pub(crate) facts: String,
    pub(crate) is_wrong: bool,
    /// Where it is shown as a table.
    pub(crate) table: Option<Link>,
    pub(crate) remove: Link,
    pub(crate) remarks: Vec<RemarkLine>,
}

impl FileLine {
    /// A file of a send.
    pub(crate) fn of(office: OfficeNo, send: SendId, file: &FileReview) -> Self {
        let people = if file.people > 0 { format!("・{}名", file.people) } else { String::new() };
        Self {
            name: file.name.clone(),
            facts: format!("{}・{}{people}", file.kind, words::size(file.size)),
            is_wrong: file.has_error(),
            table: file.is_standard.then(|| Address::DraftTable(send, file.id).of(office)),
            remove: Address::Remove(send, file.id).of(office),
            remarks: RemarkLine::all(&file.remarks),
        }
    }
}

/// A file that was sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptFile {
    pub(crate) name: String,
    /// Kind and size.
    pub(crate) facts: String,
    pub(crate) table: Option<Link>,
    /// Where it is saved from; `None` while it cannot be opened.
    pub(crate) save: Option<Link>,
    /// Where it is shown as a picture.
    pub(crate) picture: Option<Link>,
}

/// Whether a file can be shown as a table.
pub(crate) fn may_be_table(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".csv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_without_a_name_is_shown_by_its_number() {
        let no: OfficeNo = "1370000027".parse().unwrap();
        let names = vec![(no, "さくら訪問介護".to_owned())];
        for (was, names, shown) in [
            ("さくら", names.clone(), "さくら"),
            ("", names, "さくら訪問介護"),
            ("", Names::new(), "（名前は確認中）"),
        ] {
            assert_eq!(Other::of(no, was, &names), Other { no: no.to_string(), name: shown.to_owned() });
        }
        assert_eq!(Other::named(None, ""), Other::default());
    }
}
