//! `tasuki relay cert …`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::Offset;
use tasuki_relay::operator;
use tasuki_relay::store::Accounts as _;
use tasuki_terms::{OfficeNo, Sha256Digest};

use super::{Desk, by_operator};

#[derive(Subcommand)]
pub(super) enum Command {
    /// 事業所の証明書を表示する
    List {
        /// 事業所番号
        office: OfficeNo,
        /// 機械で読める形（JSON）で出力する
        #[arg(long)]
        json: bool,
    },
    /// 証明書を失効させる（次の要求から使えなくなります）
    Revoke {
        /// 事業所番号
        office: OfficeNo,
        /// 証明書の指紋（list で表示されるもの）
        fingerprint: Sha256Digest,
    },
    /// 事業所がすでに持っている、ほかの認証局の証明書を登録する
    Add {
        /// 事業所番号
        office: OfficeNo,
        /// 証明書（PEM）
        file: PathBuf,
    },
}

pub(super) async fn run(desk: &Desk, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { office, json } => list(desk, office, json).await?,
        Command::Revoke { office, fingerprint } => {
            let revoked = desk.store.revoke_certificate(office, fingerprint, None, by_operator()).await?;
            ensure!(revoked, "事業所 {office} にその証明書はありません。list で確かめてください");
            anstream::println!("失効させました。");
        }
        Command::Add { office, file } => {
            let pem = std::fs::read(&file).with_context(|| format!("{} を読めません", file.display()))?;
            let added =
                operator::register_foreign_certificate(&*desk.store, office, &pem, Timestamp::now()).await;
            let fingerprint = added.context("登録できません（事業所が未登録か、登録済みの証明書です）")?;
            anstream::println!("登録しました：{fingerprint}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(desk: &Desk, office: OfficeNo, json: bool) -> anyhow::Result<()> {
    let certificates = desk.store.certificates(office).await?;
    if json {
        anstream::println!("{}", serde_json::to_string(&certificates)?);
        return Ok(());
    }
    if certificates.is_empty() {
        anstream::println!("事業所 {office} の証明書はまだありません。");
    }
    let day = |at: Timestamp| Offset::constant(9).to_datetime(at).date();
    for certificate in certificates {
        let state = match certificate.revoked_at {
            Some(at) => format!("{} 失効", day(at)),
            None => format!("{} まで有効", day(certificate.not_after)),
        };
        anstream::println!("{}  {state}  {}", certificate.fingerprint, certificate.node);
    }
    Ok(())
}
