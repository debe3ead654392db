// Made by `cargo xtask generate` from the tables in `layout/`. Do not edit.

use super::choice::choice_enum;

choice_enum! {
    /// 要介護状態区分.
    BasicInfoCareLevel {
        /// `01` 非該当.
        NotCertified = "01" "非該当",
        /// `12` 要支援１.
        Support1 = "12" "要支援１",
        /// `13` 要支援２.
        Support2 = "13" "要支援２",
        /// `21` 要介護１.
        Care1 = "21" "要介護１",
        /// `22` 要介護２.
        Care2 = "22" "要介護２",
        /// `23` 要介護３.
        Care3 = "23" "要介護３",
        /// `24` 要介護４.
        Care4 = "24" "要介護４",
        /// `25` 要介護５.
        Care5 = "25" "要介護５",
    }
}

choice_enum! {
    /// 要介護状態区分.
    CareLevel {
        /// `06` 事業対象者.
        ProgramTarget = "06" "事業対象者",
        /// `12` 要支援１.
        Support1 = "12" "要支援１",
        /// `13` 要支援２.
        Support2 = "13" "要支援２",
        /// `21` 要介護１.
        Care1 = "21" "要介護１",
        /// `22` 要介護２.
        Care2 = "22" "要介護２",
        /// `23` 要介護３.
        Care3 = "23" "要介護３",
        /// `24` 要介護４.
        Care4 = "24" "要介護４",
        /// `25` 要介護５.
        Care5 = "25" "要介護５",
    }
}

choice_enum! {
    /// 認定状況区分.
    CertificationStatus {
        /// `1` 申請中.
        Applying = "1" "申請中",
        /// `2` 認定済.
        Certified = "2" "認定済",
    }
}

choice_enum! {
    /// 基本チェックリスト記入結果.
    ChecklistResult {
        /// `1` 事業対象者の該当あり.
        ProgramTarget = "1" "事業対象者の該当あり",
        /// `2` 事業対象者の該当なし.
        NotProgramTarget = "2" "事業対象者の該当なし",
    }
}

choice_enum! {
    /// 相談回数.
    ConsultationCount {
        /// `01` 初回.
        First = "01" "初回",
        /// `02` 再来.
        Returning = "02" "再来",
    }
}

choice_enum! {
    /// 相談方法.
    ConsultationMethod {
        /// `01` 来所.
        Visit = "01" "来所",
        /// `02` 電話.
        Phone = "02" "電話",
        /// `03` その他.
        Other = "03" "その他",
    }
}

choice_enum! {
    /// 経過.
    Course {
        /// `01` 治療中.
        InTreatment = "01" "治療中",
        /// `02` 経過観察中.
        UnderObservation = "02" "経過観察中",
        /// `03` その他.
        Other = "03" "その他",
    }
}

choice_enum! {
    /// 認知症高齢者の日常生活自立度.
    DementiaIndependence {
        /// `01` 自立.
        Independent = "01" "自立",
        /// `02` Ⅰ.
        I = "02" "Ⅰ",
        /// `03` Ⅱａ.
        IiA = "03" "Ⅱａ",
        /// `04` Ⅱｂ.
        IiB = "04" "Ⅱｂ",
        /// `05` Ⅲａ.
        IiiA = "05" "Ⅲａ",
        /// `06` Ⅲｂ.
        IiiB = "06" "Ⅲｂ",
        /// `07` Ⅳ.
        Iv = "07" "Ⅳ",
        /// `08` Ｍ.
        M = "08" "Ｍ",
    }
}

choice_enum! {
    /// 障害高齢者の日常生活自立度.
    DisabilityIndependence {
        /// `01` 自立.
        Independent = "01" "自立",
        /// `11` J1.
        J1 = "11" "J1",
        /// `12` J2.
        J2 = "12" "J2",
        /// `21` A1.
        A1 = "21" "A1",
        /// `22` A2.
        A2 = "22" "A2",
        /// `31` B1.
        B1 = "31" "B1",
        /// `32` B2.
        B2 = "32" "B2",
        /// `41` C1.
        C1 = "41" "C1",
        /// `42` C2.
        C2 = "42" "C2",
    }
}

choice_enum! {
    /// 委託の有無.
    Entrustment {
        /// `1` 自前.
        Own = "1" "自前",
        /// `2` 委託.
        Entrusted = "2" "委託",
    }
}

