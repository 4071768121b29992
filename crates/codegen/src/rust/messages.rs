//! `FromClient` and `FromServer`: all that one side may send, as one enum.

use laster_frame::Side;

use crate::{
    Key, Message, Replies, UnknownId,
    rust::{
        names::camel,
        paths::{Carries, Case, Paths},
        shapes,
        writer::{Writer, number},
    },
};

/// A variant of the enum.
struct Variant<'a> {
    name: String,
    message: &'a Message,
    carries: Carries,
}

/// The name of the enum of what this side sends.
pub(super) fn enum_name(side: Side) -> &'static str {
    match side {
        Side::Client => "FromClient",
        Side::Server => "FromServer",
    }
}

pub(super) fn write(out: &mut Writer, paths: &Paths<'_>, side: Side) {
    let variants: Vec<Variant<'_>> = paths
        .direction(side)
        .messages
        .iter()
        .map(|message| Variant { name: camel(&message.name), message, carries: paths.carries(message) })
        .collect();
    write_enum(out, paths, side, &variants);
    write_conversions(out, side, &variants);
    write_impl(out, paths, side, &variants);
}

fn write_enum(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>]) {
    out.gap();
    out.line(match side {
        Side::Client => "/// What a client sends.",
        Side::Server => "/// What a server sends.",
    });
    out.line("#[derive(Clone, Debug, PartialEq)]");
    out.line(format!("pub enum {} {{", enum_name(side)));
    for variant in variants {
        let instead = match variant.message.key {
            Key::Id(id) => format!("`{}`, id {id}.", variant.message.name),
            Key::Case(_) | Key::Root => format!("`{}`.", variant.message.name),
        };
        out.docs(&variant.message.comments, &instead);
        out.line(match variant.carries.of_type() {
            Some(carried) => format!("{}({carried}),", variant.name),
            None => format!("{},", variant.name),
        });
    }
    for (_, name) in controls(paths, side) {
        out.line(format!("/// The control word `{name}`."));
        out.line(format!("{},", camel(name)));
    }
    if paths.protocol.unknown_id == UnknownId::Deliver {
        let raw = out.laster("frame::RawFrame");
        out.line("/// A frame with an id that the schema does not know.");
        out.line(format!("Unknown({raw}),"));
    }
    out.line("}");
}

/// The control words that this side sends, with their places in the layout.
fn controls<'a>(paths: &Paths<'a>, side: Side) -> impl Iterator<Item = (usize, &'a str)> {
    let words = paths.protocol.control.iter().enumerate();
    words.filter(move |(_, word)| word.from.has(side)).map(|(n, word)| (n, word.name.as_str()))
}

/// A message that only one variant carries can stand for the variant.
fn write_conversions(out: &mut Writer, side: Side, variants: &[Variant<'_>]) {
    let name = enum_name(side);
    for variant in variants {
        let Some(carried) = variant.carries.of_type().filter(|carried| carried.starts_with("super::")) else {
            continue;
        };
        if variants.iter().filter(|other| other.carries.of_type() == Some(carried)).count() > 1 {
            continue;
        }
        out.gap();
        out.line(format!("impl From<{carried}> for {name} {{"));
        out.line(format!("fn from(message: {carried}) -> Self {{"));
        out.line(format!("{name}::{}(message)", variant.name));
        out.line("}");
        out.line("}");
    }
}

fn write_impl(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>]) {
    let messages = out.laster("Messages");
    out.gap();
    out.line(format!("impl {messages} for {} {{", enum_name(side)));
    if side == Side::Client
        && let Some(first) = paths.protocol.first.and_then(|first| paths.protocol.client.get(first))
        && let Key::Id(id) = first.key
    {
        out.line(format!("const FIRST: Option<(u64, &'static str)> = Some(({id}, \"{}\"));", first.name));
        out.gap();
    }
    write_limit(out, paths, variants);
    out.gap();
    write_decode(out, paths, side, variants);
    out.gap();
    write_encode(out, paths, side, variants);
    out.gap();
    out.line("fn name(&self) -> &'static str {");
    out.line("match self {");
    for variant in variants {
        out.line(format!("{} => \"{}\",", pattern(side, variant, "_"), variant.message.name));
    }
    for (_, name) in controls(paths, side) {
        out.line(format!("{}::{} => \"{name}\",", enum_name(side), camel(name)));
    }
    if paths.protocol.unknown_id == UnknownId::Deliver {
        out.line(format!("{}::Unknown(_) => \"unknown\",", enum_name(side)));
    }
    out.line("}");
    out.line("}");
    if let Replies::Field(field) = &paths.protocol.replies {
        write_number(out, paths, side, variants, field);
    }
    out.line("}");
}

