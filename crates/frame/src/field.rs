//! The fields a header is made of.

use std::fmt;

use crate::list::List;

/// The most fields in one header.
pub const MAX_FIELDS: usize = 12;
/// The most parts that one integer may be cut into.
pub const MAX_PARTS: usize = 8;
/// The most integers that a header carries to and from the user.
pub const MAX_VALUES: usize = 8;
/// The most bytes in a constant, a control word or a prologue.
pub const MAX_LITERAL: usize = 64;

/// One field of a header, in wire order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Bytes that are always the same.
    Const(Literal),
    /// An integer, whole or cut into parts.
    Integer(Integer),
}

impl Field {
    /// Bytes written as they are; anything else from the peer is an error.
    ///
    /// # Panics
    /// With more than [`MAX_LITERAL`] bytes.
    pub const fn constant(bytes: &[u8]) -> Self {
        Field::Const(Literal::new(bytes))
    }

    /// The frame's length.
    pub const fn length(encoding: Encoding, counts: Counts) -> Self {
        Field::length_adjusted(encoding, counts, 0)
    }

    /// The frame's length, `adjust` added to the count when written and taken off when read.
    pub const fn length_adjusted(encoding: Encoding, counts: Counts, adjust: i32) -> Self {
        Field::whole(encoding, Role::Length { counts, adjust })
    }

    /// Which message the frame carries.
    pub const fn id(encoding: Encoding) -> Self {
        Field::whole(encoding, Role::Id)
    }

    /// Which request a reply belongs to.
    pub const fn correlation(encoding: Encoding) -> Self {
        Field::whole(encoding, Role::Correlation)
    }

    /// An integer that is the user's, kept in [`Header::values`](crate::Header::values)`[slot]`.
    pub const fn value(encoding: Encoding, slot: u8) -> Self {
        Field::whole(encoding, Role::Value { slot })
    }

    /// An integer of which only one value is allowed.
    pub const fn fixed(encoding: Encoding, value: u64) -> Self {
        Field::whole(encoding, Role::Fixed(value))
    }

    /// One integer cut into parts, the most significant first.
    ///
    /// # Panics
    /// With more than [`MAX_PARTS`] parts.
    pub const fn bits(encoding: Encoding, parts: &[Part]) -> Self {
        match Integer::new(encoding, parts) {
            Some(integer) => Field::Integer(integer),
            None => panic!("an integer has more than MAX_PARTS parts"),
        }
    }

    const fn whole(encoding: Encoding, role: Role) -> Self {
        Field::bits(encoding, &[Part { width: encoding.bits() as u8, role }])
    }

    /// The most bytes the field takes on the wire.
    pub(crate) const fn max_len(&self) -> usize {
        match self {
            Field::Const(literal) => literal.len(),
            Field::Integer(integer) => integer.encoding.max_len(),
        }
    }
}

/// An integer of the header and what its bits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    pub(crate) encoding: Encoding,
    pub(crate) parts: List<Part, MAX_PARTS>,
}

impl Integer {
    /// An integer of these parts, most significant first; `None` with more than [`MAX_PARTS`].
    pub const fn new(encoding: Encoding, parts: &[Part]) -> Option<Self> {
        let mut list = List::empty(Part { width: 0, role: Role::Fixed(0) });
        let mut i = 0;
        while i < parts.len() {
            list = match list.with(parts[i]) {
                Some(list) => list,
                None => return None,
            };
            i += 1;
        }
        Some(Integer { encoding, parts: list })
    }

    /// How it stands on the wire.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Its parts, most significant first.
    pub const fn parts(&self) -> &[Part] {
        self.parts.as_slice()
    }

    /// The widths added up: the bit above the first part.
    #[inline(always)]
    pub(crate) const fn width(&self) -> u32 {
        let (mut sum, mut i) = (0, 0);
        while i < self.parts.len() {
            sum += self.parts.as_slice()[i].width as u32;
            i += 1;
        }
        sum
    }
}

/// Some bits of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many bits.
    pub width: u8,
    /// What they are.
    pub role: Role,
}

/// What an integer of the header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// How long the frame is.
    Length {
        /// Which bytes it counts.
        counts: Counts,
        /// Added to the count when written, taken off when read.
        adjust: i32,
    },
    /// Which message the frame carries.
    Id,
    /// Which request a reply belongs to.
    Correlation,
    /// The user's, at this place of [`Header::values`](crate::Header::values).
    Value {
        /// Below [`MAX_VALUES`].
        slot: u8,
    },
    /// Always this value.
    Fixed(u64),
}

