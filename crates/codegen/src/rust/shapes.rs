//! What messages can become in memory: tables for the check that stands before decoding.

use std::collections::BTreeMap;

use laster_frame::Side;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::rust::{
    names::shouty,
    paths::{Paths, holds},
    writer::Writer,
};

/// A message may take this many times its largest payload in memory.
const BUDGET_FACTOR: u64 = 8;
/// And at least so many bytes.
const LEAST_BUDGET: u64 = 16 * 1024;

/// How many bytes of memory a message with a payload of at most so many bytes may take.
pub(super) fn budget(max_payload: u32) -> u64 {
    (u64::from(max_payload) * BUDGET_FACTOR).max(LEAST_BUDGET)
}

/// Whether a message can take many times its payload in memory: it has lists, maps or messages in boxes, however deep.
pub(super) fn grows(message: &MessageDescriptor) -> bool {
    let mut seen = vec![message.clone()];
    let mut at = 0;
    while let Some(message) = seen.get(at).cloned() {
        at += 1;
        for field in message.fields() {
            if field.is_list() || field.is_map() {
                return true;
            }
            if let Kind::Message(inner) = field.kind() {
                if holds(&inner, &message) {
                    return true;
                }
                if !seen.contains(&inner) {
                    seen.push(inner);
                }
            }
        }
    }
    false
}

/// The name of a message's table.
pub(super) fn name(message: &MessageDescriptor) -> String {
    shouty(&message.full_name().replace('.', "_"))
}

pub(super) fn write(out: &mut Writer, paths: &Paths<'_>) {
    let mut messages: BTreeMap<String, MessageDescriptor> = BTreeMap::new();
    for side in [Side::Client, Side::Server] {
        let direction = paths.direction(side);
        let payloads = direction.messages.iter().filter(|message| !matches!(message.payload, crate::Payload::Raw(_)));
        let payloads = payloads.filter_map(|message| message.payload.message());
        let roots = direction.root.iter().map(|root| root.message.as_str());
        for message in payloads.chain(roots).filter_map(|name| paths.descriptor(name)).filter(grows) {
            add_with_inner(&message, &mut messages);
        }
    }
    if messages.is_empty() {
        return;
    }
    out.gap();
    out.line("/// What messages that can grow become in memory.");
    out.line("mod shapes {");
    out.line("use ::laster::{Kind, Shape};");
    for message in messages.values() {
        write_shape(out, paths, message);
    }
    out.line("}");
}

fn add_with_inner(message: &MessageDescriptor, messages: &mut BTreeMap<String, MessageDescriptor>) {
    if messages.insert(name(message), message.clone()).is_some() {
        return;
    }
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            add_with_inner(&inner, messages);
        }
    }
}

fn write_shape(out: &mut Writer, paths: &Paths<'_>, message: &MessageDescriptor) {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    let fields: Vec<String> = fields
        .iter()
        .filter_map(|field| Some(format!("({}, {})", field.number(), kind(paths, message, field)?)))
        .collect();
    out.gap();
    match fields.as_slice() {
        [] | [_] => out.line(format!(
            "pub(super) static {}: Shape = Shape {{ fields: &[{}] }};",
            name(message),
            fields.concat()
        )),
        _ => {
            out.line(format!("pub(super) static {}: Shape = Shape {{", name(message)));
            out.line("fields: &[");
            for field in fields {
                out.line(format!("{field},"));
            }
            out.line("],");
            out.line("};");
        }
    }
}

/// What a field takes; nothing that its message does not hold in place.
fn kind(paths: &Paths<'_>, parent: &MessageDescriptor, field: &FieldDescriptor) -> Option<String> {
    let list = field.is_list();
    Some(match field.kind() {
        Kind::String | Kind::Bytes if list => "Kind::Bytes(::core::mem::size_of::<::laster::bytes::Bytes>())".into(),
        Kind::String | Kind::Bytes => "Kind::Bytes(0)".into(),
        Kind::Message(inner) => {
            let size = match () {
                () if field.is_map() => map_entry_size(paths, &inner),
                () if list || holds(&inner, parent) => size_of(paths, &inner),
                () => "0".into(),
            };
            format!("Kind::Message({size}, &{})", name(&inner))
        }
        number if list => format!("Kind::Numbers({})", number_size(&number)),
        _ => return None,
    })
}

fn size_of(paths: &Paths<'_>, message: &MessageDescriptor) -> String {
    let path = paths.message(message);
    // One module further in than the protocol's.
    let path = if path.starts_with("super::") { format!("super::{path}") } else { path };
    format!("::core::mem::size_of::<{path}>()")
}

/// A map's entry, at twice its size: hash tables keep room.
fn map_entry_size(paths: &Paths<'_>, entry: &MessageDescriptor) -> String {
    let value = match entry.map_entry_value_field().kind() {
        Kind::Message(inner) => size_of(paths, &inner),
        Kind::String | Kind::Bytes => "::core::mem::size_of::<::laster::bytes::Bytes>()".into(),
        number => number_size(&number).to_string(),
    };
    format!("2 * ({value} + 32)")
}

fn number_size(kind: &Kind) -> usize {
    match kind {
        Kind::Double | Kind::Int64 | Kind::Uint64 | Kind::Sint64 | Kind::Fixed64 | Kind::Sfixed64 => 8,
        Kind::Bool => 1,
        _ => 4,
    }
}
