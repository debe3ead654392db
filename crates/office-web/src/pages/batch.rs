//! 一括送信.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tasuki_office::review::{FileReview, Readiness, Remark, Weight};
use tasuki_office::sends::SendState;
use tasuki_office::sends::{BATCH_OFFICES, FOLDER, Send, SendId, Tray};

use super::heavy;
use crate::entry::visitor::{At, Form};
use crate::http::failure::Failure;
use crate::http::reply::lead;
use crate::http::reply::page;
use crate::shell::Shell;
use crate::state::App;
use crate::words;

/// Remarks of one line that are shown on the list; the rest is on its own page.
const REMARKS: usize = 3;

#[derive(Template)]
#[template(path = "batch.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    ready: usize,
    doubtful: usize,
    blocked: usize,
    on_the_way: usize,
    limit: usize,
    beyond: usize,
}

#[derive(Template)]
#[template(path = "batch_confirm.html")]
struct ConfirmPage {
    shell: Shell,
    rows: Vec<Row>,
    left: usize,
    beyond: usize,
    limit: usize,
    total: String,
}

pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) revision: i64,
    pub(crate) receiver: String,
    pub(crate) receiver_name: String,
    pub(crate) key_note: String,
    pub(crate) contents: String,
    pub(crate) files: String,
    pub(crate) attachments: Vec<String>,
    pub(crate) message: String,
    pub(crate) remarks: Vec<(String, Remark)>,
    pub(crate) more_remarks: usize,
    pub(crate) warnings: usize,
    pub(crate) readiness: Readiness,
    pub(crate) state: SendState,
    pub(crate) reason: String,
    pub(crate) size: u64,
    pub(crate) is_beyond: bool,
    pub(crate) is_from_folder: bool,
}

impl Row {
    fn of(app: &App, send: Send) -> Result<Self, Failure> {
        let is_from_folder = send.by_staff == FOLDER && send.is_untouched();
        let partner = super::send::partner_of(app, send.office, send.receiver)?;
        let (readiness, note) = send.review.readiness(send.receiver, partner.as_ref(), send.letter.accepted);
        let own = note.into_iter().chain(send.review.remarks.iter().cloned());
        let of_files = send
            .review
            .files
            .iter()
            .flat_map(|file| file.remarks.iter().map(|remark| (file.name.clone(), remark.clone())));
        let mut remarks: Vec<_> = own.map(|remark| (String::new(), remark)).chain(of_files).collect();
        remarks.retain(|(_, remark)| remark.weight > Weight::Info);
        remarks.sort_by_key(|(_, remark)| std::cmp::Reverse(remark.weight));
        let more_remarks = remarks.len().saturating_sub(REMARKS);
        remarks.truncate(REMARKS);
        let (standard, others): (Vec<&FileReview>, Vec<_>) =
            send.review.files.iter().partition(|file| file.is_standard);
        Ok(Self {
            id: send.id.0,
            revision: send.revision,
            receiver: send.receiver.map(|no| no.to_string()).unwrap_or_default(),
            receiver_name: partner.as_ref().map(|partner| partner.name().to_owned()).unwrap_or_default(),
            key_note: partner.as_ref().map(words::key_note).unwrap_or_default(),
            contents: send.review.contents.join("、"),
            files: format!("CSV {} 個・{}", standard.len(), words::size(send.review.size)),
            attachments: others
                .iter()
                .map(|file| format!("{} {}", file.name, words::size(file.size)))
                .collect(),
            message: send.letter.message,
            remarks,
            more_remarks,
            warnings: send.review.count(Weight::Warning),
            readiness,
            state: send.state,
            reason: send.reason,
            size: send.review.size,
            is_beyond: false,
            is_from_folder,
        })
    }

    fn can_go(&self) -> bool {
        self.state.is_open() && self.readiness == Readiness::Ready
    }
}

