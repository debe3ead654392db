//! The relay: a mailbox for every office, that cannot look inside.
//!
//! | module | what |
//! |---|---|
//! | [`service`] | the HTTP API over mutual TLS 1.3: who asks, what they may, what they get |
//! | [`store`] | what the relay keeps, as traits, and the embedded SQLite store |
//! | [`operator`] | what the operator does on the relay's own machine |
//! | [`folder`], [`config`] | the relay's folder with its authority, and what can be set |
//! | [`password`], [`clock`] | passwords of accounts; the time as a parameter |
//!
//! A relay in an empty folder, served until it is told to stop:
//!
//! ```
//! use tasuki_relay::clock::Clock;
//! use tasuki_relay::config::Config;
//! use tasuki_relay::folder::Folder;
//! use tasuki_relay::operator;
//! use tasuki_relay::service::Relay;
//!
//! # let temporary = tempfile::tempdir()?;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let folder = Folder::new(temporary.path().join("relay"));
//! let config = Config { listen: "127.0.0.1:0".parse()?, ..Config::default() };
//! folder.create("Tasuki", &config, Clock::system().now())?;
//! let store = operator::open_store(&folder, config.reserve_bytes)?;
//! let listening = Relay::new(store, folder, config, Clock::system())?.listen().await?;
//! println!("offices connect to {}", listening.address()?);
//! listening.serve(async { /* until a signal comes */ }).await;
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The store alone:
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
