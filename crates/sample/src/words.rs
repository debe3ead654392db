//! Sentences of service plans.

use jiff::civil::{Date, date};

use crate::options::full_width;

/// What a service plan says about a kind of care.
#[derive(Debug)]
pub(crate) struct CareWords {
    /// 生活全般の解決すべき課題（ニーズ）.
    pub(crate) need: &'static str,
    /// 長期目標.
    pub(crate) long_goal: &'static str,
    /// 短期目標.
    pub(crate) short_goal: &'static str,
    /// サービス内容.
    pub(crate) content: &'static str,
    /// What the person, the family or neighbours do themselves: content and who.
    pub(crate) own: (&'static str, &'static str),
}

/// The words for a service type of the catalogue.
pub(crate) fn care_words(code: &str) -> &'static CareWords {
    match code {
        "11" | "76" => &HELP,
        "12" => &BATH,
        "13" => &NURSING,
        "14" | "16" => &EXERCISE,
        "17" => &EQUIPMENT,
        "21" => &STAY,
        "31" => &ADVICE,
        _ => &DAY,
    }
}

static HELP: CareWords = CareWords {
    need: "足腰が弱くなり、着替えや台所仕事に手伝いがいるが、住み慣れた家で暮らし続けたい。",
    long_goal: "手伝いを受けながら、自宅での暮らしを続けることができる。",
    short_goal: "身のまわりのことを、できるところは自分で行える。",
    content: "更衣・排せつの介助、調理、掃除\r\n（できることは一緒に行います）",
    own: ("洗濯物をたたむ、茶碗を洗う", "本人"),
};

static BATH: CareWords = CareWords {
    need: "自宅の浴槽には入れないが、お湯につかってさっぱりしたい。",
    long_goal: "清潔を保ち、気持ちよく過ごすことができる。",
    short_goal: "週に１回以上、安全に入浴できる。",
    content: "入浴前後の体調確認、簡易浴槽での入浴介助",
    own: ("着替えとタオルの準備", "家族"),
};

static NURSING: CareWords = CareWords {
    need: "持病があり体調が変わりやすいので、安心して過ごせるように見てほしい。",
    long_goal: "病状が安定し、入院せずに過ごすことができる。",
    short_goal: "体調の変化に早く気づき、主治医に相談できる。",
    content: "血圧・体温・酸素飽和度の測定、服薬の確認,皮膚の状態の観察、\"困りごと\"の相談",
    own: ("毎朝、血圧を測って手帳に書く", "本人・家族"),
};

static EXERCISE: CareWords = CareWords {
    need: "転ぶのがこわくて歩かなくなった。また近くの店まで買い物に行きたい。",
    long_goal: "見守りがあれば、近くの店まで歩いて行くことができる。",
    short_goal: "家の中を、つえで安定して歩ける。",
    content: "関節可動域の訓練、筋力の訓練、歩行訓練\r\n自宅でできる体操の指導",
    own: ("いすに座ってできる体操（１日１回）", "本人"),
};

static EQUIPMENT: CareWords = CareWords {
    need: "立ち上がりや移動のときにふらつくので、つかまるところがほしい。",
    long_goal: "用具を使い、転ばずに移動することができる。",
    short_goal: "起き上がり・立ち上がりが、自分でできる。",
    content: "福祉用具の選定・貸与、使い方の説明,点検",
    own: ("床に物を置かないようにする", "本人・家族"),
};

static STAY: CareWords = CareWords {
    need: "介護する家族の疲れがたまらないようにし、これからも家で一緒に暮らしたい。",
    long_goal: "家族が休める日を持ち、在宅での生活を続けることができる。",
    short_goal: "月に一度、施設で安心して過ごすことができる。",
    content: "入浴・排せつ・食事の介助、機能訓練、送迎",
    own: ("着替え・薬などの荷物の準備", "家族"),
};

static ADVICE: CareWords = CareWords {
    need: "通院がむずかしくなったが、かかりつけの先生に診てもらいたい。",
    long_goal: "療養についての助言を受け、家での療養を続けることができる。",
    short_goal: "薬をまちがえずに飲むことができる。",
    content: "療養上の管理・指導、服薬の管理",
    own: ("お薬カレンダーに薬を入れる", "家族"),
};

static DAY: CareWords = CareWords {
    need: "家に閉じこもりがちなので、外に出て、なじみの人と話したい。",
    long_goal: "人と交わり、張りのある毎日を送ることができる。",
    short_goal: "週に決まった日に休まず出かけることができる。",
    content: "送迎、入浴介助、機能訓練、\"脳トレ\"などの活動、昼食の提供",
    own: ("前の日に着替えを用意する", "本人・家族"),
};

