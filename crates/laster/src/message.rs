//! Between frames and messages.

use laster_frame::{EncodeError, Frame, Framing, Header, Layout, encode_frame, encode_header};
use laster_net::{MessageError, session::Match};

use crate::budget::Shape;

/// A protocol: how its frames are laid out and what each side may send. Implemented by generated code.
pub trait Protocol: Send + Sync + 'static {
    /// The layout of its frames.
    type Framing: Framing + Default;
    /// What clients send.
    type FromClient: Messages;
    /// What servers send.
    type FromServer: Messages;
    /// How replies find their calls.
    const REPLIES: Match;
    /// Where the number of a call stands, if anywhere.
    const NUMBERING: Numbering;
}

/// Where the number of a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Calls have no numbers on the wire.
    None,
    /// In the header; the largest number is this.
    Header(u64),
    /// In a field of the message; the largest number is this.
    Field(u64),
}

impl Numbering {
    /// The largest number of a call.
    pub const fn largest(self) -> u64 {
        match self {
            Numbering::None => u64::MAX,
            Numbering::Header(largest) | Numbering::Field(largest) => largest,
        }
    }
}

/// All messages that one side may send, as one enum. Implemented by generated code.
pub trait Messages: Send + Sized + 'static {
    /// The message that has to come first, by id and name. Until then no other is accepted.
    const FIRST: Option<(u64, &'static str)> = None;

    /// The most bytes that the payload behind this header may have.
    fn limit(header: &Header) -> u32;

    /// Makes a frame into a message. `None`: its id is unknown, and such are passed over.
    ///
    /// # Errors
    /// The id is unknown, or the payload is not its message.
    fn decode(frame: Frame<'_>) -> Result<Option<Self>, MessageError>;

    /// Writes the message as a frame. The id is the message's own; the correlation and the values are the caller's.
    ///
    /// # Errors
    /// The layout cannot carry it, or it is larger than its limit. Nothing was written.
    fn encode(&self, header: Header, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// The message's name in the schema.
    fn name(&self) -> &'static str;

    /// The number of the call that the message makes or answers, where a field of it says so.
    fn number(&self) -> u64 {
        0
    }

    /// Writes the number of a call into its field.
    fn set_number(&mut self, number: u64) {
        let _ = number;
    }
}

/// Makes a frame's payload into a message that cannot grow: it takes no more memory than a few times its payload.
///
/// # Errors
/// The payload is not such a message.
#[inline]
pub fn decode<M: prost::Message + Default>(frame: Frame<'_>) -> Result<M, MessageError> {
    M::decode(frame.payload).map_err(|error| message_error(&frame, error.to_string()))
}

/// Makes a frame's payload into a message, if that takes no more than so many bytes of memory.
///
/// # Errors
/// The payload is not such a message, or would take more.
pub fn decode_within<M: prost::Message + Default>(
    frame: Frame<'_>,
    shape: &'static Shape,
    budget: usize,
) -> Result<M, MessageError> {
    shape.check(frame.payload, budget).map_err(|text| message_error(&frame, text))?;
    decode(frame)
}

/// What is wrong with a frame, as an error that says where it stands.
#[cold]
pub fn message_error(frame: &Frame<'_>, text: impl Into<String>) -> MessageError {
    MessageError { offset: frame.offset, id: frame.header.id, text: text.into() }
}

/// Writes a message of at most `limit` bytes as a frame.
///
/// # Errors
/// The layout cannot carry it, or it is too large. Nothing was written.
#[inline]
pub fn encode(
    layout: &Layout,
    header: &Header,
    limit: u32,
    message: &impl prost::Message,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let len = message.encoded_len();
    check_limit(len, limit)?;
    if !layout.control_words().is_empty() {
        // Only the whole frame shows whether it could be taken for a control word.
        return encode_frame(layout, header, &message.encode_to_vec(), out);
    }
    out.reserve(layout.max_header_len() + len);
    encode_header(layout, header, len, out)?;
    message.encode_raw(out);
    Ok(())
}

/// Writes bytes, at most `limit` of them, as a frame.
///
/// # Errors
/// The layout cannot carry it, or it is too large. Nothing was written.
pub fn encode_raw(
    layout: &Layout,
    header: &Header,
    limit: u32,
    payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    check_limit(payload.len(), limit)?;
    encode_frame(layout, header, payload, out)
}

fn check_limit(found: usize, limit: u32) -> Result<(), EncodeError> {
    if found > limit as usize {
        return Err(EncodeError::PayloadTooLarge { found, limit });
    }
    Ok(())
}
