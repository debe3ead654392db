//! What an operator does before an office can begin.

use jiff::{SignedDuration, Timestamp};
use tasuki_relay::operator::{self, NewCredentials};
use tasuki_relay::store::{OfficeRecord, Store};
use tasuki_terms::OfficeNo;

/// How long an office has time to enrol.
const TIME_TO_ENROL: SignedDuration = SignedDuration::from_hours(24);

/// An office of the directory of which only number and name matter.
pub fn record(no: OfficeNo, name: impl Into<String>) -> OfficeRecord {
    OfficeRecord {
        no,
        name: name.into(),
        kana: "ジギョウショ".into(),
        address: "東京都千代田区".into(),
        phone: String::new(),
        fax: String::new(),
        services: vec![],
    }
}

/// Puts an office into the directory and opens its account: gives what it needs to enrol.
///
/// # Errors
/// When the store fails, or the office has an account already.
pub async fn register(store: &dyn Store, record: OfficeRecord) -> anyhow::Result<NewCredentials> {
    let (no, now) = (record.no, Timestamp::now());
    store.put_offices(vec![record], operator::by_operator(now)).await?;
    Ok(operator::register_office(store, no, TIME_TO_ENROL, now).await?)
}
