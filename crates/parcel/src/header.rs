//! The header of the seal, looked at before age reads it: age takes time that grows with the square of the
//! recipients, and any partner can write a header of megabytes.

use std::io::{self, Read, Seek, SeekFrom};

use crate::limits::{HEADER_BYTES, HEADER_LINE_BYTES, RECIPIENTS, STANZAS};

/// What a header is at a glance. Only a [`Header::Small`] one is given to age.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// No more than a parcel has.
    Small,
    /// Of age, but with more recipients, lines or bytes than a parcel has.
    TooLarge,
    /// Not of age.
    Foreign,
}

/// Looks at the first bytes and goes back to where it began.
///
/// # Errors
/// When the source fails.
pub(crate) fn look<R: Read + Seek>(sealed: &mut R) -> io::Result<Header> {
    let start = sealed.stream_position()?;
    let mut head = Vec::new();
    sealed.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut head)?;
    sealed.seek(SeekFrom::Start(start))?;
    Ok(judge(&head))
}

fn judge(head: &[u8]) -> Header {
    let Some(mut rest) = head.strip_prefix(b"age-encryption.org/v1\n") else { return Header::Foreign };
    let (mut stanzas, mut recipients) = (0, 0);
    loop {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return if is_long(rest, head.len()) { Header::TooLarge } else { Header::Foreign };
        };
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        if line.starts_with(b"--- ") {
            return Header::Small;
        }
        if line.len() > HEADER_LINE_BYTES {
            return Header::TooLarge;
        }
        if let Some(arguments) = line.strip_prefix(b"-> ") {
            stanzas += 1;
            recipients += usize::from(arguments.starts_with(b"X25519 "));
        } else if !line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte)) {
            return Header::Foreign;
        }
        if stanzas > STANZAS || recipients > RECIPIENTS {
            return Header::TooLarge;
        }
        rest = after;
    }
}

/// Whether a line without end is too long, or the header is: what is short and has no end was cut off.
fn is_long(line: &[u8], seen: usize) -> bool {
    line.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && (line.len() > HEADER_LINE_BYTES || seen == HEADER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "age-encryption.org/v1\n";
    const END: &str = "--- mac\n";

    fn judged(text: &str) -> Header {
        judge(text.as_bytes())
    }

    #[test]
    fn a_header_at_a_glance_is_a_table() {
        let (ours, other) = ("-> X25519 key\nbody\n", "-> nonsense\nbody\n");
        for (stanzas, header) in [
            (String::new(), Header::Small),
            (ours.repeat(2), Header::Small),
            (ours.repeat(2) + other, Header::Small),
            (other.repeat(3), Header::Small),
            (ours.repeat(3), Header::TooLarge),
            (ours.repeat(2) + &other.repeat(2), Header::TooLarge),
            (other.repeat(4), Header::TooLarge),
            ("a body with blanks\n".into(), Header::Foreign),
            ("b+/9Z\n".into(), Header::Small),
            ("b=\n".into(), Header::Foreign),
            ("A".repeat(128) + "\n", Header::Small),
            ("A".repeat(129) + "\n", Header::TooLarge),
        ] {
            assert_eq!(judged(&format!("{BEGIN}{stanzas}{END}")), header, "{stanzas}");
        }
        assert_eq!(judged(&format!("x{BEGIN}{END}")), Header::Foreign);
    }

    #[test]
    fn a_header_without_an_end_is_cut_off_or_too_large() {
        let filled = |bytes: usize| {
            let lines = format!("{BEGIN}{}", "AAAAAAAAA\n".repeat(bytes / 10));
            let rest = bytes - lines.len().min(bytes);
            format!("{lines}{}", "A".repeat(rest)).chars().take(bytes).collect::<String>()
        };
        for (text, header) in [
            (BEGIN.to_owned(), Header::Foreign),
            (format!("{BEGIN}{}", "A".repeat(128)), Header::Foreign),
            (format!("{BEGIN}{}", "A".repeat(129)), Header::TooLarge),
            (format!("{BEGIN}{}\0", "A".repeat(129)), Header::Foreign),
            (filled(HEADER_BYTES - 1), Header::Foreign),
            (filled(HEADER_BYTES), Header::TooLarge),
        ] {
            assert_eq!(judged(&text), header, "{} bytes", text.len());
        }
    }

    #[test]
    fn a_look_reads_no_further_and_goes_back() {
        let bytes = format!("before{BEGIN}{END}{}", "x".repeat(2 * HEADER_BYTES));
        let mut sealed = io::Cursor::new(bytes.into_bytes());
        sealed.set_position(6);
        assert_eq!(look(&mut sealed).unwrap(), Header::Small);
        assert_eq!(sealed.position(), 6);
    }
}
