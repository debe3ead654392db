//! Whatever bytes come in: an error, and no panic.

use proptest::prelude::*;

use crate::world::{World, decrypt, encrypt};

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
