//! Requests are read to their end, even when they are refused before: on many ways an answer that comes while the
//! caller still writes is lost, and it would never learn why.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tasuki_protocol::limits::is_too_slow;

use super::body::next_piece;

/// How much of a body was read, and how much more may be.
#[derive(Clone, Copy)]
struct Reading {
    began: Instant,
    read: u64,
    left: u64,
}

impl Reading {
    fn count(&mut self, piece: &Bytes) {
        let length = piece.len() as u64;
        self.read += length;
        self.left = self.left.saturating_sub(length);
    }

    /// What is too much or comes too slowly is of a caller whom an answer would not help.
    fn goes_on(&self) -> bool {
        self.left > 0 && !is_too_slow(self.read, self.began.elapsed())
    }
}

/// A body that, when nobody wants it any more, is read and thrown away, as far as it may go.
pub(crate) struct Whole {
    body: Body,
    reading: Reading,
}

impl Whole {
    /// At most so many bytes are read of what nobody wants.
    pub(crate) fn new(body: Body, wanted: u64) -> Self {
        Self { body, reading: Reading { began: Instant::now(), read: 0, left: wanted } }
    }
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(piece) = frame.data_ref()
        {
            self.reading.count(piece);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.body.is_end_stream() && self.reading.goes_on() {
            tokio::spawn(throw_away(std::mem::take(&mut self.body), self.reading));
        }
    }
}

async fn throw_away(mut body: Body, mut reading: Reading) {
    while let Ok(Some(piece)) = next_piece(&mut body).await {
        reading.count(&piece);
        if !reading.goes_on() {
            return;
        }
    }
}
