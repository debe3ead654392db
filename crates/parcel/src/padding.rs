//! Sizes that many parcels share: who sees only sealed bytes shall not learn from their number what is in them.
//!
//! Padmé, from "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs" (Nikitin and others, 2019):
//! the size keeps only so many significant bits that it tells O(log log n) of itself, and grows by at most 12 %.

/// The size to which this many bytes are filled up.
///
/// A size of about 2^e keeps its first log2(e) + 1 bits.
pub(crate) fn padded(size: u64) -> u64 {
    let Some(exponent) = size.checked_ilog2().filter(|exponent| *exponent > 0) else {
        return size;
    };
    let kept = exponent.ilog2() + 1;
    let mask = (1_u64 << exponent.saturating_sub(kept)) - 1;
    size.checked_add(mask).map_or(size, |size| size & !mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_paper() {
        for (size, expected) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (9, 10),
            (100, 104),
            (1000, 1024),
            (4096, 4096),
            (4097, 4352),
            (10_000, 10_240),
            (1_000_000, 1_015_808),
            (10 * 1024 * 1024, 10 * 1024 * 1024),
            (10 * 1024 * 1024 + 1, 10 * 1024 * 1024 + 256 * 1024),
        ] {
            assert_eq!(padded(size), expected, "{size}");
        }
    }

    #[test]
    fn nothing_gets_smaller_or_more_than_an_eighth_larger_and_it_is_done_once() {
        let sizes = (0..100_000).chain((0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]));
        for size in sizes {
            let padded_size = padded(size);
            assert!(padded_size >= size && padded_size - size <= size / 8 + 1, "{size} {padded_size}");
            assert_eq!(padded(padded_size), padded_size, "{size}");
        }
    }
}
