//! Each form with something wrong in it: the error stands at its field, the cursor goes there, and what else was typed
//! stays.

use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};
use tasuki_identity::recovery::RecoveryCode;
use tasuki_office::staff::Role;
use tasuki_parcel::limits::MESSAGE_CHARS;

use crate::codes::wide;
use crate::{Served, place};
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, no};

/// A field of a page, as it is shown.
#[derive(Debug)]
struct Shown {
    tag: String,
    /// What is wrong with it; empty when nothing is.
    error: String,
}

impl Shown {
    fn of(html: &str, id: &str) -> Self {
        let (before, after) =
            html.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no field {id}: {html}"));
        let start = before.rfind('<').unwrap();
        let end = after.find('>').unwrap();
        let tag = format!("{}{}", &before[start..], &after[..end]);
        let error = html.split_once(&format!("id=\"{id}-error\">")).map_or("", |(_, rest)| rest);
        let error = error.split('<').next().unwrap().to_owned();
        let says_so = tag.contains("aria-invalid=\"true\"")
            && tag.contains(&format!("aria-describedby=\"{id}-error\""));
        assert_eq!(says_so, !error.is_empty(), "{tag}: {error}");
        Self { tag, error }
    }

    fn value(&self) -> &str {
        let value = self.tag.split_once(" value=\"").map_or("", |(_, rest)| rest);
        value.split('"').next().unwrap()
    }

    fn has_cursor(&self) -> bool {
        self.tag.contains(" autofocus")
    }
}

/// A page that shows a form again.
pub(crate) struct Again(pub(crate) String);

impl Again {
    pub(crate) async fn of(answer: Response) -> Self {
        let status = answer.status();
        let html = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{html}");
        Self(html)
    }

    /// Exactly these fields are wrong, the first has the cursor; each with a part of what is said.
    #[track_caller]
    pub(crate) fn is_wrong_at(&self, wrong: &[(&str, &str)]) {
        let count = self.0.matches("aria-invalid=\"true\"").count();
        assert_eq!(count, wrong.len(), "{}", self.0);
        for (index, (id, words)) in wrong.iter().enumerate() {
            let shown = Shown::of(&self.0, id);
            assert!(shown.error.contains(words), "{id}: {}", shown.error);
            assert_eq!(shown.has_cursor(), index == 0, "{id}: {}", shown.tag);
        }
    }

    #[track_caller]
    pub(crate) fn keeps(&self, fields: &[(&str, &str)]) {
        for (id, value) in fields {
            assert_eq!(Shown::of(&self.0, id).value(), *value, "{id}");
        }
    }

    /// No password comes back.
    #[track_caller]
    pub(crate) fn tells_no(&self, secret: &str) {
        assert!(!self.0.contains(secret), "{}", self.0);
    }
}

/// An office where an administrator is logged in.
struct Desk {
    served: Served,
    cookie: String,
    csrf: String,
}

impl Desk {
    async fn of(world: &World) -> Self {
        let served = Served::start(world.node(CARE).await, None).await;
        let cookie = served.log_in().await;
        let csrf = served.csrf(&format!("/{CARE}"), &cookie).await;
        Self { served, cookie, csrf }
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let fields = [&[("csrf", &*self.csrf)], fields].concat();
        self.served.post(&format!("/{CARE}/{path}"), &self.cookie, &fields).await
    }

    async fn again(&self, path: &str, fields: &[(&str, &str)]) -> Again {
        Again::of(self.post(path, fields).await).await
    }
}

