//! Reads one protocol, step by step: header, layout, rules, ids, answers.

use laster_frame::{Field, Layout, Role};
use prost_reflect::FileDescriptor;

use crate::{
    answers,
    context::Context,
    drafts::{self, Draft},
    extensions::Extensions,
    header, ids, layout, messages,
    options::{self, FrameOptions},
    place::{Place, Report},
    roots,
    rules::{self, Rule},
    schema::{Direction, Protocol, Root, UnknownId},
};

/// What the protocol is called: as it says, or as its file is.
pub(crate) fn name_of(file: &FileDescriptor, options: &FrameOptions, place: &Place, report: &mut Report<'_>) -> String {
    let last = file.name().rsplit('/').next().unwrap_or_default();
    let stem = last.strip_suffix(".proto").unwrap_or(last);
    let stem = stem.strip_suffix(".wire").unwrap_or(stem);
    let (name, at) = match options.name.as_str() {
        "" => (stem, place.clone()),
        name => (name, place.field("name")),
    };
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_name_char) {
        let sentence = "cannot be a protocol's name: give it a `name` of a letter, then letters, digits, '_' and '-'";
        report.at(&at, format!("'{name}' {sentence}"));
    }
    name.to_owned()
}

/// The protocol; `None` where its layout was refused.
pub(crate) fn read(
    file: &FileDescriptor,
    name: String,
    options: &FrameOptions,
    extensions: &Extensions,
    report: &mut Report<'_>,
) -> Option<Protocol> {
    let place = Place::frame(file);
    let header = header::read(&options.header, &place, report);
    let layout = layout::read(options, &header, &place, report);
    let context = Context {
        file,
        options,
        extensions,
        files: extensions.files_of(file),
        id_bits: id_bits(&header.fields),
        max_payload: layout.as_ref().map(|(layout, _)| layout.payload_limit()),
        expressible: layout.as_ref().map(|(layout, _)| Layout::expressible(layout)),
        place,
    };
    let rules = rules::collect(&context, report);
    let ([client_root, server_root], drafts) = drafts(&context, &rules, report);
    let (client, server) = messages::by_side(drafts, report);
    let replies = answers::replies(&context, report);
    let directions = [&client[..], &server[..]];
    let client = messages::finish(&context, directions[0], directions, &replies, report);
    let server = messages::finish(&context, directions[1], directions, &replies, report);
    let first = messages::first(&context, directions, report);
    let unknown_id = unknown_id(&context, report);
    let (layout, control) = layout?;
    Some(Protocol {
        name,
        file: file.name().to_owned(),
        package: file.package_name().to_owned(),
        comments: report.comments(&context.place),
        layout,
        values: header.values,
        control,
        unknown_id,
        replies,
        first,
        client: Direction { messages: client, root: client_root },
        server: Direction { messages: server, root: server_root },
    })
}

fn id_bits(fields: &[Field]) -> Option<u32> {
    let integers = fields.iter().filter_map(|field| match field {
        Field::Integer(integer) => Some(integer),
        Field::Const(_) => None,
    });
    let mut parts = integers.flat_map(|integer| integer.parts());
    parts.find(|part| part.role == Role::Id).map(|part| u32::from(part.width))
}

/// What both sides send, in the order of the text, and the roots where there are some.
fn drafts<'r>(
    context: &Context<'_>,
    rules: &'r [Rule],
    report: &mut Report<'_>,
) -> ([Option<Root>; 2], Vec<Draft<'r>>) {
    let found = ids::find(context, report);
    if context.has_roots() {
        return roots::read(context, rules, report);
    }
    if !context.has_id() {
        drafts::refuse_rules(rules, report);
        return ([None, None], Vec::new());
    }
    let options = context.options;
    if rules.is_empty() && found.is_empty() && options.message.is_empty() && options.ids.is_none() {
        let sentence = "the header has an id, and no message has one: give messages an `option (laster.message)`, \
                        list them in `message`, or say where ids come from";
        report.at(&context.place, sentence);
    }
    ([None, None], drafts::with_ids(context, rules, found, report))
}

fn unknown_id(context: &Context<'_>, report: &mut Report<'_>) -> UnknownId {
    use options::UnknownId as Declared;
    let declared = Declared::try_from(context.options.unknown_id).unwrap_or(Declared::Unspecified);
    if declared != Declared::Unspecified && !context.has_id() {
        let sentence = "`unknown_id` is of no use here, for the header has no id";
        report.at(&context.place.field("unknown_id"), sentence);
    }
    match declared {
        Declared::Unspecified | Declared::Error => UnknownId::Error,
        Declared::Skip => UnknownId::Skip,
        Declared::Deliver => UnknownId::Deliver,
    }
}
