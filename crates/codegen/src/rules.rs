//! Collects what the schema says of its messages, from the messages' own options and from the file's list.

use prost_reflect::MessageDescriptor;

use crate::{
    context::Context,
    layout::sender,
    names::{self, is_identifier},
    options::MessageRule,
    place::{Place, Report},
    schema::Sender,
};

/// What one `laster.MessageRule` says.
pub(crate) struct Rule {
    pub(crate) options: MessageRule,
    pub(crate) place: Place,
    /// The package of the file it stands in, from which the names in it are seen.
    pub(crate) package: String,
    /// None: an id by itself, or raw bytes that the schema has no message for.
    pub(crate) message: Option<MessageDescriptor>,
}

impl Rule {
    /// Who sends the message; `None` where the rule does not say.
    pub(crate) fn from(&self) -> Option<Sender> {
        sender(self.options.from)
    }

    /// What to call the message.
    pub(crate) fn name(&self) -> &str {
        match &self.message {
            Some(message) if self.options.name.is_empty() => message.name(),
            _ => &self.options.name,
        }
    }
}

/// All rules of the protocol, but those that cannot be told what they are about.
pub(crate) fn collect(context: &Context<'_>, report: &mut Report<'_>) -> Vec<Rule> {
    let mut rules = of_messages(context, report);
    for (i, options) in context.options.message.iter().enumerate() {
        let place = context.place.entry("message", i);
        let package = context.file.package_name().to_owned();
        match described(context, options, &package) {
            Ok(message) => rules.push(Rule { options: options.clone(), place, package, message }),
            Err((field, sentence)) => report.at(&field.map_or(place.clone(), |field| place.field(field)), sentence),
        }
    }
    for rule in rules.iter().filter(|rule| !rule.options.name.is_empty() && !is_identifier(&rule.options.name)) {
        let sentence = "is no identifier: take a letter, then letters, digits and underscores";
        report.at(&rule.place.field("name"), format!("'{}' {sentence}", rule.options.name));
    }
    rules
}

fn of_messages(context: &Context<'_>, report: &mut Report<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for file in &context.files {
        for message in names::messages_of(file) {
            for (n, options) in context.extensions.rules(&message, report).into_iter().enumerate() {
                let place = Place::rule(&message, n);
                if !options.r#type.is_empty() {
                    let sentence = "an option on a message knows its message: remove `type`";
                    report.at(&place.field("type"), sentence);
                }
                let package = file.package_name().to_owned();
                rules.push(Rule { options, place, package, message: Some(message.clone()) });
            }
        }
    }
    rules
}

/// The message that a rule of the list is about; else the field to blame and why.
fn described(
    context: &Context<'_>,
    rule: &MessageRule,
    package: &str,
) -> Result<Option<MessageDescriptor>, (Option<&'static str>, String)> {
    if !rule.r#type.is_empty() {
        return context.message(&rule.r#type, package).map(Some).map_err(|sentence| (Some("type"), sentence));
    }
    if rule.name.is_empty() {
        return Err((None, "a rule without a `type` needs a `name`".to_owned()));
    }
    if rule.id.is_none() {
        return Err((None, format!("'{}' has no `type`, so it needs an `id`", rule.name)));
    }
    Ok(None)
}
