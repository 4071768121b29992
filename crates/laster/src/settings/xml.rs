//! XML as far as configurations need it: elements in elements, and text in the innermost ones.
//!
//! No document type, no entities but the five of XML itself, no attributes but those of namespaces: a configuration has no use
//! for them, and what is not understood is refused.

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};

/// Elements may be nested so deep. laster40Net's are four deep.
const DEPTH: usize = 16;

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    /// The line that it begins in, from 1 on.
    pub(super) line: usize,
    /// The text in it, without the space around it.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// What is wrong, and in which line.
pub(super) struct XmlError {
    pub(super) line: usize,
    pub(super) text: String,
}

/// The one element that all others are in.
pub(super) fn parse(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let line = line_at(text, reader.buffer_position());
        let wrong = |text: String| XmlError { line, text };
        let event = reader
            .read_event()
            .map_err(|error| XmlError { line: line_at(text, reader.error_position()), text: error.to_string() })?;
        match event {
            Event::Start(start) => {
                if open.len() == DEPTH {
                    return Err(wrong(format!("elements are nested more than {DEPTH} deep")));
                }
                // The position is that of what comes before it, which may be some empty lines.
                open.push(element(&start, line).map_err(wrong)?);
            }
            Event::Empty(start) => {
                let element = element(&start, line).map_err(wrong)?;
                close(element, &mut open, &mut root).map_err(wrong)?;
            }
            Event::End(_) => match open.pop() {
                Some(element) => close(element, &mut open, &mut root).map_err(wrong)?,
                None => return Err(wrong("an element ends that was not begun".into())),
            },
            Event::Text(more) => add(&more, &mut open).map_err(wrong)?,
            Event::CData(more) => add(&more, &mut open).map_err(wrong)?,
            Event::GeneralRef(reference) => {
                let character = resolve(&reference).map_err(wrong)?;
                add(character.encode_utf8(&mut [0; 4]), &mut open).map_err(wrong)?;
            }
            Event::DocType(_) => return Err(wrong("a document type has no meaning here".into())),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match (open.pop(), root) {
        (Some(element), _) => Err(XmlError { line: element.line, text: format!("<{}> does not end", element.name) }),
        (None, Some(root)) => Ok(root),
        (None, None) => Err(XmlError { line: 1, text: "there is no element".into() }),
    }
}

fn element(start: &BytesStart<'_>, line: usize) -> Result<Element, String> {
    let name: String = start.name().as_ref().to_owned();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key: &str = attribute.key.as_ref();
        if key != "xmlns" && !key.starts_with("xmlns:") && !key.starts_with("xsi:") {
            return Err(format!("<{name}> has an attribute {key}, which has no meaning here"));
        }
    }
    Ok(Element { name, line, text: String::new(), children: Vec::new() })
}

/// Puts an element that is complete where it belongs.
fn close(mut element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    element.text = element.text.trim().to_owned();
    if !element.text.is_empty() && !element.children.is_empty() {
        return Err(format!("<{}> has both text and elements in it", element.name));
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_some() => return Err(format!("there is a second outermost element, <{}>", element.name)),
        None => *root = Some(element),
    }
    Ok(())
}

fn add(more: &str, open: &mut [Element]) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(more),
        None if more.trim().is_empty() => {}
        None => return Err("there is text outside of the outermost element".into()),
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character);
    }
    let name: &str = reference;
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(format!("the entity &{name}; is not known")),
    }
}

fn line_at(text: &str, position: u64) -> usize {
    let before = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count() + 1
}
