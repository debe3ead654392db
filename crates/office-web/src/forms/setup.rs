//! 利用開始: the operator's paper, the new password of the office, the first administrator.

use tasuki_office::Actor;
use tasuki_office::files::Dropped;
use tasuki_office::offices::{Enrolment, Invitation};
use tasuki_office::staff::{StaffError, is_acceptable};
use tasuki_terms::{KjId, OfficeNo};
use zeroize::Zeroizing;

use super::staff::{FirstStaff, NewStaff};
use super::{Field, Fields, NewPassword, PASSWORD_ADVICE};
use crate::http::ask::plain;
use crate::http::posted::Posted;

const NO_RELAY: &str = "連携基盤のアドレスは https:// で始まります。";

/// 利用開始, and the same for another office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) invitation: Field,
    pub(crate) relay: Field,
    pub(crate) office: Field,
    pub(crate) kj_id: Field,
    pub(crate) enrolment_password: Field,
    pub(crate) first_password: Field,
    pub(crate) new_key: bool,
    pub(crate) password: NewPassword,
    pub(crate) first: FirstStaff,
}

/// What is to be begun.
pub(crate) struct Beginning {
    /// Who does it is not known from the form.
    pub(crate) enrolment: Enrolment,
    /// The first administrator, where there is none.
    pub(crate) first: Option<NewStaff>,
}

impl Fields for Setup {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![
            &mut self.invitation,
            &mut self.relay,
            &mut self.office,
            &mut self.kj_id,
            &mut self.enrolment_password,
            &mut self.first_password,
            &mut self.password.new,
            &mut self.password.again,
            &mut self.first.login,
            &mut self.first.name,
            &mut self.first.password,
            &mut self.first.again,
        ]
    }
}

impl Setup {
    /// What is to be begun: from the operator's invitation, or from what was typed from the paper. Without staff the
    /// first administrator belongs to it.
    pub(crate) fn read(posted: &Posted, has_staff: bool) -> (Self, Option<Beginning>) {
        let mut form = Self {
            relay: Field::of(posted, "relay"),
            office: Field::of(posted, "office"),
            kj_id: Field::of(posted, "kj_id"),
            new_key: posted.is_ticked("new_key"),
            ..Self::default()
        };
        let enrolment = form.enrolment(posted);
        let known = match &enrolment {
            Some(enrolment) => vec![enrolment.kj_id.as_str(), enrolment.office.as_str()],
            None => Vec::new(),
        };
        let new = posted.raw("new_password");
        let advice = format!("事業所ユーザ：{PASSWORD_ADVICE}");
        form.password.new.take(if is_acceptable(new, &known) { Ok(()) } else { Err(advice.as_str()) });
        let new = form.password.read(posted, "new_password", "new_again");
        let first = if has_staff {
            None
        } else {
            let (first, meant) = FirstStaff::read(posted);
            form.first = first;
            meant
        };
        if form.point() {
            return (form, None);
        }
        let beginning = enrolment
            .zip(new)
            .map(|(enrolment, new)| Beginning { enrolment: with_password(enrolment, new), first });
        (form, beginning)
    }

    /// What the node has against the first administrator; what is against no field of it comes back.
    pub(crate) fn refused(&mut self, error: &StaffError) -> Option<String> {
        let left = self.first.refused(error);
        self.point();
        left
    }

    /// Whether what stands on the paper is to be seen at once.
    pub(crate) fn is_from_paper(&self) -> bool {
        let paper = [&self.relay, &self.office, &self.kj_id, &self.enrolment_password, &self.first_password];
        paper.into_iter().any(|field| *field != Field::default())
    }

    fn enrolment(&mut self, posted: &Posted) -> Option<Enrolment> {
        let invitation =
            posted.files.iter().find_map(|file| serde_json::from_slice::<Invitation>(&file.bytes).ok());
        let mut enrolment = match invitation {
            Some(invitation) => {
                let is_address = invitation.relay.starts_with("https://");
                self.invitation.take(if is_address { Ok(invited(invitation)) } else { Err(NO_RELAY) })?
            }
            None => self.read_paper(posted)?,
        };
        if enrolment.password.is_empty() {
            enrolment.password = Zeroizing::new(plain(posted.raw("password")));
        }
        enrolment.new_key = self.new_key;
        Some(enrolment)
    }

    /// All that is wrong with what was typed from the paper is told at once.
    fn read_paper(&mut self, posted: &Posted) -> Option<Enrolment> {
        let is_root = |file: &&Dropped| file.bytes.starts_with(b"-----BEGIN CERTIFICATE");
        let root = posted.files.iter().find(is_root).map(|file| file.bytes.clone());
        let root = self.invitation.take(root.ok_or(
            "招待ファイルか、認証局のファイル（root.pem）を選んでください。運営者から受け取ったものです。",
        ));
        let relay = plain(posted.raw("relay"));
        let is_address = relay.starts_with("https://");
        // Who has not opened the paper's part has forgotten the file, and nothing else.
        if root.is_none() && !self.is_from_paper() {
            return None;
        }
        let relay = self.relay.take(if is_address { Ok(relay) } else { Err(NO_RELAY) });
        let office: Option<OfficeNo> = self.office.take(posted.code("office").parse().map_err(
            |_| "事業所番号は10文字の数字（か大文字）です。運営者から受け取った紙のとおりに入れてください。",
        ));
        let kj_id: Option<KjId> =
            self.kj_id.take(posted.code("kj_id").parse().map_err(
                |_| "ユーザIDは KJ と12桁の数字です。運営者から受け取った紙のとおりに入れてください。",
            ));
        Some(Enrolment {
            relay: relay?,
            root_pem: root?,
            office: office?,
            kj_id: kj_id?,
            enrolment_password: Zeroizing::new(plain(posted.raw("enrolment_password"))),
            name: String::new(),
            password: Zeroizing::default(),
            new_password: Zeroizing::default(),
            new_key: false,
            by: Actor::Nobody,
        })
    }
}

/// The password that the office is to have. Without a first one it has one already, as for a further computer: the same.
fn with_password(enrolment: Enrolment, new: &str) -> Enrolment {
    let new = Zeroizing::new(new.to_owned());
    let has_first = !enrolment.password.is_empty();
    let password = if has_first { enrolment.password } else { new.clone() };
    Enrolment { password, new_password: new, ..enrolment }
}

fn invited(invitation: Invitation) -> Enrolment {
    Enrolment {
        relay: invitation.relay,
        root_pem: invitation.root_pem.into_bytes(),
        office: invitation.office,
        name: invitation.name,
        kj_id: invitation.kj_id,
        password: Zeroizing::new(invitation.password.unwrap_or_default()),
        enrolment_password: Zeroizing::new(invitation.enrolment_password),
        new_password: Zeroizing::default(),
        new_key: false,
        by: Actor::Nobody,
    }
}
