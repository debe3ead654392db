//! Every link and every form of every page leads somewhere.

use std::collections::{BTreeSet, VecDeque};

use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use tasuki_office::sends::{Landed, Tray};
use tasuki_office_web::routes;

use crate::{Served, place};
use tasuki_stage::world::{CARE, VISITS, World, deletion, no, send, until_arrived, until_state};

/// Addresses of an attribute on a page.
fn addresses(html: &str, attribute: &str) -> Vec<String> {
    let before = format!(" {attribute}=\"");
    let found = html.split(&before).skip(1);
    found.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")).collect()
}

fn is_posted(action: &str) -> bool {
    let path: Vec<_> = action.split('?').next().unwrap().split('/').collect();
    routes().iter().any(|(method, route, _)| {
        let route: Vec<_> = route.split('/').collect();
        let fits = |(part, known): (&&str, &&str)| known.starts_with('{') || part == known;
        method == "POST" && route.len() == path.len() && path.iter().zip(&route).all(fits)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_and_no_form_leads_nowhere() {
    let world = World::new().await;
    let other = world.node(VISITS).await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    served.node.directory.look_up(no(CARE), &[no(VISITS)]).await.unwrap();
    other.directory.look_up(no(VISITS), &[no(CARE)]).await.unwrap();
    // Something on every page: sent, received, a draft, a line of 一括送信.
    let sent = send(&served.node, CARE, vec![deletion(CARE, VISITS, 1)]);
    until_state(&served.node, CARE, sent, "received").await;
    send(&other, VISITS, vec![deletion(VISITS, CARE, 2)]);
    until_arrived(&served.node, CARE, 1).await;
    let draft =
        served.node.drafts.take_in(no(CARE), "hanako", Tray::New, vec![deletion(CARE, VISITS, 3)]).unwrap();
    let Landed::One(draft) = draft else { panic!("one destination") };
    let csrf = served.csrf(&format!("/{CARE}/batch"), &cookie).await;
    let file = deletion(CARE, VISITS, 4);
    let form = Form::new().text("csrf", csrf).part("files", Part::bytes(file.bytes).file_name(file.name));
    let batch = served.client.post(format!("{}/{CARE}/batch", served.url)).header("cookie", &cookie);
    batch.multipart(form).send().await.unwrap();

    let mut open =
        VecDeque::from([format!("/{CARE}"), format!("/{CARE}/bring-key"), format!("/{CARE}/recover")]);
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    let mut actions = BTreeSet::new();
    let mut wrong = Vec::new();
    while let Some(path) = open.pop_front() {
        let answer = served.get(&path, &cookie).await;
        if answer.status() == StatusCode::SEE_OTHER {
            assert!(!place(&answer).starts_with("/login"), "{path}");
            continue;
        }
        if answer.status() != StatusCode::OK {
            wrong.push(format!("GET {path}: {}", answer.status()));
            continue;
        }
        if !answer.headers()["content-type"].to_str().unwrap().starts_with("text/html") {
            continue;
        }
        let html = answer.text().await.unwrap();
        for attribute in ["action", "data-autosave", "data-autosave-new"] {
            for action in addresses(&html, attribute) {
                if !is_posted(&action) {
                    wrong.push(format!("POST {action} on {path}"));
                }
                actions.insert(action);
            }
        }
        for attribute in ["href", "src"] {
            for link in addresses(&html, attribute) {
                let link = match link.as_str() {
                    anchor if anchor.starts_with('#') => continue,
                    query if query.starts_with('?') => format!("{}{query}", path.split('?').next().unwrap()),
                    link => link.to_owned(),
                };
                if seen.insert(link.clone()) {
                    open.push_back(link);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let of_pages = [
        format!("/{CARE}/send/{}/confirm", draft.0),
        format!("/{CARE}/sent/{}/files/0/table", sent.0),
        format!("/{CARE}/sent/{}/proof", sent.0),
        format!("/{CARE}/received/1/all"),
        format!("/{CARE}/settings/add-office"),
        format!("/{CARE}/batch/confirm"),
    ];
    for page in of_pages {
        assert!(seen.contains(&page), "{page} is linked from nowhere: {seen:#?}");
    }
    assert!(actions.len() > 15, "{actions:#?}");
}
