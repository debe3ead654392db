//! What the API does, over real TLS.

use base64::Engine as _;
use bytes::Bytes;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::{CertificateChain, public_key_of};
use tasuki_identity::key_log::{Alarm, Comparison, KeyLog, Standing};
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::SignedStatement;
use tasuki_protocol::account::{
    Account, ChangePassword, IssuedCertificate, Refresh, Renew, Secret, SessionGrant, Sessions,
};
use tasuki_protocol::directory::{Lookup, Offices, Participation};
use tasuki_protocol::header::SERVICE_CODES;
use tasuki_protocol::key::{KeyLogPage, PublishKey};
use tasuki_protocol::limits::{LOOKUP_OFFICES, PARCEL_BYTES, SERVICE_CODES_BYTES};
use tasuki_protocol::mailbox::Page;
use tasuki_protocol::parcel::{Parcel, ParcelState, ParcelWithReceipts};
use tasuki_protocol::problem::ProblemType;
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_relay::operator;
use tasuki_relay::store::{Accounts as _, KeyOutcome, NewKey, Offices as _, Parcels as _, Store as _};
use tasuki_terms::{Logged, Sha256Digest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::served::{Node, PASSWORD, Served, client, enrolment, good, new_id, problem};
use crate::world::{A, B, C, no};

fn contents(size: usize) -> Bytes {
    (0..size).map(|index| u8::try_from(index % 251).unwrap()).collect::<Vec<_>>().into()
}

async fn inbox(node: &Node) -> Page {
    good(node.get("/v1/inbox").send().await.unwrap(), StatusCode::OK).await
}

async fn send(from: &Node, to: &str, contents: &Bytes) -> Parcel {
    good(from.put(to, new_id(), contents).send().await.unwrap(), StatusCode::CREATED).await
}

#[tokio::test]
async fn a_parcel_goes_from_one_office_to_another() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let sealed = contents(700_000);
    let parcel = send(&a, B, &sealed).await;
    assert_eq!(parcel.state, ParcelState::Accepted);
    assert_eq!(inbox(&b).await.entries[0].parcel, parcel);

    let path = format!("/v1/parcels/{}/content", parcel.id);
    let fetched = b.get(&path).send().await.unwrap();
    assert_eq!(fetched.headers()["content-length"], "700000");
    assert_eq!(fetched.bytes().await.unwrap(), sealed);
    let rest = b.get(&path).header("range", "bytes=600000-").send().await.unwrap();
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.headers()["content-range"], "bytes 600000-699999/700000");
    assert_eq!(rest.bytes().await.unwrap(), sealed[600_000..]);
    let beyond = b.get(&path).header("range", "bytes=700000-").send().await.unwrap();
    assert_eq!(problem(beyond).await, ProblemType::RangeNotSatisfiable);

    let late = a.call(Method::DELETE, &format!("/v1/parcels/{}", parcel.id)).send().await.unwrap();
    assert_eq!(problem(late).await, ProblemType::AlreadyFetched);

    let receipts = format!("/v1/parcels/{}/receipts", parcel.id);
    for (kind, state) in [
        (ReceiptKind::Received, ParcelState::Received),
        (ReceiptKind::Received, ParcelState::Received),
        (ReceiptKind::Imported, ParcelState::Imported),
    ] {
        let receipt = b.receipt(parcel.id, &a, &sealed, kind);
        let answer = b.call(Method::POST, &receipts).json(&receipt).send().await.unwrap();
        assert_eq!(good::<Parcel>(answer, StatusCode::OK).await.state, state);
    }
    assert_eq!(inbox(&b).await.entries, []);
    let seen = a.get(&format!("/v1/parcels/{}", parcel.id)).send().await.unwrap();
    let seen: ParcelWithReceipts = good(seen, StatusCode::OK).await;
    assert_eq!(seen.receipts.len(), 2);
    let trust = served.folder.trust().unwrap();
    for evidence in &seen.receipts {
        let chain = CertificateChain::from_pem(evidence.certificate_pem.as_bytes()).unwrap();
        let signer = trust.verify(&chain, evidence.accepted_at).unwrap();
        assert_eq!(signer.office, no(B));
        let signature = base64::prelude::BASE64_STANDARD.decode(&evidence.signature).unwrap();
        signer.verify_signature(evidence.receipt.signed_text().as_bytes(), &signature).unwrap();
    }
    served.is_sound().await;
}

#[tokio::test]
async fn the_same_parcel_again_is_one_parcel() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let (id, sealed) = (new_id(), contents(200_000));
    let sends = (0..20).map(|_| a.put(B, id, &sealed).send());
    let answers = futures_util::future::join_all(sends).await;
    let mut created = 0;
    for answer in answers {
        let answer = answer.unwrap();
        created += usize::from(answer.status() == StatusCode::CREATED);
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    assert_eq!(created, 1);
    let other = a.put(B, id, &contents(200_001)).send().await.unwrap();
    assert_eq!(problem(other).await, ProblemType::ParcelConflict);
    assert_eq!(inbox(&b).await.entries.len(), 1);
    served.is_sound().await;
}

