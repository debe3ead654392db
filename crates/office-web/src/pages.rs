//! The screens, one file for each subject. A handler asks the node, makes a view, and replies.

pub(crate) mod batch;
pub(crate) mod bring_key;
pub(crate) mod drafts;
pub(crate) mod login;
pub(crate) mod offices;
pub(crate) mod partner_key;
pub(crate) mod received;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod sent;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod table;
pub(crate) mod top;
pub(crate) mod unlock;

use tasuki_office::error::OfficeError;
use tasuki_office::node::Node;
use tasuki_office::partners::Partner;
use tasuki_terms::OfficeNo;

use crate::entry::visitor::At;
use crate::http::failure::Failure;
use crate::state::App;
use crate::view::frame::{Around, Frame, Menu};

/// What surrounds a page.
pub(crate) fn frame(node: &Node, at: &At, here: Menu, title: &'static str) -> Result<Frame, OfficeError> {
    let around = Around {
        office: &at.office,
        offices: node.offices.all()?,
        staff: &at.visitor.staff,
        csrf: &at.visitor.csrf,
        path: &at.path,
        counts: node.sends.counts(at.office.no)?,
        link: node.offices.open_office(at.office.no).ok().map(|open| open.link()),
    };
    Ok(Frame::of(around, here, title))
}

/// What is known of an office.
pub(crate) fn partner_of(
    node: &Node,
    office: OfficeNo,
    no: Option<OfficeNo>,
) -> Result<Option<Partner>, OfficeError> {
    Ok(no.map(|no| node.directory.known(office, no)).transpose()?.flatten())
}

/// Asks the directory for offices, where it can be asked.
pub(crate) async fn look_up(app: &App, office: OfficeNo, numbers: &[OfficeNo]) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    match app.node.directory.look_up(office, numbers).await {
        Ok(()) | Err(OfficeError::KeysLocked) => Ok(()),
        // Without a line the page shows what is known.
        Err(OfficeError::Relay(error)) => {
            tracing::info!(error = %error, "the directory cannot be asked");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
