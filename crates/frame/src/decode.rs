//! Bytes to frames.

use crate::{
    Header,
    error::DecodeError,
    field::{Counts, Field, Integer, Literal, Part, Role, for_each_field, low_bits},
    framing::Framing,
    integer::{self, Read},
    layout::{Layout, Side},
};

/// A frame where it lies in the bytes given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Where the frame begins, in bytes from the stream's beginning.
    pub offset: u64,
    /// What the header says.
    pub header: Header,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// Finds the frames in the bytes that one side sent.
///
/// It keeps no bytes: [`next`](Decoder::next) takes a frame off the front of a slice and leaves what is not yet one. The
/// caller gives the same bytes again, with more behind them.
#[derive(Clone, Debug)]
pub struct Decoder<F> {
    framing: F,
    /// The side whose bytes these are.
    from: Side,
    /// How many bytes were taken off so far.
    offset: u64,
    /// How much junk was passed over since the last frame.
    junk: u32,
    /// How much junk was passed over in all.
    skipped: u64,
    /// `offset <= prologue length`: the prologue's end is not yet reached, or just now.
    in_prologue: bool,
}

impl<F: Framing> Decoder<F> {
    /// A decoder of the bytes that `from` sends, at their beginning.
    pub fn new(framing: F, from: Side) -> Self {
        let in_prologue = !framing.layout().prologue_of(from).is_empty();
        Decoder { framing, from, offset: 0, junk: 0, skipped: 0, in_prologue }
    }

    /// The layout that is decoded.
    pub fn framing(&self) -> &F {
        &self.framing
    }

    /// How many bytes were taken off so far: the offset in the stream of the next slice given.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes were passed over as junk so far, where the layout hunts for its constant.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Takes the next frame off the front of `bytes`. `None`: it needs more bytes than these.
    ///
    /// A prologue, and junk where the layout says to hunt, are taken off as well.
    ///
    /// # Errors
    /// The bytes are no frame. The error comes again at each call.
    #[inline(always)]
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Frame<'a>>, DecodeError> {
        let limit = self.framing.layout().max_payload;
        self.next_within(bytes, |_| limit)
    }

    /// Like [`next`](Decoder::next), where `limit` says how many bytes the payload behind this header may have. More than
    /// the layout's own limit it cannot allow.
    ///
    /// # Errors
    /// As for [`next`](Decoder::next).
    #[inline(always)]
    pub fn next_within<'a>(
        &mut self,
        bytes: &mut &'a [u8],
        limit: impl Fn(&Header) -> u32,
    ) -> Result<Option<Frame<'a>>, DecodeError> {
        if self.in_prologue && !self.take_prologue(bytes)? {
            return Ok(None);
        }
        loop {
            match parse(self.framing.layout(), bytes, self.offset, &limit) {
                Ok(None) => return Ok(None),
                Ok(Some((header, header_len, payload_len))) => {
                    let (frame, rest) = bytes.split_at(header_len + payload_len);
                    let frame = Frame { offset: self.offset, header, payload: &frame[header_len..] };
                    *bytes = rest;
                    self.offset += (header_len + payload_len) as u64;
                    self.junk = 0;
                    return Ok(Some(frame));
                }
                Err(error) => match self.framing.layout().max_junk {
                    Some(max_junk) => self.skip_junk(bytes, max_junk)?,
                    None => return Err(error),
                },
            }
        }
    }

    /// Whether the stream may end here, with `rest` not yet taken off.
    ///
    /// # Errors
    /// It ends inside a frame.
    pub fn finish(&self, rest: &[u8]) -> Result<(), DecodeError> {
        match rest.len() {
            0 => Ok(()),
            have => Err(DecodeError::UnexpectedEnd { offset: self.offset, have: have as u64 }),
        }
    }

    /// Takes the prologue off, as much of it as is there. `true`: all of it was.
    #[cold]
    fn take_prologue(&mut self, bytes: &mut &[u8]) -> Result<bool, DecodeError> {
        let prologue = self.framing.layout().prologue_of(self.from);
        for &expected in &prologue.as_bytes()[self.offset as usize..] {
            let Some((&found, rest)) = bytes.split_first() else { return Ok(false) };
            if found != expected {
                return Err(DecodeError::Constant { offset: self.offset, expected, found });
            }
            *bytes = rest;
            self.offset += 1;
        }
        self.in_prologue = false;
        Ok(true)
    }

    /// Passes over one byte that begins no frame, and all behind it that cannot begin one.
    #[cold]
    fn skip_junk(&mut self, bytes: &mut &[u8], max_junk: u32) -> Result<(), DecodeError> {
        let layout = self.framing.layout();
        let begins = |byte: &u8| {
            let constant = match layout.fields.as_slice() {
                [Field::Const(literal), ..] => literal.as_bytes().first(),
                _ => None,
            };
            constant == Some(byte) || layout.control_words().iter().any(|word| word.as_bytes().first() == Some(byte))
        };
        let len = bytes.iter().skip(1).position(begins).map_or(bytes.len(), |at| at + 1);
        let junk = (self.junk as usize).saturating_add(len);
        if junk > max_junk as usize {
            return Err(DecodeError::TooMuchJunk { offset: self.offset - u64::from(self.junk), limit: max_junk });
        }
        *bytes = &bytes[len..];
        self.junk = junk as u32;
        self.skipped += len as u64;
        self.offset += len as u64;
        Ok(())
    }
}

