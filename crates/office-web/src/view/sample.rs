//! Made-up models for the tests of views.

use jiff::{SignedDuration, Timestamp};
use tasuki_office::arrivals::{Arrival, ArrivalId, ArrivalState, ArrivedContents};
use tasuki_office::files::{FileReview, Review, Tally};
use tasuki_office::offices::{Folders, LinkState, OwnOffice};
use tasuki_office::sends::{Counts, Letter, Send, SendId, SendState};
use tasuki_office::staff::{Role, Staff, StaffId};
use tasuki_terms::OfficeNo;

use super::frame::{Around, Frame, Menu};

/// An office of this node.
pub(super) fn office() -> OwnOffice {
    OwnOffice {
        no: no("1370000019"),
        name: "みほん居宅介護支援".to_owned(),
        kj_id: "KJ000000000001".parse().unwrap(),
        relay: "https://relay.example.jp:8443".to_owned(),
        certificate_until: "2026-10-24T00:00:00Z".parse().unwrap(),
        fingerprint: "0123456789abcdef".to_owned(),
        key: "age1sample".to_owned(),
        folders: Folders::default(),
    }
}

/// A member of its staff.
pub(super) fn staff(role: Role) -> Staff {
    let (login, name) = ("hanako".to_owned(), "見本 花子".to_owned());
    Staff { id: StaffId(7), login, name, role, disabled: false, locked_until: None }
}

/// Noon in Japan.
pub(super) fn now() -> Timestamp {
    "2025-10-24T03:00:00Z".parse().unwrap()
}

pub(super) fn no(text: &str) -> OfficeNo {
    text.parse().unwrap()
}

/// What surrounds a page of it, for a member of the staff.
pub(super) fn frame(path: &str, link: Option<LinkState>, counts: Counts) -> Frame {
    let (office, staff) = (office(), staff(Role::Member));
    let offices = vec![office.clone()];
    let around = Around { office: &office, offices, staff: &staff, csrf: "csrf", path, counts, link };
    Frame::of(around, Menu::Drafts, "一時保存")
}

/// A file of the standard without a remark.
pub(super) fn file(id: i64) -> FileReview {
    let (name, kind) = (format!("{id}.CSV"), "第1表".to_owned());
    let (remarks, hidden) = (Vec::new(), Tally::default());
    FileReview { id, name, size: 2048, kind, is_standard: true, rows: 3, people: 2, remarks, hidden }
}

/// A send of two files to another office, an hour ago.
pub(super) fn send(id: i64, state: SendState) -> Send {
    let contents = vec!["2025年10月の利用票（2名）".to_owned()];
    let review = Review { files: vec![file(1), file(2)], contents, size: 4096, ..Review::default() };
    Send {
        id: SendId(id),
        office: office().no,
        in_batch: false,
        state,
        revision: 3,
        receiver: Some(no("1370000027")),
        receiver_name: "さくら訪問介護".to_owned(),
        letter: Letter { message: "よろしく".to_owned(), ..Letter::default() },
        review,
        by: "hanako".into(),
        staged_revision: None,
        updated_at: now() - SignedDuration::from_hours(1),
        parcel: None,
        run: None,
        queued_at: Some(now() - SignedDuration::from_hours(1)),
        attempts: 0,
        next_try_at: None,
        reason: String::new(),
        sent_at: None,
        changed_at: None,
        expires_soon: false,
        receipts: Vec::new(),
        sealed: None,
    }
}

/// What came from another office, two hours ago.
pub(super) fn arrival(id: i64, state: ArrivalState) -> Arrival {
    let contents = vec!["2025年10月の利用票（2名）".to_owned()];
    Arrival {
        id: ArrivalId(id),
        office: office().no,
        parcel: "0199aaaa-0000-7000-8000-000000000001".parse().unwrap(),
        sender: no("1370000027"),
        sender_name: "さくら訪問介護".to_owned(),
        state,
        inside: ArrivedContents { contents, names: vec!["1.CSV".to_owned()], refusal: String::new() },
        months: Vec::new(),
        size: 4096,
        accepted_at: now() - SignedDuration::from_hours(3),
        received_at: now() - SignedDuration::from_hours(2),
        digest: tasuki_office::digest_of(b""),
        is_import_owed: false,
    }
}
