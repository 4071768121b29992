//! The engine over `memory:` endpoints and real TCP: what the application is told, and that every limit holds.
//!
//! Where time matters the clock is paused and moves when nobody has anything to do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod connectors;
mod ends;
mod groups;
mod lifecycle;
mod limits;
mod listeners;
mod races;
mod reads;
mod sending;
mod status;
#[path = "../support/mod.rs"]
mod support;