#[tokio::test]
async fn what_is_not_offered_rightly_is_not_taken() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let sealed = contents(1000);
    let cases: Vec<(&str, reqwest::RequestBuilder, ProblemType)> = vec![
        ("digest", a.put(B, new_id(), &sealed).body(contents(999)), ProblemType::DigestMismatch),
        ("empty", a.put(B, new_id(), &Bytes::new()), ProblemType::LengthRequired),
        ("office", a.put("9999999999", new_id(), &sealed), ProblemType::ReceiverUnknown),
        ("form", a.put("not a number", new_id(), &sealed), ProblemType::InvalidRequest),
        ("id", a.call(Method::PUT, "/v1/parcels/x").body("x"), ProblemType::NotFound),
        (
            "large",
            a.put(B, new_id(), &contents(usize::try_from(PARCEL_BYTES).unwrap() + 1)),
            ProblemType::TooLarge,
        ),
    ];
    for (name, request, expected) in cases {
        assert_eq!(problem(request.send().await.unwrap()).await, expected, "{name}");
    }
    served.register(C).await;
    let answer = a.put(C, new_id(), &sealed).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::ReceiverNotEnrolled);
    b.publish_key(2).await;
    let answer = a.put(B, new_id(), &sealed).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::KeyEpochOutdated);
    assert_eq!(inbox(&b).await.entries, []);
    served.is_sound().await;
}

#[tokio::test]
async fn a_full_mailbox_and_a_suspended_receiver_are_told() {
    let served = Served::start_with(|config| config.mailbox_bytes = 1500).await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let first = send(&a, B, &contents(1000)).await;
    let full = a.put(B, new_id(), &contents(501)).send().await.unwrap();
    assert!(full.headers().contains_key("retry-after"));
    assert_eq!(problem(full).await, ProblemType::MailboxFull);
    send(&a, B, &contents(500)).await;
    let withdraw = a.call(Method::DELETE, &format!("/v1/parcels/{}", first.id)).send().await.unwrap();
    assert_eq!(withdraw.status(), StatusCode::NO_CONTENT);
    send(&a, B, &contents(1000)).await;
    let by = tasuki_relay::operator::by_operator(jiff::Timestamp::now());
    served.store.set_suspended(no(B), true, by).await.unwrap();
    let answer = a.put(B, new_id(), &contents(1)).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::ReceiverSuspended);
    assert_eq!(problem(b.get("/v1/inbox").send().await.unwrap()).await, ProblemType::OfficeSuspended);
    served.is_sound().await;
}

#[tokio::test]
async fn an_office_has_only_so_much_waiting_at_others() {
    let served = Served::start_with(|config| config.outstanding_parcels = 2).await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let _c = served.node(C).await;
    let first = send(&a, B, &contents(10)).await;
    send(&a, C, &contents(10)).await;
    let more = || a.put(B, new_id(), &contents(10)).send();
    let refused = more().await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "3600");
    assert_eq!(problem(refused).await, ProblemType::OutstandingFull);
    send(&b, C, &contents(10)).await;
    let account: Account = good(a.get("/v1/account").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((account.outstanding_parcels, account.outstanding_bytes), (2, 20));
    let receipt = b.receipt(first.id, &a, &contents(10), ReceiptKind::Received);
    let path = format!("/v1/parcels/{}/receipts", first.id);
    assert_eq!(b.call(Method::POST, &path).json(&receipt).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(more().await.unwrap().status(), StatusCode::CREATED);
}

#[tokio::test]
async fn an_office_has_several_nodes() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let valid = SignedDuration::from_hours(1);
    let now = jiff::Timestamp::now();
    let again = tasuki_relay::operator::renew_credentials(&*served.store, no(B), false, valid, now).await;
    let mut second = Node::enrol(&served, &again.unwrap()).await;
    second.log_in(PASSWORD).await;
    assert_eq!(b.get("/v1/account").send().await.unwrap().status(), StatusCode::OK, "the first goes on");
    let sealed = contents(1000);
    let parcel = send(&a, B, &sealed).await;
    for node in [&b, &second] {
        let fetched = node.get(&format!("/v1/parcels/{}/content", parcel.id)).send().await.unwrap();
        assert_eq!(fetched.bytes().await.unwrap(), sealed);
    }
    let receipt = second.receipt(parcel.id, &a, &sealed, ReceiptKind::Received);
    let path = format!("/v1/parcels/{}/receipts", parcel.id);
    let answer = second.call(Method::POST, &path).json(&receipt).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(inbox(&b).await.entries, [], "it is handed to the office once");
}

#[tokio::test]
async fn a_clock_that_jumps_changes_no_order() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let mut sent = Vec::new();
    for minutes in [0, 50, -50, 20] {
        served.set_clock(SignedDuration::from_mins(minutes));
        sent.push(send(&a, B, &contents(10)).await.id);
    }
    let listed: Vec<_> = inbox(&b).await.entries.iter().map(|entry| entry.parcel.id).collect();
    assert_eq!(listed, sent);
    served.is_sound().await;
}

#[tokio::test]
async fn the_largest_parcel_fits() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let sealed = contents(usize::try_from(PARCEL_BYTES).unwrap());
    let parcel = send(&a, B, &sealed).await;
    let fetched = b.get(&format!("/v1/parcels/{}/content", parcel.id)).send().await.unwrap();
    assert_eq!(fetched.bytes().await.unwrap(), sealed);
}

