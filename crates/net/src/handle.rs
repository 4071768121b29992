//! A session, as the application sees it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use laster_frame::{EncodeError, Header, Layout, Side, encode_frame};

use crate::{
    session::{CloseReason, PushError},
    shared::Shared,
    statistics::Traffic,
    transport::PeerAddress,
};

/// The number of a session in this process. Never 0, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(NonZeroU64);

impl SessionId {
    /// A number that no session had before.
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        // 2^64 sessions take longer than any process lives.
        SessionId(NonZeroU64::MIN.saturating_add(LAST.fetch_add(1, Relaxed)))
    }

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When an accepted frame is to leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// At once; from within the session's own handler, together with its other answers.
    #[default]
    Now,
    /// At the next update, with all that was gathered until then; or before, with a frame that leaves at once, or because
    /// there is much of it.
    Gather,
}

/// A session: a cheap handle that can be kept, cloned and used from any task, also when the session is over.
#[derive(Clone)]
pub struct Session {
    pub(crate) shared: Arc<Shared>,
}

impl Session {
    /// Its number.
    pub fn id(&self) -> SessionId {
        self.shared.id
    }

    /// Which side this process is: the client if it opened the connection.
    pub fn side(&self) -> Side {
        self.shared.side
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &PeerAddress {
        &self.shared.peer
    }

    /// How its frames are laid out.
    pub fn layout(&self) -> &Layout {
        &self.shared.layout
    }

    /// Whether messages are still accepted.
    pub fn is_open(&self) -> bool {
        self.shared.is_open()
    }

    /// Why it is over, or about to be.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.shared.reason()
    }

    /// Sends a frame if there is room for it.
    ///
    /// # Errors
    /// The queue is full, the session ends, or the layout cannot carry the frame. Nothing was accepted.
    pub fn try_send(&self, header: &Header, payload: &[u8]) -> Result<(), PushError> {
        self.try_send_with(Flush::Now, |out| encode_frame(&self.shared.layout, header, payload, out))
    }

    /// Sends a frame, waiting for room.
    ///
    /// # Errors
    /// The session ends, or the layout cannot carry the frame. Nothing was accepted.
    ///
    /// # Cancel safety
    /// The frame is accepted when the future is done, and not before.
    pub async fn send(&self, header: &Header, payload: &[u8]) -> Result<(), PushError> {
        self.send_with(Flush::Now, |out| encode_frame(&self.shared.layout, header, payload, out)).await
    }

    /// Sends one frame, which `encode` writes behind what is in the buffer, if there is room for it. `encode` runs while the
    /// session's queue is locked: it must not use the session.
    ///
    /// # Errors
    /// As [`try_send`](Session::try_send).
    #[inline]
    pub fn try_send_with(
        &self,
        flush: Flush,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), PushError> {
        self.shared.push(flush, encode)
    }

    /// Sends one frame, which `encode` writes behind what is in the buffer, waiting for room. `encode` may be called several
    /// times, and must not use the session.
    ///
    /// # Errors
    /// As [`send`](Session::send).
    ///
    /// # Cancel safety
    /// The frame is accepted when the future is done, and not before.
    pub async fn send_with(
        &self,
        flush: Flush,
        encode: impl Fn(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), PushError> {
        self.when_room(|| self.shared.push(flush, &encode)).await
    }

    /// Sends frames that are encoded already, all or none, if there is room. Their bytes are shared, not copied, where that
    /// is cheaper.
    ///
    /// # Errors
    /// The queue is full, or the session ends. Nothing was accepted.
    pub fn try_send_encoded(&self, flush: Flush, encoded: &Bytes, frames: u32) -> Result<(), PushError> {
        self.shared.push_shared(flush, encoded, frames)
    }

    /// Sends frames that are encoded already, all or none, waiting for room.
    ///
    /// # Errors
    /// The session ends. Nothing was accepted.
    ///
    /// # Cancel safety
    /// The frames are accepted when the future is done, and not before.
    pub async fn send_encoded(&self, flush: Flush, encoded: &Bytes, frames: u32) -> Result<(), PushError> {
        self.when_room(|| self.shared.push_shared(flush, encoded, frames)).await
    }

    async fn when_room(&self, mut push: impl FnMut() -> Result<(), PushError>) -> Result<(), PushError> {
        loop {
            // Before the attempt, so that room made in between is not missed.
            let mut room = std::pin::pin!(self.shared.room.notified());
            room.as_mut().enable();
            match push() {
                Err(full) if full.is_full() => room.await,
                done => {
                    // There may be room for the next one who waits.
                    self.shared.room.notify_one();
                    return done;
                }
            }
        }
    }

    /// Sends now what was gathered.
    pub fn flush(&self) {
        self.shared.flush();
    }

    /// Ends the session when all that was accepted for sending is sent, at the latest after the drain limit. Returns at
    /// once; what comes from the peer from now on is not delivered.
    pub fn close(&self) {
        self.shared.close(CloseReason::Local);
    }

    /// Ends the session like [`close`](Session::close), but when its handler is done with the message it is at, so that the
    /// answer to that is still sent; now, if it is at none.
    pub fn close_after_this(&self) {
        self.shared.close_after_this();
    }

    /// Ends the session like [`close`](Session::close), for a reason of the caller's choice.
    pub fn close_for(&self, reason: CloseReason) {
        self.shared.close(reason);
    }

    /// Ends the session at once. What was accepted and not yet sent is counted as unsent.
    pub fn abort(&self) {
        self.shared.abort(CloseReason::Local);
    }

    /// What went through it.
    pub fn traffic(&self) -> Traffic {
        self.shared.counters.get()
    }

    /// Bytes and frames that were accepted and not yet sent.
    pub fn waiting(&self) -> (usize, u32) {
        self.shared.waiting()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {})", self.id(), self.peer())
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Session {}

impl Hash for Session {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}
