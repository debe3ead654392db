//! Whatever bytes come in: an error, and no panic.

use proptest::prelude::*;

use crate::world::{World, decrypt, encrypt};

/// Entries whose contents are said to lie beyond the end, or at any other place.
#[test]
fn an_archive_that_points_elsewhere_is_refused() {
    let world = World::new();
    let (sealed, _) = world.seal(&[("a.csv", b"202407,131016\r\n")]).unwrap();
    let plain = decrypt(&sealed, &world.b.key);
    let directory: Vec<usize> =
        (0..plain.len() - 4).filter(|&at| plain[at..].starts_with(b"PK\x01\x02")).collect();
    assert_eq!(directory.len(), 5);
    let length = u32::try_from(plain.len()).unwrap();
    for entry in directory {
        for place in [1, length - 1, length, length + 1, 70_000, u32::MAX - 1] {
            let mut changed = plain.clone();
            changed[entry + 42..entry + 46].copy_from_slice(&place.to_le_bytes());
            assert!(world.open(&encrypt(&changed, &world.b.statement.key)).is_err(), "to {place}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn bytes_that_are_no_parcel_are_refused(bytes: Vec<u8>) {
        let world = World::new();
        prop_assert!(world.open(&bytes).is_err());
        prop_assert!(world.open(&encrypt(&bytes, &world.b.statement.key)).is_err());
    }

    /// The seal is right, as of a sender that means harm, and what is inside is not.
    #[test]
    fn an_archive_with_changed_bytes_is_opened_as_it_was_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let world = World::new();
        let (sealed, manifest) = world.seal(&[("a.csv", b"202407,131016\r\n"), ("b.pdf", b"%PDF-1.7")]).unwrap();
        let mut plain = decrypt(&sealed, &world.b.key);
        for (index, byte) in changes {
            let index = index.index(plain.len());
            plain[index] = byte;
        }
        if let Some(cut) = cut {
            plain.truncate(cut.index(plain.len()));
        }
        if let Ok(parcel) = world.open(&encrypt(&plain, &world.b.statement.key)) {
            prop_assert_eq!(parcel.manifest(), &manifest);
        }
    }
}
