//! Where the files of a send are: in its draft until the receiver has them, and in the own sealed copy.

use super::Send;
use crate::error::OfficeError;
use crate::node::Node;
use crate::review::Dropped;

impl Node {
    /// All files of a send, from the draft or else from the own copy. Never fewer than the send has.
    ///
    /// # Errors
    /// [`OfficeError::Damaged`] when there are fewer; or the keys are locked.
    pub(crate) fn contents_of(&self, send: &Send) -> Result<Vec<Dropped>, OfficeError> {
        let draft: Vec<_> = self.send_files(send.id)?.into_iter().map(|(_, file)| file).collect();
        let files = match send.parcel {
            Some(parcel) if draft.is_empty() => self.open_sent(send.office, parcel)?.files,
            _ => draft,
        };
        let is_whole = !files.is_empty() && files.len() == send.review.files.len();
        if is_whole { Ok(files) } else { Err(OfficeError::Damaged) }
    }
}
