//! What comes goes back, in each framing.

use super::{Peer, Program};

#[test]
fn raw_bytes() {
    let (mut server, endpoint) = Program::listening(&[]);
    let mut peer = Peer::connect(&endpoint);
    let remote = peer.0.local_addr().unwrap();
    server.shows(&format!("opened: id 1, remote {remote}, accepted on {endpoint}"));
    peer.sends(b"hello");
    peer.gets(b"hello");
    let large: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
    let mut writer = Peer(peer.0.try_clone().unwrap());
    let sent = large.clone();
    let writing = std::thread::spawn(move || writer.sends(&sent));
    peer.gets(&large);
    writing.join().unwrap();
    drop(peer);
    server.shows(&format!("closed: id 1, remote {remote}, reason: closed by the peer"));
}

#[test]
fn whole_frames_of_each_layout() {
    for (framing, frame) in [
        ("simple-binary", &b"\x05\0\0\0hello"[..]),
        ("simple-binary", b"\0\0\0\0"),
        ("simple-chat", b"\x0d\0\0\0\x02\0\0\0\x08\x01\x0a\x03bob\x12\0"),
        ("laster", b"\x0b\0\0\0\x07\0\x09\0\0\0hello"),
    ] {
        let (_server, endpoint) = Program::listening(&["--set", &format!("framing={framing}")]);
        let mut peer = Peer::connect(&endpoint);
        // What is not yet a frame is not sent back: the first bytes that come are those of the whole frame.
        let (first, rest) = frame.split_at(3);
        peer.sends(first);
        peer.sends(rest);
        peer.sends(&frame.repeat(100));
        peer.gets(&frame.repeat(101));
    }
}

#[test]
fn a_frame_that_is_too_large_closes_with_the_limit_that_it_hit() {
    let (mut server, endpoint) = Program::listening(&["--set", "framing=simple-binary", "--set", "max_payload=10"]);
    let mut peer = Peer::connect(&endpoint);
    peer.sends(b"\x0a\0\0\x000123456789");
    peer.gets(b"\x0a\0\0\x000123456789");
    peer.sends(b"\x0b\0\0\0");
    let line = server.shows("closed: id 1");
    assert!(line.contains("bad frame") && line.contains("11") && line.contains("10"), "{line}");
    peer.is_closed();
}
