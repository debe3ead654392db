//! Service types (サービス種類) and whether their plans are exchanged (連携対象).

use tasuki_terms::ServiceType;

/// Which insurance benefit a service type belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Benefit {
    /// 介護給付.
    Care,
    /// 予防給付.
    Prevention,
    /// 介護予防・日常生活支援総合事業.
    Municipal,
}

/// What the standard says of a service type.
#[derive(Debug, PartialEq, Eq)]
pub struct ServiceTypeInfo {
    /// The code.
    pub code: &'static str,
    /// Name of the service.
    pub name_ja: &'static str,
    /// The benefit it belongs to.
    pub benefit: Benefit,
    /// Whether rows of it may be in a file (連携対象).
    pub in_scope: bool,
}

/// What the standard says of a service type; `None` for one that it does not list, which is neither allowed
/// nor forbidden.
pub fn service_type_info(service_type: ServiceType) -> Option<&'static ServiceTypeInfo> {
    SERVICE_TYPES.iter().find(|info| info.code == service_type.as_str())
}

/// Whether a service type is the rental of equipment (福祉用具貸与), which needs an equipment code.
pub fn is_equipment_rental(service_type: ServiceType) -> bool {
    matches!(service_type.as_str(), "17" | "67")
}

/// Whether a service of this type is over before midnight: day services.
pub fn is_within_a_day(service_type: ServiceType) -> bool {
    matches!(service_type.as_str(), "15" | "16" | "72" | "78" | "66" | "74" | "A5" | "A6" | "A7" | "A8")
}

const fn of(benefit: Benefit, in_scope: bool, code: &'static str, name_ja: &'static str) -> ServiceTypeInfo {
    ServiceTypeInfo { code, name_ja, benefit, in_scope }
}

const fn care(code: &'static str, name_ja: &'static str) -> ServiceTypeInfo {
    of(Benefit::Care, true, code, name_ja)
}

const fn prevention(code: &'static str, name_ja: &'static str) -> ServiceTypeInfo {
    of(Benefit::Prevention, true, code, name_ja)
}

const fn municipal(code: &'static str, name_ja: &'static str) -> ServiceTypeInfo {
    of(Benefit::Municipal, true, code, name_ja)
}

const fn excluded(benefit: Benefit, code: &'static str, name_ja: &'static str) -> ServiceTypeInfo {
    of(benefit, false, code, name_ja)
}

/// All service types that the standard lists. 59 and 81 stand in two of its lists and here in the first.
pub static SERVICE_TYPES: [ServiceTypeInfo; 60] = [
    care("11", "訪問介護"),
    care("12", "訪問入浴介護"),
    care("13", "訪問看護"),
    care("14", "訪問リハビリテーション"),
    care("15", "通所介護"),
    care("16", "通所リハビリテーション"),
    care("17", "福祉用具貸与"),
    care("21", "短期入所生活介護"),
    care("22", "短期入所療養介護（介護老人保健施設）"),
    care("23", "短期入所療養介護（介護療養型医療施設等）"),
    care("2A", "短期入所療養介護（介護医療院）"),
    care("31", "居宅療養管理指導"),
    care("71", "夜間対応型訪問介護"),
    care("76", "定期巡回・随時対応型訪問介護看護"),
    care("72", "認知症対応型通所介護"),
    care("78", "地域密着型通所介護"),
    care("73", "小規模多機能型居宅介護"),
    care("68", "小規模多機能型居宅介護（短期利用）"),
    care("77", "看護小規模多機能型居宅介護"),
    care("79", "看護小規模多機能型居宅介護（短期利用）"),
    excluded(Benefit::Care, "33", "特定施設入居者生活介護"),
    care("27", "特定施設入居者生活介護（短期利用）"),
    excluded(Benefit::Care, "36", "地域密着型特定施設入居者生活介護"),
    care("28", "地域密着型特定施設入居者生活介護（短期利用）"),
    excluded(Benefit::Care, "32", "認知症対応型共同生活介護（短期利用以外）"),
    care("38", "認知症対応型共同生活介護（短期利用）"),
    excluded(Benefit::Care, "41", "特定福祉用具販売"),
    excluded(Benefit::Care, "42", "住宅改修"),
    excluded(Benefit::Care, "51", "介護福祉施設サービス"),
    excluded(Benefit::Care, "52", "介護保健施設サービス"),
    excluded(Benefit::Care, "53", "介護療養施設サービス"),
    excluded(Benefit::Care, "54", "地域密着型介護老人福祉施設入所者生活介護"),
    excluded(Benefit::Care, "59", "特定介護サービス等"),
    excluded(Benefit::Care, "81", "市町村特別給付"),
    prevention("62", "介護予防訪問入浴介護"),
    prevention("63", "介護予防訪問看護"),
    prevention("64", "介護予防訪問リハビリテーション"),
    prevention("66", "介護予防通所リハビリテーション"),
    prevention("67", "介護予防福祉用具貸与"),
    prevention("24", "介護予防短期入所生活介護"),
    prevention("25", "介護予防短期入所療養介護（介護老人保健施設）"),
    prevention("26", "介護予防短期入所療養介護（介護療養型医療施設等）"),
    prevention("2B", "介護予防短期入所療養介護（介護医療院）"),
    prevention("34", "介護予防居宅療養管理指導"),
    prevention("74", "介護予防認知症対応型通所介護"),
    prevention("75", "介護予防小規模多機能型居宅介護"),
    prevention("69", "介護予防小規模多機能型居宅介護（短期利用）"),
    excluded(Benefit::Prevention, "35", "介護予防特定施設入居者生活介護"),
    excluded(Benefit::Prevention, "37", "介護予防認知症対応型共同生活介護（短期利用以外）"),
    prevention("39", "介護予防認知症対応型共同生活介護（短期利用）"),
    excluded(Benefit::Prevention, "44", "特定介護予防福祉用具販売"),
    excluded(Benefit::Prevention, "45", "介護予防住宅改修"),
    municipal("A1", "訪問型サービス（みなし）"),
    municipal("A2", "訪問型サービス（独自）"),
    municipal("A3", "訪問型サービス（独自／定率）"),
    municipal("A4", "訪問型サービス（独自／定額）"),
    municipal("A5", "通所型サービス（みなし）"),
    municipal("A6", "通所型サービス（独自）"),
    municipal("A7", "通所型サービス（独自／定率）"),
    municipal("A8", "通所型サービス（独自／定額）"),
];
