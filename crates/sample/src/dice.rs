//! Chance that falls the same way every time.

use std::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A source of chance. The same seed and stream always give the same numbers, on every machine and in every
/// release of this crate's dependencies: ChaCha is fixed, and the few ways to draw are written out here.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The numbers of one stream of a seed. Streams are independent of each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A number from 0 to `end - 1`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let product = u128::from(self.0.next_u64()) * (end as u128);
        usize::try_from(product >> 64).expect("the product shifted by 64 bits is less than `end`")
    }

    /// A number of a range.
    pub(crate) fn of(&mut self, range: RangeInclusive<u16>) -> u16 {
        let span = range.end().saturating_sub(*range.start());
        let ahead = self.below(usize::from(span) + 1);
        range.start() + u16::try_from(ahead).expect("at most the span of the range")
    }

    /// True so often in a hundred.
    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of several; the slice must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// An index, as often as its weight says.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// Brings a list into an order of chance.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_themselves_and_differ_from_each_other() {
        let draw = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [0; 8].map(|_| dice.below(1_000_000))
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_its_ends() {
        let mut dice = Dice::new(7, 7);
        let drawn: std::collections::BTreeSet<_> = (0..1000).map(|_| dice.of(3..=6)).collect();
        assert_eq!(drawn, [3, 4, 5, 6].into());
        assert!((0..100).all(|_| dice.weighted(&[0, 5, 0]) == 1));
        assert_eq!(dice.below(0), 0);
    }
}
