//! Waiting for the wish to stop.

use std::future::Future;

/// Listens from now on for the wish of a person or the system that the program stops. What is
/// given is done when the wish came, also when it came before anybody waited: call this before
/// saying that the program is ready, or who answers at once ends it without an orderly end.
pub(crate) fn stop_asked() -> impl Future<Output = ()> {
    let (asked, ended) = (interrupted(), terminated());
    async {
        tokio::select! {
            () = asked => {}
            () = ended => {}
        }
    }
}

/// Done when a person presses Ctrl+C.
#[cfg(unix)]
fn interrupted() -> impl Future<Output = ()> {
    heard(tokio::signal::unix::SignalKind::interrupt())
}

/// Done when the system ends the process.
#[cfg(unix)]
fn terminated() -> impl Future<Output = ()> {
    heard(tokio::signal::unix::SignalKind::terminate())
}

/// Done when this signal came after the call.
#[cfg(unix)]
fn heard(kind: tokio::signal::unix::SignalKind) -> impl Future<Output = ()> {
    let signal = tokio::signal::unix::signal(kind);
    async {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    }
}

/// Done when a person presses Ctrl+C.
#[cfg(windows)]
fn interrupted() -> impl Future<Output = ()> {
    let signal = tokio::signal::windows::ctrl_c();
    async {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    }
}

/// Done when the system shuts down.
#[cfg(windows)]
fn terminated() -> impl Future<Output = ()> {
    let signal = tokio::signal::windows::ctrl_shutdown();
    async {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    }
}
