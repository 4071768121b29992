//! What is wrong with a setting, as one sentence.

use std::fmt;

use serde::de::{self, Unexpected};

/// A mistake in the configuration: where it stands, under which key, and what is wrong with it.
///
/// Shown, it is one sentence on one line: `echo.toml: limits.idle: 30 has no unit: write 30ms, 30s or 30m`. Programs print it
/// and end with [`EXIT_CODE`](SettingsError::EXIT_CODE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    place: String,
    key: String,
    text: String,
}

impl SettingsError {
    /// What a program exits with that cannot start because of its configuration.
    pub const EXIT_CODE: u8 = 2;

    /// A mistake of which it is not known yet where it stands.
    pub(super) fn new(text: impl Into<String>) -> Self {
        SettingsError { place: String::new(), key: String::new(), text: text.into() }
    }

    /// A mistake that is not about one key.
    pub(super) fn in_place(place: impl Into<String>, text: impl Into<String>) -> Self {
        SettingsError { place: place.into(), ..SettingsError::new(text) }
    }

    /// The same mistake, one level further out: below `key`, which stands in `place`. The innermost place counts, since
    /// a table may be put together from several.
    #[must_use]
    pub(super) fn below(mut self, key: &str, place: Option<&str>) -> Self {
        let dot = if self.key.is_empty() || self.key.starts_with('[') { "" } else { "." };
        self.key = format!("{key}{dot}{}", self.key);
        self.standing_in(place)
    }

    /// The same mistake, standing in `place` unless it is known already where it stands.
    #[must_use]
    pub(super) fn standing_in(mut self, place: Option<&str>) -> Self {
        if self.place.is_empty() {
            self.place = place.unwrap_or_default().to_owned();
        }
        self
    }

    /// The file, the environment variable or the argument that it stands in.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The key that it is about, such as `limits.idle` or `listeners[0].backlog`. Empty if it is about the whole place.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.place, &self.key] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.text)
    }
}

impl std::error::Error for SettingsError {}

impl de::Error for SettingsError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        SettingsError::new(text.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        SettingsError::new(format!("expected {expected}, found {}", Found(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        de::Error::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        SettingsError::new(format!("there is no such key: {}", instead(field, known))).below(field, None)
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        SettingsError::new(format!("{found:?} cannot stand here: {}", instead(found, known)))
    }

    fn missing_field(field: &'static str) -> Self {
        SettingsError::new(format!("the key {field} is missing"))
    }
}

/// What a person may have meant, or all that could be meant.
pub(super) fn instead(found: &str, known: &[&str]) -> String {
    let distance = |name: &&&str| strsim::damerau_levenshtein(found, name);
    // A third of the letters wrong is still a slip of the fingers; more is another word.
    let near = known.iter().filter(|name| distance(name) <= (name.len() / 3).max(1)).min_by_key(distance);
    match near {
        Some(name) => format!("did you mean {name}?"),
        None => format!("write {}", one_of(known)),
    }
}

/// `a, b or c`.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// What was found, in the words of people who write configurations.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Unit | Unexpected::Option => f.write_str("nothing"),
            Unexpected::Seq => f.write_str("a list"),
            Unexpected::Map => f.write_str("a table"),
            Unexpected::Str(text) => write!(f, "{text:?}"),
            Unexpected::Bool(value) => value.fmt(f),
            Unexpected::Signed(number) => number.fmt(f),
            Unexpected::Unsigned(number) => number.fmt(f),
            Unexpected::Float(number) => number.fmt(f),
            other => other.fmt(f),
        }
    }
}
