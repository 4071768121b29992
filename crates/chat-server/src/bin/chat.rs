//! `chat`: talk to a chat server, line by line.

use chat_server::client::{self, Options};
use clap::Parser;
use laster::net::{Endpoint, transport::ConnectOptions};

/// Talk to a chat server, line by line.
///
/// Type a line to say it in the room; /help says what else can be typed. When the connection is lost, it is made again.
#[derive(Parser)]
#[command(
    name = "chat",
    version,
    after_help = "\
Examples:
  chat --name ada                          in the room `lobby` of the server on this machine
  chat --name ada --room rust ws://chat.example.org:4001
The exit code is 0 when told to end, 1 when there is no server, 2 for a mistake in the command line."
)]
struct Arguments {
    /// Where the server is: tcp://HOST:PORT, ws://HOST:PORT or unix:PATH.
    #[arg(default_value = "tcp://127.0.0.1:4000", value_name = "SERVER")]
    server: Endpoint,
    /// The name that others see. Asked for if not given.
    #[arg(long, short)]
    name: Option<String>,
    /// The room to begin in.
    #[arg(long, short, default_value = "lobby")]
    room: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Arguments { server, name, room } = Arguments::parse();
    let ended = client::run(Options { server, connect: ConnectOptions::default(), name, room }).await;
    if let Err(sentence) = &ended {
        eprintln!("{sentence}");
    }
    // What is typed is read on a thread of its own, which would hold the end up until one more line.
    std::process::exit(i32::from(ended.is_err()))
}
