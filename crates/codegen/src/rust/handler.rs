//! The typed handler of a server's sessions, and what serves it.

use laster_frame::Side;

use crate::{
    Message, UnknownId,
    rust::{
        client::{Answered, bound, pattern, write_deadline, write_deref, write_methods},
        names::{camel, method},
        paths::Paths,
        writer::Writer,
    },
};

pub(super) fn write(out: &mut Writer, paths: &Paths<'_>) {
    write_peer(out, paths);
    write_trait(out, paths);
    write_serve(out);
    write_dispatch(out, paths);
}

fn write_peer(out: &mut Writer, paths: &Paths<'_>) {
    let caller = out.laster("Caller");
    out.gap();
    out.line("/// A server's end of a session: the client as a handler sees it. A cheap handle.");
    out.line("#[derive(Clone, Debug)]");
    out.line(format!("pub struct Peer({caller}<FromServer, FromClient>);"));
    out.gap();
    out.line("impl Peer {");
    write_deadline(out, "Peer");
    write_methods(out, paths, Side::Server);
    out.line("}");
    write_deref(out, "Peer", Side::Server);
}

/// Whether handlers are given the header: it holds something of the user's.
fn with_header(paths: &Paths<'_>) -> bool {
    !paths.protocol.values.is_empty()
}

fn write_trait(out: &mut Writer, paths: &Paths<'_>) {
    let reason = out.laster("net::CloseReason");
    let future = "::core::future::Future";
    out.gap();
    out.line("/// What a server does with what one client sends. Messages come one at a time, in their order.");
    out.line("///");
    out.line(
        "/// A message of this protocol that is left out does not compile, and neither does a reply it does not have.",
    );
    out.line("pub trait Handler: Send + 'static {");
    for message in &paths.protocol.client.messages {
        out.gap();
        out.docs(&message.comments, &format!("`{}` came.", message.name));
        let parameters = parameters(out, paths, message);
        let output = output(paths, message);
        let tail = format!(" -> impl {future}<Output = {output}> + Send;");
        out.function(&format!("fn {}", method(&message.name)), &parameters, &tail);
    }
    for control in paths.protocol.control.iter().filter(|control| control.from.has(Side::Client)) {
        out.gap();
        out.line(format!("/// The control word `{}` came.", control.name));
        let parameters = ["&mut self".to_owned(), "peer: &Peer".to_owned()];
        let tail = format!(" -> impl {future}<Output = ()> + Send;");
        out.function(&format!("fn {}", method(&control.name)), &parameters, &tail);
    }
    if paths.protocol.unknown_id == UnknownId::Deliver {
        let raw = out.laster("frame::RawFrame");
        out.gap();
        out.line("/// A frame came with an id that the schema does not know.");
        let parameters = ["&mut self".to_owned(), "peer: &Peer".to_owned(), format!("frame: {raw}")];
        out.function("fn unknown", &parameters, &format!(" -> impl {future}<Output = ()> + Send;"));
    }
    out.gap();
    out.line("/// The session is over. Called exactly once, and last.");
    out.line(format!("fn closed(&mut self, peer: &Peer, reason: &{reason}) {{"));
    out.line("let _ = (peer, reason);");
    out.line("}");
    out.line("}");
}

fn parameters(out: &mut Writer, paths: &Paths<'_>, message: &Message) -> Vec<String> {
    let mut parameters = vec!["&mut self".to_owned(), "peer: &Peer".to_owned()];
    if with_header(paths) {
        parameters.push(format!("header: {}", out.laster("frame::Header")));
    }
    if let Some(carried) = paths.carries(message).of_type() {
        let name = if message.answer.is_some() { "request" } else { "message" };
        parameters.push(format!("{name}: {carried}"));
    }
    if is_streamed(paths, message) {
        parameters.push(format!("replies: {}<'_, FromServer, FromClient>", out.laster("Stream")));
    }
    parameters
}

fn answered<'a>(paths: &Paths<'a>, message: &'a Message) -> Option<Answered<'a>> {
    message.answer.as_ref().map(|answer| Answered::new(paths, Side::Client, answer))
}

fn is_streamed(paths: &Paths<'_>, message: &Message) -> bool {
    answered(paths, message).is_some_and(|answered| !answered.stream.is_empty())
}

/// What a handler's method gives.
fn output(paths: &Paths<'_>, message: &Message) -> String {
    let Some(answered) = answered(paths, message) else { return "()".into() };
    if answered.errors.is_empty() {
        return answered.reply_type(paths);
    }
    format!("Result<{}, {}>", answered.reply_type(paths), answered.error_type(paths, message))
}

