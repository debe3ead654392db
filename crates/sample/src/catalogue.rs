//! Kinds of care with their service codes, units and prices.
//!
//! Codes and units are those of the care fees of fiscal year 2024 (令和6年度介護報酬改定) for every month;
//! prices per unit are those of a town of the third area class (3級地). They serve to look real and to add up:
//! this is not a table to bill by.

/// Something that is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    /// Service code, 6 characters.
    pub(crate) code: &'static str,
    /// Units each time.
    pub(crate) units: u32,
    /// Whether it counts against the limit of the care level (区分支給限度基準額).
    pub(crate) counted: bool,
}

const fn counted(code: &'static str, units: u32) -> Item {
    Item { code, units, counted: true }
}

const fn outside(code: &'static str, units: u32) -> Item {
    Item { code, units, counted: false }
}

/// One way of visiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VisitKind {
    pub(crate) item: Item,
    /// How long it lasts.
    pub(crate) minutes: u16,
    /// How often the item is charged each time.
    pub(crate) count: u32,
}

const fn visit(item: Item, minutes: u16, count: u32) -> VisitKind {
    VisitKind { item, minutes, count }
}

/// A piece of equipment that can be rented.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Equipment {
    pub(crate) item: Item,
    /// TAIS code of a company that does not exist.
    pub(crate) tais_code: &'static str,
    pub(crate) name: &'static str,
}

