//! Key statements: believed only when the office itself said it, and never an older one after a newer.

use tasuki_identity::chain::ChainError;
use tasuki_identity::office_key::{OfficeKey, OfficePublicKey};
use tasuki_identity::statement::{KeyStatement, SignedStatement, StatementError};

use crate::operator::{Operator, after, now, office};

fn statement(epoch: u32) -> KeyStatement {
    KeyStatement {
        office: office("1370000019"),
        key: OfficeKey::generate().public(),
        epoch,
        issued_at: now(),
    }
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
        good.replace("statement 1", "statement 2"),
        format!("{good}more\n"),
        good.trim_end().to_owned(),
        String::new(),
    ] {
        let signature = data_encoding::BASE64.encode(&key.sign(text.as_bytes()).unwrap());
        let signed = SignedStatement { statement: text.clone(), signature, certificates: chain.to_pem() };
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
    let (first, second) = (statement(1), statement(2));
    assert_eq!(second.check_against(&first), Ok(()));
    assert_eq!(first.check_against(&first), Ok(()));
    assert_eq!(first.check_against(&second), Err(StatementError::OlderEpoch { epoch: 1, known: 2 }));
    assert_eq!(statement(2).check_against(&second), Err(StatementError::Conflict { epoch: 2 }));
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
