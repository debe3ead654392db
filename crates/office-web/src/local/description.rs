//! The description of all calls (OpenAPI 3.1), made from the calls themselves.

use axum::Json;
use utoipa::OpenApi as _;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr};

use super::caller::Program;
use super::types::Problem;
use super::{arrivals, sends, status};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tasuki office node, for programs of the same machine",
        description = "What care software calls. `local.json` in the node's folder holds address and token while the node \
            runs. Every call needs the token. Programs decide by codes; words in Japanese are for people. Lists of codes \
            may grow, and answers may get more fields.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        show, status::show, sends::send, sends::drafts, sends::outbox, sends::outbox_one, arrivals::inbox,
        arrivals::inbox_one, arrivals::inbox_file, arrivals::receipt
    ),
    components(schemas(Problem)),
    security(("token" = []))
)]
struct Description;

/// This description.
#[utoipa::path(
    get, path = "/local/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
pub(super) async fn show(_program: Program) -> Json<OpenApi> {
    Json(openapi())
}

fn openapi() -> OpenApi {
    let mut openapi = Description::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    for (name, schema) in &mut components.schemas {
        if name != "Submission"
            && let RefOr::T(schema) = schema
        {
            require_all(schema);
        }
    }
    add_problems(&mut openapi);
    openapi
}

/// The node says every field: a default is only what an older one left out.
fn require_all(schema: &mut Schema) {
    let require = |object: &mut Object| object.required = object.properties.keys().cloned().collect();
    match schema {
        Schema::Object(object) => require(object),
        Schema::AllOf(all) => {
            for item in &mut all.items {
                if let RefOr::T(Schema::Object(object)) = item {
                    require(object);
                }
            }
        }
        _ => {}
    }
}

/// What every call can be answered with, beside what it says itself.
fn add_problems(openapi: &mut OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            let mut problems = vec![
                (
                    "401",
                    "`token`: the token is missing or wrong; it is another one after each start of the node",
                ),
                ("500", "`failed`: the node failed"),
                ("507", "`disk-full`: the disk is full"),
            ];
            if path.contains("{office}") {
                problems.push((
                    "404",
                    "`office`: this node has no such office; `not-found`: there is no such thing",
                ));
                problems.push((
                    "423",
                    "`locked`: somebody has to log in first; `no-office-key`: this computer lacks the key",
                ));
            }
            for (status, about) in problems {
                let responses = &mut operation.responses.responses;
                responses.entry(status.into()).or_insert_with(|| RefOr::T(problem(about)));
            }
        }
    }
}

fn problem(about: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(about).content("application/json", content).build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::route::Who;
    use crate::routes::routes;

    #[test]
    fn every_call_is_described() {
        let calls = routes().into_iter().filter(|(_, _, who)| *who == Who::Program);
        let calls: BTreeSet<_> =
            calls.map(|(method, path, _)| format!("{} {path}", method.as_str().to_lowercase())).collect();
        let description = serde_json::to_value(openapi()).unwrap();
        let described = description["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        });
        assert_eq!(described.collect::<BTreeSet<_>>(), calls);
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let text = serde_json::to_string(&openapi()).unwrap();
        let description: serde_json::Value = serde_json::from_str(&text).unwrap();
        let named = text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap());
        let named: BTreeSet<_> = named.collect();
        assert!(named.contains("Submitted") && named.contains("Problem"), "{named:?}");
        for name in named {
            assert!(description["components"]["schemas"][name].is_object(), "{name}");
        }
        let office = &description["components"]["schemas"]["Office"]["required"];
        assert!(office.as_array().unwrap().iter().any(|name| name == "held_up"), "{office}");
    }
}
