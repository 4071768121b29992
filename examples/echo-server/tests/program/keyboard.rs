//! Keys, line by line.

use super::{Peer, Program};

#[test]
fn it_stops_and_runs_again() {
    let (mut server, first) = Program::listening(&["--set", "echo.status_interval=1h"]);
    let mut peer = Peer::connect(&first);
    server.shows("opened: id 1");
    server.types("2");
    server.shows("the service runs already");
    server.types("1");
    server.shows("closed: id 1");
    server.shows("stopped");
    peer.is_closed();
    server.types("4");
    server.shows("the service does not run");
    server.types("1");
    server.shows("stopped already");
    server.types("2");
    let second = server.listens();
    server.shows("running");
    let mut peer = Peer::connect(&second);
    // Ids are not used again.
    server.shows("opened: id 2");
    peer.sends(b"x");
    peer.gets(b"x");
    server.types("3");
    server.shows("\"3\" is no key: 1 stop, 2 run, 4 connect to itself, q quit");
    server.types("q");
    let (code, shown) = server.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("closed: id 2") && shown.ends_with("stopped"), "{shown}");
}

#[test]
fn it_connects_to_itself() {
    let mut server = Program::start(&["--listen", "0.0.0.0:0"]);
    let port = server.listens().rsplit(':').next().unwrap().to_owned();
    server.types("4");
    server.shows(&format!("connecting to tcp://127.0.0.1:{port}"));
    let lines = [server.shows("opened: "), server.shows("opened: ")];
    assert!(lines.iter().any(|line| line.ends_with(&format!("connected to tcp://127.0.0.1:{port}"))), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with(&format!("accepted on tcp://0.0.0.0:{port}"))), "{lines:?}");
    server.types("q");
    assert_eq!(server.ends().0, Some(0));
}

#[test]
fn it_says_what_it_is_doing() {
    let (mut server, endpoint) = Program::listening(&["--set", "echo.status_interval=20ms"]);
    server.shows("running, sessions: 0 (opened 0, refused 0)");
    let mut peer = Peer::connect(&endpoint);
    peer.sends(b"hello");
    peer.gets(b"hello");
    server.shows("running, sessions: 1 (opened 1, refused 0)");
    server.shows("received: 1 frames, 5 bytes");
    server.types("1");
    server.shows("stopped, sessions: 0");
}

#[test]
fn the_end_of_its_input_is_not_its_own() {
    let (mut server, endpoint) = Program::listening(&[]);
    drop(server.stdin.take());
    let mut peer = Peer::connect(&endpoint);
    peer.sends(b"x");
    peer.gets(b"x");
}

#[cfg(unix)]
#[test]
fn it_ends_when_asked_to() {
    for signal in ["-INT", "-TERM"] {
        let (mut server, endpoint) = Program::listening(&[]);
        let mut peer = Peer::connect(&endpoint);
        server.shows("opened: id 1");
        server.signal(signal);
        let (code, shown) = server.ends();
        assert_eq!(code, Some(0), "{signal}: {shown}");
        assert!(shown.contains("reason: the service stopped"), "{shown}");
        peer.is_closed();
    }
}