fn pattern(side: Side, variant: &Variant<'_>, binding: &str) -> String {
    match variant.carries.of_type() {
        Some(_) => format!("{}::{}({binding})", enum_name(side), variant.name),
        None => format!("{}::{}", enum_name(side), variant.name),
    }
}

fn write_limit(out: &mut Writer, paths: &Paths<'_>, variants: &[Variant<'_>]) {
    let header = out.laster("frame::Header");
    let general = paths.protocol.layout.payload_limit();
    let special: Vec<_> = variants
        .iter()
        .filter_map(|variant| match variant.message.key {
            Key::Id(id) if variant.message.max_payload != general => Some((id, variant.message.max_payload)),
            _ => None,
        })
        .collect();
    // Where there are no ids, what a payload is shows only behind the header.
    let cases = variants.iter().filter(|variant| !matches!(variant.message.key, Key::Id(_)));
    let most = cases.map(|variant| variant.message.max_payload).max().unwrap_or(general);
    if special.is_empty() {
        out.line(format!("fn limit(_: &{header}) -> u32 {{"));
        out.line(number(most.into()));
    } else {
        out.line(format!("fn limit(header: &{header}) -> u32 {{"));
        out.line("match header.id {");
        for (id, limit) in special {
            out.line(format!("{id} => {},", number(limit.into())));
        }
        out.line(format!("_ => {},", number(most.into())));
        out.line("}");
    }
    out.line("}");
}

fn write_decode(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>]) {
    let (frame, error) = (out.laster("frame::Frame"), out.laster("net::MessageError"));
    let name = enum_name(side);
    out.line(format!("fn decode(frame: {frame}<'_>) -> Result<Option<Self>, {error}> {{"));
    let controls: Vec<_> = controls(paths, side).collect();
    if !paths.protocol.control.is_empty() {
        out.line("match frame.header.control {");
        out.line("None => {}");
        for (n, control) in &controls {
            out.line(format!("Some({n}) => return Ok(Some({name}::{})),", camel(control)));
        }
        if controls.len() < paths.protocol.control.len() {
            out.line("Some(n) => {");
            out.line("let text = format!(\"control word {n} is the other side's\");");
            out.line("return Err(::laster::message_error(&frame, text));");
            out.line("}");
        } else {
            out.line("Some(_) => {}");
        }
        out.line("}");
    }
    match paths.direction(side).root.as_ref().and_then(|root| root.oneof.as_ref()) {
        Some(_) => write_decode_root(out, paths, side, variants),
        None if variants.iter().any(|variant| variant.message.key == Key::Root) => {
            let decoded = variants.first().map(|variant| decoded(out, paths, side, variant)).unwrap_or_default();
            out.line(format!("Ok(Some({decoded}))"));
        }
        None => write_decode_id(out, paths, side, variants),
    }
    out.line("}");
}

fn write_decode_id(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>]) {
    out.line("Ok(Some(match frame.header.id {");
    for variant in variants {
        let Key::Id(id) = variant.message.key else { continue };
        let decoded = decoded(out, paths, side, variant);
        out.line(format!("{id} => {decoded},"));
    }
    write_unknown(out, paths, side, "id", "format!(\"the id {id} is unknown\")");
    out.line("}))");
}

