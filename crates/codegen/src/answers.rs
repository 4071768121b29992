//! Which messages answer which.

use laster_frame::Side;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::{
    context::{Context, name_of},
    drafts::Draft,
    names,
    options::ReplyMatch,
    place::{Place, Report},
    rules::Rule,
    schema::{Answer, MessageIndex, Replies},
};

/// How replies find their requests, as the file declares it.
pub(crate) fn replies(context: &Context<'_>, report: &mut Report<'_>) -> Replies {
    let options = context.options;
    let place = context.place.field("replies");
    let declared = ReplyMatch::try_from(options.replies).unwrap_or(ReplyMatch::Unspecified);
    if declared != ReplyMatch::Field && !options.reply_field.is_empty() {
        let sentence = "`reply_field` is of no use without `replies: FIELD`";
        report.at(&context.place.field("reply_field"), sentence);
    }
    match declared {
        ReplyMatch::None => Replies::None,
        ReplyMatch::Order => Replies::Order,
        ReplyMatch::Type => Replies::Type,
        ReplyMatch::Field => {
            if options.reply_field.is_empty() {
                report
                    .at(&place, "`replies: FIELD` needs `reply_field`, the field that says which request is answered");
            }
            Replies::Field(options.reply_field.clone())
        }
        ReplyMatch::Header => {
            if !context.has_correlation() {
                report.at(&place, "`replies: HEADER` needs a correlation in the header, and there is none");
            }
            Replies::Header
        }
        ReplyMatch::Unspecified if context.has_correlation() => Replies::Header,
        ReplyMatch::Unspecified => Replies::Type,
    }
}

/// What each direction's messages are looked up in, by side.
pub(crate) type Directions<'d, 'r> = [&'d [Draft<'r>]; 2];

/// What answers the message; `None` for nothing, and where something was reported.
pub(crate) fn answer(
    context: &Context<'_>,
    draft: &Draft<'_>,
    directions: Directions<'_, '_>,
    replies: &Replies,
    report: &mut Report<'_>,
) -> Option<Answer> {
    let rule = draft.rule?;
    let mut resolver = Resolver { context, draft, rule, directions, given: Vec::new(), report };
    let reply = Some(&rule.options.reply).filter(|name| !name.is_empty());
    let reply = reply.and_then(|name| resolver.resolve(name, "reply", 0));
    let errors = resolver.resolve_all(&rule.options.error, "error");
    let stream = resolver.resolve_all(&rule.options.stream, "stream");
    let given = resolver.given;
    if !check_shape(rule, report) || given.is_empty() {
        return None;
    }
    check_match(draft, rule, &given, directions, replies, report);
    let answer = Answer { reply, errors, stream, stream_end: stream_end(rule) };
    check_stream_end(draft, rule, &answer, directions, report);
    Some(answer)
}

fn stream_end(rule: &Rule) -> Option<String> {
    Some(rule.options.stream_end.clone()).filter(|field| !field.is_empty())
}

struct Resolver<'x, 'c, 'd, 'r, 'a> {
    context: &'x Context<'c>,
    draft: &'x Draft<'r>,
    rule: &'x Rule,
    directions: Directions<'d, 'r>,
    /// What has been resolved, and where it is named.
    given: Vec<(MessageIndex, Place)>,
    report: &'x mut Report<'a>,
}

impl Resolver<'_, '_, '_, '_, '_> {
    fn resolve_all(&mut self, names: &[String], field: &str) -> Vec<MessageIndex> {
        names.iter().enumerate().filter_map(|(i, name)| self.resolve(name, field, i)).collect()
    }

    fn resolve(&mut self, name: &str, field: &str, i: usize) -> Option<MessageIndex> {
        let place = self.rule.place.entry(field, i);
        let found = lookup(name, self.draft.side.peer(), self.directions, self.context, &self.rule.package);
        let index = match found {
            Ok(index) => index,
            Err(why) => {
                self.report.at(&place, format!("{why}, so it cannot answer {}", self.draft.name));
                return None;
            }
        };
        if self.given.iter().any(|(known, _)| *known == index) {
            let sentence = format!("'{name}' is named twice in the answer to {}", self.draft.name);
            self.report.at(&place, sentence);
            return None;
        }
        self.given.push((index, place));
        Some(index)
    }
}

