//! Frame options to a [`Layout`].
//!
//! The layout's own checks say what is wrong; here each is run where the place is known, so that the sentence can be put
//! there.

use laster_frame::{
    DEFAULT_MAX_JUNK, Field, LARGEST_MAX_PAYLOAD, Layout, LayoutError, Literal, MAX_FIELDS, MAX_VALUES, Role, Side,
};

use crate::{
    header::{Header, literal},
    names::is_identifier,
    options::{ControlWord, FrameOptions},
    place::{Place, Report},
    schema::{Control, Sender},
};

/// The layout and its control words' names; `None` where something was reported.
pub(crate) fn read(
    options: &FrameOptions,
    header: &Header,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<(Layout, Vec<Control>)> {
    let base = base(options, header, place, report);
    let (control, words) = control(&options.control, place, report);
    let mut prologue = |bytes: &[u8], field| literal(bytes, "a prologue", &place.field(field), report);
    let client = prologue(&options.client_prologue, "client_prologue");
    let server = prologue(&options.server_prologue, "server_prologue");
    let layout = limited(base?, options, place, report)?;
    let layout = resyncing(layout, options, place, report)?;
    let layout = with_control(layout, &words?, place, report)?;
    Some((layout.prologue(Side::Client, client?).prologue(Side::Server, server?), control))
}

/// The header alone.
fn base(options: &FrameOptions, header: &Header, place: &Place, report: &mut Report<'_>) -> Option<Layout> {
    match (options.raw, options.header.is_empty()) {
        (true, true) => return Some(Layout::RAW),
        (true, false) => {
            report.at(&place.field("raw"), "bytes that pass `raw` have no header: remove one of the two");
            return None;
        }
        (false, true) => {
            report.at(place, "the frame has no `header`: give it one, or say `raw: true` to pass bytes through");
            return None;
        }
        (false, false) => {}
    }
    if header.fields.len() < options.header.len() {
        return None; // What was left out has been reported.
    }
    let mut good = true;
    for (i, field) in header.fields.iter().enumerate() {
        if let Some(error) = error_of(field) {
            report.at(&place_of(error, field, &place.entry("header", i)), sentence(error, &field_facts(field)));
            good = false;
        }
    }
    if !good {
        return None;
    }
    match Layout::try_new(&header.fields) {
        Ok(layout) => Some(layout),
        Err(error) => {
            let at = culprit(error, &header.fields).map_or(place.clone(), |i| place.entry("header", i));
            report.at(&at, sentence(error, ""));
            None
        }
    }
}

/// What is wrong with a field by itself, whatever stands beside it.
fn error_of(field: &Field) -> Option<LayoutError> {
    // Fields are checked before they are counted: alone, a good one is only told what is missing around it.
    Layout::try_new(&[*field]).err().filter(|error| {
        matches!(
            error,
            LayoutError::EmptyConstant
                | LayoutError::VarintBytes
                | LayoutError::PartsWidth
                | LayoutError::FixedDoesNotFit
        )
    })
}

fn place_of(error: LayoutError, field: &Field, at: &Place) -> Place {
    let is_whole = matches!(field, Field::Integer(integer) if integer.parts().len() == 1);
    match error {
        LayoutError::VarintBytes => at.field("max_bytes"),
        LayoutError::FixedDoesNotFit if is_whole => at.field("expect"),
        _ => at.clone(),
    }
}

/// Numbers that a sentence is clearer with.
fn field_facts(field: &Field) -> String {
    match field {
        Field::Integer(integer) if integer.parts().len() != 1 => {
            let sum: u32 = integer.parts().iter().map(|part| u32::from(part.width)).sum();
            format!(": these add up to {sum} of {} bits", integer.encoding().bits())
        }
        _ => String::new(),
    }
}

fn sentence(error: LayoutError, facts: &str) -> String {
    let facts = if error == LayoutError::PartsWidth { facts } else { "" };
    format!("{error}{facts}")
}

/// Which field of the header the error is about, if it is one.
fn culprit(error: LayoutError, fields: &[Field]) -> Option<usize> {
    let nth = |n: usize, is: fn(&Role) -> bool| {
        let roles = fields.iter().enumerate().flat_map(|(i, field)| match field {
            Field::Const(_) => Vec::new(),
            Field::Integer(integer) => integer.parts().iter().map(|part| (i, part.role)).collect(),
        });
        roles.filter(|(_, role)| is(role)).nth(n).map(|(i, _)| i)
    };
    match error {
        LayoutError::TooManyFields => Some(MAX_FIELDS),
        LayoutError::TwoLengths => nth(1, |role| matches!(role, Role::Length { .. })),
        LayoutError::TwoIds => nth(1, |role| matches!(role, Role::Id)),
        LayoutError::TwoCorrelations => nth(1, |role| matches!(role, Role::Correlation)),
        LayoutError::ValueSlot => nth(MAX_VALUES, |role| matches!(role, Role::Value { .. })),
        LayoutError::MaxPayloadNotExpressible => nth(0, |role| matches!(role, Role::Length { .. })),
        _ => None,
    }
}

fn limited(layout: Layout, options: &FrameOptions, place: &Place, report: &mut Report<'_>) -> Option<Layout> {
    if options.max_payload == 0 {
        return Some(layout);
    }
    let limited = layout.try_max_payload(options.max_payload);
    if let Err(error) = limited {
        let most = layout.expressible().min(u64::from(LARGEST_MAX_PAYLOAD));
        let sentence =
            format!("{error}: it was to be {}, and with this header {most} is the most", options.max_payload);
        report.at(&place.field("max_payload"), sentence);
    }
    limited.ok()
}

fn resyncing(layout: Layout, options: &FrameOptions, place: &Place, report: &mut Report<'_>) -> Option<Layout> {
    if !options.resync {
        if options.max_junk != 0 {
            report.at(&place.field("max_junk"), "`max_junk` is of no use without `resync: true`");
        }
        return Some(layout);
    }
    let resyncing = layout.try_resync(if options.max_junk == 0 { DEFAULT_MAX_JUNK } else { options.max_junk });
    if let Err(error) = resyncing {
        report.at(&place.field("resync"), error.as_str());
    }
    resyncing.ok()
}

/// The words, and what they are called; no words where one is too long to be one.
fn control(words: &[ControlWord], place: &Place, report: &mut Report<'_>) -> (Vec<Control>, Option<Vec<Literal>>) {
    let mut control: Vec<Control> = Vec::new();
    let mut literals = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let at = place.entry("control", i);
        if !is_identifier(&word.name) {
            report.at(&at, format!("a control word needs a `name`, an identifier; '{}' is none", word.name));
        } else if control.iter().any(|known| known.name == word.name) {
            report.at(&at, format!("two control words are called '{}'", word.name));
        }
        literals.push(literal(&word.word, "a control word", &at.field("word"), report));
        control.push(Control { name: word.name.clone(), from: sender(word.from).unwrap_or(Sender::Both) });
    }
    (control, literals.into_iter().collect())
}

/// The layout with the words, added one by one to know which of them is refused.
fn with_control(layout: Layout, words: &[Literal], place: &Place, report: &mut Report<'_>) -> Option<Layout> {
    let mut with_words = layout;
    for last in 0..words.len() {
        match layout.try_control(&words[..=last]) {
            Ok(layout) => with_words = layout,
            Err(error) => {
                // Those behind it would be refused for the same word.
                report.at(&place.entry("control", last), error.as_str());
                return None;
            }
        }
    }
    Some(with_words)
}

/// `None` where the schema does not say.
pub(crate) fn sender(side: i32) -> Option<Sender> {
    match crate::options::Side::try_from(side) {
        Ok(crate::options::Side::Client) => Some(Sender::Client),
        Ok(crate::options::Side::Server) => Some(Sender::Server),
        Ok(crate::options::Side::Both) => Some(Sender::Both),
        Ok(crate::options::Side::Unspecified) | Err(_) => None,
    }
}