/// What an unknown id or case does: `bound` is bound to it, `text` says it.
fn write_unknown(out: &mut Writer, paths: &Paths<'_>, side: Side, bound: &str, text: &str) {
    match paths.protocol.unknown_id {
        UnknownId::Error => out.line(format!("{bound} => return Err(::laster::message_error(&frame, {text})),")),
        UnknownId::Skip => out.line("_ => return Ok(None),"),
        UnknownId::Deliver => {
            let raw = out.laster("frame::RawFrame");
            out.line(format!("_ => {}::Unknown({raw}::from(frame)),", enum_name(side)));
        }
    }
}

/// The expression that makes a frame into this variant.
fn decoded(out: &mut Writer, paths: &Paths<'_>, side: Side, variant: &Variant<'_>) -> String {
    let name = format!("{}::{}", enum_name(side), variant.name);
    match &variant.carries {
        Carries::Nothing => name,
        Carries::Bytes => {
            let bytes = out.laster("bytes::Bytes");
            format!("{name}({bytes}::copy_from_slice(frame.payload))")
        }
        Carries::Message(_) | Carries::Case(_) => {
            let message = variant.message.payload.message().unwrap_or_default();
            format!("{name}({})", decode_message(paths, message, variant.message.max_payload))
        }
    }
}

fn decode_message(paths: &Paths<'_>, message: &str, max_payload: u32) -> String {
    match paths.descriptor(message).filter(shapes::grows) {
        Some(message) => {
            let budget = number(shapes::budget(max_payload));
            format!("::laster::decode_within(frame, &shapes::{}, {budget})?", shapes::name(&message))
        }
        None => "::laster::decode(frame)?".into(),
    }
}

/// The payload is the root; which of its cases is set says what was sent.
fn write_decode_root(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>]) {
    let name = enum_name(side);
    let Some(root) = &paths.direction(side).root else { return };
    let Some(descriptor) = paths.descriptor(&root.message) else { return };
    let largest = variants.iter().map(|variant| variant.message.max_payload).max().unwrap_or_default();
    let decode = decode_message(paths, &root.message, largest);
    out.line(format!("let root: {} = {decode};", paths.message(&descriptor)));
    let whole = variants.iter().any(|variant| matches!(variant.carries, Carries::Message(_)));
    let field = crate::rust::names::snake(root.oneof.as_deref().unwrap_or_default());
    out.line(format!("Ok(Some(match {}root.{field} {{", if whole { "&" } else { "" }));
    for variant in variants {
        let Key::Case(number) = variant.message.key else { continue };
        let case = paths.case_path(&descriptor, number);
        match &variant.carries {
            Carries::Case(Case { boxed: true, .. }) => {
                out.line(format!("Some({case}(message)) => {name}::{}(*message),", variant.name));
            }
            Carries::Case(_) => out.line(format!("Some({case}(message)) => {name}::{}(message),", variant.name)),
            _ => out.line(format!("Some({case}(_)) => {name}::{}(root),", variant.name)),
        }
    }
    let text = format!("\"none of the cases of `{}` is set\"", root.oneof.as_deref().unwrap_or_default());
    write_unknown(out, paths, side, "None", &text);
    out.line("}))");
}

