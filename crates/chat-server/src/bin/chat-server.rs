//! `chat-server`: serves the chat protocol.

use std::{process::ExitCode, time::Duration};

use chat_server::{chat::ChatLimits, server};
use clap::Parser;
use laster::net::{Endpoint, Listener, ServiceConfig, ServiceError};

/// How long sessions have to take what they were promised, when the server stops.
const STOP: Duration = Duration::from_secs(10);

/// Serves Laster's chat: accounts, rooms with a history, direct messages.
#[derive(Parser)]
#[command(
    name = "chat-server",
    version,
    after_help = "\
Without anything it listens on this machine only. Ctrl-C stops it: sessions are told, and what was accepted is sent.
The exit code is 0 when told to stop, 1 when it cannot listen, 2 for a mistake in the command line."
)]
struct Arguments {
    /// Where to listen; may be given several times: tcp://HOST:PORT, ws://HOST:PORT, unix:PATH.
    #[arg(long, value_name = "ENDPOINT", default_values = ["tcp://127.0.0.1:4000", "ws://127.0.0.1:4001"])]
    listen: Vec<Endpoint>,
    /// What the server calls itself.
    #[arg(long, default_value = "laster")]
    name: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { listen, name } = Arguments::parse();
    let config = ServiceConfig { listeners: listen.into_iter().map(Into::into).collect(), ..ServiceConfig::default() };
    match run(&name, config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(name: &str, config: ServiceConfig) -> Result<(), ServiceError> {
    let service = server::serve(name, ChatLimits::default(), config)?;
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
