//! First start: from the operator's paper to a node that works. And further offices of the same company.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use tasuki_office::offices::{Enrolment, RecoveryKit};
use tasuki_office::staff::Staff;
use tasuki_terms::OfficeNo;

use crate::entry::cookie::with_cookie;
use crate::entry::visitor::{Administrator, At, Form, Headers, OpenForm, Visitor, identify};
use crate::forms::setup::{Beginning, Setup as SetupForm};
use crate::forms::staff::NewStaff;
use crate::http::address::{Address, FIRST, SETUP};
use crate::http::ask::Path;
use crate::http::failure::Failure;
use crate::http::reply::page;
use crate::state::App;
use crate::view::setup::{Kit, Setup, backup_words, problem_words};
use crate::words;

pub(crate) async fn show(State(app): State<App>, Headers(headers): Headers) -> Result<Response, Failure> {
    let csrf = may_begin(&app, &headers).await?.map_or_else(String::new, |visitor| visitor.csrf);
    Ok(page(&setup_page(&app, csrf, SetupForm::default(), String::new()).await?))
}

/// Whoever is first may begin: nobody is there yet. Once there is an administrator, an enrolment that did not come
/// through is theirs to repeat.
async fn may_begin(app: &App, headers: &HeaderMap) -> Result<Option<Visitor>, Failure> {
    let (has_staff, offices) =
        app.node.run(|node| Ok((node.staff.has_members()?, node.offices.all()?))).await?;
    if !offices.is_empty() {
        return Err(Failure::NotLoggedIn(FIRST.to_owned()));
    }
    if !has_staff {
        return Ok(None);
    }
    let visitor = identify(app, headers, true).ok_or_else(|| Failure::NotLoggedIn(SETUP.to_owned()))?;
    visitor.must_administrate()?;
    Ok(Some(visitor))
}

async fn setup_page(app: &App, csrf: String, form: SetupForm, problem: String) -> Result<Setup, Failure> {
    let shown = app.node.run(move |node| {
        let before = node.upkeep.restore_problem().map(problem_words).unwrap_or_default();
        let problem = if problem.is_empty() { before.to_owned() } else { problem };
        let (has_staff, restores) = (node.staff.has_members()?, node.upkeep.is_restore_staged());
        Ok(Setup { form, problem, restores, has_staff, csrf, action: SETUP.to_owned() })
    });
    Ok(shown.await?)
}

async fn setup_again(app: &App, csrf: String, form: SetupForm, problem: String) -> Result<Response, Failure> {
    let again = setup_page(app, csrf, form, problem).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
}

pub(crate) async fn begin(
    State(app): State<App>,
    Headers(headers): Headers,
    OpenForm(posted): OpenForm,
) -> Result<Response, Failure> {
    let visitor = may_begin(&app, &headers).await?;
    let csrf = visitor.as_ref().map_or_else(String::new, |visitor| visitor.csrf.clone());
    if csrf != posted.text("csrf") {
        return Err(Failure::OldPage);
    }
    let (mut form, beginning) = SetupForm::read(&posted, visitor.is_some());
    let Some(Beginning { enrolment, first }) = beginning else {
        return setup_again(&app, csrf, form, String::new()).await;
    };
    let (visitor, is_new) = match (visitor, first) {
        (Some(visitor), _) => (visitor, false),
        (None, Some(first)) => match add_first(&app, first, &mut form).await? {
            Ok(visitor) => (visitor, true),
            Err(problem) => return setup_again(&app, csrf, form, problem).await,
        },
        (None, None) => return Err(Failure::Malformed),
    };
    // The administrator who was made stays when the enrolment is refused: logged in, to try again.
    let answer = match enrol(&app, enrolment, &visitor).await? {
        Ok(answer) => answer,
        Err(problem) => setup_again(&app, visitor.csrf.clone(), form, problem).await?,
    };
    Ok(if is_new { with_cookie(&app, &visitor.token, answer) } else { answer })
}

/// Makes the first administrator and logs them in; or says what is wrong, where no field does.
async fn add_first(
    app: &App,
    first: NewStaff,
    form: &mut SetupForm,
) -> Result<Result<Visitor, String>, Failure> {
    let added = app.node.run(move |node| {
        let added = node.staff.add_first(&first.login, &first.name, &first.password);
        Ok(match added {
            Ok(id) => Ok(node.staff.member(id)?),
            Err(error) => Err(error),
        })
    });
    match added.await? {
        Ok(staff) => Ok(Ok(logged_in(app, staff)?)),
        Err(error) => Ok(Err(form.refused(&error).unwrap_or_default())),
    }
}

