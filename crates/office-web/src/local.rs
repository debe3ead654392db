//! `/local/…`: what programs of the same machine call, such as care software and `tasuki office`. They show the
//! token that lies in the node's folder, which only the owner of the node can read.

use std::io;
use std::net::SocketAddr;

use axum::Json;
use axum::extract::{FromRequestParts, Path, Query, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasuki_client::ClientError;
use tasuki_office::arrivals::{Arrival, ArrivalFilter, ArrivalId, ArrivalState};
use tasuki_office::error::OfficeError;
use tasuki_office::folder::write_durably;
use tasuki_office::node::Node;
use tasuki_office::open_office::{LinkState, OwnOffice};
use tasuki_office::review::{Readiness, Weight};
use tasuki_office::sends::{BATCH_OFFICES, PROGRAM, Send, SendFilter, SendId, SendState, Submission};
use tasuki_terms::OfficeNo;

use crate::failure::Failure;
use crate::pages::{heavy, place};
use crate::routes::{Route, Who, get, post};
use crate::serve::App;
use crate::session::random;
use crate::visitor::Posted;
use crate::words;

/// Lines of an answer.
const LINES: u32 = 500;

/// How programs of this machine reach the node.
#[derive(Clone, Serialize, Deserialize)]
pub struct LocalAccess {
    /// The address, such as `http://127.0.0.1:8600`.
    pub url: String,
    /// The token, to be sent as `Authorization: Bearer …`.
    pub token: String,
}

impl LocalAccess {
    /// Makes a token and puts it into the node's folder.
    pub(crate) fn create(node: &Node, address: SocketAddr) -> io::Result<Self> {
        let token = random().ok_or_else(|| io::Error::other("no random numbers"))?;
        let access = Self { url: format!("http://{address}"), token };
        write_durably(&node.folder().local(), &serde_json::to_vec(&access)?)?;
        Ok(access)
    }

    /// Takes it away: nobody is listening any more.
    pub(crate) fn remove(node: &Node) {
        if let Err(error) = std::fs::remove_file(node.folder().local()) {
            tracing::info!(error = %error, "the access for local programs stays");
        }
    }
}

pub(crate) fn routes() -> Vec<Route> {
    use Who::Program;
    vec![
        get("/local/status", Program, status),
        post("/local/{office}/send", Program, send),
        get("/local/{office}/drafts", Program, drafts),
        get("/local/{office}/outbox", Program, outbox),
        get("/local/{office}/outbox/{id}", Program, outbox_one),
        get("/local/{office}/inbox", Program, inbox),
        get("/local/{office}/inbox/{id}", Program, inbox_one),
        get("/local/{office}/inbox/{id}/files/{file}", Program, inbox_file),
        post("/local/{office}/inbox/{id}/receipt", Program, receipt),
    ]
}

/// A program that has the token.
struct Program;

/// A program, and the office of the address.
struct ProgramAt(OwnOffice);

/// What a program gets instead of what it asked for.
struct Refused(StatusCode, &'static str, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1, "message": self.2 }))).into_response()
    }
}

impl From<OfficeError> for Refused {
    fn from(error: OfficeError) -> Self {
        let (status, name) = match &error {
            OfficeError::DrawerLocked | OfficeError::KeysLocked => (StatusCode::LOCKED, "locked"),
            OfficeError::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            OfficeError::Changed => (StatusCode::CONFLICT, "changed"),
            OfficeError::NotReady => (StatusCode::CONFLICT, "not-ready"),
            OfficeError::NoOfficeKey => (StatusCode::LOCKED, "no-office-key"),
            OfficeError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk-full"),
            OfficeError::Relay(ClientError::Problem(_)) => (StatusCode::CONFLICT, "relay-refused"),
            OfficeError::Relay(_) => (StatusCode::BAD_GATEWAY, "relay-unreachable"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        };
        let message = match &error {
            OfficeError::DrawerLocked => {
                "だれもログインしていません。ブラウザーで一度ログインしてください。".into()
            }
            error => words::problem(error),
        };
        Self(status, name, message)
    }
}

impl FromRequestParts<App> for Program {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        // Compared by their hashes: the time that it takes tells nothing.
        let digest = |text: &str| tasuki_office::digest_of(text.as_bytes());
        if digest(given) == digest(&app.local.token) {
            Ok(Self)
        } else {
            Err(Refused(StatusCode::UNAUTHORIZED, "token", "この機械の利用者だけが使えます。".into()))
        }
    }
}

impl FromRequestParts<App> for ProgramAt {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        Program::from_request_parts(parts, app).await?;
        let unknown = || Refused(StatusCode::NOT_FOUND, "office", "この事業所は登録されていません。".into());
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| unknown())?;
        let no = params.iter().find_map(|(name, value)| (name == "office").then_some(value));
        let no = no.and_then(|no| no.parse().ok()).ok_or_else(unknown)?;
        app.node.office(no).map(Self).map_err(|_| unknown())
    }
}

