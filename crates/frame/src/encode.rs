//! Frames to bytes.

use bytes::BufMut;

use crate::{
    Header,
    error::EncodeError,
    field::{Counts, Field, Integer, MAX_VALUES, Role, for_each_field, low_bits},
    framing::Framing,
    integer,
    layout::{Layout, Side},
};

/// Writes the frames that one side sends.
#[derive(Clone, Debug)]
pub struct Encoder<F> {
    framing: F,
    side: Side,
    /// Whether the prologue is still to be written.
    at_start: bool,
}

impl<F: Framing> Encoder<F> {
    /// An encoder for `side`, at the stream's beginning.
    pub fn new(framing: F, side: Side) -> Self {
        Encoder { framing, side, at_start: true }
    }

    /// The layout that is encoded.
    pub fn framing(&self) -> &F {
        &self.framing
    }

    /// Writes what stands before the first frame, where the layout says so and it was not yet written.
    pub fn prologue(&mut self, out: &mut impl BufMut) {
        if std::mem::take(&mut self.at_start) {
            out.put_slice(self.framing.layout().prologue_of(self.side).as_bytes());
        }
    }

    /// Writes a frame; the first time, after the prologue.
    ///
    /// # Errors
    /// The layout cannot carry such a frame. Nothing was written.
    #[inline(always)]
    pub fn encode(&mut self, header: &Header, payload: &[u8], out: &mut impl BufMut) -> Result<(), EncodeError> {
        let length = check(self.framing.layout(), header, payload.len(), Some(payload))?;
        if self.at_start {
            self.prologue(out);
        }
        write_header(self.framing.layout(), header, length, out);
        out.put_slice(payload);
        Ok(())
    }
}

/// Writes a frame, wherever in a stream.
///
/// # Errors
/// The layout cannot carry such a frame. Nothing was written.
#[inline(always)]
pub fn encode_frame(
    layout: &Layout,
    header: &Header,
    payload: &[u8],
    out: &mut impl BufMut,
) -> Result<(), EncodeError> {
    let length = check(layout, header, payload.len(), Some(payload))?;
    write_header(layout, header, length, out);
    out.put_slice(payload);
    Ok(())
}

/// Writes the header of a frame, whose `payload_len` bytes of payload the caller writes behind it.
///
/// In a layout with control words, [`encode_frame`] refuses fewer frames: it sees the payload.
///
/// # Errors
/// The layout cannot carry such a frame. Nothing was written.
#[inline(always)]
pub fn encode_header(
    layout: &Layout,
    header: &Header,
    payload_len: usize,
    out: &mut impl BufMut,
) -> Result<(), EncodeError> {
    let length = check(layout, header, payload_len, None)?;
    write_header(layout, header, length, out);
    Ok(())
}

/// Whether the layout can carry the frame; gives what the length field says of it. A payload that is not known could be
/// anything.
#[inline(always)]
fn check(layout: &Layout, header: &Header, payload_len: usize, payload: Option<&[u8]>) -> Result<u64, EncodeError> {
    let length = length_of(layout, header, payload_len)?;
    if !layout.control_words().is_empty() {
        refuse_lookalike(layout, header, length, payload.unwrap_or_default())?;
    }
    Ok(length)
}

/// What the length field says of a frame.
#[inline(always)]
fn length_of(layout: &Layout, header: &Header, payload_len: usize) -> Result<u64, EncodeError> {
    if payload_len > layout.max_payload as usize {
        return Err(EncodeError::PayloadTooLarge { found: payload_len, limit: layout.max_payload });
    }
    if let Some(n) = header.control {
        return match payload_len {
            _ if usize::from(n) >= layout.control.len() => {
                Err(EncodeError::NoControlWord { found: n, count: layout.control.len() as u8 })
            }
            0 => Ok(0),
            found => Err(EncodeError::ControlPayload { found }),
        };
    }
    let mut room = Room { id: 0, correlation: 0, values: [0; MAX_VALUES] };
    let mut at = 0;
    let mut length = None;
    for_each_field!(layout, |_index, field| {
        match field {
            Field::Const(literal) => at += literal.len(),
            Field::Integer(integer) => match room.add(integer) {
                None => at += integer.encoding.len_of(combine(integer, header, 0)),
                // The length's own size can depend on what it says: it is added when all else is known.
                Some(part) => length = Some((part, integer, at)),
            },
        }
    });
    room.check(header)?;
    let Some((part, integer, before)) = length else { return Ok(0) };
    let counted = match part.counts {
        Counts::Payload => 0,
        Counts::Rest => at - before,
        Counts::Frame => at,
    };
    let length = payload_len as i128 + counted as i128 + i128::from(part.adjust);
    let length = match part.counts {
        Counts::Frame => length + own_size(integer, header, length, part.limit) as i128,
        _ => length,
    };
    if length < 0 || length > i128::from(part.limit) {
        return Err(EncodeError::LengthTooLarge { found: length, limit: part.limit });
    }
    Ok(length as u64)
}

