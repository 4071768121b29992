//! Protocols without ids: one message per side, whose oneof says what is sent.

use laster_frame::Side;
use prost_reflect::{Kind, MessageDescriptor, OneofDescriptor};

use crate::{
    context::{Context, name_of},
    drafts::{Draft, one_rule_per_side},
    names::upper_camel,
    place::{Place, Report},
    rules::Rule,
    schema::{Key, Payload, Root, Sender},
};

/// The two roots, client's first, and what they can be.
pub(crate) fn read<'r>(
    context: &Context<'_>,
    rules: &'r [Rule],
    report: &mut Report<'_>,
) -> ([Option<Root>; 2], Vec<Draft<'r>>) {
    if context.has_id() {
        let field = if context.options.client_root.is_empty() { "server_root" } else { "client_root" };
        let sentence = "the header has an id, which says what a frame is, so there can be no roots: remove either";
        report.at(&context.place.field(field), sentence);
        return ([None, None], Vec::new());
    }
    if context.options.raw {
        let sentence = "bytes that pass `raw` are no messages, so there can be no roots";
        report.at(&context.place.field("raw"), sentence);
    }
    let client = SideRoot::read(context, Side::Client, report);
    let server = SideRoot::read(context, Side::Server, report);
    // Without both, a rule about a message of the missing one would be called wrong for no reason.
    let (Some(client), Some(server)) = (client, server) else { return ([None, None], Vec::new()) };
    let mut kinds: Vec<Kinded<'r>> = Vec::new();
    for root in [&client, &server] {
        kinds.extend(root.kinds(report));
    }
    apply(rules, &mut kinds, report);
    let drafts = kinds.into_iter().map(|kind| kind.draft).collect();
    ([Some(client.root()), Some(server.root())], drafts)
}

struct SideRoot {
    side: Side,
    message: MessageDescriptor,
    oneof: Option<OneofDescriptor>,
}

/// A draft and the message by which rules find it.
struct Kinded<'r> {
    draft: Draft<'r>,
    message: Option<MessageDescriptor>,
}

impl SideRoot {
    fn read(context: &Context<'_>, side: Side, report: &mut Report<'_>) -> Option<Self> {
        let (field, name) = match side {
            Side::Client => ("client_root", &context.options.client_root),
            Side::Server => ("server_root", &context.options.server_root),
        };
        if name.is_empty() {
            let sentence = format!("there is no `{field}`: say which message the {} sends", name_of(side));
            report.at(&context.place, sentence);
            return None;
        }
        let message = match context.message(name, context.file.package_name()) {
            Ok(message) => message,
            Err(sentence) => {
                report.at(&context.place.field(field), sentence);
                return None;
            }
        };
        let oneofs: Vec<_> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        if let [first, second, ..] = &oneofs[..] {
            let sentence = format!(
                "{} has more than one oneof, '{}' and '{}', so it does not tell what is sent",
                message.full_name(),
                first.name(),
                second.name()
            );
            report.at(&Place::oneof(second), sentence);
            return None;
        }
        Some(SideRoot { side, message, oneof: oneofs.into_iter().next() })
    }

    fn root(&self) -> Root {
        let oneof = self.oneof.as_ref().map(|oneof| oneof.name().to_owned());
        Root { message: self.message.full_name().to_owned(), oneof }
    }

    fn kinds<'r>(&self, report: &Report<'_>) -> Vec<Kinded<'r>> {
        let Some(oneof) = &self.oneof else {
            let place = Place::message(&self.message);
            let draft = self.draft(self.message.name(), Key::Root, Some(&self.message), place, report);
            return vec![Kinded { draft, message: Some(self.message.clone()) }];
        };
        let cases = oneof.fields().map(|field| {
            let kind = field.kind();
            let message = match &kind {
                Kind::Message(message) => Some(message),
                _ => None,
            };
            let name = upper_camel(field.name());
            let draft = self.draft(&name, Key::Case(field.number()), message, Place::field_of(&field), report);
            Kinded { draft, message: message.cloned() }
        });
        cases.collect()
    }

    fn draft<'r>(
        &self,
        name: &str,
        key: Key,
        message: Option<&MessageDescriptor>,
        place: Place,
        report: &Report<'_>,
    ) -> Draft<'r> {
        Draft {
            side: self.side,
            name: name.to_owned(),
            key,
            payload: message.map_or(Payload::Scalar, |message| Payload::Message(message.full_name().to_owned())),
            fields: message.cloned(),
            rule: None,
            comments: report.comments(&place),
            key_place: place.clone(),
            place,
            hashed: false,
        }
    }
}

/// Gives each rule to the kinds it is about.
fn apply<'r>(rules: &'r [Rule], kinds: &mut [Kinded<'r>], report: &mut Report<'_>) {
    let mut done: Vec<&MessageDescriptor> = Vec::new();
    for rule in rules {
        refuse_what_needs_ids(rule, report);
        let Some(message) = &rule.message else { continue };
        if done.contains(&message) {
            continue;
        }
        done.push(message);
        let same: Vec<&Rule> = rules.iter().filter(|rule| rule.message.as_ref() == Some(message)).collect();
        let on = |side| kinds.iter().any(|kind| kind.draft.side == side && kind.message.as_ref() == Some(message));
        let found = match (on(Side::Client), on(Side::Server)) {
            (true, false) => Sender::Client,
            (false, true) => Sender::Server,
            (true, true) => Sender::Both,
            (false, false) => {
                for rule in same {
                    let sentence = format!("{} is no case of the roots, so nothing leads to it", message.full_name());
                    report.at(&rule.place, sentence);
                }
                continue;
            }
        };
        for (side, rule) in one_rule_per_side(&same, |rule| rule.from().unwrap_or(found), report) {
            if let Some(rule) = rule {
                give(rule, side, message, kinds, report);
            }
        }
    }
}

fn give<'r>(
    rule: &'r Rule,
    side: Side,
    message: &MessageDescriptor,
    kinds: &mut [Kinded<'r>],
    report: &mut Report<'_>,
) {
    let is_it = |kind: &&mut Kinded<'_>| kind.draft.side == side && kind.message.as_ref() == Some(message);
    match &mut kinds.iter_mut().filter(is_it).collect::<Vec<_>>()[..] {
        [] => {
            let sentence = format!("{} is no case of the {}'s root", message.full_name(), name_of(side));
            report.at(&rule.place.field("from"), sentence);
        }
        [kind] => {
            kind.draft.rule = Some(rule);
            kind.draft.place = rule.place.clone();
            if !rule.options.name.is_empty() {
                kind.draft.name = rule.options.name.clone();
            }
        }
        [_, _, ..] => {
            let sentence = format!(
                "{} is more than one case of the {}'s root, so a rule cannot say which",
                message.full_name(),
                name_of(side)
            );
            report.at(&rule.place, sentence);
        }
    }
}

fn refuse_what_needs_ids(rule: &Rule, report: &mut Report<'_>) {
    if rule.message.is_none() || rule.options.id.is_some() {
        let sentence =
            format!("the header has no id that could be {}'s: the root's oneof says what is sent", rule.name());
        report.at(&rule.place.field("id"), sentence);
    }
    if rule.options.raw {
        report.at(&rule.place.field("raw"), "a case of a root cannot be `raw`: it is inside a protobuf message");
    }
}
