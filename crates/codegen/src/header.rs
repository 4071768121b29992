//! Header options to header fields.
//!
//! What a layout is, `laster_frame` decides; here is refused only what could not be said to it, for the grammar has
//! options that go with one kind and not with another, and names, which a layout knows nothing of.

use laster_frame::{Counts, Encoding, Field, Integer, Literal, MAX_LITERAL, MAX_PARTS, Part, Role};

use crate::{
    names::is_lower_identifier,
    options::{self, Bits, HeaderField, Kind, PartKind},
    place::{Place, Report},
    schema::HeaderValue,
};

/// How many bytes a VARINT takes unless the schema says otherwise.
const VARINT_BYTES: u8 = 5;
/// The same for a correlation or value, which may be any number.
const WIDE_VARINT_BYTES: u8 = 10;

/// A header as the options have it.
pub(crate) struct Header {
    /// In wire order; shorter than the options where something was wrong with one.
    pub(crate) fields: Vec<Field>,
    /// By slot.
    pub(crate) values: Vec<HeaderValue>,
}

/// Reads the header's fields; whatever is wrong with one is reported, and the field left out.
pub(crate) fn read(header: &[HeaderField], place: &Place, report: &mut Report<'_>) -> Header {
    let mut reader = Reader { report, values: Vec::new(), names: Vec::new() };
    let entries = header.iter().enumerate();
    let fields = entries.filter_map(|(i, field)| reader.field(field, &place.entry("header", i))).collect();
    Header { fields, values: reader.values }
}

struct Reader<'r, 'a> {
    report: &'r mut Report<'a>,
    values: Vec<HeaderValue>,
    /// Those of values with an `expect` too, which have no slot.
    names: Vec<String>,
}

impl Reader<'_, '_> {
    fn field(&mut self, field: &HeaderField, at: &Place) -> Option<Field> {
        let Some(kind) = &field.kind else {
            self.report.at(at, "a header field is a const, length, id, correlation, value or bits: say which");
            return None;
        };
        self.refuse_strays(field, kind, at);
        match kind {
            Kind::Const(bytes) => literal(bytes, "a const", &at.field("const"), self.report).map(Field::Const),
            Kind::Length(encoding) => {
                let encoding = self.encoding(*encoding, field, VARINT_BYTES, &at.field("length"))?;
                whole(encoding, length(field.counts, field.adjust))
            }
            Kind::Id(encoding) => whole(self.encoding(*encoding, field, VARINT_BYTES, &at.field("id"))?, Role::Id),
            Kind::Correlation(encoding) => {
                let encoding = self.encoding(*encoding, field, WIDE_VARINT_BYTES, &at.field("correlation"))?;
                whole(encoding, Role::Correlation)
            }
            Kind::Value(encoding) => {
                let encoding = self.encoding(*encoding, field, WIDE_VARINT_BYTES, &at.field("value"))?;
                let name_at = if field.name.is_empty() { at.clone() } else { at.field("name") };
                whole(encoding, self.value(&field.name, field.expect, encoding.bits() as u8, &name_at)?)
            }
            Kind::Bits(bits) => self.bits(bits, field, &at.field("bits")),
        }
    }

    /// Options that belong to another kind of field.
    fn refuse_strays(&mut self, field: &HeaderField, kind: &Kind, at: &Place) {
        let (what, encoding) = match kind {
            Kind::Const(_) => ("a const", None),
            Kind::Length(encoding) => ("a length", Some(*encoding)),
            Kind::Id(encoding) => ("an id", Some(*encoding)),
            Kind::Correlation(encoding) => ("a correlation", Some(*encoding)),
            Kind::Value(encoding) => ("a value", Some(*encoding)),
            Kind::Bits(bits) => ("bits", Some(bits.encoding)),
        };
        let is_length = matches!(kind, Kind::Length(_));
        let is_value = matches!(kind, Kind::Value(_));
        let is_varint = encoding == Some(options::Encoding::Varint as i32);
        let options = [
            ("counts", field.counts != 0, is_length, "a length"),
            ("adjust", field.adjust != 0, is_length, "a length"),
            ("name", !field.name.is_empty(), is_value, "a value"),
            ("expect", field.expect.is_some(), is_value, "a value"),
            ("max_bytes", field.max_bytes != 0, is_varint, "a VARINT"),
            ("overlong", field.overlong, is_varint, "a VARINT"),
        ];
        for (option, given, fits, owner) in options {
            if given && !fits {
                let this = if owner == "a VARINT" { "none" } else { what };
                let sentence = format!("`{option}` is an option of {owner}, and this is {this}");
                self.report.at(&at.field(option), sentence);
            }
        }
    }

