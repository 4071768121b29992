//! Bytes to frames and back, for every header layout that [`Layout`] can describe.
//!
//! The contract, whatever the bytes:
//!
//! - One [`Decoder`] and one [`Encoder`] serve every layout. They do no I/O and know no clock, task or message.
//! - "Not enough bytes yet" is `None`, never an error. How the bytes were split changes nothing.
//! - Memory is never reserved for a length that was only declared. The decoder holds no bytes at all.
//! - What is encoded decodes to the same frame, and what is decoded encodes to the same bytes (but for a varint that is
//!   longer than needed, where a layout accepts it).
//! - After an error the stream is lost; the error names the offset, the offending value and the limit.
//!
//! ```
//! use laster_frame::{Decoder, Encoder, Header, Side, layouts::Laster};
//!
//! let mut wire = Vec::new();
//! Encoder::new(Laster, Side::Client).encode(&Header::with_id(7), b"hello", &mut wire)?;
//! assert_eq!(wire, b"\x0b\0\0\0\x07\0\0\0\0\0hello");
//!
//! let mut bytes = &wire[..];
//! let frame = Decoder::new(Laster, Side::Client).next(&mut bytes)?.unwrap();
//! assert_eq!((frame.header.id, frame.payload), (7, &b"hello"[..]));
//! assert!(bytes.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod decode;
mod encode;
mod error;
mod field;
mod framing;
mod integer;
mod layout;
pub mod layouts;
mod list;
mod rules;
#[cfg(feature = "testing")]
pub mod testing;

pub use codec::{Codec, CodecError, RawFrame};
pub use decode::{Decoder, Frame};
pub use encode::{Encoder, encode_frame, encode_header};
pub use error::{DecodeError, EncodeError};
pub use field::{
    Counts, Encoding, Field, Integer, Literal, MAX_FIELDS, MAX_LITERAL, MAX_PARTS, MAX_VALUES, Part, Role,
};
pub use framing::Framing;
pub use layout::{DEFAULT_MAX_JUNK, DEFAULT_MAX_PAYLOAD, LARGEST_MAX_PAYLOAD, Layout, MAX_CONTROL_WORDS, Side};
pub use rules::LayoutError;

/// What a frame's header says besides the length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// With `Some(n)`: the frame is the layout's n-th control word and nothing else.
    pub control: Option<u8>,
    /// Which message the frame carries; 0 where the layout has no id.
    pub id: u64,
    /// Which request a reply belongs to; 0 where the layout has no correlation.
    pub correlation: u64,
    /// The user's integers, by slot.
    pub values: [u64; MAX_VALUES],
}

impl Header {
    /// A header with this id and nothing else.
    pub const fn with_id(id: u64) -> Self {
        Header { control: None, id, correlation: 0, values: [0; MAX_VALUES] }
    }

    /// The header of the layout's n-th control word.
    pub const fn of_control(n: u8) -> Self {
        Header { control: Some(n), id: 0, correlation: 0, values: [0; MAX_VALUES] }
    }

    /// The same header with this correlation.
    pub const fn correlated(mut self, correlation: u64) -> Self {
        self.correlation = correlation;
        self
    }
}
