//! `tasuki office check|backup|restore|rescue`: looking after a node's folder.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::Actor;
use tasuki_office::error::{DbError, OfficeError};
use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::staff::StaffError;
use tasuki_office::upkeep::backup::BackupError;
use tasuki_terms::OfficeNo;
use zeroize::Zeroizing;

/// Opens a folder in which the node may be running.
fn open_to_look(dir: &Path) -> anyhow::Result<Node> {
    let folder = existing(dir)?;
    Node::open_to_look(folder).with_context(|| format!("{} を開けません", dir.display()))
}

fn existing(dir: &Path) -> anyhow::Result<Folder> {
    if !dir.join("node.db").exists() {
        bail!("{} は連携クライアントのフォルダーではありません。--dir で指定してください", dir.display());
    }
    Ok(Folder::create(dir)?)
}

pub(super) fn check(dir: &Path) -> anyhow::Result<ExitCode> {
    let found = open_to_look(dir)?.upkeep.check();
    if let Err(OfficeError::Db(DbError::Older { .. })) = found {
        bail!("{} は前の版のままです。連携クライアントを一度動かしてから、確かめてください", dir.display());
    }
    let found = found?;
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
    let node = open_to_look(dir)?;
    node.upkeep.back_up(Actor::Program, file).with_context(|| format!("{} を作れません", file.display()))?;
    anstream::println!("バックアップを作りました：{}", file.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(dir: &Path, file: &Path) -> anyhow::Result<ExitCode> {
    let folder = Folder::create(dir)?;
    let Ok(_lock) = folder.lock() else {
        bail!("{} の連携クライアントが動いています。止めてから、もう一度実行してください", dir.display())
    };
    match tasuki_office::upkeep::backup::restore(file, &folder) {
        Err(BackupError::NodeThere) => bail!("{} には連携クライアントがもうあります", dir.display()),
        result => result.map_err(|error| anyhow!("{}", problem(file, &error)))?,
    }
    anstream::println!("元に戻しました。tasuki office --dir {} serve で動かしてください。", dir.display());
    Ok(ExitCode::SUCCESS)
}

/// Why a file is no good backup.
pub(super) fn problem(file: &Path, error: &BackupError) -> String {
    let file = file.display();
    match error {
        BackupError::NotABackup => format!("{file} はバックアップのファイルではないか、途中で切れています"),
        BackupError::Damaged => format!("{file} は壊れています。別の日のバックアップを使ってください"),
        BackupError::Newer { .. } => {
            format!("{file} は新しい版のプログラムで作られています。プログラムを新しくしてください")
        }
        BackupError::NoSpace { needed, free } => {
            format!("空き容量が足りません（必要 {needed} バイト、空き {free} バイト）")
        }
        error => format!("{file} を読めません（{error}）"),
    }
}

/// The code and the new password come from the standard input: neither belongs into a list of processes.
pub(super) fn rescue(dir: &Path, office: OfficeNo, login: &str) -> anyhow::Result<ExitCode> {
    let folder = existing(dir)?;
    // Beside a running node nothing is brought up to date.
    let lock = folder.lock();
    let node = if lock.is_ok() { Node::open_now(folder) } else { Node::open_to_look(folder) };
    let node = node.with_context(|| format!("{} を開けません", dir.display()))?;
    let code = ask("復元コード：")?;
    let code = RecoveryCode::parse(&code).context("復元コードの形が違います")?;
    let password = ask("新しいパスワード（13文字以上）：")?;
    let key = node
        .offices
        .drawer_by_recovery(office, &code)
        .context("復元コードがこの事業所のものではありません")?;
    match node.staff.rescue(key, login, &password) {
        Err(StaffError::Password) => bail!("パスワードは13文字以上で、推測されにくいものにしてください"),
        Err(StaffError::Office(OfficeError::NotFound)) => bail!("個人ID {login} はありません"),
        result => result?,
    }
    anstream::println!("{login} に新しいパスワードを付けました。");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn ask(question: &str) -> anyhow::Result<Zeroizing<String>> {
    anstream::eprint!("{question}");
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
