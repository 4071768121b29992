//! What a `.proto` file becomes when it runs.
//!
//! A crate with a protocol of its own depends on this one, and on `laster-codegen` to build. The generated code names only
//! what is here: [`frame`] lays bytes out, [`net`] runs sessions, [`prost`] codes the messages, and this crate puts the
//! types between them:
//!
//! - [`Messages`]: all that one side may send, as one enum; implemented by generated code.
//! - [`Caller`]: sends messages and calls, and finds the replies; under every generated `Client` and `Peer`.
//! - [`serve()`] and [`connect()`]: a server's sessions and a client's, with messages in place of frames.
//! - [`Shape`]: what a message can become in memory, so that no small frame becomes a large heap.

pub use bytes;
pub use laster_frame as frame;
pub use laster_net as net;
pub use prost;
pub use prost_types;

mod budget;
mod caller;
mod client;
mod group;
mod message;
mod server;
#[cfg(feature = "settings")]
pub mod settings;

pub use budget::{Kind, Shape};
pub use caller::{CallError, Caller, Replies, Stream, Taken};
pub use client::{ClientOptions, ConnectError, Connected, Event, Events, connect};
pub use group::Group;
pub use message::{Messages, Numbering, Protocol, decode, decode_within, encode, encode_raw, message_error};
pub use server::{Dispatch, Serving, serve};
