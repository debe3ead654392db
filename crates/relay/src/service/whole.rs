//! Requests are read to their end, even when they are refused before: on many ways an answer that comes while the
//! caller still writes is lost, and it would never learn why.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tasuki_protocol::limits::{PARCEL_BYTES, is_too_slow};

use super::body::next_piece;

/// A body that, when nobody wants it any more, is read and thrown away.
pub(crate) struct Whole(Body);

impl Whole {
    pub(crate) fn new(body: Body) -> Self {
        Self(body)
    }
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.0.is_end_stream() {
            let body = std::mem::take(&mut self.0);
            tokio::spawn(throw_away(body));
        }
    }
}

/// Reads what nobody needs, as far as an honest caller would send.
async fn throw_away(mut body: Body) {
    let (began, mut read) = (Instant::now(), 0);
    // If it is too much or takes too long, the caller is none that an answer would help.
    while let Ok(Some(piece)) = next_piece(&mut body).await {
        read += piece.len() as u64;
        if read > PARCEL_BYTES || is_too_slow(read, began.elapsed()) {
            return;
        }
    }
}
