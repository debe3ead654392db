//! 事業所の鍵をこのPCに入れる.

use tasuki_identity::recovery::RecoveryCode;

use super::{Field, Fields};
use crate::http::posted::Posted;

/// 事業所の鍵をこのPCに入れる.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BringKey {
    pub(crate) file: Field,
    pub(crate) code: Field,
}

impl Fields for BringKey {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.file, &mut self.code]
    }
}

impl BringKey {
    /// The recovery file and its code.
    pub(crate) fn read(posted: &mut Posted) -> (Self, Option<(Vec<u8>, RecoveryCode)>) {
        let mut form = Self { code: Field::of(posted, "code"), ..Self::default() };
        let code = read_code(&mut form.code, posted);
        let file = posted.files.drain(..).next();
        let file = file.ok_or("復元ファイル（tasuki-recovery.json）を選んでください。");
        let file = form.file.take(file.map(|file| file.bytes));
        form.point();
        (form, file.zip(code))
    }

    /// File and code are not of one kit.
    pub(crate) fn refuse_code(&mut self) {
        self.code.refuse("復元ファイルと復元コードが合いません。同じ復元キットのものを使ってください。");
        self.point();
    }
}

/// A recovery code as people type it from the paper.
pub(super) fn read_code(field: &mut Field, posted: &Posted) -> Option<RecoveryCode> {
    let code = RecoveryCode::parse(&posted.code("code"));
    field
        .take(code.map_err(|_| "復元コードの形が違います。印刷した紙の8組の文字を、そのまま入れてください。"))
}
