//! Layouts, headers and splits made from bytes, for property tests and fuzzing alike: whatever drives the bytes drives these.

use crate::{Counts, Encoding, Field, Header, Layout, Literal, MAX_VALUES, Part, Role, Side, field::low_bits};

/// Bytes taken as choices. When they run out, every choice is the first.
#[derive(Clone, Debug)]
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// Choices from these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Choices(bytes)
    }

    /// The bytes not yet used.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&byte, rest)) => {
                self.0 = rest;
                byte
            }
            None => 0,
        }
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    /// Some bytes, at most `most`.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let len = self.below(most + 1).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }

    /// An integer of at most `bits` bits, small ones as likely as large ones.
    pub fn integer(&mut self, bits: u32) -> u64 {
        let len = self.below(9);
        let wide = (0..len).fold(0, |value, _| value << 8 | u64::from(self.byte()));
        match self.byte() {
            0 => low_bits(bits),
            _ => wide & low_bits(bits),
        }
    }
}

/// A legal layout; `None` where the choices make none.
pub fn layout(choices: &mut Choices<'_>) -> Option<Layout> {
    let mut slots = 0;
    let fields = 1 + choices.below(6);
    let length_at = choices.below(fields);
    let mut seen = Seen::default();
    let header: Vec<Field> = (0..fields).map(|i| field(choices, i == length_at, &mut seen, &mut slots)).collect();
    let mut layout = Layout::try_new(&header).ok()?;
    let most = layout.expressible().min(100_000) as u32;
    layout = layout.try_max_payload(1 + choices.integer(17) as u32 % most).ok()?;
    for side in [Side::Client, Side::Server] {
        layout = layout.prologue(side, Literal::try_new(choices.bytes(4))?);
    }
    if choices.below(4) == 0 {
        let words: Vec<Literal> = (0..choices.below(3)).filter_map(|_| Literal::try_new(choices.bytes(6))).collect();
        layout = layout.try_control(&words).ok()?;
    }
    if choices.below(3) == 0 {
        layout = layout.try_resync(1 + choices.byte() as u32 * 4).unwrap_or(layout);
    }
    Some(layout)
}

#[derive(Default)]
struct Seen {
    id: bool,
    correlation: bool,
}

fn field(choices: &mut Choices<'_>, length: bool, seen: &mut Seen, slots: &mut u8) -> Field {
    if !length && choices.below(4) == 0 {
        return Field::constant(&[choices.byte(), choices.byte()][..1 + choices.below(2)]);
    }
    let encoding = encoding(choices);
    let bits = encoding.bits() as u8;
    // An integer may be cut in two: the first part is then a version or flags.
    let first = match choices.below(3) {
        0 if bits > 1 => 1 + choices.below(usize::from(bits) - 1) as u8,
        _ => 0,
    };
    let mut parts = Vec::new();
    if first > 0 {
        parts.push(Part { width: first, role: value(choices, first, slots) });
    }
    let width = bits - first;
    let role = match choices.below(4) {
        _ if length => Role::Length {
            counts: [Counts::Payload, Counts::Rest, Counts::Frame][choices.below(3)],
            adjust: choices.below(9) as i32 - 4,
        },
        0 | 1 if !seen.id => {
            seen.id = true;
            Role::Id
        }
        2 if !seen.correlation => {
            seen.correlation = true;
            Role::Correlation
        }
        _ => value(choices, width, slots),
    };
    parts.push(Part { width, role });
    Field::bits(encoding, &parts)
}

fn value(choices: &mut Choices<'_>, width: u8, slots: &mut u8) -> Role {
    if choices.below(3) == 0 || usize::from(*slots) == MAX_VALUES {
        return Role::Fixed(choices.integer(width.into()));
    }
    *slots += 1;
    Role::Value { slot: *slots - 1 }
}

fn encoding(choices: &mut Choices<'_>) -> Encoding {
    match choices.below(12) {
        0 => Encoding::U8,
        1 => Encoding::U16Le,
        2 => Encoding::U16Be,
        3 => Encoding::U24Le,
        4 => Encoding::U24Be,
        5 => Encoding::U32Le,
        6 => Encoding::U32Be,
        7 => Encoding::U64Le,
        8 => Encoding::U64Be,
        _ => Encoding::Varint { max_bytes: 1 + choices.below(10) as u8, overlong: choices.below(2) == 0 },
    }
}

/// A header that the layout can carry.
pub fn header(layout: &Layout, choices: &mut Choices<'_>) -> Header {
    let mut header = Header::default();
    let words = layout.control_words().len();
    if words > 0 && choices.below(3) == 0 {
        return Header::of_control(choices.below(words) as u8);
    }
    for field in layout.fields() {
        let Field::Integer(integer) = field else { continue };
        for part in integer.parts() {
            match part.role {
                Role::Id => header.id = choices.integer(part.width.into()),
                Role::Correlation => header.correlation = choices.integer(part.width.into()),
                Role::Value { slot } => header.values[usize::from(slot)] = choices.integer(part.width.into()),
                Role::Length { .. } | Role::Fixed(_) => {}
            }
        }
    }
    header
}
