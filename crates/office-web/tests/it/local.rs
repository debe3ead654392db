//! What programs of this machine call: `/local`, over HTTP, with the types of both sides.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tasuki_office::files::Dropped;
use tasuki_office::sends::{self, Landed, SendId, Tray};
use tasuki_office_web::local::types::{
    Arrival, Drafts, Inbox, Link, OpenedArrival, Outbox, Problem, ProblemCode, Ready, Send, SendState,
    SendWithReceipts, Status, Submitted,
};
use tasuki_office_web::{LocalAccess, Who, routes};

use crate::Served;
use tasuki_stage::world::{CARE, DAY, PASSWORD, VISITS, World, deletion, no, until_arrived, until_state};

const OTHERS: &str = "1370000043";

/// A program of this machine.
struct Program {
    served: Served,
    token: String,
}

impl Program {
    async fn of(node: tasuki_office::node::Node) -> Self {
        let served = Served::start(node, None).await;
        let access = std::fs::read(served.node.folder().local()).unwrap();
        let access: LocalAccess = serde_json::from_slice(&access).unwrap();
        Self { served, token: access.token }
    }

    async fn ask(&self, method: Method, path: &str) -> Response {
        let request = self.served.client.request(method, format!("{}/local/{path}", self.served.url));
        request.bearer_auth(&self.token).send().await.unwrap()
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.ask(Method::GET, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    async fn send(&self, files: &[Dropped], fields: &[(&str, &str)]) -> Response {
        let mut form = Form::new();
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        for file in files {
            form = form.part("files", Part::bytes(file.bytes.clone()).file_name(file.name.clone()));
        }
        let request = self.served.client.post(format!("{}/local/{CARE}/send", self.served.url));
        request.bearer_auth(&self.token).multipart(form).send().await.unwrap()
    }

    async fn sent(&self, files: &[Dropped], fields: &[(&str, &str)]) -> Submitted {
        let answer = self.send(files, fields).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }
}

async fn problem(answer: Response) -> (StatusCode, Problem) {
    (answer.status(), answer.json().await.unwrap())
}

fn note(text: &str) -> Dropped {
    Dropped { name: "note.txt".into(), bytes: text.into() }
}

/// A row with one character too few in its second column.
fn with_an_error(to: &str) -> Dropped {
    Dropped { bytes: b"202407,13101,0000012345,202510\r\n".to_vec(), ..deletion(CARE, to, 9) }
}

fn to<'a>(answer: &'a Submitted, receiver: &str) -> &'a Send {
    answer.sends.iter().find(|send| send.to == Some(no(receiver))).unwrap()
}

