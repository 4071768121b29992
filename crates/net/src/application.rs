//! What the user of the engine provides.

use std::{any::Any, future::Future, sync::Arc};

use laster_frame::{Frame, Framing, Header};

use crate::{
    endpoint::Endpoint,
    handle::Session,
    session::{CloseReason, MessageError},
    shared::Sent,
    transport::PeerAddress,
};

/// Whatever the caller of a connect wants back with its session.
pub type Token = Arc<dyn Any + Send + Sync>;

/// How a session came about.
#[derive(Clone)]
#[non_exhaustive]
pub enum Connected {
    /// The peer connected to this listener.
    Accepted {
        /// Where it listens.
        listener: Endpoint,
    },
    /// This side connected.
    Connected {
        /// Where to.
        endpoint: Endpoint,
        /// What the caller of the connect passed.
        token: Option<Token>,
    },
}

/// A connection that did not become a session.
#[derive(Clone)]
#[non_exhaustive]
pub struct Failed {
    /// Where this side listens, or was to connect to.
    pub endpoint: Endpoint,
    /// Who is at the other end, where that is known.
    pub peer: Option<PeerAddress>,
    /// What the caller of the connect passed.
    pub token: Option<Token>,
    /// Why it failed.
    pub reason: CloseReason,
}

/// What serves the sessions of a service: it makes a handler for each.
pub trait Application: Send + Sync + 'static {
    /// Where the layout of the frames comes from.
    type Framing: Framing;
    /// What serves one session.
    type Handler: Handler;

    /// How frames are laid out.
    fn framing(&self) -> Self::Framing;

    /// A session was opened; what serves it is wanted. Called on the session's task before anything is read. Should it panic,
    /// the session ends, and as nothing serves it, nobody is told `closed`.
    fn connected(&self, session: &Session, how: Connected) -> Self::Handler;

    /// A connection did not become a session. One that a limit refuses is told of on the listener's task: others wait to be
    /// accepted meanwhile.
    fn failed(&self, failed: Failed) {
        let _ = failed;
    }
}

/// What serves one session. Its methods are called one at a time, on the session's task.
///
/// A panic in one of them ends this session and no other.
pub trait Handler: Send + 'static {
    /// What frames are made into.
    type Message: Send;

    /// Whether [`sent`](Handler::sent) is to be called. It costs a wake-up for each write.
    const WANTS_SENT: bool = false;

    /// The most bytes that the payload behind this header may have, in the state the session is in. More than the layout
    /// allows it cannot be.
    fn max_payload(&self, header: &Header) -> u32 {
        let _ = header;
        u32::MAX
    }

    /// Makes a frame into a message, or passes it over.
    ///
    /// # Errors
    /// It is not a message that may come here. The session ends.
    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<Self::Message>, MessageError>;

    /// A message came. No other is read before the future is done, so a slow handler slows its peer down and nobody else.
    ///
    /// # Errors
    /// The session ends for this reason.
    ///
    /// # Cancel safety
    /// The future is dropped where it stands when the session ends.
    fn message(
        &mut self,
        session: &Session,
        message: Self::Message,
    ) -> impl Future<Output = Result<(), CloseReason>> + Send;

    /// Bytes came. Called before they are looked at, for taps and traces.
    fn received(&mut self, session: &Session, bytes: &[u8]) {
        let _ = (session, bytes);
    }

    /// Frames were handed to the transport. What leaves while the session ends is told of before `closed`.
    fn sent(&mut self, session: &Session, sent: Sent) {
        let _ = (session, sent);
    }

    /// The session is over. Called exactly once, and last.
    fn closed(&mut self, session: &Session, reason: &CloseReason) {
        let _ = (session, reason);
    }
}
