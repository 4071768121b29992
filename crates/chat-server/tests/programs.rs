//! The programs as people use them: started, typed into, read.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

/// How long anything may take.
const SOON: Duration = Duration::from_secs(20);

/// A program that is running. Dropped, it is killed.
struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        let stdin = child.stdin.take();
        Program { child, stdin, lines, seen: Vec::new() }
    }

    fn server(arguments: &[&str]) -> Self {
        Program::start(env!("CARGO_BIN_EXE_chat-server"), arguments)
    }

    fn chat(arguments: &[&str]) -> Self {
        Program::start(env!("CARGO_BIN_EXE_chat"), arguments)
    }

    /// Types a line.
    fn types(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line with this in it.
    #[track_caller]
    fn shows(&mut self, part: &str) -> String {
        let until = Instant::now() + SOON;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => self.seen.push(line),
                Err(_) => panic!("no {part:?} in:\n{}", self.seen.join("\n")),
            }
        }
    }

    /// Its exit code.
    #[track_caller]
    fn ends(&mut self) -> Option<i32> {
        let until = Instant::now() + SOON;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::yield_now();
        }
        panic!("it does not end; it showed:\n{}", self.lines.try_iter().collect::<Vec<_>>().join("\n"));
    }

    /// What Ctrl-C does.
    fn interrupt(&self) {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server, and its first endpoint.
fn server() -> (Program, String) {
    let mut server = Program::server(&["--listen", "tcp://127.0.0.1:0", "--listen", "ws://127.0.0.1:0"]);
    let line = server.shows("listening on tcp://");
    let endpoint = line.rsplit(' ').next().unwrap().to_owned();
    server.shows("listening on ws://");
    (server, endpoint)
}

#[test]
fn two_people_talk_and_the_server_goes_away() {
    let (mut server, endpoint) = server();
    let mut ada = Program::chat(&["--name", "ada", &endpoint]);
    ada.shows("* you are in lobby, with ada");
    let mut bob = Program::chat(&[&endpoint, "--room", "lobby"]);
    bob.types("ada");
    bob.shows("someone is using the account ada");
    bob.types("bob");
    bob.shows("* you are in lobby, with ada, bob");
    ada.shows("* bob came into lobby");
    ada.types("hello bob");
    bob.shows("[lobby] ada: hello bob");
    bob.types("/msg ada psst");
    ada.shows("bob whispers: psst");
    bob.types("/who");
    bob.shows("* in lobby: ada, bob");
    bob.types("/history");
    bob.shows("#1 [lobby] ada: hello bob");
    bob.types("/join other");
    bob.shows("* you are in other, with bob");
    bob.types("/leave");
    bob.shows("* you left other");
    bob.types("/nonsense");
    bob.shows("* there is no command /nonsense: type /help");
    bob.types("/quit");
    assert_eq!(bob.ends(), Some(0));
    ada.shows("* bob is gone from lobby");

    server.interrupt();
    server.shows("stopping");
    assert_eq!(server.ends(), Some(0));
    ada.shows("* the connection is lost (closed by the peer); connecting again");
    ada.types("are you there?");
    ada.shows("* not connected: nothing was sent");
    let mut server = Program::server(&["--listen", &endpoint]);
    server.shows("listening on");
    ada.shows("* you are in lobby, with ada");
    drop(ada.stdin.take());
    assert_eq!(ada.ends(), Some(0));
}

#[test]
fn a_killed_server_and_a_wrong_port() {
    let (mut server, endpoint) = server();
    let mut ada = Program::chat(&["--name", "ada", &endpoint]);
    ada.shows("* you are in lobby");
    server.child.kill().unwrap();
    server.ends();
    ada.shows("* the connection is lost");
    ada.shows(&format!("* cannot connect to {endpoint}: "));
    ada.interrupt();
    assert_eq!(ada.ends(), Some(0));

    let mut lost = Program::chat(&["--name", "bob", &endpoint]);
    lost.shows("Is the server running there?");
    assert_eq!(lost.ends(), Some(1));
}

#[test]
fn mistakes_in_the_command_line() {
    let mut chat = Program::chat(&["localhost"]);
    chat.shows("\"localhost\" has no port: write localhost:4000");
    assert_eq!(chat.ends(), Some(2));
    let mut server = Program::server(&["--listen", "tcp://127.0.0.1:99999"]);
    server.shows("99999");
    assert_eq!(server.ends(), Some(2));
}

#[test]
fn an_address_that_is_taken() {
    let (_server, endpoint) = server();
    let mut second = Program::server(&["--listen", &endpoint]);
    second.shows("Address already in use");
    assert_eq!(second.ends(), Some(1));
}
