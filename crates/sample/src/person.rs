//! People who do not exist.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::dice::Dice;

/// A person whose care is planned.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) insurer_no: &'static str,
    pub(crate) insured_no: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) is_woman: bool,
    pub(crate) birth: Date,
    pub(crate) postal_code: String,
    pub(crate) address: String,
    pub(crate) room: String,
    pub(crate) phone: String,
    pub(crate) lives_alone: bool,
    /// Care level (要介護状態区分), 1 to 5.
    pub(crate) care_level: usize,
    /// Care level before, if it changed.
    pub(crate) previous_level: Option<usize>,
    pub(crate) certification: Certification,
    /// Share that the insurance pays, in percent.
    pub(crate) benefit_rate: u32,
    /// The care manager.
    pub(crate) planner: &'static str,
    pub(crate) plan: PlanDates,
}

/// Certification of the need for care (要介護認定).
#[derive(Debug)]
pub(crate) struct Certification {
    pub(crate) date: Date,
    pub(crate) start: Date,
    pub(crate) end: Date,
}

/// When the service plan was made.
#[derive(Debug)]
pub(crate) struct PlanDates {
    pub(crate) first: Date,
    pub(crate) current: Date,
}

impl Person {
    /// The person with this number, as of the first day of a month whose papers are made on `made`.
    pub(crate) fn new(number: u32, month: Date, made: Date, dice: &mut Dice) -> Self {
        let is_welfare = dice.percent(3);
        let (name, kana, is_woman) = full_name(dice);
        let care_level = 1 + dice.weighted(&[30, 28, 18, 14, 10]);
        let certification = Certification::new(month, dice);
        let (address, room) = address(dice);
        Self {
            insurer_no: dice.pick(&["139016", "139016", "139016", "139024"]),
            insured_no: insured_no(number, is_welfare),
            name,
            kana,
            is_woman,
            birth: birth(month, is_welfare, dice),
            postal_code: format!("000-{:04}", dice.of(1..=99)),
            address,
            room,
            phone: format!("03-0000-{:04}", dice.of(0..=9999)),
            lives_alone: dice.percent(35),
            care_level,
            previous_level: dice.percent(25).then(|| care_level.saturating_sub(1).max(1)),
            benefit_rate: if is_welfare { 100 } else { [90, 80, 70][dice.weighted(&[88, 8, 4])] },
            planner: dice.pick(&["見本　けい子", "髙計画　ひろし", "例文　みどり"]),
            plan: PlanDates::new(&certification, made, dice),
            certification,
        }
    }

    /// Age on a day.
    pub(crate) fn age(&self, on: Date) -> i16 {
        let had_birthday = (on.month(), on.day()) >= (self.birth.month(), self.birth.day());
        on.year() - self.birth.year() - i16::from(!had_birthday)
    }

    /// Code of a care level from 1 to 5 (要介護状態区分).
    pub(crate) fn level_code(level: usize) -> usize {
        20 + level
    }
}

impl Certification {
    /// A certification that covers a month.
    fn new(month: Date, dice: &mut Dice) -> Self {
        let months = dice.pick(&[6_u16, 12, 12, 24, 24, 36, 48]);
        let since = dice.of(0..=months - 1);
        let start = month.saturating_sub(i32::from(since).months());
        let end = start.saturating_add(i32::from(months).months()).yesterday().unwrap_or(start);
        Self { date: start.saturating_sub(i32::from(dice.of(3..=20)).days()), start, end }
    }
}

impl PlanDates {
    fn new(certification: &Certification, made: Date, dice: &mut Dice) -> Self {
        let back = i32::from(dice.of(0..=180)).days();
        // A certification that only begins with the month has its plan made just before.
        let current = made.saturating_sub(back).max(certification.start).min(made);
        let years = if dice.percent(30) { 0 } else { i32::from(dice.of(1..=6)) };
        Self { first: current.saturating_sub(years.years()), current }
    }
}

/// Insured number (被保険者番号); people on public assistance only have one that starts with `H`.
fn insured_no(number: u32, is_welfare: bool) -> String {
    // Neighbours have different last digits, but each number is used once: 7 and 10 have no common factor.
    let digits = 1_000_000 + u64::from(number) * 7;
    if is_welfare { format!("H{digits:09}") } else { format!("{digits:010}") }
}

fn birth(month: Date, is_welfare: bool, dice: &mut Dice) -> Date {
    // Public assistance without insurance is for those who are not yet 65.
    let age = if is_welfare { dice.of(46..=63) } else { dice.of(67..=99) };
    let year = month.saturating_sub(i32::from(age).years());
    year.saturating_sub(i32::from(dice.of(0..=364)).days())
}

