//! Which statement of a partner's key is believed: a key is only ever followed by one of a higher epoch. An older one, or
//! another one of the same epoch, is not believed, whoever hands it out. Pure.

use tasuki_identity::statement::SignedStatement;

use super::partner::Pinned;

/// A statement that was verified.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verified<'a> {
    pub(super) text: &'a str,
    pub(super) key: &'a str,
    pub(super) epoch: u32,
}

/// What is kept from now on, and the key before if it is another one.
pub(super) fn follow(known: Pinned, verified: Option<Verified<'_>>) -> (Pinned, Option<String>) {
    match verified {
        Some(verified) if i64::from(verified.epoch) > known.epoch => {
            let before = known.statement.as_deref().map(|known| key_of(known).unwrap_or_default());
            let epoch = i64::from(verified.epoch);
            let pinned = Pinned { statement: Some(verified.text.to_owned()), epoch };
            (pinned, before.filter(|before| before != verified.key))
        }
        _ => (known, None),
    }
}

/// The key in a signed statement that was verified before.
pub(super) fn key_of(signed: &str) -> Option<String> {
    let signed: SignedStatement = serde_json::from_str(signed).ok()?;
    signed.statement.lines().find_map(|line| line.strip_prefix("key ").map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(key: &str) -> String {
        serde_json::json!({ "statement": format!("x\nkey {key}\n"), "signature": "", "certificates": "" })
            .to_string()
    }

    #[test]
    fn only_a_higher_epoch_follows() {
        let (old, new) = (stated("age1old"), stated("age1new"));
        let known = Pinned { statement: Some(old.clone()), epoch: 2 };
        for (key, text, epoch, after, before) in [
            ("age1new", &new, 1, (&old, 2), None),
            ("age1new", &new, 2, (&old, 2), None),
            ("age1new", &new, 3, (&new, 3), Some("age1old")),
            ("age1old", &old, 3, (&old, 3), None),
        ] {
            let after = Pinned { statement: Some(after.0.clone()), epoch: after.1 };
            let found = follow(known.clone(), Some(Verified { text, key, epoch }));
            assert_eq!(found, (after, before.map(str::to_owned)), "{key} {epoch}");
        }
        assert_eq!(follow(known.clone(), None), (known, None));
        let (first, before) =
            follow(Pinned::default(), Some(Verified { text: &new, key: "age1new", epoch: 1 }));
        assert_eq!((first.epoch, before), (1, None), "the first one is no change");
    }
}
