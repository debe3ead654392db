//! Key statements: believed only when the office itself said it, and never an older one after a newer.

use tasuki_identity::chain::ChainError;
use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement, StatementError};
use tasuki_terms::Sha256Digest;

use crate::operator::{Operator, after, now, office};

fn statement(epoch: u32) -> KeyStatement {
    KeyStatement {
        office: office("1370000019"),
        key: OfficeKey::generate().public(),
        epoch,
        before: (epoch > 1).then_some(Sha256Digest([7; 32])),
        formats: ParcelFormats::only(2),
        issued_at: now(),
    }
}

/// The statement after another, with a new key.
fn next(before: &KeyStatement) -> KeyStatement {
    KeyStatement { before: Some(before.digest()), ..statement(before.epoch + 1) }
}

#[test]
fn a_statement_is_believed_as_it_was_said() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office("1370000019"));
    let said = statement(1);
    let signed = SignedStatement::sign(&said, &key, &chain).unwrap();
    let sent: SignedStatement = serde_json::from_str(&serde_json::to_string(&signed).unwrap()).unwrap();
    assert_eq!(sent.verify(&operator.trust(), now()), Ok(said));
}

#[test]
fn no_word_of_it_can_be_changed() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office("1370000019"));
    let signed = SignedStatement::sign(&statement(1), &key, &chain).unwrap();
    for at in 0..signed.statement.len() {
        let mut forged = signed.clone();
        let mut bytes = forged.statement.into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        forged.statement = String::from_utf8(bytes).unwrap();
        assert_eq!(forged.verify(&operator.trust(), now()), Err(StatementError::Signature), "byte {at}");
    }
    let forged = SignedStatement { signature: "AAAA".to_owned(), ..signed };
    assert_eq!(forged.verify(&operator.trust(), now()), Err(StatementError::Signature));
}

#[test]
fn an_office_speaks_for_itself_only() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office("1370000027"));
    let signed = SignedStatement::sign(&statement(1), &key, &chain).unwrap();
    let expected = StatementError::OtherOffice { stated: office("1370000019"), signer: office("1370000027") };
    assert_eq!(signed.verify(&operator.trust(), now()), Err(expected));
}

#[test]
fn a_stranger_is_not_believed() {
    let (operator, stranger) = (Operator::new(), Operator::new());
    let (key, chain) = stranger.enrol(office("1370000019"));
    let signed = SignedStatement::sign(&statement(1), &key, &chain).unwrap();
    let expected = StatementError::Signer(ChainError::UnknownAuthority);
    assert_eq!(signed.verify(&operator.trust(), now()), Err(expected));
}

#[test]
fn other_signed_texts_are_no_statements() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office("1370000019"));
    let good = statement(1).to_string();
    for text in [
        good.replace("epoch 1", "epoch 0"),
        good.replace("epoch 1", "epoch 01"),
        good.replace("Z\n", "+00:00\n"),
        good.replace("statement 2", "statement 1"),
        good.replace("before -", &format!("before {}", Sha256Digest([7; 32]))),
        good.replace("epoch 1", "epoch 2"),
        good.replace("formats 2", "formats "),
        good.replace("formats 2", "formats 2,2"),
        good.replace("formats 2", "formats 3,2"),
        good.replace("formats 2", "formats 02"),
        good.replace(
            "formats 2",
            &format!("formats {}", (1..18).map(|n| n.to_string()).collect::<Vec<_>>().join(",")),
        ),
        format!("{good}more\n"),
        good.trim_end().to_owned(),
        String::new(),
    ] {
        let signature = data_encoding::BASE64.encode(&key.sign(text.as_bytes()).unwrap());
        let signed = SignedStatement {
            statement: text.clone(),
            signature,
            cosignature: None,
            certificates: chain.to_pem(),
        };
        assert_eq!(signed.verify(&operator.trust(), now()), Err(StatementError::Malformed), "{text:?}");
    }
}

#[test]
fn a_statement_from_the_future_waits() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office("1370000019"));
    let signed = SignedStatement::sign(&KeyStatement { issued_at: after(25), ..statement(1) }, &key, &chain);
    assert_eq!(signed.unwrap().verify(&operator.trust(), now()), Err(StatementError::FromTheFuture));
}

#[test]
fn a_newer_epoch_wins_and_an_older_is_refused() {
    let first = statement(1);
    let (second, third) = (next(&first), next(&next(&first)));
    assert_eq!(second.check_against(&first), Ok(()));
    assert_eq!(first.check_against(&first), Ok(()));
    assert_eq!(first.check_against(&second), Err(StatementError::OlderEpoch { epoch: 1, known: 2 }));
    assert_eq!(next(&first).check_against(&second), Err(StatementError::Conflict { epoch: 2 }));
    assert_eq!(statement(2).check_against(&first), Err(StatementError::NotChained { epoch: 2 }));
    assert_eq!(third.check_against(&first), Ok(()), "what lies between is not known");
}

#[test]
fn a_statement_follows_exactly_one() {
    let first = statement(1);
    let second = next(&first);
    assert!(second.follows(1, first.digest()));
    for (epoch, digest) in
        [(0, first.digest()), (2, first.digest()), (1, second.digest()), (u32::MAX, first.digest())]
    {
        assert!(!second.follows(epoch, digest), "{epoch}");
    }
    assert!(!first.follows(0, first.digest()));
}

#[test]
fn a_key_is_handed_over_by_the_one_before_and_nobody_else() {
    let operator = Operator::new();
    let (old, _) = operator.enrol(office("1370000019"));
    let (new, chain) = operator.enrol(office("1370000019"));
    let alone = SignedStatement::sign(&next(&statement(1)), &new, &chain).unwrap();
    assert!(alone.is_handed_over_by(&new.public_key()), "the same key signs on");
    assert!(!alone.is_handed_over_by(&old.public_key()));
    let cosigned = alone.clone().cosigned(&old).unwrap();
    assert!(cosigned.is_handed_over_by(&old.public_key()));
    assert_eq!(cosigned.digest(), alone.digest());
    let stranger = SigningKey::generate().unwrap();
    assert!(!alone.clone().cosigned(&stranger).unwrap().is_handed_over_by(&old.public_key()));
    let other = SignedStatement {
        cosignature: cosigned.cosignature.clone(),
        ..SignedStatement::sign(&next(&statement(1)), &new, &chain).unwrap()
    };
    assert!(!other.is_handed_over_by(&old.public_key()), "a co-signature is over one text only");
    assert!(!cosigned.is_handed_over_by(b"no key"));
    let json = serde_json::to_string(&cosigned).unwrap();
    assert_eq!(serde_json::from_str::<SignedStatement>(&json).unwrap(), cosigned);
}

#[test]
fn an_office_says_which_parcels_it_reads() {
    let said = statement(1);
    assert!(said.formats.contains(2) && !said.formats.contains(1));
    assert_eq!(said.formats.to_string(), "2");
}

#[test]
fn keys_are_those_of_age() {
    let key = OfficeKey::generate();
    let text = key.public().to_string();
    assert!(text.starts_with("age1"));
    assert_eq!(text.parse::<OfficePublicKey>(), Ok(key.public()));
    assert!("age1x".parse::<OfficePublicKey>().is_err());
    assert!(OfficeKey::from_secret(&text).is_err());
}
