//! The layout tables as read from their CSV files, with what the tables leave to be decided.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

/// Kinds in the order of the standard: file of the table, variant of `FileKind`, name of the record.
pub(crate) const KINDS: [(&str, &str, &str); 16] = [
    ("UPHOSOKU", "UserSupplement", "UserSupplement"),
    ("UP1KYO", "ServicePlan1", "ServicePlan1"),
    ("DLT1KYO", "ServicePlan1Deletion", "ServicePlan1Deletion"),
    ("UP2KYO", "ServicePlan2", "ServicePlan2"),
    ("UP3KYO", "ServicePlan3", "ServicePlan3"),
    ("UPPLAN", "UsageSlipPlan", "UsageSlip"),
    ("DLTPLAN", "UsageSlipPlanDeletion", "UsageSlipPlanDeletion"),
    ("DLTJSK", "UsageSlipActualDeletion", "UsageSlipActualDeletion"),
    ("UPSIKYU", "UsageSlipDetail", "UsageSlipDetail"),
    ("UPKIHON", "PreventionBasicInfo", "PreventionBasicInfo"),
    ("DLTKIHON", "PreventionBasicInfoDeletion", "PreventionBasicInfoDeletion"),
    ("UPKIHON_SUB1", "PreventionBasicInfoSchedule", "PreventionBasicInfoSchedule"),
    ("UPKIHON_SUB2", "PreventionBasicInfoHistory", "PreventionBasicInfoHistory"),
    ("UPYOBO", "PreventionPlan", "PreventionPlan"),
    ("DLTYOBO", "PreventionPlanDeletion", "PreventionPlanDeletion"),
    ("UPYOBO_SUB", "PreventionPlanDetail", "PreventionPlanDetail"),
];

/// Versions, oldest first.
pub(crate) const VERSIONS: [&str; 2] = ["202208", "202407"];

/// Fields whose mark is doubtful: their absence is worth a warning only (section 13 of the tables' notes).
const EXPECTED: [(&str, &[&str]); 4] = [
    ("UPHOSOKU", &["user_name_kana", "user_name", "user_sex", "user_birth_date"]),
    ("UPPLAN", &["care_office_no", "planner_name", "units"]),
    ("UPKIHON", &["entrustment"]),
    ("UPYOBO", &["entrustment"]),
];

/// Names of closed lists that cannot be called after the first field that has them.
const ENUM_NAMES: [(&str, &str); 4] = [
    ("user_sex", "Sex"),
    ("mobility_has_issue", "YesNo"),
    ("program_exercise", "Necessity"),
    ("office_code", "FixedOfficeCode"),
];

/// All tables.
pub(crate) struct Tables {
    pub(crate) layouts: Vec<Table>,
    /// Closed lists in order of first appearance.
    pub(crate) enums: Vec<ChoiceEnum>,
}

/// One table: a kind in a version.
pub(crate) struct Table {
    pub(crate) version: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) record: &'static str,
    pub(crate) fields: Vec<Field>,
}

/// One row of a table.
#[derive(Deserialize)]
pub(crate) struct Field {
    pub(crate) no: u8,
    pub(crate) name_ja: String,
    pub(crate) name_en: String,
    pub(crate) max_len: Option<u8>,
    pub(crate) required: String,
    #[serde(rename = "type")]
    pub(crate) content: String,
    pub(crate) choices: String,
    pub(crate) note: String,
}

/// A closed list of codes.
pub(crate) struct ChoiceEnum {
    pub(crate) name: String,
    /// The list as it stands in the tables.
    pub(crate) list: String,
    pub(crate) field_ja: String,
}

impl Tables {
    /// Reads all tables below a folder with one folder for each version.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut layouts = Vec::new();
        for version in VERSIONS {
            for (prefix, kind, record) in KINDS {
                let path = folder.join(version).join(format!("{prefix}.csv"));
                if version == VERSIONS[1] || path.exists() {
                    let fields = read_fields(&path)?;
                    layouts.push(Table { version, prefix, kind, record, fields });
                }
            }
        }
        let enums = collect_enums(&layouts);
        Ok(Self { layouts, enums })
    }

    /// The tables of the newest version: every older one is a part of them.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Table> {
        self.layouts.iter().filter(|table| table.version == VERSIONS[1])
    }

    /// Name of the closed list of a field.
    pub(crate) fn enum_of(&self, field: &Field) -> Option<&str> {
        let is_list = field.content != "flag" && !field.choices.is_empty();
        let found = self.enums.iter().find(|choice_enum| is_list && choice_enum.list == field.choices);
        found.map(|choice_enum| choice_enum.name.as_str())
    }
}

