//! First start: from the operator's paper to a node that works. And further offices of the same company.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::backup::{BackupError, RestoreProblem};
use tasuki_office::enrolment::{Enrolment, Invitation, RecoveryKit};
use tasuki_office::error::OfficeError;
use tasuki_office::staff::{StaffError, is_acceptable};
use tasuki_terms::OfficeNo;
use zeroize::Zeroizing;

use super::heavy;
use super::login::with_cookie;
use crate::entry::session::random;
use crate::entry::visitor::{Administrator, At, Form, Headers, OpenForm, Visitor, identify};
use crate::http::failure::Failure;
use crate::http::posted::Posted;
use crate::http::reply::lead;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

pub(crate) const PASSWORD_ADVICE: &str = "新しいパスワードは13文字以上で、推測されにくいものにしてください。\
    思い出しやすい言葉をいくつか並べると、長くても覚えられます。";

/// Recovery files that were just made, until they are fetched: they open nothing without the code.
static KITS: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

#[derive(Template)]
#[template(path = "setup.html")]
struct Page {
    typed: Typed,
    problem: String,
    /// A backup is laid ready.
    restores: bool,
    /// The first administrator was made before, and the enrolment did not come through.
    has_staff: bool,
    csrf: String,
    action: String,
}

#[derive(Template)]
#[template(path = "kit.html")]
struct KitPage {
    office: OfficeNo,
    office_name: String,
    kj_id: String,
    code: String,
    made_on: String,
    file: String,
}

#[derive(Template)]
#[template(path = "bring_key.html")]
struct BringKeyPage {
    shell: Shell,
    problem: String,
}

/// What was typed, to be shown again; passwords are typed again.
#[derive(Default)]
struct Typed {
    relay: String,
    office: String,
    kj_id: String,
    login: String,
    name: String,
}

impl Typed {
    fn of(posted: &Posted) -> Self {
        let text = |name| posted.text(name).to_owned();
        Self {
            relay: text("relay"),
            office: text("office"),
            kj_id: text("kj_id"),
            login: text("login"),
            name: text("name"),
        }
    }
}

pub(crate) async fn show(State(app): State<App>, Headers(headers): Headers) -> Result<Response, Failure> {
    let csrf = may_begin(&app, &headers)?;
    Ok(page(&setup_page(&app, csrf, Typed::default(), String::new())?))
}

/// Whoever is first may begin. Once there is an administrator, an enrolment that did not come through is theirs to
/// repeat: the value that their forms carry.
fn may_begin(app: &App, headers: &HeaderMap) -> Result<String, Failure> {
    if !app.node.offices()?.is_empty() {
        return Err(Failure::NotLoggedIn("/".to_owned()));
    }
    if !app.node.has_staff()? {
        return Ok(String::new());
    }
    let visitor = identify(app, headers, true).ok_or_else(|| Failure::NotLoggedIn("/setup".to_owned()))?;
    visitor.must_administrate()?;
    Ok(visitor.csrf)
}

fn setup_page(app: &App, csrf: String, typed: Typed, problem: String) -> Result<Page, Failure> {
    let before = app.node.restore_problem().map(problem_words);
    let problem = if problem.is_empty() { before.unwrap_or_default().to_owned() } else { problem };
    let (has_staff, restores) = (app.node.has_staff()?, app.node.is_restore_staged());
    Ok(Page { typed, problem, restores, has_staff, csrf, action: "/setup".into() })
}

