//! `session/` without a clock, a task or a socket: two nodes that talk through scripted pipes, and models of what queues.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls_model;
mod dialogues;
mod outbound_model;
mod work;
mod world;