/// The very case that once sent a person's draft: a program hands files over for several offices, and one of them has
/// the name of a file in the person's draft for another office.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_several_offices_touches_no_draft_of_a_person() {
    let world = World::new().await;
    for office in [VISITS, DAY, OTHERS] {
        world.participant(office).await;
    }
    let program = Program::of(world.node(CARE).await).await;
    let node = &program.served.node;
    let mine = vec![deletion(CARE, DAY, 1), note("mine")];
    assert_eq!(node.drafts.take_in(no(CARE), "hanako", Tray::Batch, mine).unwrap(), Landed::Batch);
    let drafts: Vec<_> = node.sends.batch(no(CARE)).unwrap().into_iter().map(|send| send.id).collect();
    for &draft in &drafts {
        node.drafts.set_message(no(CARE), draft, "書きかけ").unwrap();
    }
    let before: Vec<_> = drafts.iter().map(|id| node.sends.get(no(CARE), *id).unwrap().revision).collect();

    let files = [deletion(CARE, VISITS, 2), deletion(CARE, OTHERS, 3), note("its")];
    let wishes = [("message", "プログラムから"), ("accept_warnings", "1"), ("confirm", "1")];
    let answer = program.sent(&files, &wishes).await;
    assert_eq!(answer.sends.len(), 3, "two offices, and what is for nobody in particular");
    for receiver in [VISITS, OTHERS] {
        let send = to(&answer, receiver);
        assert_ne!(send.state, SendState::Draft);
        let sent = until_state(node, CARE, SendId(send.id), "sent").await;
        assert_eq!(sent.letter.message, "プログラムから");
    }
    let nobody = answer.sends.iter().find(|send| send.to.is_none()).unwrap();
    assert_eq!((&nobody.state, nobody.ready.clone()), (&SendState::Draft, Some(Ready::No)));
    assert!(nobody.errors.iter().any(|error| error.message.contains("送信先が決まっていません")));

    for (&draft, before) in drafts.iter().zip(before) {
        assert!(!answer.sends.iter().any(|send| send.id == draft.0));
        let now = node.sends.get(no(CARE), draft).unwrap();
        assert_eq!((now.state, now.revision, now.parcel), (sends::SendState::Draft, before, None));
        assert_eq!((now.letter.message.as_str(), now.letter.accepted), ("書きかけ", false));
    }
    let outbox: Outbox = program.get(&format!("{CARE}/outbox")).await;
    assert_eq!(outbox.sends.len(), 2, "nothing else has gone");
    let drafts: Drafts = program.get(&format!("{CARE}/drafts")).await;
    assert_eq!(
        drafts.drafts.iter().filter(|send| send.files.iter().any(|file| file == "note.txt")).count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_errors_stays_and_is_told_and_the_rest_goes() {
    let world = World::new().await;
    world.participant(VISITS).await;
    world.register(OTHERS).await;
    let program = Program::of(world.node(CARE).await).await;
    let files = [with_an_error(DAY), deletion(CARE, VISITS, 1), deletion(CARE, OTHERS, 2)];
    let answer = program.sent(&files, &[("confirm", "1")]).await;
    until_state(&program.served.node, CARE, SendId(to(&answer, VISITS).id), "sent").await;

    let wrong = to(&answer, DAY);
    assert_eq!((&wrong.state, &wrong.ready), (&SendState::Draft, &Some(Ready::No)));
    let error = wrong.errors.iter().find(|error| error.file.is_some()).unwrap();
    assert_eq!((error.file.as_deref(), error.row, error.column), (Some(&*files[0].name), Some(1), Some(2)));
    assert!(!error.message.is_empty() && !error.hint.is_empty());
    // The file is good, and its receiver does not take part: that has to be said, too.
    let absent = to(&answer, OTHERS);
    assert_eq!((&absent.state, &absent.ready), (&SendState::Draft, &Some(Ready::No)));
    assert!(absent.errors.iter().any(|error| error.message.contains("参加していません")));

    let drafts: Drafts = program.get(&format!("{CARE}/drafts")).await;
    let mut kept: Vec<_> = drafts.drafts.iter().map(|draft| draft.id).collect();
    kept.sort_unstable();
    let mut told = vec![wrong.id, absent.id];
    told.sort_unstable();
    assert_eq!(kept, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_by_name_and_nothing_is_taken_in() {
    let world = World::new().await;
    let program = Program::of(world.node(CARE).await).await;
    for wrong in ["137", "13700000271", "訪問介護"] {
        let refused = problem(program.send(&[note("x")], &[("to", wrong), ("confirm", "1")]).await).await;
        assert_eq!((refused.0, &refused.1.error), (StatusCode::BAD_REQUEST, &ProblemCode::To), "{wrong}");
        assert!(refused.1.message.contains("10桁"));
    }
    let (status, told) = problem(program.send(&[], &[("confirm", "1")]).await).await;
    assert_eq!((status, told.error), (StatusCode::BAD_REQUEST, ProblemCode::NoFiles));
    let torn = program.served.client.post(format!("{}/local/{CARE}/send", program.served.url));
    let torn = torn.bearer_auth(&program.token).header("content-type", "multipart/form-data; boundary=x");
    let (status, told) = problem(torn.body("--x\r\nnot a part").send().await.unwrap()).await;
    assert_eq!((status, told.error), (StatusCode::BAD_REQUEST, ProblemCode::Request));

    let large = Dropped { name: "large.pdf".into(), bytes: vec![b'x'; 129 * 1024 * 1024] };
    let (status, told) = problem(program.send(&[large], &[]).await).await;
    assert_eq!((status, told.error), (StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge));
    assert!(told.message.contains("128 MB") && told.message.contains("何回かに分けて"), "{}", told.message);
    let drafts: Drafts = program.get(&format!("{CARE}/drafts")).await;
    assert!(drafts.drafts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_keys_are_locked_nothing_is_lost_and_it_is_told() {
    let world = World::new().await;
    world.participant(VISITS).await;
    world.participant(DAY).await;
    world
        .enrolled_and_off_after(CARE, |node| {
            let known = [no(VISITS)];
            let asked = node.directory.look_up(no(CARE), &known);
            tokio::runtime::Handle::current().block_on(asked).unwrap();
        })
        .await;
    let program = Program::of(world.empty_node(CARE)).await;
    let files = [deletion(CARE, VISITS, 1), deletion(CARE, DAY, 2)];
    let (status, told) = problem(program.send(&files, &[("confirm", "1")]).await).await;
    assert_eq!((status, told.error), (StatusCode::LOCKED, ProblemCode::Locked), "nobody has logged in");

    let node = &program.served.node;
    node.staff.log_in("hanako", PASSWORD).unwrap();
    assert!(
        node.sends.drafts(no(CARE)).unwrap().is_empty() && node.sends.batch(no(CARE)).unwrap().is_empty()
    );
    let answer = program.sent(&files, &[("confirm", "1")]).await;
    assert_eq!(answer.link, Link::Locked);
    // Known from before: it waits for the keys. Never asked about: it waits for whoever can ask.
    assert_eq!(to(&answer, VISITS).state, SendState::Queued);
    let unknown = to(&answer, DAY);
    assert_eq!((&unknown.state, &unknown.ready), (&SendState::Draft, &Some(Ready::UnknownReceiver)));
    assert_eq!(unknown.files, [files[1].name.clone()]);

    let kj_id = node.offices.get(no(CARE)).unwrap().kj_id;
    node.offices.unlock(no(CARE), kj_id.as_str(), PASSWORD).await.unwrap();
    until_state(node, CARE, SendId(to(&answer, VISITS).id), "sent").await;
    let again = program.sent(&files[1..], &[("confirm", "1")]).await;
    assert_eq!(again.sends[0].id, unknown.id, "the same draft");
    until_state(node, CARE, SendId(unknown.id), "sent").await;
    let drafts: Drafts = program.get(&format!("{CARE}/drafts")).await;
    assert!(drafts.drafts.is_empty());
}

/// A month as care software goes through it, by the types of the wire.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_arrives_and_the_receipt_comes_back() {
    let world = World::new().await;
    let program = Program::of(world.node(CARE).await).await;
    let node = &program.served.node;
    let file = deletion(CARE, CARE, 1);
    let draft = program.sent(std::slice::from_ref(&file), &[("message", "見てください")]).await;
    assert_eq!(draft.sends[0].state, SendState::Draft, "nobody said that it is to go");
    assert_eq!(draft.sends[0].ready, Some(Ready::Yes));
    let sent =
        program.sent(std::slice::from_ref(&file), &[("message", "見てください"), ("confirm", "1")]).await;
    assert_eq!(sent.sends[0].id, draft.sends[0].id);
    let id = until_arrived(node, CARE, 1).await[0].id.0;

    let inbox: Inbox = program.get(&format!("{CARE}/inbox?state=unread")).await;
    assert_eq!((inbox.arrivals.len(), inbox.arrivals[0].id, inbox.next), (1, id, None));
    let opened: OpenedArrival = program.get(&format!("{CARE}/inbox/{id}")).await;
    assert_eq!((opened.message.as_str(), opened.arrival.from), ("見てください", no(CARE)));
    assert_eq!(
        (&opened.arrival.files, &opened.arrival.months),
        (&vec![file.name], &vec!["202510".to_owned()])
    );
    let bytes = program.ask(Method::GET, &format!("{CARE}/inbox/{id}/files/0")).await.bytes().await.unwrap();
    assert_eq!(bytes, file.bytes);
    let answer = program.ask(Method::POST, &format!("{CARE}/inbox/{id}/receipt?state=imported")).await;
    let arrival: Arrival = answer.json().await.unwrap();
    assert_eq!(arrival.state.as_str(), "imported");
    // What was imported stays so: the answer tells what is.
    let answer = program.ask(Method::POST, &format!("{CARE}/inbox/{id}/receipt?state=unread")).await;
    assert_eq!(answer.json::<Arrival>().await.unwrap().state.as_str(), "imported");

    until_state(node, CARE, SendId(sent.sends[0].id), "imported").await;
    let told: SendWithReceipts = program.get(&format!("{CARE}/outbox/{}", sent.sends[0].id)).await;
    assert!(told.send.state == SendState::Imported && !told.receipts.is_empty());
    let status: Status = program.get("status").await;
    assert!(status.logged_in && status.offices[0].office == no(CARE));
    let duties: Vec<_> = status.offices[0].duties.iter().map(|duty| duty.duty.as_str()).collect();
    let all = "follow send withdraw fetch import acknowledge progress renew codes";
    assert_eq!(duties.join(" "), all);

    for (path, status, code) in [
        ("inbox/9", StatusCode::NOT_FOUND, ProblemCode::NotFound),
        ("inbox/x", StatusCode::NOT_FOUND, ProblemCode::NotFound),
        (&format!("inbox/{id}/files/1"), StatusCode::NOT_FOUND, ProblemCode::NotFound),
        ("outbox/9", StatusCode::NOT_FOUND, ProblemCode::NotFound),
        // A word that means nothing does not give the whole list.
        ("inbox?state=unred", StatusCode::BAD_REQUEST, ProblemCode::State),
        ("outbox?state=read", StatusCode::BAD_REQUEST, ProblemCode::State),
        ("outbox?before=yesterday", StatusCode::BAD_REQUEST, ProblemCode::Before),
        ("inbox?state=%FF&state=", StatusCode::BAD_REQUEST, ProblemCode::Request),
    ] {
        let (found, told) = problem(program.ask(Method::GET, &format!("{CARE}/{path}")).await).await;
        assert_eq!((found, told.error), (status, code), "{path}");
        assert!(!told.message.is_empty());
    }
    for state in ["", "refused", "done"] {
        let answer = program.ask(Method::POST, &format!("{CARE}/inbox/{id}/receipt?state={state}")).await;
        let (found, told) = problem(answer).await;
        assert_eq!((found, told.error), (StatusCode::BAD_REQUEST, ProblemCode::State), "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_described_call_wants_the_token_and_an_office_that_is_here() {
    let world = World::new().await;
    let program = Program::of(world.node(CARE).await).await;
    let description: Value = program.get("openapi.json").await;
    let mut calls = Vec::new();
    let codes = &description["components"]["schemas"]["ProblemCode"]["enum"];
    let page = include_str!("../../../../docs/local-api.md");
    for code in codes.as_array().unwrap() {
        assert!(page.contains(&format!("`{}`", code.as_str().unwrap())), "docs/local-api.md: {code}");
    }
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for status in ["200", "401", "500", "507"] {
                assert!(operation["responses"][status].is_object(), "{method} {path} {status}");
            }
            assert!(operation["summary"].is_string(), "{method} {path}");
            calls.push((method.to_uppercase().parse::<Method>().unwrap(), path.clone()));
        }
    }
    assert_eq!(calls.len(), routes().iter().filter(|(_, _, who)| *who == Who::Program).count());
    let mut of_an_office = 0;
    for (method, path) in calls {
        assert!(page.contains(&format!("## `{method} {path}`")), "docs/local-api.md does not know {path}");
        let url = |office: &str| {
            let path = path.replace("{office}", office).replace("{id}", "1").replace("{file}", "0");
            format!("{}{path}", program.served.url)
        };
        let ask = async |office: &str, token: Option<&str>| {
            let request = program.served.client.request(method.clone(), url(office));
            let request = token.map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token));
            let (status, told) = problem(request.send().await.unwrap()).await;
            assert!(!told.message.is_empty());
            (status, told.error)
        };
        for office in [CARE, VISITS] {
            for token in [None, Some("wrong"), Some("")] {
                let told = ask(office, token).await;
                assert_eq!(told, (StatusCode::UNAUTHORIZED, ProblemCode::Token), "{method} {path} {token:?}");
            }
        }
        if path.contains("{office}") {
            of_an_office += 1;
            for office in [VISITS, "x", "%FF"] {
                let told = ask(office, Some(&program.token)).await;
                assert_eq!(told, (StatusCode::NOT_FOUND, ProblemCode::Office), "{method} {path} {office}");
            }
        }
    }
    assert_eq!(of_an_office, 8);
}

/// Nothing is answered with a page for people.
#[tokio::test(flavor = "multi_thread")]
async fn where_no_call_is_a_program_is_told_in_its_own_way() {
    let world = World::new().await;
    let program = Program::of(world.node(CARE).await).await;
    for (method, path) in [
        (Method::GET, "nothing".to_owned()),
        (Method::GET, String::new()),
        (Method::GET, format!("{CARE}/nothing")),
        (Method::GET, format!("{CARE}/outbox/1/2/3")),
        (Method::DELETE, format!("{CARE}/inbox")),
        (Method::POST, "status".to_owned()),
    ] {
        let answer = program.ask(method.clone(), &path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        let told: Problem = answer.json().await.unwrap();
        assert!(told.error == ProblemCode::NotFound && told.message.contains("openapi"), "{method} {path}");
        // Without the token nobody is told even that.
        let url = format!("{}/local/{path}", program.served.url);
        let stranger = program.served.client.request(method, url).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(stranger.json::<Problem>().await.unwrap().error, ProblemCode::Token);
    }
    let page =
        program.served.client.get(format!("{}/locals/x/y/z", program.served.url)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("<!doctype html>"), "that is no address of programs");
}
