//! Laster's own protocols, as Rust: codecs, clients and handlers made of `proto/` when this crate is built.
#![allow(missing_docs, reason = "what the schema does not comment has no documentation")]

include!(concat!(env!("OUT_DIR"), "/laster.rs"));
