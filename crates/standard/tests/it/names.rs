//! File names: those of the standard's own list, and which part of a wrong one is to blame.

use proptest::prelude::*;
use tasuki_standard::name::{NameError, NameOddity, NamePart};
use tasuki_standard::{CsvVersion, FileKind, FileName};

use crate::arbitrary;

/// The examples of section "ファイル名" with what they are, month, and which version.
#[rustfmt::skip]
const EXAMPLES: [(&str, FileKind, &str); 29] = [
    ("UPHOSOKU_000000_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::UserSupplement, ""),
    ("UPHOSOKU_000000_0300000100_0300000005_20191025200201.CSV", FileKind::UserSupplement, ""),
    ("UPHOSOKU_201909_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::UserSupplement, "201909"),
    ("UPHOSOKU_201909_0300000100_0300000005_20191025200201.CSV", FileKind::UserSupplement, "201909"),
    ("UP1KYO_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::ServicePlan1, ""),
    ("UP1KYO_0300000100_0300000005_20191025200201.CSV", FileKind::ServicePlan1, ""),
    ("DLT1KYO_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::ServicePlan1Deletion, ""),
    ("DLT1KYO_0300000100_0300000005_20191025200201.CSV", FileKind::ServicePlan1Deletion, ""),
    ("UP2KYO_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::ServicePlan2, ""),
    ("UP2KYO_0300000100_0300000005_20191025200201.CSV", FileKind::ServicePlan2, ""),
    ("UP3KYO_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::ServicePlan3, ""),
    ("UPPLAN_201912_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::UsageSlipPlan, "201912"),
    ("UPPLAN_201912_0300000100_0300000005_20191025200201.CSV", FileKind::UsageSlipPlan, "201912"),
    ("UPJSK_201912_0300000005_43_0300000100_11_20191025200201.CSV", FileKind::UsageSlipActual, "201912"),
    ("UPJSK_201912_0300000005_0300000100_20191025200201.CSV", FileKind::UsageSlipActual, "201912"),
    ("DLTPLAN_201912_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::UsageSlipPlanDeletion, "201912"),
    ("DLTPLAN_201912_0300000100_0300000005_20191025200201.CSV", FileKind::UsageSlipPlanDeletion, "201912"),
    ("DLTJSK_201912_0300000005_43_0300000100_11_20191025200201.CSV", FileKind::UsageSlipActualDeletion, "201912"),
    ("DLTJSK_201912_0300000005_0300000100_20191025200201.CSV", FileKind::UsageSlipActualDeletion, "201912"),
    ("UPSIKYU_201912_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::UsageSlipDetail, "201912"),
    ("UPSIKYU_201912_0300000100_0300000005_20191025200201.CSV", FileKind::UsageSlipDetail, "201912"),
    ("UPKIHON_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionBasicInfo, ""),
    ("DLTKIHON_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionBasicInfoDeletion, ""),
    ("UPKIHON_SUB1_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionBasicInfoSchedule, ""),
    ("UPKIHON_SUB2_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionBasicInfoHistory, ""),
    ("UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_0001.jpg", FileKind::PreventionBasicInfoImage, ""),
    ("UPYOBO_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionPlan, ""),
    ("DLTYOBO_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionPlanDeletion, ""),
    ("UPYOBO_SUB_0300000100_43_0300000005_11_20191025200201.CSV", FileKind::PreventionPlanDetail, ""),
];

#[test]
fn the_examples_of_the_standard_are_read_and_come_back() {
    for (text, kind, month) in EXAMPLES {
        let (name, oddities) =
            FileName::parse_liberally(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(oddities, [], "{text}");
        assert_eq!(name.to_string(), text);
        assert_eq!(name.kind, kind, "{text}");
        assert_eq!(name.service_month().map_or(String::new(), |month| month.to_string()), month, "{text}");
        let version = if text.contains("_43_") { CsvVersion::V202407 } else { CsvVersion::V202208 };
        assert_eq!(name.version(), version, "{text}");
        assert_eq!(name.serial.as_str(), "20191025200201");
    }
    let kinds: std::collections::BTreeSet<_> = EXAMPLES.iter().map(|(_, kind, _)| *kind).collect();
    assert_eq!(kinds.len(), FileKind::ALL.len());
}

#[test]
fn parts_are_those_at_their_places() {
    let name: FileName = EXAMPLES[0].0.parse().unwrap();
    assert_eq!(
        (name.sender.to_string(), name.receiver.to_string()),
        ("0300000100".into(), "0300000005".into())
    );
    let (from, to) = name.service_types.unwrap();
    assert_eq!((from.to_string(), to.to_string()), ("43".into(), "11".into()));
    let image: FileName = EXAMPLES[25].0.parse().unwrap();
    assert_eq!(image.branch, Some(1));
}

#[test]
fn unusual_names_are_read_with_a_remark() {
    let cases = [
        ("UP1KYO_0300000100_43_0300000005_11_20191025200201.csv", vec![NameOddity::EndingCase]),
        ("up1kyo_0300000100_43_0300000005_11_20191025200201.CSV", vec![NameOddity::LowerCase]),
        ("UP1KYO_000000_0300000100_43_0300000005_11_20191025200201.CSV", vec![NameOddity::NeedlessMonth]),
        ("UP1KYO_0300000100_43_0300000005_11_20191399000000.CSV", vec![NameOddity::SerialIsNoTime]),
        ("UP1KYO_0300000100_43_0300000005_11_20191025200260.CSV", vec![NameOddity::SerialIsNoTime]),
        ("UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_0001.JPG", vec![]),
    ];
    for (text, oddities) in cases {
        assert_eq!(FileName::parse_liberally(text).unwrap().1, oddities, "{text}");
    }
}

#[test]
fn a_wrong_name_says_which_part_is_wrong() {
    use NameError::{Empty, Form, NotInVersion, PartCount, UnknownKind};
    use NamePart as P;
    let cases = [
        ("", UnknownKind),
        ("PLAN_201912.CSV", UnknownKind),
        ("UPPLANX_201912_0300000100_0300000005_20191025200201.CSV", UnknownKind),
        ("UPPLAN_201912_0300000100_0300000005_20191025200201.TXT", Form { part: P::Ending }),
        ("UPPLAN_201912_0300000100_0300000005_20191025200201", Form { part: P::Ending }),
        ("UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_0001.png", Form { part: P::Ending }),
        ("UPPLAN_201912_0300000100_43_0300000005_20191025200201.CSV", PartCount { found: 5 }),
        ("UPPLAN_.CSV", PartCount { found: 1 }),
        ("UPPLAN_201913_0300000100_0300000005_20191025200201.CSV", Form { part: P::Month }),
        ("UPPLAN_000000_0300000100_0300000005_20191025200201.CSV", Form { part: P::Month }),
        ("UPPLAN_201912_030000010_0300000005_20191025200201.CSV", Form { part: P::Sender }),
        ("UPPLAN_201912_0300000100_03000a0005_20191025200201.CSV", Form { part: P::Receiver }),
        ("UPPLAN_201912__0300000005_20191025200201.CSV", Empty { part: P::Sender }),
        ("UPPLAN_201912_0300000100__20191025200201.CSV", Empty { part: P::Receiver }),
        ("UPPLAN_201912_0300000100_4_0300000005_11_20191025200201.CSV", Form { part: P::SenderType }),
        ("UPPLAN_201912_0300000100_43_0300000005_1１_20191025200201.CSV", Form { part: P::ReceiverType }),
        ("UPPLAN_201912_0300000100_0300000005_2019102520020.CSV", Form { part: P::Serial }),
        ("UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_0000.jpg", Form { part: P::Branch }),
        ("UPKIHON_IMAGE_0300000100_43_0300000005_11_20191025200201_1.jpg", Form { part: P::Branch }),
        ("UP3KYO_0300000100_0300000005_20191025200201.CSV", NotInVersion),
        ("UPYOBO_0300000100_0300000005_20191025200201.CSV", NotInVersion),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<FileName>(), Err(error), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read(name in arbitrary::name()) {
        prop_assert_eq!(name.to_string().parse(), Ok(name));
    }

    #[test]
    fn any_text_is_a_name_or_refused(text in "(UPPLAN|UPKIHON|UPKIHON_IMAGE|up1kyo|)[_.0-9A-Za-zあ]{0,70}") {
        if let Ok((name, oddities)) = FileName::parse_liberally(&text) {
            let image = name.kind == FileKind::PreventionBasicInfoImage;
            let printed = name.to_string();
            prop_assert!(!oddities.is_empty() || image || printed == text);
            prop_assert_eq!(printed.parse(), Ok(name));
        }
    }
}
