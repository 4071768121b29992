//! How much memory a payload would become, before any is taken.
//!
//! In protobuf an element of a list can take two bytes on the wire and a hundred in memory: a frame of 64 KiB becomes 11 MB.
//! So the payload is walked once before it is decoded, and what it would allocate is added up. Messages without lists or maps
//! cannot grow and are not walked.

/// What a message can become in memory. Made by generated code.
#[derive(Debug)]
pub struct Shape {
    /// Its fields that allocate or hold messages, by number, ascending.
    pub fields: &'static [(u32, Kind)],
}

/// What one field takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string or bytes: as much as on the wire, and this much for the element of a list.
    Bytes(usize),
    /// Numbers in a list, of so many bytes each in memory.
    Numbers(usize),
    /// A message: so many bytes each, 0 where it stands in its parent, and what is in it.
    Message(usize, &'static Shape),
}

/// Messages may be nested so deep: as prost allows.
const DEPTH: u32 = 100;

impl Shape {
    /// Whether the payload takes no more than `budget` bytes of memory when decoded, besides the message itself.
    ///
    /// # Errors
    /// It does, or is not protobuf.
    pub fn check(&self, payload: &[u8], budget: usize) -> Result<(), String> {
        let mut left = budget;
        match self.walk(payload, &mut left, DEPTH) {
            Ok(()) => Ok(()),
            Err(Fault::OverBudget) => Err(format!("decoded it would take more than {budget} bytes of memory")),
            Err(Fault::Malformed) => Err("the payload is not a protobuf message".into()),
        }
    }

    fn walk(&self, mut bytes: &[u8], left: &mut usize, depth: u32) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or(Fault::Malformed)?;
        while !bytes.is_empty() {
            let tag = varint(&mut bytes)?;
            let number = u32::try_from(tag >> 3).map_err(|_| Fault::Malformed)?;
            let kind = self.fields.iter().find(|(n, _)| *n == number).map(|(_, kind)| *kind);
            match tag & 7 {
                0 => {
                    varint(&mut bytes)?;
                    charge_number(kind, left)?;
                }
                1 => {
                    take(&mut bytes, 8)?;
                    charge_number(kind, left)?;
                }
                5 => {
                    take(&mut bytes, 4)?;
                    charge_number(kind, left)?;
                }
                2 => {
                    let len = varint(&mut bytes)?;
                    charge_bytes(kind, take(&mut bytes, len)?, left, depth)?;
                }
                // A group, which prost skips or decodes: its fields are walked as they come, by their parent's numbers at
                // worst, and prost limits its depth.
                3 | 4 => {}
                _ => return Err(Fault::Malformed),
            }
        }
        Ok(())
    }
}

enum Fault {
    OverBudget,
    Malformed,
}

fn charge(left: &mut usize, bytes: usize) -> Result<(), Fault> {
    *left = left.checked_sub(bytes).ok_or(Fault::OverBudget)?;
    Ok(())
}

fn charge_number(kind: Option<Kind>, left: &mut usize) -> Result<(), Fault> {
    match kind {
        Some(Kind::Numbers(size)) => charge(left, size),
        _ => Ok(()),
    }
}

fn charge_bytes(kind: Option<Kind>, value: &[u8], left: &mut usize, depth: u32) -> Result<(), Fault> {
    match kind {
        None => Ok(()),
        Some(Kind::Bytes(element)) => charge(left, element + value.len()),
        // Each number takes a byte at least; those below 128 in a byte of their own are the most there can be.
        Some(Kind::Numbers(size)) => charge(left, value.len().saturating_mul(size)),
        Some(Kind::Message(size, shape)) => {
            charge(left, size)?;
            shape.walk(value, left, depth)
        }
    }
}

fn take<'a>(bytes: &mut &'a [u8], len: u64) -> Result<&'a [u8], Fault> {
    let len = usize::try_from(len).map_err(|_| Fault::Malformed)?;
    let (taken, rest) = bytes.split_at_checked(len).ok_or(Fault::Malformed)?;
    *bytes = rest;
    Ok(taken)
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Result<u64, Fault> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Fault::Malformed)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Fault::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    static ITEM: Shape = Shape { fields: &[(1, Kind::Bytes(0))] };
    static LIST: Shape = Shape {
        fields: &[
            (1, Kind::Message(100, &ITEM)),
            (2, Kind::Numbers(8)),
            (3, Kind::Bytes(24)),
            (4, Kind::Message(0, &LIST)),
        ],
    };

    #[track_caller]
    fn check(payload: &[u8], expected: Result<(), &str>) {
        assert_eq!(LIST.check(payload, 1000), expected.map_err(String::from));
    }

    #[test]
    fn elements_are_charged_as_they_are_in_memory() {
        let over = Err("decoded it would take more than 1000 bytes of memory");
        check(&[0x0a, 0].repeat(10), Ok(()));
        check(&[0x0a, 0].repeat(11), over);
        check(&[0x10, 1].repeat(125), Ok(()));
        check(&[0x10, 1].repeat(126), over);
        check(&[&[0x12, 125][..], &[1; 125]].concat(), Ok(()));
        check(&[&[0x12, 126][..], &[1; 126]].concat(), over);
        check(&[0x1a, 1, b'x'].repeat(40), Ok(()));
        check(&[0x1a, 1, b'x'].repeat(41), over);
        // An element in a message in a message counts as well; an unknown field does not.
        check(&[&[0x22, 22][..], &[0x0a, 0].repeat(11)].concat(), over);
        check(&[0x7a, 0].repeat(1000), Ok(()));
    }

    #[test]
    fn what_is_no_protobuf() {
        let malformed = Err("the payload is not a protobuf message");
        check(&[0x0a], malformed);
        check(&[0x0a, 5, 1], malformed);
        check(&[0x0f], malformed);
        check(&[0xff; 11], malformed);
        let nested = (0..101).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut outer = vec![0x22];
            prost::encoding::encode_varint(inner.len() as u64, &mut outer);
            outer.extend(inner);
            outer
        });
        check(&nested, malformed);
    }
}
