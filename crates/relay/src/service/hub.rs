//! Who waits for changes of which mailbox. One task reads the store's changes and wakes only whom they concern.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tasuki_terms::OfficeNo;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct Hub(Mutex<HashMap<OfficeNo, watch::Sender<()>>>);

impl Hub {
    /// Is told whenever something changed in the mailbox of an office.
    pub(crate) fn listen(&self, office: OfficeNo) -> watch::Receiver<()> {
        let mut offices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        offices.entry(office).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Passes on what a store tells, for ever.
    pub(crate) async fn pass_on(&self, mut changes: broadcast::Receiver<OfficeNo>) {
        loop {
            match changes.recv().await {
                Ok(office) => self.wake(Some(office)),
                // Some were missed: everybody has to look.
                Err(RecvError::Lagged(_)) => self.wake(None),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn wake(&self, only: Option<OfficeNo>) {
        let mut offices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match only {
            Some(office) => {
                if offices.get(&office).is_some_and(|sender| sender.send(()).is_err()) {
                    offices.remove(&office);
                }
            }
            None => offices.retain(|_, sender| sender.send(()).is_ok()),
        }
    }

    /// Forgets mailboxes that nobody watches any more.
    pub(crate) fn tidy(&self) {
        let mut offices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        offices.retain(|_, sender| sender.receiver_count() > 0);
    }
}
