//! `tasuki relay office …`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tasuki_office::folder::write_durably;
use tasuki_office::offices::Invitation;
use tasuki_relay::operator::{self, NewCredentials, RegisterError};
use tasuki_relay::store::{OfficeRecord, Offices as _};
use tasuki_terms::{OfficeNo, ServiceType};

use super::{Desk, by_operator, unknown};

#[derive(Subcommand)]
pub(super) enum Command {
    /// 事業所を登録し、KJ IDと最初のパスワードを発行する
    Add(Add),
    /// 厚生労働省の事業所一覧（CSV）を名簿に取り込む
    Import {
        /// 事業所一覧（UTF-8かMS932）
        file: PathBuf,
    },
    /// 証明書発行用パスワードを発行し直す（2台目以降のPC、期限切れのとき）
    Credentials {
        /// 事業所番号
        office: OfficeNo,
        /// 事業所ユーザのパスワードも新しくする（忘れたとき）
        #[arg(long)]
        new_password: bool,
        #[command(flatten)]
        output: Output,
    },
    /// 利用を停止する
    Suspend {
        /// 事業所番号
        office: OfficeNo,
    },
    /// 利用を再開する
    Resume {
        /// 事業所番号
        office: OfficeNo,
    },
}

#[derive(Args)]
pub(super) struct Add {
    /// 事業所番号
    office: OfficeNo,
    /// 事業所名（名簿にない事業所のとき、または名簿を直すとき）
    #[arg(long)]
    name: Option<String>,
    /// 事業所名カナ
    #[arg(long, default_value = "", requires = "name")]
    kana: String,
    /// 住所
    #[arg(long, default_value = "", requires = "name")]
    address: String,
    /// 電話番号
    #[arg(long, default_value = "", requires = "name")]
    phone: String,
    /// FAX番号
    #[arg(long, default_value = "", requires = "name")]
    fax: String,
    /// サービス種類コード（いくつでも）
    #[arg(long = "service", value_name = "CODE", requires = "name")]
    services: Vec<ServiceType>,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Output {
    /// 証明書発行用パスワードの有効日数
    #[arg(long, default_value_t = 30)]
    valid_days: u32,
    /// 機械で読める形（JSON）で出力する
    #[arg(long)]
    json: bool,
    /// 事業所に渡す招待ファイルを作る（パスワードが入るので、紙と同じように扱ってください）
    #[arg(long, value_name = "FILE")]
    invitation: Option<PathBuf>,
    /// 招待ファイルに書く連携基盤のアドレス（なければ relay.toml から作ります）
    #[arg(long, value_name = "URL", requires = "invitation")]
    url: Option<String>,
}

impl Output {
    fn valid(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.valid_days))
    }
}

