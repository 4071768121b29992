//! Peers that are too slow, too fast, or gone.

use std::time::Duration;

use laster_net::CloseReason;
use tokio::{net::TcpStream, time::Instant};

use crate::{
    arena::Arena,
    support::{FRAMES, Lab, address, framed, let_run, within},
};

const FRAME: CloseReason = CloseReason::FrameDeadline { limit: Duration::from_secs(10) };

#[tokio::test(start_paused = true)]
async fn a_header_then_silence() {
    let mut arena = Arena::new("memory:silence", Lab::new(), &FRAMES, &framed(b"well")).await;
    // Greeted before, so that it is not the hello that is missing; cut in the header, behind it, and one byte short.
    for len in [1, 3, 4, 5, 103] {
        let begun = Instant::now();
        let wire = [framed(b"hello"), framed(&[7; 100])[..len].to_vec()].concat();
        assert_eq!(arena.attack(&wire).await, FRAME);
        let took = begun.elapsed();
        // The wheel is a little late, and the arena looks after its healthy session in between.
        assert!(took >= Duration::from_secs(10) && took <= Duration::from_millis(10_200), "{len} bytes: {took:?}");
    }
    let hello = CloseReason::HelloDeadline { limit: Duration::from_secs(10) };
    assert_eq!(arena.attack(b"").await, hello);
    // A frame that is begun at once ends with the frame's own deadline or the hello's, whichever is looked at first.
    let reason = arena.attack(b"\x09").await;
    assert!(reason == FRAME || reason == hello, "{reason}");
}

