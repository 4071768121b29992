//! The chat server: [`chat`] is the chat itself, without I/O; [`server`] puts it behind sessions; [`client`] is what people
//! type into.

pub mod chat;
pub mod client;
pub mod server;
