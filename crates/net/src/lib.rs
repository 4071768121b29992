//! The session engine: listeners and connectors make sessions, sessions carry frames, groups send to many.
//!
//! The contract:
//!
//! - Every limit has a default that limits, and is named in the reason when it is hit.
//! - A frame is either refused with an error or sent in its turn; if its session ends before, it is counted as unsent.
//! - `closed` is called exactly once for each session, last, with one reason.
//! - A session that waits owns no buffer. What a handler does wrong costs its own session.
//! - `session` decides and knows no clock, task or socket; everything else asks it.
//!
//! The way of a frame: [`transport`] → the session's task (`driver`) → [`session::Inbound`] → the [`Handler`] →
//! [`Session::send`] → [`session::Outbound`] → [`transport`].

mod application;
mod backoff;
mod connector;
mod driver;
mod endpoint;
mod engine;
mod group;
mod handle;
mod listener;
mod pool;
mod running;
mod service;
pub mod session;
mod shared;
mod single;
mod slots;
mod statistics;
pub mod transport;
mod wheel;
mod writing;

pub use application::{Application, Connected, Failed, Handler, Token};
pub use backoff::Backoff;
pub use connector::{ConnectTo, Connector};
pub use endpoint::{Endpoint, EndpointError};
pub use group::{Group, GroupLimits, SlowReader};
pub use handle::{Flush, Session, SessionId};
pub use listener::{ListenOn, Listener};
pub use pool::PoolFigures;
pub use service::{Service, ServiceConfig, ServiceError, Stopped};
pub use session::{CloseClass, CloseReason, MessageError, Origin, PushError, SessionLimits};
pub use shared::Sent;
pub use single::{connect_once, run_connection};
pub use statistics::{Status, Traffic};