/// Refuses a frame that the decoder could take for a control word: one begins with the other.
#[cold]
fn refuse_lookalike(layout: &Layout, header: &Header, length: u64, payload: &[u8]) -> Result<(), EncodeError> {
    if header.control.is_some() {
        return Ok(());
    }
    let mut frame = Vec::with_capacity(layout.max_header_len());
    write_header(layout, header, length, &mut frame);
    frame.extend_from_slice(payload);
    let alike = |word: &[u8]| frame.starts_with(word) || word.starts_with(&frame);
    match layout.control_words().iter().position(|word| alike(word.as_bytes())) {
        Some(n) => Err(EncodeError::LooksLikeControlWord { word: n as u8 }),
        None => Ok(()),
    }
}

/// How many bytes a length takes that counts itself: the smallest size that holds after it was added.
#[inline(always)]
fn own_size(integer: &Integer, header: &Header, others: i128, limit: u64) -> usize {
    let mut size = integer.encoding.len_of(0);
    while size < integer.encoding.max_len() {
        let length = (others + size as i128).clamp(0, i128::from(limit)) as u64;
        if integer.encoding.len_of(combine(integer, header, length)) <= size {
            break;
        }
        size += 1;
    }
    size
}

/// The largest number that each of a header's integers can be.
struct Room {
    id: u64,
    correlation: u64,
    values: [u64; MAX_VALUES],
}

/// The part of an integer that is the length.
struct LengthPart {
    counts: Counts,
    adjust: i32,
    limit: u64,
}

impl Room {
    /// Makes room for an integer's parts; gives the length, where it is one of them.
    #[inline(always)]
    fn add(&mut self, integer: &Integer) -> Option<LengthPart> {
        let mut length = None;
        let mut i = 0;
        while i < integer.parts.len() {
            let part = integer.parts.as_slice()[i];
            let limit = low_bits(part.width.into());
            match part.role {
                Role::Length { counts, adjust } => length = Some(LengthPart { counts, adjust, limit }),
                Role::Id => self.id = limit,
                Role::Correlation => self.correlation = limit,
                Role::Value { slot } => self.values[usize::from(slot)] = limit,
                Role::Fixed(_) => {}
            }
            i += 1;
        }
        length
    }

    #[inline(always)]
    fn check(&self, header: &Header) -> Result<(), EncodeError> {
        if header.id > self.id {
            return Err(EncodeError::IdTooLarge { found: header.id, limit: self.id });
        }
        if header.correlation > self.correlation {
            return Err(EncodeError::CorrelationTooLarge { found: header.correlation, limit: self.correlation });
        }
        for (slot, (&found, &limit)) in header.values.iter().zip(&self.values).enumerate() {
            if found > limit {
                return Err(EncodeError::ValueTooLarge { slot: slot as u8, found, limit });
            }
        }
        Ok(())
    }
}

/// The integer made of its parts.
#[inline(always)]
fn combine(integer: &Integer, header: &Header, length: u64) -> u64 {
    let mut value = 0;
    let mut above = integer.width();
    let mut i = 0;
    while i < integer.parts.len() {
        let part = integer.parts.as_slice()[i];
        above -= u32::from(part.width);
        let bits = match part.role {
            Role::Length { .. } => length,
            Role::Id => header.id,
            Role::Correlation => header.correlation,
            Role::Value { slot } => header.values[usize::from(slot)],
            Role::Fixed(value) => value,
        };
        value |= bits << above;
        i += 1;
    }
    value
}

/// Writes a header that [`check`] found good.
#[inline(always)]
fn write_header(layout: &Layout, header: &Header, length: u64, out: &mut impl BufMut) {
    if let Some(n) = header.control {
        out.put_slice(layout.control_words()[usize::from(n)].as_bytes());
        return;
    }
    for_each_field!(layout, |_index, field| {
        match field {
            Field::Const(literal) => out.put_slice(literal.as_bytes()),
            Field::Integer(integer) => integer::write(integer.encoding, combine(integer, header, length), out),
        }
    });
}
