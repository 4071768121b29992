//! What names and texts may be.

use wire::chat::v1::{Refused, refused::Reason};

/// The most characters of a name.
pub const NAME_CHARS: usize = 32;
/// The most bytes of a text.
pub const TEXT_BYTES: usize = 4096;

/// A name as it is compared: without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Folded(String);

impl Folded {
    pub(super) fn new(name: &str) -> Self {
        Folded(name.to_lowercase())
    }
}

/// The account's name, or why it is none.
pub(super) fn account_name(name: &str) -> Result<(String, Folded), Refused> {
    named(name, Reason::BadAccount, "an account name")
}

/// The room's name, or why it is none.
pub(super) fn room_name(name: &str) -> Result<(String, Folded), Refused> {
    named(name, Reason::BadRoom, "a room name")
}

fn named(name: &str, reason: Reason, what: &str) -> Result<(String, Folded), Refused> {
    let refuse = |text| Err(Refused { reason: reason.into(), text });
    let count = name.chars().take(NAME_CHARS + 1).count();
    if count == 0 || count > NAME_CHARS {
        return refuse(format!("{what} has 1 to {NAME_CHARS} characters"));
    }
    match name.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.')) {
        Some(c) => refuse(format!("{what} has letters, digits, `_`, `-` and `.`, and not {c:?}")),
        None => Ok((name.to_owned(), Folded::new(name))),
    }
}

/// The text, or why it is none. Control characters could do harm in a terminal.
pub(super) fn message_text(text: String) -> Result<String, Refused> {
    let refuse = |text| Err(Refused { reason: Reason::BadText.into(), text });
    if text.trim().is_empty() {
        return refuse("the text is empty".into());
    }
    if text.len() > TEXT_BYTES {
        return refuse(format!("the text has {} bytes: {TEXT_BYTES} are allowed", text.len()));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(c) => refuse(format!("the text has the control character {c:?}")),
        None => Ok(text),
    }
}
