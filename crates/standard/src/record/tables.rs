// Made by `cargo xtask generate` from the tables in `layout/`. Do not edit.

use super::record;
#[allow(clippy::wildcard_imports, reason = "records use nearly all of them")]
use crate::value::*;

record! {
    /// A row of `UPHOSOKU`: see [`FileKind::UserSupplement`](crate::FileKind::UserSupplement).
    UserSupplement, UserSupplement {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 居宅サービス計画作成（変更）日 (Plan creation (change) date of table 1; 00000000 when the file accompanies tables 6 and 7).
        plan_date: OrZero<Date>,
        /// No. 5 利用者氏名フリガナ (Required mark reconstructed: report a missing value as a warning).
        user_name_kana: Option<Text>,
        /// No. 6 利用者氏名 (Required mark reconstructed: report a missing value as a warning).
        user_name: Option<Text>,
        /// No. 7 利用者性別 (Required mark reconstructed: report a missing value as a warning).
        user_sex: Option<Sex>,
        /// No. 8 利用者生年月日 (Required mark reconstructed: report a missing value as a warning).
        user_birth_date: Option<Date>,
        /// No. 9 利用者郵便番号 (XXX-XXXX).
        user_postal_code: Option<PostalCode>,
        /// No. 10 利用者住所１.
        user_address_1: Option<Text>,
        /// No. 11 利用者住所２.
        user_address_2: Option<Text>,
        /// No. 12 利用者電話番号 (No format given by the layout).
        user_phone: Option<Phone>,
        /// No. 13 認定日.
        certification_date: Option<Date>,
        /// No. 14 限度額適用開始年月日.
        limit_start_date: Option<Date>,
        /// No. 15 限度額適用終了年月日.
        limit_end_date: Option<Date>,
        /// No. 16 認定状況区分.
        certification_status: Option<CertificationStatus>,
        /// No. 17 要介護状態変更日.
        care_level_change_date: Option<Date>,
        /// No. 18 要介護状態区分.
        care_level: Option<CareLevel>,
        /// No. 19 区分支給限度基準額 (Monthly limit for the care level, in units).
        category_limit_units: Option<Integer>,
        /// No. 20 １サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_1_service_type: Option<ServiceType>,
        /// No. 21 １支給限度基準額 (Limit of slot 1).
        type_limit_1_limit_units: Option<Integer>,
        /// No. 22 １合計単位数 (Total units of slot 1).
        type_limit_1_total_units: Option<Integer>,
        /// No. 23 １限度超単位数 (Units over the limit of slot 1).
        type_limit_1_excess_units: Option<Integer>,
        /// No. 24 ２サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_2_service_type: Option<ServiceType>,
        /// No. 25 ２支給限度基準額 (Limit of slot 2).
        type_limit_2_limit_units: Option<Integer>,
        /// No. 26 ２合計単位数 (Total units of slot 2).
        type_limit_2_total_units: Option<Integer>,
        /// No. 27 ２限度超単位数 (Units over the limit of slot 2).
        type_limit_2_excess_units: Option<Integer>,
        /// No. 28 ３サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_3_service_type: Option<ServiceType>,
        /// No. 29 ３支給限度基準額 (Limit of slot 3).
        type_limit_3_limit_units: Option<Integer>,
        /// No. 30 ３合計単位数 (Total units of slot 3).
        type_limit_3_total_units: Option<Integer>,
        /// No. 31 ３限度超単位数 (Units over the limit of slot 3).
        type_limit_3_excess_units: Option<Integer>,
        /// No. 32 ４サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_4_service_type: Option<ServiceType>,
        /// No. 33 ４支給限度基準額 (Limit of slot 4).
        type_limit_4_limit_units: Option<Integer>,
        /// No. 34 ４合計単位数 (Total units of slot 4).
        type_limit_4_total_units: Option<Integer>,
        /// No. 35 ４限度超単位数 (Units over the limit of slot 4).
        type_limit_4_excess_units: Option<Integer>,
        /// No. 36 ５サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_5_service_type: Option<ServiceType>,
        /// No. 37 ５支給限度基準額 (Limit of slot 5).
        type_limit_5_limit_units: Option<Integer>,
        /// No. 38 ５合計単位数 (Total units of slot 5).
        type_limit_5_total_units: Option<Integer>,
        /// No. 39 ５限度超単位数 (Units over the limit of slot 5).
        type_limit_5_excess_units: Option<Integer>,
        /// No. 40 ６サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_6_service_type: Option<ServiceType>,
        /// No. 41 ６支給限度基準額 (Limit of slot 6).
        type_limit_6_limit_units: Option<Integer>,
        /// No. 42 ６合計単位数 (Total units of slot 6).
        type_limit_6_total_units: Option<Integer>,
        /// No. 43 ６限度超単位数 (Units over the limit of slot 6).
        type_limit_6_excess_units: Option<Integer>,
        /// No. 44 ７サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_7_service_type: Option<ServiceType>,
        /// No. 45 ７支給限度基準額 (Limit of slot 7).
        type_limit_7_limit_units: Option<Integer>,
        /// No. 46 ７合計単位数 (Total units of slot 7).
        type_limit_7_total_units: Option<Integer>,
        /// No. 47 ７限度超単位数 (Units over the limit of slot 7).
        type_limit_7_excess_units: Option<Integer>,
        /// No. 48 ８サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_8_service_type: Option<ServiceType>,
        /// No. 49 ８支給限度基準額 (Limit of slot 8).
        type_limit_8_limit_units: Option<Integer>,
        /// No. 50 ８合計単位数 (Total units of slot 8).
        type_limit_8_total_units: Option<Integer>,
        /// No. 51 ８限度超単位数 (Units over the limit of slot 8).
        type_limit_8_excess_units: Option<Integer>,
        /// No. 52 ９サービス種類コード (Service type code; slots are filled from 1 when limits per service type are managed; 22 stands for all short-stay nursing care).
        type_limit_9_service_type: Option<ServiceType>,
        /// No. 53 ９支給限度基準額 (Limit of slot 9).
        type_limit_9_limit_units: Option<Integer>,
        /// No. 54 ９合計単位数 (Total units of slot 9).
        type_limit_9_total_units: Option<Integer>,
        /// No. 55 ９限度超単位数 (Units over the limit of slot 9).
        type_limit_9_excess_units: Option<Integer>,
        /// No. 56 合計限度超単位数 (Units over the limit, all slots).
        type_limit_excess_units_total: Option<Integer>,
        /// No. 57 入所前月迄利用日数 (Short-stay days used up to the previous month).
        short_stay_days_until_prev_month: Option<Integer>,
        /// No. 58 入所累積利用日数 (Short-stay days used, cumulative).
        short_stay_days_cumulative: Option<Integer>,
        /// No. 59 前回要介護状態区分.
        previous_care_level: Option<CareLevel>,
        /// No. 60 同意書受付業者 (Care-management office number).
        consent_office_no: Option<OfficeNo>,
        /// No. 61 更新業者コード (Care-management office number).
        updating_office_no: Option<OfficeNo>,
        /// No. 62 識別子 (Not used).
        identifier: Option<Unused>,
        /// No. 63 対象年月 (000000 when the file accompanies tables 1 to 3).
        target_month: OrZero<ServiceMonth>,
    }
}

