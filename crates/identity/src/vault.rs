//! Private keys at rest.
//!
//! The secrets of an office are encrypted with a random vault key. That key is wrapped twice: by the office
//! password and by the recovery code, each stretched with Argon2id. So either opens the vault, and changing the
//! password touches neither the secrets nor the recovery code. The file is JSON; a check sum over it tells a
//! damaged file from a wrong password.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::office_key::OfficeKey;
use crate::recovery::RecoveryCode;
use crate::signing::SigningKey;

/// Memory that stretching a new password takes, in KiB. Four times what OWASP's password storage cheat sheet
/// asks of Argon2id at least (19 MiB, two passes): a vault is opened once a day.
pub const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over that memory.
pub const PASSES: u32 = 3;

/// Most memory and passes that a vault file may ask for: a hostile file must not bring the machine down.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 16;

/// Longest vault file, in bytes; an office has a few keys.
const MAX_FILE_BYTES: usize = 1024 * 1024;

const FORMAT: u32 = 1;
pub(crate) const KEY_BYTES: usize = 32;

/// Why a vault does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file is not a vault, or was changed or cut.
    #[error("the vault file is damaged")]
    Damaged,
    /// The file is of a newer program.
    #[error("the vault file has format {0}, which this program does not know")]
    Format(u32),
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// The recovery code is one, but not of this vault.
    #[error("the recovery code is not of this vault")]
    WrongRecoveryCode,
    /// The file has no place for that: a recovery file is not opened with a password.
    #[error("the vault file cannot be opened in this way")]
    NoSuchWrap,
    /// The system gives no random numbers or no memory.
    #[error("the system refused memory or random numbers")]
    System,
}

/// The private keys of an office's node.
pub struct Secrets {
    /// The key of the node's certificate.
    pub signing_key: SigningKey,
    /// The keys that parcels are sealed for, the newest last: older ones open older parcels.
    pub office_keys: Vec<OfficeKey>,
}

/// A vault: secrets, locked.
#[derive(Serialize, Deserialize)]
pub struct Vault {
    format: u32,
    wraps: Vec<Wrap>,
    secrets: Sealed,
    check_sum: String,
}

/// The vault key, wrapped.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Wrap {
    by: WrappedBy,
    memory_kib: u32,
    passes: u32,
    salt: String,
    key: Sealed,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WrappedBy {
    Password,
    Recovery,
}

/// XChaCha20-Poly1305 with its nonce, both in Base64.
#[derive(Clone, Serialize, Deserialize)]
struct Sealed {
    nonce: String,
    bytes: String,
}

/// What is encrypted, as JSON.
#[derive(Serialize, Deserialize)]
struct PlainSecrets {
    signing_key: Zeroizing<String>,
    office_keys: Vec<Zeroizing<String>>,
}

impl Vault {
    /// Locks secrets behind a password and a recovery code.
    ///
    /// # Errors
    /// When the system refuses memory or random numbers.
    pub fn lock(secrets: &Secrets, password: &str, recovery: &RecoveryCode) -> Result<Self, VaultError> {
        let vault_key = Zeroizing::new(random::<KEY_BYTES>()?);
        let wraps = vec![
            Wrap::new(WrappedBy::Password, password.as_bytes(), &vault_key)?,
            Wrap::new(WrappedBy::Recovery, recovery.secret(), &vault_key)?,
        ];
        Ok(Self::assemble(wraps, secrets.seal(&vault_key)?))
    }

