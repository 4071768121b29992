//! The line-mode client: what people type into.

mod command;
mod conversation;
mod show;

pub use conversation::{Options, run};
