//! What the pages show: models in, a struct for a template out. Pure: no node, no request, and the clock is an argument.

pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod drafts;
pub(crate) mod frame;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod offices;
pub(crate) mod partner_key;
pub(crate) mod parts;
pub(crate) mod received;
pub(crate) mod run;
#[cfg(test)]
mod sample;
pub(crate) mod send;
pub(crate) mod sent;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod table;
pub(crate) mod top;
pub(crate) mod unlock;
