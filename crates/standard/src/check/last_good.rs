//! What need not be checked again.
//!
//! Most fields repeat from row to row, and what was good is good again: a row is compared with the last good
//! one from both ends, and only the fields that lie between are checked. This halves the time of a check.

use crate::read::CellPosition;

/// The last row without a finding; empty before the first one and after a row with findings.
#[derive(Default)]
pub(super) struct LastGood {
    raw: Vec<u8>,
    /// Where each field starts in `raw`.
    pub(super) starts: Vec<usize>,
}

impl LastGood {
    /// The fields of a row that differ from the last good one: from the first position up to the second. All
    /// of its `fields`, when there is none.
    pub(super) fn differing(&mut self, raw: &[u8], fields: usize) -> [CellPosition; 2] {
        if self.raw.is_empty() || self.starts.len() != fields {
            self.starts.resize(fields, 0);
            return [CellPosition::default(), CellPosition { index: fields, offset: raw.len() + 1 }];
        }
        let prefix = common_prefix(&self.raw, raw);
        let first = self.starts.partition_point(|&start| start <= prefix).saturating_sub(1);
        let start = self.starts[first];
        // The ends must not overlap in either row. A field belongs to the end with the comma before it.
        let suffix = common_suffix(&self.raw[start..], &raw[start..]);
        let after = self.starts.partition_point(|&start| start <= self.raw.len() - suffix);
        let length_after = self.starts.get(after).map(|start| self.raw.len() - start);
        let offset = length_after.map_or(raw.len() + 1, |length| raw.len() - length);
        [CellPosition { index: first, offset: start }, CellPosition { index: after, offset }]
    }

    /// Keeps a row if it is good; the fields from `after` on lie as far from its end as in the one before.
    pub(super) fn remember(&mut self, good: Option<&[u8]>, after: usize) {
        let Some(raw) = good else {
            self.raw.clear();
            return;
        };
        for start in &mut self.starts[after..] {
            *start = *start + raw.len() - self.raw.len();
        }
        self.raw.clear();
        self.raw.extend_from_slice(raw);
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let same_chunks = a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0).take_while(|(a, b)| a == b);
    let length = same_chunks.count() * 16;
    length + a[length..].iter().zip(&b[length..]).take_while(|(a, b)| a == b).count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let (chunks_of_a, chunks_of_b) = (a.as_rchunks::<16>().1, b.as_rchunks::<16>().1);
    let same_chunks = chunks_of_a.iter().rev().zip(chunks_of_b.iter().rev()).take_while(|(a, b)| a == b);
    let length = same_chunks.count() * 16;
    let rest_of_a = a[..a.len() - length].iter().rev();
    let rest_of_b = b[..b.len() - length].iter().rev();
    length + rest_of_a.zip(rest_of_b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_bytes<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
        a.zip(b).take_while(|(a, b)| a == b).count()
    }

    proptest! {
        #[test]
        fn common_ends_are_found_byte_by_byte(a in "[ab]{0,50}", b in "[ab]{0,50}", same in "[ab]{0,50}") {
            let (front, back) = (format!("{same}{a}"), format!("{a}{same}"));
            let (other_front, other_back) = (format!("{same}{b}"), format!("{b}{same}"));
            prop_assert_eq!(
                common_prefix(front.as_bytes(), other_front.as_bytes()),
                by_bytes(front.as_bytes().iter(), other_front.as_bytes().iter())
            );
            prop_assert_eq!(
                common_suffix(back.as_bytes(), other_back.as_bytes()),
                by_bytes(back.as_bytes().iter().rev(), other_back.as_bytes().iter().rev())
            );
        }
    }
}