record! {
    /// A row of `UP1KYO`: see [`FileKind::ServicePlan1`](crate::FileKind::ServicePlan1).
    ServicePlan1, ServicePlan1 {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 作成年月日.
        created_date: Date,
        /// No. 5 利用者郵便番号 (XXX-XXXX).
        user_postal_code: Option<PostalCode>,
        /// No. 6 利用者住所１.
        user_address_1: Option<Text>,
        /// No. 7 利用者住所２.
        user_address_2: Option<Text>,
        /// No. 8 居宅サービス計画作成者氏名 (Care manager; the field list cuts the name to 居宅サービス計画作成者).
        planner_name: Text,
        /// No. 9 介護支援事業者名.
        care_office_name: Text,
        /// No. 10 介護支援事業者郵便番号 (XXX-XXXX).
        care_office_postal_code: Option<PostalCode>,
        /// No. 11 介護支援事業者住所１.
        care_office_address_1: Option<Text>,
        /// No. 12 介護支援事業者住所２.
        care_office_address_2: Option<Text>,
        /// No. 13 介護支援事業者コード (Care-management office number).
        care_office_no: OfficeNo,
        /// No. 14 居宅サービス計画作成（変更）日 (Key: identifies the plan together with insurer and insured person).
        plan_date: Date,
        /// No. 15 初回居宅サービス計画作成日.
        first_plan_date: Date,
        /// No. 16 計画書区分.
        plan_kind: Option<PlanKind>,
        /// No. 17 認定状況区分.
        certification_status: Option<CertificationStatus>,
        /// No. 18 認定日.
        certification_date: Option<Date>,
        /// No. 19 認定有効期間開始日.
        certification_start_date: Option<Date>,
        /// No. 20 認定有効期間終了日.
        certification_end_date: Option<Date>,
        /// No. 21 要介護状態区分.
        care_level: Option<CareLevel>,
        /// No. 22 利用者及び家族の生活に対する意向を踏まえた課題分析の結果.
        wishes_and_assessment_result: Option<Text>,
        /// No. 23 介護認定審査会の意見及びサービスの種類の指定.
        committee_opinion: Option<Text>,
        /// No. 24 総合的な援助の方針.
        overall_policy: Option<Text>,
        /// No. 25 生活援助中心型の算定理由.
        housework_reason: Option<HouseworkReason>,
        /// No. 26 その他理由 (Text for code 3 of the field before).
        housework_other_reason: Option<Text>,
        /// No. 27 更新業者コード (Care-management office number).
        updating_office_no: Option<OfficeNo>,
        /// No. 28 識別子 (Not used).
        identifier: Option<Unused>,
    }
}

