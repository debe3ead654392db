//! Fetches the table of service codes that the relay's operator has loaded, once after each start and once a day. What the
//! relay hands out is judged here: a table that cannot be read is refused, and the one before stays in use.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use tasuki_client::{ClientError, ServiceCodesTable};
use tasuki_protocol::problem::ProblemType;
use tasuki_standard::codes::ImportError;
use tasuki_terms::Sha256Digest;

use super::Link;
use super::due::Due;
use crate::base::digest_of;
use crate::base::error::OfficeError;
use crate::offices::OpenOffice;
use crate::offices::session::with_session;

/// How often the relay is asked for another table.
const ASK: SignedDuration = SignedDuration::from_hours(24);

/// What is known of the relay's table besides the one in use.
#[derive(Default)]
pub(super) struct CodesDue {
    due: Due,
    /// A table that was refused and why: it is not fetched again only to be refused again.
    refused: Mutex<Option<Refused>>,
}

#[derive(Clone)]
struct Refused {
    version: String,
    why: Arc<ImportError>,
}

impl CodesDue {
    fn refused(&self) -> Option<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_refused(&self, refused: Option<Refused>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refused;
    }
}

pub(super) async fn work_off(link: &Link, open: &Arc<OpenOffice>) -> Result<(), OfficeError> {
    let (codes, now) = (&link.codes_due, link.base.now());
    if !codes.due.is_due(now) {
        return Ok(());
    }
    let refused = codes.refused();
    let in_use = link.run(|link| Ok(link.base.codes().table())).await?;
    let in_use = in_use.map(|table| version_of(table.digest));
    let known = refused.as_ref().map(|refused| refused.version.clone()).or(in_use);
    let answer = with_session(open, || open.client.service_codes(known.as_deref())).await;
    let said = said(answer)?;
    match said {
        Said::Known => {
            if let Some(Refused { why, .. }) = refused {
                return Err(OfficeError::ServiceCodes(why));
            }
        }
        Said::Nothing => codes.set_refused(None),
        Said::Other(table) => take_over(link, table).await?,
    }
    codes.due.note_done(now, ASK);
    Ok(())
}

/// Puts a table into use, or notes that it was refused.
async fn take_over(link: &Link, table: ServiceCodesTable) -> Result<(), OfficeError> {
    let ServiceCodesTable { version, csv } = table;
    let taken = link.run(move |link| link.base.codes().put(&csv)).await;
    let refused = match &taken {
        Err(OfficeError::ServiceCodes(why)) => {
            tracing::warn!(error = %why, "the relay's table of service codes cannot be read");
            Some(Refused { version, why: Arc::clone(why) })
        }
        _ => None,
    };
    link.codes_due.set_refused(refused);
    taken
}

/// What the relay says of its table.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// It has none: that is its operator's affair.
    Nothing,
    /// It has the one that it was asked about.
    Known,
    /// It has another.
    Other(ServiceCodesTable),
}

/// What an answer means. A table that is not the one its version names was cut or changed on the way. Pure.
fn said(answer: Result<Option<ServiceCodesTable>, ClientError>) -> Result<Said, ClientError> {
    match answer {
        Ok(None) => Ok(Said::Known),
        Ok(Some(table)) if table.version == version_of(digest_of(&table.csv)) => Ok(Said::Other(table)),
        Ok(Some(_)) => Err(ClientError::Unintelligible),
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemType::NotFound) => {
            Ok(Said::Nothing)
        }
        Err(error) => Err(error),
    }
}

/// How the relay names a table: its SHA-256 as an `ETag`.
fn version_of(digest: Sha256Digest) -> String {
    format!("\"{digest}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tasuki_protocol::problem::Problem;

    #[test]
    fn only_a_whole_table_is_another_one_and_a_missing_one_is_no_obstacle() {
        let table = |version: String| ServiceCodesTable { version, csv: "x".into() };
        let whole = || table(version_of(digest_of(b"x")));
        assert_eq!(said(Ok(Some(whole()))).unwrap(), Said::Other(whole()));
        let torn = said(Ok(Some(table(version_of(digest_of(b"xy"))))));
        assert!(matches!(torn, Err(ClientError::Unintelligible)), "{torn:?}");
        assert_eq!(said(Ok(None)).unwrap(), Said::Known);
        let problem = |kind| Err(ClientError::Problem(Box::new(Problem::new(kind))));
        assert_eq!(said(problem(ProblemType::NotFound)).unwrap(), Said::Nothing);
        for kind in [ProblemType::OfficeSuspended, ProblemType::Unavailable, ProblemType::SessionRequired] {
            assert!(said(problem(kind)).is_err(), "{kind:?}");
        }
    }
}
