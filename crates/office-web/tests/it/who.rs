//! Every route is asked by everybody: a stranger, a member, an administrator and a program of this machine.

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tasuki_office::staff::Role;
use tasuki_office_web::{LocalAccess, Who, routes};

use crate::Served;
use tasuki_stage::world::{CARE, VISITS, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Stranger,
    Member,
    Administrator,
    Program,
}

const VISITORS: [Visitor; 4] = [Visitor::Stranger, Visitor::Member, Visitor::Administrator, Visitor::Program];

/// What the answer says of who asked.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// Log in first.
    LogIn,
    /// Only an administrator may.
    NotYou,
    /// The value that forms carry is missing: the visitor may, and this was no page of ours.
    NoForm,
    /// Programs show a token.
    NoToken,
    /// It was let through.
    Through,
}

async fn said(answer: Response) -> Said {
    let status = answer.status();
    if status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN {
        return Said::Through;
    }
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match status {
        StatusCode::UNAUTHORIZED if text("next").starts_with("/login") => Said::LogIn,
        StatusCode::UNAUTHORIZED if text("error") == "token" => Said::NoToken,
        // A wrong password on the page for it.
        StatusCode::UNAUTHORIZED => Said::Through,
        _ if text("message").contains("管理者") => Said::NotYou,
        _ => Said::NoForm,
    }
}

/// What has to be said. Nothing is done: no form here carries its value.
fn expected(who: Who, visitor: Visitor, method: &Method) -> Said {
    let through = if *method == Method::POST { Said::NoForm } else { Said::Through };
    match (who, visitor) {
        (Who::Anybody, _) | (Who::Program, Visitor::Program) => Said::Through,
        (Who::Program, _) => Said::NoToken,
        (Who::First | Who::Member | Who::Administrator, Visitor::Stranger | Visitor::Program)
        | (Who::First, _) => Said::LogIn,
        (Who::Administrator, Visitor::Member) => Said::NotYou,
        (Who::Member | Who::Administrator, _) => through,
    }
}

fn address(path: &str) -> String {
    let part = |part: &str| match part {
        "{office}" => CARE.to_owned(),
        "{partner}" => VISITS.to_owned(),
        "{id}" | "{run}" => "1".to_owned(),
        "{file}" => "0".to_owned(),
        "{version}" | "{name}" => "x".to_owned(),
        fixed => {
            assert!(!fixed.starts_with('{'), "the test has no value for {fixed}");
            fixed.to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Requests of every visitor, with what shows who they are.
struct Everybody {
    served: Served,
    member: String,
    administrator: String,
    token: String,
}

impl Everybody {
    async fn at(served: Served) -> Self {
        let by = "taro no himitsu 9 kaze";
        served.node.staff.add("hanako", "taro", "計画 太郎", Role::Member, by).unwrap();
        let answer = served.post("/login", "", &[("login", "taro"), ("password", by)]).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        let access = std::fs::read(served.node.folder().local()).unwrap();
        let access: LocalAccess = serde_json::from_slice(&access).unwrap();
        let (member, administrator) = (cookie.to_owned(), served.log_in().await);
        Self { member, administrator, token: access.token, served }
    }

    async fn ask(&self, visitor: Visitor, method: &Method, path: &str) -> Said {
        let url = format!("{}{}", self.served.url, address(path));
        let request = self.served.client.request(method.clone(), url).header("accept", "application/json");
        let request = match visitor {
            Visitor::Stranger => request,
            Visitor::Member => request.header("cookie", &self.member),
            Visitor::Administrator => request.header("cookie", &self.administrator),
            Visitor::Program => request.bearer_auth(&self.token),
        };
        said(request.send().await.unwrap()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_asked_by_everybody() {
    let world = World::new().await;
    let everybody = Everybody::at(Served::start(world.node(CARE).await, None).await).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (method, path, who) in routes() {
        for visitor in VISITORS {
            asked += 1;
            let found = everybody.ask(visitor, &method, path).await;
            // What stands before anything is set up says so in one of these ways, afterwards.
            let is_closed = who == Who::First && matches!(found, Said::LogIn | Said::NotYou);
            if !is_closed && found != expected(who, visitor, &method) {
                wrong.push(format!("{method} {path} for {who:?}, asked by {visitor:?}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(asked, routes().len() * VISITORS.len());
    println!("{} routes, {asked} questions", routes().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_set_up_the_first_may_begin() {
    let temporary = tempfile::TempDir::new().unwrap();
    let folder = tasuki_office::folder::Folder::create(temporary.path().join("node")).unwrap();
    let node = tasuki_office::node::Node::open_now(folder).unwrap();
    let served = Served::start(node, Some(temporary)).await;
    for (method, path, who) in routes() {
        let url = format!("{}{}", served.url, address(path));
        let request = served.client.request(method.clone(), url).header("accept", "application/json");
        let found = said(request.send().await.unwrap()).await;
        let expected = match who {
            Who::Anybody | Who::First => Said::Through,
            Who::Member | Who::Administrator => Said::LogIn,
            Who::Program => Said::NoToken,
        };
        assert_eq!(found, expected, "{method} {path}");
    }
}
