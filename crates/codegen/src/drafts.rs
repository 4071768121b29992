//! Brings rules and ids together: which messages each side sends.
//!
//! A rule goes before what an id source found. One that says `from` decides who sends its message; one that does not
//! leaves that to the id source and, where there is none, means both.

use std::collections::BTreeMap;

use laster_frame::Side;
use prost_reflect::MessageDescriptor;

use crate::{
    context::Context,
    ids::Found,
    place::{Place, Report},
    rules::Rule,
    schema::{Comments, Key, Payload, Sender},
};

/// A message as one side sends it, not yet answered.
pub(crate) struct Draft<'r> {
    pub(crate) side: Side,
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) payload: Payload,
    /// Where its fields are; none where it carries no protobuf message.
    pub(crate) fields: Option<MessageDescriptor>,
    pub(crate) rule: Option<&'r Rule>,
    /// What declares it.
    pub(crate) place: Place,
    /// What gives it its key.
    pub(crate) key_place: Place,
    pub(crate) hashed: bool,
    pub(crate) comments: Comments,
}

/// All that is said of one message.
struct Entry<'r> {
    /// None: an id by itself.
    message: Option<MessageDescriptor>,
    rules: Vec<&'r Rule>,
    found: Vec<Found>,
}

/// The messages of a protocol whose frames have ids, in the order of the text.
pub(crate) fn with_ids<'r>(
    context: &Context<'_>,
    rules: &'r [Rule],
    found: Vec<Found>,
    report: &mut Report<'_>,
) -> Vec<Draft<'r>> {
    let mut drafts = Vec::new();
    for entry in entries(rules, found) {
        let found = found_by_side(&entry, report);
        for (side, rule) in senders(&entry, &found, report) {
            drafts.extend(draft(context, side, rule, &entry, &found, report));
        }
    }
    drafts
}

fn entries(rules: &[Rule], found: Vec<Found>) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut slot = |message: &MessageDescriptor, entries: &mut Vec<Entry<'_>>| {
        *known.entry(message.full_name().to_owned()).or_insert_with(|| {
            entries.push(Entry { message: Some(message.clone()), rules: Vec::new(), found: Vec::new() });
            entries.len() - 1
        })
    };
    for rule in rules {
        match &rule.message {
            Some(message) => {
                let slot = slot(message, &mut entries);
                entries[slot].rules.push(rule);
            }
            None => entries.push(Entry { message: None, rules: vec![rule], found: Vec::new() }),
        }
    }
    for found in found {
        let slot = slot(&found.message, &mut entries);
        entries[slot].found.push(found);
    }
    entries
}

/// What the id source says of each side.
type BySide<'e> = [Option<&'e Found>; 2];

fn found_by_side<'e>(entry: &'e Entry<'_>, report: &mut Report<'_>) -> BySide<'e> {
    let mut by_side: BySide<'e> = [None; 2];
    for found in &entry.found {
        for side in found.from.sides() {
            if let Some(first) = by_side[side as usize] {
                let other = report.other(&first.place, &found.place);
                let sentence = format!("{} has the id {} already{other}", found.message.full_name(), first.id);
                report.at(&found.place, sentence);
            }
            by_side[side as usize] = Some(found);
        }
    }
    by_side
}

/// Who sends the message, and by which rule.
fn senders<'r>(entry: &Entry<'r>, found: &BySide<'_>, report: &mut Report<'_>) -> Vec<(Side, Option<&'r Rule>)> {
    let found_from = match found {
        [Some(_), None] => Some(Sender::Client),
        [None, Some(_)] => Some(Sender::Server),
        _ => None,
    };
    if entry.rules.is_empty() {
        let sides = found_from.unwrap_or(Sender::Both).sides();
        return sides.map(|side| (side, None)).collect();
    }
    let from = |rule: &Rule| rule.from().or(found_from).unwrap_or(Sender::Both);
    one_rule_per_side(&entry.rules, from, report)
}

/// Pairs sides with their rules; a second rule for one side is refused.
pub(crate) fn one_rule_per_side<'r>(
    rules: &[&'r Rule],
    from: impl Fn(&Rule) -> Sender,
    report: &mut Report<'_>,
) -> Vec<(Side, Option<&'r Rule>)> {
    let mut senders: Vec<(Side, Option<&'r Rule>)> = Vec::new();
    for rule in rules {
        for side in from(rule).sides() {
            match senders.iter().find(|(known, _)| *known == side) {
                Some((_, Some(first))) => {
                    let other = report.other(&first.place, &rule.place);
                    let sentence = format!(
                        "there is a rule for {} already{other}: keep one, or give each its `from`",
                        rule.name()
                    );
                    report.at(&rule.place, sentence);
                }
                _ => senders.push((side, Some(rule))),
            }
        }
    }
    senders
}

fn draft<'r>(
    context: &Context<'_>,
    side: Side,
    rule: Option<&'r Rule>,
    entry: &Entry<'r>,
    found: &BySide<'_>,
    report: &mut Report<'_>,
) -> Option<Draft<'r>> {
    let found = found[side as usize].or(found[side.peer() as usize]);
    let (id, key_place, hashed) = match (rule.and_then(|rule| Some((rule, rule.options.id?))), found) {
        (Some((rule, id)), _) => (id, rule.place.field("id"), false),
        (None, Some(found)) => (found.id, found.place.clone(), found.hashed),
        (None, None) => {
            let rule = rule?;
            let sentence = format!("no id leads to {}: give it an `id`", rule.name());
            report.at(&rule.place, sentence);
            return None;
        }
    };
    let place = rule.map_or_else(|| key_place.clone(), |rule| rule.place.clone());
    let message = entry.message.as_ref();
    if let Some(bits) = context.id_bits.filter(|&bits| bits < 64 && id >> bits != 0) {
        let name = rule.map_or_else(|| message.map_or("", |message| message.name()), Rule::name);
        let sentence = format!(
            "the id {id} of {name} does not fit in the header's {bits} bits: {} is the largest",
            (1u64 << bits) - 1
        );
        report.at(&key_place, sentence);
    }
    let raw = rule.is_some_and(|rule| rule.options.raw);
    let full_name = message.map(|message| message.full_name().to_owned());
    let payload = match full_name {
        name if raw => Payload::Raw(name),
        Some(name) => Payload::Message(name),
        None => Payload::Empty,
    };
    Some(Draft {
        side,
        name: rule.map_or_else(|| message.map_or("", |message| message.name()), Rule::name).to_owned(),
        key: Key::Id(id),
        payload,
        fields: message.filter(|_| !raw).cloned(),
        rule,
        place,
        key_place,
        hashed,
        comments: message.map(|message| report.comments(&Place::message(message))).unwrap_or_default(),
    })
}

/// Rules of a protocol whose frames say nothing of what they carry.
pub(crate) fn refuse_rules(rules: &[Rule], report: &mut Report<'_>) {
    for rule in rules {
        let sentence =
            format!("nothing in a frame says that it is {}: give the header an id, or name roots", rule.name());
        report.at(&rule.place, sentence);
    }
}
