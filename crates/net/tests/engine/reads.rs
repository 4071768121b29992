//! What is received: events in their order, deadlines that are the peer's alone, floods that leave the others their turn.

use std::{future::poll_fn, task::Poll, time::Duration};

use laster_frame::{Counts, Encoding, Field, Header, Layout, Literal, Side};
use laster_net::{CloseReason, Sent, SessionLimits};

use crate::support::{Event, Lab, Raw, framed, listening, serve, within};

#[tokio::test(start_paused = true)]
async fn every_event_in_its_order() {
    let (lab, mut events) = Lab::<true>::new();
    let (service, listeners) = serve(lab.tells_received(), listening(&["memory:order"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    peer.send(&[framed(b"one"), framed(b"two")].concat()).await;
    assert_eq!([peer.read_frame().await, peer.read_frame().await], [b"one", b"two"]);
    peer.finish().await;
    assert_eq!(peer.read_to_end().await.unwrap(), b"");
    let expected = [
        Event::Received(id, [framed(b"one"), framed(b"two")].concat()),
        Event::Message(id, b"one".to_vec()),
        Event::Message(id, b"two".to_vec()),
        Event::Sent(id, Sent { frames: 2, bytes: 14 }),
        Event::Closed(id, CloseReason::Remote),
    ];
    for expected in expected {
        assert_eq!(events.next("the next event").await, expected);
    }
    within("the stop", service.stop(Duration::from_secs(1))).await;
    assert_eq!(events.so_far(), []);
}

#[tokio::test(start_paused = true)]
async fn all_that_was_sent_is_told_also_what_left_at_the_end() {
    let (lab, mut events) = Lab::<true>::new();
    let (service, listeners) = serve(lab, listening(&["memory:sent"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    for n in 0..30 {
        session.try_send(&Header::default(), &[n; 10_000]).unwrap();
    }
    session.close();
    let bytes = peer.read_to_end().await.unwrap();
    assert_eq!(bytes.len(), 30 * 10_004);
    let mut told = Sent::default();
    loop {
        match events.next("what was sent").await {
            Event::Sent(_, sent) => {
                told.frames += sent.frames;
                told.bytes += sent.bytes;
            }
            Event::Closed(_, reason) => {
                assert_eq!(reason, CloseReason::Local);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, Sent { frames: 30, bytes: bytes.len() });
    let traffic = session.traffic();
    assert_eq!((traffic.frames_out, traffic.bytes_out, traffic.unsent), (30, bytes.len() as u64, 0));
}

#[tokio::test(start_paused = true)]
async fn the_answers_reach_a_peer_that_has_ended_its_direction() {
    let (lab, mut events) = Lab::<false>::new();
    let (_service, listeners) = serve(lab, listening(&["memory:half"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    // The pipe holds 64 KiB in each direction: the answers to the last of these wait until they are read.
    let requests: Vec<u8> = (0..20).flat_map(|n| framed(&[n; 5000])).collect();
    let mut answers = peer.exchange(&requests, 30_000).await;
    peer.finish().await;
    answers.extend(peer.read_to_end().await.unwrap());
    assert!(answers == requests, "an echo of everything");
    assert_eq!(events.closed().await.1, CloseReason::Remote);
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_is_not_a_slow_peer() {
    let (lab, mut events) = Lab::<false>::new();
    let lab = lab.on_message(|_, _| async {
        tokio::time::sleep(Duration::from_secs(40)).await;
        Ok(())
    });
    let (_service, listeners) = serve(lab, listening(&["memory:slow-handler"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    // A frame in two parts, and with the second the beginning of another one.
    peer.send(b"\x03\0\0\0a").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    peer.send(b"bc\x01\0").await;
    assert_eq!(events.next("the message").await, Event::Message(id, b"abc".to_vec()));
    // The frame deadline, 10 s, passes while the handler works. The second frame was begun and is the handler's to wait for.
    tokio::time::sleep(Duration::from_secs(35)).await;
    assert_eq!(events.so_far(), []);
    // From here on the rest is missed.
    let begun = tokio::time::Instant::now();
    assert_eq!(events.closed().await.1, CloseReason::FrameDeadline { limit: Duration::from_secs(10) });
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(15) && took <= Duration::from_millis(15_200), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn both_prologues_come_first() {
    static GREETED: Layout = Layout::new(&[Field::length(Encoding::U32Le, Counts::Payload)])
        .prologue(Side::Client, Literal::new(b"CLNT"))
        .prologue(Side::Server, Literal::new(b"SRVR"));
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab.layout(&GREETED), listening(&["memory:prologue"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    for byte in b"CLNT" {
        peer.send(&[*byte]).await;
    }
    peer.frame(b"hello").await;
    assert_eq!(events.next("the message").await, Event::Message(id, b"hello".to_vec()));
    peer.finish().await;
    assert_eq!(peer.read_to_end().await.unwrap(), [&b"SRVR"[..], &framed(b"hello")].concat());
    assert_eq!(service.status().traffic.frames_out, 1, "a prologue is no frame");
    let mut stranger = Raw::connect(listeners[0].endpoint()).await;
    stranger.send(b"CLXX").await;
    assert_eq!(stranger.read_to_end().await.unwrap(), b"SRVR");
}

#[tokio::test(start_paused = true)]
async fn raw_bytes_are_payloads() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab.layout(&Layout::RAW), listening(&["memory:raw"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    peer.send(b"no frames").await;
    let mut bytes = [0; 9];
    within("the echo", tokio::io::AsyncReadExt::read_exact(&mut peer.reader, &mut bytes)).await.unwrap();
    assert_eq!(&bytes, b"no frames");
    // Nothing is nothing: it does not wait, and does not count.
    for _ in 0..10_000 {
        session.try_send(&Header::default(), b"").unwrap();
    }
    assert_eq!(session.waiting(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_empty_frames_leaves_the_others_their_turn() {
    for payload in [&b""[..], b"skip"] {
        let (lab, mut events) = Lab::<false>::new();
        let lab = lab.on_message(|_, _| async { Ok(()) });
        let name = format!("memory:flood-{}", payload.len());
        let (service, listeners) = serve(lab, listening(&[&name])).await;
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let session = service.session(events.connected().await).unwrap();
        let frames = 60_000 / (4 + payload.len()) as u64;
        // A neighbour that is always ready: it looks at what happened since it was last polled.
        let (mut before, mut most) = (0, 0);
        let neighbour = tokio::spawn(poll_fn(move |cx| {
            let now = session.traffic().frames_in;
            most = most.max(now - before);
            before = now;
            cx.waker().wake_by_ref();
            if now < frames { Poll::Pending } else { Poll::Ready(most) }
        }));
        peer.send(&framed(payload).repeat(frames as usize)).await;
        let most = within("the flood to pass", neighbour).await.unwrap();
        assert!(most <= 1024, "{most} frames of one peer in one turn");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_may_be_as_long_as_one_likes() {
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&["memory:for-ever"]);
    let ever = Duration::MAX;
    config.limits = SessionLimits {
        idle: ever,
        frame: ever,
        hello: ever,
        handshake: ever,
        drain: ever,
        ..SessionLimits::default()
    };
    let (service, listeners) = serve(lab, config).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    tokio::time::sleep(Duration::from_secs(365 * 86_400)).await;
    assert_eq!(peer.ask(b"a year later").await, b"a year later");
    session.close();
    events.closed().await;
}
