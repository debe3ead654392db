//! Waiting for the wish to stop.

/// Done when a person or the system wants the program to stop.
pub(crate) async fn stop_asked() {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
}

/// Done when the system ends the process.
#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// Other systems know no such signal.
#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
