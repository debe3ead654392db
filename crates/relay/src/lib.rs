//! The relay: a mailbox for every office, that cannot look inside.
//!
//! What is here so far is what the relay keeps: the [`store`] with its SQLite implementation. The HTTP service and
//! the operator's commands come on top of it.
//!
//! ```
//! use tasuki_relay::store::sqlite::SqliteStore;
//! use tasuki_relay::store::{By, OfficeRecord, Offices as _};
//!
//! # let folder = tempfile::tempdir()?;
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let store = SqliteStore::open(&folder.path().join("relay.db"), 0)?;
//! let by = By { who: "operator".into(), address: String::new(), at: "2026-04-01T00:00:00Z".parse()? };
//! let office = OfficeRecord {
//!     no: "1370000019".parse()?,
//!     name: "みほん居宅介護支援事業所".into(),
//!     kana: "ミホンキョタクカイゴシエンジギョウショ".into(),
//!     address: "東京都千代田区".into(),
//!     phone: String::new(),
//!     fax: String::new(),
//!     services: vec!["43".parse()?],
//! };
//! store.put_offices(vec![office], by).await?;
//! assert_eq!(store.offices(&["1370000019".parse()?]).await?[0].name, "みほん居宅介護支援事業所");
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! *Architecture invariant:* the relay links neither `tasuki-parcel` nor `tasuki-standard`: it has no code that could
//! open what it carries. No password, token or key comes into the store but as a hash.

pub mod clock;
pub mod config;
pub mod folder;
pub mod operator;
pub mod password;
pub mod service;
pub mod store;
