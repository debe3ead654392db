//! What an office does first (利用開始).

use std::path::Path;

use tasuki_office::folder::Folder;
use tasuki_office::node::Node;
use tasuki_office::offices::{Enrolment, RecoveryKit};
use tasuki_relay::operator::NewCredentials;
use zeroize::Zeroizing;

/// The first person of a node, its administrator.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// 個人ID.
    pub login: &'a str,
    /// Name.
    pub name: &'a str,
    /// Password.
    pub password: &'a str,
}

/// What a person enters to begin with what the operator gave.
pub fn enrolment(
    relay: String,
    root_pem: Vec<u8>,
    credentials: &NewCredentials,
    new_password: &str,
    by: &str,
) -> Enrolment {
    Enrolment {
        relay,
        root_pem,
        office: credentials.office,
        name: String::new(),
        kj_id: credentials.kj_id,
        password: credentials.password.clone().unwrap_or_default(),
        new_password: Zeroizing::new(new_password.to_owned()),
        enrolment_password: credentials.enrolment_password.clone(),
        new_key: false,
        by: by.into(),
    }
}

/// Makes a node in a folder, enrols an office in it, does something more, and closes it: from then on the folder is
/// whoever's opens it. Gives the recovery kit.
///
/// # Errors
/// When a step fails, or `then`.
pub async fn enrol_and_close(
    dir: &Path,
    person: Person<'_>,
    enrolment: Enrolment,
    then: impl FnOnce(&Node) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<Option<RecoveryKit>> {
    let node = Node::open_now(Folder::create(dir)?)?;
    node.staff.add_first(person.login, person.name, person.password)?;
    let done = tokio::task::spawn_blocking(move || {
        // What the node does by itself from now on ends with this runtime.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let kit = runtime.block_on(node.offices.enrol(enrolment))?;
        then(&node)?;
        Ok(kit)
    });
    done.await?
}