pub(crate) async fn begin(
    State(app): State<App>,
    Headers(headers): Headers,
    OpenForm(posted): OpenForm,
) -> Result<Response, Failure> {
    let csrf = may_begin(&app, &headers)?;
    if csrf != posted.text("csrf") {
        return Err(Failure::OldPage);
    }
    let has_staff = app.node.has_staff()?;
    let problem = match begin_with(&app, &posted, has_staff).await {
        Ok(answer) => return Ok(answer),
        Err(problem) => problem,
    };
    if let Some(first) = app.node.staff().unwrap_or_default().first().filter(|_| !has_staff) {
        // The administrator was made, the enrolment was refused: they are logged in, and try again.
        let token = app.sessions.begin(first.id, app.node.now()).ok_or(Failure::Malformed)?;
        let csrf = app.sessions.find(&token, app.node.now(), true).map(|session| session.csrf);
        let again = setup_page(&app, csrf.unwrap_or_default(), Typed::of(&posted), problem)?;
        let answer = (StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response();
        return Ok(with_cookie(&app, &token, answer));
    }
    let again = setup_page(&app, csrf, Typed::of(&posted), problem)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
}

async fn begin_with(app: &App, posted: &Posted, has_staff: bool) -> Result<Response, String> {
    let (login, name, password) = (posted.text("login"), posted.text("name"), posted.raw("staff_password"));
    let mut enrolment = enrolment(posted, login)?;
    if !has_staff && password != posted.raw("staff_again") {
        return Err("管理者のパスワードの2つの欄が違います。".into());
    }
    if !has_staff {
        heavy(|| app.node.add_first_staff(login, name, password)).map_err(|error| staff_words(&error))?;
    }
    let staff = app.node.staff().map_err(|error| words::problem(&error))?;
    let first = staff.first().ok_or("管理者を作れませんでした。")?;
    enrolment.by.clone_from(&first.login);
    let answer = enrol(app, enrolment).await?;
    if has_staff {
        return Ok(answer);
    }
    let token = app.sessions.begin(first.id, app.node.now()).ok_or("乱数を作れませんでした。")?;
    Ok(with_cookie(app, &token, answer))
}

/// Another office of the same company in the same node.
pub(crate) async fn show_more(
    State(app): State<App>,
    Administrator(at): Administrator,
) -> Result<Response, Failure> {
    Ok(page(&more_page(&app, &at, Typed::default(), String::new())?))
}

fn more_page(app: &App, at: &At, typed: Typed, problem: String) -> Result<Page, Failure> {
    let shell = Shell::new(app, at, "settings", "")?;
    let action = format!("/{}/settings/add-office", at.office.no);
    Ok(Page { typed, problem, restores: false, has_staff: true, csrf: shell.csrf, action })
}

pub(crate) async fn begin_more(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let result = match enrolment(&posted, &at.visitor.staff.login) {
        Ok(enrolment) => enrol(&app, enrolment).await,
        Err(problem) => Err(problem),
    };
    match result {
        Ok(answer) => Ok(answer),
        Err(problem) => {
            let again = more_page(&app, &at, Typed::of(&posted), problem)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
        }
    }
}

/// What was typed or stands in the operator's invitation, held against what it must be.
fn enrolment(posted: &Posted, by: &str) -> Result<Enrolment, String> {
    let invitation =
        posted.files.iter().find_map(|file| serde_json::from_slice::<Invitation>(&file.bytes).ok());
    let root = posted.files.iter().find(|file| file.bytes.starts_with(b"-----BEGIN CERTIFICATE"));
    let mut enrolment = match invitation {
        Some(invitation) => Enrolment {
            relay: invitation.relay,
            root_pem: invitation.root_pem.into_bytes(),
            office: invitation.office,
            name: invitation.name,
            kj_id: invitation.kj_id,
            password: Zeroizing::new(invitation.password.unwrap_or_default()),
            new_password: Zeroizing::default(),
            enrolment_password: Zeroizing::new(invitation.enrolment_password),
            new_key: posted.is_ticked("new_key"),
            by: by.to_owned(),
        },
        None => Enrolment {
            relay: posted.text("relay").to_owned(),
            root_pem: root.map(|file| file.bytes.clone()).ok_or(
                "招待ファイルか、認証局のファイル（root.pem）を選んでください。運営者から受け取ったものです。",
            )?,
            office: posted.text("office").parse().map_err(|_| {
                "事業所番号は10文字の数字（か大文字）です。運営者から受け取った紙のとおりに入れてください。"
            })?,
            name: String::new(),
            kj_id: posted
                .text("kj_id")
                .parse()
                .map_err(|_| "ユーザIDは KJ と12桁の数字です。運営者から受け取った紙のとおりに入れてください。")?,
            password: Zeroizing::default(),
            new_password: Zeroizing::default(),
            enrolment_password: Zeroizing::new(posted.text("enrolment_password").to_owned()),
            new_key: posted.is_ticked("new_key"),
            by: by.to_owned(),
        },
    };
    if enrolment.password.is_empty() {
        enrolment.password = Zeroizing::new(posted.raw("password").trim().to_owned());
    }
    if !enrolment.relay.starts_with("https://") {
        return Err("連携基盤のアドレスは https:// で始まります。".into());
    }
    let new = posted.raw("new_password");
    if new != posted.raw("new_again") {
        return Err("事業所ユーザの新しいパスワードの2つの欄が違います。".into());
    }
    if !is_acceptable(new, &[enrolment.kj_id.as_str(), enrolment.office.as_str()]) {
        return Err(format!("事業所ユーザ：{PASSWORD_ADVICE}"));
    }
    enrolment.new_password = Zeroizing::new(new.to_owned());
    Ok(enrolment)
}

async fn enrol(app: &App, enrolment: Enrolment) -> Result<Response, String> {
    let office = enrolment.office;
    let kit = app.node.enrol(enrolment).await.map_err(|error| words::problem(&error))?;
    match kit {
        Some(kit) => kit_page(app, office, &kit).map_err(|_| "復元キットを表示できません。".to_owned()),
        None => Ok(Redirect::to(&format!("/{office}/bring-key")).into_response()),
    }
}

fn kit_page(app: &App, office: OfficeNo, kit: &RecoveryKit) -> Result<Response, Failure> {
    let own = app.node.office(office)?;
    let file = random().ok_or(Failure::Malformed)?;
    let mut kits = KITS.lock().unwrap_or_else(PoisonError::into_inner);
    kits.insert(file.clone(), kit.file.clone());
    drop(kits);
    Ok(page(&KitPage {
        office,
        office_name: own.name,
        kj_id: own.kj_id.to_string(),
        code: kit.code.to_string(),
        made_on: words::date(app.node.now()),
        file,
    }))
}

pub(crate) async fn kit_file(_visitor: Visitor, Path(file): Path<String>) -> Result<Response, Failure> {
    let kits = KITS.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes = kits.get(&file).cloned().ok_or(Failure::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"tasuki-recovery.json\""),
    ];
    Ok((headers, bytes).into_response())
}

