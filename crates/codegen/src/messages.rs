//! From drafts to the messages of a [`Direction`](crate::Direction): what must hold of all that one side sends.

use std::collections::BTreeMap;

use laster_frame::Side;

use crate::{
    answers::{self, Directions},
    context::Context,
    drafts::Draft,
    place::Report,
    schema::{Key, Message, MessageIndex, Payload, Replies},
};

/// What the client sends and what the server sends, each by key.
pub(crate) fn by_side<'r>(drafts: Vec<Draft<'r>>, report: &mut Report<'_>) -> (Vec<Draft<'r>>, Vec<Draft<'r>>) {
    let (mut client, mut server): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| draft.side == Side::Client);
    for drafts in [&mut client, &mut server] {
        check_names(drafts, report);
        // Stable: of two with one id, the one that stands behind is the one at fault.
        drafts.sort_by_key(|draft| draft.key);
        check_keys(drafts, report);
    }
    (client, server)
}

fn check_names(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    let mut known: BTreeMap<&str, &Draft<'_>> = BTreeMap::new();
    for draft in drafts {
        if let Some(first) = known.get(draft.name.as_str()) {
            let other = report.other(&first.place, &draft.place);
            let sentence = format!("another message is called {}{other}: give one of them a `name`", draft.name);
            report.at(&draft.place, sentence);
        }
        known.entry(&draft.name).or_insert(draft);
    }
}

/// Refuses two messages with one id; `drafts` are sorted.
fn check_keys(drafts: &[Draft<'_>], report: &mut Report<'_>) {
    for pair in drafts.chunk_by(|first, second| first.key == second.key) {
        let (Some((first, others)), Some(Key::Id(id))) = (pair.split_first(), pair.first().map(|draft| draft.key))
        else {
            continue;
        };
        for second in others {
            let other = report.other(&first.key_place, &second.key_place);
            let sentence = if first.hashed && second.hashed {
                let names = format!("{} and {}", first.name, second.name);
                format!("the names {names} have the same hash, {id}: give one of them an `id` in a rule")
            } else {
                format!("{} has the id {id}, which is {}'s{other}", second.name, first.name)
            };
            report.at(&second.key_place, sentence);
        }
    }
}

/// The messages of one direction, answers and limits put in.
pub(crate) fn finish(
    context: &Context<'_>,
    drafts: &[Draft<'_>],
    directions: Directions<'_, '_>,
    replies: &Replies,
    report: &mut Report<'_>,
) -> Vec<Message> {
    let finish = |draft: &Draft<'_>| Message {
        name: draft.name.clone(),
        key: draft.key,
        payload: draft.payload.clone(),
        max_payload: max_payload(context, draft, report),
        answer: answers::answer(context, draft, directions, replies, report),
        comments: draft.comments.clone(),
    };
    drafts.iter().map(finish).collect()
}

fn max_payload(context: &Context<'_>, draft: &Draft<'_>, report: &mut Report<'_>) -> u32 {
    let given = draft.rule.filter(|rule| rule.options.max_payload != 0);
    let is_empty = draft.payload == Payload::Empty;
    let frame = if is_empty { 0 } else { context.max_payload.unwrap_or(u32::MAX) };
    let Some(rule) = given else { return frame };
    let most = rule.options.max_payload;
    let wrong = if is_empty {
        Some(format!("{} has no payload to limit: give it a `type`, or say `raw: true`", draft.name))
    } else if let Some(expressible) = context.expressible.filter(|&expressible| u64::from(most) > expressible) {
        Some(format!("the length cannot say the {most} bytes of {}: {expressible} are the most", draft.name))
    } else if most > frame {
        Some(format!("{} may have {most} bytes, and the frame {frame}: raise the frame's `max_payload`", draft.name))
    } else {
        None
    };
    if let Some(sentence) = wrong {
        report.at(&rule.place.field("max_payload"), sentence);
    }
    most
}

/// What the client has to send first.
pub(crate) fn first(
    context: &Context<'_>,
    directions: Directions<'_, '_>,
    report: &mut Report<'_>,
) -> Option<MessageIndex> {
    let name = &context.options.first;
    if name.is_empty() {
        return None;
    }
    let found = answers::lookup(name, Side::Client, directions, context, context.file.package_name());
    if let Err(why) = &found {
        report.at(&context.place.field("first"), format!("{why}, so it cannot be first"));
    }
    found.ok()
}
