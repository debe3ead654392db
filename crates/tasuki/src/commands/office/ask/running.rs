//! The running node, asked over its local interface.

use std::path::Path;

use anyhow::bail;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use tasuki_office_web::LocalAccess;
use tasuki_office_web::local::types::{Problem, Status};
use tasuki_terms::OfficeNo;

use crate::commands::office::{LOCKED, NOT_RUNNING};

/// The running node.
pub(super) struct Running {
    client: Client,
    access: LocalAccess,
}

/// The person was told already: the program ends with this status.
#[derive(Debug, thiserror::Error)]
#[error("told already")]
pub(in crate::commands::office) struct Ended(pub(in crate::commands::office) u8);

/// What the node says: as it came, for `--json`, which holds what a newer node says besides; and as we read it.
pub(super) struct Said<T> {
    pub(super) text: String,
    pub(super) answer: T,
}

impl Running {
    pub(super) fn find(dir: &Path) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().timeout(None).build();
        let access = std::fs::read(dir.join("local.json")).ok();
        let access = access.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        access.zip(client.ok()).map(|(access, client)| Self { client, access }).ok_or_else(not_running)
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/local/{path}", self.access.url)
    }

    /// Asks for bytes.
    pub(super) fn bytes(&self, request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
        Ok(self.call(request)?.bytes().map_err(|_| not_running())?.to_vec())
    }

    /// Asks for an answer of this type.
    pub(super) fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<Said<T>> {
        let text = self.call(request)?.text().map_err(|_| not_running())?;
        let answer = serde_json::from_str(&text).map_err(|_| not_running())?;
        Ok(Said { text, answer })
    }

    fn call(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.bearer_auth(&self.access.token).send().map_err(|_| not_running())?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let is_locked = answer.status().as_u16() == 423;
        let problem: Problem = answer.json().unwrap_or_default();
        let message = if problem.message.is_empty() { "できませんでした" } else { &problem.message };
        anstream::eprintln!("tasuki: {message}");
        Err(Ended(if is_locked { LOCKED } else { 2 }).into())
    }

    pub(super) fn status(&self) -> anyhow::Result<Said<Status>> {
        self.ask(self.get("status"))
    }

    /// The office that is meant.
    pub(super) fn office(&self, wanted: Option<OfficeNo>) -> anyhow::Result<OfficeNo> {
        if let Some(office) = wanted {
            return Ok(office);
        }
        if let [only] = &self.status()?.answer.offices[..] {
            return Ok(only.office);
        }
        bail!("事業所がいくつかあるか、まだありません。--office で指定してください")
    }
}

fn not_running() -> anyhow::Error {
    anstream::eprintln!("tasuki: 連携クライアントが動いていません。tasuki office serve で動かしてください");
    Ended(NOT_RUNNING).into()
}