/// The key of the office for a further computer.
pub(crate) async fn show_bring_key(
    State(app): State<App>,
    Administrator(at): Administrator,
) -> Result<Response, Failure> {
    Ok(page(&bring_key_page(&app, &at, String::new())?))
}

fn bring_key_page(app: &App, at: &At, problem: String) -> Result<BringKeyPage, Failure> {
    Ok(BringKeyPage {
        shell: Shell::new(app, at, "settings", "事業所の鍵をこのPCに入れる")?, problem
    })
}

pub(crate) async fn bring_key(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    let problem = match (RecoveryCode::parse(posted.text("code")), posted.files.first()) {
        (Err(_), _) => {
            "復元コードの形が違います。印刷した紙の8組の文字を、そのまま入れてください。".to_owned()
        }
        (_, None) => "復元ファイル（tasuki-recovery.json）を選んでください。".to_owned(),
        (Ok(code), Some(file)) => {
            match app.node.adopt_office_key(&at.visitor.staff.login, no, &file.bytes, &code).await {
                Ok(()) => return Ok(lead(&posted, format!("/{no}"))),
                Err(OfficeError::KeysLocked) => {
                    return Err(Failure::KeysLocked(format!("/{no}/bring-key")));
                }
                Err(OfficeError::Vault(_)) => {
                    "復元ファイルと復元コードが合いません。同じ復元キットのものを使ってください。".to_owned()
                }
                Err(error) => words::problem(&error),
            }
        }
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&bring_key_page(&app, &at, problem)?)).into_response())
}

