//! Ids in a message option that somebody else made, such as ESPHome's `(id)`.

use prost_reflect::{EnumDescriptor, ExtensionDescriptor, Kind, MessageDescriptor, Value};

use super::Found;
use crate::{
    context::Context,
    names,
    options::OptionIds,
    place::{Place, Report},
    schema::Sender,
};

/// The ids of all the protocol's messages that carry the option.
pub(super) fn find(context: &Context<'_>, ids: &OptionIds, place: &Place, report: &mut Report<'_>) -> Vec<Found> {
    let Some(id) = id_option(context, ids, place, report) else { return Vec::new() };
    let Some(from) = from_option(context, ids, place, report) else { return Vec::new() };
    let messages = context.files.iter().flat_map(names::messages_of);
    let carriers = messages.filter(|message| message.options().has_extension(&id));
    carriers.filter_map(|message| found(message, &id, from.as_ref(), report)).collect()
}

fn id_option(
    context: &Context<'_>,
    ids: &OptionIds,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<ExtensionDescriptor> {
    let option = message_option(context, &ids.id, &place.field("id"), report)?;
    let is_integer = matches!(
        option.kind(),
        Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64
            | Kind::Fixed32
            | Kind::Fixed64
            | Kind::Sfixed32
            | Kind::Sfixed64
    );
    if !is_integer || option.is_list() {
        report.at(&place.field("id"), format!("the option '{}' is no integer, so it cannot be an id", ids.id));
        return None;
    }
    Some(option)
}

/// The option that says who sends, and what its values mean.
struct From {
    option: ExtensionDescriptor,
    values: EnumDescriptor,
    senders: Vec<(String, Sender)>,
}

/// `Some(None)` where all send all.
fn from_option(context: &Context<'_>, ids: &OptionIds, place: &Place, report: &mut Report<'_>) -> Option<Option<From>> {
    let senders = [
        ("client", &ids.client, Sender::Client),
        ("server", &ids.server, Sender::Server),
        ("both", &ids.both, Sender::Both),
    ];
    let given: Vec<_> = senders.into_iter().filter(|(_, value, _)| !value.is_empty()).collect();
    if ids.from.is_empty() {
        for (field, ..) in &given {
            let sentence = format!("`{field}` names a value of the option in `from`, and there is none");
            report.at(&place.field(field), sentence);
        }
        return Some(None);
    }
    let option = message_option(context, &ids.from, &place.field("from"), report)?;
    let kind = option.kind();
    let Some(values) = kind.as_enum().filter(|_| !option.is_list()) else {
        report.at(&place.field("from"), format!("the option '{}' is no enum, so it cannot say who sends", ids.from));
        return None;
    };
    for (field, value, _) in &given {
        if values.get_value_by_name(value).is_none() {
            report.at(&place.field(field), format!("the enum {} has no value '{value}'", values.full_name()));
        }
    }
    let senders = given.into_iter().map(|(_, value, sender)| (value.clone(), sender)).collect();
    Some(Some(From { values: values.clone(), senders, option }))
}

fn message_option(
    context: &Context<'_>,
    name: &str,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<ExtensionDescriptor> {
    let pool = context.file.parent_pool();
    let option = pool.get_extension_by_name(name.strip_prefix('.').unwrap_or(name));
    let option = option.filter(|option| option.containing_message().full_name() == "google.protobuf.MessageOptions");
    if option.is_none() {
        report.at(place, format!("there is no message option '{name}': give its full name, package included"));
    }
    option
}

fn found(
    message: MessageDescriptor,
    option: &ExtensionDescriptor,
    from: Option<&From>,
    report: &mut Report<'_>,
) -> Option<Found> {
    let options = message.options();
    let place = Place::option_of(&message, option.number() as i32);
    let id = match options.get_extension(option).as_ref() {
        Value::I32(id) => u64::try_from(*id).ok(),
        Value::I64(id) => u64::try_from(*id).ok(),
        Value::U32(id) => Some(u64::from(*id)),
        Value::U64(id) => Some(*id),
        _ => None,
    };
    let Some(id) = id else {
        report.at(&place, format!("the id of {} is negative", message.full_name()));
        return None;
    };
    let from = match from {
        None => Sender::Both,
        Some(from) => {
            let number = options.get_extension(&from.option).as_enum_number()?;
            let value = from.values.get_value(number).map_or(number.to_string(), |value| value.name().to_owned());
            let sender = from.senders.iter().find(|(name, _)| *name == value).map(|(_, sender)| *sender);
            if sender.is_none() {
                let sentence = "is none of `client`, `server` and `both` of ids_from_option";
                let place = Place::option_of(&message, from.option.number() as i32);
                report.at(&place, format!("'{value}', which says who sends {}, {sentence}", message.full_name()));
            }
            sender?
        }
    };
    Some(Found { message, from, id, place, hashed: false })
}
