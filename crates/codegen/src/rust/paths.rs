//! Where a schema's messages stand, as seen from a protocol's module.

use laster_frame::Side;
use prost_reflect::{Kind, MessageDescriptor};

use crate::{
    Direction, Key, Message, Payload, Protocol, Schema,
    rust::names::{camel, snake},
};

/// A protocol and the paths to its messages.
pub(super) struct Paths<'a> {
    pub(super) schema: &'a Schema,
    pub(super) protocol: &'a Protocol,
}

/// What a variant of `FromClient` or `FromServer` carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// Nothing.
    Nothing,
    /// Bytes.
    Bytes,
    /// A message that is the payload, of this type.
    Message(String),
    /// A case of the root.
    Case(Case),
}

/// A message that is one case of the only message there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// The type of the case's value.
    pub(super) value: String,
    /// The case's field number.
    pub(super) number: u32,
    /// How prost codes the value: the name of a module in `prost::encoding`.
    pub(super) encoding: &'static str,
    /// Whether prost keeps the value in a box.
    pub(super) boxed: bool,
}

impl Carries {
    /// The type that the variant carries, if any.
    pub(super) fn of_type(&self) -> Option<&str> {
        match self {
            Carries::Nothing => None,
            Carries::Bytes => Some("::laster::bytes::Bytes"),
            Carries::Message(path) => Some(path),
            Carries::Case(case) => Some(&case.value),
        }
    }
}

impl<'a> Paths<'a> {
    pub(super) fn new(schema: &'a Schema, protocol: &'a Protocol) -> Self {
        Paths { schema, protocol }
    }

    /// What this side sends.
    pub(super) fn direction(&self, side: Side) -> &'a Direction {
        self.protocol.sent_by(side)
    }

    /// The name of the protocol's module: `protocol`, where it is the only one in its package and nothing there has that name.
    pub(super) fn module_name(&self) -> String {
        let package = &self.protocol.package;
        let alone = self.schema.protocols().iter().filter(|other| other.package == *package).count() == 1;
        let mut name = if alone { "protocol".to_owned() } else { snake(&self.protocol.name) };
        while self.module_is_taken(&name) {
            name.push('_');
        }
        name
    }

    /// Whether the package has a module of this name: of another package, or of a message with messages inside.
    fn module_is_taken(&self, name: &str) -> bool {
        let package = &self.protocol.package;
        let inside = if package.is_empty() { String::new() } else { format!("{package}.") };
        let pool = self.schema.pool();
        let packages = pool.files().filter_map(|file| {
            let rest = file.package_name().strip_prefix(&inside)?;
            Some(snake(rest.split('.').next().unwrap_or(rest)))
        });
        let messages = pool.all_messages().filter(|message| message.package_name() == package);
        let messages = messages.filter(|message| message.parent_message().is_none()).map(|m| snake(m.name()));
        packages.chain(messages).any(|taken| taken == name)
    }

    /// The Rust type of a message, from the protocol's module.
    pub(super) fn message(&self, message: &MessageDescriptor) -> String {
        if let Some(path) = well_known(message.full_name()) {
            return path;
        }
        let here: Vec<&str> = parts(&self.protocol.package);
        let there: Vec<&str> = parts(message.package_name());
        let common = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
        let mut path = "super::".repeat(1 + here.len() - common);
        for package in &there[common..] {
            path.push_str(&format!("{}::", snake(package)));
        }
        let mut parents = Vec::new();
        let mut parent = message.parent_message();
        while let Some(message) = parent {
            parents.push(snake(message.name()));
            parent = message.parent_message();
        }
        for parent in parents.iter().rev() {
            path.push_str(&format!("{parent}::"));
        }
        path.push_str(&camel(message.name()));
        path
    }

    /// The descriptor of a message that the schema was checked to have.
    pub(super) fn descriptor(&self, full_name: &str) -> Option<MessageDescriptor> {
        self.schema.pool().get_message_by_name(full_name)
    }

    /// What the variant of a message carries.
    pub(super) fn carries(&self, message: &Message) -> Carries {
        let root = match &message.payload {
            Payload::Empty => return Carries::Nothing,
            Payload::Raw(_) => return Carries::Bytes,
            Payload::Message(name) => self.descriptor(name),
            Payload::Scalar => None,
        };
        if let Key::Case(number) = message.key
            && let Some(case) = self.case(message, number)
        {
            return Carries::Case(case);
        }
        root.map_or(Carries::Nothing, |root| Carries::Message(self.message(&root)))
    }

    /// The path of the root's case of this number.
    pub(super) fn case_path(&self, root: &MessageDescriptor, number: u32) -> String {
        let path = self.message(root);
        let inside = match path.rsplit_once("::") {
            Some((outside, _)) => format!("{outside}::{}", snake(root.name())),
            None => snake(root.name()),
        };
        match root.get_field(number).and_then(|field| Some((field.containing_oneof()?, field))) {
            Some((oneof, field)) => format!("{inside}::{}::{}", camel(oneof.name()), camel(field.name())),
            None => inside,
        }
    }

    /// The message that is the case of this number of a message's root.
    pub(super) fn case_message(&self, message: &Message, number: u32) -> Option<MessageDescriptor> {
        let field = self.descriptor(message.payload.message()?)?.get_field(number)?;
        field.kind().as_message().cloned()
    }

    /// The case of this number, where the root holds nothing but its oneof.
    fn case(&self, message: &Message, number: u32) -> Option<Case> {
        let directions = [&self.protocol.client, &self.protocol.server];
        let direction = directions.into_iter().find(|d| d.messages.iter().any(|other| std::ptr::eq(other, message)))?;
        let root = self.descriptor(&direction.root.as_ref()?.message)?;
        let field = root.get_field(number)?;
        let oneof = field.containing_oneof()?;
        if root.fields().any(|other| other.containing_oneof().as_ref() != Some(&oneof)) {
            return None;
        }
        let kind = field.kind();
        let value = match &kind {
            Kind::Message(inner) => self.message(inner),
            scalar => scalar_type(scalar).to_owned(),
        };
        Some(Case {
            value,
            number,
            encoding: encoding(&kind),
            boxed: matches!(&kind, Kind::Message(inner) if holds(inner, &root)),
        })
    }
}

