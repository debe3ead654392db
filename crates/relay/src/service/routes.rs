//! All routes, and the description of the API (OpenAPI 3.1) that is made from them.

use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Router, extract::DefaultBodyLimit};
use tasuki_protocol::problem::{self, Problem, ProblemType};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};
use utoipa::OpenApi as _;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::finish::finish;
use super::refusal::Refusal;
use super::{
    App, account, codes, enrolments, events, health, keys, offices as directory, parcels, receipts, sessions,
};

/// Answers smaller than this are not compressed, in bytes.
const COMPRESS_ABOVE: u16 = 1024;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tasuki relay",
        description = "A mailbox for every office. Every call but those without security needs a client \
            certificate (mutual TLS 1.3); calls with `session` need a bearer token as well, which works with that \
            certificate only. Errors are problem documents (RFC 9457) with a stable `type`.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem)),
    security(("certificate" = [], "session" = []))
)]
struct Description;

fn table() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(health::description))
        .routes(routes!(health::revocation_list))
        .routes(routes!(enrolments::enrol))
        .routes(routes!(sessions::log_in, sessions::list, sessions::log_out))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::end))
        .routes(routes!(account::show))
        .routes(routes!(account::change_password))
        .routes(routes!(account::renew))
        .routes(routes!(account::revoke))
        .routes(routes!(account::limits))
        .routes(routes!(keys::publish))
        .routes(routes!(keys::log))
        .routes(routes!(directory::search))
        .routes(routes!(directory::show))
        .routes(routes!(directory::lookup))
        .routes(routes!(codes::show))
        .routes(routes!(parcels::put, parcels::show, parcels::withdraw))
        .routes(routes!(parcels::arrived))
        .routes(routes!(parcels::content))
        .routes(routes!(receipts::post))
        .routes(routes!(parcels::inbox))
        .routes(routes!(parcels::kept))
        .routes(routes!(parcels::sent))
        .routes(routes!(events::events))
}

/// What offices reach.
pub(crate) fn offices(relay: App) -> Router {
    finished(table().split_for_parts().0, &relay).with_state(relay)
}

/// What the operator's own machine reaches.
pub(crate) fn operator(relay: App) -> Router {
    let routes = Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics));
    finished(routes, &relay).with_state(relay)
}

fn finished(routes: Router<App>, relay: &App) -> Router<App> {
    let is_json = |_, _, headers: &axum::http::HeaderMap, _: &axum::http::Extensions| {
        headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/json"))
    };
    let compression =
        CompressionLayer::new().compress_when(SizeAbove::new(COMPRESS_ABOVE.into()).and(is_json));
    routes
        .fallback(|| async { Refusal::from(ProblemType::NotFound) })
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(|_| Refusal::from(ProblemType::Internal).into_response()))
        .layer(compression)
        .layer(middleware::from_fn_with_state(relay.clone(), finish))
}

/// The description of the API.
pub fn openapi() -> OpenApi {
    let mut openapi = table().split_for_parts().1;
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme(
        "certificate",
        SecurityScheme::MutualTls {
            description: Some("Certificate of a node, issued at enrolment".into()),
            deprecated: None,
            extensions: None,
        },
    );
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("session", SecurityScheme::Http(bearer));
    add_problems(&mut openapi);
    openapi
}

/// Every operation can answer with a problem.
fn add_problems(openapi: &mut OpenApi) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("A problem (RFC 9457)")
        .content(problem::MEDIA_TYPE, content)
        .build();
    for item in openapi.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".into(), RefOr::T(response.clone()));
        }
    }
}
