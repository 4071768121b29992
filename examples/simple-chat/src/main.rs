//! laster40Net's chat server: its clients cannot tell the difference.
//!
//! The example of a protocol that others defined long ago: `proto/simplechat/simplechat.proto` says how its frames are laid out
//! and which number each message has, and `wire` is the code that was made of it. What is left to write is [`chat`].

mod chat;

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use laster::{
    net::Endpoint,
    settings::{self, CommandLine, Layers, LogGuard, Settings, SettingsError},
};

/// Keys that every program has, but for which there is no use here.
const WITHOUT: &[&str] = &["framing", "max_payload", "connectors"];

/// A chat server for laster40Net's SimpleChat clients.
///
/// It listens on loopback, port 10000, as long as nothing else is asked for.
#[derive(Parser)]
#[command(version, after_help = settings::help(WITHOUT))]
struct Arguments {
    #[command(flatten)]
    settings: CommandLine,
}

#[tokio::main]
async fn main() -> ExitCode {
    let (settings, _log) = match prepare(&Arguments::parse().settings) {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("simple-chat: {error}");
            return ExitCode::from(SettingsError::EXIT_CODE);
        }
    };
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simple-chat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn prepare(command_line: &CommandLine) -> Result<(Settings, LogGuard), SettingsError> {
    let layers = Layers::gather(command_line)?;
    layers.without(WITHOUT, "the protocol of this program leaves no choice: leave it out")?;
    let mut defaults = Settings::default();
    defaults.service.listeners = vec![Endpoint::from(std::net::SocketAddr::from(([127, 0, 0, 1], 10000))).into()];
    // There is no ping in this protocol: who only listens says nothing for long, and is not gone.
    defaults.service.limits.idle = Duration::from_secs(60 * 60);
    let settings = layers.settings(defaults)?;
    let log = settings.start_logging("simple-chat")?;
    Ok((settings, log))
}

async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let service = chat::service(settings.service)?;
    // Polled once, so that it hears Ctrl-C from here on.
    let mut ctrl_c = std::pin::pin!(tokio::signal::ctrl_c());
    tokio::select! {
        biased;
        heard = &mut ctrl_c => return Ok(heard?),
        () = std::future::ready(()) => {}
    }
    for listener in service.start().await? {
        say(format_args!("listening on {}", listener.endpoint()));
    }
    say("Ctrl-C stops it");
    ctrl_c.await?;
    service.stop(Duration::from_secs(2)).await;
    say("stopped");
    Ok(())
}

/// Says a line to the person in front. That nobody reads it is no reason to stop serving.
fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