fn parts(package: &str) -> Vec<&str> {
    package.split('.').filter(|part| !part.is_empty()).collect()
}

/// Whether a value of `outer` holds one of `inner` in place, however deep.
pub(super) fn holds(outer: &MessageDescriptor, inner: &MessageDescriptor) -> bool {
    let mut seen = vec![outer.clone()];
    let mut at = 0;
    while let Some(message) = seen.get(at).cloned() {
        if message == *inner {
            return true;
        }
        at += 1;
        for field in message.fields().filter(|field| !field.is_list() && !field.is_map()) {
            if let Kind::Message(next) = field.kind()
                && !seen.contains(&next)
            {
                seen.push(next);
            }
        }
    }
    false
}

/// The types that prost has for google's own messages.
fn well_known(full_name: &str) -> Option<String> {
    let name = full_name.strip_prefix("google.protobuf.")?;
    let path = match name {
        "Empty" => "()",
        "BoolValue" => "bool",
        "BytesValue" => "::laster::prost::alloc::vec::Vec<u8>",
        "DoubleValue" => "f64",
        "FloatValue" => "f32",
        "Int32Value" => "i32",
        "Int64Value" => "i64",
        "StringValue" => "::laster::prost::alloc::string::String",
        "UInt32Value" => "u32",
        "UInt64Value" => "u64",
        other => return Some(format!("::laster::prost_types::{}", camel(other))),
    };
    Some(path.to_owned())
}

fn scalar_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Double => "f64",
        Kind::Float => "f32",
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Enum(_) => "i32",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "i64",
        Kind::Uint32 | Kind::Fixed32 => "u32",
        Kind::Uint64 | Kind::Fixed64 => "u64",
        Kind::Bool => "bool",
        Kind::String => "::laster::prost::alloc::string::String",
        Kind::Bytes => "::laster::bytes::Bytes",
        Kind::Message(_) => "()",
    }
}

fn encoding(kind: &Kind) -> &'static str {
    match kind {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 | Kind::Enum(_) => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Message(_) => "message",
    }
}
