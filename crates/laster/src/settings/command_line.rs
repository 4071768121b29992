//! What every program takes on its command line.

use std::path::PathBuf;

use super::error::SettingsError;

/// The arguments that every program takes: put it into the program's own with `#[command(flatten)]`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CommandLine {
    /// A configuration: .toml, .yaml, .json, or the .xml of laster40Net
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Listen here, and not where the configuration says; can be given several times
    #[arg(long, value_name = "ENDPOINT")]
    pub listen: Vec<String>,

    /// Where the log goes: console, file or none
    #[arg(long, value_name = "WHERE")]
    pub log: Option<String>,

    /// How much is logged: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// Set any key, such as limits.idle=30s; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// A key that an argument sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What an error names as the place: `command line --set`.
    pub argument: String,
    /// The key, such as `limits.idle`.
    pub key: String,
    /// Its value, as text.
    pub value: String,
}

impl CommandLine {
    /// What the arguments set, the later ones over the earlier.
    ///
    /// # Errors
    /// A `--set` has no `=`.
    pub fn overrides(&self) -> Result<Vec<Override>, SettingsError> {
        let set = |argument: &str, key: &str, value: &str| Override {
            argument: format!("command line {argument}"),
            key: key.into(),
            value: value.into(),
        };
        let mut overrides = Vec::new();
        if !self.listen.is_empty() {
            overrides.push(set("--listen", "listeners", &self.listen.join(",")));
        }
        overrides.extend(self.log.iter().map(|to| set("--log", "logging.to", to)));
        overrides.extend(self.log_level.iter().map(|level| set("--log-level", "logging.level", level)));
        for text in &self.set {
            let Some((key, value)) = text.split_once('=') else {
                let text = format!("{text:?} sets nothing: write --set KEY=VALUE, such as --set limits.idle=30s");
                return Err(SettingsError::in_place("command line --set", text));
            };
            overrides.push(set("--set", key.trim(), value.trim()));
        }
        Ok(overrides)
    }
}
