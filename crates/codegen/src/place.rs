//! From a thing in a schema to the line and column where it stands.

use std::collections::BTreeMap;

use prost_reflect::{
    DescriptorPool, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, OneofDescriptor,
};
use prost_types::{FileDescriptorProto, source_code_info::Location};

use crate::{
    diagnostic::{Diagnostic, Position},
    options::EXTENSION_NUMBER,
    schema::Comments,
    tokens::{self, Step},
};

/// `FileDescriptorProto.options` and `DescriptorProto.options`.
const FILE_OPTIONS: i32 = 8;
const MESSAGE_OPTIONS: i32 = 7;

/// A thing in a schema that can be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    file: String,
    /// Descriptor field numbers and indices, as source info has them.
    path: Vec<i32>,
    /// From there, the way into an option's value.
    steps: Vec<Step>,
}

impl Place {
    fn new(file: &FileDescriptor, path: Vec<i32>) -> Self {
        Place { file: file.name().to_owned(), path, steps: Vec::new() }
    }

    /// `option (laster.frame)`.
    pub(crate) fn frame(file: &FileDescriptor) -> Self {
        Place::new(file, vec![FILE_OPTIONS, EXTENSION_NUMBER])
    }

    /// A message.
    pub(crate) fn message(message: &MessageDescriptor) -> Self {
        Place::new(&message.parent_file(), message.path().to_vec())
    }

    /// The n-th `option (laster.message)` of a message.
    pub(crate) fn rule(message: &MessageDescriptor, n: usize) -> Self {
        let mut place = Place::option_of(message, EXTENSION_NUMBER);
        place.path.push(n as i32);
        place
    }

    /// The message option with this number.
    pub(crate) fn option_of(message: &MessageDescriptor, number: i32) -> Self {
        let mut place = Place::message(message);
        place.path.extend([MESSAGE_OPTIONS, number]);
        place
    }

    /// A value of an enum.
    pub(crate) fn enum_value(value: &EnumValueDescriptor) -> Self {
        Place::new(&value.parent_file(), value.path().to_vec())
    }

    /// A field.
    pub(crate) fn field_of(field: &FieldDescriptor) -> Self {
        Place::new(&field.parent_file(), field.path().to_vec())
    }

    /// A oneof.
    pub(crate) fn oneof(oneof: &OneofDescriptor) -> Self {
        Place::new(&oneof.parent_file(), oneof.path().to_vec())
    }

    /// Inside an option: this field.
    pub(crate) fn field(&self, name: &str) -> Self {
        self.entry(name, 0)
    }

    /// Inside an option: the n-th of these fields.
    pub(crate) fn entry(&self, name: &str, index: usize) -> Self {
        let mut place = self.clone();
        place.steps.push(Step { name: name.to_owned(), index });
        place
    }
}