fn write_serve(out: &mut Writer) {
    let (service, config) = (out.laster("net::Service"), out.laster("net::ServiceConfig"));
    let (application, error) = (out.laster("net::Application"), out.laster("net::ServiceError"));
    out.gap();
    out.line("/// A service of this protocol, not yet started; `make` makes a handler for each session.");
    out.line("///");
    out.line("/// # Errors");
    out.line("/// A limit in the configuration is 0.");
    let parameters = ["make: impl Fn(&Peer) -> H + Send + Sync + 'static".to_owned(), format!("config: {config}")];
    let tail = format!(" -> Result<{service}<impl {application}>, {error}> {{");
    out.function("pub fn serve<H: Handler>", &parameters, &tail);
    out.line("let make = move |caller: &Caller<FromServer, FromClient>| {");
    out.line("let peer = Peer(caller.clone());");
    out.line("Served { handler: make(&peer), peer }");
    out.line("};");
    out.line("::laster::serve::<Protocol, _, _>(make, config)");
    out.line("}");
}

fn write_dispatch(out: &mut Writer, paths: &Paths<'_>) {
    let (header, reason) = (out.laster("frame::Header"), out.laster("net::CloseReason"));
    out.gap();
    out.line("/// A handler, and which of its methods each message is for.");
    out.line("struct Served<H> {");
    out.line("handler: H,");
    out.line("peer: Peer,");
    out.line("}");
    out.gap();
    out.line("impl<H: Handler> ::laster::Dispatch<Protocol> for Served<H> {");
    let answers = paths.protocol.client.messages.iter().any(|message| message.answer.is_some());
    let used = if answers || with_header(paths) { "header" } else { "_" };
    let parameters = ["&mut self".to_owned(), format!("{used}: {header}"), "message: FromClient".to_owned()];
    out.function("async fn dispatch", &parameters, &format!(" -> Result<(), {reason}> {{"));
    out.line("let peer = &self.peer;");
    if answers {
        out.line("let number = ::laster::Messages::number(&message);");
    }
    out.line("match message {");
    for message in &paths.protocol.client.messages {
        write_arm(out, paths, message);
    }
    for control in paths.protocol.control.iter().filter(|control| control.from.has(Side::Client)) {
        out.line(format!(
            "FromClient::{} => self.handler.{}(peer).await,",
            camel(&control.name),
            method(&control.name)
        ));
    }
    if paths.protocol.unknown_id == UnknownId::Deliver {
        out.line("FromClient::Unknown(frame) => self.handler.unknown(peer, frame).await,");
    }
    out.line("}");
    out.line("Ok(())");
    out.line("}");
    out.gap();
    out.line(format!("fn closed(&mut self, reason: &{reason}) {{"));
    out.line("self.handler.closed(&self.peer, reason);");
    out.line("}");
    out.line("}");
}

/// The arm of one message: calls its method, and sends what that gives as the reply.
fn write_arm(out: &mut Writer, paths: &Paths<'_>, message: &Message) {
    let pattern_ = pattern(paths, "FromClient", message, "message");
    let mut arguments = vec!["peer"];
    if with_header(paths) {
        arguments.push("header");
    }
    if paths.carries(message).of_type().is_some() {
        arguments.push("message");
    }
    let streamed = is_streamed(paths, message);
    if streamed {
        arguments.push("replies");
    }
    let call = format!("self.handler.{}({}).await", method(&message.name), arguments.join(", "));
    let Some(answered) = answered(paths, message) else {
        out.line(format!("{pattern_} => {call},"));
        return;
    };
    out.line(format!("{pattern_} => {{"));
    if streamed {
        out.line("let replies = ::laster::Stream::new(peer, header, number);");
    }
    if answered.errors.is_empty() {
        write_sure_reply(out, paths, &answered, &call);
    } else {
        write_reply_or_refusal(out, paths, message, &answered, &call);
    }
    out.line("}");
}

/// The reply of a method that cannot refuse.
fn write_sure_reply(out: &mut Writer, paths: &Paths<'_>, answered: &Answered<'_>, call: &str) {
    let Some(reply) = answered.reply else { return out.line(format!("{call};")) };
    if paths.carries(reply).of_type().is_some() {
        out.line(format!("let reply = {call};"));
    } else {
        out.line(format!("{call};"));
    }
    out.line(format!("peer.reply(header, number, {}).await?;", value(paths, reply, "reply")));
}

fn write_reply_or_refusal(out: &mut Writer, paths: &Paths<'_>, message: &Message, answered: &Answered<'_>, call: &str) {
    out.line(format!("let reply = match {call} {{"));
    match answered.reply {
        Some(reply) => {
            let bound = bound(paths, reply, "reply");
            out.line(format!("Ok({bound}) => {},", value(paths, reply, "reply")));
        }
        None => out.line("Ok(()) => return Ok(()),"),
    }
    let error_type = answered.error_type(paths, message);
    for error in &answered.errors {
        let variant = camel(&error.name);
        let binding = bound(paths, error, "error");
        let matched = match answered.errors.as_slice() {
            [_] => binding,
            _ if binding == "()" => format!("{error_type}::{variant}"),
            _ => format!("{error_type}::{variant}({binding})"),
        };
        out.line(format!("Err({matched}) => {},", value(paths, error, "error")));
    }
    out.line("};");
    out.line("peer.reply(header, number, reply).await?;");
}

/// The expression of a message that a pattern has bound.
fn value(paths: &Paths<'_>, message: &Message, binding: &str) -> String {
    pattern(paths, "FromServer", message, binding)
}
