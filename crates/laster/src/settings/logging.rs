//! Where the log goes.

use std::path::PathBuf;

use serde::Deserialize;
use tracing_appender::{
    non_blocking::{NonBlockingBuilder, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::filter::LevelFilter;

use super::{
    error::SettingsError,
    scalar::{Count, Scalar},
};

/// Where the log goes, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// Where it goes. Default: the console.
    pub to: LogTo,
    /// The least important level that is written. Default: `info`.
    pub level: LevelFilter,
    /// The directory of the files. Made if it is not there. A relative path begins where the program was started. Default: `logs`.
    pub directory: PathBuf,
    /// When a new file is begun. Default: daily, at midnight UTC.
    pub rotation: Roll,
    /// The most files that are kept, at least 2; the oldest go first. After a restart it may be one fewer. Default: 7.
    pub max_files: u32,
}

impl Default for Logging {
    fn default() -> Self {
        Logging {
            to: LogTo::Console,
            level: LevelFilter::INFO,
            directory: "logs".into(),
            rotation: Roll::Daily,
            max_files: 7,
        }
    }
}

/// Where the log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogTo {
    /// To standard error.
    Console,
    /// To files that roll.
    File,
    /// Nowhere.
    None,
}

/// When a new file is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Roll {
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// Never: there is one file, and it grows.
    Never,
}

/// Keeps the log open. What was logged last is written when it is dropped, so keep it as long as `main` runs.
#[derive(Debug)]
#[must_use = "the log's last lines are written when this is dropped"]
pub struct LogGuard {
    _writer: Option<WorkerGuard>,
}

impl Logging {
    /// Starts to log what this process says through `tracing`. Files are called after the program: `NAME.2026-11-23.log`.
    ///
    /// Lines for files are written by a thread of their own. If the disk is slower than the log, those who log wait for it:
    /// no line is dropped in silence.
    ///
    /// # Errors
    /// The directory cannot be written to, or this process has a log already.
    pub fn start(&self, program: &str) -> Result<LogGuard, SettingsError> {
        let log = tracing_subscriber::fmt().with_max_level(self.level).with_ansi(false);
        let (started, writer) = match self.to {
            LogTo::None => (Ok(()), None),
            LogTo::Console => (log.with_writer(std::io::stderr).try_init(), None),
            LogTo::File => {
                let (lines, writer) = NonBlockingBuilder::default().lossy(false).finish(self.files(program)?);
                (log.with_writer(lines).try_init(), Some(writer))
            }
        };
        started.map_err(|error| SettingsError::new(format!("the log cannot be started: {error}")))?;
        Ok(LogGuard { _writer: writer })
    }

    /// The files, as a pattern that a person can list them by; nothing where the log goes elsewhere.
    pub fn files_pattern(&self, program: &str) -> Option<String> {
        let name = match (self.to, self.rotation) {
            (LogTo::Console | LogTo::None, _) => return None,
            (LogTo::File, Roll::Never) => format!("{program}.log"),
            (LogTo::File, _) => format!("{program}.*.log"),
        };
        Some(self.directory.join(name).display().to_string())
    }

    fn files(&self, program: &str) -> Result<RollingFileAppender, SettingsError> {
        let files = RollingFileAppender::builder().filename_prefix(program).filename_suffix("log");
        // Of a file that never rolls the appender would delete the only one, at the next start.
        let files = match self.rotation {
            Roll::Hourly => files.rotation(Rotation::HOURLY).max_log_files(self.max_files as usize),
            Roll::Daily => files.rotation(Rotation::DAILY).max_log_files(self.max_files as usize),
            Roll::Never => files.rotation(Rotation::NEVER),
        };
        // Made here, since the appender complains on its own about a directory that is not there yet.
        let made = std::fs::create_dir_all(&self.directory).map_err(|error| error.to_string());
        made.and_then(|()| files.build(&self.directory).map_err(|error| chain(&error))).map_err(|text| {
            let text = format!("no log can be written in {}: {text}", self.directory.display());
            SettingsError::new(text).below("logging.directory", None)
        })
    }
}

/// An error and what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

/// Keys below `logging`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of what to log")]
pub(super) struct LoggingDraft {
    to: Option<LogTo>,
    level: Option<Level>,
    directory: Option<PathBuf>,
    rotation: Option<Roll>,
    max_files: Option<MaxFiles>,
}

impl LoggingDraft {
    pub(super) fn over(self, default: Logging) -> Logging {
        Logging {
            to: self.to.unwrap_or(default.to),
            level: self.level.map_or(default.level, |Level(level)| level),
            directory: self.directory.unwrap_or(default.directory),
            rotation: self.rotation.unwrap_or(default.rotation),
            max_files: self.max_files.map_or(default.max_files, |MaxFiles(most)| most),
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "Scalar")]
struct Level(LevelFilter);

impl TryFrom<Scalar> for Level {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        Ok(Level(match scalar.to_string().to_lowercase().as_str() {
            "off" => LevelFilter::OFF,
            "error" => LevelFilter::ERROR,
            "warn" => LevelFilter::WARN,
            "info" => LevelFilter::INFO,
            "debug" => LevelFilter::DEBUG,
            "trace" => LevelFilter::TRACE,
            _ => return Err(format!("\"{scalar}\" is no level: write off, error, warn, info, debug or trace")),
        }))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "Count")]
struct MaxFiles(u32);

impl TryFrom<Count> for MaxFiles {
    type Error = &'static str;

    fn try_from(count: Count) -> Result<Self, &'static str> {
        match count.get() {
            1 => Err("is 1: at least 2 files are kept, so that what happened before a new one began can be read"),
            most => Ok(MaxFiles(most)),
        }
    }
}
