//! Every page and action, and who may use it.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler as _;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::failure::{Failure, tell};
use crate::http::route::{Route, Who, get, post};
use crate::http::{assets, guard};
use crate::pages::settings::{audit, backup, folders, password, staff};
use crate::pages::{
    batch, bring_key, drafts, login, offices, partner_key, received, run, send, sent, settings, setup, table,
    top, unlock,
};
use crate::state::App;
use crate::{live, local};

/// Every route: the router is made from it, and tests ask each for everybody.
fn table() -> Vec<Route> {
    use Who::{Administrator, Anybody, First, Member};
    let mut table = vec![
        get("/", Anybody, top::first),
        get("/login", Anybody, login::show),
        post("/login", Anybody, login::log_in),
        post("/logout", Member, login::log_out),
        get("/setup", First, setup::show),
        post("/setup", First, setup::begin),
        post("/setup/restore", First, setup::restore_backup),
        get("/setup/kit/{office}", Member, setup::kit_file),
        get("/{office}", Member, top::show),
        get("/{office}/events", Member, live::events),
        get("/{office}/unlock", Member, unlock::show),
        post("/{office}/unlock", Member, unlock::unlock),
        get("/{office}/recover", Administrator, unlock::show_recover),
        post("/{office}/recover", Administrator, unlock::recover),
        get("/{office}/send", Member, send::show_new),
        post("/{office}/send", Member, send::take_in_new),
        post("/{office}/send/message", Member, send::start_with_message),
        get("/{office}/send/{id}", Member, send::show),
        post("/{office}/send/{id}", Member, send::take_in),
        post("/{office}/send/{id}/message", Member, send::message),
        post("/{office}/send/{id}/receiver", Member, send::receiver),
        post("/{office}/send/{id}/accept", Member, send::accept),
        post("/{office}/send/{id}/remove/{file}", Member, send::remove),
        post("/{office}/send/{id}/delete", Member, send::delete),
        post("/{office}/send/{id}/keep", Member, send::keep),
        get("/{office}/send/{id}/confirm", Member, send::confirm),
        post("/{office}/send/{id}/confirm", Member, send::confirmed),
        get("/{office}/send/{id}/files/{file}", Member, table::of_draft),
        get("/{office}/batch", Member, batch::show),
        post("/{office}/batch", Member, batch::take_in),
        post("/{office}/batch/keep", Member, batch::keep),
        get("/{office}/batch/confirm", Member, batch::confirm),
        post("/{office}/batch/confirm", Member, batch::confirmed),
        get("/{office}/run/{run}", Member, run::show),
        get("/{office}/drafts", Member, drafts::show),
        get("/{office}/sent", Member, sent::list),
        get("/{office}/sent/{id}", Member, sent::show),
        post("/{office}/sent/{id}/withdraw", Member, sent::withdraw),
        post("/{office}/sent/{id}/again", Member, sent::again),
        get("/{office}/sent/{id}/proof", Member, sent::proof),
        get("/{office}/sent/{id}/files/{file}", Member, sent::file),
        get("/{office}/sent/{id}/files/{file}/table", Member, table::of_sent),
        get("/{office}/received", Member, received::list),
        get("/{office}/received/{id}", Member, received::show),
        get("/{office}/received/{id}/all", Member, received::all),
        post("/{office}/received/{id}/place", Member, received::place_files),
        post("/{office}/received/{id}/mark", Member, received::mark),
        get("/{office}/received/{id}/files/{file}", Member, received::file),
        get("/{office}/received/{id}/files/{file}/table", Member, table::of_received),
        get("/{office}/offices", Member, offices::show),
        get("/{office}/partners/{partner}/key", Administrator, partner_key::show),
        post("/{office}/partners/{partner}/key", Administrator, partner_key::confirm),
        get("/{office}/settings", Member, settings::show),
        post("/{office}/settings/password", Member, password::own),
        post("/{office}/settings/sessions", Member, password::end_sessions),
        post("/{office}/settings/staff", Administrator, staff::add),
        post("/{office}/settings/staff/{id}", Administrator, staff::change),
        post("/{office}/settings/folders", Administrator, folders::folders),
        post("/{office}/settings/office-password", Administrator, password::office),
        post("/{office}/settings/self-unlock", Administrator, folders::self_unlock),
        post("/{office}/settings/backup", Administrator, backup::backup),
        post("/{office}/settings/restore-seen", Administrator, backup::restore_seen),
        get("/{office}/settings/audit", Administrator, audit::show),
        get("/{office}/settings/add-office", Administrator, setup::show_more),
        post("/{office}/settings/add-office", Administrator, setup::begin_more),
        get("/{office}/bring-key", Administrator, bring_key::show),
        post("/{office}/bring-key", Administrator, bring_key::bring_key),
        get("/static/{version}/{name}", Anybody, assets::asset),
    ];
    table.extend(local::routes());
    table
}

