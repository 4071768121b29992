//! Ids that are hashes of the messages' names.

use prost_reflect::MessageDescriptor;

use super::Found;
use crate::{
    context::Context,
    hash,
    options::{Hash, HashIds},
    place::{Place, Report},
    schema::Sender,
};

/// The hashes of all messages of the file or, where a sidecar has none, of the files it imports.
pub(super) fn find(context: &Context<'_>, ids: HashIds, place: &Place, report: &mut Report<'_>) -> Vec<Found> {
    let kind = Hash::try_from(ids.hash).unwrap_or(Hash::Unspecified);
    if kind == Hash::Unspecified {
        report.at(place, "ids_from_hash needs a `hash`, such as CRC32");
        return Vec::new();
    }
    let width = hash::width(kind);
    if ids.bits > width {
        let sentence = format!("this hash has {width} bits, so it cannot give {}", ids.bits);
        report.at(&place.field("bits"), sentence);
        return Vec::new();
    }
    let bits = if ids.bits == 0 { width } else { ids.bits };
    if let Some(most) = context.id_bits.filter(|&most| most < bits) {
        let sentence = format!("a hash of {bits} bits does not fit in the header's id of {most}: say `bits: {most}`");
        report.at(place, sentence);
        return Vec::new();
    }
    let mask = u64::MAX >> (64 - bits);
    let hashed = |message: MessageDescriptor| {
        let name = if ids.short_name { message.name() } else { message.full_name() };
        let id = hash::hash(kind, name)? & mask;
        let place = Place::message(&message);
        Some(Found { message, from: Sender::Both, id, place, hashed: true })
    };
    messages(context).into_iter().filter_map(hashed).collect()
}

fn messages(context: &Context<'_>) -> Vec<MessageDescriptor> {
    let own: Vec<_> = context.file.messages().collect();
    if !own.is_empty() {
        return own;
    }
    context.files.iter().flat_map(|file| file.messages().collect::<Vec<_>>()).collect()
}