record! {
    /// A row of `DLT1KYO`: see [`FileKind::ServicePlan1Deletion`](crate::FileKind::ServicePlan1Deletion).
    ServicePlan1Deletion, ServicePlan1Deletion {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 居宅サービス計画作成（変更）日 (Plan to delete; its tables 2 and 3 are deleted with it).
        plan_date: Date,
    }
}

record! {
    /// A row of `UP2KYO`: see [`FileKind::ServicePlan2`](crate::FileKind::ServicePlan2).
    ServicePlan2, ServicePlan2 {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 居宅計画書作成年月日.
        created_date: Date,
        /// No. 5 居宅サービス計画作成（変更）日 (Key to table 1; the data example calls it 居宅サービス計画最新作成日).
        plan_date: Date,
        /// No. 6 課題ＮＯ (1 to 99).
        need_no: Option<Integer>,
        /// No. 7 課題 (May be empty on repeated rows).
        need: Option<Text>,
        /// No. 8 援助目標ＮＯ (1 to 99, within the need).
        goal_no: Option<Integer>,
        /// No. 9 長期目標 (May be empty on repeated rows).
        long_term_goal: Option<Text>,
        /// No. 10 短期目標 (May be empty on repeated rows).
        short_term_goal: Option<Text>,
        /// No. 11 長期期間.
        long_term_period: Option<Text>,
        /// No. 12 短期期間.
        short_term_period: Option<Text>,
        /// No. 13 援助内容ＮＯ (1 to 99, within the goal).
        support_no: Option<Integer>,
        /// No. 14 サービス内容.
        service_content: Option<Text>,
        /// No. 15 保険対象区分 (The data example leaves it empty for services outside insurance).
        insurance_coverage: Option<InsuranceCoverage>,
        /// No. 16 サービス種別.
        service_kind: Option<Text>,
        /// No. 17 サービス事業者コード (No format given by the layout; empty for helpers without an office number).
        service_office_no: Option<OfficeNo>,
        /// No. 18 サービス事業所名.
        service_office_name: Option<Text>,
        /// No. 19 頻度.
        frequency: Option<Text>,
        /// No. 20 実施期間.
        service_period: Option<Text>,
        /// No. 21 更新業者コード (Care-management office number).
        updating_office_no: Option<OfficeNo>,
        /// No. 22 識別子 (Not used).
        identifier: Option<Unused>,
    }
}

record! {
    /// A row of `UP3KYO`: see [`FileKind::ServicePlan3`](crate::FileKind::ServicePlan3).
    ServicePlan3, ServicePlan3 {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 週間サービス計画表作成年月日.
        created_date: Date,
        /// No. 5 居宅サービス計画作成（変更）日 (Key to table 1).
        plan_date: Date,
        /// No. 6 介護サービス内容 (Weekly service; used with the next three fields).
        service_content: Option<Text>,
        /// No. 7 曜日 (One weekday per row).
        weekday: Option<Weekday>,
        /// No. 8 開始時間 (HHMM).
        service_start_time: Option<TimeOfDay>,
        /// No. 9 終了時間 (HHMM; the printed grid runs to 24:00).
        service_end_time: Option<TimeOfDay>,
        /// No. 10 主な日常生活上の活動 (Used with the next two fields).
        daily_activity: Option<Text>,
        /// No. 11 開始時間 (HHMM).
        activity_start_time: Option<TimeOfDay>,
        /// No. 12 終了時間 (HHMM).
        activity_end_time: Option<TimeOfDay>,
        /// No. 13 週単位以外のサービス (Services that do not recur every week).
        non_weekly_service: Option<Text>,
    }
}

