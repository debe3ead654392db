//! 利用開始: what is typed from the operator's paper, and the recovery file afterwards.

use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};

use crate::Served;
use crate::codes::wide;
use crate::forms::Again;
use tasuki_stage::world::{CARE, PASSWORD, World, no};

const STAFF: &str = "aki no yama 77 to kawa";

async fn post(served: &Served, cookie: &str, root: Option<&[u8]>, fields: &[(&str, &str)]) -> Response {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    if let Some(root) = root {
        form = form.part("invitation", Part::bytes(root.to_vec()).file_name("root.pem"));
    }
    let request = served.client.post(format!("{}/setup", served.url)).header("cookie", cookie);
    request.multipart(form).send().await.unwrap()
}

fn cookie(answer: &Response) -> String {
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_paper_is_read_as_it_is_typed_and_told_field_by_field() {
    let world = World::new().await;
    let credentials = world.register(CARE).await;
    let real = world.enrolment(&credentials);
    let served = Served::start(world.empty_node(CARE), None).await;
    let begin = [
        ("new_password", PASSWORD),
        ("new_again", PASSWORD),
        ("login", "ｈａｎａｋｏ"),
        ("name", "見本 花子"),
        ("staff_password", STAFF),
        ("staff_again", STAFF),
    ];
    let (office, kj_id) = (wide(CARE), wide(&real.kj_id.as_str().to_lowercase()));
    let (relay, first) = (wide(&real.relay), wide(&real.password));
    let enrolment_password = wide(&real.enrolment_password);
    let paper = [
        ("relay", &*relay),
        ("office", &*office),
        ("kj_id", &*kj_id),
        ("enrolment_password", &*enrolment_password),
        ("password", &*first),
    ];

    // Nothing but the file is missing, and nothing but the file is told.
    let again = Again::of(post(&served, "", None, &begin).await).await;
    again.is_wrong_at(&[("invitation", "招待ファイル")]);
    again.keeps(&[("login", "ｈａｎａｋｏ"), ("name", "見本 花子")]);
    again.tells_no(STAFF);

    // All that is wrong is told at once.
    let wrong = [("relay", "http://x"), ("office", "１３７"), ("kj_id", "KJ1"), ("new_password", "a")];
    let wrong =
        [&wrong[..], &[("new_again", "b"), ("login", " "), ("name", ""), ("staff_password", "c")]].concat();
    let again = Again::of(post(&served, "", Some(&real.root_pem), &wrong).await).await;
    again.is_wrong_at(&[
        ("relay", "https://"),
        ("office", "10文字"),
        ("kj_id", "KJ と12桁"),
        ("new_password", "13文字"),
        ("new_again", "2つの欄"),
        ("login", "個人ID"),
        ("name", "氏名"),
        ("staff_again", "2つの欄"),
    ]);
    again.keeps(&[("relay", "http://x"), ("office", "１３７"), ("kj_id", "KJ1")]);
    assert!(!served.node.staff.has_members().unwrap(), "nobody was made yet");

    // What only the node knows, too; and a wrong paper keeps the administrator who was made, logged in.
    let easy = [&begin[..4], &[("staff_password", "hanako"), ("staff_again", "hanako")], &paper].concat();
    let again = Again::of(post(&served, "", Some(&real.root_pem), &easy).await).await;
    again.is_wrong_at(&[("staff_password", "13文字")]);
    let other = [&begin[..], &paper[..3], &[("enrolment_password", "wrong"), ("password", &*first)]].concat();
    let refused = post(&served, "", Some(&real.root_pem), &other).await;
    let session = cookie(&refused);
    let again = Again::of(refused).await;
    again.is_wrong_at(&[]);
    again.keeps(&[("office", &office), ("kj_id", &kj_id)]);
    assert!(again.0.contains("role=\"alert\"") && !again.0.contains("最初の管理者"), "{}", again.0);

    // The same paper in full width, in that session.
    let csrf = served.csrf("/setup", &session).await;
    let right = [&begin[..2], &paper, &[("csrf", &*csrf)]].concat();
    let begun = post(&served, &session, Some(&real.root_pem), &right).await;
    assert_eq!(begun.status(), StatusCode::OK);
    let kit = begun.text().await.unwrap();
    assert!(kit.contains("復元キット") && kit.contains(&format!("/setup/kit/{CARE}")), "{kit}");
    assert_eq!(served.node.offices.get(no(CARE)).unwrap().kj_id, real.kj_id);

    // The recovery file is there for this session, as often as it is asked for, and goes with it.
    let path = format!("/setup/kit/{CARE}");
    let mut files = Vec::new();
    for _ in 0..2 {
        let file = served.get(&path, &session).await;
        assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"tasuki-recovery.json\"");
        files.push(file.bytes().await.unwrap());
    }
    assert!(!files[0].is_empty() && files[0] == files[1]);
    let answer = served.post("/login", "", &[("login", "hanako"), ("password", STAFF)]).await;
    assert_eq!(served.get(&path, &cookie(&answer)).await.status(), StatusCode::NOT_FOUND, "another session");
    assert_eq!(served.get("/setup/kit/1370000027", &session).await.status(), StatusCode::NOT_FOUND);
    served.post("/logout", &session, &[("csrf", &csrf)]).await;
    assert_eq!(served.get(&path, &session).await.status(), StatusCode::SEE_OTHER);
}
