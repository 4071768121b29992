//! Ids that a schema does not list: from somebody's own option, from an enum, from a hash.

mod by_enum;
mod by_hash;
mod by_option;

use prost_reflect::MessageDescriptor;

use crate::{
    context::Context,
    options::Ids,
    place::{Place, Report},
    schema::Sender,
};

/// An id that was found for a message.
pub(crate) struct Found {
    pub(crate) message: MessageDescriptor,
    pub(crate) from: Sender,
    pub(crate) id: u64,
    /// Where the id comes from.
    pub(crate) place: Place,
    /// Whether it is a hash, which nobody chose.
    pub(crate) hashed: bool,
}

/// All ids of the protocol's `ids_from_…`.
pub(crate) fn find(context: &Context<'_>, report: &mut Report<'_>) -> Vec<Found> {
    let Some(ids) = &context.options.ids else { return Vec::new() };
    let place = context.place.field(match ids {
        Ids::Option(_) => "ids_from_option",
        Ids::Enum(_) => "ids_from_enum",
        Ids::Hash(_) => "ids_from_hash",
    });
    if !context.has_id() {
        report.at(&place, "ids are of no use here, for the header has no id: give it one, or name the roots");
        return Vec::new();
    }
    match ids {
        Ids::Option(ids) => by_option::find(context, ids, &place, report),
        Ids::Enum(ids) => by_enum::find(context, ids, &place, report),
        Ids::Hash(ids) => by_hash::find(context, *ids, &place, report),
    }
}
