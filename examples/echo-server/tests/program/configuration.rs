//! Configurations, good and bad.

use std::fs;

use super::{Peer, Program};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_ancestor_s_configuration_works_as_it_is() {
    let file = format!("{HERE}/../../crates/laster/tests/settings/SimpleEchoServer.xml");
    // But for the port, which somebody may have.
    let (mut server, endpoint) = Program::listening(&[&file]);
    server.shows("running");
    let introduction = server.seen.join("\n");
    assert!(introduction.contains("echo of simple-binary frames"), "{introduction}");
    assert!(introduction.contains("log: logs/echo-server.*.log"), "{introduction}");
    let mut peers: Vec<_> = (0..10).map(|_| Peer::connect(&endpoint)).collect();
    for peer in &mut peers {
        peer.sends(b"\x03\0\0\0abc");
        peer.gets(b"\x03\0\0\0abc");
    }
    // MaxConnectionCount.
    Peer::connect(&endpoint).is_closed();
    server.shows("reason: session limit: there are 10 sessions already");
    server.types("q");
    assert_eq!(server.ends().0, Some(0));
    let logs = fs::read_dir(server.directory.join("logs")).unwrap().count();
    assert_eq!(logs, 1, "the log is in a file");
}

#[test]
fn the_sample_is_what_holds_without_it() {
    let file = format!("{HERE}/echo-server.toml");
    let (mut with, endpoint) = Program::listening(&[&file]);
    with.shows("running");
    let (mut without, _) = Program::listening(&[]);
    without.shows("running");
    assert_eq!(with.seen, without.seen);
    let mut peer = Peer::connect(&endpoint);
    peer.sends(b"x");
    peer.gets(b"x");
    // Where it listens cannot be tried, since somebody may be there; that it is the same can be read.
    let main = fs::read_to_string(format!("{HERE}/src/main.rs")).unwrap();
    let sample = fs::read_to_string(&file).unwrap();
    assert!(sample.contains("listeners = [\"127.0.0.1:11110\"]") && main.contains("([127, 0, 0, 1], 11110)"));
}

#[test]
fn it_connects_where_the_configuration_says() {
    let (mut far, endpoint) = Program::listening(&[]);
    let xml = format!(
        "<TcpServiceConfig><Clients><Client><ip>127.0.0.1</ip><port>{}</port><timeout>1000</timeout><retry>0</retry></Client>\
         </Clients></TcpServiceConfig>",
        endpoint.rsplit(':').next().unwrap()
    );
    let file = far.directory.join("client.xml");
    fs::write(&file, xml).unwrap();
    let mut near = Program::start(&[file.to_str().unwrap()]);
    near.shows(&format!("connecting to {endpoint}"));
    near.shows("opened: id 1");
    assert!(!near.seen.iter().any(|line| line.contains("listening")), "{:?}", near.seen);
    far.shows("opened: id 1");
}

#[track_caller]
fn refused(arguments: &[&str], environment: &[(&str, &str)], sentence: &str) {
    let mut program = Program::start_with(arguments, std::process::Stdio::null(), |command| {
        command.envs(environment.iter().copied());
    });
    assert_eq!(program.ends(), (Some(2), format!("echo-server: {sentence}")));
}

#[test]
fn a_mistake_is_one_sentence_and_exit_code_2() {
    refused(&["no.toml"], &[], "no.toml: cannot be read: No such file or directory (os error 2)");
    refused(
        &["--set", "limits.idle=0s"],
        &[],
        "command line --set: limits.idle: is 0: a limit cannot be off, choose a large one instead",
    );
    refused(
        &["--listen", "localhost"],
        &[],
        "command line --listen: listeners: \"localhost\" has no port: write localhost:4000",
    );
    refused(
        &[],
        &[("LASTER_ECHO__STATUS", "5s")],
        "environment LASTER_ECHO__STATUS: echo.status: there is no such key: write status_interval",
    );
    refused(
        &[],
        &[("LASTER_FRAMING", "simple")],
        "environment LASTER_FRAMING: framing: there is no framing \"simple\": write raw, simple-binary, simple-chat or laster",
    );
}

#[test]
fn an_address_that_is_taken() {
    let (_first, endpoint) = Program::listening(&[]);
    let mut second = Program::start(&["--listen", &endpoint]);
    let (code, shown) = second.ends();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains(&format!("cannot listen on {endpoint}")) && shown.contains("in use"), "{shown}");
}

#[test]
fn the_help_teaches() {
    let (code, help) = Program::start(&["--help"]).ends();
    assert_eq!(code, Some(0));
    for taught in
        ["nc localhost 11110", "1 stop, 2 run, 4 connect", "limits.idle=90s", "LASTER_LIMITS__IDLE", "status_interval"]
    {
        assert!(help.contains(taught), "{taught} is not in\n{help}");
    }
}
