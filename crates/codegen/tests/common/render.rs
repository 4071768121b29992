//! A protocol as a few lines of text, to be compared with what was expected.

use std::fmt::Write;

use laster_codegen::{Answer, Direction, Key, Message, MessageIndex, Payload, Protocol, Replies};
use laster_frame::{Counts, Field, Part, Role, Side};

pub(crate) fn render(protocol: &Protocol) -> String {
    let mut out = format!("{} of {} in '{}'\n", protocol.name, protocol.file, protocol.package);
    let layout = &protocol.layout;
    for field in layout.fields() {
        writeln!(out, "| {}", render_field(field, protocol)).unwrap();
    }
    for side in [Side::Client, Side::Server] {
        if !layout.prologue_of(side).is_empty() {
            writeln!(out, "{side:?} begins with {:?}", layout.prologue_of(side)).unwrap();
        }
    }
    for (control, word) in protocol.control.iter().zip(layout.control_words()) {
        writeln!(out, "control {} {word:?} from {:?}", control.name, control.from).unwrap();
    }
    write!(out, "payload <= {}, unknown id: {:?}", layout.payload_limit(), protocol.unknown_id).unwrap();
    match &protocol.replies {
        Replies::Field(name) => writeln!(out, ", replies by field {name}").unwrap(),
        replies => writeln!(out, ", replies: {replies:?}").unwrap(),
    }
    if let Some(first) = protocol.first {
        writeln!(out, "first: {}", name(&protocol.client, first)).unwrap();
    }
    for (side, direction, peer) in
        [("client", &protocol.client, &protocol.server), ("server", &protocol.server, &protocol.client)]
    {
        write!(out, "{side} sends").unwrap();
        if let Some(root) = &direction.root {
            write!(out, " {} by {:?}", root.message, root.oneof).unwrap();
        }
        out.push('\n');
        for message in &direction.messages {
            writeln!(out, "  {}", render_message(message, peer, layout.payload_limit())).unwrap();
        }
    }
    out
}

fn render_field(field: &Field, protocol: &Protocol) -> String {
    let integer = match field {
        Field::Const(literal) => return format!("const {literal:?}"),
        Field::Integer(integer) => integer,
    };
    let parts: Vec<_> = integer.parts().iter().map(|part| render_part(part, protocol)).collect();
    format!("{:?}: {}", integer.encoding(), parts.join(", "))
}

fn render_part(part: &Part, protocol: &Protocol) -> String {
    let what = match part.role {
        Role::Length { counts, adjust } => {
            let counts = match counts {
                Counts::Payload => "payload",
                Counts::Rest => "rest",
                Counts::Frame => "frame",
            };
            format!("length of {counts} {adjust:+}")
        }
        Role::Value { slot } => {
            let value = &protocol.values[usize::from(slot)];
            assert_eq!(value.bits, part.width);
            format!("value {}", value.name)
        }
        role => format!("{role:?}"),
    };
    format!("{what} ({})", part.width)
}

fn render_message(message: &Message, peer: &Direction, limit: u32) -> String {
    let key = match message.key {
        Key::Id(id) => id.to_string(),
        Key::Case(number) => format!("case {number}"),
        Key::Root => "root".to_owned(),
    };
    let payload = match &message.payload {
        Payload::Message(name) => name.clone(),
        Payload::Raw(Some(name)) => format!("raw ({name})"),
        other => format!("{other:?}"),
    };
    let mut out = format!("{key} {}: {payload}", message.name);
    if message.max_payload != limit {
        write!(out, " <= {}", message.max_payload).unwrap();
    }
    if let Some(answer) = &message.answer {
        out.push_str(&render_answer(answer, peer));
    }
    if !message.comments.0.is_empty() {
        write!(out, " // {}", message.comments.0.join(" / ")).unwrap();
    }
    out
}

fn render_answer(answer: &Answer, peer: &Direction) -> String {
    let names = |indices: &[MessageIndex]| indices.iter().map(|&i| name(peer, i)).collect::<Vec<_>>().join(" | ");
    let mut out = " ->".to_owned();
    if !answer.stream.is_empty() {
        write!(out, " {}*", names(&answer.stream)).unwrap();
    }
    if let Some(end) = &answer.stream_end {
        write!(out, " until {end}").unwrap();
    }
    if let Some(reply) = answer.reply {
        write!(out, " {}", name(peer, reply)).unwrap();
    }
    if !answer.errors.is_empty() {
        write!(out, " or {}", names(&answer.errors)).unwrap();
    }
    out
}

fn name(direction: &Direction, index: MessageIndex) -> String {
    direction.get(index).unwrap().name.clone()
}