/// Method, address and user of every route, for tests that walk all of them. Parts of an address in braces vary.
pub fn routes() -> Vec<(Method, &'static str, Who)> {
    table().into_iter().map(|route| (route.method, route.path, route.who)).collect()
}

pub(crate) fn router(app: App) -> Router {
    let routes =
        table().into_iter().fold(Router::new(), |routes, route| routes.route(route.path, route.handler));
    let routes = routes
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        // Whoever reads a body says how much of it.
        .layer(DefaultBodyLimit::disable());
    told(routes).layer(from_fn_with_state(app.clone(), guard::guard)).with_state(app)
}

/// What is said where nothing is.
async fn nowhere(State(app): State<App>, request: Request) -> Response {
    if local::is_local(request.uri().path()) {
        local::nowhere.call(request, app).await
    } else {
        Failure::NotFound.into_response()
    }
}

/// Failures become what the visitor understands, also when a handler panics.
fn told<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(CatchPanicLayer::custom(|_| Failure::Broken.into_response())).layer(from_fn(tell))
}

#[cfg(test)]
mod tests {
    use axum::routing;

    use super::*;
    use crate::http::address::{Address, FIRST, LOGIN, SETUP};

    /// No link leads nowhere.
    #[test]
    fn every_address_is_routed() {
        let routes = routes();
        let is_routed = |method: &str, address: &str| {
            let path = address.split('?').next().unwrap();
            routes.iter().any(|(known, known_path, _)| *known == method && *known_path == path)
        };
        for (methods, address) in Address::ALL {
            for method in *methods {
                assert!(is_routed(method, address), "{method} {address}");
            }
        }
        for (method, address) in
            [("GET", FIRST), ("GET", LOGIN), ("POST", LOGIN), ("GET", SETUP), ("POST", SETUP)]
        {
            assert!(is_routed(method, address), "{method} {address}");
        }
        assert!(!is_routed("POST", FIRST) && !is_routed("GET", "/{office}/nowhere"));
    }

    #[tokio::test]
    async fn a_page_that_panics_says_so_and_the_others_go_on() {
        let routes = Router::new()
            .route("/bad", routing::get(async || -> &'static str { panic!("a fault of the program") }))
            .route("/good", routing::get(async || "good"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, told(routes)).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let bad = client.get(format!("http://{address}/bad")).send().await.unwrap();
        assert_eq!(bad.status(), 500);
        assert!(bad.text().await.unwrap().contains("プログラムの誤り"));
        let script = client.get(format!("http://{address}/bad")).header("accept", "application/json");
        let told: serde_json::Value = script.send().await.unwrap().json().await.unwrap();
        assert!(told["message"].as_str().unwrap().contains("プログラムの誤り"), "{told}");
        let good = client.get(format!("http://{address}/good")).send().await.unwrap();
        assert_eq!(good.text().await.unwrap(), "good");
    }
}
