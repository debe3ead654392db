//! Certificates: who is accepted as which office, and why others are not.

use std::process::Command;

use tasuki_identity::authority::{AuthorityError, IssuingAuthority, OFFICE_VALIDITY, Revoked, RootAuthority};
use tasuki_identity::chain::{CertificateChain, ChainError};
use tasuki_identity::signing::{CertificateRequest, SigningKey};

use crate::operator::{Operator, after, now, office};

const A: &str = "1370000019";
const B: &str = "1370000027";

#[test]
fn a_chain_says_which_office_it_is() {
    let operator = Operator::new();
    let (_, chain) = operator.enrol(office(A));
    let certificate = operator.trust().verify(&chain, now()).unwrap();
    assert_eq!(certificate.office, office(A));
    assert!(certificate.not_before < now() && now() < certificate.not_after);
}

#[test]
fn each_node_of_an_office_has_its_own_certificate() {
    let operator = Operator::new();
    let nodes = [operator.enrol(office(A)).1, operator.enrol(office(A)).1];
    let [first, second] = nodes.map(|chain| operator.trust().verify(&chain, now()).unwrap());
    assert_eq!(first.office, second.office);
    assert_ne!(first.serial, second.serial);
}

#[test]
fn the_operator_decides_the_name_not_the_request() {
    let operator = Operator::new();
    let request = SigningKey::generate().unwrap().request(office(B)).unwrap();
    let chain = operator.issuing.issue_office(&request, office(A), now()).unwrap();
    assert_eq!(operator.trust().verify(&chain, now()).unwrap().office, office(A));
}

#[test]
fn validity_has_a_beginning_and_an_end() {
    let operator = Operator::new();
    let (_, chain) = operator.enrol(office(A));
    let verify = |at| operator.trust().verify(&chain, at).map(|certificate| certificate.office);
    assert_eq!(verify(after(-2)), Err(ChainError::NotYetValid));
    assert_eq!(verify(now() + OFFICE_VALIDITY), Ok(office(A)));
    assert_eq!(
        verify(now() + OFFICE_VALIDITY + jiff::SignedDuration::from_secs(1)),
        Err(ChainError::Expired)
    );
}

#[test]
fn a_renewed_certificate_outlives_the_old_one() {
    let operator = Operator::new();
    let later = now() + OFFICE_VALIDITY - jiff::SignedDuration::from_hours(24);
    let request = SigningKey::generate().unwrap().request(office(A)).unwrap();
    let renewed = operator.issuing.issue_office(&request, office(A), later).unwrap();
    assert!(operator.trust().verify(&renewed, now() + OFFICE_VALIDITY * 3 / 2).is_ok());
}

#[test]
fn another_authority_is_unknown_even_with_the_same_name() {
    let (ours, theirs) = (Operator::new(), Operator::new());
    let (_, chain) = theirs.enrol(office(A));
    assert_eq!(ours.trust().verify(&chain, now()), Err(ChainError::UnknownAuthority));

    let mut both = ours.trust();
    both.add_root(theirs.root.certificate().to_vec());
    assert_eq!(both.verify(&chain, now()).unwrap().office, office(A));
}

#[test]
fn a_revoked_certificate_is_refused_and_no_other() {
    let operator = Operator::new();
    let (_, lost) = operator.enrol(office(A));
    let (_, kept) = operator.enrol(office(A));
    let serial = operator.trust().verify(&lost, now()).unwrap().serial;
    let list = operator.issuing.revocation_list(&[Revoked { serial, at: now() }], 1, now()).unwrap();

    let mut trust = operator.trust();
    trust.add_revocation_list(&list).unwrap();
    // A list that is out of date still counts.
    for at in [now(), after(24 * 300)] {
        assert_eq!(trust.verify(&lost, at), Err(ChainError::Revoked));
        assert!(trust.verify(&kept, at).is_ok());
    }
    assert!(trust.add_revocation_list(b"no list").is_err());
}

#[test]
fn a_revocation_list_of_somebody_else_does_not_revoke() {
    let (operator, stranger) = (Operator::new(), Operator::new());
    let (_, chain) = operator.enrol(office(A));
    let serial = operator.trust().verify(&chain, now()).unwrap().serial;
    let list =
        stranger.issuing.revocation_list(&[Revoked { serial: serial.clone(), at: now() }], 1, now()).unwrap();
    let mut trust = operator.trust();
    trust.add_revocation_list(&list).unwrap();
    // It says nothing: neither is the certificate taken back, nor do those of its issuer fail.
    assert_eq!(trust.verify(&chain, now()).unwrap().office, office(A));

    // Nor does it hide what the issuer itself says, whichever came first.
    let list = operator.issuing.revocation_list(&[Revoked { serial, at: now() }], 1, now()).unwrap();
    trust.add_revocation_list(&list).unwrap();
    assert_eq!(trust.verify(&chain, now()), Err(ChainError::Revoked));
}

#[test]
fn relays_and_authorities_are_no_offices() {
    let operator = Operator::new();
    let request = SigningKey::generate().unwrap().request(office(A)).unwrap();
    let relay = operator.issuing.issue_relay(&request, &["relay.example", "127.0.0.1"], now()).unwrap();
    assert_eq!(operator.trust().verify(&relay, now()), Err(ChainError::WrongUsage));

    let authority = CertificateChain::new(vec![operator.issuing.certificate().to_vec()]);
    assert_eq!(operator.trust().verify(&authority, now()), Err(ChainError::WrongUsage));
}

