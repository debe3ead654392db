//! The table of service codes, which the operator loads once for all offices.

use std::io::{self, Read as _};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tasuki_protocol::header::SERVICE_CODES;
use tasuki_protocol::limits::SERVICE_CODES_BYTES;
use tasuki_protocol::problem::ProblemType;
use tasuki_terms::Sha256Digest;

use super::caller::Caller;
use super::offices::{is_known, unchanged};
use super::refusal::{Answer, Refusal};
use super::{App, Relay};

/// The table as it was last read, so that it is read and hashed once for all who ask.
#[derive(Default)]
pub(crate) struct CodesTable(Mutex<Option<Table>>);

#[derive(Clone)]
struct Table {
    modified: SystemTime,
    tag: String,
    bytes: Bytes,
}

/// The table of service codes that the operator loaded: CSV in UTF-8 with the columns code, name, units, per, valid_from
/// and valid_to. Its `ETag` is the SHA-256 of its bytes; 404 when none was loaded.
#[utoipa::path(
    get, path = "/v1/service-codes", tag = "directory",
    responses((status = 200, body = String, content_type = SERVICE_CODES), (status = 304))
)]
pub(crate) async fn show(State(relay): State<App>, _: Caller, headers: HeaderMap) -> Answer<Response> {
    let reading = relay.clone();
    let table = tokio::task::spawn_blocking(move || reading.codes_table()).await;
    let table = table.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "the table of service codes cannot be read");
        Refusal::from(ProblemType::Internal)
    })?;
    let table = table.ok_or(ProblemType::NotFound)?;
    if is_known(&headers, &table.tag) {
        return Ok(unchanged(&table.tag));
    }
    let fields = [
        (header::CONTENT_TYPE, SERVICE_CODES),
        (header::ETAG, &table.tag),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((fields, table.bytes).into_response())
}

impl Relay {
    /// The table in the folder now; `None` when none was loaded. It is always a whole one: a new table takes the place
    /// of the one before by its name.
    fn codes_table(&self) -> io::Result<Option<Table>> {
        let file = match std::fs::File::open(self.folder.service_codes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let modified = file.metadata()?.modified()?;
        let mut kept = self.codes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = kept.as_ref().filter(|table| table.modified == modified) {
            return Ok(Some(table.clone()));
        }
        let mut bytes = Vec::new();
        file.take(SERVICE_CODES_BYTES).read_to_end(&mut bytes)?;
        let tag = format!("\"{}\"", Sha256Digest(Sha256::digest(&bytes).into()));
        Ok(Some(kept.insert(Table { modified, tag, bytes: bytes.into() }).clone()))
    }
}
