//! Receipts: what a receiver signs, kept as evidence.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tasuki_protocol::parcel::Parcel;
use tasuki_protocol::problem::{Problem, ProblemType};
use tasuki_protocol::receipt::{PostReceipt, SignedReceipt};
use tasuki_protocol::schema;
use tasuki_terms::ParcelId;

use super::App;
use super::body::{FromJson, FromPath};
use super::caller::Caller;
use super::refusal::{Answer, Refusal};
use crate::store::ReceiptOutcome;

fn rejected(field: &str) -> Refusal {
    Problem::new(ProblemType::ReceiptRejected).field(field).into()
}

/// Says what became of a parcel, signed with the key of the certificate of this connection.
#[utoipa::path(
    post, path = "/v1/parcels/{id}/receipts", tag = "parcels", request_body = PostReceipt,
    params(("id" = schema::ParcelId, Path)), responses((status = 200, body = Parcel))
)]
pub(crate) async fn post(
    State(relay): State<App>,
    caller: Caller,
    FromPath(id): FromPath<ParcelId>,
    FromJson(wish): FromJson<PostReceipt>,
) -> Answer<Json<Parcel>> {
    let PostReceipt { receipt, signature } = wish;
    // Whether the parcel exists is told before anything about the receipt, to its receiver only.
    if relay.store.inbox_parcel(caller.office, id).await?.is_none() {
        return Err(ProblemType::NotFound.into());
    }
    if receipt.parcel != id {
        return Err(rejected("receipt.parcel"));
    }
    if !receipt.is_takeable() {
        return Err(rejected("receipt.reason"));
    }
    let certificate = &caller.certified.certificate;
    let signer = certificate.office.as_ref().ok_or_else(|| rejected("signature"))?;
    // The certificate may be registered for another office than the one that it names.
    if signer.office != caller.office {
        return Err(rejected("signature"));
    }
    let bytes = BASE64_STANDARD.decode(&signature).map_err(|_| rejected("signature"))?;
    signer.verify_signature(receipt.signed_text().as_bytes(), &bytes).map_err(|_| rejected("signature"))?;
    let by = caller.by(&relay);
    let signed =
        SignedReceipt { receipt, signature, certificate_pem: certificate.chain.to_pem(), accepted_at: by.at };
    match relay.store.keep_receipt(caller.office, signed, relay.config.acknowledged(), by).await? {
        ReceiptOutcome::Kept(parcel) | ReceiptOutcome::Same(parcel) => Ok(Json(parcel)),
        ReceiptOutcome::Conflict => Err(ProblemType::ReceiptConflict.into()),
        ReceiptOutcome::Untrue => Err(rejected("receipt")),
        ReceiptOutcome::NotFound => Err(ProblemType::NotFound.into()),
    }
}