fn write_encode(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>]) {
    let (header, error) = (out.laster("frame::Header"), out.laster("frame::EncodeError"));
    let ids = variants.iter().any(|variant| matches!(variant.message.key, Key::Id(_)));
    let controls: Vec<_> = controls(paths, side).collect();
    let change = if ids || !controls.is_empty() { "mut header" } else { "header" };
    out.line(format!("fn encode(&self, {change}: {header}, out: &mut Vec<u8>) -> Result<(), {error}> {{"));
    out.line("match self {");
    for variant in variants {
        out.line(format!("{} => {{", pattern(side, variant, "message")));
        if let Key::Id(id) = variant.message.key {
            out.line(format!("header.id = {id};"));
        }
        let limit = number(variant.message.max_payload.into());
        let encode = match &variant.carries {
            Carries::Nothing => format!("::laster::encode_raw(&LAYOUT, &header, {limit}, &[], out)"),
            Carries::Bytes => format!("::laster::encode_raw(&LAYOUT, &header, {limit}, message, out)"),
            Carries::Message(_) => format!("::laster::encode(&LAYOUT, &header, {limit}, message, out)"),
            Carries::Case(case) => {
                let encoding = format!("::laster::prost::encoding::{}", case.encoding);
                out.line("let mut payload = Vec::new();");
                out.line(format!("{encoding}::encode({}, message, &mut payload);", case.number));
                format!("::laster::encode_raw(&LAYOUT, &header, {limit}, &payload, out)")
            }
        };
        out.line(encode);
        out.line("}");
    }
    for (n, control) in &controls {
        out.line(format!("{}::{} => {{", enum_name(side), camel(control)));
        out.line(format!("header = {header}::of_control({n});"));
        out.line("::laster::frame::encode_frame(&LAYOUT, &header, &[], out)");
        out.line("}");
    }
    if paths.protocol.unknown_id == UnknownId::Deliver {
        out.line(format!(
            "{}::Unknown(frame) => ::laster::frame::encode_frame(&LAYOUT, &frame.header, &frame.payload, out),",
            enum_name(side)
        ));
    }
    out.line("}");
    out.line("}");
}

/// The number of a call stands in a field of the messages that make or answer one.
fn write_number(out: &mut Writer, paths: &Paths<'_>, side: Side, variants: &[Variant<'_>], field: &str) {
    let numbered: Vec<(&Variant<'_>, prost_reflect::FieldDescriptor)> = variants
        .iter()
        .filter_map(|variant| {
            let message = match &variant.carries {
                Carries::Case(case) => paths.case_message(variant.message, case.number),
                _ => variant.message.payload.message().and_then(|name| paths.descriptor(name)),
            };
            Some((variant, message?.get_field_by_name(field)?))
        })
        .collect();
    let name = crate::rust::names::snake(field);
    out.gap();
    out.line("fn number(&self) -> u64 {");
    out.line("match self {");
    for (variant, field) in &numbered {
        let value = match field.supports_presence() {
            true => format!("message.{name}.unwrap_or_default()"),
            false => format!("message.{name}"),
        };
        out.line(format!("{} => {},", pattern(side, variant, "message"), number_from(field, &value)));
    }
    out.line("_ => 0,");
    out.line("}");
    out.line("}");
    out.gap();
    out.line("fn set_number(&mut self, number: u64) {");
    out.line("match self {");
    for (variant, field) in &numbered {
        let value = number_to(field);
        let value = if field.supports_presence() && field.cardinality() != prost_reflect::Cardinality::Required {
            format!("Some({value})")
        } else {
            value.to_owned()
        };
        out.line(format!("{} => message.{name} = {value},", pattern(side, variant, "message")));
    }
    out.line("_ => {}");
    out.line("}");
    out.line("}");
}

/// A field's value as the number of a call.
fn number_from(field: &prost_reflect::FieldDescriptor, value: &str) -> String {
    match field.kind() {
        prost_reflect::Kind::Uint64 | prost_reflect::Kind::Fixed64 => value.to_owned(),
        prost_reflect::Kind::Uint32 | prost_reflect::Kind::Fixed32 => format!("u64::from({value})"),
        _ => format!("u64::try_from({value}).unwrap_or_default()"),
    }
}

/// The number of a call as a field's value. It is never larger than the field holds.
fn number_to(field: &prost_reflect::FieldDescriptor) -> &'static str {
    match field.kind() {
        prost_reflect::Kind::Uint64 | prost_reflect::Kind::Fixed64 => "number",
        prost_reflect::Kind::Uint32 | prost_reflect::Kind::Fixed32 => "number as u32",
        prost_reflect::Kind::Int64 | prost_reflect::Kind::Sint64 | prost_reflect::Kind::Sfixed64 => "number as i64",
        _ => "number as i32",
    }
}
