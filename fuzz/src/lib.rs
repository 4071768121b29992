//! One function for each fuzz target: given any bytes, it must come back. Each is used three times: by the target that
//! cargo-fuzz runs, by `cargo test`, which replays the seeds, and by whoever has found something and wants to step through it.

mod codecs;
mod decoder;
pub mod seeds;
mod session;

pub use codecs::codecs;
pub use decoder::decoder;
pub use session::session;

/// A target: its name, and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// The targets, by name.
pub const TARGETS: &[Target] = &[("codecs", codecs), ("decoder", decoder), ("session", session)];
