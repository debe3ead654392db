//! Connections that read, each used by one query at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open::{self, OpenError};
use crate::store::StoreError;

/// Reading connections: more would only compete for the processors.
const READERS: usize = 8;

pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let idle: Vec<_> = (0..READERS).map(|_| open::readable(path)).collect::<Result<_, _>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(idle)), permits: Arc::new(Semaphore::new(READERS)) })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
        let idle = Arc::clone(&self.idle);
        let task = tokio::task::spawn_blocking(move || {
            // The permit moves in: a caller that gives up must not free a place that is still in use.
            let _permit = permit;
            let take = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = take().pop().expect("there are as many permits as connections");
            let result = query(&connection);
            take().push(connection);
            result
        });
        match task.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(StoreError::Database(Box::new(error))),
        }
    }
}
