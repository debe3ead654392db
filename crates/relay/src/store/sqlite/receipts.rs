//! Receipts.

use jiff::SignedDuration;
use rusqlite::{Connection, params};
use tasuki_protocol::parcel::{Parcel, ParcelWithReceipts, Step};
use tasuki_protocol::receipt::{Receipt, ReceiptKind, RefusalReason, SignedReceipt};
use tasuki_terms::OfficeNo;

use super::audit;
use super::parcels::{Kept, advance, in_inbox};
use super::row;
use super::writer::Tx;
use crate::store::{By, ReceiptOutcome};

pub(super) fn keep(
    tx: &Tx<'_>,
    receiver: OfficeNo,
    signed: &SignedReceipt,
    acknowledged: SignedDuration,
    by: &By,
) -> rusqlite::Result<ReceiptOutcome> {
    let receipt = &signed.receipt;
    let Some(kept) = in_inbox(tx, receiver, receipt.parcel)? else { return Ok(ReceiptOutcome::NotFound) };
    let parcel = &kept.parcel;
    match Step::of_receipt(parcel.state, receipt.kind) {
        Step::Gone => Ok(ReceiptOutcome::NotFound),
        _ if (receipt.from, receipt.to, receipt.digest) != (parcel.from, parcel.to, parcel.digest) => {
            Ok(ReceiptOutcome::Untrue)
        }
        Step::Stays => Ok(ReceiptOutcome::Same(kept.parcel)),
        Step::Conflict => Ok(ReceiptOutcome::Conflict),
        Step::To(state) => {
            let first = parcel.state.is_waiting();
            let mut parcel = advance(tx, &kept, state)?;
            if first {
                parcel.expires_at =
                    row::as_kept(by.at).saturating_add(acknowledged).unwrap_or(parcel.expires_at);
                tx.prepare_cached("UPDATE parcel SET expires_at = ?3 WHERE receiver = ?1 AND seq = ?2")?
                    .execute(params![receiver.as_str(), kept.seq, row::millis(parcel.expires_at)])?;
            }
            insert(tx, kept.seq, signed)?;
            let action = format!("receipt.{}", receipt.kind.as_str());
            audit::append(tx, receiver.as_str(), &action, &receipt.parcel.to_string(), by)?;
            Ok(ReceiptOutcome::Kept(parcel))
        }
    }
}

fn insert(db: &Connection, seq: u64, signed: &SignedReceipt) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO receipt (receiver, seq, kind, at, signature, certificate, accepted_at, reason, log_head, place)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, count(*) FROM receipt WHERE receiver = ?1 AND seq = ?2",
    )?
    .execute(params![
        signed.receipt.to.as_str(),
        seq,
        signed.receipt.kind.as_str(),
        signed.receipt.at.to_string(),
        signed.signature,
        signed.certificate_pem,
        row::millis(signed.accepted_at),
        signed.receipt.reason.map(RefusalReason::as_str),
        signed.receipt.log_head.map(|head| head.to_string()),
    ])?;
    Ok(())
}

/// A parcel with its receipts.
pub(super) fn with(db: &Connection, kept: Kept) -> rusqlite::Result<ParcelWithReceipts> {
    let parcel = kept.parcel;
    let receipts = db
        .prepare_cached(
            "SELECT kind, at, signature, certificate, accepted_at, reason, log_head FROM receipt
             WHERE receiver = ?1 AND seq = ?2 ORDER BY place",
        )?
        .query_map(params![parcel.to.as_str(), kept.seq], |row| signed(&parcel, row))?
        .collect::<Result<_, _>>()?;
    Ok(ParcelWithReceipts { parcel, receipts })
}

fn signed(parcel: &Parcel, row: &rusqlite::Row<'_>) -> rusqlite::Result<SignedReceipt> {
    let kind = ReceiptKind::parse(row.get_ref(0)?.as_str()?).ok_or(rusqlite::Error::InvalidQuery)?;
    let reason = row.get::<_, Option<String>>(5)?;
    let reason = reason.map(|name| RefusalReason::parse(&name).ok_or(rusqlite::Error::InvalidQuery));
    let log_head = row.get::<_, Option<String>>(6)?;
    let log_head = log_head.map(|head| head.parse().map_err(|_| rusqlite::Error::InvalidQuery));
    Ok(SignedReceipt {
        receipt: Receipt {
            parcel: parcel.id,
            from: parcel.from,
            to: parcel.to,
            digest: parcel.digest,
            kind,
            reason: reason.transpose()?,
            at: row::word(row, 1)?,
            log_head: log_head.transpose()?,
        },
        signature: row.get(2)?,
        certificate_pem: row.get(3)?,
        accepted_at: row::time(row, 4)?,
    })
}
