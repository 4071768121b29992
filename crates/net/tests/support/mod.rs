//! What the engine's tests share: an application that writes down what happens, and peers that speak raw bytes.

// Each test binary uses a part of it.
#![allow(dead_code, unreachable_pub, unused_imports)]

mod lab;
mod raw;

use std::{future::Future, time::Duration};

use laster_frame::{Counts, Encoding, Field, Layout};
use laster_net::{Endpoint, ListenOn, Listener, Service, ServiceConfig, transport::PeerAddress};

pub use lab::{Event, Events, Lab, Probe};
pub use raw::Raw;

/// The largest payload in these tests.
pub const MAX: u32 = 64 * 1024;
/// `u32le length` of the payload.
pub static FRAMES: Layout = Layout::new(&[Field::length(Encoding::U32Le, Counts::Payload)]).max_payload(MAX);

/// A test that waits longer than this has failed. With the clock paused, this time passes only when nothing else happens.
const PATIENCE: Duration = Duration::from_secs(100);

/// Waits, but not for ever.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(done) => done,
        Err(_) => panic!("waited {PATIENCE:?} in vain: {what}"),
    }
}

/// Lets the other tasks of this thread run until they wait.
pub async fn let_run() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Waits until something is so; other tasks run meanwhile, and I/O happens. A paused clock stands still, so this is by the
/// real one.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE / 5, "waited in vain: {what}");
        tokio::task::yield_now().await;
    }
}

pub fn endpoint(text: &str) -> Endpoint {
    text.parse().unwrap()
}

/// A frame as it stands on the wire.
pub fn framed(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_le_bytes()[..], payload].concat()
}

/// A configuration that listens there.
pub fn listening(at: &[&str]) -> ServiceConfig {
    ServiceConfig { listeners: at.iter().map(|at| ListenOn::from(endpoint(at))).collect(), ..ServiceConfig::default() }
}

/// A service that was started, and its listeners.
pub async fn serve<const TELLS_SENT: bool>(
    lab: Lab<TELLS_SENT>,
    config: ServiceConfig,
) -> (Service<Lab<TELLS_SENT>>, Vec<Listener>) {
    let service = Service::new(lab, config).unwrap();
    let listeners = within("the start", service.start()).await.unwrap();
    (service, listeners)
}

/// The address behind a TCP endpoint.
pub fn address(listener: &Listener) -> std::net::SocketAddr {
    let text = listener.endpoint().to_string();
    text.rsplit('/').next().unwrap_or_default().parse().unwrap()
}

/// Whether a peer came over IP.
pub fn is_ip(peer: &PeerAddress) -> bool {
    matches!(peer, PeerAddress::Ip(_))
}
