//! What can be wrong, one variant per cause. Offsets count from the stream's first byte.

/// Why bytes are no frame. The peer is at fault and the stream is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A byte of a constant, or of the prologue, is another one.
    #[error("offset {offset}: expected byte {expected:#04x} of a constant, found {found:#04x}")]
    Constant {
        /// Where the byte stands.
        offset: u64,
        /// The constant's.
        expected: u8,
        /// The peer's.
        found: u8,
    },
    /// An integer of which only one value is allowed has another.
    #[error("offset {offset}: expected the value {expected}, found {found}")]
    Fixed {
        /// Where the integer begins.
        offset: u64,
        /// The only value allowed.
        expected: u64,
        /// The peer's.
        found: u64,
    },
    /// A varint goes on behind its largest number of bytes.
    #[error("offset {offset}: the varint has more than {limit} bytes")]
    VarintTooLong {
        /// Where the varint begins.
        offset: u64,
        /// The most bytes it may take.
        limit: u8,
    },
    /// A varint takes more bytes than it needs.
    #[error("offset {offset}: the varint takes {found} bytes where {expected} would do")]
    VarintOverlong {
        /// Where the varint begins.
        offset: u64,
        /// The bytes it needs.
        expected: u8,
        /// The bytes it takes.
        found: u8,
    },
    /// A varint's value, or the parts it is cut into, has more bits than there is room for.
    #[error("offset {offset}: the varint has more than {limit} bits")]
    VarintOverflow {
        /// Where the varint begins.
        offset: u64,
        /// The most bits.
        limit: u8,
    },
    /// The length counts less than what it must count in any case.
    #[error("offset {offset}: the length {found} is less than {least}, which the header alone takes")]
    LengthTooSmall {
        /// Where the integer begins.
        offset: u64,
        /// The length as it stands on the wire.
        found: u64,
        /// The smallest one possible.
        least: u64,
    },
    /// The payload would be larger than allowed.
    #[error("offset {offset}: the length {found} is for a payload of more than {limit} bytes")]
    PayloadTooLarge {
        /// Where the integer begins.
        offset: u64,
        /// The length as it stands on the wire.
        found: u64,
        /// The most bytes a payload may have here.
        limit: u32,
    },
    /// No frame was found in as much junk as is allowed.
    #[error("offset {offset}: no frame begins in {limit} bytes")]
    TooMuchJunk {
        /// Where the junk begins.
        offset: u64,
        /// The most bytes of junk.
        limit: u32,
    },
    /// The stream ended inside a frame.
    #[error("offset {offset}: the stream ends {have} bytes into a frame")]
    UnexpectedEnd {
        /// Where the frame begins.
        offset: u64,
        /// How much of it there is.
        have: u64,
    },
}

impl DecodeError {
    /// Where in the stream the fault lies, in bytes from its beginning.
    pub const fn offset(&self) -> u64 {
        match *self {
            DecodeError::Constant { offset, .. }
            | DecodeError::Fixed { offset, .. }
            | DecodeError::VarintTooLong { offset, .. }
            | DecodeError::VarintOverlong { offset, .. }
            | DecodeError::VarintOverflow { offset, .. }
            | DecodeError::LengthTooSmall { offset, .. }
            | DecodeError::PayloadTooLarge { offset, .. }
            | DecodeError::TooMuchJunk { offset, .. }
            | DecodeError::UnexpectedEnd { offset, .. } => offset,
        }
    }
}

/// Why a frame cannot be written. The caller is at fault; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The payload is larger than allowed.
    #[error("a payload of {found} bytes is more than {limit} bytes")]
    PayloadTooLarge {
        /// The payload's bytes.
        found: usize,
        /// The most bytes it may have.
        limit: u32,
    },
    /// An id is wider than its field, or is given where the layout has none.
    #[error("the id {found} is more than {limit}")]
    IdTooLarge {
        /// The caller's.
        found: u64,
        /// The largest one the layout can carry.
        limit: u64,
    },
    /// A correlation is wider than its field, or is given where the layout has none.
    #[error("the correlation {found} is more than {limit}")]
    CorrelationTooLarge {
        /// The caller's.
        found: u64,
        /// The largest one the layout can carry.
        limit: u64,
    },
    /// A user's integer is wider than its field, or is given for a slot that the layout does not have.
    #[error("the value {found} of slot {slot} is more than {limit}")]
    ValueTooLarge {
        /// Which of the user's integers.
        slot: u8,
        /// The caller's.
        found: u64,
        /// The largest one the layout can carry.
        limit: u64,
    },
    /// The length of such a frame cannot be said in the length field.
    #[error("the length {found} is more than {limit}")]
    LengthTooLarge {
        /// The length, as it would stand on the wire.
        found: i128,
        /// The largest one the layout can carry.
        limit: u64,
    },
    /// The layout has no such control word.
    #[error("there is no control word {found}: the layout has {count}")]
    NoControlWord {
        /// The caller's.
        found: u8,
        /// How many there are.
        count: u8,
    },
    /// A control word has no payload.
    #[error("a control word has no payload, but {found} bytes were given")]
    ControlPayload {
        /// The payload's bytes.
        found: usize,
    },
    /// The peer could take the frame for a control word: its bytes begin with the word's, or the word's with them.
    #[error("the frame begins like control word {word}, which it is not")]
    LooksLikeControlWord {
        /// Which one.
        word: u8,
    },
}
