//! Kinds of files.

/// What a file of the standard holds. Its prefix stands at the start of the file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `UPHOSOKU` 利用者補足情報.
    UserSupplement,
    /// `UP1KYO` 居宅サービス計画1表.
    ServicePlan1,
    /// `DLT1KYO` 居宅サービス計画1表_削除.
    ServicePlan1Deletion,
    /// `UP2KYO` 居宅サービス計画2表.
    ServicePlan2,
    /// `UP3KYO` 居宅サービス計画3表.
    ServicePlan3,
    /// `UPPLAN` 第6表（サービス利用票） 予定.
    UsageSlipPlan,
    /// `UPJSK` 第6表 実績情報.
    UsageSlipActual,
    /// `DLTPLAN` 第6表 予定_削除.
    UsageSlipPlanDeletion,
    /// `DLTJSK` 実績情報_削除.
    UsageSlipActualDeletion,
    /// `UPSIKYU` 第7表（サービス利用票別表）.
    UsageSlipDetail,
    /// `UPKIHON` 利用者基本情報.
    PreventionBasicInfo,
    /// `DLTKIHON` 利用者基本情報_削除.
    PreventionBasicInfoDeletion,
    /// `UPKIHON_SUB1` 利用者基本情報（別表1）１日の生活・すごし方.
    PreventionBasicInfoSchedule,
    /// `UPKIHON_SUB2` 利用者基本情報（別表2）現病歴・既往歴.
    PreventionBasicInfoHistory,
    /// `UPKIHON_IMAGE` 家族構成 画像ファイル, a JPEG picture and the only kind without a layout.
    PreventionBasicInfoImage,
    /// `UPYOBO` 介護予防サービス・支援計画書.
    PreventionPlan,
    /// `DLTYOBO` 介護予防サービス・支援計画書_削除.
    PreventionPlanDeletion,
    /// `UPYOBO_SUB` 介護予防サービス・支援計画書（別表）支援計画.
    PreventionPlanDetail,
}

use FileKind as K;

impl FileKind {
    /// All kinds, in the order of the standard.
    pub const ALL: [Self; 18] = [
        K::UserSupplement,
        K::ServicePlan1,
        K::ServicePlan1Deletion,
        K::ServicePlan2,
        K::ServicePlan3,
        K::UsageSlipPlan,
        K::UsageSlipActual,
        K::UsageSlipPlanDeletion,
        K::UsageSlipActualDeletion,
        K::UsageSlipDetail,
        K::PreventionBasicInfo,
        K::PreventionBasicInfoDeletion,
        K::PreventionBasicInfoSchedule,
        K::PreventionBasicInfoHistory,
        K::PreventionBasicInfoImage,
        K::PreventionPlan,
        K::PreventionPlanDeletion,
        K::PreventionPlanDetail,
    ];