choice_enum! {
    /// 事業所コード.
    FixedOfficeCode {
        /// `9999999999` 固定値.
        Fixed = "9999999999" "固定値",
    }
}

choice_enum! {
    /// 生活援助中心型の算定理由.
    HouseworkReason {
        /// `1` 一人暮らし.
        LivingAlone = "1" "一人暮らし",
        /// `2` 家族等が障害、疾病等.
        FamilyDisabledOrIll = "2" "家族等が障害、疾病等",
        /// `3` その他.
        Other = "3" "その他",
    }
}

choice_enum! {
    /// 居住形態.
    HousingType {
        /// `01` 自宅.
        OwnHome = "01" "自宅",
        /// `02` 借家.
        Rented = "02" "借家",
        /// `03` 一戸建て.
        Detached = "03" "一戸建て",
        /// `04` 集合住宅.
        Apartment = "04" "集合住宅",
        /// `05` 自宅・一戸建て.
        OwnDetached = "05" "自宅・一戸建て",
        /// `06` 自宅・集合住宅.
        OwnApartment = "06" "自宅・集合住宅",
        /// `07` 借家・一戸建て.
        RentedDetached = "07" "借家・一戸建て",
        /// `08` 借家・集合住宅.
        RentedApartment = "08" "借家・集合住宅",
    }
}

choice_enum! {
    /// 保険対象区分.
    InsuranceCoverage {
        /// `Y` 対象.
        Covered = "Y" "対象",
        /// `N` 対象外.
        NotCovered = "N" "対象外",
    }
}

choice_enum! {
    /// 事業プログラムの要否(運動不足).
    Necessity {
        /// `1` 要.
        Needed = "1" "要",
        /// `2` 否.
        NotNeeded = "2" "否",
    }
}

choice_enum! {
    /// 主治医・意見作成者フラグ.
    PhysicianRole {
        /// `1` 主治医.
        AttendingPhysician = "1" "主治医",
        /// `2` それ以外.
        Other = "2" "それ以外",
    }
}

choice_enum! {
    /// 計画書区分.
    PlanKind {
        /// `11` 初回.
        First = "11" "初回",
        /// `12` 紹介.
        Referral = "12" "紹介",
        /// `21` 継続.
        Continued = "21" "継続",
        /// `51` 初回＆紹介.
        FirstReferral = "51" "初回＆紹介",
        /// `52` 初回＆継続.
        FirstContinued = "52" "初回＆継続",
        /// `53` 紹介＆継続.
        ReferralContinued = "53" "紹介＆継続",
        /// `54` 初回＆紹介＆継続.
        FirstReferralContinued = "54" "初回＆紹介＆継続",
    }
}

choice_enum! {
    /// 計画種類.
    PlanType {
        /// `1` 介護予防支援.
        PreventiveCareSupport = "1" "介護予防支援",
        /// `2` 介護予防ケアマネジメント.
        PreventiveCareManagement = "2" "介護予防ケアマネジメント",
    }
}

choice_enum! {
    /// 利用者性別.
    Sex {
        /// `1` 男性.
        Male = "1" "男性",
        /// `2` 女性.
        Female = "2" "女性",
    }
}

choice_enum! {
    /// 要支援状態区分.
    SupportLevel {
        /// `1` 要支援１.
        Support1 = "1" "要支援１",
        /// `2` 要支援２.
        Support2 = "2" "要支援２",
        /// `3` 地域支援事業.
        CommunitySupport = "3" "地域支援事業",
    }
}

choice_enum! {
    /// 利用者の現況.
    UserSituation {
        /// `01` 在宅.
        AtHome = "01" "在宅",
        /// `02` 入院又は入所中.
        InHospitalOrFacility = "02" "入院又は入所中",
    }
}

choice_enum! {
    /// 曜日.
    Weekday {
        /// `1` 月曜日.
        Monday = "1" "月曜日",
        /// `2` 火曜日.
        Tuesday = "2" "火曜日",
        /// `3` 水曜日.
        Wednesday = "3" "水曜日",
        /// `4` 木曜日.
        Thursday = "4" "木曜日",
        /// `5` 金曜日.
        Friday = "5" "金曜日",
        /// `6` 土曜日.
        Saturday = "6" "土曜日",
        /// `7` 日曜日.
        Sunday = "7" "日曜日",
    }
}

choice_enum! {
    /// 【運動・移動】領域における課題の有無.
    YesNo {
        /// `1` 有.
        Yes = "1" "有",
        /// `2` 無.
        No = "2" "無",
    }
}
