//! Who asks, for which office, and what they posted.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::{COOKIE, HOST, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use tasuki_office::offices::OwnOffice;
use tasuki_office::staff::{Role, Staff};

use crate::http::address::{FIRST, inside};
use crate::http::failure::Failure;
use crate::http::headers::{asks_by_script, is_live, text_of};
use crate::http::posted::Posted;
use crate::state::App;

/// Header in which scripts send the value that forms carry as `csrf`.
const CSRF_HEADER: &str = "tasuki-csrf";

/// A member of the staff who is logged in.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) staff: Staff,
    pub(crate) csrf: String,
    pub(crate) token: String,
}

/// A visitor, and the office of the address.
#[derive(Clone)]
pub(crate) struct At {
    pub(crate) visitor: Visitor,
    pub(crate) office: OwnOffice,
    /// The page that is asked for, to come back to.
    pub(crate) path: String,
}

/// The token of our session cookie.
pub(crate) fn token(app: &App, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == app.cookie).then(|| value.to_owned()))
}

fn path_of(uri: &Uri) -> String {
    uri.path_and_query().map_or(FIRST, |path| path.as_str()).to_owned()
}

/// The page to come back to after a log-in: what was asked for when that is a page, otherwise the page from which a form
/// or a script asked.
fn way_back(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    if method == Method::GET && !asks_by_script(headers) {
        return path_of(uri);
    }
    let from = text_of(headers, REFERER.as_str()).strip_prefix("http://").unwrap_or_default();
    let path = from.strip_prefix(text_of(headers, HOST.as_str())).unwrap_or_default();
    inside(path).to_owned()
}

/// Who asks. `touched`: whether it was a person, not the page by itself.
pub(crate) fn identify(app: &App, headers: &HeaderMap, touched: bool) -> Option<Visitor> {
    let token = token(app, headers)?;
    let session = app.sessions.find(&token, app.node.now(), touched)?;
    let staff = app.node.staff.member(session.staff).ok().filter(|staff| !staff.disabled)?;
    Some(Visitor { staff, csrf: session.csrf, token })
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let by_itself = is_live(&parts.headers) || text_of(&parts.headers, "accept") == "text/event-stream";
        identify(app, &parts.headers, !by_itself)
            .ok_or_else(|| Failure::NotLoggedIn(way_back(&parts.method, &parts.uri, &parts.headers)))
    }
}

impl FromRequestParts<App> for At {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let Ok(params) = RawPathParams::from_request_parts(parts, app).await else {
            return Err(Failure::NotFound);
        };
        let no = params.iter().find_map(|(name, value)| (name == "office").then_some(value));
        let no = no.and_then(|no| no.parse().ok()).ok_or(Failure::NotFound)?;
        let office = app.node.offices.get(no)?;
        Ok(Self { visitor, office, path: path_of(&parts.uri) })
    }
}

/// A visitor who is an administrator, and the office of the address. It stands before [`Form`] among the arguments of a
/// handler: who may not act is told so whatever they posted.
pub(crate) struct Administrator(pub(crate) At);

impl FromRequestParts<App> for Administrator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let at = At::from_request_parts(parts, app).await?;
        at.visitor.must_administrate()?;
        Ok(Self(at))
    }
}

/// What a logged-in visitor posted; refused unless it comes from a page that was made for this session.
pub(crate) struct Form(pub(crate) Posted);

impl FromRequest<App> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let header = text_of(request.headers(), CSRF_HEADER).to_owned();
        let visitor = identify(app, request.headers(), true);
        let visitor = visitor.ok_or_else(|| {
            Failure::NotLoggedIn(way_back(request.method(), request.uri(), request.headers()))
        })?;
        let posted = Posted::read(request).await?;
        if visitor.csrf == header || visitor.csrf == posted.text("csrf") {
            Ok(Self(posted))
        } else {
            Err(Failure::OldPage)
        }
    }
}

/// What somebody posted who is not logged in: the log-in itself and the first start.
pub(crate) struct OpenForm(pub(crate) Posted);

impl FromRequest<App> for OpenForm {
    type Rejection = Failure;

    async fn from_request(request: Request, _app: &App) -> Result<Self, Failure> {
        Posted::read(request).await.map(Self)
    }
}

impl Visitor {
    /// What only an administrator may do.
    pub(crate) fn must_administrate(&self) -> Result<(), Failure> {
        if self.staff.role == Role::Administrator { Ok(()) } else { Err(Failure::NotAllowed) }
    }
}

/// The headers of a request, for handlers that need nothing else of it.
pub(crate) struct Headers(pub(crate) HeaderMap);

impl<S: Sync> FromRequestParts<S> for Headers {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.clone()))
    }
}
