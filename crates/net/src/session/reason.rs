//! Why sessions end: one variant per cause, and one place where errors become causes.

use std::{io, time::Duration};

use laster_frame::{DecodeError, EncodeError};

use crate::session::PushError;

/// Why a session ended, or why a connection never became one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The application closed the session.
    #[error("closed by this side")]
    Local,
    /// The peer closed the connection, between two frames.
    #[error("closed by the peer")]
    Remote,
    /// The service stopped.
    #[error("the service stopped")]
    Shutdown,
    /// Nothing came from the peer for too long.
    #[error("idle: nothing was received for {} s", .limit.as_secs_f32())]
    Idle {
        /// How long it may be silent.
        limit: Duration,
    },
    /// A frame was begun and not finished in time.
    #[error("frame deadline: a frame was not complete after {} s", .limit.as_secs_f32())]
    FrameDeadline {
        /// How long it may take.
        limit: Duration,
    },
    /// The peer connected and sent no message in time.
    #[error("hello deadline: no message came in the first {} s", .limit.as_secs_f32())]
    HelloDeadline {
        /// How long it may take.
        limit: Duration,
    },
    /// TLS or WebSocket were not agreed in time.
    #[error("handshake deadline: not finished after {} s", .limit.as_secs_f32())]
    HandshakeDeadline {
        /// How long it may take.
        limit: Duration,
    },
    /// The peer read too slowly: more frames were waiting than allowed.
    #[error("send queue full: {limit} frames are waiting")]
    QueueFullItems {
        /// The most frames that may wait.
        limit: u32,
    },
    /// The peer read too slowly: more bytes were waiting than allowed.
    #[error("send queue full: no room in {limit} bytes")]
    QueueFullBytes {
        /// The most bytes that may wait.
        limit: u32,
    },
    /// The peer's bytes are no frame: too large, cut off, or not of this protocol.
    #[error("bad frame: {0}")]
    BadFrame(DecodeError),
    /// The frame is whole, but not a message that may come here.
    #[error("bad message: {0}")]
    BadMessage(MessageError),
    /// This side could not write a message into a frame.
    #[error("cannot encode: {0}")]
    CannotEncode(EncodeError),
    /// The connection failed.
    #[error("connection failed: {text} ({kind})")]
    Transport {
        /// What kind of failure.
        kind: io::ErrorKind,
        /// What the system says of it.
        text: String,
    },
    /// As many sessions as are allowed in all.
    #[error("session limit: there are {limit} sessions already")]
    SessionLimit {
        /// The most sessions in all.
        limit: u32,
    },
    /// As many sessions as are allowed from one address.
    #[error("per-address limit: there are {limit} sessions from this address already")]
    AddressLimit {
        /// The most sessions from one address.
        limit: u32,
    },
    /// The application's handler panicked. It cost this session only.
    #[error("the handler panicked: {0}")]
    HandlerPanicked(String),
    /// The application took events too slowly and chose to be disconnected rather than to wait.
    #[error("event queue full: {limit} events are waiting for the application")]
    EventsFull {
        /// The most events that may wait.
        limit: u32,
    },
    /// The runtime was shut down below the session.
    #[error("unknown: the session's task was dropped")]
    Unknown,
}

/// Who began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// This side: its application, its limits, its faults.
    Local,
    /// The peer: what it sent or did not send.
    Peer,
    /// What lies between.
    Transport,
}

/// The eight reasons that laster40Net told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseClass {
    /// Closed here.
    Local,
    /// Closed there.
    Remote,
    /// No answer.
    Timeout,
    /// The service stopped.
    Shutdown,
    /// The socket failed.
    SocketError,
    /// A message could not be read.
    ResolveError,
    /// A message could not be written.
    BuildError,
    /// Nobody knows.
    Unknown,
}

impl CloseReason {
    /// Who began it.
    pub const fn origin(&self) -> Origin {
        match self {
            CloseReason::Remote
            | CloseReason::Idle { .. }
            | CloseReason::FrameDeadline { .. }
            | CloseReason::HelloDeadline { .. }
            | CloseReason::HandshakeDeadline { .. }
            | CloseReason::QueueFullItems { .. }
            | CloseReason::QueueFullBytes { .. }
            | CloseReason::BadFrame(_)
            | CloseReason::BadMessage(_)
            | CloseReason::AddressLimit { .. } => Origin::Peer,
            CloseReason::Transport { .. } => Origin::Transport,
            CloseReason::Local
            | CloseReason::Shutdown
            | CloseReason::CannotEncode(_)
            | CloseReason::SessionLimit { .. }
            | CloseReason::HandlerPanicked(_)
            | CloseReason::EventsFull { .. }
            | CloseReason::Unknown => Origin::Local,
        }
    }

    /// Which of the ancestor's eight it is.
    pub const fn class(&self) -> CloseClass {
        match self {
            CloseReason::Local
            | CloseReason::QueueFullItems { .. }
            | CloseReason::QueueFullBytes { .. }
            | CloseReason::SessionLimit { .. }
            | CloseReason::AddressLimit { .. }
            | CloseReason::EventsFull { .. } => CloseClass::Local,
            CloseReason::Remote => CloseClass::Remote,
            CloseReason::Idle { .. }
            | CloseReason::FrameDeadline { .. }
            | CloseReason::HelloDeadline { .. }
            | CloseReason::HandshakeDeadline { .. } => CloseClass::Timeout,
            CloseReason::Shutdown => CloseClass::Shutdown,
            CloseReason::Transport { .. } => CloseClass::SocketError,
            CloseReason::BadFrame(_) | CloseReason::BadMessage(_) => CloseClass::ResolveError,
            CloseReason::CannotEncode(_) => CloseClass::BuildError,
            CloseReason::HandlerPanicked(_) | CloseReason::Unknown => CloseClass::Unknown,
        }
    }

    /// Whether what was accepted for sending is still worth sending.
    pub(crate) const fn drains(&self) -> bool {
        matches!(
            self,
            CloseReason::Local
                | CloseReason::Remote
                | CloseReason::Shutdown
                | CloseReason::BadFrame(_)
                | CloseReason::BadMessage(_)
                | CloseReason::CannotEncode(_)
                | CloseReason::HandlerPanicked(_)
                | CloseReason::EventsFull { .. }
        )
    }
}

impl From<io::Error> for CloseReason {
    fn from(error: io::Error) -> Self {
        CloseReason::Transport { kind: error.kind(), text: error.to_string() }
    }
}

impl From<DecodeError> for CloseReason {
    fn from(error: DecodeError) -> Self {
        CloseReason::BadFrame(error)
    }
}

impl From<MessageError> for CloseReason {
    fn from(error: MessageError) -> Self {
        CloseReason::BadMessage(error)
    }
}

impl From<EncodeError> for CloseReason {
    fn from(error: EncodeError) -> Self {
        CloseReason::CannotEncode(error)
    }
}

impl From<PushError> for CloseReason {
    fn from(error: PushError) -> Self {
        error.into_reason()
    }
}

/// Why a whole frame is not a message that may come here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset}, id {id}: {text}")]
pub struct MessageError {
    /// Where the frame begins, in bytes from the stream's beginning.
    pub offset: u64,
    /// The frame's id.
    pub id: u64,
    /// What is wrong with it.
    pub text: String,
}
