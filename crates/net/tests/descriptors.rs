//! Descriptors: none is left behind, and a lack of them ends nothing.
//!
//! They are counted for the whole process, so each test runs in a process of its own: this binary again, with the test's name,
//! started by a shell that sets the limit.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/mod.rs"]
mod support;

use std::{
    net::TcpStream,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use laster_net::Service;
use tracing::{Event, Metadata, Subscriber, span};

use crate::support::{Lab, Raw, address, listening, serve, until, within};

/// Set in the process that does the work.
const CHILD: &str = "LASTER_TEST_CHILD";

/// Runs this test again in a process with so many descriptors. `false` in that process, which is to go on.
fn in_a_process_of_its_own(test: &str, descriptors: u32) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    let limited = format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"");
    let this = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", &limited, this.to_str().unwrap(), "--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "the test was not found: {text}");
    true
}

/// Open descriptors of this process.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_cycles_leave_nothing() {
    if in_a_process_of_its_own("a_hundred_cycles_leave_nothing", 200) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (lab, mut events) = Lab::<false>::new();
        let service = Service::new(lab, listening(&["127.0.0.1:0", "127.0.0.1:0", "memory:cycle"])).unwrap();
        let metrics = tokio::runtime::Handle::current().metrics();
        let base = (descriptors(), metrics.num_alive_tasks());
        // Handles that are kept keep nothing open.
        let mut kept = Vec::new();
        for cycle in 0..100 {
            let listeners = service.start().await.unwrap();
            let mut peers = Vec::new();
            for listener in &listeners {
                let mut peer = Raw::connect(listener.endpoint()).await;
                let id = events.connected_after_messages().await;
                kept.push(service.session(id).unwrap());
                assert_eq!(peer.ask(b"hello").await, b"hello");
                peers.push(peer);
            }
            kept[kept.len() - 1].abort();
            kept[kept.len() - 2].close();
            drop(peers.pop());
            // Peers leave when they see the end; a session waits a little for that.
            let leave = async {
                for mut peer in peers {
                    peer.read_to_end().await.unwrap();
                }
            };
            let (stopped, ()) = tokio::join!(within("the stop", service.stop(Duration::from_secs(5))), leave);
            assert_eq!(stopped.stuck, 0);
            drop(listeners);
            for _ in 0..3 {
                events.closed().await;
            }
            let now = (descriptors(), metrics.num_alive_tasks());
            assert_eq!(now, base, "descriptors and tasks after cycle {cycle}");
            assert_eq!(service.status().sessions, 0);
        }
    });
}

/// Counts what is warned of.
struct Warnings;

static WARNED: AtomicUsize = AtomicUsize::new(0);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        WARNED.fetch_add(1, Relaxed);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[cfg(target_os = "linux")]
#[test]
fn a_lack_of_descriptors_ends_no_listener() {
    if in_a_process_of_its_own("a_lack_of_descriptors_ends_no_listener", 64) {
        return;
    }
    tracing::subscriber::set_global_default(Warnings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (lab, mut events) = Lab::<false>::new();
        let (service, listeners) = serve(lab, listening(&["127.0.0.1:0"])).await;
        let mut healthy = Raw::connect(listeners[0].endpoint()).await;
        events.connected().await;
        for _ in 0..3 {
            // Both ends are in this process. The system connects what nobody has accepted, so the peers take what there is.
            let mut peers = Vec::new();
            let error = loop {
                match TcpStream::connect(address(&listeners[0])) {
                    Ok(peer) => peers.push(peer),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.raw_os_error(), Some(24), "EMFILE was wanted: {error}");
            let warned = WARNED.load(Relaxed);
            until("the listener to find no descriptor", || WARNED.load(Relaxed) > warned).await;
            assert_eq!(healthy.ask(b"still there?").await, b"still there?");
            assert_eq!(listeners[0].failure(), None);
            drop(peers);
            // As soon as there are descriptors again, it serves again: all that waited, and a new one.
            let mut late = Raw::connect(listeners[0].endpoint()).await;
            assert_eq!(late.ask(b"at last").await, b"at last");
            drop(late);
            until("the others to be gone", || service.status().sessions == 1).await;
            events.so_far();
        }
        let warned = WARNED.load(Relaxed);
        assert!(warned < 30, "{warned} attempts without a descriptor: it spins");
    });
}
