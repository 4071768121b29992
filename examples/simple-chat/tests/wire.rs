//! The bytes that laster40Net's own clients send and expect.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

/// How long anything may take.
const SOON: Duration = Duration::from_secs(20);

/// `CMsgHello { account: "bob", passwd: "" }`, as laster40Net's client sends it.
const HELLO_BOB: &[u8] = b"\x0d\0\0\0\x02\0\0\0\x08\x01\x0a\x03bob\x12\0";
/// `SMsgHello { returnValue: OK }`.
const HELLO_OK: &[u8] = b"\x08\0\0\0\x02\0\0\0\x08\x02\x08\x01";
/// `CMsgBye {}` and `SMsgBye {}`.
const BYE: (&[u8], &[u8]) = (b"\x06\0\0\0\x02\0\0\0\x08\x05", b"\x06\0\0\0\x02\0\0\0\x08\x06");

/// A frame with this id around this payload.
fn frame(id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 6).unwrap().to_le_bytes();
    [&length, &[2, 0, 0, 0, 8, id][..], payload].concat()
}

/// `CMsgChat` with this text.
fn says(text: &str) -> Vec<u8> {
    frame(3, &[&[0x0a, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat())
}

/// `SMsgChat` of this sender with this text.
fn said(sender: &str, text: &str) -> Vec<u8> {
    let field = |tag, text: &str| [&[tag, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    frame(4, &[field(0x0a, sender), field(0x12, text)].concat())
}

/// The server while it runs. Dropped, it is killed.
struct Server {
    child: Child,
    lines: Receiver<String>,
    endpoint: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut server = Server::run(&[&["--listen", "127.0.0.1:0"], arguments].concat());
        server.endpoint = server.shows("listening on tcp://").rsplit('/').next().unwrap().to_owned();
        server
    }

    fn run(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_simple-chat"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Server { child, lines, endpoint: String::new() }
    }

    #[track_caller]
    fn shows(&self, part: &str) -> String {
        let until = Instant::now() + SOON;
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("there is no {part:?} in these lines:\n{}", seen.join("\n")),
            }
        }
    }

    /// Its exit code. Its output ends when it does.
    #[track_caller]
    fn ends(&mut self) -> Option<i32> {
        let until = Instant::now() + SOON;
        while self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
        assert!(Instant::now() < until, "it does not end");
        self.child.wait().unwrap().code()
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(&self.endpoint).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Client(stream)
    }

    /// A client that has said Hello.
    fn enter(&self, account: &str) -> Client {
        let mut client = self.connect();
        let text = [&[0x0a, u8::try_from(account.len()).unwrap()], account.as_bytes(), &[0x12, 0]].concat();
        client.sends(&frame(1, &text));
        client.gets(HELLO_OK);
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that knows nothing but bytes.
struct Client(TcpStream);

impl Client {
    fn sends(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    #[track_caller]
    fn gets(&mut self, expected: &[u8]) {
        let mut bytes = vec![0; expected.len()];
        self.0.read_exact(&mut bytes).expect("the answer in time");
        assert_eq!(bytes, expected);
    }
}

#[test]
fn hello_and_bye_byte_for_byte() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.sends(HELLO_BOB);
    client.gets(HELLO_OK);
    client.sends(BYE.0);
    client.gets(BYE.1);
    // However the bytes are split.
    for byte in [HELLO_BOB, BYE.0].concat() {
        client.sends(&[byte]);
    }
    client.gets(&[HELLO_OK, BYE.1].concat());
}

#[test]
fn what_one_says_all_hear() {
    let server = Server::start(&[]);
    let (mut ada, mut bob) = (server.enter("ada"), server.enter("bob"));
    ada.sends(&says("hello"));
    // The sender as well: so it was.
    for client in [&mut ada, &mut bob] {
        client.gets(&said("ada", "hello"));
    }
    bob.sends(&[says("one"), says("two")].concat());
    for client in [&mut ada, &mut bob] {
        client.gets(&[said("bob", "one"), said("bob", "two")].concat());
    }
    // Who goes is no longer waited for.
    drop(bob);
    server.shows("gone: closed by the peer");
    ada.sends(&says("alone"));
    ada.gets(&said("ada", "alone"));
    // Another name from now on.
    ada.sends(HELLO_BOB);
    ada.gets(HELLO_OK);
    ada.sends(&says("hm"));
    ada.gets(&said("bob", "hm"));
}

#[test]
fn who_breaks_the_rules_is_disconnected_alone() {
    let server = Server::start(&[]);
    let mut ada = server.enter("ada");
    for (bytes, reason) in [
        (says("who am I?"), "the chat message came before Hello"),
        (b"\0\x10\0\0".to_vec(), "bad frame"),
        (b"\xff\xff\xff\xff".to_vec(), "bad frame"),
        (frame(7, b""), "the id 7 is unknown"),
        (b"\x06\0\0\0\x02\0\0\0\x09\x05".to_vec(), "bad frame"),
        (frame(1, b"\x0a\x09bob"), "bad message"),
    ] {
        let mut client = server.connect();
        client.sends(&bytes);
        server.shows(reason);
        let mut rest = Vec::new();
        assert_eq!(client.0.read_to_end(&mut rest).unwrap(), 0, "{reason}: {rest:?}");
    }
    ada.sends(&says("still here"));
    ada.gets(&said("ada", "still here"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_it() {
    let mut server = Server::start(&[]);
    server.shows("Ctrl-C stops it");
    let sent = Command::new("kill").args(["-INT", &server.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    server.shows("stopped");
    assert_eq!(server.ends(), Some(0));
}

#[test]
fn what_it_leaves_no_choice_about_is_refused() {
    let mut server = Server::run(&["--set", "framing=simple-chat"]);
    server.shows("command line --set: framing: the protocol of this program leaves no choice: leave it out");
    assert_eq!(server.ends(), Some(2));
    let mut help = Server::run(&["--help"]);
    help.shows("limits.idle");
    assert_eq!(help.ends(), Some(0));
}
