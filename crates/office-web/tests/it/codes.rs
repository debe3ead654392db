//! Numbers, ids and codes as Japanese keyboards give them.

use reqwest::StatusCode;
use tasuki_office::sends::SendId;

use crate::{Served, place};
use tasuki_stage::world::{CARE, PASSWORD, VISITS, World, no};

pub(crate) fn wide(text: &str) -> String {
    let letter =
        |letter: char| char::from_u32(u32::from(letter) + 0xfee0).filter(|_| letter.is_ascii_graphic());
    text.chars().map(|plain| letter(plain).unwrap_or(plain)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_in_full_width_is_understood() {
    let world = World::new().await;
    world.participant(VISITS).await;
    let served = Served::start(world.node(CARE).await, None).await;
    let answer = served.post("/login", "", &[("login", "　ｈａｎａｋｏ"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie = served.log_in().await;
    let csrf = served.csrf(&format!("/{CARE}"), &cookie).await;

    // A new member, whose 個人ID was typed in full width, logs in either way.
    let member = [("csrf", &*csrf), ("login", "ｔａｒｏ"), ("name", "計画 太郎"), ("role", "member")];
    let fields = [&member[..], &[("password", "taro no himitsu 9 kaze")]].concat();
    let added = served.post(&format!("/{CARE}/settings/staff"), &cookie, &fields).await;
    assert_eq!(place(&added), format!("/{CARE}/settings?done=added"));
    for login in ["taro", "ｔａｒｏ"] {
        let answer =
            served.post("/login", "", &[("login", login), ("password", "taro no himitsu 9 kaze")]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{login}");
    }

    // 事業所ユーザ: small letters and full width, and none of it counts as a mistake.
    let kj_id = wide(&served.node.offices.get(no(CARE)).unwrap().kj_id.as_str().to_lowercase());
    for _ in 0..6 {
        let fields = [("csrf", &*csrf), ("kj_id", &*kj_id), ("password", PASSWORD), ("next", "/x")];
        let answer = served.post(&format!("/{CARE}/unlock"), &cookie, &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{kj_id}");
    }

    let id = served.node.drafts.start(no(CARE), "hanako", None).unwrap();
    let receiver = format!("/{CARE}/send/{id}/receiver", id = id.0);
    for typed in ["１３７００００　０２７", "1370－0000ー27", "１３７０‐００００‐２７"]
    {
        served.node.drafts.set_receiver(no(CARE), id, None).unwrap();
        let answer = served.post(&receiver, &cookie, &[("csrf", &csrf), ("receiver", typed)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{typed}");
        assert_eq!(served.node.sends.get(no(CARE), id).unwrap().receiver, Some(no(VISITS)), "{typed}");
    }

    // What cannot be read is told beside its field, stays there, and clears nothing.
    for typed in ["さくら訪問介護", "137000002", "１３７００００２７"] {
        let answer = served.post(&receiver, &cookie, &[("csrf", &csrf), ("receiver", typed)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        let html = answer.text().await.unwrap();
        assert!(html.contains(&format!("name=\"receiver\" value=\"{typed}\"")), "{html}");
        assert!(html.contains("この送信先は読み取れませんでした"), "{html}");
        assert_eq!(served.node.sends.get(no(CARE), id).unwrap().receiver, Some(no(VISITS)), "{typed}");
    }
    // Left empty on purpose it is cleared.
    let answer = served.post(&receiver, &cookie, &[("csrf", &csrf), ("receiver", " ")]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(served.node.sends.get(no(CARE), SendId(id.0)).unwrap().receiver, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_log_in_after_a_start_is_understood_too() {
    let world = World::new().await;
    let given = |node: &tasuki_office::node::Node| {
        let role = tasuki_office::staff::Role::Member;
        node.staff.add("hanako", "ＴＡＲＯ", "計画 太郎", role, "taro no himitsu 9 kaze").unwrap();
    };
    world.enrolled_and_off_after(CARE, given).await;
    let served = Served::start(world.empty_node(CARE), None).await;
    for (login, password) in [("ｈａｎａｋｏ", PASSWORD), ("ＴＡＲＯ", "taro no himitsu 9 kaze")] {
        let answer = served.post("/login", "", &[("login", login), ("password", password)]).await;
        assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, "/"), "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_is_read_as_it_is_typed() {
    let world = World::new().await;
    let node = world.empty_node(CARE);
    node.staff.add_first("hanako", "見本 花子", PASSWORD).unwrap();
    let credentials = world.register(CARE).await;
    let kit = node.offices.enrol(world.enrolment(&credentials)).await.unwrap();
    let served = Served::start(node, None).await;
    let cookie = served.log_in().await;
    let csrf = served.csrf(&format!("/{CARE}/recover"), &cookie).await;
    let code = wide(&kit.unwrap().code.to_lowercase()).replace('－', "ー");
    let new = "aki no yama 77 to kawa";
    let fields = [("csrf", &*csrf), ("code", &*code), ("new", new), ("again", new)];
    let answer = served.post(&format!("/{CARE}/recover"), &cookie, &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.text().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_not_narrowed_to_the_first_of_several() {
    let world = World::new().await;
    let served = Served::start(world.node(CARE).await, None).await;
    let cookie = served.log_in().await;
    for other in [VISITS, "1370000035"] {
        world.participant(other).await;
        served.node.directory.look_up(no(CARE), &[no(other)]).await.unwrap();
    }
    for list in ["sent?receiver", "received?sender"] {
        let several = served.get(&format!("/{CARE}/{list}=%E4%BA%8B%E6%A5%AD%E6%89%80"), &cookie).await;
        let html = several.text().await.unwrap();
        assert!(html.contains("当てはまる事業所が2つあります"), "{html}");
        let one = served.get(&format!("/{CARE}/{list}=35"), &cookie).await.text().await.unwrap();
        assert!(one.contains("この条件のものはありません。<"), "{one}");
        let nobody = served.get(&format!("/{CARE}/{list}=nobody"), &cookie).await.text().await.unwrap();
        assert!(nobody.contains("まだやりとりがありません"), "{nobody}");
    }
}
