//! Who may do what: each route × each way not to be allowed. The routes are those of the served description, so none
//! can be forgotten.

use jiff::SignedDuration;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tasuki_protocol::account::{Enrol, Secret};
use tasuki_protocol::problem::ProblemType;
use tasuki_relay::operator;
use tasuki_relay::store::{Accounts as _, Offices as _};
use tasuki_terms::Sha256Digest;

use crate::served::{Node, PASSWORD, Served, client, foreign_identity, good, new_id, problem};
use crate::world::{A, B, C, no};

/// What a route wants of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Wants {
    Nothing,
    Certificate,
    Session,
}

struct Route {
    method: Method,
    path: String,
    wants: Wants,
}

impl Route {
    fn call(&self, client: &Client, served: &Served) -> RequestBuilder {
        client.request(self.method.clone(), served.url(&self.path))
    }
}

async fn routes(served: &Served) -> Vec<Route> {
    let answer = served.stranger().get(served.url("/v1/openapi.json")).send().await.unwrap();
    let description: Value = good(answer, StatusCode::OK).await;
    let mut routes = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let wants = match operation.get("security") {
                None => Wants::Session,
                Some(security) if security.to_string().contains("certificate") => Wants::Certificate,
                Some(_) => Wants::Nothing,
            };
            let path = path
                .replace("{id}", &new_id().to_string())
                .replace("{no}", A)
                .replace("{fingerprint}", &Sha256Digest([7; 32]).to_string());
            routes.push(Route { method: method.to_uppercase().parse().unwrap(), path, wants });
        }
    }
    assert!(routes.len() >= 28, "only {} routes", routes.len());
    routes
}

/// Every route that wants at least this answers with this problem.
async fn all_answer(
    served: &Served,
    client: &Client,
    token: Option<&str>,
    from: Wants,
    expected: ProblemType,
) {
    for route in routes(served).await.iter().filter(|route| route.wants >= from) {
        let mut request = route.call(client, served);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let found = problem(request.send().await.unwrap()).await;
        assert_eq!(found, expected, "{} {}", route.method, route.path);
    }
}

fn token(node: &Node) -> &str {
    node.session.as_ref().unwrap().access_token.expose()
}

