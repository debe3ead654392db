//! The vault opens with the password or the recovery code, and with nothing else.

use age::secrecy::ExposeSecret as _;
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::recovery::{RecoveryCode, RecoveryCodeError};
use tasuki_identity::signing::SigningKey;
use tasuki_identity::vault::{Secrets, Vault, VaultError};

fn secrets() -> Secrets {
    Secrets {
        signing_key: SigningKey::generate().unwrap(),
        office_keys: vec![OfficeKey::generate(), OfficeKey::generate()],
    }
}

/// What can be compared of secrets.
fn fingerprint(secrets: &Secrets) -> (Vec<u8>, Vec<String>) {
    let office_keys = secrets.office_keys.iter().map(|key| key.public().to_string()).collect();
    (secrets.signing_key.public_key(), office_keys)
}

fn error<T>(result: Result<T, VaultError>) -> VaultError {
    result.err().expect("the vault must not open")
}

#[test]
fn password_and_recovery_code_open_the_same_keys() {
    let (secrets, code) = (secrets(), RecoveryCode::generate().unwrap());
    let file = Vault::lock(&secrets, "correct horse battery", &code).unwrap().to_bytes();
    let vault = Vault::from_bytes(&file).unwrap();
    assert_eq!(fingerprint(&vault.open("correct horse battery").unwrap()), fingerprint(&secrets));
    assert_eq!(fingerprint(&vault.recover(&code).unwrap()), fingerprint(&secrets));

    assert!(matches!(error(vault.open("correct horse batterz")), VaultError::WrongPassword));
    let other = RecoveryCode::generate().unwrap();
    assert!(matches!(error(vault.recover(&other)), VaultError::WrongRecoveryCode));
}

#[test]
fn the_recovery_kit_alone_brings_the_keys_back() {
    let (secrets, code) = (secrets(), RecoveryCode::generate().unwrap());
    let vault = Vault::lock(&secrets, "password", &code).unwrap();
    let file = Vault::from_bytes(&vault.recovery_file().to_bytes()).unwrap();
    assert!(matches!(error(file.open("password")), VaultError::NoSuchWrap));

    let typed_in = RecoveryCode::parse(&code.to_text()).unwrap();
    let renewed = file.reset_password(&typed_in, "new password").unwrap();
    assert_eq!(fingerprint(&renewed.open("new password").unwrap()), fingerprint(&secrets));
    assert!(renewed.recover(&code).is_ok());
}

#[test]
fn changing_the_password_touches_neither_keys_nor_recovery() {
    let (secrets, code) = (secrets(), RecoveryCode::generate().unwrap());
    let vault = Vault::lock(&secrets, "old password", &code).unwrap();
    let changed = vault.change_password("old password", "new password").unwrap();
    assert!(matches!(error(changed.open("old password")), VaultError::WrongPassword));
    assert_eq!(fingerprint(&changed.open("new password").unwrap()), fingerprint(&secrets));
    assert_eq!(fingerprint(&changed.recover(&code).unwrap()), fingerprint(&secrets));
    assert!(matches!(error(vault.change_password("wrong", "new")), VaultError::WrongPassword));
}

#[test]
fn a_damaged_file_is_told_from_a_wrong_password() {
    let vault = Vault::lock(&secrets(), "password", &RecoveryCode::generate().unwrap()).unwrap();
    let file = vault.to_bytes();
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        // White space between the values may change; nothing that matters may.
        if let Ok(read) = Vault::from_bytes(&damaged) {
            assert_eq!(read.to_bytes(), file, "byte {at} was changed unnoticed");
        }
    }
    for length in [0, 1, file.len() / 2, file.len() - 1] {
        assert!(matches!(error(Vault::from_bytes(&file[..length])), VaultError::Damaged));
    }
}

#[test]
fn a_hostile_file_cannot_ask_for_all_memory() {
    let vault = Vault::lock(&secrets(), "password", &RecoveryCode::generate().unwrap()).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&vault.to_bytes()).unwrap();
    json["wraps"][0]["memory_kib"] = serde_json::json!(u32::MAX);
    let hostile = serde_json::to_vec(&json).unwrap();
    assert!(matches!(error(Vault::from_bytes(&hostile)), VaultError::Damaged));
    json["format"] = serde_json::json!(2);
    let newer = serde_json::to_vec(&json).unwrap();
    assert!(matches!(error(Vault::from_bytes(&newer)), VaultError::Format(2)));
}

#[test]
fn no_secret_is_in_the_file() {
    let secrets = secrets();
    let file = Vault::lock(&secrets, "password", &RecoveryCode::generate().unwrap()).unwrap().to_bytes();
    let text = String::from_utf8(file).unwrap();
    assert!(!text.contains("AGE-SECRET-KEY"));
    assert!(!text.contains(secrets.office_keys[0].to_secret().expose_secret()));
    assert!(!text.contains(&data_encoding::BASE64.encode(&secrets.signing_key.to_pkcs8())));
}

#[test]
fn codes_are_read_as_people_type_them() {
    let code = RecoveryCode::generate().unwrap();
    let text = code.to_text();
    assert_eq!((text.len(), text.matches('-').count()), (39, 7));
    let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(RecoveryCode::parse(&sloppy).unwrap().to_text(), text);
}

#[test]
fn mistyped_codes_are_noticed() {
    let text = RecoveryCode::generate().unwrap().to_text();
    for (at, letter) in text.char_indices().filter(|(_, letter)| *letter != '-') {
        let mut mistyped = text.to_string();
        mistyped.replace_range(at..=at, if letter == 'Z' { "Y" } else { "Z" });
        assert_eq!(RecoveryCode::parse(&mistyped).err(), Some(RecoveryCodeError::CheckSum), "{at}");
    }
    for wrong in ["", "ABCD", "UUUU-UUUU-UUUU-UUUU-UUUU-UUUU-UUUU-UUUU", &format!("{}-0000", *text)] {
        assert_eq!(RecoveryCode::parse(wrong).err(), Some(RecoveryCodeError::Form), "{wrong}");
    }
}