/// The message of this name that the side sends; else why there is none.
pub(crate) fn lookup(
    name: &str,
    side: Side,
    directions: Directions<'_, '_>,
    context: &Context<'_>,
    package: &str,
) -> Result<MessageIndex, String> {
    let meanings = names::meanings(name, package);
    let find = |side: Side| {
        let drafts = directions[side as usize];
        let of_type = |full: &String| drafts.iter().position(|draft| draft.payload.message() == Some(full));
        meanings.iter().find_map(of_type).or_else(|| drafts.iter().position(|draft| draft.name == name))
    };
    if let Some(found) = find(side) {
        return Ok(MessageIndex(found));
    }
    if find(side.peer()).is_some() {
        return Err(format!("'{name}' is not sent by the {}", name_of(side)));
    }
    match context.message(name, package) {
        Ok(_) if context.has_roots() => Err(format!("'{name}' is no case of the {}'s root", name_of(side))),
        Ok(_) => Err(format!("'{name}' has no id")),
        Err(sentence) => Err(sentence),
    }
}

/// Whether the answer has an end, and one alone.
fn check_shape(rule: &Rule, report: &mut Report<'_>) -> bool {
    let options = &rule.options;
    let (reply, end) = (!options.reply.is_empty(), !options.stream_end.is_empty());
    let wrong = if end && options.stream.is_empty() {
        Some(("stream_end", "`stream_end` is of no use without a `stream`"))
    } else if end && reply {
        Some(("stream_end", "either the `reply` ends the answer or `stream_end`: remove one of them"))
    } else if !options.stream.is_empty() && !reply && !end {
        Some(("stream", "the stream has no end: give it a `reply` or `stream_end`"))
    } else if !options.error.is_empty() && options.stream.is_empty() && !reply {
        Some(("error", "an `error` needs a `reply` beside it, for when all is well"))
    } else {
        None
    };
    if let Some((field, sentence)) = wrong {
        report.at(&rule.place.field(field), sentence);
    }
    wrong.is_none()
}

/// Whether the replies can be told apart in the way the file declares.
fn check_match(
    draft: &Draft<'_>,
    rule: &Rule,
    given: &[(MessageIndex, Place)],
    directions: Directions<'_, '_>,
    replies: &Replies,
    report: &mut Report<'_>,
) {
    match replies {
        Replies::Field(name) if !name.is_empty() => {
            check_reply_field(draft, name, &rule.place, report);
            for (index, place) in given {
                check_reply_field(&directions[draft.side.peer() as usize][index.0], name, place, report);
            }
        }
        Replies::None => {
            for (_, place) in given {
                report.at(place, format!("the file says `replies: NONE`, so nothing can answer {}", draft.name));
            }
        }
        Replies::Field(_) | Replies::Order | Replies::Type | Replies::Header => {}
    }
}

fn check_reply_field(draft: &Draft<'_>, name: &str, place: &Place, report: &mut Report<'_>) {
    let wrong = match field_of(draft.fields.as_ref(), name) {
        None => Some("has no field"),
        Some(field) if !is_correlation(&field) => Some("has no integer of 32 or 64 bits in its field"),
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        let sentence = "which was to say what request is answered";
        report.at(place, format!("{} {wrong} '{name}', {sentence}", draft.name));
    }
}

fn is_correlation(field: &FieldDescriptor) -> bool {
    let is_integer = matches!(
        field.kind(),
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
    is_integer && !field.is_list()
}

fn check_stream_end(
    draft: &Draft<'_>,
    rule: &Rule,
    answer: &Answer,
    directions: Directions<'_, '_>,
    report: &mut Report<'_>,
) {
    let Some(name) = &answer.stream_end else { return };
    for index in &answer.stream {
        let streamed = &directions[draft.side.peer() as usize][index.0];
        let field = field_of(streamed.fields.as_ref(), name);
        if !field.is_some_and(|field| field.kind() == Kind::Bool && !field.is_list()) {
            let sentence = format!("{} has no bool field '{name}' to end the stream with", streamed.name);
            report.at(&rule.place.field("stream_end"), sentence);
        }
    }
}

fn field_of(message: Option<&MessageDescriptor>, name: &str) -> Option<FieldDescriptor> {
    message?.get_field_by_name(name)
}
