//! `chat-server`: serves the chat protocol.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use chat_server::{
    chat::{ChatLimits, HistoryLimits},
    server,
};
use clap::Parser;
use laster::{
    net::{Endpoint, Listener, ServiceError},
    settings::{self, CommandLine, Count, Layers, Settings, SettingsError, Size},
};
use serde::Deserialize;

/// How long sessions have to take what they were promised, when the server stops.
const STOP: Duration = Duration::from_secs(10);
/// Keys of other programs: the protocol says its own frames, and this server connects nowhere.
const UNUSED: &[&str] = &["framing", "max_payload", "connectors"];

/// Serves Laster's chat: accounts, rooms with a history, direct messages.
///
/// Without anything it listens on this machine only, for TCP on port 4000 and for WebSocket on 4001. Ctrl-C stops it: what was
/// accepted is still sent.
#[derive(Parser)]
#[command(name = "chat-server", version, after_help = after_help())]
struct Arguments {
    #[command(flatten)]
    settings: CommandLine,
}

/// Keys of this program alone, below `chat`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    name: Option<String>,
    rooms: Option<Count>,
    rooms_per_member: Option<Count>,
    history_messages: Option<Count>,
    history_bytes: Option<Size>,
}

impl Own {
    fn limits(&self) -> ChatLimits {
        let defaults = ChatLimits::default();
        let count = |given: Option<Count>, default: usize| given.map_or(default, |count| count.get() as usize);
        ChatLimits {
            rooms: count(self.rooms, defaults.rooms),
            rooms_per_member: count(self.rooms_per_member, defaults.rooms_per_member),
            history: HistoryLimits {
                messages: count(self.history_messages, defaults.history.messages),
                bytes: self.history_bytes.map_or(defaults.history.bytes, |size| size.get() as usize),
            },
        }
    }
}

fn after_help() -> String {
    format!(
        "{}\nAnd of this program alone:\n  \
         chat.name=laster               what the server calls itself\n  \
         chat.rooms=1000                the most rooms\n  \
         chat.rooms_per_member=50       the most rooms that one session is in\n  \
         chat.history_messages=1000     the most messages that a room remembers\n  \
         chat.history_bytes=256KiB      and the most bytes of them\n\n\
         The exit code is 0 when told to stop, 1 when it cannot listen, 2 for a mistake in the settings.",
        settings::help(UNUSED)
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let read = settings(&arguments.settings);
    let started = read.and_then(|(settings, own)| Ok((settings.start_logging("chat-server")?, settings, own)));
    let (_log, settings, own) = match started {
        Ok(started) => started,
        Err(error) => {
            eprintln!("chat-server: {error}");
            return ExitCode::from(SettingsError::EXIT_CODE);
        }
    };
    match run(settings, &own).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What this program takes for granted, with the layers over it.
fn settings(command_line: &CommandLine) -> Result<(Settings, Own), SettingsError> {
    let mut layers = Layers::gather(command_line)?;
    layers.without(UNUSED, "means nothing to the chat server: the chat protocol says its frames")?;
    let own = layers.section("chat")?;
    let mut defaults = Settings::default();
    // On loopback, until somebody asks for more.
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let (tcp, websocket) = (Endpoint::from(local(4000)), Endpoint::websocket(local(4001)));
    defaults.service.listeners = vec![tcp.into(), websocket.into()];
    Ok((layers.settings(defaults)?, own))
}

async fn run(settings: Settings, own: &Own) -> Result<(), ServiceError> {
    let name = own.name.as_deref().unwrap_or("laster");
    let service = server::serve(name, own.limits(), settings.service)?;
    let listeners = service.start().await?;
    println!("{}", greeting(&listeners));
    let _ = tokio::signal::ctrl_c().await;
    println!("stopping …");
    let stopped = service.stop(STOP).await;
    println!("{}", service.status());
    if stopped.stuck > 0 {
        eprintln!("{} sessions did not end in time", stopped.stuck);
    }
    Ok(())
}

/// Where it listens, and what to type to talk to it.
fn greeting(listeners: &[Listener]) -> String {
    let mut lines: Vec<String> =
        listeners.iter().map(|listener| format!("listening on {}", listener.endpoint())).collect();
    if let Some(first) = listeners.first() {
        lines.push("talk to it, in another terminal:".into());
        lines.push(format!("  cargo run --release -p chat-server --bin chat -- --name YOUR-NAME {}", first.endpoint()));
    }
    lines.push("Ctrl-C stops it.".into());
    lines.join("\n")
}
