//! Names in a schema, and what they stand for.

use prost_reflect::{FileDescriptor, MessageDescriptor};

/// The files that a file sees: those it imports, and those they import publicly.
pub(crate) fn imported_by(file: &FileDescriptor) -> Vec<FileDescriptor> {
    let mut files: Vec<FileDescriptor> = file.dependencies().collect();
    let mut at = 0;
    while let Some(file) = files.get(at).cloned() {
        let public = file.public_dependencies().filter(|public| !files.contains(public)).collect::<Vec<_>>();
        files.extend(public);
        at += 1;
    }
    files
}

/// The file's messages and those inside them, in the order of the text.
pub(crate) fn messages_of(file: &FileDescriptor) -> Vec<MessageDescriptor> {
    let mut messages = Vec::new();
    file.messages().for_each(|message| add_with_children(message, &mut messages));
    messages
}

fn add_with_children(message: MessageDescriptor, messages: &mut Vec<MessageDescriptor>) {
    let children: Vec<_> = message.child_messages().filter(|child| !child.is_map_entry()).collect();
    messages.push(message);
    children.into_iter().for_each(|child| add_with_children(child, messages));
}

/// What a name may mean as seen from a package, the innermost meaning first.
pub(crate) fn meanings(name: &str, package: &str) -> Vec<String> {
    if let Some(full) = name.strip_prefix('.') {
        return vec![full.to_owned()];
    }
    let mut meanings = Vec::new();
    let mut scope = Some(package).filter(|package| !package.is_empty());
    while let Some(package) = scope {
        meanings.push(format!("{package}.{name}"));
        scope = package.rsplit_once('.').map(|(outer, _)| outer);
    }
    meanings.push(name.to_owned());
    meanings
}

/// Whether code in most languages could have this as a name.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether this is an identifier of lower-case letters, digits and underscores.
pub(crate) fn is_lower_identifier(name: &str) -> bool {
    is_identifier(name) && !name.contains(|c: char| c.is_ascii_uppercase())
}

/// `compile_request` as `CompileRequest`.
pub(crate) fn upper_camel(name: &str) -> String {
    let mut upper = true;
    let mut camel = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            camel.push(c.to_ascii_uppercase());
        } else {
            camel.push(c);
        }
    }
    camel
}

/// The name without what naming rules differ in: case and underscores.
pub(crate) fn folded(name: &str) -> String {
    name.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_the_innermost_first() {
        assert_eq!(meanings("A.B", "x.y"), ["x.y.A.B", "x.A.B", "A.B"]);
        assert_eq!(meanings("A", ""), ["A"]);
        assert_eq!(meanings(".x.A", "x"), ["x.A"]);
    }

    #[test]
    fn identifiers() {
        let check =
            |name, any, lower| assert_eq!((is_identifier(name), is_lower_identifier(name)), (any, lower), "{name}");
        check("flags", true, true);
        check("flag_2", true, true);
        check("Flags", true, false);
        check("2nd", false, false);
        check("_x", false, false);
        check("a-b", false, false);
        check("", false, false);
        check("é", false, false);
    }

    #[test]
    fn naming_rules() {
        assert_eq!(upper_camel("compile_request"), "CompileRequest");
        assert_eq!(upper_camel("_hello2_u"), "Hello2U");
        assert_eq!(folded("HELLO_World_2"), "helloworld2");
    }
}
