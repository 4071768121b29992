//! Keys in a terminal: at once, unseen, and with the terminal as it was before afterwards.

use std::{fs::File, io::Write, process::Stdio};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

use super::Program;

/// A terminal, and the program in front of it.
fn in_terminal() -> (Program, File, File) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap();
    let screen = File::from(rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap());
    let stdin = Stdio::from(screen.try_clone().unwrap());
    let program = Program::start_with(&["--listen", "127.0.0.1:0"], stdin, |_| {});
    (program, File::from(keyboard), screen)
}

fn is_as_before(screen: &File) -> bool {
    tcgetattr(screen).unwrap().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)
}

#[test]
fn keys_count_without_enter() {
    let (mut server, mut keyboard, screen) = in_terminal();
    server.shows("running");
    let modes = tcgetattr(&screen).unwrap().local_modes;
    assert!(!modes.intersects(LocalModes::ICANON | LocalModes::ECHO));
    assert!(modes.contains(LocalModes::ISIG), "Ctrl-C stays a signal");
    keyboard.write_all(b"1").unwrap();
    server.shows("stopped");
    keyboard.write_all(b"\r2").unwrap();
    server.shows("running");
    keyboard.write_all(b"q").unwrap();
    assert_eq!(server.ends().0, Some(0));
    assert!(is_as_before(&screen));
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let (mut server, _keyboard, screen) = in_terminal();
    server.shows("running");
    server.signal("-INT");
    assert_eq!(server.ends().0, Some(0));
    assert!(is_as_before(&screen));
}

#[test]
fn a_start_that_fails_gives_the_terminal_back() {
    let (mut server, _keyboard, screen) = in_terminal();
    let endpoint = server.listens();
    let stdin = Stdio::from(screen.try_clone().unwrap());
    server.signal("-INT");
    server.ends();
    let (_taken, taken) = Program::listening(&[]);
    assert_ne!(endpoint, taken);
    let mut second = Program::start_with(&["--listen", &taken], stdin, |_| {});
    assert_eq!(second.ends().0, Some(1));
    assert!(is_as_before(&screen));
}