record! {
    /// A row of `UPPLAN`: see [`FileKind::UsageSlipPlan`](crate::FileKind::UsageSlipPlan).
    UsageSlip, UsageSlipPlan {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; a user under the domicile exception (住所地特例) is corrected by hand after import).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 作成年月日.
        created_date: Date,
        /// No. 5 対象年月 (Service month; equal in every row and in the file name).
        target_month: ServiceMonth,
        /// No. 6 プラン担当業者コード (Care-management office number; required mark reconstructed: report a missing value as a warning).
        care_office_no: Option<OfficeNo>,
        /// No. 7 プラン担当者名 (Care manager; required mark reconstructed: report a missing value as a warning).
        planner_name: Option<Text>,
        /// No. 8 単位数 (Units after discount; 0 when they cannot be computed; percentage add-ons are optional in actuals; reductions of inclusive (共生型) services stand on the first day of the month only and 0 on the others).
        units: Option<Integer>,
        /// No. 9 前月までの短期入所利用日数.
        short_stay_days_until_prev_month: Option<Integer>,
        /// No. 10 サービス利用日 (Planned or actual day; also filled for equipment rental and bundled services).
        service_date: Date,
        /// No. 11 日割対象日 (31 digits, one per day, 1 = may be charged per day; empty unless charged per day).
        prorated_days: Option<DayMask>,
        /// No. 12 サービス開始時刻 (HHMM, or 9999 for services without a time; planned in UPPLAN, actual in UPJSK; add-ons carry the time of their base service).
        start_time: ServiceTime,
        /// No. 13 サービス終了時刻 (As start_time).
        end_time: ServiceTime,
        /// No. 14 サービス回数 (Times on that day).
        count: Integer,
        /// No. 15 サービスコード (2 characters service type + 4 characters item).
        service_code: ServiceCode,
        /// No. 16 TAISコード (For service types 17 and 67 this or the other equipment code must be filled; 12 characters like 00001-000010).
        tais_code: Option<EquipmentCode>,
        /// No. 17 福祉用具届出コード (For service types 17 and 67 this or the other equipment code must be filled; 12 characters like 00001-000010).
        equipment_notification_code: Option<EquipmentCode>,
        /// No. 18 用具名称（機種名）.
        equipment_name: Option<Text>,
        /// No. 19 明細判別コード (1, 2, 3 ... when rental rows share service code and units; else empty; length unreadable in the source, 2 taken from a public implementation: warn only).
        detail_no: Option<Digits>,
        /// No. 20 サービス事業者コード (Planned office in UPPLAN, actual office in UPJSK).
        service_office_no: OfficeNo,
        /// No. 21 サービス事業所名 (Planned office in UPPLAN, actual office in UPJSK).
        service_office_name: Option<Text>,
        /// No. 22 サテライト枝番 (The office's own satellite number, else 1, 2, 3 ...; empty when not a satellite).
        satellite_no: Option<Digits>,
        /// No. 23 ３０日超区分.
        over_30_days: Flag,
        /// No. 24 更新業者コード (Care-management office in UPPLAN, service office in UPJSK).
        updating_office_no: Option<OfficeNo>,
        /// No. 25 識別子 (Not used).
        identifier: Option<Unused>,
    }
}

record! {
    /// A row of `DLTPLAN`: see [`FileKind::UsageSlipPlanDeletion`](crate::FileKind::UsageSlipPlanDeletion).
    UsageSlipPlanDeletion, UsageSlipPlanDeletion {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 削除対象年月 (Service month to delete; table 7 goes with it).
        delete_month: ServiceMonth,
    }
}

record! {
    /// A row of `DLTJSK`: see [`FileKind::UsageSlipActualDeletion`](crate::FileKind::UsageSlipActualDeletion).
    UsageSlipActualDeletion, UsageSlipActualDeletion {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 削除対象年月 (Service month to delete).
        delete_month: ServiceMonth,
        /// No. 5 サービス事業者コード (Service office whose actuals are deleted).
        service_office_no: OfficeNo,
        /// No. 6 サービス種類コード (Service type code; deletion is per service type).
        service_type: ServiceType,
    }
}

record! {
    /// A row of `UPSIKYU`: see [`FileKind::UsageSlipDetail`](crate::FileKind::UsageSlipDetail).
    UsageSlipDetail, UsageSlipDetail {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 作成年月日 (Date on which table 7 was made).
        created_date: Date,
        /// No. 5 対象年月 (Service month; equal in every row and in the file name).
        target_month: ServiceMonth,
        /// No. 6 サービス事業所名.
        service_office_name: Option<Text>,
        /// No. 7 サービス事業所コード (9999999999 on the grand-total row).
        service_office_no: OfficeNo,
        /// No. 8 サテライト枝番 (Empty when not a satellite).
        satellite_no: Option<Digits>,
        /// No. 9 サービスコード (Type + AAAA / EEEE / ZZZZ on subtotal rows, 999999 on the grand-total row).
        service_code: ServiceCode,
        /// No. 10 TAISコード (For service types 17 and 67 this or the other equipment code must be filled; 12 characters like 00001-000010).
        tais_code: Option<EquipmentCode>,
        /// No. 11 福祉用具届出コード (For service types 17 and 67 this or the other equipment code must be filled; 12 characters like 00001-000010).
        equipment_notification_code: Option<EquipmentCode>,
        /// No. 12 用具名称（機種名）.
        equipment_name: Option<Text>,
        /// No. 13 単位数 (0 on subtotal and grand-total rows; reductions of inclusive (共生型) services as in table 6).
        units: Integer,
        /// No. 14 割引後率 (Empty on subtotal and grand-total rows).
        discounted_rate: Option<Integer>,
        /// No. 15 割引後単位数 (Empty on subtotal and grand-total rows).
        discounted_units: Option<Integer>,
        /// No. 16 回数／日数 (Value on subtotal rows is not stated).
        count_or_days: Option<Integer>,
        /// No. 17 サービス単位金額 (Service units or amount).
        service_units_amount: Option<Integer>,
        /// No. 18 給付管理単位数 (Empty for services outside the limit; may be empty when no large-scale day service or same-building rule applies).
        managed_units: Option<Integer>,
        /// No. 19 種類支給限度基準超単位数.
        type_limit_excess_units: Option<Integer>,
        /// No. 20 種類支給限度基準内単位数.
        type_limit_within_units: Option<Integer>,
        /// No. 21 区分支給限度基準超単位数.
        category_limit_excess_units: Option<Integer>,
        /// No. 22 区分支給限度基準内単位数.
        category_limit_within_units: Option<Integer>,
        /// No. 23 単位数単価 (Form 99.99).
        unit_price: Option<Decimal>,
        /// No. 24 費用総額保険／事業対象分 (Yen).
        total_cost: Option<Integer>,
        /// No. 25 給付率 (Percent).
        benefit_rate: Option<Integer>,
        /// No. 26 保険／事業費請求額 (Yen).
        insurance_claim: Option<Integer>,
        /// No. 27 定額利用者負担単価金額 (Yen).
        fixed_copay_unit_price: Option<Integer>,
        /// No. 28 利用者負担保険／事業対象分 (Yen).
        user_copay: Option<Integer>,
        /// No. 29 利用者負担（全額負担分） (Yen).
        user_full_payment: Option<Integer>,
        /// No. 30 前月までの利用日数 (Short stay; layout 4.1 prints 2 but revision 3.2 raised it to 5: accept 5).
        days_until_prev_month: Option<Integer>,
        /// No. 31 当月の計画利用日数 (Short stay).
        days_planned_this_month: Option<Integer>,
        /// No. 32 累積利用日数 (Short stay).
        days_cumulative: Option<Integer>,
        /// No. 33 ３０日超区分.
        over_30_days: Flag,
        /// No. 34 事業所コード (Always 9999999999).
        office_code: Option<FixedOfficeCode>,
        /// No. 35 入力者コード (No format given by the layout).
        entered_by: Option<OpenCode>,
        /// No. 36 更新業者コード (Care-management office number).
        updating_office_no: Option<OfficeNo>,
        /// No. 37 識別子 (Not used).
        identifier: Option<Unused>,
    }
}

