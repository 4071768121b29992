//! How a protocol lays out its frames: plain data, checked once, in a `const` or at run time.

use std::fmt;

use crate::{
    field::{Counts, Field, Literal, MAX_FIELDS, Role, low_bits},
    list::List,
    rules::{Kind, LayoutError, check_header, count, starts_with},
};

/// The most control words of one layout.
pub const MAX_CONTROL_WORDS: usize = 8;
/// What a payload may have, in bytes, unless the layout says otherwise.
pub const DEFAULT_MAX_PAYLOAD: u32 = 64 * 1024;
/// What a layout may allow a payload to have, in bytes.
pub const LARGEST_MAX_PAYLOAD: u32 = i32::MAX as u32;
/// How much junk may lie between two frames, in bytes, where a layout hunts for its constant.
pub const DEFAULT_MAX_JUNK: u32 = 64 * 1024;

/// Who is at an end of a connection. Names of roles: either may call the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Opened the connection.
    Client,
    /// Accepted it.
    Server,
}

impl Side {
    /// The other end.
    pub const fn peer(self) -> Self {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// The layout of a protocol's frames.
///
/// A checked value: each constructor refuses what could not be decoded or could be decoded in two ways.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub(crate) fields: List<Field, MAX_FIELDS>,
    pub(crate) max_payload: u32,
    pub(crate) control: List<Literal, MAX_CONTROL_WORDS>,
    /// With `Some(n)`: hunt for the leading constant, through `n` bytes of junk at most.
    pub(crate) max_junk: Option<u32>,
    prologues: [Literal; 2],
}

impl Layout {
    /// Bytes as they come: no header, each read is a payload.
    pub const RAW: Layout = Layout::with_fields(List::empty(Field::Const(Literal::new(&[]))));

    const fn with_fields(fields: List<Field, MAX_FIELDS>) -> Self {
        Layout {
            fields,
            max_payload: DEFAULT_MAX_PAYLOAD,
            control: List::empty(Literal::new(&[])),
            max_junk: None,
            prologues: [Literal::new(&[]); 2],
        }
    }

    /// A layout with this header, in a constant. The payload may have as much as the length can say, and no more than
    /// [`DEFAULT_MAX_PAYLOAD`].
    ///
    /// # Panics
    /// Where [`Layout::try_new`] gives an error; in a `const`, that is at compile time.
    pub const fn new(header: &[Field]) -> Self {
        match Layout::try_new(header) {
            Ok(layout) => layout,
            Err(error) => panic!("{}", error.as_str()),
        }
    }

    /// A layout with this header.
    ///
    /// # Errors
    /// Says what is wrong with the header.
    pub const fn try_new(header: &[Field]) -> Result<Self, LayoutError> {
        let mut layout = Layout::RAW;
        let mut i = 0;
        while i < header.len() {
            layout.fields = match layout.fields.with(header[i]) {
                Some(fields) => fields,
                None => return Err(LayoutError::TooManyFields),
            };
            i += 1;
        }
        if let Err(error) = check_header(&layout) {
            return Err(error);
        }
        let most = layout.expressible();
        if most < layout.max_payload as u64 {
            layout.max_payload = most as u32;
        }
        Ok(layout)
    }

    /// The layout with a payload of at most `bytes`.
    ///
    /// # Panics
    /// Where [`Layout::try_max_payload`] gives an error.
    pub const fn max_payload(self, bytes: u32) -> Self {
        match self.try_max_payload(bytes) {
            Ok(layout) => layout,
            Err(error) => panic!("{}", error.as_str()),
        }
    }

    /// The layout with a payload of at most `bytes`.
    ///
    /// # Errors
    /// With 0, with more than [`LARGEST_MAX_PAYLOAD`], and with more than the length field can say.
    pub const fn try_max_payload(mut self, bytes: u32) -> Result<Self, LayoutError> {
        if bytes == 0 || bytes > LARGEST_MAX_PAYLOAD {
            return Err(LayoutError::MaxPayloadOutOfRange);
        }
        if bytes as u64 > self.expressible() {
            return Err(LayoutError::MaxPayloadNotExpressible);
        }
        self.max_payload = bytes;
        Ok(self)
    }

    /// The layout with these frames that are a fixed word each.
    ///
    /// # Panics
    /// Where [`Layout::try_control`] gives an error.
    pub const fn control(self, words: &[Literal]) -> Self {
        match self.try_control(words) {
            Ok(layout) => layout,
            Err(error) => panic!("{}", error.as_str()),
        }
    }