#[tokio::test]
async fn without_a_certificate() {
    let served = Served::start().await;
    let stranger = served.stranger();
    all_answer(&served, &stranger, None, Wants::Certificate, ProblemType::CertificateRequired).await;
    for path in ["/health", "/ready", "/v1/revocation-list", "/v1/openapi.json"] {
        assert_eq!(stranger.get(served.url(path)).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    assert_eq!(stranger.get(served.url("/metrics")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn with_a_certificate_of_an_authority_that_nobody_knows() {
    let served = Served::start().await;
    let (chain, key) = foreign_identity(A);
    let foreign = client(&served.folder, Some((&chain, &key)));
    for route in routes(&served).await {
        assert!(route.call(&foreign, &served).send().await.is_err(), "{}", route.path);
    }
}

#[tokio::test]
async fn with_a_certificate_that_no_office_has_registered() {
    let served = Served::start().await;
    let key = tasuki_identity::signing::SigningKey::generate().unwrap();
    let request = key.request(no(A)).unwrap();
    let issuing = served.folder.issuing().unwrap();
    let chain = issuing.issue_office(&request, no(A), jiff::Timestamp::now()).unwrap();
    let unknown = client(&served.folder, Some((&chain, &key)));
    all_answer(&served, &unknown, None, Wants::Certificate, ProblemType::CertificateUnknown).await;
}

#[tokio::test]
async fn with_an_expired_certificate() {
    let served = Served::start().await;
    let node = served.node(A).await;
    assert_eq!(node.get("/v1/account").send().await.unwrap().status(), StatusCode::OK);
    served.set_clock(SignedDuration::from_hours(3 * 365 * 24));
    let old_connection = node.get("/v1/account").send().await.unwrap();
    assert_eq!(problem(old_connection).await, ProblemType::CertificateExpired);
    let fresh = client(&served.folder, Some((&node.chain, &node.key)));
    assert!(fresh.get(served.url("/v1/account")).send().await.is_err());
}

#[tokio::test]
async fn with_a_revoked_certificate() {
    let served = Served::start().await;
    let node = served.node(A).await;
    let by = operator::by_operator(jiff::Timestamp::now());
    let fingerprint = served.store.certificates(no(A)).await.unwrap()[0].fingerprint.parse().unwrap();
    assert!(served.store.revoke_certificate(no(A), fingerprint, None, by).await.unwrap());
    let expected = ProblemType::CertificateRevoked;
    all_answer(&served, &node.client, Some(token(&node)), Wants::Certificate, expected).await;
}

#[tokio::test]
async fn of_a_suspended_office() {
    let served = Served::start().await;
    let node = served.node(A).await;
    let by = operator::by_operator(jiff::Timestamp::now());
    served.store.set_suspended(no(A), true, by).await.unwrap();
    let expected = ProblemType::OfficeSuspended;
    all_answer(&served, &node.client, Some(token(&node)), Wants::Certificate, expected).await;
}

#[tokio::test]
async fn without_a_session_or_with_one_that_is_not_ours() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let expected = ProblemType::SessionRequired;
    all_answer(&served, &a.client, None, Wants::Session, expected).await;
    all_answer(&served, &a.client, Some("no token at all"), Wants::Session, expected).await;
    all_answer(&served, &a.client, Some(token(&b)), Wants::Session, expected).await;
    let refresh = a.session.as_ref().unwrap().refresh_token.expose();
    all_answer(&served, &a.client, Some(refresh), Wants::Session, expected).await;
}

#[tokio::test]
async fn with_an_ended_session() {
    let served = Served::start().await;
    let mut node = served.node(A).await;
    served.set_clock(SignedDuration::from_mins(61));
    let expected = ProblemType::SessionRequired;
    all_answer(&served, &node.client, Some(token(&node)), Wants::Session, expected).await;
    served.set_clock(SignedDuration::ZERO);
    node.log_in(PASSWORD).await;
    let answer = node.call(Method::DELETE, "/v1/sessions").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    all_answer(&served, &node.client, Some(token(&node)), Wants::Session, expected).await;
}

#[tokio::test]
async fn before_the_first_password_was_changed() {
    let served = Served::start().await;
    let credentials = served.register(A).await;
    let mut node = Node::enrol(&served, &credentials).await;
    node.log_in(credentials.password.as_deref().unwrap()).await;
    assert!(node.session.as_ref().unwrap().password_change_required);
    for route in routes(&served).await.iter().filter(|route| route.wants == Wants::Session) {
        // Logging out, looking at sessions and changing the password are what is left.
        if route.path.starts_with("/v1/sessions") || route.path == "/v1/account/password" {
            continue;
        }
        let request = route.call(&node.client, &served).bearer_auth(token(&node));
        let found = problem(request.send().await.unwrap()).await;
        assert_eq!(found, ProblemType::PasswordChangeRequired, "{}", route.path);
    }
}

#[tokio::test]
async fn of_another_office() {
    let served = Served::start().await;
    let (a, b, c) = (served.node(A).await, served.node(B).await, served.node(C).await);
    let (id, contents) = (new_id(), bytes::Bytes::from_static(b"sealed"));
    assert_eq!(a.put(B, id, &contents).send().await.unwrap().status(), StatusCode::CREATED);
    let receipt = b.receipt(id, &a, &contents, tasuki_protocol::receipt::ReceiptKind::Received);
    for (method, path) in [
        (Method::GET, format!("/v1/parcels/{id}")),
        (Method::GET, format!("/v1/parcels/{id}/content")),
        (Method::DELETE, format!("/v1/parcels/{id}")),
        (Method::POST, format!("/v1/parcels/{id}/receipts")),
    ] {
        let unknown = path.replace(&id.to_string(), &new_id().to_string());
        let mut answers = Vec::new();
        for path in [&path, &unknown] {
            let mut request = c.call(method.clone(), path);
            if method == Method::POST {
                request = request.json(&receipt);
            }
            let answer = request.send().await.unwrap();
            let length = answer.headers().get("content-length").cloned();
            // A number that an office has not handed in is taken back ahead, whoever else uses it.
            let is_taken_back = method == Method::DELETE && answer.status() == StatusCode::NO_CONTENT;
            answers.push((if is_taken_back { None } else { Some(problem(answer).await) }, length));
        }
        let expected = (method != Method::DELETE).then_some(ProblemType::NotFound);
        assert_eq!(answers[0].0, expected, "{method} {path}");
        assert_eq!(answers[0], answers[1], "what is foreign looks like what never was: {method} {path}");
    }
    let waiting: tasuki_protocol::mailbox::Page =
        good(b.get("/v1/inbox").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(waiting.entries[0].parcel.id, id, "nobody but its sender has taken it back");
    // The sender has no right to the contents, the receiver none to take back.
    let sender = a.get(&format!("/v1/parcels/{id}/content")).send().await.unwrap();
    assert_eq!(problem(sender).await, ProblemType::NotFound);
    let receiver = b.call(Method::DELETE, &format!("/v1/parcels/{id}")).send().await.unwrap();
    assert_eq!(problem(receiver).await, ProblemType::NotFound);
    // A session or certificate of another office cannot be ended.
    let session = format!("/v1/sessions/{}", a.session.as_ref().unwrap().id);
    assert_eq!(problem(c.call(Method::DELETE, &session).send().await.unwrap()).await, ProblemType::NotFound);
    let fingerprint = &served.store.certificates(no(A)).await.unwrap()[0].fingerprint;
    let certificate = format!("/v1/account/certificates/{fingerprint}");
    let answer = c.call(Method::DELETE, &certificate).send().await.unwrap();
    assert_eq!(problem(answer).await, ProblemType::NotFound);
    served.is_sound().await;
}

#[tokio::test]
async fn after_too_many_wrong_passwords() {
    let served = Served::start().await;
    let node = served.node(A).await;
    for _ in 0..5 {
        assert_eq!(problem(node.try_log_in("wrong").await).await, ProblemType::WrongCredentials);
    }
    let locked = node.try_log_in(PASSWORD).await;
    assert!(locked.headers().contains_key("retry-after"));
    assert_eq!(problem(locked).await, ProblemType::AccountLocked);
    served.set_clock(SignedDuration::from_secs(61));
    assert_eq!(node.try_log_in(PASSWORD).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn with_many_wrong_passwords_at_once() {
    let served = Served::start().await;
    let node = served.node(A).await;
    let answers = futures_util::future::join_all((0..24).map(|_| node.try_log_in("wrong"))).await;
    let mut wrong = 0;
    for answer in answers {
        match problem(answer).await {
            ProblemType::WrongCredentials => wrong += 1,
            other => assert_eq!(other, ProblemType::AccountLocked),
        }
    }
    assert_eq!(wrong, 5, "as many guesses are answered as in turn");
    assert_eq!(problem(node.try_log_in(PASSWORD).await).await, ProblemType::AccountLocked);
    served.set_clock(SignedDuration::from_secs(61));
    assert_eq!(node.try_log_in(PASSWORD).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn after_wrong_enrolments_of_strangers() {
    let served = Served::start().await;
    let node = served.node(A).await;
    let enrol = async |password: &str| {
        let key = tasuki_identity::signing::SigningKey::generate().unwrap();
        let wish = Enrol {
            office: no(A),
            kj_id: node.kj_id,
            enrolment_password: Secret::new(password),
            request_pem: key.request(no(A)).unwrap().0,
            node: String::new(),
        };
        served.stranger().post(served.url("/v1/enrolments")).json(&wish).send().await.unwrap()
    };
    let guess = async || {
        for _ in 0..8 {
            assert_eq!(problem(enrol("wrong").await).await, ProblemType::EnrolmentRefused);
        }
        assert_eq!(node.try_log_in(PASSWORD).await.status(), StatusCode::CREATED, "the office still gets in");
    };
    guess().await;
    let (valid, now) = (SignedDuration::from_hours(1), jiff::Timestamp::now());
    let again = operator::renew_credentials(&*served.store, no(A), false, valid, now).await.unwrap();
    guess().await;
    assert_eq!(enrol(&again.enrolment_password).await.status(), StatusCode::CREATED);
}
