//! What a header has to keep to.

use std::fmt;

use crate::{
    field::{Encoding, Field, MAX_VALUES, Role, low_bits},
    layout::Layout,
};

/// Whether a header can be decoded, and in one way only.
pub(crate) const fn check_header(layout: &Layout) -> Result<(), LayoutError> {
    let mut slots = [false; MAX_VALUES];
    let mut i = 0;
    while i < layout.fields.len() {
        if let Err(error) = check_field(&layout.fields.as_slice()[i], &mut slots) {
            return Err(error);
        }
        i += 1;
    }
    match count(layout, Kind::Length) {
        1 => {}
        0 => return Err(LayoutError::NoLength),
        _ => return Err(LayoutError::TwoLengths),
    }
    if count(layout, Kind::Id) > 1 {
        return Err(LayoutError::TwoIds);
    }
    if count(layout, Kind::Correlation) > 1 {
        return Err(LayoutError::TwoCorrelations);
    }
    if layout.expressible() == 0 {
        return Err(LayoutError::MaxPayloadNotExpressible);
    }
    Ok(())
}

/// How many integers of this kind there are.
pub(crate) const fn count(layout: &Layout, kind: Kind) -> usize {
    let (mut n, mut i) = (0, 0);
    while i < layout.fields.len() {
        if let Field::Integer(integer) = &layout.fields.as_slice()[i] {
            let mut j = 0;
            while j < integer.parts().len() {
                n += kind.is(integer.parts()[j].role) as usize;
                j += 1;
            }
        }
        i += 1;
    }
    n
}

/// Integers of which a header has one at most.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Length,
    Id,
    Correlation,
}

impl Kind {
    const fn is(self, role: Role) -> bool {
        matches!(
            (self, role),
            (Kind::Length, Role::Length { .. }) | (Kind::Id, Role::Id) | (Kind::Correlation, Role::Correlation)
        )
    }
}

const fn check_field(field: &Field, slots: &mut [bool; MAX_VALUES]) -> Result<(), LayoutError> {
    let integer = match field {
        Field::Const(literal) if literal.is_empty() => return Err(LayoutError::EmptyConstant),
        Field::Const(_) => return Ok(()),
        Field::Integer(integer) => integer,
    };
    let varint = match integer.encoding() {
        Encoding::Varint { max_bytes: 0 | 11.., .. } => return Err(LayoutError::VarintBytes),
        Encoding::Varint { .. } => true,
        _ => false,
    };
    let width = integer.width();
    if width > integer.encoding().bits() || width < integer.encoding().bits() && !varint {
        return Err(LayoutError::PartsWidth);
    }
    let mut i = 0;
    while i < integer.parts().len() {
        let part = integer.parts()[i];
        match part.role {
            _ if part.width == 0 => return Err(LayoutError::PartsWidth),
            Role::Fixed(value) if value > low_bits(part.width as u32) => return Err(LayoutError::FixedDoesNotFit),
            Role::Value { slot } if slot as usize >= MAX_VALUES || slots[slot as usize] => {
                return Err(LayoutError::ValueSlot);
            }
            Role::Value { slot } => slots[slot as usize] = true,
            _ => {}
        }
        i += 1;
    }
    Ok(())
}

pub(crate) const fn starts_with(bytes: &[u8], prefix: &[u8]) -> bool {
    if prefix.len() > bytes.len() {
        return false;
    }
    let mut i = 0;
    while i < prefix.len() {
        if prefix[i] != bytes[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Why a header cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// More than [`MAX_FIELDS`](crate::MAX_FIELDS) fields.
    TooManyFields,
    /// No length.
    NoLength,
    /// More than one length.
    TwoLengths,
    /// More than one id.
    TwoIds,
    /// More than one correlation.
    TwoCorrelations,
    /// A constant or control word without bytes.
    EmptyConstant,
    /// A varint of 0 bytes, or of more than 10.
    VarintBytes,
    /// Parts whose widths do not add up to their integer's, or a part of no bits.
    PartsWidth,
    /// A fixed value wider than its bits.
    FixedDoesNotFit,
    /// A value's slot out of range or used twice.
    ValueSlot,
    /// A largest payload of 0, or above [`LARGEST_MAX_PAYLOAD`](crate::LARGEST_MAX_PAYLOAD).
    MaxPayloadOutOfRange,
    /// A largest payload above what the length can say.
    MaxPayloadNotExpressible,
    /// More than [`MAX_CONTROL_WORDS`](crate::MAX_CONTROL_WORDS) control words.
    TooManyControlWords,
    /// A control word that another one begins with.
    ControlWordIsPrefix,
    /// Control words in a layout without frames.
    RawHasNoFrames,
    /// Resynchronisation without a leading constant.
    ResyncNeedsConstant,
    /// Resynchronisation through no junk at all.
    MaxJunkZero,
}

impl LayoutError {
    /// The error as a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            LayoutError::TooManyFields => "a header has at most 12 fields",
            LayoutError::NoLength => "the header has no length, so no one could tell where a frame ends",
            LayoutError::TwoLengths => "the header has more than one length",
            LayoutError::TwoIds => "the header has more than one id",
            LayoutError::TwoCorrelations => "the header has more than one correlation",
            LayoutError::EmptyConstant => "a constant or control word is empty",
            LayoutError::VarintBytes => "a varint takes 1 to 10 bytes",
            LayoutError::PartsWidth => "the widths of an integer's parts must add up to its own, none of them 0",
            LayoutError::FixedDoesNotFit => "a fixed value is wider than its bits",
            LayoutError::ValueSlot => "a header carries at most 8 values, each in a slot of its own",
            LayoutError::MaxPayloadOutOfRange => "the largest payload must be between 1 and 2147483647 bytes",
            LayoutError::MaxPayloadNotExpressible => "the length field cannot say the largest payload",
            LayoutError::TooManyControlWords => "a layout has at most 8 control words",
            LayoutError::ControlWordIsPrefix => "a control word is the beginning of another, or the same",
            LayoutError::RawHasNoFrames => "a raw layout has no frames and so no control words",
            LayoutError::ResyncNeedsConstant => "to find frames again, the header must begin with a constant",
            LayoutError::MaxJunkZero => "the most junk between two frames cannot be 0 bytes",
        }
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for LayoutError {}