/// When a kind of care is given, and what it consists of.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// Somebody comes on fixed days of the week.
    Visits { kinds: &'static [VisitKind], starts: &'static [u16], most_days: u16 },
    /// A day at the office on fixed days of the week; the items charged each day depend on the care level.
    DayCare { base: [Item; 5], add_ons: &'static [Item] },
    /// Some nights at the office.
    ShortStay { base: [Item; 5], transport: Item },
    /// Equipment by the month.
    Rental(&'static [Equipment]),
    /// Advice by a doctor or pharmacist, some times a month.
    Advice(&'static [Item]),
    /// Visits by day and night, charged by the month.
    AroundTheClock { base: [Item; 5] },
}

/// A kind of care.
#[derive(Debug)]
pub(crate) struct Care {
    /// Service type (サービス種類).
    pub(crate) code: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// How offices of this kind are called.
    pub(crate) office_name: &'static str,
    /// Price of a unit in hundredths of a yen.
    pub(crate) price: u32,
    pub(crate) pattern: Pattern,
    /// What is charged in the first month (初回加算).
    pub(crate) first: Option<Item>,
    /// What some people are charged once a month besides.
    pub(crate) monthly: &'static [Item],
    /// Raise for the staff's pay (介護職員等処遇改善加算): its code, and thousandths of all other units.
    pub(crate) raise: Option<(&'static str, u32)>,
}

/// Limit of units a month for care levels 1 to 5 (区分支給限度基準額).
pub(crate) const LIMITS: [u32; 5] = [16_765, 19_705, 27_048, 30_938, 36_217];

/// Price of a unit for kinds of care with much, medium, little and no share of wages.
const WAGES_70: u32 = 1105;
const WAGES_55: u32 = 1083;
const WAGES_45: u32 = 1068;
const NO_WAGES: u32 = 1000;

/// The kind of care of a service type, if this crate knows it.
pub(crate) fn care(code: &str) -> Option<&'static Care> {
    CARES.iter().find(|care| care.code == code)
}

/// All kinds of care, in the order in which offices are made up.
pub(crate) static CARES: [Care; 12] = [
    Care {
        code: "11",
        name: "訪問介護",
        office_name: "ヘルパーステーション",
        price: WAGES_70,
        pattern: Pattern::Visits {
            kinds: &[
                visit(counted("111111", 244), 30, 1),
                visit(counted("111211", 387), 60, 1),
                visit(counted("114111", 309), 50, 1),
                visit(counted("117211", 179), 40, 1),
                visit(counted("117311", 220), 60, 1),
            ],
            starts: &[8 * 60, 10 * 60 + 30, 17 * 60 + 30],
            most_days: 5,
        },
        first: Some(counted("114001", 200)),
        monthly: &[],
        raise: Some(("116275", 245)),
    },
    Care {
        code: "15",
        name: "通所介護",
        office_name: "デイサービスセンター",
        price: WAGES_45,
        pattern: Pattern::DayCare {
            base: [
                counted("152441", 658),
                counted("152442", 777),
                counted("152443", 900),
                counted("152444", 1023),
                counted("152445", 1148),
            ],
            add_ons: &[counted("155301", 40), counted("155051", 56), outside("156099", 22)],
        },
        first: None,
        monthly: &[counted("156361", 40)],
        raise: Some(("156108", 92)),
    },
    Care {
        code: "17",
        name: "福祉用具貸与",
        office_name: "福祉用具レンタル",
        price: NO_WAGES,
        pattern: Pattern::Rental(&EQUIPMENT),
        first: None,
        monthly: &[],
        raise: None,
    },
    Care {
        code: "13",
        name: "訪問看護",
        office_name: "訪問看護ステーション",
        price: WAGES_70,
        pattern: Pattern::Visits {
            kinds: &[
                visit(counted("131111", 471), 25, 1),
                visit(counted("131211", 823), 50, 1),
                visit(counted("131501", 294), 40, 2),
            ],
            starts: &[9 * 60 + 30, 11 * 60, 14 * 60, 15 * 60 + 30],
            most_days: 2,
        },
        first: Some(counted("134002", 300)),
        monthly: &[outside("133001", 600), outside("134001", 250)],
        raise: None,
    },
    Care {
        code: "78",
        name: "地域密着型通所介護",
        office_name: "小さなデイ",
        price: WAGES_45,
        pattern: Pattern::DayCare {
            base: [
                counted("781441", 753),
                counted("781442", 890),
                counted("781443", 1032),
                counted("781444", 1172),
                counted("781445", 1312),
            ],
            add_ons: &[counted("785301", 40), counted("785051", 56), outside("786099", 22)],
        },
        first: None,
        monthly: &[],
        raise: Some(("786108", 92)),
    },
    Care {
        code: "21",
        name: "短期入所生活介護",
        office_name: "ショートステイ",
        price: WAGES_55,
        pattern: Pattern::ShortStay {
            base: [
                counted("212111", 603),
                counted("212121", 672),
                counted("212131", 745),
                counted("212141", 815),
                counted("212151", 884),
            ],
            transport: counted("219200", 184),
        },
        first: None,
        monthly: &[],
        raise: Some(("216108", 140)),
    },
    Care {
        code: "31",
        name: "居宅療養管理指導",
        office_name: "在宅クリニック",
        price: NO_WAGES,
        pattern: Pattern::Advice(&[outside("311111", 515), outside("311112", 299), outside("311223", 518)]),
        first: None,
        monthly: &[],
        raise: None,
    },
    Care {
        code: "14",
        name: "訪問リハビリテーション",
        office_name: "訪問リハビリステーション",
        price: WAGES_55,
        pattern: Pattern::Visits {
            kinds: &[visit(counted("142111", 308), 40, 2), visit(counted("142111", 308), 60, 3)],
            starts: &[9 * 60, 13 * 60 + 30, 15 * 60],
            most_days: 2,
        },
        first: None,
        monthly: &[],
        raise: None,
    },
    Care {
        code: "16",
        name: "通所リハビリテーション",
        office_name: "リハビリセンター",
        price: WAGES_55,
        pattern: Pattern::DayCare {
            base: [
                counted("161171", 715),
                counted("161172", 850),
                counted("161173", 981),
                counted("161174", 1137),
                counted("161175", 1290),
            ],
            add_ons: &[counted("165301", 40)],
        },
        first: None,
        monthly: &[counted("166361", 40)],
        raise: None,
    },
    Care {
        code: "72",
        name: "認知症対応型通所介護",
        office_name: "デイホーム",
        price: WAGES_55,
        pattern: Pattern::DayCare {
            base: [
                counted("721441", 994),
                counted("721442", 1102),
                counted("721443", 1210),
                counted("721444", 1319),
                counted("721445", 1427),
            ],
            add_ons: &[counted("725301", 40)],
        },
        first: None,
        monthly: &[],
        raise: Some(("726107", 181)),
    },
    Care {
        code: "12",
        name: "訪問入浴介護",
        office_name: "訪問入浴センター",
        price: WAGES_70,
        pattern: Pattern::Visits {
            kinds: &[visit(counted("121111", 1266), 50, 1)],
            starts: &[10 * 60, 13 * 60, 14 * 60 + 30],
            most_days: 2,
        },
        first: None,
        monthly: &[],
        raise: Some(("126106", 100)),
    },
    Care {
        code: "76",
        name: "定期巡回・随時対応型訪問介護看護",
        office_name: "２４時間ケア",
        price: WAGES_70,
        pattern: Pattern::AroundTheClock {
            base: [
                counted("761111", 5446),
                counted("761112", 9720),
                counted("761113", 16_140),
                counted("761114", 20_417),
                counted("761115", 24_692),
            ],
        },
        first: None,
        monthly: &[],
        raise: None,
    },
];

/// Equipment for rent. The price of rented equipment is set by the office, in units of ten yen.
static EQUIPMENT: [Equipment; 12] = [
    Equipment { item: counted("171001", 600), tais_code: "09999-000101", name: "見本車いす 自走式" },
    Equipment { item: counted("171001", 550), tais_code: "09999-000102", name: "見本車いす 介助式" },
    Equipment {
        item: counted("171002", 150), tais_code: "09999-000103", name: "車いすクッション たすき"
    },
    Equipment {
        item: counted("171003", 850), tais_code: "09999-000201", name: "たすきベッド ２モーター"
    },
    Equipment {
        item: counted("171004", 50), tais_code: "09999-000202", name: "サイドレール（２本組）"
    },
    Equipment {
        item: counted("171004", 150),
        tais_code: "09999-000203",
        name: "ベッド用マットレス 見本９１",
    },
    Equipment {
        item: counted("171005", 700), tais_code: "09999-000301", name: "エアマットレス そよかぜ"
    },
    Equipment {
        item: counted("171007", 300), tais_code: "09999-000401", name: "置き型手すり 玄関用"
    },
    Equipment {
        item: counted("171007", 300), tais_code: "09999-000402", name: "置き型手すり トイレ用"
    },
    Equipment {
        item: counted("171008", 500), tais_code: "09999-000501", name: "可搬型スロープ ２．０ｍ"
    },
    Equipment { item: counted("171009", 300), tais_code: "09999-000601", name: "四輪歩行車 あゆみ" },
    Equipment { item: counted("171010", 100), tais_code: "09999-000701", name: "多点つえ（四点）" },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn items(care: &Care) -> Vec<Item> {
        let mut items: Vec<Item> = care.monthly.iter().copied().chain(care.first).collect();
        match &care.pattern {
            Pattern::Visits { kinds, .. } => items.extend(kinds.iter().map(|kind| kind.item)),
            Pattern::DayCare { base, add_ons } => items.extend(base.iter().chain(*add_ons)),
            Pattern::ShortStay { base, transport } => items.extend(base.iter().chain([transport])),
            Pattern::Rental(equipment) => items.extend(equipment.iter().map(|equipment| equipment.item)),
            Pattern::Advice(advice) => items.extend(*advice),
            Pattern::AroundTheClock { base } => items.extend(base),
        }
        items
    }

    #[test]
    fn every_code_belongs_to_its_service_type() {
        for care in &CARES {
            let raise = care.raise.map(|(code, _)| code);
            for code in items(care).iter().map(|item| item.code).chain(raise) {
                assert!(code.len() == 6 && code.starts_with(care.code), "{code} in {}", care.name);
            }
        }
    }

    #[test]
    fn tais_codes_are_different() {
        let codes: std::collections::BTreeSet<_> = EQUIPMENT.iter().map(|item| item.tais_code).collect();
        assert_eq!(codes.len(), EQUIPMENT.len());
    }

    #[test]
    fn a_month_around_the_clock_fits_the_limit() {
        let care = care("76").unwrap();
        for (item, limit) in items(care).iter().zip(LIMITS) {
            assert!(item.units < limit);
        }
    }
}
