//! Who asks, for which office, and what they posted.

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::iter::successors;

use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, FromRequestParts, Multipart, RawPathParams, Request};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use futures_util::TryStreamExt as _;
use futures_util::stream::try_unfold;
use tasuki_office::files::Dropped;
use tasuki_office::offices::OwnOffice;
use tasuki_office::staff::{Role, Staff};

use crate::ask::code;
use crate::failure::{Failure, asks_by_script, inside, is_live};
use crate::serve::App;

/// Most bytes of one request with files: pages send more in several requests.
pub(crate) const UPLOAD_BYTES: usize = 128 * 1024 * 1024;

/// Most bytes of a form without files.
const FORM_BYTES: usize = 1024 * 1024;

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

/// What was posted: fields and files.
#[derive(Default)]
pub(crate) struct Posted {
    fields: HashMap<String, Vec<String>>,
    pub(crate) files: Vec<Dropped>,
    /// The page's script asks: it wants to know where to go, not the page itself.
    pub(crate) by_script: bool,
}

impl Posted {
    /// The text of a field, without blanks around it; empty when it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The letters and digits of a field for a number, an id or a code, however they were typed.
    pub(crate) fn code(&self, name: &str) -> String {
        code(self.raw(name))
    }

    /// The text of a field as it was typed, as for passwords.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.fields.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.get(name).into_iter().flatten().map(String::as_str)
    }

    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }

    /// Reads a body without asking who sent it.
    pub(crate) async fn read(request: Request) -> Result<Self, Failure> {
        let by_script = asks_by_script(request.headers());
        let kind = text_of(request.headers(), CONTENT_TYPE.as_str());
        let mut posted = if kind.starts_with("multipart/form-data") {
            read_multipart(request).await?
        } else {
            let bytes = axum::body::to_bytes(request.into_body(), FORM_BYTES).await;
            let bytes = bytes.map_err(|_| Failure::TooLarge)?;
            Self { fields: read_form(&bytes), ..Self::default() }
        };
        posted.by_script = by_script;
        Ok(posted)
    }
}

fn read_form(bytes: &[u8]) -> HashMap<String, Vec<String>> {
    let mut fields: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        fields.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    fields
}

/// More was sent than is taken at once.
#[derive(Debug, thiserror::Error)]
#[error("the request is too large")]
struct TooMuch;

/// Passes on as much as is taken at once. What is too much is read to its end all the same, and dropped: a browser that
/// is still sending would not hear the answer.
fn limited(body: Body) -> Body {
    let parts = try_unfold((body.into_data_stream(), 0_usize), async |(mut data, mut seen)| {
        while let Some(part) = data.try_next().await? {
            seen = seen.saturating_add(part.len());
            if seen <= UPLOAD_BYTES {
                return Ok(Some((part, (data, seen))));
            }
        }
        if seen > UPLOAD_BYTES { Err(axum::Error::new(TooMuch)) } else { Ok(None) }
    });
    Body::from_stream(parts)
}

async fn read_multipart(request: Request) -> Result<Posted, Failure> {
    let request = request.map(limited);
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Failure::Malformed)?;
    let mut posted = Posted::default();
    let unread = |error: MultipartError| {
        let mut causes = successors(Some(&error as &(dyn Error + 'static)), |&error| error.source());
        if causes.any(<dyn Error>::is::<TooMuch>) { Failure::TooLarge } else { Failure::Malformed }
    };
    while let Some(field) = multipart.next_field().await.map_err(unread)? {
        let name = field.name().unwrap_or_default().to_owned();
        // Browsers send folders along for files of a folder: only the last part names the file.
        let file_name =
            field.file_name().map(|name| name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
        let bytes = field.bytes().await.map_err(unread)?;
        match file_name {
            // A file button that nobody used sends an empty file without a name.
            Some(file_name) if file_name.is_empty() => {}
            Some(name) => posted.files.push(Dropped { name, bytes: bytes.to_vec() }),
            None => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                posted.fields.entry(name).or_default().push(text);
            }
        }
    }
    Ok(posted)
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
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
    uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
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
