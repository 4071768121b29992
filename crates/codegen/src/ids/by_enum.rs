//! Ids in an enum whose values are called as the messages are: `CMSG_HELLO` is `CMsgHello`.

use prost_reflect::{EnumValueDescriptor, MessageDescriptor};

use super::Found;
use crate::{
    context::Context,
    layout::sender,
    names::folded,
    options::{EnumIds, Prefix},
    place::{Place, Report},
    schema::Sender,
};

/// The ids of all messages that a value of the enum is called as.
pub(super) fn find(context: &Context<'_>, ids: &EnumIds, place: &Place, report: &mut Report<'_>) -> Vec<Found> {
    let values = match context.enumeration(&ids.r#type) {
        Ok(values) => values,
        Err(sentence) => {
            report.at(&place.field("type"), sentence);
            return Vec::new();
        }
    };
    let messages: Vec<_> = context.files.iter().flat_map(|file| file.messages().collect::<Vec<_>>()).collect();
    let whole = [Prefix::default()];
    let prefixes = if ids.prefix.is_empty() { &whole } else { &ids.prefix[..] };
    let mut found: Vec<Found> = Vec::new();
    for value in values.values() {
        let Some((message, from)) = matching(&value, prefixes, &messages, ids.ignore_unmatched, report) else {
            continue;
        };
        let place = Place::enum_value(&value);
        let Ok(id) = u64::try_from(value.number()) else {
            report.at(&place, format!("{} is negative, so it cannot be an id", value.name()));
            continue;
        };
        found.push(Found { message, from, id, place, hashed: false });
    }
    found
}

/// The message that the value is called as, and who sends it.
fn matching(
    value: &EnumValueDescriptor,
    prefixes: &[Prefix],
    messages: &[MessageDescriptor],
    ignore_unmatched: bool,
    report: &mut Report<'_>,
) -> Option<(MessageDescriptor, Sender)> {
    let place = Place::enum_value(value);
    let fitting = prefixes.iter().filter(|prefix| value.name().starts_with(&prefix.value));
    let Some(prefix) = fitting.max_by_key(|prefix| prefix.value.len()) else {
        if !ignore_unmatched {
            let sentence = "begins with no `prefix` of ids_from_enum: add its own, or `ignore_unmatched: true`";
            report.at(&place, format!("{} {sentence}", value.name()));
        }
        return None;
    };
    let rest = folded(&value.name()[prefix.value.len()..]);
    let is_named_so = |message: &&MessageDescriptor| {
        message.name().strip_prefix(prefix.message.as_str()).is_some_and(|name| folded(name) == rest)
    };
    let named: Vec<_> = messages.iter().filter(is_named_so).collect();
    match named[..] {
        [message] => Some((message.clone(), sender(prefix.from).unwrap_or(Sender::Both))),
        [] if ignore_unmatched => None,
        [] => {
            let sentence = "fits no message: rename one of them, or say `ignore_unmatched: true`";
            report.at(&place, format!("{} {sentence}", value.name()));
            None
        }
        [first, second, ..] => {
            let names = format!("{} and {}", first.full_name(), second.full_name());
            report.at(&place, format!("{} fits {names}: give them their ids in rules", value.name()));
            None
        }
    }
}