    /// First part of the file name.
    pub fn prefix(self) -> &'static str {
        match self {
            K::UserSupplement => "UPHOSOKU",
            K::ServicePlan1 => "UP1KYO",
            K::ServicePlan1Deletion => "DLT1KYO",
            K::ServicePlan2 => "UP2KYO",
            K::ServicePlan3 => "UP3KYO",
            K::UsageSlipPlan => "UPPLAN",
            K::UsageSlipActual => "UPJSK",
            K::UsageSlipPlanDeletion => "DLTPLAN",
            K::UsageSlipActualDeletion => "DLTJSK",
            K::UsageSlipDetail => "UPSIKYU",
            K::PreventionBasicInfo => "UPKIHON",
            K::PreventionBasicInfoDeletion => "DLTKIHON",
            K::PreventionBasicInfoSchedule => "UPKIHON_SUB1",
            K::PreventionBasicInfoHistory => "UPKIHON_SUB2",
            K::PreventionBasicInfoImage => "UPKIHON_IMAGE",
            K::PreventionPlan => "UPYOBO",
            K::PreventionPlanDeletion => "DLTYOBO",
            K::PreventionPlanDetail => "UPYOBO_SUB",
        }
    }

    /// Name in the words of the standard.
    pub fn name_ja(self) -> &'static str {
        match self {
            K::UserSupplement => "利用者補足情報",
            K::ServicePlan1 => "居宅サービス計画書（第1表）",
            K::ServicePlan1Deletion => "居宅サービス計画書（第1表）の削除",
            K::ServicePlan2 => "居宅サービス計画書（第2表）",
            K::ServicePlan3 => "週間サービス計画表（第3表）",
            K::UsageSlipPlan => "サービス利用票（第6表）予定",
            K::UsageSlipActual => "サービス利用票（第6表）実績",
            K::UsageSlipPlanDeletion => "サービス利用票（第6表）予定の削除",
            K::UsageSlipActualDeletion => "サービス利用票（第6表）実績の削除",
            K::UsageSlipDetail => "サービス利用票別表（第7表）",
            K::PreventionBasicInfo => "利用者基本情報",
            K::PreventionBasicInfoDeletion => "利用者基本情報の削除",
            K::PreventionBasicInfoSchedule => "利用者基本情報（別表1）１日の生活・すごし方",
            K::PreventionBasicInfoHistory => "利用者基本情報（別表2）現病歴・既往歴",
            K::PreventionBasicInfoImage => "利用者基本情報 家族構成の画像",
            K::PreventionPlan => "介護予防サービス・支援計画書",
            K::PreventionPlanDeletion => "介護予防サービス・支援計画書の削除",
            K::PreventionPlanDetail => "介護予防サービス・支援計画書（別表）支援計画",
        }
    }

    /// Whether the file name carries a month.
    pub fn has_month(self) -> bool {
        matches!(
            self,
            K::UserSupplement
                | K::UsageSlipPlan
                | K::UsageSlipActual
                | K::UsageSlipPlanDeletion
                | K::UsageSlipActualDeletion
                | K::UsageSlipDetail
        )
    }

    /// Whether the kind exists since CSV version 202407 only: table 3 and all of prevention.
    pub fn is_new_in_202407(self) -> bool {
        self == K::ServicePlan3 || self.is_prevention()
    }

    /// Whether only prevention (介護予防支援等) uses this kind. Tables 6, 7 and the supplement serve both.
    pub fn is_prevention(self) -> bool {
        matches!(
            self,
            K::PreventionBasicInfo
                | K::PreventionBasicInfoDeletion
                | K::PreventionBasicInfoSchedule
                | K::PreventionBasicInfoHistory
                | K::PreventionBasicInfoImage
                | K::PreventionPlan
                | K::PreventionPlanDeletion
                | K::PreventionPlanDetail
        )
    }

    /// Whether the file takes something back.
    pub fn is_deletion(self) -> bool {
        self.prefix().starts_with("DLT")
    }

    /// The file that this one depends on inside its send unit, for the kinds that depend on exactly one.
    /// (The supplement goes with table 1 or table 6, whichever its month says.)
    pub fn main(self) -> Option<Self> {
        match self {
            K::ServicePlan2 | K::ServicePlan3 => Some(K::ServicePlan1),
            K::UsageSlipDetail => Some(K::UsageSlipPlan),
            K::PreventionBasicInfoSchedule | K::PreventionBasicInfoHistory | K::PreventionBasicInfoImage => {
                Some(K::PreventionBasicInfo)
            }
            K::PreventionPlanDetail => Some(K::PreventionPlan),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_different() {
        let prefixes: std::collections::HashSet<_> = FileKind::ALL.map(FileKind::prefix).into();
        assert_eq!(prefixes.len(), FileKind::ALL.len());
    }

    #[test]
    fn every_main_file_is_a_main_file_itself() {
        for main in FileKind::ALL.into_iter().filter_map(FileKind::main) {
            assert_eq!(main.main(), None);
        }
    }
}