record! {
    /// A row of `UPKIHON`: see [`FileKind::PreventionBasicInfo`](crate::FileKind::PreventionBasicInfo).
    PreventionBasicInfo, PreventionBasicInfo {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 相談日 (Key: identifies the record together with insurer and insured person; the data example wrongly shows 6 digits).
        consultation_date: Date,
        /// No. 5 計画種類.
        plan_type: PlanType,
        /// No. 6 委託の有無 (Marked 必要 (needed) but not 必須: warn when empty; filled by centers and care-management offices alike).
        entrustment: Option<Entrustment>,
        /// No. 7 作成担当者.
        author_name: Option<Text>,
        /// No. 8 相談方法 (03: details in the next field).
        consultation_method: Option<ConsultationMethod>,
        /// No. 9 相談方法(その他の内容).
        consultation_method_other: Option<Text>,
        /// No. 10 相談回数.
        consultation_count: Option<ConsultationCount>,
        /// No. 11 前回相談日.
        previous_consultation_date: Option<Date>,
        /// No. 12 利用者の現況 (02: details in the next field).
        user_situation: Option<UserSituation>,
        /// No. 13 利用者の現況(状況補足).
        user_situation_detail: Option<Text>,
        /// No. 14 利用者氏名ﾌﾘｶﾞﾅ.
        user_name_kana: Text,
        /// No. 15 利用者氏名.
        user_name: Text,
        /// No. 16 利用者性別.
        user_sex: Sex,
        /// No. 17 利用者生年月日.
        user_birth_date: Date,
        /// No. 18 利用者住所.
        user_address: Option<Text>,
        /// No. 19 利用者電話番号 (No format given by the layout).
        user_phone: Option<Phone>,
        /// No. 20 利用者Fax番号 (No format given by the layout).
        user_fax: Option<Phone>,
        /// No. 21 障害高齢者の日常生活自立度.
        disability_independence: Option<DisabilityIndependence>,
        /// No. 22 認知症高齢者の日常生活自立度.
        dementia_independence: Option<DementiaIndependence>,
        /// No. 23 要介護状態区分 (Unlike the other files: 01 exists and 06 does not).
        care_level: Option<BasicInfoCareLevel>,
        /// No. 24 認定有効期限開始日.
        certification_start_date: Option<Date>,
        /// No. 25 認定有効期間終了日.
        certification_end_date: Option<Date>,
        /// No. 26 前回の介護度.
        previous_care_level: Option<BasicInfoCareLevel>,
        /// No. 27 基本チェックリスト記入結果.
        checklist_result: Option<ChecklistResult>,
        /// No. 28 基本チェックリスト記入日.
        checklist_date: Option<Date>,
        /// No. 29 障害等認定(身障).
        physical_disability: Option<Flag>,
        /// No. 30 障害等認定(療育).
        intellectual_disability: Option<Flag>,
        /// No. 31 障害等認定(精神).
        mental_disability: Option<Flag>,
        /// No. 32 障害等認定(難病).
        intractable_disease: Option<Flag>,
        /// No. 33 障害等認定特記事項.
        disability_notes: Option<Text>,
        /// No. 34 居住形態.
        housing_type: Option<HousingType>,
        /// No. 35 自室の階数 (No format given by the layout).
        room_floor: Option<Integer>,
        /// No. 36 住宅改修の有無.
        home_modified: Option<YesNo>,
        /// No. 37 経済状況(国民年金).
        national_pension: Option<Flag>,
        /// No. 38 経済状況(厚生年金).
        employees_pension: Option<Flag>,
        /// No. 39 経済状況(障害年金).
        disability_pension: Option<Flag>,
        /// No. 40 経済状況(生活保護).
        public_assistance: Option<Flag>,
        /// No. 41 経済状況詳細.
        finances_detail: Option<Text>,
        /// No. 42 来所者(相談者)氏名.
        visitor_name: Option<Text>,
        /// No. 43 来所者(相談者)住所 (Some care software puts text other than an address here).
        visitor_address: Option<Text>,
        /// No. 44 来所者(相談者)電話番号 (No format given by the layout).
        visitor_phone: Option<Phone>,
        /// No. 45 来所者(相談者)続柄.
        visitor_relationship: Option<Text>,
        /// No. 46 1 緊急連絡先(氏名).
        emergency_contact_1_name: Option<Text>,
        /// No. 47 1 緊急連絡先(続柄).
        emergency_contact_1_relationship: Option<Text>,
        /// No. 48 1 緊急連絡先(住所) (Some care software puts text other than an address here).
        emergency_contact_1_address: Option<Text>,
        /// No. 49 1 緊急連絡先(電話番号) (No format given by the layout).
        emergency_contact_1_phone: Option<Phone>,
        /// No. 50 2 緊急連絡先(氏名).
        emergency_contact_2_name: Option<Text>,
        /// No. 51 2 緊急連絡先(続柄).
        emergency_contact_2_relationship: Option<Text>,
        /// No. 52 2 緊急連絡先(住所) (Some care software puts text other than an address here).
        emergency_contact_2_address: Option<Text>,
        /// No. 53 2 緊急連絡先(電話番号) (No format given by the layout).
        emergency_contact_2_phone: Option<Phone>,
        /// No. 54 3 緊急連絡先(氏名).
        emergency_contact_3_name: Option<Text>,
        /// No. 55 3 緊急連絡先(続柄).
        emergency_contact_3_relationship: Option<Text>,
        /// No. 56 3 緊急連絡先(住所) (Some care software puts text other than an address here).
        emergency_contact_3_address: Option<Text>,
        /// No. 57 3 緊急連絡先(電話番号) (No format given by the layout).
        emergency_contact_3_phone: Option<Phone>,
        /// No. 58 4 緊急連絡先(氏名).
        emergency_contact_4_name: Option<Text>,
        /// No. 59 4 緊急連絡先(続柄).
        emergency_contact_4_relationship: Option<Text>,
        /// No. 60 4 緊急連絡先(住所) (Some care software puts text other than an address here).
        emergency_contact_4_address: Option<Text>,
        /// No. 61 4 緊急連絡先(電話番号) (No format given by the layout).
        emergency_contact_4_phone: Option<Phone>,
        /// No. 62 家族構成 画像ファイル名 (Free text (quoted): UPKIHON_IMAGE_..._0001.jpg, at most one image per row; the data example numbers this field 57).
        family_chart_image: Option<Text>,
        /// No. 63 家族関係等の状況.
        family_relations: Option<Text>,
        /// No. 64 今までの生活.
        life_history: Option<Text>,
        /// No. 65 １日の生活・すごし方(生活全般) (Time schedule: UPKIHON_SUB1).
        daily_life: Option<Text>,
        /// No. 66 趣味・楽しみ・特技.
        hobbies_and_skills: Option<Text>,
        /// No. 67 友人・地域との関係.
        friends_and_community: Option<Text>,
        /// No. 68 現在利用している公的サービス.
        public_services_in_use: Option<Text>,
        /// No. 69 現在利用している非公的サービス.
        informal_services_in_use: Option<Text>,
        /// No. 70 同意日.
        consent_date: Option<Date>,
        /// No. 71 同意者氏名.
        consenter_name: Option<Text>,
    }
}