    /// The layout with these frames that are a fixed word each.
    ///
    /// # Errors
    /// With an empty word, more than [`MAX_CONTROL_WORDS`], or a word that another one begins with.
    pub const fn try_control(mut self, words: &[Literal]) -> Result<Self, LayoutError> {
        if self.fields.is_empty() {
            return Err(LayoutError::RawHasNoFrames);
        }
        let mut i = 0;
        while i < words.len() {
            if words[i].is_empty() {
                return Err(LayoutError::EmptyConstant);
            }
            let mut j = 0;
            while j < words.len() {
                if i != j && starts_with(words[j].as_bytes(), words[i].as_bytes()) {
                    return Err(LayoutError::ControlWordIsPrefix);
                }
                j += 1;
            }
            self.control = match self.control.with(words[i]) {
                Some(control) => control,
                None => return Err(LayoutError::TooManyControlWords),
            };
            i += 1;
        }
        Ok(self)
    }

    /// The layout hunting for its leading constant after junk, through `max_junk` bytes at most.
    ///
    /// # Panics
    /// Where [`Layout::try_resync`] gives an error.
    pub const fn resync(self, max_junk: u32) -> Self {
        match self.try_resync(max_junk) {
            Ok(layout) => layout,
            Err(error) => panic!("{}", error.as_str()),
        }
    }

    /// The layout hunting for its leading constant after junk, through `max_junk` bytes at most.
    ///
    /// # Errors
    /// With 0, and where the header does not begin with a constant.
    pub const fn try_resync(mut self, max_junk: u32) -> Result<Self, LayoutError> {
        if max_junk == 0 {
            return Err(LayoutError::MaxJunkZero);
        }
        match self.fields.as_slice() {
            [Field::Const(_), ..] => {}
            _ => return Err(LayoutError::ResyncNeedsConstant),
        }
        self.max_junk = Some(max_junk);
        Ok(self)
    }

    /// The layout with bytes that `side` sends once, before its first frame.
    pub const fn prologue(mut self, side: Side, bytes: Literal) -> Self {
        self.prologues[side as usize] = bytes;
        self
    }

    /// The header's fields, in wire order.
    pub const fn fields(&self) -> &[Field] {
        self.fields.as_slice()
    }

    /// The most bytes a payload may have.
    #[inline(always)]
    pub const fn payload_limit(&self) -> u32 {
        self.max_payload
    }

    /// The frames that are a fixed word each.
    #[inline(always)]
    pub const fn control_words(&self) -> &[Literal] {
        self.control.as_slice()
    }

    /// The most junk between two frames, where the layout hunts for its leading constant.
    pub const fn max_junk(&self) -> Option<u32> {
        self.max_junk
    }

    /// What `side` sends before its first frame.
    #[inline(always)]
    pub const fn prologue_of(&self, side: Side) -> &Literal {
        &self.prologues[side as usize]
    }

    /// Whether bytes pass as they are.
    #[inline(always)]
    pub const fn is_raw(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether some integer of the header has this role.
    pub const fn has_id(&self) -> bool {
        count(self, Kind::Id) > 0
    }

    /// Whether the header has a correlation.
    pub const fn has_correlation(&self) -> bool {
        count(self, Kind::Correlation) > 0
    }

    /// The most bytes a header takes.
    #[inline(always)]
    pub const fn max_header_len(&self) -> usize {
        self.max_len_from(0)
    }

    /// The most bytes that the fields from `first` on take.
    #[inline(always)]
    pub(crate) const fn max_len_from(&self, first: usize) -> usize {
        let (mut sum, mut i) = (0, first);
        while i < self.fields.len() {
            sum += self.fields.as_slice()[i].max_len();
            i += 1;
        }
        sum
    }

    /// The most bytes of payload that the length can say, whatever the other fields hold.
    pub const fn expressible(&self) -> u64 {
        let mut i = 0;
        while i < self.fields.len() {
            if let Field::Integer(integer) = &self.fields.as_slice()[i] {
                let mut j = 0;
                while j < integer.parts().len() {
                    let part = integer.parts()[j];
                    if let Role::Length { counts, adjust } = part.role {
                        let counted = match counts {
                            Counts::Payload => 0,
                            Counts::Rest => self.max_len_from(i + 1),
                            Counts::Frame => self.max_len_from(0),
                        };
                        let most = low_bits(part.width as u32) as i128 - adjust as i128 - counted as i128;
                        return if most < 0 {
                            0
                        } else if most > u64::MAX as i128 {
                            u64::MAX
                        } else {
                            most as u64
                        };
                    }
                    j += 1;
                }
            }
            i += 1;
        }
        u64::MAX
    }
}

/// Fields and limits, one after another: `u32le length of the rest, u16le id; payload ≤ 65536`.
impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout")
            .field("fields", &self.fields)
            .field("max_payload", &self.max_payload)
            .field("control", &self.control)
            .field("max_junk", &self.max_junk)
            .field("prologues", &self.prologues)
            .finish()
    }
}
