//! Integers as they stand on the wire.

use bytes::BufMut;

use crate::field::Encoding;

/// What reading an integer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The value and how many bytes it took.
    Value(u64, usize),
    /// There are not enough bytes.
    Need,
    /// More continuation bytes than allowed.
    TooLong,
    /// More bytes than needed, where that is refused: (needed, taken).
    Overlong(u8, u8),
    /// More than 64 bits.
    Overflow,
}

/// Reads the integer at the start of `bytes`.
#[inline(always)]
pub(crate) fn read(encoding: Encoding, bytes: &[u8]) -> Read {
    fn fixed<const N: usize>(bytes: &[u8], value: impl FnOnce([u8; N]) -> u64) -> Read {
        match bytes.first_chunk::<N>() {
            Some(chunk) => Read::Value(value(*chunk), N),
            None => Read::Need,
        }
    }
    match encoding {
        Encoding::U8 => fixed(bytes, |b: [u8; 1]| b[0].into()),
        Encoding::U16Le => fixed(bytes, |b| u16::from_le_bytes(b).into()),
        Encoding::U16Be => fixed(bytes, |b| u16::from_be_bytes(b).into()),
        Encoding::U24Le => fixed(bytes, |[a, b, c]| u32::from_le_bytes([a, b, c, 0]).into()),
        Encoding::U24Be => fixed(bytes, |[a, b, c]| u32::from_be_bytes([0, a, b, c]).into()),
        Encoding::U32Le => fixed(bytes, |b| u32::from_le_bytes(b).into()),
        Encoding::U32Be => fixed(bytes, |b| u32::from_be_bytes(b).into()),
        Encoding::U64Le => fixed(bytes, u64::from_le_bytes),
        Encoding::U64Be => fixed(bytes, u64::from_be_bytes),
        Encoding::Varint { max_bytes, overlong } => varint(bytes, max_bytes, overlong),
    }
}

#[inline(always)]
fn varint(bytes: &[u8], max_bytes: u8, overlong: bool) -> Read {
    // Most varints of a header take one byte.
    match bytes.first() {
        Some(&byte) if byte < 0x80 => Read::Value(byte.into(), 1),
        _ => long_varint(bytes, max_bytes, overlong),
    }
}

fn long_varint(bytes: &[u8], max_bytes: u8, overlong: bool) -> Read {
    let mut value = 0u64;
    for i in 0..max_bytes {
        let Some(&byte) = bytes.get(usize::from(i)) else { return Read::Need };
        let low = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if i == 9 && low > 1 {
            return Read::Overflow;
        }
        value |= low << (7 * i);
        if byte < 0x80 {
            let needed = Encoding::varint(10).len_of(value) as u8;
            return match i + 1 {
                taken if taken > needed && !overlong => Read::Overlong(needed, taken),
                taken => Read::Value(value, taken.into()),
            };
        }
    }
    Read::TooLong
}

/// Writes `value`, which the encoding has room for.
#[inline(always)]
pub(crate) fn write(encoding: Encoding, mut value: u64, out: &mut impl BufMut) {
    match encoding {
        Encoding::U8 => out.put_u8(value as u8),
        Encoding::U16Le => out.put_u16_le(value as u16),
        Encoding::U16Be => out.put_u16(value as u16),
        Encoding::U24Le => out.put_uint_le(value, 3),
        Encoding::U24Be => out.put_uint(value, 3),
        Encoding::U32Le => out.put_u32_le(value as u32),
        Encoding::U32Be => out.put_u32(value as u32),
        Encoding::U64Le => out.put_u64_le(value),
        Encoding::U64Be => out.put_u64(value),
        Encoding::Varint { .. } => {
            while value >= 0x80 {
                out.put_u8(value as u8 | 0x80);
                value >>= 7;
            }
            out.put_u8(value as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_at_their_edges() {
        let strict = |bytes: &[u8], max| read(Encoding::varint(max), bytes);
        let lax = |bytes: &[u8], max| read(Encoding::Varint { max_bytes: max, overlong: true }, bytes);
        assert_eq!(strict(&[], 5), Read::Need);
        assert_eq!(strict(&[0x80], 5), Read::Need);
        assert_eq!(strict(&[0x7f], 1), Read::Value(127, 1));
        assert_eq!(strict(&[0x80, 0x01], 1), Read::TooLong);
        assert_eq!(strict(&[0xff, 0xff, 0xff, 0x7f], 4), Read::Value((1 << 28) - 1, 4));
        assert_eq!(strict(&[0xff, 0xff, 0xff, 0xff], 4), Read::TooLong);
        assert_eq!(strict(&[0x81, 0x00], 5), Read::Overlong(1, 2));
        assert_eq!(lax(&[0x81, 0x00], 5), Read::Value(1, 2));
        assert_eq!(lax(&[0x80, 0x00], 5), Read::Value(0, 2));
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(strict(&most, 10), Read::Value(u64::MAX, 10));
        let above = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(strict(&above, 10), Read::Overflow);
        assert_eq!(strict(&[0x80; 11], 10), Read::TooLong);
    }
}