async fn status(State(app): State<App>, _program: Program) -> Result<Json<Value>, Refused> {
    let mut offices = Vec::new();
    for office in app.node.offices()? {
        let link = match app.node.open_office(office.no).ok().map(|open| open.link()) {
            None => "locked",
            Some(LinkState::Connecting) => "connecting",
            Some(LinkState::Online) => "online",
            Some(LinkState::Offline) => "offline",
            Some(LinkState::Refused(_)) => "refused",
            Some(LinkState::NoKey) => "no-key",
        };
        offices.push(json!({
            "office": office.no, "name": office.name, "link": link, "counts": app.node.counts(office.no)?,
            "certificate_until": office.certificate_until, "held_up": app.node.held_up(office.no)?,
            "duties": duties(&app, office.no),
        }));
    }
    Ok(Json(json!({ "logged_in": app.node.is_drawer_open(), "offices": offices })))
}

/// How each of the things goes that an office does by itself; empty while its keys are locked.
fn duties(app: &App, office: OfficeNo) -> Vec<Value> {
    let Ok(open) = app.node.open_office(office) else { return Vec::new() };
    let told = open.duties().into_iter().map(|(duty, status)| {
        json!({
            "duty": duty, "name": duty.name_ja(), "done_at": status.done_at, "failures": status.failures,
            "failing_since": status.obstacle.map(|(_, since)| since),
            "obstacle": status.obstacle.map(|(obstacle, _)| obstacle.words()),
        })
    });
    told.collect()
}

fn send_json(send: &Send, readiness: Option<Readiness>) -> Value {
    let remarks = |weight| {
        let own = send.review.remarks.iter().map(|remark| (None, remark));
        let files = send.review.files.iter();
        let of_files = files.flat_map(|file| file.remarks.iter().map(|remark| (Some(&file.name), remark)));
        own.chain(of_files)
            .filter(|(_, remark)| remark.weight == weight)
            .map(|(file, remark)| {
                json!({
                    "file": file, "row": remark.row, "column": remark.column, "field": remark.field,
                    "message": remark.message, "hint": remark.hint,
                })
            })
            .collect::<Vec<_>>()
    };
    json!({
        "id": send.id, "state": send.state, "to": send.receiver, "to_name": send.receiver_name,
        "contents": send.review.contents, "size": send.review.size, "parcel": send.parcel,
        "files": send.review.files.iter().map(|file| &file.name).collect::<Vec<_>>(),
        "queued_at": send.queued_at, "sent_at": send.sent_at, "reason": send.reason,
        "errors": remarks(Weight::Error), "warnings": remarks(Weight::Warning),
        "ready": readiness.map(|readiness| match readiness {
            Readiness::Ready => "yes",
            Readiness::Doubtful => "warnings",
            Readiness::Blocked => "no",
            Readiness::Empty => "empty",
            Readiness::Unasked => "unknown-receiver",
        }),
    })
}

fn readiness(app: &App, send: &Send) -> Result<Readiness, Refused> {
    let partner = send.receiver.map(|no| app.node.known_partner(send.office, no)).transpose()?.flatten();
    Ok(send.review.readiness(send.receiver, partner.as_ref(), send.letter.accepted).0)
}