/// Reads the frame at the start of `bytes`: its header, the header's length, the payload's.
#[inline(always)]
fn parse(
    layout: &Layout,
    bytes: &[u8],
    offset: u64,
    limit: &impl Fn(&Header) -> u32,
) -> Result<Option<(Header, usize, usize)>, DecodeError> {
    if layout.is_raw() {
        let len = bytes.len().min(layout.max_payload as usize);
        return Ok((len > 0).then_some((Header::default(), 0, len)));
    }
    if !layout.control_words().is_empty() {
        match control_word(layout.control_words(), bytes) {
            Control::None => {}
            Control::Need => return Ok(None),
            Control::Found(n) => return Ok(Some((Header::of_control(n as u8), layout.control_words()[n].len(), 0))),
        }
    }
    let mut parsed = Parsed { header: Header::default(), length: Length::NONE, at: 0 };
    for_each_field!(layout, |index, field| {
        if !parsed.take(layout, index, field, bytes, offset)? {
            return Ok(None);
        }
    });
    let Parsed { header, length, at } = parsed;
    let payload = length.payload(at);
    if payload < 0 {
        return Err(length.too_small(at));
    }
    let most = limit(&header).min(layout.max_payload);
    if payload > i64::from(most) {
        return Err(length.too_large(most));
    }
    let payload = payload as usize;
    Ok((bytes.len() - at >= payload).then_some((header, at, payload)))
}

/// A header as far as it was read.
struct Parsed {
    header: Header,
    length: Length,
    /// How many bytes of it were read.
    at: usize,
}

impl Parsed {
    /// Reads the field at `index`, which is the next. `false`: it needs more bytes.
    #[inline(always)]
    fn take(
        &mut self,
        layout: &Layout,
        index: usize,
        field: &Field,
        bytes: &[u8],
        offset: u64,
    ) -> Result<bool, DecodeError> {
        let integer = match field {
            Field::Integer(integer) => integer,
            Field::Const(literal) => {
                if !matches_constant(literal, bytes, self.at, offset)? {
                    return Ok(false);
                }
                self.at += literal.len();
                return Ok(true);
            }
        };
        let field_offset = offset + self.at as u64;
        let (value, len) = match integer::read(integer.encoding, &bytes[self.at..]) {
            Read::Value(value, len) => (value, len),
            Read::Need => return Ok(false),
            fault => return Err(varint_error(fault, integer, field_offset)),
        };
        self.at += len;
        if let Some(length) = assign(integer, value, &mut self.header, field_offset)? {
            self.length = Length { offset: field_offset, end: self.at, ..length };
            // Refuse a hopeless length as soon as it is known, not when the rest of the header has come.
            let least = self.length.payload(self.at + layout.max_len_from(index + 1));
            if least > i64::from(layout.max_payload) {
                return Err(self.length.too_large(layout.max_payload));
            }
        }
        Ok(true)
    }
}

