//! The office node: what an office does, without its pages.
//!
//! | module | what |
//! |---|---|
//! | [`node`] | what all parts share: folder, database, clock, keys, news |
//! | [`staff`] | who may use the node (個人ID) |
//! | [`enrolment`] | 利用開始: invitation, first certificate, recovery kit; renewal |
//! | [`open_office`] | offices of the node, 事業所ユーザログイン, recovery |
//! | [`self_unlock`] | 夜間も自動で送受信: the key file |
//! | [`review`] | judging files that are to be sent. Pure |
//! | [`sends`] | 送信, 一括送信, 一時保存, 送信状況: one row for the whole life of a send. `state.rs` is its life as a table, `retry.rs` decides what becomes of a try (both pure), `store.rs` applies them |
//! | [`arrivals`] | 受信: what arrived, opened and imported |
//! | [`partners`] | the directory, and the keys of others that were seen |
//! | [`link`] | what each office does by itself: duties under a supervisor, with their states |
//! | [`folders`] | export folders of the care software |
//! | [`backup`], [`check`], [`audit`] | looking after it |
//!
//! The link with the relay runs by itself once [`node::Node::unlock`] has opened the keys of an office.
//!
//! ```
//! use tasuki_office::folder::Folder;
//! use tasuki_office::node::Node;
//! use tasuki_office::review::Dropped;
//! use tasuki_office::sends::{Landed, Tray};
//!
//! # let temporary = tempfile::tempdir()?;
//! let node = Node::open_now(Folder::create(temporary.path().join("node"))?)?;
//! node.add_first_staff("hanako", "見本 花子", "ひるねこ みかん やま 花")?;
//!
//! let office = "1370000019".parse()?;
//! let file = Dropped {
//!     name: "DLTPLAN_202510_1370000019_43_1370000027_11_20251001090000.CSV".into(),
//!     bytes: b"202407,131016,0000012345,202510\r\n".to_vec(),
//! };
//! let Landed::One(id) = node.take_in(office, "hanako", Tray::New, vec![file])? else { panic!("one office") };
//! let send = node.send(office, id)?;
//! assert_eq!(send.receiver, Some("1370000027".parse()?));
//! assert_eq!(send.review.contents, ["2025年10月の利用票の削除（1名）"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! *Architecture invariant:* no HTML and no HTTP server. On disk nothing personal is in the clear: drafts and indexes
//! are sealed with the key of the drawer, which the passwords of the staff open; parcels stay sealed as they
//! travelled. What is durable is synced before anybody is told.

pub mod arrivals;
pub mod audit;
pub mod backup;
pub mod check;
pub mod enrolment;
pub mod error;
pub mod folder;
pub mod folders;
pub mod link;
pub mod node;
pub mod open_office;
pub mod partners;
pub mod review;
pub mod self_unlock;
pub mod sends;
pub mod staff;

mod archive;
mod db;
mod disk;
mod lockout;
mod office_password;
mod own_key;

pub use review::digest_of;
