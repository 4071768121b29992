//! `chat`: talk to a chat server, line by line.

use chat_server::client::{self, Options};
use clap::Parser;
#[cfg(feature = "tls")]
use laster::net::transport::TlsClient;
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
    /// The certificates to trust, a PEM file, for tls:// and wss://.
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE")]
    roots: Option<std::path::PathBuf>,
}

impl Arguments {
    /// How to connect.
    #[cfg(feature = "tls")]
    fn connect(&self) -> Result<ConnectOptions, String> {
        let options = ConnectOptions::default();
        let Some(roots) = &self.roots else { return Ok(options) };
        let tls = TlsClient::from_roots_file(roots).map_err(|error| error.to_string())?;
        Ok(options.tls(tls))
    }

    #[cfg(not(feature = "tls"))]
    fn connect(&self) -> Result<ConnectOptions, String> {
        Ok(ConnectOptions::default())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    let ended = match arguments.connect() {
        Ok(connect) => {
            let Arguments { server, name, room, .. } = arguments;
            client::run(Options { server, connect, name, room }).await
        }
        Err(sentence) => Err(sentence),
    };
    if let Err(sentence) = &ended {
        eprintln!("{sentence}");
    }
    // What is typed is read on a thread of its own, which would hold the end up until one more line.
    std::process::exit(i32::from(ended.is_err()))
}
