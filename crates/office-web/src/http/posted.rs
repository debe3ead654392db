//! What was posted: fields and files.

use std::collections::HashMap;
use std::error::Error;
use std::iter::successors;

use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use futures_util::TryStreamExt as _;
use futures_util::stream::try_unfold;
use tasuki_office::files::Dropped;

use super::ask::code;
use super::failure::Failure;
use super::headers::{asks_by_script, text_of};

/// Most bytes of one request with files: pages send more in several requests.
pub(crate) const UPLOAD_BYTES: usize = 128 * 1024 * 1024;

/// Most bytes of a form without files.
const FORM_BYTES: usize = 1024 * 1024;

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

    /// Whether a field was posted at all, be it empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }

    /// What a form of these fields posts.
    #[cfg(test)]
    pub(crate) fn with(fields: &[(&str, &str)]) -> Self {
        let mut posted = Self::default();
        for (name, value) in fields {
            posted.fields.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        posted
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
