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

/// A connection in use; it is given back also when the query panics.
struct Lent {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Lent {
    fn take(idle: Arc<Mutex<Vec<Connection>>>) -> Option<Self> {
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self { connection: Some(connection), idle })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let connection = self.connection.take();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
    }
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
            let lent = Lent::take(idle)?;
            lent.connection.as_ref().map(query)
        });
        match task.await {
            Ok(Some(result)) => Ok(result?),
            Ok(None) => Err(StoreError::Unavailable),
            Err(error) => Err(StoreError::Database(Box::new(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_query_that_panics_takes_no_connection_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        open::migrate(&open::writable(&path).unwrap()).unwrap();
        let readers = Readers::open(&path).unwrap();
        for _ in 0..=READERS {
            let failed = readers.run(|_| -> rusqlite::Result<()> { panic!("tried") }).await;
            assert!(matches!(failed, Err(StoreError::Database(_))));
        }
        readers.run(|db| db.query_row("SELECT count(*) FROM office", [], |_| Ok(()))).await.unwrap();
    }
}
