//! A session without I/O: what is decided, and nothing that decides when or where.
//!
//! Nothing in here knows a clock, a task or a socket. Time comes in as a [`Moment`], bytes come in as slices and go out as
//! slices, and each fault is named once, as a [`CloseReason`].
//!
//! - [`Inbound`] finds the frames in what the peer sent and keeps only what is not yet one.
//! - [`Outbound`] is the bounded queue of what the peer has not yet taken, and the end of the session: open, draining, closed.
//! - [`Watch`] knows the deadlines: silence, a frame begun and not finished, a first message that does not come.
//! - [`Calls`] matches replies to the calls they answer.

mod calls;
mod inbound;
mod limits;
mod moment;
mod outbound;
mod push;
mod reason;
mod watch;

pub use calls::{Calls, Match};
pub use inbound::Inbound;
pub use limits::{LimitError, SessionLimits};
pub use moment::Moment;
pub use outbound::{Outbound, Phase};
pub(crate) use push::Attempt;
pub use push::PushError;
pub use reason::{CloseClass, CloseReason, MessageError, Origin};
pub use watch::Watch;