    /// Reads a vault file.
    ///
    /// # Errors
    /// When it is damaged, or of a newer program.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(VaultError::Damaged);
        }
        let vault: Self = serde_json::from_slice(bytes).map_err(|_| VaultError::Damaged)?;
        if vault.format > FORMAT {
            return Err(VaultError::Format(vault.format));
        }
        if vault.check_sum != vault.computed_check_sum() || !vault.wraps.iter().all(Wrap::is_reasonable) {
            return Err(VaultError::Damaged);
        }
        Ok(vault)
    }

    /// The vault file.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a vault is texts and numbers")
    }

    /// Opens the vault with the password.
    ///
    /// # Errors
    /// When the password is wrong, or the system refuses memory.
    pub fn open(&self, password: &str) -> Result<Secrets, VaultError> {
        let key = self.vault_key(WrappedBy::Password, password.as_bytes(), VaultError::WrongPassword)?;
        Secrets::unseal(&self.secrets, &key)
    }

    /// Opens the vault with the recovery code.
    ///
    /// # Errors
    /// When the code is of another vault, or the system refuses memory.
    pub fn recover(&self, code: &RecoveryCode) -> Result<Secrets, VaultError> {
        let key = self.vault_key(WrappedBy::Recovery, code.secret(), VaultError::WrongRecoveryCode)?;
        Secrets::unseal(&self.secrets, &key)
    }

    /// The same vault with another password, today's parameters, and everything else as it was.
    ///
    /// # Errors
    /// When the old password is wrong, or the system refuses memory or random numbers.
    pub fn change_password(&self, old: &str, new: &str) -> Result<Self, VaultError> {
        let key = self.vault_key(WrappedBy::Password, old.as_bytes(), VaultError::WrongPassword)?;
        self.with_password(&key, new)
    }

    /// As [`Vault::change_password`], for who has lost the password but kept the recovery code.
    ///
    /// # Errors
    /// When the code is of another vault, or the system refuses memory or random numbers.
    pub fn reset_password(&self, code: &RecoveryCode, new: &str) -> Result<Self, VaultError> {
        let key = self.vault_key(WrappedBy::Recovery, code.secret(), VaultError::WrongRecoveryCode)?;
        self.with_password(&key, new)
    }

    /// The file of the recovery kit: the vault without the password's wrap. With the code it opens the same keys.
    #[must_use]
    pub fn recovery_file(&self) -> Self {
        let recovery = self.wraps.iter().filter(|wrap| wrap.by == WrappedBy::Recovery).cloned().collect();
        Self::assemble(recovery, self.secrets.clone())
    }

    fn with_password(&self, vault_key: &[u8; KEY_BYTES], password: &str) -> Result<Self, VaultError> {
        let mut wraps = vec![Wrap::new(WrappedBy::Password, password.as_bytes(), vault_key)?];
        wraps.extend(self.wraps.iter().filter(|wrap| wrap.by != WrappedBy::Password).cloned());
        Ok(Self::assemble(wraps, self.secrets.clone()))
    }

    fn assemble(wraps: Vec<Wrap>, secrets: Sealed) -> Self {
        let mut vault = Self { format: FORMAT, wraps, secrets, check_sum: String::new() };
        vault.check_sum = vault.computed_check_sum();
        vault
    }

    fn vault_key(
        &self,
        by: WrappedBy,
        secret: &[u8],
        wrong: VaultError,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let wrap = self.wraps.iter().find(|wrap| wrap.by == by).ok_or(VaultError::NoSuchWrap)?;
        wrap.open(secret)?.ok_or(wrong)
    }

    /// SHA-256 over the rest of the file. It protects against accidents; changes by an enemy are found by the
    /// encryption.
    fn computed_check_sum(&self) -> String {
        let rest = serde_json::to_vec(&(self.format, &self.wraps, &self.secrets));
        HEXLOWER.encode(&Sha256::digest(rest.expect("a vault is texts and numbers")))
    }
}

impl Wrap {
    pub(crate) fn new(by: WrappedBy, secret: &[u8], vault_key: &[u8; KEY_BYTES]) -> Result<Self, VaultError> {
        let salt = random::<16>()?;
        let key = stretch(secret, &salt, MEMORY_KIB, PASSES)?;
        Ok(Self {
            by,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            salt: BASE64.encode(&salt),
            key: Sealed::seal(vault_key, &key, b"vault key")?,
        })
    }

