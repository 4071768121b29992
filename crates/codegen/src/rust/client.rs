//! The typed client, and what one call gives.

use laster_frame::Side;

use crate::{
    Answer, Direction, Message, MessageIndex, Replies, UnknownId,
    rust::{
        messages::enum_name,
        names::{camel, method},
        paths::{Carries, Paths},
        writer::{Writer, number},
    },
};

pub(super) fn write(out: &mut Writer, paths: &Paths<'_>) {
    write_protocol(out, paths);
    write_refusals(out, paths);
    let (caller, options) = (out.laster("Caller"), out.laster("ClientOptions"));
    let (connect_to, error) = (out.laster("net::ConnectTo"), out.laster("ConnectError"));
    out.gap();
    out.line("/// What comes to a client unasked.");
    out.line("pub type Events = ::laster::Events<FromServer>;");
    out.gap();
    out.line("/// A client's end of a session. A cheap handle.");
    out.line("#[derive(Clone, Debug)]");
    out.line(format!("pub struct Client({caller}<FromClient, FromServer>);"));
    out.gap();
    out.line("impl Client {");
    out.line("/// Connects. What comes unasked is in the events: take them, or drop them.");
    out.line("///");
    out.line("/// # Errors");
    out.line("/// There is no connection, or not in time.");
    out.line("///");
    out.line("/// # Cancel safety");
    out.line("/// Dropped, it closes what it has opened.");
    let parameters = [format!("to: impl Into<{connect_to}>"), format!("options: {options}")];
    out.function("pub async fn connect", &parameters, &format!(" -> Result<(Self, Events), {error}> {{"));
    out.line("let (caller, events) = ::laster::connect::<Protocol>(to, options).await?;");
    out.line("Ok((Client(caller), events))");
    out.line("}");
    out.gap();
    write_deadline(out, "Client");
    write_methods(out, paths, Side::Client);
    out.line("}");
    write_deref(out, "Client", Side::Client);
}

/// `with_deadline`, which gives the type itself.
pub(super) fn write_deadline(out: &mut Writer, name: &str) {
    out.line("/// The same session, where calls wait so long for their replies.");
    out.line("pub fn with_deadline(&self, deadline: ::std::time::Duration) -> Self {");
    out.line(format!("{name}(self.0.with_deadline(deadline))"));
    out.line("}");
}

/// The end of a session can do all that a caller can.
pub(super) fn write_deref(out: &mut Writer, name: &str, side: Side) {
    let (sends, receives) = (enum_name(side), enum_name(side.peer()));
    out.gap();
    out.line(format!("impl ::core::ops::Deref for {name} {{"));
    out.line(format!("type Target = Caller<{sends}, {receives}>;"));
    out.gap();
    out.line("fn deref(&self) -> &Self::Target {");
    out.line("&self.0");
    out.line("}");
    out.line("}");
}

fn write_protocol(out: &mut Writer, paths: &Paths<'_>) {
    let (matching, numbering) = (out.laster("net::session::Match"), out.laster("Numbering"));
    let how = match paths.protocol.replies {
        Replies::None | Replies::Type => "Type",
        Replies::Order => "Order",
        Replies::Header | Replies::Field(_) => "Number",
    };
    let largest = match &paths.protocol.replies {
        Replies::Header => format!("Header({})", number(correlation_limit(paths))),
        // Every integer type of a field holds that.
        Replies::Field(_) => format!("Field({})", number(i32::MAX as u64)),
        _ => "None".into(),
    };
    out.gap();
    out.line("/// The protocol, as a type.");
    out.line("#[derive(Clone, Copy, Debug)]");
    out.line("pub enum Protocol {}");
    out.gap();
    out.line("impl ::laster::Protocol for Protocol {");
    out.line("type Framing = Framing;");
    out.line("type FromClient = FromClient;");
    out.line("type FromServer = FromServer;");
    out.line(format!("const REPLIES: {matching} = {matching}::{how};"));
    out.line(format!("const NUMBERING: {numbering} = {numbering}::{largest};"));
    out.line("}");
}

fn correlation_limit(paths: &Paths<'_>) -> u64 {
    let integers = paths.protocol.layout.fields().iter().filter_map(|field| match field {
        laster_frame::Field::Integer(integer) => Some(integer),
        laster_frame::Field::Const(_) => None,
    });
    let mut parts = integers.flat_map(|integer| integer.parts());
    let width = parts.find(|part| part.role == laster_frame::Role::Correlation).map_or(64, |part| part.width);
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// The messages at these places of a direction.
fn at<'a>(direction: &'a Direction, indexes: &[MessageIndex]) -> Vec<&'a Message> {
    indexes.iter().filter_map(|index| direction.get(*index)).collect()
}