/// Gives an integer's parts their places in the header; the length, where it is one of them, is returned.
#[inline(always)]
fn assign(integer: &Integer, value: u64, header: &mut Header, offset: u64) -> Result<Option<Length>, DecodeError> {
    let width = integer.width();
    if width < 64 && value > low_bits(width) {
        return Err(DecodeError::VarintOverflow { offset, limit: width as u8 });
    }
    match integer.parts.as_slice() {
        [part] => assign_part(part, value, header, offset),
        parts => {
            let (mut length, mut above) = (None, width);
            for part in parts {
                above -= u32::from(part.width);
                let bits = (value >> above) & low_bits(part.width.into());
                length = assign_part(part, bits, header, offset)?.or(length);
            }
            Ok(length)
        }
    }
}

#[inline(always)]
fn assign_part(part: &Part, bits: u64, header: &mut Header, offset: u64) -> Result<Option<Length>, DecodeError> {
    match part.role {
        Role::Length { counts, adjust } => return Ok(Some(Length { found: bits, counts, adjust, ..Length::NONE })),
        Role::Id => header.id = bits,
        Role::Correlation => header.correlation = bits,
        Role::Value { slot } => header.values[usize::from(slot)] = bits,
        Role::Fixed(expected) if bits != expected => {
            return Err(DecodeError::Fixed { offset, expected, found: bits });
        }
        Role::Fixed(_) => {}
    }
    Ok(None)
}

/// A length that was read.
#[derive(Clone, Copy)]
struct Length {
    /// As it stands on the wire.
    found: u64,
    counts: Counts,
    adjust: i32,
    /// Where it stands in the stream.
    offset: u64,
    /// Where it ends in the frame.
    end: usize,
}

impl Length {
    const NONE: Length = Length { found: 0, counts: Counts::Payload, adjust: 0, offset: 0, end: 0 };

    /// How many bytes of a frame with a header of `header_len` bytes it counts besides the payload.
    #[inline(always)]
    fn besides(&self, header_len: usize) -> i64 {
        let counted = match self.counts {
            Counts::Payload => 0,
            Counts::Rest => header_len - self.end,
            Counts::Frame => header_len,
        };
        counted as i64 + i64::from(self.adjust)
    }

    /// The payload's bytes behind a header of `header_len` bytes; less than 0 where the length is too small for that.
    /// A length too large for an `i64` is as good as the largest: both are above every limit.
    #[inline(always)]
    fn payload(&self, header_len: usize) -> i64 {
        i64::try_from(self.found).unwrap_or(i64::MAX).saturating_sub(self.besides(header_len))
    }

    #[cold]
    fn too_large(&self, limit: u32) -> DecodeError {
        DecodeError::PayloadTooLarge { offset: self.offset, found: self.found, limit }
    }

    #[cold]
    fn too_small(&self, header_len: usize) -> DecodeError {
        let least = self.besides(header_len).max(0) as u64;
        DecodeError::LengthTooSmall { offset: self.offset, found: self.found, least }
    }
}

/// Whether the whole constant stands at `at`; an error as soon as one of its bytes is another.
#[inline(always)]
fn matches_constant(literal: &Literal, bytes: &[u8], at: usize, offset: u64) -> Result<bool, DecodeError> {
    let there = &bytes[at..];
    if there.starts_with(literal.as_bytes()) {
        return Ok(true);
    }
    let different = literal.as_bytes().iter().zip(there).zip(offset + at as u64..).find(|((a, b), _)| a != b);
    match different {
        Some(((&expected, &found), offset)) => Err(DecodeError::Constant { offset, expected, found }),
        None => Ok(false),
    }
}

enum Control {
    None,
    /// The bytes are the beginning of a word.
    Need,
    Found(usize),
}

/// No word begins with another, so that at most one can match.
fn control_word(words: &[Literal], bytes: &[u8]) -> Control {
    if let Some(n) = words.iter().position(|word| bytes.starts_with(word.as_bytes())) {
        return Control::Found(n);
    }
    match words.iter().any(|word| word.as_bytes().starts_with(bytes)) {
        true => Control::Need,
        false => Control::None,
    }
}

#[cold]
fn varint_error(fault: Read, integer: &Integer, offset: u64) -> DecodeError {
    match fault {
        Read::Overlong(expected, found) => DecodeError::VarintOverlong { offset, expected, found },
        Read::Overflow => DecodeError::VarintOverflow { offset, limit: 64 },
        _ => DecodeError::VarintTooLong { offset, limit: integer.encoding.max_len() as u8 },
    }
}