/// Brings a backup of any size back before anything was set up: it goes from the browser to the disk piece by piece, and
/// takes effect at the next start.
pub(crate) async fn restore_backup(
    State(app): State<App>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    if app.node.has_staff()? {
        return Err(Failure::NotAllowed);
    }
    let result = take_backup(&app, multipart.map_err(|_| Failure::Malformed)?).await?;
    let mut answer = setup_page(&app, String::new(), Typed::default(), String::new())?;
    match result {
        Ok(()) => Ok(page(&answer)),
        Err(problem) => {
            answer.problem = problem;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&answer)).into_response())
        }
    }
}

/// Takes the first file of a form and lays it ready; or says why not, once the browser has sent all of it.
async fn take_backup(app: &App, mut multipart: Multipart) -> Result<Result<(), String>, Failure> {
    let mut taken = Err("バックアップのファイルを選んでください。".to_owned());
    while let Some(mut field) = multipart.next_field().await.map_err(|_| Failure::Malformed)? {
        if field.file_name().is_none_or(str::is_empty) {
            continue;
        }
        let mut incoming = heavy(|| app.node.receive_backup());
        while let Some(bytes) = field.chunk().await.map_err(|_| Failure::Malformed)? {
            incoming = incoming.and_then(|mut file| heavy(|| file.write(&bytes)).map(|()| file));
        }
        taken = incoming
            .and_then(|file| heavy(|| app.node.stage_restore(file)))
            .map_err(|error| backup_words(&error));
    }
    Ok(taken)
}

fn backup_words(error: &BackupError) -> String {
    let size = |bytes: u64| words::size(bytes);
    match error {
        BackupError::NotABackup => {
            "このファイルは Tasuki のバックアップではないか、途中で切れています。「tasuki-」で始まるファイルを選んでください。".into()
        }
        BackupError::Damaged => {
            "このバックアップは壊れているため、元に戻せません。別の日のバックアップを選んでください。".into()
        }
        BackupError::Newer { .. } => {
            "このバックアップは新しい版のプログラムで作られています。プログラムを新しくしてから、もう一度選んでください。".into()
        }
        BackupError::NoSpace { needed, free } => format!(
            "空き容量が足りません。{} 必要ですが、空きは {} です。不要なファイルを減らして、もう一度選んでください。",
            size(*needed),
            size(*free)
        ),
        BackupError::NodeThere => "このパソコンでは、もう利用を開始しています。".into(),
        BackupError::Office(error) => words::problem(error),
    }
}

/// Why the backup that was laid ready before the last start is not there.
fn problem_words(problem: RestoreProblem) -> &'static str {
    match problem {
        RestoreProblem::Damaged => {
            "前に選んだバックアップは壊れていたため、元に戻せませんでした。別の日のバックアップを選んでください。"
        }
        RestoreProblem::Newer => {
            "前に選んだバックアップは新しい版のプログラムで作られているため、元に戻せませんでした。プログラムを新しくしてから、もう一度選んでください。"
        }
        RestoreProblem::NodeThere => {
            "前に選んだバックアップは、その間に利用を開始したため、元に戻しませんでした。"
        }
        RestoreProblem::NoSpace => {
            "空き容量が足りないため、バックアップを元に戻せませんでした。不要なファイルを減らしてから、プログラムを起動し直してください。"
        }
        RestoreProblem::Io => {
            "ファイルを読み書きできないため、バックアップを元に戻せませんでした。プログラムを起動し直すと、もう一度試します。"
        }
    }
}

pub(crate) fn staff_words(error: &StaffError) -> String {
    match error {
        StaffError::Login => "個人IDは空白のない60文字までの文字にしてください。".into(),
        StaffError::LoginTaken => "その個人IDはもう使われています。別のものにしてください。".into(),
        StaffError::Name => "氏名を60文字までで入れてください。".into(),
        StaffError::Password => PASSWORD_ADVICE.into(),
        StaffError::LastAdministrator => {
            "管理者がいなくなるため、変更できません。さきに別の人を管理者にしてください。".into()
        }
        StaffError::WrongPassword => "今のパスワードが違います。".into(),
        StaffError::Office(error) => words::problem(error),
    }
}