/// The answer to a message of one side, resolved.
pub(super) struct Answered<'a> {
    pub(super) reply: Option<&'a Message>,
    pub(super) errors: Vec<&'a Message>,
    pub(super) stream: Vec<&'a Message>,
    pub(super) stream_end: Option<&'a str>,
}

impl<'a> Answered<'a> {
    pub(super) fn new(paths: &Paths<'a>, side: Side, answer: &'a Answer) -> Self {
        let direction = paths.direction(side.peer());
        Answered {
            reply: answer.reply.and_then(|reply| direction.get(reply)),
            errors: at(direction, &answer.errors),
            stream: at(direction, &answer.stream),
            stream_end: answer.stream_end.as_deref(),
        }
    }

    /// The type of a good reply.
    pub(super) fn reply_type(&self, paths: &Paths<'_>) -> String {
        self.reply.map_or("()".into(), |reply| type_of(&paths.carries(reply)))
    }

    /// The type that says why the other side refused.
    pub(super) fn error_type(&self, paths: &Paths<'_>, request: &Message) -> String {
        match self.errors.as_slice() {
            [] => "::core::convert::Infallible".into(),
            [error] => type_of(&paths.carries(error)),
            _ => format!("{}Error", camel(&request.name)),
        }
    }
}

pub(super) fn type_of(carries: &Carries) -> String {
    carries.of_type().unwrap_or("()").to_owned()
}

/// An enum for each request that several messages refuse.
fn write_refusals(out: &mut Writer, paths: &Paths<'_>) {
    let mut written = Vec::new();
    for side in [Side::Client, Side::Server] {
        for message in &paths.direction(side).messages {
            let Some(answer) = &message.answer else { continue };
            let answered = Answered::new(paths, side, answer);
            let name = answered.error_type(paths, message);
            if answered.errors.len() < 2 || written.contains(&name) {
                continue;
            }
            out.gap();
            out.line(format!("/// Why the other side refused `{}`.", message.name));
            out.line("#[derive(Clone, Debug, PartialEq)]");
            out.line(format!("pub enum {name} {{"));
            for error in &answered.errors {
                out.docs(&error.comments, &format!("`{}`.", error.name));
                out.line(match paths.carries(error).of_type() {
                    Some(carried) => format!("{}({carried}),", camel(&error.name)),
                    None => format!("{},", camel(&error.name)),
                });
            }
            out.line("}");
            written.push(name);
        }
    }
}

/// A method for each message that this side sends by itself, and not only as an answer.
pub(super) fn write_methods(out: &mut Writer, paths: &Paths<'_>, side: Side) {
    let answers = answers(paths, side);
    for (index, message) in paths.direction(side).messages.iter().enumerate() {
        if message.answer.is_none() && answers.contains(&MessageIndex(index)) {
            continue;
        }
        out.gap();
        out.docs(&message.comments, &format!("Sends `{}`.", message.name));
        match &message.answer {
            Some(answer) => {
                let answered = Answered::new(paths, side, answer);
                if answered.stream.is_empty() {
                    write_call(out, paths, side, message, &answered);
                } else {
                    write_stream(out, paths, side, message, &answered);
                }
            }
            None => write_send(out, paths, side, message),
        }
    }
}

/// The messages of this side that answer some message of the other.
fn answers(paths: &Paths<'_>, side: Side) -> Vec<MessageIndex> {
    let requests = paths.direction(side.peer()).messages.iter().filter_map(|message| message.answer.as_ref());
    requests.flat_map(|answer| answer.reply.iter().chain(&answer.errors).chain(&answer.stream).copied()).collect()
}

/// The parameters and the expression of a method that sends this.
fn parameters(paths: &Paths<'_>, side: Side, message: &Message, name: &str) -> (Vec<String>, String) {
    let variant = format!("{}::{}", enum_name(side), camel(&message.name));
    match paths.carries(message).of_type() {
        Some(carried) => (vec!["&self".into(), format!("{name}: {carried}")], format!("{variant}({name})")),
        None => (vec!["&self".into()], variant),
    }
}

fn write_send(out: &mut Writer, paths: &Paths<'_>, side: Side, message: &Message) {
    let error = out.laster("net::PushError");
    let (parameters, value) = parameters(paths, side, message, "message");
    out.line("///");
    out.line("/// # Errors");
    out.line("/// The session ends, or the message is larger than allowed.");
    let head = format!("pub async fn {}", method(&message.name));
    out.function(&head, &parameters, &format!(" -> Result<(), {error}> {{"));
    out.line(format!("self.0.send({value}).await"));
    out.line("}");
}