#[tokio::test(start_paused = true)]
async fn one_byte_just_inside_every_idle_timeout() {
    let mut arena = Arena::new("memory:slowloris", Lab::new(), &FRAMES, &framed(b"well")).await;
    let (id, mut peer) = arena.attacker().await;
    assert_eq!(peer.ask(b"hello").await, b"hello");
    let wire = framed(&[7; 1000]);
    let begun = Instant::now();
    let mut sent = 0;
    while arena.service.session(id).is_some_and(|session| session.is_open()) {
        // The limits: 30 s without a byte, 10 s for a frame.
        let _ = peer.try_send(&wire[sent..=sent]).await;
        sent += 1;
        tokio::time::sleep(Duration::from_millis(900)).await;
        arena.ask_healthy().await;
    }
    assert_eq!(arena.end_of(id, peer).await, FRAME);
    assert!(begun.elapsed() < Duration::from_secs(12), "{sent} bytes kept it for {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn whole_frames_just_in_time_are_welcome() {
    let mut arena = Arena::new("memory:just-in-time", Lab::new(), &FRAMES, &framed(b"well")).await;
    let (id, mut peer) = arena.attacker().await;
    for _ in 0..10 {
        assert_eq!(peer.ask(b"slow, but here").await, b"slow, but here");
        tokio::time::sleep(Duration::from_secs(15)).await;
        arena.ask_healthy().await;
        tokio::time::sleep(Duration::from_secs(14)).await;
        arena.ask_healthy().await;
    }
    drop(peer);
    let_run().await;
    assert!(arena.service.session(id).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_flood_from_one_who_never_reads() {
    let mut arena = Arena::new("memory:deaf", Lab::new(), &FRAMES, &framed(b"well")).await;
    let (id, mut peer) = arena.attacker().await;
    let session = arena.service.session(id).unwrap();
    let wire = framed(&[7; 1000]).repeat(10);
    // As much as it can: the answers wait for it, and then so do its requests.
    let flood = async { while peer.try_send(&wire).await.is_ok() {} };
    let flood = tokio::time::timeout(Duration::from_secs(20), flood).await;
    assert!(flood.is_err(), "it was ended too soon: {:?}", session.close_reason());
    let (bytes, frames) = session.waiting();
    assert!(bytes <= 1 << 20 && frames <= 4096, "{bytes} bytes in {frames} frames wait");
    // It is read no further, and so it is silent, whatever it does.
    let idle = CloseReason::Idle { limit: Duration::from_secs(30) };
    assert_eq!(arena.end_of(id, peer).await, idle);
    assert_eq!(session.waiting(), (0, 0));
    assert!(session.traffic().unsent > 0);
}

#[tokio::test(start_paused = true)]
async fn one_byte_read_a_second_is_enough_to_stay_and_costs_no_more() {
    let mut arena = Arena::new("memory:byte-a-second", Lab::new(), &FRAMES, &framed(b"well")).await;
    let (id, mut peer) = arena.attacker().await;
    let session = arena.service.session(id).unwrap();
    for second in 0..100 {
        if second % 10 == 0 {
            peer.frame(&[7; 5000]).await;
        }
        let mut byte = [0];
        let read = tokio::io::AsyncReadExt::read_exact(&mut peer.reader, &mut byte);
        within("a byte", read).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        arena.ask_healthy().await;
    }
    assert!(session.is_open());
    peer.finish().await;
    assert_eq!(arena.end_of(id, peer).await, CloseReason::Remote);
}

#[tokio::test]
async fn resets_and_half_closes_in_the_middle() {
    let mut arena = Arena::new("127.0.0.1:0", Lab::new(), &FRAMES, &framed(b"well")).await;
    let wire = framed(&[7; 100]);
    for cut in [0, 2, 4, 50] {
        let mut peer = TcpStream::connect(address(&arena.listener)).await.unwrap();
        let id = arena.events.connected_after_messages().await;
        tokio::io::AsyncWriteExt::write_all(&mut peer, &wire[..cut]).await.unwrap();
        let session = arena.service.session(id).unwrap();
        crate::support::until("the bytes to be read", || session.traffic().bytes_in == cut as u64).await;
        peer.set_zero_linger().unwrap();
        drop(peer);
        let (closed, reason) = arena.events.closed().await;
        assert_eq!(closed, id);
        let reset = std::io::ErrorKind::ConnectionReset;
        assert!(matches!(&reason, CloseReason::Transport { kind, .. } if *kind == reset), "{cut}: {reason}");
        arena.ask_healthy().await;
        // The same, ended politely in one direction.
        let (id, mut peer) = arena.attacker().await;
        peer.send(&wire[..cut]).await;
        peer.finish().await;
        let reason = arena.end_of(id, peer).await;
        let polite = if cut == 0 { reason == CloseReason::Remote } else { matches!(reason, CloseReason::BadFrame(_)) };
        assert!(polite, "{cut}: {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn connections_without_a_byte() {
    let mut arena = Arena::new("memory:byteless", Lab::new(), &FRAMES, &framed(b"well")).await;
    let mut peers = Vec::new();
    for _ in 0..200 {
        peers.push(arena.attacker().await.1);
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(4)).await;
        arena.ask_healthy().await;
    }
    let hello = CloseReason::HelloDeadline { limit: Duration::from_secs(10) };
    for _ in 0..200 {
        assert_eq!(arena.events.closed().await.1, hello);
    }
    assert_eq!(arena.service.status().sessions, 1);
    drop(peers);
    arena.ask_healthy().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_empty_frames_lets_the_healthy_one_speak() {
    let mut arena = Arena::new("memory:empty-frames", Lab::new(), &FRAMES, &framed(b"well")).await;
    let (_id, mut peer) = arena.attacker().await;
    let flood = tokio::spawn(async move {
        let wire = framed(b"skip").repeat(8000);
        while peer.try_send(&wire).await.is_ok() {}
    });
    for _ in 0..100 {
        arena.ask_healthy().await;
    }
    let before = arena.service.status().traffic.frames_in;
    arena.ask_healthy().await;
    let during = arena.service.status().traffic.frames_in - before;
    // A few turns pass for each question: its way in, its answer's way out.
    assert!(during <= 100 * 1024, "{during} frames of the flood were served before the healthy session's one");
    flood.abort();
}