/// What people wish (意向), of the person and of the family.
pub(crate) const WISHES: [(&str, &str); 5] = [
    (
        "\"このまま、この家で暮らしたい\"と話されています。庭の花の手入れを続けたいとのことです。",
        "本人の思いどおりにさせてあげたい。夜間のトイレが心配なので,相談にのってほしい。",
    ),
    (
        "デイサービスで友だちと話すのが楽しみ。ひ孫の結婚式に出たい。",
        "仕事があり日中は一人になるため、食事と薬の声かけをお願いしたい。",
    ),
    (
        "人の世話になるのは申し訳ないが、風呂だけは手伝ってもらえると助かる。",
        "転んで骨折したことがあるので、①風呂、②階段、③玄関の順に心配しています。",
    ),
    (
        "また歩いて近くの神社までお参りに行きたい。",
        "できることは自分でしてほしい。無理のない範囲でリハビリを続けてほしい。",
    ),
    ("特に困っていることはない。このままでよい。", "物忘れが増えてきた。火の始末が心配です。"),
];

/// What the assessment found.
pub(crate) const FINDINGS: [&str; 4] = [
    "下肢の筋力が落ちており、移動に見守りを要します。住まいの段差を減らし、外出の機会を持つことで、今の暮らしを続けられる見込みです。",
    "食事は自分で召し上がれますが、入浴と更衣に介助がいります。家族の負担にも気を配りながら支援します。",
    "体調の波があるため、医療と介護の連携が必要です。早めに変化に気づける見守りの体制をつくります。",
    "物忘れがありますが、なじみの関係の中では落ち着いて過ごされています。生活のリズムを整えます。",
];

/// 介護認定審査会の意見.
pub(crate) const OPINIONS: [&str; 4] = ["", "特になし", "なし", "福祉用具の活用を検討されたい。"];

/// 総合的な援助の方針.
pub(crate) const POLICIES: [&str; 3] = [
    "ご本人の\"やってみたい\"を大切に、次のことを支援します。\r\n１．安全に入浴できること\r\n２．外に出て人と交わること\r\n３．ご家族が休めること",
    "体調の変化に気をつけ、主治医・訪問看護と連絡を取り合いながら、ご自宅での暮らしを支えます。\r\n気になることは、小さなことでもお知らせください。",
    "できることはご自分でしていただき、難しいところをお手伝いします。転倒を防ぎ、歩く力を保てるように支援します。",
];

/// Who to call.
pub(crate) const CONTACTS: [&str; 3] = ["長女", "長男の妻", "甥"];

/// Activities of a day with their times, in minutes since midnight.
pub(crate) const ACTIVITIES: [(&str, u16, u16); 7] = [
    ("起床、着替え", 390, 420),
    ("朝食、服薬", 430, 480),
    ("新聞、テレビ", 480, 540),
    ("昼食", 720, 770),
    ("昼寝", 800, 860),
    ("夕食、服薬", 1080, 1140),
    ("就寝", 1260, 1440),
];

/// A day in the Japanese calendar.
pub(crate) fn era(day: Date) -> String {
    let (era, before) = if day < date(2019, 5, 1) { ("平成", 1988) } else { ("令和", 2018) };
    let number = |number: i16| full_width(usize::from(number.unsigned_abs()));
    let year = match day.year() - before {
        1 => "元".to_owned(),
        year => number(year),
    };
    format!("{era}{year}年{}月{}日", number(day.month().into()), number(day.day().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CARES;
    use crate::table::is_writable;

    #[test]
    fn all_sentences_can_be_written() {
        let of_cares = CARES.iter().map(|care| care_words(care.code)).flat_map(|words| {
            let CareWords { need, long_goal, short_goal, content, own } = words;
            [*need, *long_goal, *short_goal, *content, own.0, own.1]
        });
        let texts = of_cares
            .chain(WISHES.iter().flat_map(|(person, family)| [*person, *family]))
            .chain(FINDINGS)
            .chain(OPINIONS.into_iter().skip(1))
            .chain(POLICIES)
            .chain(CONTACTS)
            .chain(ACTIVITIES.map(|(activity, ..)| activity));
        for line in texts.flat_map(|text| text.split("\r\n")) {
            assert!(is_writable(line), "{line}");
        }
    }

    #[test]
    fn days_are_written_by_eras() {
        assert_eq!(era(date(2019, 4, 30)), "平成３１年４月３０日");
        assert_eq!(era(date(2019, 5, 1)), "令和元年５月１日");
        assert_eq!(era(date(2025, 10, 31)), "令和７年１０月３１日");
    }
}
