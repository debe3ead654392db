//! Parcels on their way in: whoever is slow, stops or lies holds up nobody else.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use reqwest::{Body, Response, StatusCode};
use tasuki_protocol::header::{UPLOAD_LENGTH, UPLOAD_OFFSET};
use tasuki_protocol::parcel::Arrived;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::ParcelId;
use tokio::task::JoinHandle;

use crate::served::{Node, Served, good, new_id, problem};
use crate::world::{A, B, C};

/// A body that says its length and stops after some bytes of it.
fn stopping_after(contents: &Bytes, sent: usize) -> Body {
    let first = Ok::<_, Infallible>(contents.slice(..sent));
    Body::wrap_stream(stream::iter([first]).chain(stream::pending()))
}

fn large() -> Bytes {
    (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// Begins to hand a parcel in and goes no further.
fn begin(node: &Node, id: ParcelId, contents: &Bytes, sent: usize) -> JoinHandle<reqwest::Result<Response>> {
    let request = node.put(B, id, contents).header("content-length", contents.len());
    tokio::spawn(request.body(stopping_after(contents, sent)).send())
}

async fn arrived(node: &Node, id: ParcelId, contents: &Bytes) -> Response {
    let request = node.get(&format!("/v1/parcels/{id}/upload"));
    node.heads_of(request, B, contents).header(UPLOAD_LENGTH, contents.len()).send().await.unwrap()
}

async fn offset(node: &Node, id: ParcelId, contents: &Bytes) -> u64 {
    good::<Arrived>(arrived(node, id, contents).await, StatusCode::OK).await.offset
}

/// Until so much of a parcel has arrived.
async fn wait_for(node: &Node, id: ParcelId, contents: &Bytes, least: u64) -> u64 {
    loop {
        let offset = offset(node, id, contents).await;
        if offset >= least {
            return offset;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn half_open_uploads_of_one_office_stop_nobody_else() {
    let served = Served::start_with(|config| config.uploads = 16).await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let _c = served.node(C).await;
    let contents = large();
    let mut held: Vec<_> = (0..24).map(|_| begin(&a, new_id(), &contents, 1)).collect();
    // All but two are refused at once, with a time to come back.
    let mut refused = 0;
    while refused < 22 {
        let (answer, _, rest) = futures_util::future::select_all(held).await;
        let answer = answer.unwrap().unwrap();
        assert_eq!(answer.headers()["retry-after"], "1");
        assert_eq!(problem(answer).await, ProblemType::Unavailable);
        (held, refused) = (rest, refused + 1);
    }
    let small = Bytes::from_static(b"sealed");
    for contents in [&small, &contents] {
        let answer = b.put(C, new_id(), contents).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
    held.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn a_sender_that_is_back_goes_on_where_it_was_cut() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let (id, contents) = (new_id(), large());
    assert_eq!(offset(&a, id, &contents).await, 0);
    // The relay has not noticed that this line is gone.
    let hanging = begin(&a, id, &contents, 2_000_000);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let offset = wait_for(&a, id, &contents, 1).await;
    assert!(offset <= 2_000_000);
    assert_eq!(problem(hanging.await.unwrap().unwrap()).await, ProblemType::TooSlow);
    let rest = |from: u64| {
        let from_there = contents.slice(usize::try_from(from).unwrap()..);
        a.put(B, id, &contents).header(UPLOAD_OFFSET, from).body(from_there)
    };
    for wrong in [offset - 1, offset + 1] {
        assert_eq!(problem(rest(wrong).send().await.unwrap()).await, ProblemType::UploadOffset);
    }
    // The whole is there in no list before all of it is there.
    assert_eq!(
        problem(a.get(&format!("/v1/parcels/{id}")).send().await.unwrap()).await,
        ProblemType::NotFound
    );
    let answer = rest(offset).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
    let got = b.get(&format!("/v1/parcels/{id}/content")).send().await.unwrap().bytes().await.unwrap();
    assert!(got == contents);
    // The answer was lost: nothing of it is sent again.
    assert_eq!(self::offset(&a, id, &contents).await, contents.len() as u64);
    assert_eq!(rest(contents.len() as u64).send().await.unwrap().status(), StatusCode::OK);
    served.is_sound().await;
}

#[tokio::test]
async fn what_came_in_part_is_its_senders_only_and_never_another_parcel() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let (id, contents) = (new_id(), large());
    drop(begin(&a, id, &contents, 2_000_000));
    wait_for(&a, id, &contents, 1).await;
    let mut other = contents.to_vec();
    other.extend_from_slice(b"more");
    let other = Bytes::from(other);
    assert_eq!(offset(&a, id, &other).await, 0, "another parcel of this number");
    assert_eq!(offset(&a, new_id(), &contents).await, 0, "another number");
    assert_eq!(offset(&b, id, &contents).await, 0, "another office");
    // What is added does not make what was promised: nothing of it stays.
    let begun = offset(&a, id, &contents).await;
    let wrong = vec![0; contents.len() - usize::try_from(begun).unwrap()];
    let answer = a.put(B, id, &contents).header(UPLOAD_OFFSET, begun).body(wrong).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::DigestMismatch);
    assert_eq!(offset(&a, id, &contents).await, 0);
}

#[tokio::test]
async fn what_would_be_refused_is_refused_before_it_is_sent() {
    let served = Served::start().await;
    let (a, _b) = (served.node(A).await, served.node(B).await);
    let (id, contents) = (new_id(), large());
    a.call(reqwest::Method::DELETE, &format!("/v1/parcels/{id}")).send().await.unwrap();
    assert_eq!(problem(arrived(&a, id, &contents).await).await, ProblemType::ParcelWithdrawn);
    let request = a.get(&format!("/v1/parcels/{}/upload", new_id()));
    let without = a.heads_of(request, B, &contents).send().await.unwrap();
    assert_eq!(problem(without).await, ProblemType::InvalidRequest, "the length is missing");
}
