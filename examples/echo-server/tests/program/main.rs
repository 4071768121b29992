//! The program as people use it: started, typed into, connected to.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod configuration;
mod echoes;
mod keyboard;
#[cfg(unix)]
mod terminal;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How long anything may take.
const SOON: Duration = Duration::from_secs(20);

/// The program while it runs. Dropped, it is killed, and its directory removed.
struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
    directory: PathBuf,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        Program::start_with(arguments, Stdio::piped(), |_| {})
    }

    /// On a port that is free.
    fn listening(arguments: &[&str]) -> (Self, String) {
        let mut program = Program::start(&[&["--listen", "127.0.0.1:0"], arguments].concat());
        let endpoint = program.listens();
        (program, endpoint)
    }

    /// In an empty directory of its own.
    fn start_with(arguments: &[&str], stdin: Stdio, change: impl FnOnce(&mut Command)) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("echo-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_echo-server"));
        command.args(arguments).current_dir(&directory).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        let stdin = child.stdin.take();
        Program { child, stdin, lines, seen: Vec::new(), directory }
    }

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
                Err(_) => panic!("there is no {part:?} after these lines:\n{}", self.seen.join("\n")),
            }
        }
    }

    /// Where it says it listens next.
    #[track_caller]
    fn listens(&mut self) -> String {
        self.shows("listening on ").rsplit(' ').next().unwrap().to_owned()
    }

    /// Its exit code, and what it showed until then.
    #[track_caller]
    fn ends(&mut self) -> (Option<i32>, String) {
        let until = Instant::now() + SOON;
        // Its output ends when it does.
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.seen.push(line);
        }
        let shown = self.seen.join("\n");
        assert!(Instant::now() < until, "it does not end after these lines:\n{shown}");
        (self.child.wait().unwrap().code(), shown)
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A peer that knows nothing but bytes.
struct Peer(TcpStream);

impl Peer {
    fn connect(endpoint: &str) -> Self {
        let stream = TcpStream::connect(endpoint.strip_prefix("tcp://").unwrap()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.set_write_timeout(Some(SOON)).unwrap();
        Peer(stream)
    }

    fn sends(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    #[track_caller]
    fn gets(&mut self, expected: &[u8]) {
        let mut bytes = vec![0; expected.len()];
        self.0.read_exact(&mut bytes).expect("the echo in time");
        assert_eq!(bytes, expected);
    }

    #[track_caller]
    fn is_closed(&mut self) {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(0) => {}
            other => panic!("the connection must end with nothing more: {other:?} {rest:?}"),
        }
    }
}