const GOOD: &str = "aki no yama 77 to kawa";

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_told_what_is_wrong_with_them() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let own = |old, new, again| [("old", old), ("new", new), ("again", again)];
    let page = desk.again("settings/password", &own(PASSWORD, GOOD, "aki no yama 77")).await;
    page.is_wrong_at(&[("again", "2つの欄")]);
    page.tells_no(GOOD);
    desk.again("settings/password", &own("x", GOOD, GOOD)).await.is_wrong_at(&[("old", "今のパスワード")]);
    desk.again("settings/password", &own(PASSWORD, "a", "a")).await.is_wrong_at(&[("new", "13文字")]);
    // That of the office.
    let path = "settings/office-password";
    let page = desk.again(path, &own(PASSWORD, "short", "other")).await;
    page.is_wrong_at(&[("office-new", "13文字"), ("office-again", "2つの欄")]);
    assert!(page.0.contains("<details open>"), "the form is to be seen: {}", page.0);
    desk.again(path, &own("wrong", GOOD, GOOD)).await.is_wrong_at(&[("office-old", "事業所ユーザ")]);
    let changed = desk.post(path, &own(PASSWORD, GOOD, GOOD)).await;
    assert_eq!(place(&changed), format!("/{CARE}/settings?done=changed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_keep_what_was_typed() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let add = |login, name, password| {
        [("login", login), ("name", name), ("role", "administrator"), ("password", password)]
    };
    let page = desk.again("settings/staff", &add("ha na", "計画 太郎", GOOD)).await;
    page.is_wrong_at(&[("add-login", "空白のない")]);
    page.keeps(&[("add-login", "ha na"), ("add-name", "計画 太郎")]);
    page.tells_no(GOOD);
    assert!(Shown::of(&page.0, "add-role").error.is_empty());
    assert!(page.0.matches("value=\"administrator\" selected").count() >= 2, "the role stays: {}", page.0);
    let page = desk.again("settings/staff", &add("ｈａｎａｋｏ", "計画 太郎", GOOD)).await;
    page.is_wrong_at(&[("add-login", "もう使われています")]);
    desk.again("settings/staff", &add("taro", " ", GOOD)).await.is_wrong_at(&[("add-name", "氏名")]);
    let page = desk.again("settings/staff", &add("taro", "計画 太郎", "taro")).await;
    page.is_wrong_at(&[("add-password", "13文字")]);
    page.keeps(&[("add-login", "taro"), ("add-name", "計画 太郎")]);

    // A member's new password, in the member's own row; one that is empty is none, and changes no role.
    let node = &desk.served.node;
    let id = node.staff.add("hanako", "taro", "計画 太郎", Role::Administrator, GOOD).unwrap().0;
    for password in ["taro", ""] {
        let page = desk.again(&format!("settings/staff/{id}"), &[("password", password)]).await;
        page.is_wrong_at(&[(&format!("pw-{id}"), "13文字")]);
    }
    let taro = node.staff.all().unwrap().into_iter().find(|staff| staff.id.0 == id).unwrap();
    assert_eq!(taro.role, Role::Administrator);
    assert!(node.staff.log_in("taro", GOOD).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_are_not_there_are_named_and_nothing_is_changed() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let there = world.temporary.path().to_str().unwrap();
    let fields = [("export", there), ("import", "/nowhere/取込"), ("import_by_itself", "1")];
    let page = desk.again("settings/folders", &fields).await;
    page.is_wrong_at(&[("import", "「/nowhere/取込」がありません")]);
    page.keeps(&[("export", there), ("import", "/nowhere/取込")]);
    let (_, ticked) = page.0.split_once("name=\"import_by_itself\"").unwrap();
    assert!(ticked.split('>').next().unwrap().contains("checked"), "{ticked}");
    let page = desk.again("settings/folders", &[("export", there), ("import", there)]).await;
    page.is_wrong_at(&[("import", "別のフォルダー")]);
    let folders = desk.served.node.offices.get(no(CARE)).unwrap().folders;
    assert_eq!((folders.export.as_str(), folders.import.as_str()), ("", ""));
    let page = desk.again("settings/backup", &[("folder", "backups"), ("do", "daily")]).await;
    page.is_wrong_at(&[("folder", "初めから")]);
    page.keeps(&[("folder", "backups")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_log_in_tells_a_wrong_form_from_a_wrong_password() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let unlock = |kj_id, password| [("kj_id", kj_id), ("password", password), ("next", "/x")];
    // What cannot be a ユーザID is no try: the sixth would be locked out.
    for _ in 0..8 {
        let page = desk.again("unlock", &unlock("ＫＪ１２", PASSWORD)).await;
        page.is_wrong_at(&[("kj_id", "KJ で始まる14文字")]);
        page.keeps(&[("kj_id", "ＫＪ１２")]);
        page.tells_no(PASSWORD);
    }
    let kj_id = desk.served.node.offices.get(no(CARE)).unwrap().kj_id.to_string();
    let answer = desk.post("unlock", &unlock(&kj_id, "wrong")).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = Again(answer.text().await.unwrap());
    page.is_wrong_at(&[("kj_password", "ユーザIDまたはパスワードが違います")]);
    page.keeps(&[("kj_id", &kj_id)]);
    assert!(page.0.contains("name=\"next\" value=\"/x\""));
    assert_eq!(place(&desk.post("unlock", &unlock(&wide(&kj_id), PASSWORD)).await), "/x");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_the_recovery_kit_stay_where_they_were_typed() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let fields = [("code", "ABCD-EFGH"), ("new", "short"), ("again", "shirt")];
    let page = desk.again("recover", &fields).await;
    page.is_wrong_at(&[("code", "8組"), ("new", "13文字"), ("again", "2つの欄")]);
    page.keeps(&[("code", "ABCD-EFGH")]);
    let good = RecoveryCode::generate().unwrap().to_text().to_string();
    let page = desk.again("recover", &[("code", &good), ("new", GOOD), ("again", GOOD)]).await;
    page.is_wrong_at(&[("code", "")]);
    page.keeps(&[("code", &good)]);

    let bring = async |code: &str, file: Option<&[u8]>| {
        let form = Form::new().text("csrf", desk.csrf.clone()).text("code", code.to_owned());
        let form = match file {
            Some(file) => form.part("file", Part::bytes(file.to_vec()).file_name("tasuki-recovery.json")),
            None => form,
        };
        let request = desk.served.client.post(format!("{}/{CARE}/bring-key", desk.served.url));
        let request = request.header("cookie", &desk.cookie).multipart(form);
        Again::of(request.send().await.unwrap()).await
    };
    let page = bring("ABCD", None).await;
    page.is_wrong_at(&[("file", "選んでください"), ("code", "8組")]);
    page.keeps(&[("code", "ABCD")]);
    bring(&good, None).await.is_wrong_at(&[("file", "選んでください")]);
    let page = bring(&good, Some(b"{}")).await;
    page.is_wrong_at(&[("code", "合いません")]);
    page.keeps(&[("code", &good)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_and_a_message_stay_until_they_are_right() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let node = &desk.served.node;
    let id = node.drafts.start(no(CARE), "hanako", Some(no(VISITS))).unwrap();
    node.drafts.set_message(no(CARE), id, "前の内容").unwrap();
    let page = desk.again(&format!("send/{}/receiver", id.0), &[("receiver", "さくら")]).await;
    page.is_wrong_at(&[("receiver", "読み取れませんでした")]);
    page.keeps(&[("receiver", "さくら")]);
    assert!(page.0.contains("前の内容"));

    let long = "あ".repeat(MESSAGE_CHARS + 3);
    for action in ["message", "keep"] {
        let page = desk.again(&format!("send/{}/{action}", id.0), &[("message", &long)]).await;
        page.is_wrong_at(&[("message", "3文字減らして")]);
        assert!(page.0.contains(&long), "nothing is cut");
    }
    assert_eq!(node.sends.get(no(CARE), id).unwrap().letter.message, "前の内容");
    let before = node.sends.drafts(no(CARE)).unwrap().len();
    desk.again("send/message", &[("message", &long)]).await.is_wrong_at(&[("message", "減らして")]);
    assert_eq!(node.sends.drafts(no(CARE)).unwrap().len(), before, "no draft with half of it");
    // The script that saves while one types is told in words.
    let url = format!("{}/{CARE}/send/{}/message", desk.served.url, id.0);
    let request = desk.served.client.post(url).header("cookie", &desk.cookie);
    let request = request.header("accept", "application/json").header("tasuki-csrf", &desk.csrf);
    let refused = request.form(&[("message", &long)]).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let told: serde_json::Value = refused.json().await.unwrap();
    assert!(told["message"].as_str().unwrap().contains("3文字減らして"), "{told}");
}
