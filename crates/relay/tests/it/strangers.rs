//! What anybody can do who reaches the relay's address, and how little that is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use tasuki_protocol::problem::ProblemType;
use tasuki_relay::operator;
use tasuki_relay::store::Offices as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use crate::served::{Served, problem};
use crate::world::{A, no};

type Line = tokio_rustls::client::TlsStream<TcpStream>;

const SECOND: Duration = Duration::from_secs(1);

/// A connection without a certificate, from an address of this machine.
async fn connect_from(served: &Served, last: u8) -> std::io::Result<Line> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(served.folder.root_certificate().unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect("127.0.0.1".try_into().unwrap(), knock_from(served, last).await?).await
}

async fn knock_from(served: &Served, last: u8) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, last], 0)))?;
    socket.connect(served.address).await
}

/// Sends a request without a body over a connection that stays; the answer's head.
async fn ask(line: &mut Line, target: &str) -> std::io::Result<String> {
    line.write_all(format!("{target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await?;
    let mut answer = vec![0; 4096];
    let read = line.read(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer[..read]).into_owned())
}

async fn is_answered(line: std::io::Result<Line>) -> bool {
    let Ok(mut line) = line else { return false };
    ask(&mut line, "GET /health").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

#[tokio::test]
async fn one_address_does_not_take_the_places_of_others() {
    let served = Served::start_with(|config| config.connections_per_address = 4).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(connect_from(&served, 2).await.unwrap().into_inner().0);
    }
    for _ in 0..2 {
        held.push(knock_from(&served, 2).await.unwrap());
    }
    assert!(!is_answered(connect_from(&served, 2).await).await, "the fifth");
    assert!(is_answered(connect_from(&served, 3).await).await, "another address");
    drop(held);
    let until = Instant::now() + 20 * SECOND;
    while !is_answered(connect_from(&served, 2).await).await {
        assert!(Instant::now() < until, "places are not given back");
        tokio::time::sleep(SECOND / 10).await;
    }
}

#[tokio::test]
async fn strangers_do_not_take_the_places_of_offices() {
    let served = Served::start_with(|config| config.connections = 16).await;
    let a = served.node(A).await;
    // Two places are for strangers; enrolling used one, which may not be free yet.
    let mut held = Vec::new();
    let until = Instant::now() + 20 * SECOND;
    while held.len() < 2 {
        assert!(Instant::now() < until);
        if let Ok(mut line) = connect_from(&served, 2).await
            && ask(&mut line, "GET /health").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
        {
            held.push(line);
        }
    }
    for last in [2, 3] {
        assert!(!is_answered(connect_from(&served, last).await).await);
    }
    let fresh = crate::served::client(&served.folder, Some((&a.chain, &a.key)));
    let token = a.session.as_ref().unwrap().access_token.expose();
    let answer = fresh.get(served.url("/v1/account")).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let numbers =
        reqwest::get(format!("http://{}/metrics", served.operator)).await.unwrap().text().await.unwrap();
    let turned_away =
        numbers.lines().find(|line| line.starts_with("tasuki_relay_connections_turned_away_total"));
    assert!(!turned_away.unwrap().ends_with(" 0"), "{turned_away:?}");
}

#[tokio::test]
async fn strangers_are_counted_whatever_they_ask_for() {
    let served = Served::start_with(|config| config.anonymous_per_minute = 6).await;
    let mut line = connect_from(&served, 2).await.unwrap();
    for (target, status) in [
        ("GET /health", 200),
        ("GET /nothing", 404),
        ("PATCH /v1/account", 405),
        ("MADE-UP /v1/account", 405),
        ("GET /v1/account", 401),
        ("GET /v1/limits", 401),
        ("GET /nothing", 429),
    ] {
        let answer = ask(&mut line, target).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {answer}");
        let is_last = answer.to_lowercase().contains("connection: close");
        assert_eq!(is_last, status == 429, "{target}: {answer}");
    }
    let mut more = Vec::new();
    assert_eq!(line.read_to_end(&mut more).await.unwrap_or(0), 0, "the connection has ended");
    assert!(is_answered(connect_from(&served, 3).await).await, "another address");
}

#[tokio::test]
async fn who_is_not_let_in_is_counted_before_the_store_is_asked() {
    let served = Served::start_with(|config| config.requests_per_minute = 20).await;
    let a = served.node(A).await;
    served.store.set_suspended(no(A), true, operator::by_operator(jiff::Timestamp::now())).await.unwrap();
    let mut found = Vec::new();
    for _ in 0..20 {
        found.push(problem(a.get("/v1/account").send().await.unwrap()).await);
    }
    assert!(found.contains(&ProblemType::OfficeSuspended), "{found:?}");
    assert_eq!(found.last(), Some(&ProblemType::RateLimited));
}

/// Sends the head of a request with a body and then a byte of it every second, until the relay ends the connection:
/// what it answered, and after how many bytes it was gone.
async fn drip(served: &Served, target: &str) -> (String, u64) {
    let mut line = connect_from(served, 2).await.unwrap();
    let head = format!(
        "{target} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n"
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    for bytes in 0.. {
        let mut piece = [0; 4096];
        match timeout(SECOND, line.read(&mut piece)).await {
            Ok(Ok(read @ 1..)) => answer.extend_from_slice(&piece[..read]),
            Ok(_) => return (String::from_utf8_lossy(&answer).into_owned(), bytes),
            Err(_) if line.write_all(b" ").await.is_err() || line.flush().await.is_err() => {
                return (String::from_utf8_lossy(&answer).into_owned(), bytes);
            }
            Err(_) => assert!(bytes < 120, "it is still read"),
        }
    }
    unreachable!()
}

#[tokio::test]
async fn slow_bodies_are_not_read_for_long_and_those_that_go_nowhere_not_at_all() {
    let served = Served::start().await;
    let (nowhere, without, enrolment) = tokio::join!(
        drip(&served, "POST /v1/nothing"),
        drip(&served, "POST /v1/sessions"),
        drip(&served, "POST /v1/enrolments"),
    );
    assert!(nowhere.0.starts_with("HTTP/1.1 404"), "{nowhere:?}");
    assert!(without.0.starts_with("HTTP/1.1 401"), "{without:?}");
    assert!(enrolment.0.starts_with("HTTP/1.1 408"), "{enrolment:?}");
    // In bytes, one each second, with much time for a busy machine: at once; 10 s; 30 s.
    assert!(nowhere.1 < 10, "{nowhere:?}");
    assert!(without.1 < 40, "{without:?}");
    assert!(enrolment.1 < 60, "{enrolment:?}");
}

#[tokio::test]
async fn a_small_body_for_nowhere_is_answered_over_a_connection_that_stays() {
    let served = Served::start().await;
    for path in ["/v1/nothing", "/v1/sessions"] {
        let request = served.stranger().request(Method::POST, served.url(path)).body("{}");
        let expected =
            if path == "/v1/nothing" { ProblemType::NotFound } else { ProblemType::CertificateRequired };
        assert_eq!(problem(request.send().await.unwrap()).await, expected);
    }
}