    pub(crate) fn is_reasonable(&self) -> bool {
        (8..=MAX_MEMORY_KIB).contains(&self.memory_kib) && (1..=MAX_PASSES).contains(&self.passes)
    }

    /// The vault key; `None` when the secret is not the one that wrapped it.
    pub(crate) fn open(&self, secret: &[u8]) -> Result<Option<Zeroizing<[u8; KEY_BYTES]>>, VaultError> {
        let salt = BASE64.decode(self.salt.as_bytes()).map_err(|_| VaultError::Damaged)?;
        let key = stretch(secret, &salt, self.memory_kib, self.passes)?;
        let Some(vault_key) = self.key.unseal(&key, b"vault key")? else { return Ok(None) };
        let vault_key: [u8; KEY_BYTES] = vault_key[..].try_into().map_err(|_| VaultError::Damaged)?;
        Ok(Some(Zeroizing::new(vault_key)))
    }
}

impl Secrets {
    fn seal(&self, vault_key: &[u8; KEY_BYTES]) -> Result<Sealed, VaultError> {
        let plain = PlainSecrets {
            signing_key: Zeroizing::new(BASE64.encode(&self.signing_key.to_pkcs8())),
            office_keys: self.office_keys.iter().map(OfficeKey::expose).collect(),
        };
        let json = Zeroizing::new(serde_json::to_vec(&plain).expect("the secrets are texts"));
        Sealed::seal(&json, vault_key, b"secrets")
    }

    fn unseal(sealed: &Sealed, vault_key: &[u8; KEY_BYTES]) -> Result<Self, VaultError> {
        let json = sealed.unseal(vault_key, b"secrets")?.ok_or(VaultError::Damaged)?;
        let plain: PlainSecrets = serde_json::from_slice(&json).map_err(|_| VaultError::Damaged)?;
        let signing_key = BASE64.decode(plain.signing_key.as_bytes()).map(Zeroizing::new);
        let signing_key = SigningKey::from_pkcs8(&signing_key.map_err(|_| VaultError::Damaged)?);
        let office_keys =
            plain.office_keys.iter().map(|key| OfficeKey::from_secret(key)).collect::<Result<_, _>>();
        Ok(Self {
            signing_key: signing_key.map_err(|_| VaultError::Damaged)?,
            office_keys: office_keys.map_err(|_| VaultError::Damaged)?,
        })
    }
}

impl Sealed {
    fn seal(plain: &[u8], key: &[u8; KEY_BYTES], purpose: &[u8]) -> Result<Self, VaultError> {
        let nonce = random::<24>()?;
        let payload = Payload { msg: plain, aad: purpose };
        let cipher = XChaCha20Poly1305::new(key.into());
        let bytes = cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| VaultError::System)?;
        Ok(Self { nonce: BASE64.encode(&nonce), bytes: BASE64.encode(&bytes) })
    }

    /// The plain bytes; `None` when the key is not the one, or somebody changed them.
    fn unseal(
        &self,
        key: &[u8; KEY_BYTES],
        purpose: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| VaultError::Damaged);
        let nonce: [u8; 24] = decode(&self.nonce)?.try_into().map_err(|_| VaultError::Damaged)?;
        let bytes = decode(&self.bytes)?;
        let payload = Payload { msg: &bytes, aad: purpose };
        let cipher = XChaCha20Poly1305::new(key.into());
        Ok(cipher.decrypt(XNonce::from_slice(&nonce), payload).ok().map(Zeroizing::new))
    }
}

fn stretch(
    secret: &[u8],
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    let params = Params::new(memory_kib, passes, 1, Some(KEY_BYTES)).map_err(|_| VaultError::Damaged)?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret, salt, &mut *key)
        .map_err(|_| VaultError::System)?;
    Ok(key)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::System)?;
    Ok(bytes)
}