#[tokio::test]
async fn receipts_must_be_true_and_signed_by_who_says_so() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let sealed = contents(1000);
    let parcel = send(&a, B, &sealed).await;
    let path = format!("/v1/parcels/{}/receipts", parcel.id);
    let good_one = b.receipt(parcel.id, &a, &sealed, ReceiptKind::Received);
    let mut forged = b.receipt(parcel.id, &a, &sealed, ReceiptKind::Received);
    forged.signature = a.receipt(parcel.id, &a, &sealed, ReceiptKind::Received).signature;
    let other_digest = b.receipt(parcel.id, &a, &contents(999), ReceiptKind::Received);
    let other_id = b.receipt(new_id(), &a, &sealed, ReceiptKind::Received);
    for wrong in [forged, other_digest, other_id] {
        let answer = b.call(Method::POST, &path).json(&wrong).send().await.unwrap();
        assert_eq!(problem(answer).await, ProblemType::ReceiptRejected);
    }
    let early = b.receipt(parcel.id, &a, &sealed, ReceiptKind::Imported);
    let answer = b.call(Method::POST, &path).json(&early).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::ReceiptConflict);
    let answer = b.call(Method::POST, &path).json(&good_one).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_receipt_is_signed_in_the_name_of_its_office_only() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let parcel = send(&b, A, &contents(10)).await;
    // A certificate that names B is registered for A by mistake.
    let key = SigningKey::generate().unwrap();
    let now = jiff::Timestamp::now();
    let issuing = served.folder.issuing().unwrap();
    let chain = issuing.issue_office(&key.request(no(B)).unwrap(), no(B), now).unwrap();
    let pem = chain.to_pem();
    tasuki_relay::operator::register_foreign_certificate(&*served.store, no(A), pem.as_bytes(), now)
        .await
        .unwrap();
    let mut mixed = Node { client: client(&served.folder, Some((&chain, &key))), chain, key, ..a };
    mixed.log_in(PASSWORD).await;
    let receipt = mixed.receipt(parcel.id, &b, &contents(10), ReceiptKind::Received);
    let path = format!("/v1/parcels/{}/receipts", parcel.id);
    let answer = mixed.call(Method::POST, &path).json(&receipt).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::ReceiptRejected);
}

#[tokio::test]
async fn one_node_without_the_key_refuses_nothing_for_its_office() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let sealed = contents(1000);
    let parcel = send(&a, B, &sealed).await;
    let path = format!("/v1/parcels/{}/receipts", parcel.id);
    let post = async |kind, reason| {
        let receipt = b.receipt_because(parcel.id, &a, &sealed, kind, reason);
        b.call(Method::POST, &path).json(&receipt).send().await.unwrap()
    };
    let no_key = post(ReceiptKind::Refused, Some(RefusalReason::Key)).await;
    assert_eq!(problem(no_key).await, ProblemType::ReceiptRejected);
    let odd = post(ReceiptKind::Received, Some(RefusalReason::Damaged)).await;
    assert_eq!(problem(odd).await, ProblemType::ReceiptRejected);
    assert_eq!(inbox(&b).await.entries[0].parcel, parcel, "it waits for a node that can open it");

    // A reason that was not signed is not believed.
    let mut changed = b.receipt(parcel.id, &a, &sealed, ReceiptKind::Refused);
    changed.receipt.reason = Some(RefusalReason::Sender);
    let answer = b.call(Method::POST, &path).json(&changed).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::ReceiptRejected);
    let refused = post(ReceiptKind::Refused, Some(RefusalReason::Damaged)).await;
    assert_eq!(good::<Parcel>(refused, StatusCode::OK).await.state, ParcelState::Refused);
    let seen = a.get(&format!("/v1/parcels/{}", parcel.id)).send().await.unwrap();
    let seen: ParcelWithReceipts = good(seen, StatusCode::OK).await;
    assert_eq!(seen.receipts[0].receipt.reason, Some(RefusalReason::Damaged));
    served.is_sound().await;
}

