//! An echo server: every frame that comes goes back as it is, whatever its layout.
//!
//! The example of a service whose layout is data: it is chosen in a configuration, and no code is generated for it.
//!
//! - [`echo`] is the service: what is done with a frame.
//! - [`console`] is the program around it: keys, the status, the end.
//! - [`keys`] reads single keys from a terminal, or lines from anything else; [`end`] hears Ctrl-C.

mod console;
mod echo;
mod end;
mod keys;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use laster::{
    net::Endpoint,
    settings::{self, CommandLine, FramingName, Layers, Settings, SettingsError, Span},
};
use serde::Deserialize;

use crate::console::Console;

/// Sends back what comes.
///
/// Try it: start it, then `nc localhost 11110` in another terminal, and type.
#[derive(Parser)]
#[command(version, after_help = after_help())]
struct Arguments {
    #[command(flatten)]
    settings: CommandLine,
}

/// Keys of this program alone, below `echo`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    /// How often it says what it is doing.
    status_interval: Option<Span>,
}

fn after_help() -> String {
    format!(
        "While it runs: {}. In a terminal no Enter is needed; otherwise each line is a key.\n\n{}\n\
         And of this program alone: echo.status_interval=5s, how often it says what it is doing.\n\n\
         A configuration to begin with: examples/echo-server/echo-server.toml",
        keys::HELP,
        settings::help(&[])
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (settings, own) = match settings(&arguments.settings) {
        Ok(settings) => settings,
        Err(error) => return mistake(&error),
    };
    let _log = match settings.start_logging("echo-server") {
        Ok(log) => log,
        Err(error) => return mistake(&error),
    };
    let status_interval = own.status_interval.map_or(Duration::from_secs(5), Span::get);
    let mut console = match Console::new(settings) {
        Ok(console) => console,
        Err(error) => return failure(&error),
    };
    match console.run(status_interval).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&*error),
    }
}

/// What this program takes for granted, with the layers over it.
fn settings(command_line: &CommandLine) -> Result<(Settings, Own), SettingsError> {
    let mut layers = Layers::gather(command_line)?;
    let own = layers.section("echo")?;
    let mut defaults = Settings::default().with_framing(FramingName::Raw);
    // On loopback, until somebody asks for more.
    defaults.service.listeners = vec![Endpoint::from(std::net::SocketAddr::from(([127, 0, 0, 1], 11110))).into()];
    Ok((layers.settings(defaults)?, own))
}

fn mistake(error: &SettingsError) -> ExitCode {
    eprintln!("echo-server: {error}");
    ExitCode::from(SettingsError::EXIT_CODE)
}

fn failure(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("echo-server: {error}");
    ExitCode::FAILURE
}
