//! フォルダー and バックアップ.

use std::path::{Path, PathBuf};

use tasuki_office::offices::Folders as Chosen;

use super::{Field, Fields};
use crate::http::posted::Posted;

/// フォルダー, shared with the care software.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folders {
    pub(crate) export: Field,
    pub(crate) import: Field,
    pub(crate) send_by_itself: bool,
    pub(crate) import_by_itself: bool,
}

impl Fields for Folders {
    fn fields(&mut self) -> Vec<&mut Field> {
        vec![&mut self.export, &mut self.import]
    }
}

impl Folders {
    /// What is chosen now.
    pub(crate) fn with(chosen: &Chosen) -> Self {
        Self {
            export: Field::with(&chosen.export),
            import: Field::with(&chosen.import),
            send_by_itself: chosen.send_by_itself,
            import_by_itself: chosen.import_by_itself,
        }
    }

    /// The folders that are meant. `is_there` looks for a folder.
    pub(crate) fn read(posted: &Posted, is_there: impl Fn(&Path) -> bool) -> (Self, Option<Chosen>) {
        let mut form = Self {
            export: Field::of(posted, "export"),
            import: Field::of(posted, "import"),
            send_by_itself: posted.is_ticked("send_by_itself"),
            import_by_itself: posted.is_ticked("import_by_itself"),
        };
        for field in form.fields() {
            if !field.typed.is_empty() && !is_there(Path::new(&field.typed)) {
                let folder = &field.typed;
                let error = format!(
                    "フォルダー「{folder}」がありません。さきに作ってから、もう一度保存してください。"
                );
                field.refuse(error);
            }
        }
        if !form.export.typed.is_empty() && form.export.typed == form.import.typed && !form.import.is_wrong()
        {
            form.import.refuse("出力フォルダーと取込フォルダーは、別のフォルダーにしてください。");
        }
        let meant = Chosen {
            export: form.export.typed.clone(),
            import: form.import.typed.clone(),
            send_by_itself: form.send_by_itself,
            import_by_itself: form.import_by_itself,
        };
        let is_wrong = form.point();
        (form, (!is_wrong).then_some(meant))
    }
}

/// The folder of backups.
///
/// # Errors
/// The field, when nobody knows where that is.
pub(crate) fn backup_folder(posted: &Posted) -> Result<PathBuf, Field> {
    let folder = PathBuf::from(posted.text("folder"));
    if folder.is_absolute() {
        return Ok(folder);
    }
    let error = "保存するフォルダーを、ドライブ名などの初めから入れてください（例：E:\\tasuki）。".to_owned();
    Err(Field { error, is_first: true, ..Field::of(posted, "folder") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(export: &str, import: &str) -> (Folders, Option<Chosen>) {
        let posted = Posted::with(&[("export", export), ("import", import), ("send_by_itself", "1")]);
        Folders::read(&posted, |path| path.starts_with("/there"))
    }

    #[test]
    fn folders_are_there_and_apart() {
        let (_, chosen) = read("/there/out", "/there/in");
        let chosen = chosen.unwrap();
        assert_eq!((chosen.export.as_str(), chosen.send_by_itself), ("/there/out", true));
        assert!(read("", "").1.is_some(), "none is a choice, too");
        let (form, chosen) = read("/there/out", "/gone");
        assert!(chosen.is_none() && !form.export.is_wrong() && form.import.is_first);
        assert_eq!((form.export.typed.as_str(), form.import.typed.as_str()), ("/there/out", "/gone"));
        let (form, _) = read("/gone", "/gone");
        assert!(form.export.is_first && form.import.is_wrong() && !form.import.is_first);
        let (form, chosen) = read("/there", "/there");
        assert!(chosen.is_none() && form.import.error.contains("別のフォルダー"));
    }
}
