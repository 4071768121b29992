//! What is counted and must not grow: allocations and system calls for each message, memory for each session.
//!
//! The allocator counts for the whole process, and the test harness allocates when a test ends: so this is one test, of one
//! thread. Peers are plain blocking sockets, which cost no heap while they are used.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod memory;
mod messages;
#[path = "../support/mod.rs"]
mod support;

use std::{
    alloc::System,
    io::{Read, Write},
    net::TcpStream,
};

use laster_frame::{Frame, Header, Layout};
use laster_net::{Application, CloseReason, Connected, Handler, Listener, MessageError, Service, Session};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes in use now.
fn heap() -> isize {
    let Stats { bytes_allocated, bytes_deallocated, .. } = HEAP.stats();
    bytes_allocated as isize - bytes_deallocated as isize
}

/// How often the heap was asked for something so far.
fn allocations() -> usize {
    let Stats { allocations, reallocations, .. } = HEAP.stats();
    allocations + reallocations
}

/// Echoes what is small, and allocates nothing itself.
struct Echo;

/// A small payload in place; of a larger one, the length.
struct Small {
    len: usize,
    bytes: [u8; 40],
}

impl Application for Echo {
    type Framing = &'static Layout;
    type Handler = Echo;

    fn framing(&self) -> &'static Layout {
        &support::FRAMES
    }

    fn connected(&self, _: &Session, _: Connected) -> Echo {
        Echo
    }
}

impl Handler for Echo {
    type Message = Small;

    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<Small>, MessageError> {
        let mut small = Small { len: frame.payload.len(), bytes: [0; 40] };
        if let Some(bytes) = small.bytes.get_mut(..small.len) {
            bytes.copy_from_slice(frame.payload);
        }
        Ok(Some(small))
    }

    async fn message(&mut self, session: &Session, message: Small) -> Result<(), CloseReason> {
        match message.bytes.get(..message.len) {
            Some(bytes) => Ok(session.try_send(&Header::default(), bytes)?),
            None => Ok(()),
        }
    }
}

/// A service on loopback, that runs when the test waits.
struct Rig {
    service: Service<Echo>,
    listener: Listener,
}

impl Rig {
    async fn new() -> Rig {
        let mut config = support::listening(&["127.0.0.1:0"]);
        // Peers that are blocking sockets of this very thread cannot see an end while it is waited for.
        config.limits.drain = std::time::Duration::from_millis(10);
        let service = Service::new(Echo, config).unwrap();
        let listener = service.start().await.unwrap().remove(0);
        Rig { service, listener }
    }

    /// A peer, and the session that it is.
    async fn peer(&self) -> (TcpStream, Session) {
        let before = self.service.status().opened;
        let peer = TcpStream::connect(support::address(&self.listener)).unwrap();
        peer.set_nodelay(true).unwrap();
        support::until("the session", || self.service.status().opened == before + 1).await;
        let session = self.service.sessions().into_iter().max_by_key(Session::id).unwrap();
        (peer, session)
    }

    /// The peer sends these bytes, the service takes them all in and does what is to be done.
    async fn send(&self, peer: &mut TcpStream, session: &Session, bytes: &[u8]) {
        let before = session.traffic().bytes_in;
        peer.write_all(bytes).unwrap();
        support::until("the bytes to be read", || session.traffic().bytes_in >= before + bytes.len() as u64).await;
        support::let_run().await;
    }

    /// The same, and all of it comes back.
    async fn echo(&self, peer: &mut TcpStream, session: &Session, bytes: &[u8], answer: &mut [u8]) {
        self.send(peer, session, bytes).await;
        peer.read_exact(answer).unwrap();
        assert!(answer == bytes, "an echo");
    }

    /// Stops, and lets go of everything.
    async fn stop(self) {
        let stopped = self.service.stop(std::time::Duration::from_secs(5)).await;
        assert_eq!(stopped.stuck, 0);
        drop(self);
        support::let_run().await;
    }
}

#[test]
fn what_is_counted() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        messages::sixty_four_in_flight().await;
        messages::one_at_a_time().await;
        messages::empty_frames().await;
        memory::a_length_that_is_claimed().await;
        memory::a_legal_length_and_what_came_of_it().await;
        memory::starts_and_stops().await;
        memory::an_idle_session().await;
    });
}