fn write_call(out: &mut Writer, paths: &Paths<'_>, side: Side, message: &Message, answered: &Answered<'_>) {
    let (error, taken) = (out.laster("CallError"), out.laster("Taken"));
    let (parameters, value) = parameters(paths, side, message, "request");
    let (reply_type, error_type) = (answered.reply_type(paths), answered.error_type(paths, message));
    let receives = enum_name(side.peer());
    let patterns: Vec<String> =
        answered.reply.iter().chain(&answered.errors).map(|m| pattern(paths, receives, m, "_")).collect();
    write_call_docs(out, answered);
    let head = format!("pub async fn {}", method(&message.name));
    out.function(&head, &parameters, &format!(" -> Result<{reply_type}, {error}<{error_type}>> {{"));
    out.line(format!("let reply = self.0.call({value}, |message| match message {{"));
    out.line(format!("{} => {taken}::Last,", patterns.join(" | ")));
    let all = patterns.len() == variant_count(paths, side.peer());
    if !all {
        out.line(format!("_ => {taken}::No,"));
    }
    out.line("});");
    out.line("match reply.await? {");
    if let Some(reply) = answered.reply {
        let bound = bound(paths, reply, "reply");
        out.line(format!("{} => Ok({bound}),", pattern(paths, receives, reply, "reply")));
    }
    for refusal in &answered.errors {
        let bound = bound(paths, refusal, "error");
        let bound = match answered.errors.as_slice() {
            [_] => bound,
            _ if bound == "()" => format!("{error_type}::{}", camel(&refusal.name)),
            _ => format!("{error_type}::{}({bound})", camel(&refusal.name)),
        };
        out.line(format!("{} => Err({error}::Refused({bound})),", pattern(paths, receives, refusal, "error")));
    }
    if !all {
        out.line(format!("other => Err({error}::unexpected(&other)),"));
    }
    out.line("}");
    out.line("}");
}

/// How many variants the enum of this side has.
fn variant_count(paths: &Paths<'_>, side: Side) -> usize {
    let controls = paths.protocol.control.iter().filter(|control| control.from.has(side)).count();
    let unknown = usize::from(paths.protocol.unknown_id == UnknownId::Deliver);
    paths.direction(side).messages.len() + controls + unknown
}

fn write_call_docs(out: &mut Writer, answered: &Answered<'_>) {
    out.line("///");
    out.line("/// # Errors");
    out.line(match answered.errors.is_empty() {
        true => "/// There is no reply, for the reason given.",
        false => "/// The other side refused, or there is no reply.",
    });
    out.line("///");
    out.line("/// # Cancel safety");
    out.line("/// Dropped, the call is given up; the request may have been sent.");
}

fn write_stream(out: &mut Writer, paths: &Paths<'_>, side: Side, message: &Message, answered: &Answered<'_>) {
    let (error, taken, replies) = (out.laster("CallError"), out.laster("Taken"), out.laster("Replies"));
    let (parameters, value) = parameters(paths, side, message, "request");
    let (sends, receives) = (enum_name(side), enum_name(side.peer()));
    out.line("///");
    out.line("/// The replies come one after another; see the type of their messages for what ends them.");
    write_call_docs(out, answered);
    let head = format!("pub async fn {}", method(&message.name));
    let tail = format!(" -> Result<{replies}<{sends}, {receives}>, {error}<::core::convert::Infallible>> {{");
    out.function(&head, &parameters, &tail);
    out.line(format!("let replies = self.0.call_many({value}, |message| match message {{"));
    for part in &answered.stream {
        if let Some(end) = answered.stream_end {
            let end = format!("message.{}", crate::rust::names::snake(end));
            out.line(format!("{} if {end} => {taken}::Last,", pattern(paths, receives, part, "message")));
        }
        out.line(format!("{} => {taken}::Part,", pattern(paths, receives, part, "_")));
    }
    for last in answered.reply.iter().chain(&answered.errors) {
        out.line(format!("{} => {taken}::Last,", pattern(paths, receives, last, "_")));
    }
    let named = answered.stream.len() + answered.errors.len() + usize::from(answered.reply.is_some());
    if named < variant_count(paths, side.peer()) {
        out.line(format!("_ => {taken}::No,"));
    }
    out.line("});");
    out.line("replies.await");
    out.line("}");
}

/// A pattern of a variant.
pub(super) fn pattern(paths: &Paths<'_>, enum_name: &str, message: &Message, binding: &str) -> String {
    let variant = format!("{enum_name}::{}", camel(&message.name));
    match paths.carries(message).of_type() {
        Some(_) => format!("{variant}({binding})"),
        None => variant,
    }
}

/// What a pattern binds, as an expression.
pub(super) fn bound(paths: &Paths<'_>, message: &Message, binding: &str) -> String {
    if paths.carries(message).of_type().is_some() { binding.into() } else { "()".into() }
}