/// The lines of the list; what is beyond one batch is marked.
async fn rows(app: &App, at: &At) -> Result<Vec<Row>, Failure> {
    let no = at.office.no;
    let sends = app.node.batch(no)?;
    let receivers: Vec<_> = sends.iter().filter_map(|send| send.receiver).collect();
    super::send::ask(app, no, &receivers).await?;
    let mut rows: Vec<_> = sends.into_iter().map(|send| Row::of(app, send)).collect::<Result<_, _>>()?;
    // What waits for a person comes first: at the end of a long list nobody would see it.
    rows.sort_by_key(|row| match (row.state.is_open(), row.readiness) {
        (true, Readiness::Blocked | Readiness::Empty) => 0,
        (true, Readiness::Doubtful) => 1,
        _ => 2,
    });
    for row in rows.iter_mut().filter(|row| row.can_go()).skip(BATCH_OFFICES) {
        row.is_beyond = true;
    }
    Ok(rows)
}

pub(crate) async fn show(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let rows = rows(&app, &at).await?;
    let mut shell = Shell::new(&app, &at, "batch", "一括送信")?;
    if !rows.is_empty() {
        shell = shell.needing_relay();
    }
    let count =
        |readiness| rows.iter().filter(|row| row.state.is_open() && row.readiness == readiness).count();
    Ok(page(&Page {
        ready: count(Readiness::Ready),
        doubtful: count(Readiness::Doubtful),
        blocked: count(Readiness::Blocked) + count(Readiness::Empty),
        on_the_way: rows.iter().filter(|row| row.state.is_on_its_way()).count(),
        limit: BATCH_OFFICES,
        beyond: rows.iter().filter(|row| row.is_beyond).count(),
        shell,
        rows,
    }))
}

pub(crate) async fn take_in(
    State(app): State<App>,
    at: At,
    Form(mut posted): Form,
) -> Result<Response, Failure> {
    let files = std::mem::take(&mut posted.files);
    heavy(|| app.node.take_in(at.office.no, &at.visitor.staff.login, Tray::Batch, files))?;
    Ok(lead(&posted, format!("/{}/batch", at.office.no)))
}

/// 一時保存. All is saved already; this says so.
pub(crate) async fn keep(at: At, Form(posted): Form) -> Response {
    lead(&posted, format!("/{}/batch?done=saved", at.office.no))
}

pub(crate) async fn confirm(State(app): State<App>, at: At) -> Result<Response, Failure> {
    let all = rows(&app, &at).await?;
    let beyond = all.iter().filter(|row| row.is_beyond).count();
    let left = all.iter().filter(|row| row.state.is_open() && !row.can_go()).count();
    let rows: Vec<_> = all.into_iter().filter(|row| row.can_go() && !row.is_beyond).collect();
    let total = words::size(rows.iter().map(|row| row.size).sum());
    let shell = Shell::new(&app, &at, "batch", "送信確認")?.needing_relay();
    Ok(page(&ConfirmPage { shell, rows, left, beyond, limit: BATCH_OFFICES, total }))
}

/// OK: what was shown is queued, all of it or nothing.
pub(crate) async fn confirmed(
    State(app): State<App>,
    at: At,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let no = at.office.no;
    if app.node.open_office(no).is_err() {
        return Err(Failure::KeysLocked(format!("/{no}/batch/confirm")));
    }
    let mut wanted = Vec::new();
    for text in posted.all("send") {
        let (id, revision) = text.split_once('-').ok_or(Failure::Malformed)?;
        let id = SendId(id.parse().map_err(|_| Failure::Malformed)?);
        wanted.push((id, revision.parse().map_err(|_| Failure::Malformed)?));
    }
    let ready: Vec<_> = rows(&app, &at).await?.iter().filter(|row| row.can_go()).map(|row| row.id).collect();
    let all_ready = wanted.iter().all(|(id, _)| ready.contains(&id.0));
    if wanted.is_empty() || wanted.len() > BATCH_OFFICES || !all_ready {
        return Ok(lead(&posted, format!("/{no}/batch")));
    }
    let staff = &at.visitor.staff;
    let run = heavy(|| app.node.confirm(no, &staff.login, &staff.name, &wanted))?;
    Ok(lead(&posted, format!("/{no}/run/{run}")))
}