#[test]
fn an_office_cannot_issue_certificates() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office(A));
    let certificate = chain.certificates().next().unwrap().to_vec();
    let Ok(impostor) = IssuingAuthority::load(&certificate, key) else { return };
    let request = SigningKey::generate().unwrap().request(office(B)).unwrap();
    let Ok(forged) = impostor.issue_office(&request, office(B), now()) else { return };
    let long = forged.certificates().chain(chain.certificates().skip(1)).map(<[u8]>::to_vec).collect();
    assert!(operator.trust().verify(&CertificateChain::new(long), now()).is_err());
}

#[test]
fn what_is_no_chain_is_refused() {
    let operator = Operator::new();
    let trust = operator.trust();
    assert_eq!(trust.verify(&CertificateChain::new(vec![]), now()), Err(ChainError::Malformed));
    assert_eq!(trust.verify(&CertificateChain::new(vec![b"x".to_vec()]), now()), Err(ChainError::Malformed));
    assert_eq!(CertificateChain::from_pem(b""), Err(ChainError::Malformed));
    let (_, chain) = operator.enrol(office(A));
    let five = chain.to_pem().repeat(3);
    assert_eq!(CertificateChain::from_pem(five.as_bytes()), Err(ChainError::Malformed));
    assert_eq!(CertificateChain::from_pem(chain.to_pem().as_bytes()), Ok(chain));
}

#[test]
fn every_byte_of_a_certificate_counts() {
    let operator = Operator::new();
    let (_, chain) = operator.enrol(office(A));
    let certificates: Vec<_> = chain.certificates().map(<[u8]>::to_vec).collect();
    for at in 0..certificates[0].len() {
        let mut forged = certificates.clone();
        forged[0][at] ^= 1;
        let found = operator.trust().verify(&CertificateChain::new(forged), now());
        assert!(found.is_err(), "byte {at} was changed unnoticed");
    }
}

#[test]
fn requests_must_be_signed_with_their_own_key() {
    let operator = Operator::new();
    let request = SigningKey::generate().unwrap().request(office(A)).unwrap();
    let issue = |pem: String| operator.issuing.issue_office(&CertificateRequest(pem), office(A), now());
    assert!(matches!(issue("no request".to_owned()), Err(AuthorityError::Request(_))));

    let mut der = pem_body(&request.0);
    let last = der.len() - 1;
    der[last] ^= 1;
    let pem = format!(
        "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
        data_encoding::BASE64.encode(&der)
    );
    assert!(matches!(issue(pem), Err(AuthorityError::Request(_))));
}

#[test]
fn a_relay_needs_a_name() {
    let operator = Operator::new();
    let request = SigningKey::generate().unwrap().request(office(A)).unwrap();
    for wrong in ["", "ほげ"] {
        let result = operator.issuing.issue_relay(&request, &[wrong], now());
        assert!(matches!(result, Err(AuthorityError::HostName(_))), "{wrong:?}");
    }
}

#[test]
fn authorities_come_back_from_their_files() {
    let operator = Operator::new();
    let root_key = SigningKey::from_pkcs8(&operator.root.key().to_pkcs8()).unwrap();
    let root = RootAuthority::load(operator.root.certificate(), root_key).unwrap();
    let key = SigningKey::from_pkcs8(&operator.issuing.key().to_pkcs8()).unwrap();
    let issuing = IssuingAuthority::load(operator.issuing.certificate(), key).unwrap();
    let (_, chain) = Operator { root, issuing }.enrol(office(A));
    assert!(operator.trust().verify(&chain, now()).is_ok());
    assert!(SigningKey::from_pkcs8(b"no key").is_err());
}

/// The bytes inside PEM armour.
fn pem_body(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    data_encoding::BASE64.decode(body.as_bytes()).unwrap()
}

#[test]
fn openssl_accepts_the_chain_and_the_signature() {
    let operator = Operator::new();
    let (key, chain) = operator.enrol(office(A));
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
        path
    };
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
        let output = output.expect("this test needs the program openssl");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };

    let root = CertificateChain::new(vec![operator.root.certificate().to_vec()]);
    put("root.pem", root.to_pem().as_bytes());
    put("chain.pem", chain.to_pem().as_bytes());
    put("message", b"message");
    put("signature", &key.sign(b"message").unwrap());
    let at = now().as_second().to_string();
    let verify = ["verify", "-x509_strict", "-purpose", "sslclient", "-attime", &at, "-CAfile", "root.pem"];
    assert!(openssl(&[&verify[..], &["-untrusted", "chain.pem", "chain.pem"]].concat()).0);

    let (_, public_key) = openssl(&["x509", "-in", "chain.pem", "-noout", "-pubkey"]);
    put("public.pem", public_key.as_bytes());
    let check = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"];
    assert!(openssl(&[&check[..], &["message"]].concat()).0);
    put("message", b"another");
    assert!(!openssl(&[&check[..], &["message"]].concat()).0);

    let (_, subject) = openssl(&["x509", "-in", "chain.pem", "-noout", "-subject"]);
    assert!(subject.contains("CN = 1370000019") || subject.contains("CN=1370000019"), "{subject}");
}
