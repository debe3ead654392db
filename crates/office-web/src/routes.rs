//! Every page and action.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::failure::Failure;
use crate::pages::{
    batch, drafts, login, offices, received, run, send, sent, settings, setup, table, top, unlock,
};
use crate::serve::App;
use crate::visitor::UPLOAD_BYTES;
use crate::{assets, guard, live, local};

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(top::first))
        .route("/login", get(login::show).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/setup", get(setup::show).post(setup::begin))
        .route("/setup/restore", post(setup::restore_backup))
        .route("/setup/kit/{file}", get(setup::kit_file))
        .route("/{office}", get(top::show))
        .route("/{office}/events", get(live::events))
        .route("/{office}/unlock", get(unlock::show).post(unlock::unlock))
        .route("/{office}/recover", get(unlock::show_recover).post(unlock::recover))
        .route("/{office}/send", get(send::show_new).post(send::take_in_new))
        .route("/{office}/send/message", post(send::start_with_message))
        .route("/{office}/send/{id}", get(send::show).post(send::take_in))
        .route("/{office}/send/{id}/message", post(send::message))
        .route("/{office}/send/{id}/receiver", post(send::receiver))
        .route("/{office}/send/{id}/accept", post(send::accept))
        .route("/{office}/send/{id}/remove/{file}", post(send::remove))
        .route("/{office}/send/{id}/delete", post(send::delete))
        .route("/{office}/send/{id}/keep", post(send::keep))
        .route("/{office}/send/{id}/confirm", get(send::confirm).post(send::confirmed))
        .route("/{office}/send/{id}/files/{file}", get(table::of_draft))
        .route("/{office}/batch", get(batch::show).post(batch::take_in))
        .route("/{office}/batch/keep", post(batch::keep))
        .route("/{office}/batch/confirm", get(batch::confirm).post(batch::confirmed))
        .route("/{office}/run/{run}", get(run::show))
        .route("/{office}/drafts", get(drafts::show))
        .route("/{office}/sent", get(sent::list))
        .route("/{office}/sent/{id}", get(sent::show))
        .route("/{office}/sent/{id}/withdraw", post(sent::withdraw))
        .route("/{office}/sent/{id}/again", post(sent::again))
        .route("/{office}/sent/{id}/proof", get(sent::proof))
        .route("/{office}/sent/{id}/files/{file}", get(sent::file))
        .route("/{office}/sent/{id}/files/{file}/table", get(table::of_sent))
        .route("/{office}/received", get(received::list))
        .route("/{office}/received/{id}", get(received::show))
        .route("/{office}/received/{id}/all", get(received::all))
        .route("/{office}/received/{id}/place", post(received::place_files))
        .route("/{office}/received/{id}/mark", post(received::mark))
        .route("/{office}/received/{id}/files/{file}", get(received::file))
        .route("/{office}/received/{id}/files/{file}/table", get(table::of_received))
        .route("/{office}/offices", get(offices::show))
        .route("/{office}/settings", get(settings::show))
        .route("/{office}/settings/password", post(settings::own_password))
        .route("/{office}/settings/sessions", post(settings::end_sessions))
        .route("/{office}/settings/staff", post(settings::add_staff))
        .route("/{office}/settings/staff/{id}", post(settings::change_staff))
        .route("/{office}/settings/folders", post(settings::folders))
        .route("/{office}/settings/office-password", post(settings::office_password))
        .route("/{office}/settings/self-unlock", post(settings::self_unlock))
        .route("/{office}/settings/backup", post(settings::backup))
        .route("/{office}/settings/audit", get(settings::audit))
        .route("/{office}/settings/add-office", get(setup::show_more).post(setup::begin_more))
        .route("/{office}/bring-key", get(setup::show_bring_key).post(setup::bring_key))
        .nest("/local", local::router())
        .route("/static/{version}/{name}", get(assets::asset))
        .fallback(async || Failure::NotFound)
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}
