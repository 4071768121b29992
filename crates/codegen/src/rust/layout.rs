//! The layout, as a constant.

use laster_frame::{Counts, Encoding, Field, Layout, Literal, Part, Role, Side};

use crate::{
    Protocol,
    rust::{
        names::shouty,
        writer::{Writer, number},
    },
};

pub(super) fn write(out: &mut Writer, protocol: &Protocol) {
    let layout = out.laster("frame::Layout");
    out.gap();
    out.line(format!("/// How frames are laid out: {}.", describe(&protocol.layout)));
    if protocol.layout.is_raw() {
        out.line(format!("pub const LAYOUT: {layout} = {layout}::RAW"));
    } else {
        out.line(format!("pub const LAYOUT: {layout} = {layout}::new(&["));
        for field in protocol.layout.fields() {
            let field = self::field(out, field);
            out.line(format!("{field},"));
        }
        out.line("])");
    }
    settings(out, &protocol.layout);
    for (slot, value) in protocol.values.iter().enumerate() {
        out.gap();
        out.line(format!("/// Where the header's `values` hold `{}`, of {} bits.", value.name, value.bits));
        out.line(format!("pub const {}: usize = {slot};", shouty(&value.name)));
    }
    out.gap();
    out.line("::laster::frame::framing! {");
    out.line("/// [`LAYOUT`], as a type that codecs take.");
    out.line("pub struct Framing = LAYOUT;");
    out.line("}");
}

/// What follows the header: limits, control words, resynchronisation, prologues; and the end of the statement.
fn settings(out: &mut Writer, layout: &Layout) {
    let mut calls = vec![format!(".max_payload({})", number(layout.payload_limit().into()))];
    if !layout.control_words().is_empty() {
        let literal = out.laster("frame::Literal");
        let words: Vec<String> =
            layout.control_words().iter().map(|word| format!("{literal}::new({})", bytes(word))).collect();
        calls.push(format!(".control(&[{}])", words.join(", ")));
    }
    if let Some(max_junk) = layout.max_junk() {
        calls.push(format!(".resync({})", number(max_junk.into())));
    }
    for side in [Side::Client, Side::Server] {
        let prologue = layout.prologue_of(side);
        if !prologue.is_empty() {
            let (literal, side_name) = (out.laster("frame::Literal"), out.laster("frame::Side"));
            calls.push(format!(".prologue({side_name}::{side:?}, {literal}::new({}))", bytes(prologue)));
        }
    }
    for (i, call) in calls.iter().enumerate() {
        let end = if i + 1 == calls.len() { ";" } else { "" };
        out.line(format!("{call}{end}"));
    }
}

fn field(out: &mut Writer, field: &Field) -> String {
    let name = out.laster("frame::Field");
    let integer = match field {
        Field::Const(literal) => return format!("{name}::constant({})", bytes(literal)),
        Field::Integer(integer) => integer,
    };
    let encoding = self::encoding(out, integer.encoding());
    if let [part] = integer.parts() {
        return match part.role {
            Role::Length { counts, adjust: 0 } => format!("{name}::length({encoding}, {})", self::counts(out, counts)),
            Role::Length { counts, adjust } => {
                format!("{name}::length_adjusted({encoding}, {}, {adjust})", self::counts(out, counts))
            }
            Role::Id => format!("{name}::id({encoding})"),
            Role::Correlation => format!("{name}::correlation({encoding})"),
            Role::Value { slot } => format!("{name}::value({encoding}, {slot})"),
            Role::Fixed(value) => format!("{name}::fixed({encoding}, {})", number(value)),
        };
    }
    let parts: Vec<String> = integer.parts().iter().map(|part| self::part(out, part)).collect();
    format!("{name}::bits({encoding}, &[{}])", parts.join(", "))
}

fn part(out: &mut Writer, part: &Part) -> String {
    let (name, role) = (out.laster("frame::Part"), out.laster("frame::Role"));
    let role = match part.role {
        Role::Length { counts, adjust } => {
            format!("{role}::Length {{ counts: {}, adjust: {adjust} }}", self::counts(out, counts))
        }
        Role::Id => format!("{role}::Id"),
        Role::Correlation => format!("{role}::Correlation"),
        Role::Value { slot } => format!("{role}::Value {{ slot: {slot} }}"),
        Role::Fixed(value) => format!("{role}::Fixed({})", number(value)),
    };
    format!("{name} {{ width: {}, role: {role} }}", part.width)
}

fn encoding(out: &mut Writer, encoding: Encoding) -> String {
    let name = out.laster("frame::Encoding");
    match encoding {
        Encoding::Varint { max_bytes, overlong: false } => format!("{name}::varint({max_bytes})"),
        Encoding::Varint { max_bytes, overlong } => {
            format!("{name}::Varint {{ max_bytes: {max_bytes}, overlong: {overlong} }}")
        }
        fixed => format!("{name}::{fixed:?}"),
    }
}

fn counts(out: &mut Writer, counts: Counts) -> String {
    format!("{}::{counts:?}", out.laster("frame::Counts"))
}

/// `b"…"` where that can be read, else a list of numbers.
fn bytes(literal: &Literal) -> String {
    let bytes = literal.as_bytes();
    if bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
        return format!("b\"{}\"", bytes.escape_ascii());
    }
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
    format!("&[{}]", bytes.join(", "))
}

/// The header in a line: `u32le length of all that follows, u16le id`.
pub(super) fn describe(layout: &Layout) -> String {
    if layout.is_raw() {
        return format!("not at all, each read is a payload of at most {} bytes", layout.payload_limit());
    }
    let fields: Vec<String> = layout.fields().iter().map(describe_field).collect();
    format!("`{}`, then at most {} bytes of payload", fields.join(", "), layout.payload_limit())
}

fn describe_field(field: &Field) -> String {
    let integer = match field {
        Field::Const(literal) => return format!("{literal:?}"),
        Field::Integer(integer) => integer,
    };
    let roles: Vec<String> = integer.parts().iter().map(|part| describe_role(part.role)).collect();
    let encoding = match integer.encoding() {
        Encoding::Varint { .. } => "varint".to_owned(),
        fixed => format!("{fixed:?}").to_lowercase(),
    };
    format!("{encoding} {}", roles.join(" + "))
}

fn describe_role(role: Role) -> String {
    match role {
        Role::Length { counts: Counts::Payload, .. } => "length of the payload".into(),
        Role::Length { counts: Counts::Rest, .. } => "length of all behind it".into(),
        Role::Length { counts: Counts::Frame, .. } => "length of the frame".into(),
        Role::Id => "id".into(),
        Role::Correlation => "correlation".into(),
        Role::Value { slot } => format!("value {slot}"),
        Role::Fixed(value) => format!("{value}"),
    }
}
