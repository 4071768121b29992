//! Settings: from a file, the environment and the command line to what a service is started with.
//!
//! The contract:
//!
//! - Every mistake is one sentence that names the place (file, variable or argument) and the key. Nothing is guessed, nothing
//!   unknown is passed over, and no limit can be switched off.
//! - The later layer wins, key by key: the program's defaults, a file, the environment, the command line.
//! - What comes out is checked: a framing that exists, addresses that parse, certificates that were read.
//!
//! A file is TOML, YAML, JSON, or the XML of laster40Net, whose numbers mean what they meant there.
//!
//! ```
//! use laster::settings::{Layers, Override, Settings};
//!
//! let set = |key: &str, value: &str| Override { argument: "--set".into(), key: key.into(), value: value.into() };
//! let layers = Layers::merge(None, [], &[set("listeners", "localhost:4000"), set("limits.idle", "2m")])?;
//! let settings = layers.settings(Settings::default())?;
//! assert_eq!(settings.service.limits.idle.as_secs(), 120);
//!
//! let error = Layers::merge(None, [], &[set("limits.idel", "2m")])?.settings(Settings::default()).err().unwrap();
//! assert_eq!(error.to_string(), "--set: limits.idel: there is no such key: did you mean idle?");
//! # Ok::<(), laster::settings::SettingsError>(())
//! ```

mod command_line;
mod draft;
mod error;
mod framing;
mod keys;
mod laster40;
mod layers;
mod logging;
mod node;
mod peers;
mod scalar;
mod xml;

use laster_frame::Layout;
use laster_net::{ConnectTo, ServiceConfig};

pub use self::{
    command_line::{CommandLine, Override},
    error::SettingsError,
    framing::FramingName,
    keys::help,
    layers::Layers,
    logging::{LogGuard, LogTo, Logging, Roll},
    scalar::{Count, Size, Span},
};

/// What a program is to do.
#[derive(Clone)]
pub struct Settings {
    /// Listeners and limits.
    pub service: ServiceConfig,
    /// Which framing was chosen. Default: Laster's own.
    pub framing: FramingName,
    /// Its layout, with the largest payload that was chosen.
    pub layout: Layout,
    /// Where to connect to at the start.
    pub connectors: Vec<ConnectTo>,
    /// Where the log goes.
    pub logging: Logging,
}

impl Default for Settings {
    fn default() -> Self {
        let framing = FramingName::default();
        Settings {
            service: ServiceConfig::default(),
            framing,
            layout: framing.layout(),
            connectors: Vec::new(),
            logging: Logging::default(),
        }
    }
}

impl Settings {
    /// Starts the log, as [`Logging::start`], and says in it what a person should know of these settings.
    ///
    /// # Errors
    /// As [`Logging::start`].
    pub fn start_logging(&self, program: &str) -> Result<LogGuard, SettingsError> {
        let guard = self.logging.start(program)?;
        for listen in &self.service.listeners {
            let endpoint = listen.endpoint.to_string();
            if ["://0.0.0.0:", "://[::]:"].iter().any(|every| endpoint.contains(every)) {
                tracing::info!("{endpoint} means every address of this machine: anyone who can reach it may connect");
            }
        }
        Ok(guard)
    }

    /// The same settings with this framing, and its own largest payload.
    #[must_use]
    pub fn with_framing(self, framing: FramingName) -> Self {
        Settings { framing, layout: framing.layout(), ..self }
    }
}
