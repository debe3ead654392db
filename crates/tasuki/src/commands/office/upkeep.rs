//! `tasuki office check|backup|restore|rescue`: looking after a node's folder.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::error::OfficeError;
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::staff::StaffError;
use tasuki_terms::OfficeNo;
use zeroize::Zeroizing;

fn open(dir: &Path) -> anyhow::Result<Node> {
    if !dir.join("node.db").exists() {
        bail!("{} は連携クライアントのフォルダーではありません。--dir で指定してください", dir.display());
    }
    let folder = Folder::create(dir)?;
    Node::open_now(folder).with_context(|| format!("{} を開けません", dir.display()))
}

pub(super) fn check(dir: &Path) -> anyhow::Result<ExitCode> {
    let found = open(dir)?.check()?;
    for violation in &found {
        anstream::println!("{}：{}", violation.promise, violation.subject);
    }
    if found.is_empty() {
        anstream::println!("すべてそろっています。");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(super::WAITS))
}

pub(super) fn backup(dir: &Path, file: &Path) -> anyhow::Result<ExitCode> {
    let node = open(dir)?;
    node.back_up("local", file).with_context(|| format!("{} を作れません", file.display()))?;
    anstream::println!("バックアップを作りました：{}", file.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(dir: &Path, file: &Path) -> anyhow::Result<ExitCode> {
    let folder = Folder::create(dir)?;
    match tasuki_office::backup::restore(file, &folder) {
        Err(OfficeError::Changed) => bail!("{} には連携クライアントがもうあります", dir.display()),
        Err(OfficeError::Damaged) => {
            bail!("{} はバックアップのファイルではないか、壊れています", file.display())
        }
        result => result?,
    }
    anstream::println!("元に戻しました。tasuki office --dir {} serve で動かしてください。", dir.display());
    Ok(ExitCode::SUCCESS)
}

/// The code and the new password come from the standard input: neither belongs into a list of processes.
pub(super) fn rescue(dir: &Path, office: OfficeNo, login: &str) -> anyhow::Result<ExitCode> {
    let node = open(dir)?;
    let code = ask("復元コード：")?;
    let code = RecoveryCode::parse(&code).context("復元コードの形が違います")?;
    let password = ask("新しいパスワード（13文字以上）：")?;
    let key = node.drawer_by_recovery(office, &code).context("復元コードがこの事業所のものではありません")?;
    match node.rescue_staff(key, login, &password) {
        Err(StaffError::Password) => bail!("パスワードは13文字以上で、推測されにくいものにしてください"),
        Err(StaffError::Office(OfficeError::NotFound)) => bail!("個人ID {login} はありません"),
        result => result?,
    }
    anstream::println!("{login} に新しいパスワードを付けました。");
    Ok(ExitCode::SUCCESS)
}

fn ask(question: &str) -> anyhow::Result<Zeroizing<String>> {
    anstream::eprint!("{question}");
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
