//! Prevention: basic information (UPKIHON) and plan (UPYOBO).

use super::{Column, Findings, Person, Rules, check_birth, check_other_text, check_period};
use crate::FileKind;
use crate::check::code::Code;
use crate::layout::Layout;
use crate::name::FileName;
use crate::read::Row;

/// Rules of the basic information.
pub(super) struct BasicInfoRules {
    name: Option<FileName>,
    consultation: Column,
    birth: Column,
    method: Column,
    method_text: Column,
    situation: Column,
    situation_text: Column,
    certified: [Column; 2],
    image: Column,
    images: Vec<(String, u64)>,
}

impl BasicInfoRules {
    pub(super) fn new(layout: &'static Layout, name: Option<FileName>) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            name,
            consultation: column("consultation_date"),
            birth: column("user_birth_date"),
            method: column("consultation_method"),
            method_text: column("consultation_method_other"),
            situation: column("user_situation"),
            situation_text: column("user_situation_detail"),
            certified: [column("certification_start_date"), column("certification_end_date")],
            image: column("family_chart_image"),
            images: Vec::new(),
        }
    }

    /// The image has the name of this file but for its kind and number.
    fn check_image(&mut self, row: &Row<'_>, findings: &mut Findings) {
        let bytes = self.image.bytes(row);
        if bytes.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let image = text.parse::<FileName>().ok();
        let agrees = |file: &FileName| {
            image.as_ref().is_some_and(|image| {
                image.kind == FileKind::PreventionBasicInfoImage
                    && (image.sender, image.receiver, image.serial)
                        == (file.sender, file.receiver, file.serial)
            })
        };
        if self.name.as_ref().is_some_and(|file| !agrees(file)) {
            findings.push(self.image.finding(Code::ImageNameDisagrees, row));
        } else {
            self.images.push((text, row.number()));
        }
    }
}

impl Rules for BasicInfoRules {
    fn row(&mut self, row: &Row<'_>, _: Option<Person>, findings: &mut Findings) {
        let [from, to] = self.certified;
        check_other_text(self.method, b"03", self.method_text, row, findings);
        check_other_text(self.situation, b"02", self.situation_text, row, findings);
        check_period(from, to, row, findings);
        check_birth(self.birth, self.consultation, row, findings);
        self.check_image(row, findings);
    }

    fn images(&mut self) -> Vec<(String, u64)> {
        std::mem::take(&mut self.images)
    }
}

/// Rules of the prevention plan.
pub(super) struct PreventionPlanRules {
    certified: [Column; 2],
    first_plan: Column,
    plan: Column,
}

impl PreventionPlanRules {
    pub(super) fn new(layout: &'static Layout) -> Self {
        let column = |name| Column::named(layout, name);
        Self {
            certified: [column("certification_start_date"), column("certification_end_date")],
            first_plan: column("first_plan_date"),
            plan: column("plan_date"),
        }
    }
}

impl Rules for PreventionPlanRules {
    fn row(&mut self, row: &Row<'_>, _: Option<Person>, findings: &mut Findings) {
        let [from, to] = self.certified;
        check_period(from, to, row, findings);
        check_period(self.first_plan, self.plan, row, findings);
    }
}