pub(super) async fn run(desk: &Desk, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(options) => add(desk, options).await?,
        Command::Import { file } => import(desk, &file).await?,
        Command::Credentials { office, new_password, output } => {
            let now = Timestamp::now();
            let credentials =
                operator::renew_credentials(&*desk.store, office, new_password, output.valid(), now);
            hand_over(desk, &credentials.await.map_err(in_japanese)?, &output).await?;
        }
        Command::Suspend { office } => set_suspended(desk, office, true).await?,
        Command::Resume { office } => set_suspended(desk, office, false).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(desk: &Desk, options: Add) -> anyhow::Result<()> {
    let Add { office, name, kana, address, phone, fax, services, output } = options;
    if let Some(name) = name {
        let record = OfficeRecord { no: office, name, kana, address, phone, fax, services };
        desk.store.put_offices(vec![record], by_operator()).await?;
    }
    let now = Timestamp::now();
    let credentials = operator::register_office(&*desk.store, office, output.valid(), now).await;
    hand_over(desk, &credentials.map_err(in_japanese)?, &output).await
}

/// Prints what goes to the office, and writes its invitation.
async fn hand_over(desk: &Desk, credentials: &NewCredentials, output: &Output) -> anyhow::Result<()> {
    if let Some(file) = &output.invitation {
        let found = desk.store.offices(&[credentials.office]).await?;
        let invitation = Invitation {
            tasuki_invitation: 1,
            relay: output.url.clone().map_or_else(|| desk.url(), Ok)?,
            root_pem: std::fs::read_to_string(desk.folder.root()).context("root.pem を読めません")?,
            office: credentials.office,
            name: found.into_iter().next().map(|office| office.name).unwrap_or_default(),
            kj_id: credentials.kj_id,
            password: credentials.password.as_ref().map(|password| password.to_string()),
            enrolment_password: credentials.enrolment_password.to_string(),
        };
        let bytes = zeroize::Zeroizing::new(serde_json::to_vec_pretty(&invitation)?);
        write_durably(file, &bytes).with_context(|| format!("{} に書けません", file.display()))?;
    }
    print(credentials, output);
    Ok(())
}

fn in_japanese(error: RegisterError) -> anyhow::Error {
    match error {
        RegisterError::Unknown(office) => {
            anyhow::anyhow!("事業所 {office} は名簿にありません。--name で名前を指定してください")
        }
        RegisterError::NoAccount(office) => {
            anyhow::anyhow!("事業所 {office} は登録されていません。office add で登録してください")
        }
        RegisterError::Registered(office, kj_id) => anyhow::anyhow!(
            "事業所 {office} は登録済みです（{kj_id}）。パスワードの再発行は office credentials です"
        ),
        other => anyhow::Error::new(other).context("登録できません"),
    }
}

/// What goes to the office on paper. It is printed once and kept nowhere.
fn print(credentials: &NewCredentials, output: &Output) {
    let NewCredentials { office, kj_id, password, enrolment_password, enrolment_expires_at } = credentials;
    let password = password.as_ref().map(|password| password.as_str());
    let enrolment_password = enrolment_password.as_str();
    if output.json {
        let report = json!({
            "office": office, "kj_id": kj_id, "password": password,
            "enrolment_password": enrolment_password,
            "enrolment_expires_at": enrolment_expires_at.to_string(),
        });
        anstream::println!("{report}");
        return;
    }
    let until = jiff::tz::Offset::constant(9).to_datetime(*enrolment_expires_at);
    anstream::println!("事業所番号              {office}");
    anstream::println!("ユーザID（KJ ID）       {kj_id}");
    if let Some(password) = password {
        anstream::println!("最初のパスワード        {password}");
    }
    anstream::println!("証明書発行用パスワード  {enrolment_password}");
    anstream::println!("  {} まで、1回だけ使えます", until.strftime("%Y年%-m月%-d日 %H:%M"));
    anstream::println!("この画面でしか見られません。書留などで事業所に届けてください。");
}

async fn import(desk: &Desk, file: &std::path::Path) -> anyhow::Result<()> {
    let list = std::fs::read(file).with_context(|| format!("{} を読めません", file.display()))?;
    let imported = match operator::import(&*desk.store, &list, Timestamp::now()).await {
        Err(operator::ImportError::Encoding) => bail!("文字コードがUTF-8でもMS932でもありません"),
        Err(operator::ImportError::Column(name)) => bail!("1行目に「{name}」の列がありません"),
        result => result.context("取り込めません")?,
    };
    anstream::println!("{} 行から {} 事業所を取り込みました。", imported.rows, imported.offices);
    if !imported.skipped.is_empty() {
        let first: Vec<String> = imported.skipped.iter().take(10).map(u64::to_string).collect();
        anstream::println!(
            "事業所番号のない {} 行は飛ばしました（{} 行目など）。",
            imported.skipped.len(),
            first.join("・")
        );
    }
    Ok(())
}

async fn set_suspended(desk: &Desk, office: OfficeNo, suspended: bool) -> anyhow::Result<()> {
    if !desk.store.set_suspended(office, suspended, by_operator()).await? {
        return Err(unknown(office));
    }
    let done = if suspended { "停止しました" } else { "再開しました" };
    anstream::println!("事業所 {office} の利用を{done}。");
    Ok(())
}
