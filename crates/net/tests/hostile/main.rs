//! A raw attacker, and one healthy session that must not notice. Afterwards nothing of the attacker is left.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arena;
mod bytes;
mod pace;
#[path = "../support/mod.rs"]
mod support;