fn address(dice: &mut Dice) -> (String, String) {
    let town = dice.pick(&["たすき町", "見本台", "れんけい通り", "計画が丘", "ひょうじゅん一丁目"]);
    let [block, house] =
        [dice.of(1..=9), dice.of(1..=30)].map(|number| crate::options::full_width(number.into()));
    let room = if dice.percent(35) {
        let room = crate::options::full_width(usize::from(dice.of(1..=6) * 100 + dice.of(1..=9)));
        format!("{}{room}号室", dice.pick(&["コーポ見本", "見本荘", "たすきハイツ"]))
    } else {
        String::new()
    };
    (format!("東京都見本市{town}{block}番{house}号"), room)
}

/// Name with kana, and whether it is a woman's. None of the surnames is one that people have.
fn full_name(dice: &mut Dice) -> (String, String, bool) {
    const SURNAMES: [(&str, &str); 20] = [
        ("たすき", "タスキ"),
        ("見本", "ミホン"),
        ("計画", "ケイカク"),
        ("様式", "ヨウシキ"),
        ("予定", "ヨテイ"),
        ("実績", "ジッセキ"),
        ("連携", "レンケイ"),
        ("標準", "ヒョウジュン"),
        ("仕様", "シヨウ"),
        ("帳票", "チョウヒョウ"),
        ("髙見本", "タカミホン"),
        ("山﨑例", "ヤマザキレイ"),
        ("例文", "レイブン"),
        ("記入", "キニュウ"),
        ("仮名", "カメイ"),
        ("試作", "シサク"),
        ("架空", "カクウ"),
        ("雛形", "ヒナガタ"),
        ("下書", "シタガキ"),
        ("德見本", "トクミホン"),
    ];
    const WOMEN: [(&str, &str); 16] = [
        ("花子", "ハナコ"),
        ("さくら", "サクラ"),
        ("トメ", "トメ"),
        ("ハツ", "ハツ"),
        ("和子", "カズコ"),
        ("幸子", "サチコ"),
        ("節子", "セツコ"),
        ("文", "フミ"),
        ("千代", "チヨ"),
        ("きみ江", "キミエ"),
        ("美代子", "ミヨコ"),
        ("すゞ", "スズ"),
        ("ヨシ", "ヨシ"),
        ("春枝", "ハルエ"),
        ("冨美", "フミ"),
        ("ゐね", "イネ"),
    ];
    const MEN: [(&str, &str); 12] = [
        ("太郎", "タロウ"),
        ("一郎", "イチロウ"),
        ("正雄", "マサオ"),
        ("清", "キヨシ"),
        ("勇", "イサム"),
        ("昭", "アキラ"),
        ("茂", "シゲル"),
        ("義雄", "ヨシオ"),
        ("辰夫", "タツオ"),
        ("実", "ミノル"),
        ("德次", "トクジ"),
        ("栄吉", "エイキチ"),
    ];
    let (surname, surname_kana) = dice.pick(&SURNAMES);
    let is_woman = dice.percent(66);
    let (name, name_kana) = if is_woman { dice.pick(&WOMEN) } else { dice.pick(&MEN) };
    (format!("{surname}　{name}"), format!("{surname_kana}　{name_kana}"), is_woman)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn people() -> impl Iterator<Item = Person> {
        (0..2000).map(|number| {
            let mut dice = Dice::new(3, number.into());
            Person::new(number, date(2025, 10, 1), date(2025, 9, 25), &mut dice)
        })
    }

    #[test]
    fn numbers_are_different_and_some_are_of_public_assistance() {
        let numbers: std::collections::BTreeSet<_> = people().map(|person| person.insured_no).collect();
        assert_eq!(numbers.len(), 2000);
        assert!(numbers.iter().all(|number| number.len() == 10));
        assert!((20..150).contains(&numbers.iter().filter(|number| number.starts_with('H')).count()));
    }

    #[test]
    fn certifications_cover_the_month_and_plans_come_before_it() {
        for person in people() {
            let Certification { date, start, end } = person.certification;
            assert!(date < start && start <= date_of_month(1) && end >= date_of_month(31));
            assert!(person.plan.first <= person.plan.current && person.plan.current <= date_of_september(25));
            assert!((46..=100).contains(&person.age(date_of_month(1))));
        }
    }

    fn date_of_month(day: i8) -> Date {
        date(2025, 10, day)
    }

    fn date_of_september(day: i8) -> Date {
        date(2025, 9, day)
    }

    #[test]
    fn all_names_can_be_written() {
        for person in people() {
            for text in [&person.name, &person.kana, &person.address, &person.room] {
                assert!(crate::table::is_writable(text), "{text}");
            }
            assert!(person.kana.chars().all(|kana| ('ァ'..='ー').contains(&kana) || kana == '　'));
        }
    }
}