record! {
    /// A row of `DLTKIHON`: see [`FileKind::PreventionBasicInfoDeletion`](crate::FileKind::PreventionBasicInfoDeletion).
    PreventionBasicInfoDeletion, PreventionBasicInfoDeletion {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 相談日 (Record to delete; SUB1, SUB2 and image go with it).
        consultation_date: Date,
    }
}

record! {
    /// A row of `UPKIHON_SUB1`: see [`FileKind::PreventionBasicInfoSchedule`](crate::FileKind::PreventionBasicInfoSchedule).
    PreventionBasicInfoSchedule, PreventionBasicInfoSchedule {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user; same value as the linked UPKIHON row).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only; same value as the linked UPKIHON row).
        insured_no: InsuredNo,
        /// No. 4 相談日 (Same value as the linked UPKIHON row).
        consultation_date: Date,
        /// No. 5 時間 (Free text such as 6:00).
        time_text: Option<Text>,
        /// No. 6 本人の生活状況.
        user_activity: Option<Text>,
        /// No. 7 介護者・家族の生活状況.
        family_activity: Option<Text>,
    }
}

record! {
    /// A row of `UPKIHON_SUB2`: see [`FileKind::PreventionBasicInfoHistory`](crate::FileKind::PreventionBasicInfoHistory).
    PreventionBasicInfoHistory, PreventionBasicInfoHistory {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user; same value as the linked UPKIHON row).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only; same value as the linked UPKIHON row).
        insured_no: InsuredNo,
        /// No. 4 相談日 (Same value as the linked UPKIHON row).
        consultation_date: Date,
        /// No. 5 年月日 (Free text, Japanese or Western era).
        onset_date_text: Option<Text>,
        /// No. 6 病名.
        disease_name: Option<Text>,
        /// No. 7 医療機関・医師名 (Institution and physician).
        medical_institution: Option<Text>,
        /// No. 8 主治医・意見作成者フラグ.
        physician_role: Option<PhysicianRole>,
        /// No. 9 医療機関・医師電話番号 (No format given by the layout).
        medical_institution_phone: Option<Phone>,
        /// No. 10 経過.
        course: Option<Course>,
        /// No. 11 治療中の内容.
        treatment_detail: Option<Text>,
    }
}

