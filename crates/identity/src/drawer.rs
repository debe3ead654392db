//! The drawer of a node: one key for all that it keeps at rest and that is no parcel yet, such as drafts.
//!
//! The key is wrapped by the password of each member of the staff, stretched with Argon2id: whoever logs in opens the
//! drawer, and a wrong password opens nothing. The same wrap proves the password, so no other hash of it is kept.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::vault::{KEY_BYTES, VaultError, Wrap, WrappedBy, random};

const NONCE_BYTES: usize = 24;

/// The key of a drawer.
pub struct DrawerKey(Zeroizing<[u8; KEY_BYTES]>);

/// What was put into the drawer cannot be read: it was changed, or it is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is kept in the drawer is damaged")]
pub struct DrawerError;

impl DrawerKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, VaultError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// The key as a secret text, to be sealed for the office's own key.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_vec())
    }

    /// A key from its bytes.
    ///
    /// # Errors
    /// When they are not as many as a key has.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DrawerError> {
        bytes.try_into().map(|bytes| Self(Zeroizing::new(bytes))).map_err(|_| DrawerError)
    }

    /// Wraps the key with a password.
    ///
    /// # Errors
    /// When the system refuses memory or random numbers.
    pub fn lock(&self, password: &str) -> Result<String, VaultError> {
        let wrap = Wrap::new(WrappedBy::Password, password.as_bytes(), &self.0)?;
        Ok(serde_json::to_string(&wrap).expect("a wrap is texts and numbers"))
    }

    /// Unwraps a key; without a wrap it takes as long, and the password is wrong.
    ///
    /// # Errors
    /// When the password is wrong, the wrap is damaged, or the system refuses memory.
    pub fn open(wrap: Option<&str>, password: &str) -> Result<Self, VaultError> {
        let Some(wrap) = wrap else {
            drop(Self::generate()?.lock(password));
            return Err(VaultError::WrongPassword);
        };
        let wrap: Wrap = serde_json::from_str(wrap).map_err(|_| VaultError::Damaged)?;
        if !wrap.is_reasonable() {
            return Err(VaultError::Damaged);
        }
        wrap.open(password.as_bytes())?.map(Self).ok_or(VaultError::WrongPassword)
    }

    /// Encrypts. `place` says where it is kept: it opens nowhere else.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        Ok([&nonce[..], &sealed.map_err(|_| VaultError::System)?].concat())
    }

    /// Decrypts what was sealed for a place.
    ///
    /// # Errors
    /// When it was changed, or is from another place or drawer.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DrawerError> {
        let (nonce, bytes) = sealed.split_at_checked(NONCE_BYTES).ok_or(DrawerError)?;
        let payload = Payload { msg: bytes, aad: place.as_bytes() };
        let plain = self.cipher().decrypt(XNonce::from_slice(nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| DrawerError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_opens_it() {
        let key = DrawerKey::generate().unwrap();
        let wrap = key.lock("ひるねこ みかん").unwrap();
        let opened = DrawerKey::open(Some(&wrap), "ひるねこ みかん").unwrap();
        assert_eq!(opened.to_bytes(), key.to_bytes());
        assert!(matches!(DrawerKey::open(Some(&wrap), "ひるねこ"), Err(VaultError::WrongPassword)));
        assert!(matches!(DrawerKey::open(None, "ひるねこ"), Err(VaultError::WrongPassword)));
        assert!(matches!(DrawerKey::open(Some("{}"), "ひるねこ"), Err(VaultError::Damaged)));
    }

    #[test]
    fn what_is_changed_or_in_another_place_is_not_read() {
        let key = DrawerKey::generate().unwrap();
        let mut sealed = key.seal("draft 1", b"text").unwrap();
        assert_eq!(&**key.unseal("draft 1", &sealed).unwrap(), b"text");
        assert_eq!(key.unseal("draft 2", &sealed), Err(DrawerError));
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(key.unseal("draft 1", &sealed), Err(DrawerError));
        assert_eq!(key.unseal("draft 1", b"short"), Err(DrawerError));
    }
}