/// Which bytes a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// The payload alone.
    Payload,
    /// Every byte after the length field.
    Rest,
    /// Every byte of the frame.
    Frame,
}

/// How an integer stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// One byte.
    U8,
    /// Two bytes, least significant first.
    U16Le,
    /// Two bytes, most significant first.
    U16Be,
    /// Three bytes, least significant first.
    U24Le,
    /// Three bytes, most significant first.
    U24Be,
    /// Four bytes, least significant first.
    U32Le,
    /// Four bytes, most significant first.
    U32Be,
    /// Eight bytes, least significant first.
    U64Le,
    /// Eight bytes, most significant first.
    U64Be,
    /// LEB128: seven bits a byte, least significant first, the top bit set in all but the last.
    Varint {
        /// The most bytes accepted, 1 to 10.
        max_bytes: u8,
        /// Whether forms longer than needed are accepted.
        overlong: bool,
    },
}

impl Encoding {
    /// LEB128 in its shortest form, of at most `max_bytes` bytes (1 to 10).
    pub const fn varint(max_bytes: u8) -> Self {
        Encoding::Varint { max_bytes, overlong: false }
    }

    /// How many bits of value it holds, 64 at most.
    #[inline(always)]
    pub const fn bits(self) -> u32 {
        match self {
            Encoding::Varint { max_bytes, .. } if max_bytes < 10 => max_bytes as u32 * 7,
            Encoding::Varint { .. } => 64,
            fixed => fixed.max_len() as u32 * 8,
        }
    }

    /// The largest value.
    pub const fn max_value(self) -> u64 {
        low_bits(self.bits())
    }

    /// The most bytes it takes.
    #[inline(always)]
    pub const fn max_len(self) -> usize {
        match self {
            Encoding::U8 => 1,
            Encoding::U16Le | Encoding::U16Be => 2,
            Encoding::U24Le | Encoding::U24Be => 3,
            Encoding::U32Le | Encoding::U32Be => 4,
            Encoding::U64Le | Encoding::U64Be => 8,
            Encoding::Varint { max_bytes, .. } => max_bytes as usize,
        }
    }

    /// How many bytes `value` takes.
    #[inline(always)]
    pub(crate) const fn len_of(self, value: u64) -> usize {
        match self {
            Encoding::Varint { .. } => (70 - (value | 1).leading_zeros() as usize) / 7,
            fixed => fixed.max_len(),
        }
    }
}

/// A mask of the lowest `width` bits.
#[inline(always)]
pub(crate) const fn low_bits(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// A few bytes, held in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Literal {
    bytes: List<u8, MAX_LITERAL>,
}

impl Literal {
    /// These bytes.
    ///
    /// # Panics
    /// With more than [`MAX_LITERAL`] of them; [`Literal::try_new`] says so instead.
    pub const fn new(bytes: &[u8]) -> Self {
        match Literal::try_new(bytes) {
            Some(literal) => literal,
            None => panic!("a literal has more than MAX_LITERAL bytes"),
        }
    }

    /// These bytes; `None` where there are more than [`MAX_LITERAL`].
    pub const fn try_new(bytes: &[u8]) -> Option<Self> {
        let mut list = List::empty(0);
        let mut i = 0;
        while i < bytes.len() {
            list = match list.with(bytes[i]) {
                Some(list) => list,
                None => return None,
            };
            i += 1;
        }
        Some(Literal { bytes: list })
    }

    /// The bytes.
    #[inline(always)]
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// How many bytes.
    #[inline(always)]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.as_bytes().iter().enumerate() {
            write!(f, "{}{byte:02x}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Runs the body for each field of a layout, as straight code instead of a loop: where the layout is known at build time
/// the compiler then drops the bodies of fields that are not there and folds the others to the field's few instructions.
/// A loop over the fields it leaves as a loop: 12 times the time for three fields.
macro_rules! for_each_field {
    ($layout:expr, |$index:ident, $field:ident| $body:block) => {
        $crate::field::for_each_field!(@ $layout, $index, $field, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    (@ $layout:expr, $index:ident, $field:ident, $body:block, $($n:literal)*) => {$(
        if $n < $layout.fields.len() {
            let $index: usize = $n;
            let $field = &$layout.fields.as_slice()[$n];
            $body
        }
    )*};
}
pub(crate) use for_each_field;
const _: () = assert!(MAX_FIELDS == 12, "for_each_field! counts to MAX_FIELDS");
