//! From a `.proto` file to a checked description of its wire protocol.
//!
//! The contract:
//!
//! - A [`Schema`] has been checked: an emitter, an inspector or a session engine built from one needs no check of its own.
//! - What is wrong is a [`Diagnostic`], `file:line:column: sentence`; as many as can be found are reported at once.
//! - Texts come from a [`Sources`]; apart from [`IncludeDirs`] and [`compile()`] nothing here knows a file system.
//! - A schema may come as text, as descriptors, or as both: a text may import what exists as a descriptor alone.
//! - Nothing in a [`Schema`] belongs to a target language.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! let echo = r#"
//!     syntax = "proto3";
//!     import "laster/options.proto";
//!     option (laster.frame) = {
//!       header: { length: U32_LE }
//!       header: { id: U16_LE }
//!     };
//!     message Ping {
//!       option (laster.message) = { id: 300 reply: "Ping" };
//!     }
//! "#;
//! let sources = BTreeMap::from([("echo.proto".to_owned(), echo.to_owned())]);
//! let schema = laster_codegen::Compiler::new(&sources).compile(&["echo.proto"])?;
//! let ping = schema.protocol("echo").and_then(|echo| echo.client.by_id(300));
//! assert_eq!(ping.map(|ping| ping.name.as_str()), Some("Ping"));
//!
//! let sources = BTreeMap::from([("echo.proto".to_owned(), echo.replace("U16_LE", "U8"))]);
//! let mistakes = laster_codegen::Compiler::new(&sources).compile(&["echo.proto"]).unwrap_err();
//! assert_eq!(
//!     mistakes.to_string(),
//!     "echo.proto:9:35: the id 300 of Ping does not fit in the header's 8 bits: 255 is the largest"
//! );
//! # Ok::<(), laster_codegen::Diagnostics>(())
//! ```

mod answers;
mod build;
mod compile;
mod context;
mod diagnostic;
mod drafts;
mod extensions;
mod files;
mod foreign;
mod hash;
mod header;
mod ids;
mod layout;
mod load;
mod messages;
mod names;
mod options;
mod place;
mod protocol;
mod roots;
mod rules;
mod rust;
mod schema;
mod sources;
mod tokens;

pub use build::{Build, build};
pub use compile::Compiler;
pub use diagnostic::{Diagnostic, Diagnostics, Position};
pub use files::{IncludeDirs, compile};
pub use options::{OPTIONS_FILE, OPTIONS_SOURCE};
pub use rust::{RustError, rust};
pub use schema::{
    Answer, Comments, Control, Direction, HeaderValue, Key, Message, MessageIndex, Payload, Protocol, Replies, Root,
    Schema, Sender, UnknownId,
};
pub use sources::{Source, Sources};
