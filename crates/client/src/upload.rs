//! Handing in over a line that may be slow: as long as it takes something, it is waited for.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, RequestBuilder, Response};
use tasuki_protocol::problem::ProblemType;
use tokio::time::timeout;

use crate::{ClientError, Patience};

/// What the line is offered at once, in bytes.
const PIECE: usize = 16 * 1024;

/// The slowest line whose buffers are waited for, in bytes a second: 300 kbit/s. What a slower one still holds when it is
/// given up has arrived when it is asked for.
const LEAST_RATE: u64 = 37_500;

/// The line takes nothing any more.
#[derive(Debug, thiserror::Error)]
#[error("the line takes nothing of the parcel")]
struct Stalled;

/// Sends a request with contents. A slow line is no reason to give up, a line that stands still is.
pub(crate) async fn send(
    request: RequestBuilder,
    contents: Bytes,
    patience: Patience,
) -> Result<Response, ClientError> {
    let size = contents.len();
    let taken = Arc::new(AtomicUsize::new(0));
    let request = request.header(CONTENT_LENGTH, size).body(in_pieces(contents, Arc::clone(&taken)));
    let mut answer = pin!(request.send());
    loop {
        let before = taken.load(Ordering::Relaxed);
        let wait = if before < size { patience.upload } else { patience.read + time_for(size) };
        match timeout(wait, &mut answer).await {
            Ok(answer) => return Ok(answer?),
            Err(_) if taken.load(Ordering::Relaxed) == before => {
                return Err(ClientError::Unreachable(Box::new(Stalled)));
            }
            Err(_) => {}
        }
    }
}

/// Whether more of a parcel may have arrived although handing it in failed so.
pub(crate) fn may_go_on(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable(_) => true,
        ClientError::Problem(problem) => {
            matches!(problem.kind(), Some(ProblemType::TooSlow | ProblemType::UploadOffset))
        }
        _ => false,
    }
}

/// How long the slowest line needs for what it has taken: it may hold all of it.
fn time_for(size: usize) -> Duration {
    Duration::from_secs(u64::try_from(size).unwrap_or(u64::MAX) / LEAST_RATE)
}

/// Contents in pieces, each counted when the line asks for it.
fn in_pieces(contents: Bytes, taken: Arc<AtomicUsize>) -> Body {
    let pieces = (0..contents.len()).step_by(PIECE).map(move |start| {
        let end = contents.len().min(start + PIECE);
        taken.store(end, Ordering::Relaxed);
        Ok::<_, Infallible>(contents.slice(start..end))
    });
    Body::wrap_stream(stream::iter(pieces))
}
