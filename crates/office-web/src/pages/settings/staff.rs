//! 設定, 職員.

use axum::extract::State;
use axum::response::Response;
use tasuki_office::staff::{Role, StaffId};

use super::answer;
use crate::entry::visitor::{Administrator, Form};
use crate::forms::staff::{AddStaff, MemberPassword, staff_words};
use crate::http::address::Done;
use crate::http::ask::Path;
use crate::http::failure::Failure;
use crate::state::App;
use crate::view::settings::Typed;

pub(crate) async fn add(
    State(app): State<App>,
    Administrator(at): Administrator,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let by = at.visitor.staff.login.clone();
    let (mut form, new) = AddStaff::read(&posted);
    let added =
        app.node.run(move |node| Ok(node.staff.add(&by, &new.login, &new.name, new.role, &new.password)));
    let saved = added.await?.map(|_| Done::Added).map_err(|error| {
        let problem = form.refused(&error).unwrap_or_default();
        Box::new(Typed { problem, add_staff: form, ..Typed::default() })
    });
    answer(&app, at, &posted, saved).await
}

/// A new password where one is given; otherwise role and use.
pub(crate) async fn change(
    State(app): State<App>,
    Administrator(at): Administrator,
    Path((_, id)): Path<(String, i64)>,
    Form(posted): Form,
) -> Result<Response, Failure> {
    let (by, id) = (at.visitor.staff.login.clone(), StaffId(id));
    let new = posted.raw("password").to_owned();
    let is_password = posted.has("password");
    let (role, disabled) = (Role::parse(posted.text("role")), posted.is_ticked("disabled"));
    let changed = app.node.run(move |node| {
        Ok(if is_password {
            node.staff.set_password(&by, id, &new)
        } else {
            node.staff.change(&by, id, role, disabled)
        })
    });
    let saved =
        changed.await?.map(|()| Done::Changed).map_err(|error| match MemberPassword::refused(id, &error) {
            Some(member) => Box::new(Typed { member: Some(member), ..Typed::default() }),
            None => Typed::problem(staff_words(&error)),
        });
    if saved.is_ok() {
        app.sessions.end_all_of(id, Some(&at.visitor.token));
    }
    answer(&app, at, &posted, saved).await
}
