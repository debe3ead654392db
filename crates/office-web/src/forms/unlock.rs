//! ログイン and 事業所ユーザログイン.

use tasuki_terms::KjId;

use super::{Field, Fields};
use crate::http::posted::Posted;

/// 事業所ユーザログイン.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unlock {
    pub(crate) kj_id: Field,
    pub(crate) password: Field,
}

impl Fields for Unlock {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.kj_id, &mut self.password]
    }
}

impl Unlock {
    /// ユーザID and password. What cannot be a ユーザID is no try.
    pub(crate) fn read(posted: &Posted) -> (Self, Option<(KjId, String)>) {
        let mut form = Self { kj_id: Field::of(posted, "kj_id"), ..Self::default() };
        let kj_id = posted.code("kj_id").parse();
        let kj_id = form.kj_id.take(kj_id.map_err(
            |_| "ユーザIDは KJ で始まる14文字です。運営者から受け取った紙のとおりに入れてください。",
        ));
        form.point();
        (form, kj_id.map(|kj_id| (kj_id, posted.raw("password").to_owned())))
    }

    /// One of the two is wrong, and nobody says which.
    pub(crate) fn refuse(&mut self) {
        self.password.refuse(
            "ユーザIDまたはパスワードが違います。ユーザIDは KJ で始まる14文字です。もう一度入力してください。",
        );
        self.point();
    }
}