record! {
    /// A row of `UPYOBO`: see [`FileKind::PreventionPlan`](crate::FileKind::PreventionPlan).
    PreventionPlan, PreventionPlan {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 計画作成(変更)日 (Key: identifies the plan together with insurer and insured person; the data example wrongly shows 6 digits).
        plan_date: Date,
        /// No. 5 計画種類.
        plan_type: PlanType,
        /// No. 6 委託の有無 (Marked 必要 (needed) but not 必須: warn when empty; filled by centers and care-management offices alike).
        entrustment: Option<Entrustment>,
        /// No. 7 整理番号.
        reference_no: Option<Text>,
        /// No. 8 利用者名.
        user_name: Text,
        /// No. 9 認定年月日.
        certification_date: Option<Date>,
        /// No. 10 認定有効期間開始日.
        certification_start_date: Option<Date>,
        /// No. 11 認定有効期間終了日.
        certification_end_date: Option<Date>,
        /// No. 12 計画書区分.
        plan_kind: Option<PlanKind>,
        /// No. 13 認定状況区分.
        certification_status: Option<CertificationStatus>,
        /// No. 14 要支援状態区分 (Not the care-level code table).
        support_level: Option<SupportLevel>,
        /// No. 15 計画作成者氏名（地域包括支援センター担当者名）.
        planner_name_center: Option<Text>,
        /// No. 16 計画作成者氏名（担当介護支援専門員名）.
        planner_name_care_manager: Option<Text>,
        /// No. 17 計画作成者事業者・事業所名 (Some care software puts text other than an office name here).
        planner_office_name: Option<Text>,
        /// No. 18 計画作成者事業者・事業所住所.
        planner_office_address: Option<Text>,
        /// No. 19 計画作成者事業者・事業所電話番号 (No format given by the layout).
        planner_office_phone: Option<Phone>,
        /// No. 20 初回作成日.
        first_plan_date: Option<Date>,
        /// No. 21 担当地域包括支援センター.
        support_center_name: Option<Text>,
        /// No. 22 目標とする生活(1日).
        goal_one_day: Option<Text>,
        /// No. 23 目標とする生活(1年).
        goal_one_year: Option<Text>,
        /// No. 24 【運動・移動】現在の状況.
        mobility_current: Option<Text>,
        /// No. 25 【運動・移動】本人・家族の意欲・意向.
        mobility_wishes: Option<Text>,
        /// No. 26 【運動・移動】領域における課題の有無.
        mobility_has_issue: Option<YesNo>,
        /// No. 27 【運動・移動】領域における課題（背景・原因）.
        mobility_issue: Option<Text>,
        /// No. 28 【日常生活(家庭生活)】現在の状況.
        daily_life_current: Option<Text>,
        /// No. 29 【日常生活(家庭生活)】本人・家族の意欲・意向.
        daily_life_wishes: Option<Text>,
        /// No. 30 【日常生活(家庭生活)】領域における課題の有無.
        daily_life_has_issue: Option<YesNo>,
        /// No. 31 【日常生活(家庭生活)】領域における課題（背景・原因）.
        daily_life_issue: Option<Text>,
        /// No. 32 【社会参加、対人関係・コミュニケーション】現在の状況.
        social_current: Option<Text>,
        /// No. 33 【社会参加、対人関係・コミュニケーション】本人・家族の意欲・意向.
        social_wishes: Option<Text>,
        /// No. 34 【社会参加、対人関係・コミュニケーション】領域における課題の有無.
        social_has_issue: Option<YesNo>,
        /// No. 35 【社会参加、対人関係・コミュニケーション】領域における課題（背景・原因）.
        social_issue: Option<Text>,
        /// No. 36 【健康管理】現在の状況.
        health_current: Option<Text>,
        /// No. 37 【健康管理】本人・家族の意欲・意向.
        health_wishes: Option<Text>,
        /// No. 38 【健康管理】領域における課題の有無.
        health_has_issue: Option<YesNo>,
        /// No. 39 【健康管理】領域における課題（背景・原因）.
        health_issue: Option<Text>,
        /// No. 40 健康状態の留意点.
        health_notes: Option<Text>,
        /// No. 41 妥当な支援の実施に向けた方針.
        support_policy: Option<Text>,
        /// No. 42 総合的な方針.
        overall_policy: Option<Text>,
        /// No. 43 基本チェックリストの該当数(運動不足) (Number of checklist items that apply; no format given by the layout).
        checklist_exercise_count: Option<Integer>,
        /// No. 44 基本チェックリストの該当数(栄養改善) (Number of checklist items that apply; no format given by the layout).
        checklist_nutrition_count: Option<Integer>,
        /// No. 45 基本チェックリストの該当数(口腔内ケア) (Number of checklist items that apply; no format given by the layout).
        checklist_oral_care_count: Option<Integer>,
        /// No. 46 基本チェックリストの該当数(閉じこもり予防) (Number of checklist items that apply; no format given by the layout).
        checklist_isolation_count: Option<Integer>,
        /// No. 47 基本チェックリストの該当数(物忘れ予防) (Number of checklist items that apply; no format given by the layout).
        checklist_memory_count: Option<Integer>,
        /// No. 48 基本チェックリストの該当数(うつ予防) (Number of checklist items that apply; no format given by the layout).
        checklist_depression_count: Option<Integer>,
        /// No. 49 事業プログラムの要否(運動不足).
        program_exercise: Option<Necessity>,
        /// No. 50 事業プログラムの要否(栄養改善).
        program_nutrition: Option<Necessity>,
        /// No. 51 事業プログラムの要否(口腔内ケア).
        program_oral_care: Option<Necessity>,
        /// No. 52 事業プログラムの要否(閉じこもり予防).
        program_isolation: Option<Necessity>,
        /// No. 53 事業プログラムの要否(物忘れ予防).
        program_memory: Option<Necessity>,
        /// No. 54 事業プログラムの要否(うつ予防).
        program_depression: Option<Necessity>,
        /// No. 55 地域包括支援センター意見.
        center_opinion: Option<Text>,
        /// No. 56 同意日.
        consent_date: Option<Date>,
        /// No. 57 同意者氏名.
        consenter_name: Option<Text>,
    }
}

