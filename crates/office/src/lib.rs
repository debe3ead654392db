//! The office node: what an office does, without its pages.
//!
//! [`node::Node`] is the roof: it opens a folder and holds the parts. A part is a small struct over the ground (`base`); it
//! lies in the folder of its subject, together with the model, the rules and the table that it works with.
//!
//! | floor | folder | what | part |
//! |---|---|---|---|
//! | roof | [`node`] | opens, holds, nothing else | [`node::Node`] |
//! | work | [`link`] | what each office does by itself: duties under a supervisor, with their states | |
//! | | [`exports`] | export folders of the care software | [`exports::Exports`] |
//! | subjects | [`upkeep`] | backup, restore, the promises that must hold, the record | [`upkeep::Upkeep`] |
//! | | [`sends`] | 送信, 一括送信, 一時保存, 送信状況: one row for the whole life of a send | [`sends::Sends`], [`sends::Drafts`], [`sends::Outbox`] |
//! | | [`arrivals`] | 受信: what arrived, opened and imported | [`arrivals::Inbox`] |
//! | | [`partners`] | the directory, and the keys of others that were seen | [`partners::Directory`] |
//! | | [`offices`] | 利用開始, 事業所ユーザログイン, keys, the session with the relay | [`offices::Offices`] |
//! | | [`staff`] | who may use the node (個人ID) | [`staff::Accounts`] |
//! | pure | [`files`] | judging files that are to be sent | |
//! | ground | `base` | folder, database, archive, drawer, table of service codes, clock, record, news, bells | |
//!
//! A folder uses what stands below it in this table and never what stands above; ARCHITECTURE.md has the arrows one by one,
//! and a test holds the sources against them. Parts ring bells (`base.ring`) and never know the link, which listens; keys
//! that are put into use begin the link by the one function that the roof hands down.
//!
//! Within a folder: a *model* and a *rule* know no table and no `Base`; a *store* (`store.rs`) is SQL and models, and knows
//! no rule but the names of states; the *part* puts them together in one transaction, and holds no SQL. Whatever somebody does goes through
//! `base.write(by, |tx| …)`, whose transaction has the time and the [`Actor`] and writes the [`Action`] down; what nobody
//! has to answer for goes through `base.keep(|tx| …)`.
//!
//! *How to add a part*: a folder with a front page that lists its files; a struct with `Base` and the parts below that it
//! needs, and `new(&Base, …)`; a field of [`node::Node`]; its line in the table above and in `xtask/tests/imports.rs`. A new
//! thing that is done by itself is a `Duty` and a file in `link/`. A new table is a migration (`base/db.rs`) that is only
//! ever added.
//!
//! The link with the relay runs by itself once [`offices::Offices::unlock`] has opened the keys of an office.
//!
//! ```
//! use tasuki_office::files::Dropped;
//! use tasuki_office::folder::Folder;
//! use tasuki_office::node::Node;
//! use tasuki_office::sends::{Landed, Tray};
//!
//! # let temporary = tempfile::tempdir()?;
//! let node = Node::open_now(Folder::create(temporary.path().join("node"))?)?;
//! node.staff.add_first("hanako", "見本 花子", "ひるねこ みかん やま 花")?;
//!
//! let office = "1370000019".parse()?;
//! let file = Dropped {
//!     name: "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV".into(),
//!     bytes: b"202407,131016,0000012345,202510\r\n".to_vec(),
//! };
//! let landed = node.drafts.take_in(office, "hanako", Tray::New, vec![file])?;
//! let Landed::One(id) = landed else { panic!("one office") };
//! let send = node.sends.get(office, id)?;
//! assert_eq!(send.receiver, Some("1370000027".parse()?));
//! assert_eq!(send.review.contents, ["2025年10月の利用票の削除（1名）"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! *Architecture invariant:* no HTML and no HTTP server. On disk nothing personal is in the clear: drafts and indexes
//! are sealed with the key of the drawer, which the passwords of the staff open; parcels stay sealed as they
//! travelled. What is durable is synced before anybody is told.

pub mod arrivals;
mod base;
pub mod exports;
pub mod files;
pub mod link;
pub mod node;
pub mod offices;
pub mod partners;
pub mod sends;
pub mod staff;
pub mod upkeep;

pub use base::record::{Action, Actor};
pub use base::{digest_of, error, folder};
