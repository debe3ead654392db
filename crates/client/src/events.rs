//! The relay's event stream (server-sent events), as far as a node needs it: that something changed, and what.

use reqwest::Response;
use tasuki_protocol::mailbox::{Event, Life};

use crate::ClientError;

/// Longest line that is kept; the relay's are far shorter.
const LINE_BYTES: usize = 16 * 1024;

/// What the relay tells. An event that this version does not know is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayEvent {
    /// The relay's life, told first. If it is another one than the node knew, the relay was restored from a backup, and
    /// the lists must be read anew.
    Life(Life),
    /// Something changed in the mailbox; the number from which to go on.
    Changed(u64),
    /// The relay knows less than this node: it was restored from an older backup. The lists must be read anew.
    Reset,
    /// Nothing changed, and the connection is there.
    Heartbeat,
}

/// An event stream.
pub struct EventStream {
    answer: Response,
    lines: Lines,
}

impl EventStream {
    pub(crate) fn new(answer: Response) -> Self {
        Self { answer, lines: Lines::default() }
    }

    /// What changed, after a [`RelayEvent::Changed`]; `None` when the relay says it in words that are not known here.
    pub fn take_change(&mut self) -> Option<Event> {
        self.lines.change.take()
    }

    /// The next event; `None` when the relay ended the stream.
    ///
    /// # Errors
    /// When the line is cut, or silent for longer than the relay's heartbeat allows.
    pub async fn next(&mut self) -> Result<Option<RelayEvent>, ClientError> {
        loop {
            if let Some(event) = self.lines.next_event() {
                return Ok(Some(event));
            }
            match self.answer.chunk().await? {
                Some(bytes) => self.lines.push(&bytes)?,
                None => return Ok(None),
            }
        }
    }
}

/// Bytes as they come, and the event that is being read.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    event: String,
    data: String,
    id: u64,
    change: Option<Event>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.buffer.extend_from_slice(bytes);
        let is_endless = self.buffer.len() > LINE_BYTES && !self.buffer.contains(&b'\n');
        if is_endless { Err(ClientError::Unintelligible) } else { Ok(()) }
    }

    fn next_event(&mut self) -> Option<RelayEvent> {
        while let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.starts_with(':') {
                return Some(RelayEvent::Heartbeat);
            }
            match line.split_once(':').map(|(name, value)| (name, value.trim_start())) {
                Some(("event", value)) => value.clone_into(&mut self.event),
                Some(("data", value)) => value.clone_into(&mut self.data),
                Some(("id", value)) => self.id = value.parse().unwrap_or(self.id),
                None if line.is_empty() => {
                    if let Some(event) = self.finished() {
                        return Some(event);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What the event that ends here says.
    fn finished(&mut self) -> Option<RelayEvent> {
        let (event, data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
        match event.as_str() {
            "life" => data.parse().ok().map(RelayEvent::Life),
            "change" => {
                self.change = serde_json::from_str(&data).ok();
                Some(RelayEvent::Changed(self.id))
            }
            "reset" => Some(RelayEvent::Reset),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text =
            b": tasuki\n\nevent: life\ndata: 00ff00000000000000000000000000aa\n\nevent: change\nid: 7\ndata: {}\n\n\
              event: of later\ndata: {}\n\n:.\r\n\r\nevent: reset\nid: 3\ndata: {}\n\n";
        let life = "00ff00000000000000000000000000aa".parse().unwrap();
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for part in text.chunks(size) {
                lines.push(part).unwrap();
                while let Some(event) = lines.next_event() {
                    found.push(event);
                }
            }
            let expected = [
                RelayEvent::Heartbeat,
                RelayEvent::Life(life),
                RelayEvent::Changed(7),
                RelayEvent::Heartbeat,
                RelayEvent::Reset,
            ];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut lines = Lines::default();
        assert!(lines.push(&vec![b'a'; LINE_BYTES + 1]).is_err());
    }
}