/// The mistakes found so far, and what it takes to say where they are.
pub(crate) struct Report<'a> {
    pool: &'a DescriptorPool,
    /// Texts of the files that came as text, by name.
    texts: &'a BTreeMap<String, String>,
    found: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(pool: &'a DescriptorPool, texts: &'a BTreeMap<String, String>) -> Self {
        Report { pool, texts, found: Vec::new() }
    }

    /// Notes a mistake.
    pub(crate) fn at(&mut self, place: &Place, sentence: impl Into<String>) {
        self.found.push(Diagnostic {
            file: place.file.clone(),
            position: self.locate(place),
            sentence: sentence.into(),
        });
    }

    /// Notes a mistake of a whole file.
    pub(crate) fn without_place(&mut self, file: &str, sentence: impl Into<String>) {
        self.found.push(Diagnostic { file: file.to_owned(), position: None, sentence: sentence.into() });
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    /// ` in line 7`, to be put behind a word for a second thing, with the file where that is not `from`'s.
    pub(crate) fn other(&self, other: &Place, from: &Place) -> String {
        match self.locate(other) {
            Some(position) if other.file == from.file => format!(" in line {}", position.line),
            Some(position) => format!(" in {}:{}", other.file, position.line),
            None if other.file == from.file => String::new(),
            None => format!(" in {}", other.file),
        }
    }

    /// What the schema says above the thing.
    pub(crate) fn comments(&self, place: &Place) -> Comments {
        let file = self.pool.get_file_by_name(&place.file);
        let text = file.as_ref().and_then(|file| {
            let found = location(file.file_descriptor_proto(), |path| path == place.path)?;
            found.leading_comments.as_deref()
        });
        text.map(Comments::new).unwrap_or_default()
    }

    fn locate(&self, place: &Place) -> Option<Position> {
        if let Some(position) = self.locate_inside(place) {
            return Some(position);
        }
        // An option written in parts has no place as a whole: its first part stands for it.
        let whole = |path: &[i32]| self.span(&place.file, |candidate| candidate.starts_with(path));
        let exact = |path: &[i32]| self.span(&place.file, |candidate| candidate == path);
        let lengths = (2..=place.path.len()).rev();
        lengths.map(|len| &place.path[..len]).find_map(|path| exact(path).or_else(|| whole(path)))
    }

    /// Looks the steps up in the option's text, where the option or the part of it that has them stands by itself.
    fn locate_inside(&self, place: &Place) -> Option<Position> {
        (0..=place.steps.len()).rev().find_map(|split| {
            let (outer, inner) = place.steps.split_at(split);
            let path = self.path_of(place, outer)?;
            let start = self.span(&place.file, |candidate| candidate == path)?;
            let text = self.texts.get(&place.file);
            let found = text.and_then(|text| {
                let offset = tokens::find(text, offset_of(text, start)?, inner)?;
                Some(position_of(text, offset))
            });
            Some(found.unwrap_or(start))
        })
    }

    /// The place's path, and from there the numbers of the fields in `steps`.
    fn path_of(&self, place: &Place, steps: &[Step]) -> Option<Vec<i32>> {
        let mut path = place.path.clone();
        let root = if path.starts_with(&[FILE_OPTIONS]) { "laster.FrameOptions" } else { "laster.MessageRule" };
        let mut message = self.pool.get_message_by_name(root);
        for step in steps {
            let field = message.as_ref()?.get_field_by_name(&step.name)?;
            path.push(field.number() as i32);
            if field.is_list() {
                path.push(step.index as i32);
            }
            message = field.kind().as_message().cloned();
        }
        Some(path)
    }

    fn span(&self, file: &str, matches: impl Fn(&[i32]) -> bool) -> Option<Position> {
        location(self.pool.get_file_by_name(file)?.file_descriptor_proto(), matches).and_then(start_of)
    }
}

/// The first place in a file's source info whose path is right.
pub(crate) fn location(file: &FileDescriptorProto, matches: impl Fn(&[i32]) -> bool) -> Option<&Location> {
    let info = file.source_code_info.as_ref()?;
    info.location.iter().find(|location| matches(&location.path))
}

/// Where it begins.
pub(crate) fn start_of(location: &Location) -> Option<Position> {
    let (&line, &column) = (location.span.first()?, location.span.get(1)?);
    Some(Position { line: u32::try_from(line).ok()? + 1, column: u32::try_from(column).ok()? + 1 })
}

/// The line and column of a byte.
pub(crate) fn position_of(text: &str, offset: usize) -> Position {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let newlines = before.iter().filter(|&&byte| byte == b'\n').count();
    Position { line: newlines as u32 + 1, column: (before.len() - line_start) as u32 + 1 }
}

/// The byte at a line and column.
pub(crate) fn offset_of(text: &str, position: Position) -> Option<usize> {
    let line_start = match position.line {
        0 => return None,
        1 => 0,
        line => text.match_indices('\n').nth(line as usize - 2)?.0 + 1,
    };
    Some(line_start + position.column as usize - 1)
}