    fn encoding(&mut self, encoding: i32, field: &HeaderField, default: u8, at: &Place) -> Option<Encoding> {
        use options::Encoding as Wire;
        Some(match Wire::try_from(encoding) {
            Ok(Wire::U8) => Encoding::U8,
            Ok(Wire::U16Le) => Encoding::U16Le,
            Ok(Wire::U16Be) => Encoding::U16Be,
            Ok(Wire::U24Le) => Encoding::U24Le,
            Ok(Wire::U24Be) => Encoding::U24Be,
            Ok(Wire::U32Le) => Encoding::U32Le,
            Ok(Wire::U32Be) => Encoding::U32Be,
            Ok(Wire::U64Le) => Encoding::U64Le,
            Ok(Wire::U64Be) => Encoding::U64Be,
            Ok(Wire::Varint) => {
                let given = u8::try_from(field.max_bytes).unwrap_or(u8::MAX);
                Encoding::Varint { max_bytes: if given == 0 { default } else { given }, overlong: field.overlong }
            }
            Ok(Wire::Unspecified) | Err(_) => {
                self.report.at(at, "an integer needs an encoding, U8 to U64_BE or VARINT");
                return None;
            }
        })
    }

    fn bits(&mut self, bits: &Bits, field: &HeaderField, at: &Place) -> Option<Field> {
        let is_wide = |kind: &Option<PartKind>| matches!(kind, Some(PartKind::Correlation(_) | PartKind::Value(_)));
        let wide = bits.part.iter().any(|part| is_wide(&part.kind));
        let default = if wide { WIDE_VARINT_BYTES } else { VARINT_BYTES };
        let encoding = self.encoding(bits.encoding, field, default, &at.field("encoding"));
        let parts: Option<Vec<Part>> = bits
            .part
            .iter()
            .enumerate()
            .map(|(i, part)| self.part(part, &at.entry("part", i)))
            // Past the first bad one too, for the others may be bad as well.
            .collect::<Vec<_>>()
            .into_iter()
            .collect();
        let integer = Integer::new(encoding?, &parts?);
        if integer.is_none() {
            self.report.at(at, format!("an integer has at most {MAX_PARTS} parts, and this has {}", bits.part.len()));
        }
        integer.map(Field::Integer)
    }

    fn part(&mut self, part: &options::Part, at: &Place) -> Option<Part> {
        let Some(kind) = &part.kind else {
            self.report.at(at, "a part is a length, id, correlation or value: say which");
            return None;
        };
        if part.expect.is_some() && !matches!(kind, PartKind::Value(_)) {
            self.report.at(&at.field("expect"), "`expect` is an option of a value, and this part is none");
        }
        let width = u8::try_from(part.width).ok().filter(|width| (1..=64).contains(width));
        if width.is_none() {
            let sentence = format!("a part has 1 to 64 bits, and this has {}", part.width);
            self.report.at(&if part.width == 0 { at.clone() } else { at.field("width") }, sentence);
        }
        let role = match kind {
            PartKind::Length(part) => length(part.counts, part.adjust),
            PartKind::Id(_) => Role::Id,
            PartKind::Correlation(_) => Role::Correlation,
            PartKind::Value(name) => self.value(name, part.expect, width.unwrap_or(64), &at.field("value"))?,
        };
        Some(Part { width: width?, role })
    }

    /// A value that users see takes the next slot.
    fn value(&mut self, name: &str, expect: Option<u64>, bits: u8, at: &Place) -> Option<Role> {
        let known = self.names.iter().any(|known| known == name);
        if name.is_empty() && expect.is_none() {
            self.report.at(at, "a value needs a `name` by which it is read and set, or the one value to `expect`");
        } else if !name.is_empty() && !is_lower_identifier(name) {
            let sentence = "is no lower-case identifier: take a letter, then letters, digits and underscores";
            self.report.at(at, format!("'{name}' {sentence}"));
        } else if known && !name.is_empty() {
            self.report.at(at, format!("two values of the header are called '{name}'"));
        }
        self.names.push(name.to_owned());
        if let Some(expect) = expect {
            return Some(Role::Fixed(expect));
        }
        let slot = u8::try_from(self.values.len()).ok()?;
        self.values.push(HeaderValue { name: name.to_owned(), bits });
        Some(Role::Value { slot })
    }
}

/// The bytes, if they are few enough to be a `what`.
pub(crate) fn literal(bytes: &[u8], what: &str, at: &Place, report: &mut Report<'_>) -> Option<Literal> {
    let literal = Literal::try_new(bytes);
    if literal.is_none() {
        report.at(at, format!("{what} has at most {MAX_LITERAL} bytes, and this has {}", bytes.len()));
    }
    literal
}

fn whole(encoding: Encoding, role: Role) -> Option<Field> {
    Integer::new(encoding, &[Part { width: encoding.bits() as u8, role }]).map(Field::Integer)
}

fn length(counts: i32, adjust: i32) -> Role {
    let counts = match options::Counts::try_from(counts) {
        Ok(options::Counts::Rest) => Counts::Rest,
        Ok(options::Counts::Frame) => Counts::Frame,
        Ok(options::Counts::Unspecified | options::Counts::Payload) | Err(_) => Counts::Payload,
    };
    Role::Length { counts, adjust }
}
