//! The client's loop: lines in, lines out, and a session that comes and goes.

use std::{collections::BTreeSet, time::Duration};

use laster::{
    CallError, ClientOptions, ConnectError,
    net::{Backoff, CloseReason, ConnectTo, Endpoint, transport::ConnectOptions},
};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use wire::chat::v1::{
    Bye, Hello, History, Join, Leave, Ping, Refused, Say, Tell, Who,
    protocol::{Client, Events},
    refused::Reason,
};

use super::{
    command::{Command, HELP, parse},
    show,
};

/// A quiet session is kept open by a ping this often.
const PING: Duration = Duration::from_secs(30);

/// What the client was told when it was started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server is.
    pub server: Endpoint,
    /// How to connect to it.
    pub connect: ConnectOptions,
    /// The account, or it is asked for.
    pub name: Option<String>,
    /// The room to begin in.
    pub room: String,
}

/// Runs the client until it is told to end.
///
/// # Errors
/// Says why it cannot begin or go on.
pub async fn run(options: Options) -> Result<(), String> {
    // Wherever it is: asking, talking or waiting for a server.
    tokio::select! {
        ended = converse(options) => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn converse(options: Options) -> Result<(), String> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let name = match &options.name {
        Some(name) => name.clone(),
        None => match ask(&mut lines, "your name: ").await {
            Some(name) => name,
            None => return Ok(()),
        },
    };
    let mut conversation = Conversation {
        current: options.room.clone(),
        rooms: BTreeSet::from([options.room.clone()]),
        oldest_seen: 0,
        name,
        options,
    };
    conversation.run(&mut lines).await
}

async fn ask(lines: &mut Lines<BufReader<Stdin>>, question: &str) -> Option<String> {
    loop {
        eprint!("{question}");
        let line = lines.next_line().await.ok().flatten()?;
        if !line.trim().is_empty() {
            return Some(line.trim().to_owned());
        }
    }
}

struct Conversation {
    options: Options,
    name: String,
    /// The room that lines are said in.
    current: String,
    /// The rooms to be in, also after the session was lost.
    rooms: BTreeSet<String>,
    /// The number of the oldest message that /history has shown of the current room; 0: none yet.
    oldest_seen: u64,
}

/// How a session ended.
enum Ended {
    /// It was to end.
    Quit,
    /// It was lost.
    Lost(CloseReason),
}

impl Conversation {
    async fn run(&mut self, lines: &mut Lines<BufReader<Stdin>>) -> Result<(), String> {
        let (mut client, mut events) = self.connect().await.map_err(|error| self.unreachable(&error))?;
        loop {
            if self.open(&client, lines).await? == Opened::Quit {
                return Ok(());
            }
            match self.talk(&client, &mut events, lines).await {
                Ended::Quit => {
                    let _ = client.with_deadline(Duration::from_secs(2)).bye(Bye {}).await;
                    return Ok(());
                }
                Ended::Lost(reason) => println!("* the connection is lost ({reason}); connecting again …"),
            }
            match self.reconnect(lines).await {
                Some(connected) => (client, events) = connected,
                None => return Ok(()),
            }
        }
    }

    async fn connect(&self) -> Result<(Client, Events), ConnectError> {
        let mut to = ConnectTo::from(self.options.server.clone());
        to.options = self.options.connect.clone();
        to.timeout = Duration::from_secs(5);
        Client::connect(to, ClientOptions::default()).await
    }

    fn unreachable(&self, error: &ConnectError) -> String {
        format!("{error}. Is the server running there? `cargo run --release -p chat-server` starts one and says where.")
    }

    /// Tries until there is a connection. `None`: who waits has quit meanwhile.
    async fn reconnect(&self, lines: &mut Lines<BufReader<Stdin>>) -> Option<(Client, Events)> {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(10));
        loop {
            let wait = backoff.next(fastrand::f64());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                line = lines.next_line() => match line.ok().flatten().map(|line| parse(&line)) {
                    None | Some(Ok(Command::Quit)) => return None,
                    Some(_) => println!("* not connected: nothing was sent"),
                },
            }
            match self.connect().await {
                Ok(connected) => return Some(connected),
                Err(error) => println!("* {error}; trying again, /quit to end"),
            }
        }
    }

    /// Says Hello and enters the rooms.
    async fn open(&mut self, client: &Client, lines: &mut Lines<BufReader<Stdin>>) -> Result<Opened, String> {
        loop {
            match client.hello(Hello { account: self.name.clone() }).await {
                Ok(welcome) => {
                    self.name.clone_from(&welcome.account);
                    println!("{}", show::welcome(&welcome));
                    break;
                }
                Err(CallError::Refused(refused)) if about_the_name(&refused) => {
                    println!("* {}", show::harmless(&refused.text));
                    match ask(lines, "another name: ").await {
                        Some(name) => self.name = name,
                        None => return Ok(Opened::Quit),
                    }
                }
                Err(error) => return Err(format!("the server did not open the session: {}", sentence(&error))),
            }
        }
        for room in self.rooms.clone() {
            self.join(client, room).await;
        }
        Ok(Opened::Yes)
    }

    /// Until the session is lost, or is to end.
    async fn talk(&mut self, client: &Client, events: &mut Events, lines: &mut Lines<BufReader<Stdin>>) -> Ended {
        let mut ping = tokio::time::interval(PING);
        ping.reset();
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Ok(event) => {
                        if let Some(text) = show::event(&event.message, &self.name) {
                            println!("{text}");
                        }
                    }
                    Err(reason) => return Ended::Lost(reason),
                },
                line = lines.next_line() => match line {
                    Ok(Some(line)) => match parse(&line) {
                        Ok(Command::Quit) => return Ended::Quit,
                        Ok(command) => self.obey(client, command).await,
                        Err(sentence) => println!("* {sentence}"),
                    },
                    Ok(None) => return Ended::Quit,
                    Err(error) => {
                        println!("* cannot read what is typed: {error}");
                        return Ended::Quit;
                    }
                },
                // A ping that fails shows as the end of the events.
                _ = ping.tick() => drop(client.ping(Ping {}).await),
            }
        }
    }

    async fn obey(&mut self, client: &Client, command: Command) {
        let here = |room: Option<String>| room.unwrap_or_else(|| self.current.clone());
        let done = match command {
            Command::Say(text) => client.say(Say { room: here(None), text }).await.map(drop),
            Command::Tell { account, text } => client.tell(Tell { account, text }).await.map(drop),
            Command::Who(room) => {
                client.who(Who { room: here(room) }).await.map(|members| println!("{}", show::members(&members)))
            }
            Command::History => self.older(client).await,
            Command::Join(room) => return self.join(client, room).await,
            Command::Leave(room) => {
                let room = here(room);
                client.leave(Leave { room: room.clone() }).await.map(|left| {
                    self.rooms.remove(&room);
                    println!("* you left {}", show::harmless(&left.room));
                })
            }
            Command::Help => {
                println!("{HELP}");
                Ok(())
            }
            Command::Quit | Command::Nothing => Ok(()),
        };
        if let Err(error) = done {
            println!("* {}", sentence(&error));
        }
    }

    /// Enters a room, or turns to it.
    async fn join(&mut self, client: &Client, room: String) {
        let joined = client.join(Join { room: room.clone() }).await;
        match joined {
            Ok(joined) => println!("{}", show::joined(&joined)),
            Err(CallError::Refused(refused)) if refused.reason() == Reason::AlreadyInRoom => {
                println!("* back to {room}")
            }
            Err(error) => return println!("* {}", sentence(&error)),
        }
        self.rooms.insert(room.clone());
        self.current = room;
        self.oldest_seen = 0;
    }

    async fn older(&mut self, client: &Client) -> Result<(), CallError<Refused>> {
        let request = History { room: self.current.clone(), before: self.oldest_seen, limit: 0 };
        let page = client.history(request).await?;
        if let Some(oldest) = page.messages.first() {
            self.oldest_seen = oldest.number;
        }
        println!("{}", show::page(&page));
        Ok(())
    }
}

#[derive(PartialEq, Eq)]
enum Opened {
    Yes,
    Quit,
}

fn about_the_name(refused: &Refused) -> bool {
    matches!(refused.reason(), Reason::BadAccount | Reason::AccountInUse)
}

/// Why a request was not granted, for people.
fn sentence(error: &CallError<Refused>) -> String {
    match error {
        CallError::Refused(refused) => show::harmless(&refused.text),
        other => other.to_string(),
    }
}