/// Takes files in. With `confirm` what is ready is sent; the rest stays as drafts for a person.
async fn send(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    request: Request,
) -> Result<Json<Value>, Refused> {
    let bad = |_: Failure| Refused(StatusCode::BAD_REQUEST, "request", "送られた内容を読めません。".into());
    let mut posted = Posted::read(request).await.map_err(bad)?;
    let (no, files) = (office.no, std::mem::take(&mut posted.files));
    if files.is_empty() {
        return Err(Refused(StatusCode::BAD_REQUEST, "no-files", "ファイルがありません。".into()));
    }
    let to = match posted.text("to") {
        "" => None,
        to => Some(to.parse().map_err(|_| {
            Refused(StatusCode::BAD_REQUEST, "to", "送信先の事業所番号は10桁の数字です。".into())
        })?),
    };
    let submission = Submission {
        files,
        to,
        message: posted.raw("message").to_owned(),
        accept_warnings: posted.is_ticked("accept_warnings"),
    };
    let ids = app.node.run(move |node| node.submit(no, submission)).await?;
    let sends: Vec<Send> = ids.iter().map(|id| app.node.send(no, *id)).collect::<Result<_, _>>()?;
    let receivers: Vec<_> = sends.iter().filter_map(|send| send.receiver).collect();
    match app.node.look_up(no, &receivers).await {
        Ok(()) | Err(OfficeError::KeysLocked | OfficeError::Relay(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = Vec::new();
    for send in &sends {
        if readiness(&app, send)? == Readiness::Ready {
            ready.push((send.id, send.revision));
        }
    }
    if posted.is_ticked("confirm") {
        for some in ready.chunks(BATCH_OFFICES) {
            heavy(|| app.node.confirm(no, PROGRAM, "", some))?;
        }
    }
    let mut answers = Vec::new();
    for send in &sends {
        let now = app.node.send(no, send.id)?;
        answers.push(send_json(&now, Some(readiness(&app, &now)?)));
    }
    Ok(Json(json!({ "sends": answers })))
}

async fn drafts(State(app): State<App>, ProgramAt(office): ProgramAt) -> Result<Json<Value>, Refused> {
    let mut all = app.node.drafts(office.no)?;
    all.extend(app.node.batch(office.no)?.into_iter().filter(|send| send.state.is_open()));
    let mut answers = Vec::new();
    for send in &all {
        answers.push(send_json(send, Some(readiness(&app, send)?)));
    }
    Ok(Json(json!({ "drafts": answers })))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    state: String,
    before: String,
}

async fn outbox(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refused> {
    let filter = SendFilter {
        state: SendState::parse(&wanted.state),
        before: place(&wanted.before),
        ..SendFilter::default()
    };
    let sends = app.node.sent(office.no, &filter, LINES)?;
    let next = next_place(sends.last().map(Send::place), sends.len());
    let sends: Vec<_> = sends.iter().map(|send| send_json(send, None)).collect();
    Ok(Json(json!({ "sends": sends, "next": next })))
}

/// Where the next page of a list begins; nowhere when this one was not full.
fn next_place(last: Option<(i64, i64)>, lines: usize) -> Option<String> {
    last.filter(|_| lines == LINES as usize).map(|(at, id)| format!("{at}-{id}"))
}

async fn outbox_one(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Json<Value>, Refused> {
    let send = app.node.send(office.no, SendId(id))?;
    let mut answer = send_json(&send, None);
    answer["receipts"] = json!(send.receipts);
    Ok(Json(answer))
}

fn arrival_json(arrival: &Arrival) -> Value {
    json!({
        "id": arrival.id, "state": arrival.state, "from": arrival.sender, "from_name": arrival.sender_name,
        "contents": arrival.inside.contents, "files": arrival.inside.names, "months": months(arrival),
        "parcel": arrival.parcel, "size": arrival.size, "accepted_at": arrival.accepted_at,
        "received_at": arrival.received_at,
    })
}

fn months(arrival: &Arrival) -> Vec<String> {
    arrival.months.iter().map(ToString::to_string).collect()
}

async fn inbox(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refused> {
    let filter = ArrivalFilter {
        state: ArrivalState::parse(&wanted.state),
        before: place(&wanted.before),
        ..ArrivalFilter::default()
    };
    let arrivals = app.node.arrivals(office.no, &filter, LINES)?;
    let next = next_place(arrivals.last().map(Arrival::place), arrivals.len());
    let arrivals: Vec<_> = arrivals.iter().map(arrival_json).collect();
    Ok(Json(json!({ "arrivals": arrivals, "next": next })))
}

async fn inbox_one(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Json<Value>, Refused> {
    let arrival = app.node.arrival(office.no, ArrivalId(id))?;
    let opened = heavy(|| app.node.open_arrival(office.no, ArrivalId(id)))?;
    let mut answer = arrival_json(&arrival);
    answer["message"] = json!(opened.manifest.message);
    answer["staff"] = json!(opened.manifest.staff);
    Ok(Json(answer))
}

async fn inbox_file(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    Path((_, id, file)): Path<(String, i64, usize)>,
) -> Result<Response, Refused> {
    let opened = heavy(|| app.node.open_arrival(office.no, ArrivalId(id)))?;
    let file = opened.files.into_iter().nth(file);
    Ok(file.map(|file| file.bytes).ok_or(OfficeError::NotFound)?.into_response())
}

async fn receipt(
    State(app): State<App>,
    ProgramAt(office): ProgramAt,
    Path((_, id)): Path<(String, i64)>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refused> {
    let state = ArrivalState::parse(&wanted.state).filter(|state| *state != ArrivalState::Refused);
    let state = state.ok_or_else(|| {
        Refused(StatusCode::BAD_REQUEST, "state", "状態は unread、read、imported のどれかです。".into())
    })?;
    app.node.mark_arrival(office.no, PROGRAM, ArrivalId(id), state)?;
    Ok(Json(arrival_json(&app.node.arrival(office.no, ArrivalId(id))?)))
}