fn read_fields(path: &Path) -> anyhow::Result<Vec<Field>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| path.display().to_string())?;
    let fields: Vec<Field> = reader.deserialize().collect::<Result<_, _>>()?;
    for (field, no) in fields.iter().zip(1..) {
        if field.no != no {
            bail!("{}: field {} stands at place {no}", path.display(), field.no);
        }
    }
    Ok(fields)
}

fn collect_enums(layouts: &[Table]) -> Vec<ChoiceEnum> {
    let mut enums: Vec<ChoiceEnum> = Vec::new();
    for field in layouts.iter().rev().flat_map(|table| &table.fields) {
        if field.content == "flag" || field.choices.is_empty() {
            continue;
        }
        if enums.iter().all(|known| known.list != field.choices) {
            let name = enum_name(field, &enums);
            enums.push(ChoiceEnum { name, list: field.choices.clone(), field_ja: field.name_ja.clone() });
        }
    }
    enums.sort_by(|a, b| a.name.cmp(&b.name));
    enums
}

fn enum_name(field: &Field, taken: &[ChoiceEnum]) -> String {
    let fixed = ENUM_NAMES.iter().find(|(name, _)| *name == field.name_en);
    let name = fixed.map_or_else(|| camel_case(&field.name_en), |(_, fixed)| (*fixed).to_owned());
    // The one list that shares its fields' name with another: UPKIHON has care levels of its own.
    if taken.iter().any(|known| known.name == name) || field.choices.starts_with("01=非該当") {
        format!("BasicInfo{name}")
    } else {
        name
    }
}

/// `care_level` → `CareLevel`.
pub(crate) fn camel_case(snake: &str) -> String {
    let mut name = String::new();
    for word in snake.split('_') {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name
}

impl Table {
    /// Whether an empty value is wrong, doubtful or right.
    pub(crate) fn requirement(&self, field: &Field) -> &'static str {
        let expected = EXPECTED
            .iter()
            .any(|(prefix, names)| *prefix == self.prefix && names.contains(&field.name_en.as_str()));
        match field.required.as_str() {
            _ if expected => "Expected",
            "yes" if (self.prefix, field.name_en.as_str()) == ("UPSIKYU", "count_or_days") => {
                "RequiredInServices"
            }
            "yes" => "Required",
            _ => "Optional",
        }
    }
}

impl Field {
    /// Variant of `Content`, without the choices.
    pub(crate) fn variant(&self) -> &'static str {
        let by_name = self.name_en.as_str();
        match self.content.as_str() {
            "version_ym" => "Version",
            "date" => "Date",
            "date_or_zero" => "DateOrZero",
            "ym" => "Month",
            "ym_or_zero" => "MonthOrZero",
            "digits" if by_name == "insurer_no" => "InsurerNo",
            "digits" | "code" if !self.choices.is_empty() => "Choice",
            "digits" => "Digits",
            "code" if by_name.ends_with("service_type") => "ServiceType",
            "code" if self.max_len == Some(12) => "EquipmentCode",
            "code" => "OpenCode",
            "insured_no" => "InsuredNo",
            "office_no" => "OfficeNo",
            "text" => "Text",
            "postal" => "Postal",
            "phone" => "Phone",
            "integer" => "Integer",
            "decimal" => "Decimal",
            // Only the usage slip gives 9999 a meaning.
            "time" if matches!(by_name, "start_time" | "end_time") => "ServiceTime",
            "time" => "Time",
            "day_mask" => "DayMask",
            "service_code" => "ServiceCode",
            "flag" => "Flag",
            "image_name" => "ImageName",
            "unused" => "Unused",
            other => panic!("unknown type {other} in the tables"),
        }
    }
}