#[tokio::test]
async fn a_parcel_is_taken_back_before_it_is_fetched() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let parcel = send(&a, B, &contents(10)).await;
    let path = format!("/v1/parcels/{}", parcel.id);
    for _ in 0..2 {
        assert_eq!(a.call(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(problem(b.get(&path).send().await.unwrap()).await, ProblemType::NotFound);
    assert_eq!(problem(b.get(&format!("{path}/content")).send().await.unwrap()).await, ProblemType::NotFound);
    assert_eq!(inbox(&b).await.entries, []);
    let sent: Page = good(a.get("/v1/sent").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(sent.entries[0].parcel.state, ParcelState::Withdrawn);
    served.is_sound().await;
}

#[tokio::test]
async fn a_node_gets_back_what_it_has_acknowledged() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let sealed = contents(1000);
    let parcel = send(&a, B, &sealed).await;
    let waiting = send(&a, B, &contents(7)).await;
    let receipt = b.receipt(parcel.id, &a, &sealed, ReceiptKind::Received);
    let path = format!("/v1/parcels/{}/receipts", parcel.id);
    b.call(Method::POST, &path).json(&receipt).send().await.unwrap();

    let kept: Page =
        good(b.get("/v1/inbox/kept?after=0&limit=1").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((kept.entries.len(), kept.more, kept.life), (1, false, served.store.life()));
    let found = &kept.entries[0].parcel;
    assert_eq!((found.id, found.state), (parcel.id, ParcelState::Received));
    let fetched = b.get(&format!("/v1/parcels/{}/content", found.id)).send().await.unwrap();
    assert_eq!(fetched.bytes().await.unwrap(), sealed);
    assert_eq!(inbox(&b).await.entries[0].parcel.id, waiting.id);
    let wrong = b.get("/v1/inbox/kept?limit=0").send().await.unwrap();
    assert_eq!(problem(wrong).await, ProblemType::InvalidRequest);
    served.is_sound().await;
}

#[tokio::test]
async fn what_is_taken_back_while_it_is_on_its_way_is_not_delivered() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let withdraw = async |id| {
        let answer = a.call(Method::DELETE, &format!("/v1/parcels/{id}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    };
    // The line holds the parcel back until a person has taken it back.
    let (id, sealed) = (new_id(), contents(1000));
    withdraw(id).await;
    assert_eq!(problem(a.put(B, id, &sealed).send().await.unwrap()).await, ProblemType::ParcelWithdrawn);
    // Half of the parcel is there already.
    let (id, (mut sender, body)) = (new_id(), tokio::io::duplex(64));
    let body = futures_util::stream::unfold(body, async |mut body| {
        let mut piece = vec![0; 500];
        let read = body.read(&mut piece).await.unwrap();
        piece.truncate(read);
        (read > 0).then_some((Ok::<_, std::io::Error>(piece), body))
    });
    let request = a.put(B, id, &sealed).header("content-length", "1000");
    let request = request.body(reqwest::Body::wrap_stream(Box::pin(body)));
    let upload = tokio::spawn(request.send());
    sender.write_all(&sealed[..500]).await.unwrap();
    withdraw(id).await;
    sender.write_all(&sealed[500..]).await.unwrap();
    drop(sender);
    assert_eq!(problem(upload.await.unwrap().unwrap()).await, ProblemType::ParcelWithdrawn);
    // All at once.
    for _ in 0..20 {
        let id = new_id();
        let (accepted, ()) = tokio::join!(a.put(B, id, &sealed).send(), withdraw(id));
        let status = accepted.unwrap().status();
        assert!(matches!(status, StatusCode::CREATED | StatusCode::GONE), "{status}");
    }
    assert_eq!(inbox(&b).await.entries, []);
    served.is_sound().await;
}

/// Reads a stream until a text occurs in it.
async fn read_until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let piece = tokio::time::timeout(std::time::Duration::from_secs(10), stream.chunk()).await;
        let piece = piece.unwrap_or_else(|_| panic!("no {text} in {read}")).unwrap();
        read.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
    }
    read
}

#[tokio::test]
async fn arrivals_are_told_at_once_and_again_after_a_break() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let mut stream = b.get("/v1/events").send().await.unwrap();
    read_until(&mut stream, ": tasuki").await;
    let first = send(&a, B, &contents(10)).await;
    let told = read_until(&mut stream, &first.id.to_string()).await;
    assert!(told.contains("event: change") && told.contains("\"side\":\"inbox\""), "{told}");
    drop(stream);
    let second = send(&a, B, &contents(11)).await;
    let mut resumed = b.get("/v1/events").header("last-event-id", "0").send().await.unwrap();
    let told = read_until(&mut resumed, &second.id.to_string()).await;
    assert!(told.contains(&first.id.to_string()));
    let mut ahead = b.get("/v1/events?after=1000").send().await.unwrap();
    read_until(&mut ahead, "event: reset").await;
}

#[tokio::test]
async fn a_busy_stream_ends_when_its_certificate_is_revoked() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let mut stream = b.get("/v1/events").send().await.unwrap();
    read_until(&mut stream, ": tasuki").await;
    let fingerprint = served.store.certificates(no(B)).await.unwrap()[0].fingerprint.parse().unwrap();
    let by = tasuki_relay::operator::by_operator(jiff::Timestamp::now());
    assert!(served.store.revoke_certificate(no(B), fingerprint, None, by).await.unwrap());
    // There is always something to tell: the stream is never quiet.
    let busy = async {
        loop {
            send(&a, B, &contents(10)).await;
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    };
    let ended = async { while stream.chunk().await.unwrap().is_some() {} };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(40), ended);
    tokio::select! {
        () = busy => {}
        ended = ended => ended.unwrap(),
    }
}

#[tokio::test]
async fn the_life_of_the_relay_is_told_wherever_a_node_may_come_first() {
    let served = Served::start().await;
    let b = served.node(B).await;
    let life = served.store.life();
    let session = b.session.clone().unwrap();
    assert_eq!(session.life, life);
    let refresh = Refresh { refresh_token: session.refresh_token };
    let answer = b.call(Method::POST, "/v1/sessions/refresh").json(&refresh).send().await.unwrap();
    let refreshed: SessionGrant = good(answer, StatusCode::OK).await;
    assert_eq!(refreshed.life, life);
    let mut b = b;
    b.session = Some(refreshed);
    for path in ["/v1/inbox", "/v1/sent"] {
        let page: Page = good(b.get(path).send().await.unwrap(), StatusCode::OK).await;
        assert_eq!(page.life, life, "{path}");
    }
    let mut stream = b.get("/v1/events?after=0").send().await.unwrap();
    read_until(&mut stream, &format!("event: life\ndata: {life}\n\n")).await;
}

#[tokio::test]
async fn a_stopping_relay_ends_streams_and_answers_what_is_open() {
    let mut served = Served::start().await;
    let b = served.node(B).await;
    let mut stream = b.get("/v1/events").send().await.unwrap();
    read_until(&mut stream, &format!("{}\n\n", served.store.life())).await;
    served.stop().await;
    assert_eq!(stream.chunk().await.unwrap(), None, "the stream ended in order");
    assert!(b.get("/v1/account").send().await.is_err());
}

#[tokio::test]
async fn an_office_has_only_so_many_streams_and_requests() {
    let served = Served::start_with(|config| {
        config.event_streams = 2;
        config.requests_per_minute = 40;
    })
    .await;
    let a = served.node(A).await;
    let streams = [a.get("/v1/events").send().await.unwrap(), a.get("/v1/events").send().await.unwrap()];
    assert_eq!(problem(a.get("/v1/events").send().await.unwrap()).await, ProblemType::RateLimited);
    drop(streams);
    let mut refused = None;
    for _ in 0..60 {
        let answer = a.get("/v1/account").send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(problem(refused).await, ProblemType::RateLimited);
}

#[tokio::test]
async fn the_directory_is_searched_and_kept_by_the_caller() {
    let served = Served::start().await;
    let a = served.node(A).await;
    served.register(C).await;
    let answer = a.get("/v1/offices?q=みほん&prefecture=1").send().await.unwrap();
    let tag = answer.headers()["etag"].clone();
    let found: Offices = good(answer, StatusCode::OK).await;
    assert_eq!(found.offices.len(), 1);
    assert_eq!(found.offices[0].participation, Participation::Registered);
    let again = a.get("/v1/offices?q=みほん&prefecture=1").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    for (query, field) in [("prefecture=48", "prefecture"), ("service=x", "service"), ("what=1", "what")] {
        let answer = a.get(&format!("/v1/offices?{query}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text().await.unwrap().contains(field), "{query}");
    }
    let lookup = Lookup { numbers: vec![no(A), no(C), no(B)] };
    let answer = a.call(Method::POST, "/v1/offices/lookup").json(&lookup).send().await.unwrap();
    assert_eq!(good::<Offices>(answer, StatusCode::OK).await.offices.len(), 2);
    let many = Lookup { numbers: vec![no(A); LOOKUP_OFFICES + 1] };
    let answer = a.call(Method::POST, "/v1/offices/lookup").json(&many).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::InvalidRequest);
    let unknown = a.get("/v1/offices/9999999999").send().await.unwrap();
    assert_eq!(problem(unknown).await, ProblemType::NotFound);
}

#[tokio::test]
async fn the_table_of_service_codes_is_handed_out_once_for_each_version() {
    let served = Served::start().await;
    let a = served.node(A).await;
    let get = async |known: Option<String>| {
        let request = a.get("/v1/service-codes");
        known
            .into_iter()
            .fold(request, |request, known| request.header("if-none-match", known))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(problem(get(None).await).await, ProblemType::NotFound);

    operator::load_codes(&served.folder, b"first").unwrap();
    let first = get(None).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["content-type"], SERVICE_CODES);
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", Sha256Digest(Sha256::digest(b"first").into())));
    assert_eq!(first.bytes().await.unwrap(), "first");
    let again = get(Some(tag.clone())).await;
    assert_eq!((again.status(), again.content_length()), (StatusCode::NOT_MODIFIED, Some(0)));

    let too_large = vec![b'x'; usize::try_from(SERVICE_CODES_BYTES).unwrap() + 1];
    assert!(operator::load_codes(&served.folder, &too_large).is_err());
    assert_eq!(get(Some(tag.clone())).await.status(), StatusCode::NOT_MODIFIED, "the one before stays");
    operator::load_codes(&served.folder, b"other").unwrap();
    assert_eq!(
        get(Some(tag)).await.bytes().await.unwrap(),
        "other",
        "of the same size, and while the relay serves"
    );
}

#[tokio::test]
async fn keys_are_believed_only_when_the_office_signed_them() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let nothing = PublishKey { statement: "nothing".into() };
    let first = a.published().await;
    let torn = Some(Sha256Digest([7; 32]));
    for wrong in [
        b.statement(2, b.published().await),
        nothing,
        a.statement(1, None),
        a.statement(3, first),
        a.statement(u32::MAX, first),
        a.statement(2, torn),
    ] {
        let answer = a.call(Method::PUT, "/v1/keys/current").json(&wrong).send().await.unwrap();
        assert_eq!(problem(answer).await, ProblemType::KeyStatementRejected);
    }
    a.publish_key(2).await;
    let log: KeyLogPage = good(b.get("/v1/keys/log?limit=2").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((log.entries.len(), log.more, log.next_after, log.head.head.seq), (2, true, 2, 2));
}

/// What a node does to follow the log.
async fn follow(
    served: &Served,
    node: &Node,
    log: &mut KeyLog,
    is_own: impl Fn(&Logged) -> bool,
) -> Vec<Alarm> {
    let trust = served.folder.trust().unwrap();
    let mut alarms = Vec::new();
    loop {
        let url = format!("/v1/keys/log?limit=3&after={}", log.head().seq);
        let page: KeyLogPage = good(node.get(&url).send().await.unwrap(), StatusCode::OK).await;
        alarms
            .extend(log.extend(&page.entries, &page.head, &trust, jiff::Timestamp::now(), &is_own).unwrap());
        if !page.more {
            return alarms;
        }
    }
}

#[tokio::test]
async fn who_follows_the_log_sees_that_the_operator_puts_a_key_in_an_offices_place() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let (mut of_a, mut of_b) = (KeyLog::new(no(A)), KeyLog::new(no(B)));
    a.publish_key(2).await;
    let all = |_: &Logged| true;
    assert_eq!(follow(&served, &b, &mut of_b, all).await, []);
    assert_eq!(follow(&served, &a, &mut of_a, all).await, []);
    assert_eq!((of_a.head(), of_a.compare(of_b.head())), (of_b.head(), Ok(Comparison::Agrees)));

    // The operator has the authority and the store: everything but the key of the office.
    let now = jiff::Timestamp::now();
    let forger = SigningKey::generate().unwrap();
    let chain =
        served.folder.issuing().unwrap().issue_office(&forger.request(no(A)).unwrap(), no(A), now).unwrap();
    let mut mallory = served.node(C).await;
    (mallory.office, mallory.key, mallory.chain) = (no(A), forger, chain);
    let PublishKey { statement } = mallory.statement(3, a.published().await);
    let signed: SignedStatement = serde_json::from_str(&statement).unwrap();
    let said = signed.verify(&served.folder.trust().unwrap(), now).unwrap();
    let key = NewKey { office: no(A), epoch: 3, said: said.digest(), before: said.before, statement };
    assert_eq!(
        served.store.publish_key(key, operator::by_operator(now)).await.unwrap(),
        KeyOutcome::Published
    );

    let alarms = follow(&served, &b, &mut of_b, all).await;
    assert!(alarms.contains(&Alarm::NotCosigned(no(A))), "{alarms:?}");
    assert_eq!(of_b.standing(&said), Standing::Unconfirmed);
    let alarms = follow(&served, &a, &mut of_a, |_| false).await;
    assert!(alarms.contains(&Alarm::ForeignEntryForOwnOffice { seq: of_b.head().seq }), "{alarms:?}");
}

#[tokio::test]
async fn an_account_looks_after_itself() {
    let served = Served::start().await;
    let mut a = served.node(A).await;
    let account: Account = good(a.get("/v1/account").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((account.office, account.certificates.len()), (no(A), 1));

    // Another token for the same session.
    let session = a.session.clone().unwrap();
    let refresh = Refresh { refresh_token: session.refresh_token };
    let answer = a.call(Method::POST, "/v1/sessions/refresh").json(&refresh).send().await.unwrap();
    a.session = Some(good::<SessionGrant>(answer, StatusCode::OK).await);
    let sessions: Sessions = good(a.get("/v1/sessions").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(sessions.sessions.iter().filter(|session| session.current).count(), 1);

    // A new certificate before the old one ends; then the old one is given up.
    let key = SigningKey::generate().unwrap();
    let renew = Renew { request_pem: key.request(no(A)).unwrap().0 };
    let answer = a.call(Method::POST, "/v1/account/certificates").json(&renew).send().await.unwrap();
    let issued: IssuedCertificate = good(answer, StatusCode::CREATED).await;
    let chain = CertificateChain::from_pem((issued.certificate_pem + &issued.chain_pem).as_bytes()).unwrap();
    let old = format!("/v1/account/certificates/{}", account.certificates[0].fingerprint);
    a.client = client(&served.folder, Some((&chain, &key)));
    a.log_in(PASSWORD).await;
    assert_eq!(a.call(Method::DELETE, &old).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let list = served.stranger().get(served.url("/v1/revocation-list")).send().await.unwrap();
    let mut trust = served.folder.trust().unwrap();
    trust.add_revocation_list(&list.bytes().await.unwrap()).unwrap();
    assert!(trust.verify(&a.chain, jiff::Timestamp::now()).is_err(), "the old one is on the list");
    assert!(trust.verify(&chain, jiff::Timestamp::now()).is_ok());

    for bad in ["short", "password1234", PASSWORD] {
        let change = ChangePassword { current: Secret::new(PASSWORD), new: Secret::new(bad) };
        let answer = a.call(Method::PUT, "/v1/account/password").json(&change).send().await.unwrap();
        assert_eq!(problem(answer).await, ProblemType::PasswordRejected, "{bad}");
    }
}

#[tokio::test]
async fn an_office_takes_a_stolen_node_out_of_use_with_all_it_has_renewed() {
    let served = Served::start().await;
    let stolen = served.node(A).await;
    let credentials = tasuki_relay::operator::renew_credentials(
        &*served.store,
        no(A),
        false,
        day(),
        jiff::Timestamp::now(),
    );
    let other = Node::enrol(&served, &credentials.await.unwrap()).await;
    let other = crate::slow::client_over(&served, &other, served.address.port()).await;
    let thief = crate::slow::client_over(&served, &stolen, served.address.port()).await;
    let key = SigningKey::generate().unwrap();
    let issued = thief.renew(&Renew { request_pem: key.request(no(A)).unwrap().0 }).await.unwrap();
    let chain = CertificateChain::from_pem((issued.certificate_pem + &issued.chain_pem).as_bytes()).unwrap();
    let thief = Node { client: client(&served.folder, Some((&chain, &key))), chain, key, ..stolen };

    let certificates = other.account().await.unwrap().certificates;
    assert_eq!(certificates.len(), 3);
    let renewed = certificates.iter().find(|certificate| certificate.parent.is_some()).unwrap();
    let first = renewed.parent.as_ref().unwrap();
    assert!(certificates.iter().any(|certificate| certificate.fingerprint == *first));
    other.revoke(first.parse().unwrap()).await.unwrap();
    assert_eq!(problem(thief.try_log_in(PASSWORD).await).await, ProblemType::CertificateRevoked);
    let valid =
        other.account().await.unwrap().certificates.into_iter().filter(|one| one.revoked_at.is_none());
    assert_eq!(valid.count(), 1);
}

fn day() -> SignedDuration {
    SignedDuration::from_hours(24)
}

#[tokio::test]
async fn an_enrolment_password_works_for_one_node_and_tells_nothing() {
    let served = Served::start().await;
    let credentials = served.register(A).await;
    let key = SigningKey::generate().unwrap();
    let right = enrolment(&credentials, &key);
    let mut wrong_password = right.clone();
    wrong_password.enrolment_password = Secret::new("wrong");
    let mut wrong_office = right.clone();
    wrong_office.office = no(B);
    let mut no_request = right.clone();
    no_request.request_pem = "nothing".into();
    let post = |enrol: &tasuki_protocol::account::Enrol| {
        served.stranger().post(served.url("/v1/enrolments")).json(enrol).send()
    };
    assert_eq!(problem(post(&wrong_password).await.unwrap()).await, ProblemType::EnrolmentRefused);
    assert_eq!(problem(post(&wrong_office).await.unwrap()).await, ProblemType::EnrolmentRefused);
    assert_eq!(problem(post(&no_request).await.unwrap()).await, ProblemType::RequestRejected);
    let first: IssuedCertificate = good(post(&right).await.unwrap(), StatusCode::CREATED).await;
    // The answer got lost: the same node asks again, with a request that it makes anew for its key.
    let again = enrolment(&credentials, &key);
    let second: IssuedCertificate = good(post(&again).await.unwrap(), StatusCode::CREATED).await;
    assert_eq!(second, first);
    let chain = CertificateChain::from_pem((second.certificate_pem + &second.chain_pem).as_bytes()).unwrap();
    let certified = chain.certificates().next().and_then(public_key_of);
    assert_eq!(certified, Some(key.public_key()));
    let node = client(&served.folder, Some((&chain, &key)));
    assert_eq!(node.get(served.url("/v1/limits")).send().await.unwrap().status(), StatusCode::OK);
    let other_node = enrolment(&credentials, &SigningKey::generate().unwrap());
    assert_eq!(problem(post(&other_node).await.unwrap()).await, ProblemType::EnrolmentRefused);
    served.set_clock(SignedDuration::from_hours(25));
    assert_eq!(problem(post(&right).await.unwrap()).await, ProblemType::EnrolmentRefused);
}

#[tokio::test]
async fn bodies_and_parameters_say_what_is_wrong() {
    let served = Served::start().await;
    let a = served.node(A).await;
    let post = |body: serde_json::Value| a.call(Method::POST, "/v1/offices/lookup").json(&body).send();
    let answer = post(json!({ "numbers": [A, "1"] })).await.unwrap();
    assert!(answer.text().await.unwrap().contains("numbers[1]"));
    let text = a.call(Method::POST, "/v1/offices/lookup").body("x").send().await.unwrap();
    assert_eq!(problem(text).await, ProblemType::UnsupportedMediaType);
    let long = a
        .call(Method::POST, "/v1/offices/lookup")
        .header("content-type", "application/json")
        .body(vec![b' '; 70_000])
        .send()
        .await
        .unwrap();
    assert_eq!(problem(long).await, ProblemType::TooLarge);
    let answer = a.get("/v1/inbox?limit=0").send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::InvalidRequest);
    let answer = a.call(Method::PATCH, "/v1/account").send().await.unwrap();
    assert!(answer.headers().contains_key("allow"));
    assert_eq!(problem(answer).await, ProblemType::MethodNotAllowed);
    assert_eq!(problem(a.get("/v1/nothing").send().await.unwrap()).await, ProblemType::NotFound);
}

#[tokio::test]
async fn large_answers_are_compressed_and_every_answer_has_a_number() {
    let served = Served::start().await;
    let a = served.node(A).await;
    for number in 0..30 {
        send(&a, A, &contents(number + 1)).await;
    }
    let answer = a.get("/v1/inbox").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(answer.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn parcels_expire_and_the_operator_sees_numbers() {
    let served = Served::start().await;
    let (a, _b) = (served.node(A).await, served.node(B).await);
    let parcel = send(&a, B, &contents(10)).await;
    let metrics = |served: &Served| format!("http://{}/metrics", served.operator);
    let text = reqwest::get(metrics(&served)).await.unwrap().text().await.unwrap();
    assert!(text.contains("tasuki_relay_waiting_parcels 1\n"), "{text}");
    assert!(text.contains("route=\"/v1/parcels/{id}\""), "{text}");
    assert!(!text.contains(&parcel.id.to_string()));
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    for day in [83, 91] {
        let by = tasuki_relay::operator::by_operator(jiff::Timestamp::now() + days(day));
        served.store.tend(days(7), 10, by).await.unwrap();
    }
    let sent: Page = good(a.get("/v1/sent").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(sent.entries[0].parcel.state, ParcelState::Expired);
}

#[tokio::test]
async fn a_relay_without_room_says_so() {
    let served = Served::start_with(|config| config.reserve_bytes = u64::MAX / 2).await;
    let (a, _b) = (served.node(A).await, served.node(B).await);
    let answer = a.put(B, new_id(), &contents(10)).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::StorageFull);
    let large = a.put(B, new_id(), &contents(1_000_000)).send().await.unwrap();
    assert_eq!(problem(large).await, ProblemType::StorageFull);
    let ask = |path: &str| reqwest::get(format!("http://{}{path}", served.operator));
    let ready = ask("/ready").await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text().await.unwrap().contains("ディスク"));
    let numbers = ask("/metrics").await.unwrap().text().await.unwrap();
    for line in ["tasuki_relay_disk_at_reserve 1", "tasuki_relay_healthy 0"] {
        assert!(numbers.contains(line), "{numbers}");
    }
    assert_eq!(a.get("/v1/inbox").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn invented_methods_are_one_number_in_the_metrics() {
    let served = Served::start().await;
    let stranger = served.stranger();
    for number in 0..50 {
        let method = Method::from_bytes(format!("INVENTED{number}").as_bytes()).unwrap();
        let answer = stranger.request(method, served.url("/v1/account")).send().await.unwrap();
        assert_eq!(problem(answer).await, ProblemType::MethodNotAllowed);
    }
    stranger.get(served.url("/health")).send().await.unwrap();
    let text =
        reqwest::get(format!("http://{}/metrics", served.operator)).await.unwrap().text().await.unwrap();
    assert!(!text.contains("INVENTED"), "{text}");
    assert!(text.contains("method=\"OTHER\",route=\"/v1/account\",status=\"405\"} 50"), "{text}");
    assert!(text.contains("method=\"GET\",route=\"/health\",status=\"200\"}"), "{text}");
}

#[tokio::test]
async fn a_relay_that_starts_with_a_wrong_clock_expires_nothing() {
    let mut served = Served::start().await;
    let (a, _b) = (served.node(A).await, served.node(B).await);
    let parcel = send(&a, B, &contents(10)).await;
    let metrics = async |served: &Served| {
        reqwest::get(format!("http://{}/metrics", served.operator)).await.unwrap().text().await.unwrap()
    };
    assert!(metrics(&served).await.contains("tasuki_relay_clock_leapt 0\n"));
    let future = SignedDuration::from_hours(24 * 100);
    served.restart(future).await;
    while !metrics(&served).await.contains("tasuki_relay_clock_leapt 1\n") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let found =
        async |served: &Served| served.store.sent_parcel(no(A), parcel.id).await.unwrap().unwrap().parcel;
    assert_eq!(found(&served).await, parcel);

    // The operator has looked at the clock: it is right. Even so both sides are told before.
    let by = tasuki_relay::operator::by_operator(jiff::Timestamp::now() + future);
    served.store.confirm_time(by).await.unwrap();
    served.restart(future).await;
    while !found(&served).await.expires_soon {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(found(&served).await.state, ParcelState::Accepted);
}

/// Speaks TLS 1.3 with the relay, byte by byte.
async fn raw(served: &Served) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(served.folder.root_certificate().unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap()
}

#[tokio::test]
async fn a_head_that_never_ends_and_one_that_is_too_large_are_cut_off() {
    let served = Served::start().await;
    let mut slow = raw(&served).await;
    slow.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let mut large = raw(&served).await;
    let field = format!("GET /health HTTP/1.1\r\nhost: x\r\nx-large: {}", "x".repeat(100_000));
    // The relay stops reading somewhere in between.
    drop(large.write_all(field.as_bytes()).await);
    let mut answer = Vec::new();
    drop(large.read_to_end(&mut answer).await);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    let mut answer = Vec::new();
    let cut = tokio::time::timeout(std::time::Duration::from_secs(30), slow.read_to_end(&mut answer)).await;
    assert!(cut.is_ok(), "the slow head was waited for");
}

#[tokio::test]
async fn only_tls_1_3_is_spoken() {
    let served = Served::start().await;
    let port = served.address.port().to_string();
    let old = tokio::process::Command::new("openssl")
        .args(["s_client", "-tls1_2", "-connect", &format!("127.0.0.1:{port}")])
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&old.stderr).contains("alert protocol version"));
}
