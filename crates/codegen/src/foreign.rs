//! What protox and prost-reflect complain about, as our own diagnostics.
//!
//! Both tell more through miette than through `Display`: all errors of a file and not the first alone, where each is, and
//! what may help. An error inside an option names a place in that option's text as protox put it together again, token by
//! token; counting tokens leads back to the place in the file.

use miette::SourceSpan;
use prost_reflect::DescriptorError;

use crate::{
    diagnostic::{Diagnostic, Position},
    place::position_of,
    tokens,
};

/// The errors of a text that does not parse.
pub(crate) fn parse_error(error: &protox::Error, file: &str, text: &str) -> Vec<Diagnostic> {
    all_of(error).map(|error| diagnostic(error, file, Some(text))).collect()
}

/// The errors of a file that parses, but does not fit itself or what it imports.
pub(crate) fn descriptor_error(error: DescriptorError, file: &str, text: Option<&str>) -> Vec<Diagnostic> {
    let error = match text {
        Some(text) => error.with_source_code(text),
        None => error,
    };
    all_of(&error).map(|error| diagnostic(error, file, text)).collect()
}

fn all_of(first: &dyn miette::Diagnostic) -> impl Iterator<Item = &dyn miette::Diagnostic> {
    std::iter::once(first).chain(first.related().into_iter().flatten())
}

fn diagnostic(error: &dyn miette::Diagnostic, file: &str, text: Option<&str>) -> Diagnostic {
    let start = label_of(error).map(|span| span.offset());
    let mut position = text.zip(start).map(|(text, start)| position_of(text, start));
    let mut sentence = error.to_string();
    if let Some(inner) = error.diagnostic_source() {
        sentence = format!("{sentence}: {inner}");
        let exact = text.zip(start).and_then(|(text, start)| place_inside(inner, text, start));
        position = exact.or(position);
    } else if let Some(cause) = error.source() {
        sentence = format!("{sentence}: {cause}");
    }
    if let Some(help) = error.help() {
        sentence = format!("{sentence} ({help})");
    }
    Diagnostic { file: file.to_owned(), position, sentence }
}

/// The label that says where the mistake is, and not what it clashes with.
fn label_of(error: &dyn miette::Diagnostic) -> Option<SourceSpan> {
    let labels: Vec<_> = error.labels()?.collect();
    let is_culprit = |text: &str| text.contains("again") || text.contains("found") || text.contains("used");
    let culprit = labels.iter().find(|label| label.label().is_some_and(is_culprit));
    culprit.or(labels.first()).map(|label| *label.inner())
}

/// Where in the text an error is that lies in the option beginning at `option`.
fn place_inside(inner: &dyn miette::Diagnostic, text: &str, option: usize) -> Option<Position> {
    let offset = label_of(inner)?.offset();
    let before = inner.source_code()?.read_span(&SourceSpan::from(0..offset), 0, 0).ok()?;
    let nth = tokens::count(std::str::from_utf8(before.data()).ok()?);
    tokens::nth_of_message(text, option, nth).map(|offset| position_of(text, offset))
}