fn logged_in(app: &App, staff: Staff) -> Result<Visitor, Failure> {
    let now = app.node.now();
    let token = app.sessions.begin(staff.id, now).ok_or(Failure::Broken)?;
    let session = app.sessions.find(&token, now, true).ok_or(Failure::Broken)?;
    Ok(Visitor { staff, csrf: session.csrf, token })
}

/// Another office of the same company in the same node.
pub(crate) async fn show_more(
    State(_app): State<App>,
    Administrator(at): Administrator,
) -> Result<Response, Failure> {
    Ok(page(&more_page(&at, SetupForm::default(), String::new())))
}

fn more_page(at: &At, form: SetupForm, problem: String) -> Setup {
    let action = Address::AddOffice.of(at.office.no).to_string();
    Setup { form, problem, restores: false, has_staff: true, csrf: at.visitor.csrf.clone(), action }
}

pub(crate) async fn begin_more(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (form, beginning) = SetupForm::read(&posted, true);
    let problem = match beginning {
        None => String::new(),
        Some(Beginning { enrolment, .. }) => match enrol(&app, enrolment, &at.visitor).await? {
            Ok(answer) => return Ok(answer),
            Err(problem) => problem,
        },
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&more_page(&at, form, problem))).into_response())
}

/// Begins with an office: the kit to be printed, or the way to bring the key that another computer has; or why not.
async fn enrol(
    app: &App,
    enrolment: Enrolment,
    visitor: &Visitor,
) -> Result<Result<Response, String>, Failure> {
    let office = enrolment.office;
    let enrolment = Enrolment { by: visitor.staff.login.as_str().into(), ..enrolment };
    match app.node.offices.enrol(enrolment).await {
        Ok(Some(kit)) => Ok(Ok(kit_page(app, office, kit, visitor).await?)),
        Ok(None) => Ok(Ok(Redirect::to(&Address::BringKey.of(office).to_string()).into_response())),
        Err(error) => Ok(Err(words::problem(&error))),
    }
}

async fn kit_page(
    app: &App,
    office: OfficeNo,
    kit: RecoveryKit,
    visitor: &Visitor,
) -> Result<Response, Failure> {
    let own = app.node.run(move |node| node.offices.get(office)).await?;
    app.sessions.keep_kit(&visitor.token, office, kit.file);
    Ok(page(&Kit {
        office,
        office_name: own.name,
        kj_id: own.kj_id.to_string(),
        code: kit.code.to_string(),
        made_on: words::date(app.node.now()),
        file: Address::Kit.of(office),
        top: Address::Top.of(office),
    }))
}

/// The recovery file, for the session in which it was made.
pub(crate) async fn kit_file(
    State(app): State<App>,
    visitor: Visitor,
    Path(office): Path<OfficeNo>,
) -> Result<Response, Failure> {
    let session = app.sessions.find(&visitor.token, app.node.now(), true).ok_or(Failure::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"tasuki-recovery.json\""),
    ];
    Ok((headers, session.kit(office).ok_or(Failure::NotFound)?).into_response())
}

/// Brings a backup of any size back before anything was set up: it goes from the browser to the disk piece by piece, and
/// takes effect at the next start.
pub(crate) async fn restore_backup(
    State(app): State<App>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    if app.node.staff.has_members()? {
        return Err(Failure::NotAllowed);
    }
    let taken = take_backup(&app, multipart.map_err(|_| Failure::Malformed)?).await?;
    let status = if taken.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let problem = taken.err().unwrap_or_default();
    let shown = setup_page(&app, String::new(), SetupForm::default(), problem).await?;
    Ok((status, page(&shown)).into_response())
}

/// Takes the first file of a form and lays it ready; or says why not, once the browser has sent all of it.
async fn take_backup(app: &App, mut multipart: Multipart) -> Result<Result<(), String>, Failure> {
    let mut taken = Err("バックアップのファイルを選んでください。".to_owned());
    while let Some(mut field) = multipart.next_field().await.map_err(|_| Failure::Malformed)? {
        if field.file_name().is_none_or(str::is_empty) {
            continue;
        }
        let mut incoming = tokio::task::block_in_place(|| app.node.upkeep.receive_backup());
        while let Some(bytes) = field.chunk().await.map_err(|_| Failure::Malformed)? {
            incoming = incoming
                .and_then(|mut file| tokio::task::block_in_place(|| file.write(&bytes)).map(|()| file));
        }
        taken = incoming
            .and_then(|file| tokio::task::block_in_place(|| app.node.upkeep.stage_restore(file)))
            .map_err(|error| backup_words(&error));
    }
    Ok(taken)
}