record! {
    /// A row of `DLTYOBO`: see [`FileKind::PreventionPlanDeletion`](crate::FileKind::PreventionPlanDeletion).
    PreventionPlanDeletion, PreventionPlanDeletion {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only).
        insured_no: InsuredNo,
        /// No. 4 計画作成(変更)日 (Plan to delete; UPYOBO_SUB goes with it).
        plan_date: Date,
    }
}

record! {
    /// A row of `UPYOBO_SUB`: see [`FileKind::PreventionPlanDetail`](crate::FileKind::PreventionPlanDetail).
    PreventionPlanDetail, PreventionPlanDetail {
        /// No. 1 CSVバージョン (Version value of the standard (YYYYMM); same value in every row of a file).
        csv_version: CsvVersion,
        /// No. 2 保険者番号 (Exactly 6 digits; municipality (insurer) of the user; same value as the linked UPYOBO row).
        insurer_no: InsurerNo,
        /// No. 3 被保険者番号 (10 digits, or H + 9 digits for a user on public assistance only; same value as the linked UPYOBO row).
        insured_no: InsuredNo,
        /// No. 4 計画作成(変更)日 (Same value as the linked UPYOBO row).
        plan_date: Date,
        /// No. 5 課題ＮＯ (Running number; the layout calls it free text, so it is quoted).
        need_no: Option<Text>,
        /// No. 6 総合的課題 (First row of a need only).
        overall_need: Option<Text>,
        /// No. 7 課題に対する目標と具体策の提案 (First row of a need only).
        proposal: Option<Text>,
        /// No. 8 具体策についての意向本人・家族 (First row of a need only).
        proposal_wishes: Option<Text>,
        /// No. 9 目標 (First row of a need only).
        goal: Option<Text>,
        /// No. 10 支援計画ＮＯ (Running number; the layout calls it free text, so it is quoted).
        support_plan_no: Option<Text>,
        /// No. 11 【支援計画】目標についての支援のポイント (First row of a support plan only).
        support_point: Option<Text>,
        /// No. 12 【支援計画】本人等のセルフケアや家族の支援、インフォーマルサービス（民間サービス） (First row of a support plan only).
        self_and_informal_support: Option<Text>,
        /// No. 13 【支援計画】介護保険サービス又は地域支援事業（総合事業のサービス） (First row of a support plan only).
        insured_or_community_service: Option<Text>,
        /// No. 14 利用サービスＮＯ (Running number; the layout calls it free text, so it is quoted).
        service_no: Option<Text>,
        /// No. 15 【利用サービス】サービス種別.
        service_kind: Option<Text>,
        /// No. 16 【利用サービス】事業所(利用先).
        service_office_name: Option<Text>,
        /// No. 17 【利用サービス】期間.
        service_period: Option<Text>,
    }
}
