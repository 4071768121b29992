//! The places that settings come from, laid over each other: the later wins, key by key.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::Path,
};

use config::{Config, ConfigError, FileFormat, Format, Map, Source, Value, ValueKind};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Settings,
    command_line::{CommandLine, Override},
    draft::Draft,
    error::SettingsError,
    laster40::Laster40Xml,
    node::{Node, place_of},
};

/// What environment variables begin with that are settings.
const PREFIX: &str = "LASTER_";

/// The file, the environment and the command line, merged and not yet looked at.
#[derive(Debug)]
pub struct Layers {
    values: Map<String, Value>,
}

impl Layers {
    /// Gathers what this process was given: the file that the command line names, the environment, the command line.
    ///
    /// # Errors
    /// The file cannot be read or parsed, or something is no key.
    pub fn gather(command_line: &CommandLine) -> Result<Self, SettingsError> {
        Layers::merge(command_line.file.as_deref(), std::env::vars_os(), &command_line.overrides()?)
    }

    /// Lays them over each other. Of the environment, those variables count that begin with `LASTER_`.
    ///
    /// # Errors
    /// As [`gather`](Layers::gather).
    pub fn merge(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: &[Override],
    ) -> Result<Self, SettingsError> {
        let mut merged = Config::builder();
        if let Some(file) = file {
            merged = merged.add_source(Layer(read(file)?));
        }
        for layer in variables(environment)? {
            merged = merged.add_source(layer);
        }
        for Override { argument, key, value } in overrides {
            if !is_key(key) {
                return Err(SettingsError::in_place(
                    argument,
                    format!("{key:?} is no key: write one such as limits.idle"),
                ));
            }
            merged = merged.add_source(Layer::text(key, value, argument));
        }
        let tree = merged.build().map(|merged| merged.cache.kind);
        match tree.map_err(|error| SettingsError::new(error.to_string()))? {
            ValueKind::Table(values) => Ok(Layers { values }),
            _ => Ok(Layers { values: Map::new() }),
        }
    }

    /// Takes a program's own section out, so that it has keys besides those that every program has. What is not said is as in
    /// the default.
    ///
    /// # Errors
    /// A mistake in the section. With `#[serde(default, deny_unknown_fields)]` on `T`, an unknown key is one.
    pub fn section<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, SettingsError> {
        match self.values.remove(name) {
            Some(section) => Node::new(section).read(name, std::marker::PhantomData),
            None => Ok(T::default()),
        }
    }

    /// Refuses keys that mean nothing to this program, rather than to pass them over.
    ///
    /// # Errors
    /// One of them is there.
    pub fn without(&self, keys: &[&str], why: &str) -> Result<(), SettingsError> {
        match keys.iter().find_map(|key| self.values.get_key_value(*key)) {
            Some((key, value)) => Err(SettingsError::new(why).below(key, place_of(value))),
            None => Ok(()),
        }
    }

    /// What they say, over what the program takes for granted.
    ///
    /// # Errors
    /// The first mistake: an unknown key, a limit of 0, a bad address, a wrong type, a file that cannot be used.
    pub fn settings(self, defaults: Settings) -> Result<Settings, SettingsError> {
        let max_payload_place = self.values.get("max_payload").and_then(place_of).map(str::to_owned);
        let draft = Draft::deserialize(Node::table(self.values))?;
        draft.over(defaults).map_err(|error| error.below("max_payload", max_payload_place.as_deref()))
    }
}

/// Values of one place.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Layer {
    fn text(key: &str, value: &str, place: &str) -> Self {
        let value = Value::new(Some(&place.to_owned()), ValueKind::String(value.to_owned()));
        Layer(Map::from_iter([(key.to_owned(), value)]))
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// Whether the config crate takes it for a way through tables, and nothing else: an index such as `[4000000000]` would make a
/// list of that length.
fn is_key(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    text.split('.').all(is_name)
}

/// Reads a file in the format that its ending says.
fn read(path: &Path) -> Result<Map<String, Value>, SettingsError> {
    let place = path.display().to_string();
    let wrong = |text: String| SettingsError::in_place(&place, text);
    let format: &dyn Format = match path.extension().and_then(OsStr::to_str) {
        Some("toml") => &FileFormat::Toml,
        Some("yaml" | "yml") => &FileFormat::Yaml,
        Some("json") => &FileFormat::Json,
        Some("xml") => &Laster40Xml,
        _ => {
            return Err(wrong("its format is not known: let its name end in .toml, .yaml, .yml, .json or .xml".into()));
        }
    };
    let bytes = fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| wrong(format!("is not UTF-8: {}", error.utf8_error())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let values = format.parse(Some(&place), text).map_err(|error| match error.downcast::<SettingsError>() {
        Ok(error) => *error,
        // The config crate's own errors are of one kind here, and in a box within the box.
        Err(error) if error.is::<Box<ConfigError>>() => wrong("there are no keys in it, only a value".into()),
        Err(error) => wrong(format!("cannot be parsed: {}", one_line(&error.to_string()))),
    })?;
    match values.keys().filter(|key| !is_key(key)).min() {
        Some(key) => Err(wrong(format!("{key:?} is no key: write letters, digits and underscores"))),
        None => Ok(values),
    }
}

/// A parser's words without the picture of the line that some draw between them.
fn one_line(text: &str) -> String {
    let is_picture = |line: &&str| {
        line.split_once('|').is_some_and(|(number, _)| number.trim().parse::<u64>().is_ok() || number.trim().is_empty())
    };
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !is_picture(line));
    lines.collect::<Vec<_>>().join(": ")
}

/// The variables that are settings, in the order of their names, so that the same ones win each time.
fn variables(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Vec<Layer>, SettingsError> {
    let mut variables: Vec<(OsString, OsString)> = environment.into_iter().collect();
    variables.sort();
    let mut layers = Vec::new();
    for (name, value) in &variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let place = format!("environment {name}");
        let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        if !is_key(&key) {
            return Err(SettingsError::in_place(place, "this is no key: write LASTER_LIMITS__IDLE for limits.idle"));
        }
        let value = value.to_str().ok_or_else(|| SettingsError::in_place(&place, "its value is not UTF-8"))?;
        layers.push(Layer::text(&key, value, &place));
    }
    Ok(layers)
}
