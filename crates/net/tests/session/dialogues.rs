//! What two nodes say to each other, and how it ends.

use std::time::Duration;

use laster_net::{
    CloseReason, PushError, SessionLimits,
    session::{Moment, Phase},
};

use crate::world::World;

fn echo(payload: &[u8]) -> Vec<Vec<u8>> {
    vec![payload.to_vec()]
}

fn silent(_: &[u8]) -> Vec<Vec<u8>> {
    Vec::new()
}

fn seconds(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1000)
}

#[test]
fn every_request_is_answered_in_its_turn_however_the_bytes_are_split() {
    for seed in 0..200 {
        let mut world = World::new(seed, &SessionLimits::default(), echo);
        world.pipes.iter_mut().for_each(|pipe| pipe.piece = 1 + seed as usize % 23);
        let requests: Vec<Vec<u8>> = (0..40u8).map(|n| vec![n; usize::from(n) * 11 % 300]).collect();
        for (n, request) in requests.iter().enumerate() {
            world.nodes[0].send(request).unwrap();
            if n % 3 == 0 {
                world.settle();
            }
        }
        world.settle();
        assert_eq!(world.nodes[1].got, requests, "seed {seed}");
        assert_eq!(world.nodes[0].got, requests, "seed {seed}");
        assert!(world.nodes.iter().all(|node| node.inbound.held() == 0), "seed {seed}: memory kept for nothing");
    }
}

#[test]
fn a_backlog_through_a_narrow_pipe_arrives_whole_and_once() {
    for seed in 0..50 {
        let limits = SessionLimits { queue_items: 5, queue_bytes: 300, ..SessionLimits::default() };
        let mut world = World::new(seed, &limits, silent);
        world.pipes[0].room = 7;
        let (mut refused, mut next) = (0, 0u32);
        while next < 300 {
            match world.nodes[0].send(&[b"frame ", &next.to_le_bytes()[..]].concat()) {
                Ok(()) => next += 1,
                Err(error) => {
                    assert!(error.is_full(), "{error}");
                    refused += 1;
                    world.settle();
                }
            }
        }
        world.settle();
        assert!(refused > 10, "the queue was never full: the test shows nothing");
        let expected: Vec<Vec<u8>> = (0..300u32).map(|n| [b"frame ", &n.to_le_bytes()[..]].concat()).collect();
        assert_eq!(world.nodes[1].got, expected, "seed {seed}");
        assert_eq!((world.nodes[0].sent, world.nodes[0].outbound.frames()), (300, 0));
    }
}

#[test]
fn a_graceful_close_sends_what_was_accepted_first() {
    for seed in 0..50 {
        let mut world = World::new(seed, &SessionLimits::default(), silent);
        world.pipes[0].room = 3;
        for n in 0..20 {
            world.nodes[0].send(&[n; 50]).unwrap();
        }
        assert!(world.nodes[0].close(CloseReason::Local, world.now));
        assert_eq!(world.nodes[0].send(b"late"), Err(PushError::Closed(CloseReason::Local)));
        world.settle();
        assert_eq!(world.nodes[1].got.len(), 20, "seed {seed}");
        assert_eq!((world.nodes[0].sent, world.nodes[0].unsent), (20, 0));
        assert_eq!(world.nodes[0].outbound.phase(), &Phase::Closed(CloseReason::Local));
        assert_eq!(world.nodes[1].outbound.phase(), &Phase::Closed(CloseReason::Remote));
    }
}

#[test]
fn the_answers_to_a_peer_that_has_ended_are_still_sent() {
    let mut world = World::new(1, &SessionLimits::default(), echo);
    world.pipes[1].room = 5;
    world.nodes[0].send(&[7; 100]).unwrap();
    world.nodes[0].close(CloseReason::Local, world.now);
    world.settle();
    assert_eq!(world.nodes[1].outbound.phase(), &Phase::Closed(CloseReason::Remote));
    assert_eq!((world.nodes[1].sent, world.nodes[1].unsent), (1, 0));
}

#[test]
fn the_first_reason_stays() {
    let idle = CloseReason::Idle { limit: Duration::from_secs(90) };
    let mut world = World::new(1, &SessionLimits::default(), silent);
    let node = &mut world.nodes[0];
    node.send(b"accepted").unwrap();
    assert!(node.close(CloseReason::Shutdown, seconds(0)));
    assert!(!node.close(CloseReason::Remote, seconds(0)), "a second reason was taken");
    assert!(!node.close(idle.clone(), seconds(0)), "a second reason was taken");
    node.outbound.abort(CloseReason::Unknown);
    assert_eq!(node.reason(), Some(&CloseReason::Shutdown));
    // A reason that allows no more sending ends at once.
    let node = &mut world.nodes[1];
    node.send(b"accepted").unwrap();
    assert!(node.close(idle.clone(), seconds(0)));
    assert_eq!(node.outbound.phase(), &Phase::Closed(idle));
}

#[test]
fn draining_has_a_deadline() {
    let mut world = World::new(1, &SessionLimits::default(), silent);
    world.pipes[0].room = 5;
    world.settle();
    world.nodes[0].send(b"x").unwrap();
    world.settle();
    // The pipe is stuck from here on.
    world.pipes[0].room = 0;
    for _ in 0..3 {
        world.nodes[0].send(b"never read").unwrap();
    }
    world.nodes[0].close(CloseReason::Local, world.now);
    world.pass(Duration::from_millis(4999));
    assert!(!world.nodes[0].is_closed(), "the drain deadline is 5 s");
    world.pass(Duration::from_millis(1));
    assert_eq!(world.nodes[0].outbound.phase(), &Phase::Closed(CloseReason::Local));
    assert_eq!(world.nodes[0].outbound.discard(), 3);
    assert_eq!(world.nodes[0].outbound.discard(), 0, "unsent frames are counted once");
}

/// Says when the server ended the session, if it did in this time.
fn ended_after(world: &mut World, time: Duration) -> Option<(u64, CloseReason)> {
    let start = world.now;
    while world.now < start + time {
        world.pass(Duration::from_millis(1));
        if let Some(reason) = world.nodes[1].reason() {
            return Some((world.now.since(start).as_millis() as u64, reason.clone()));
        }
    }
    None
}

#[test]
fn a_peer_that_never_says_hello() {
    let mut world = World::new(1, &SessionLimits::default(), silent);
    let limit = Duration::from_secs(10);
    let end = ended_after(&mut world, Duration::from_secs(20));
    assert_eq!(end, Some((10_000, CloseReason::HelloDeadline { limit })));
}

#[test]
fn a_hello_byte_by_byte_does_not_move_the_hello_deadline() {
    let mut world = World::new(1, &SessionLimits::default(), silent);
    for _ in 0..9 {
        world.pass(Duration::from_secs(1));
        world.inject(if world.now == seconds(1) { &[200] } else { &[0] });
        assert_eq!(world.nodes[1].reason(), None);
    }
    let end = ended_after(&mut world, Duration::from_secs(5));
    assert_eq!(end, Some((1000, CloseReason::HelloDeadline { limit: Duration::from_secs(10) })));
}

#[test]
fn a_peer_that_falls_silent_between_two_frames() {
    let mut world = World::new(1, &SessionLimits::default(), echo);
    world.nodes[0].send(b"hello").unwrap();
    world.pass(Duration::from_secs(3));
    world.nodes[0].send(b"again").unwrap();
    world.settle();
    let end = ended_after(&mut world, Duration::from_secs(200));
    assert_eq!(end, Some((90_000, CloseReason::Idle { limit: Duration::from_secs(90) })));
}

#[test]
fn slowloris_is_never_idle_and_still_ends() {
    let mut world = World::new(1, &SessionLimits::default(), silent);
    world.inject(b"\x01\0\0\0a");
    world.pass(Duration::from_secs(30));
    world.inject(&100u32.to_le_bytes());
    for _ in 0..9 {
        world.pass(Duration::from_secs(1));
        world.inject(b"x");
        assert_eq!(world.nodes[1].reason(), None);
    }
    let end = ended_after(&mut world, Duration::from_secs(5));
    assert_eq!(end, Some((1000, CloseReason::FrameDeadline { limit: Duration::from_secs(10) })));
}

#[test]
fn each_frame_has_the_whole_deadline() {
    let mut world = World::new(1, &SessionLimits::default(), silent);
    for n in 0..20 {
        // Ends the frame before, and begins one.
        world.inject(if n == 0 { b"\x01\0" } else { b"\0\0z\x01\0" });
        world.pass(Duration::from_secs(9));
        assert_eq!(world.nodes[1].reason(), None, "frame {n}");
    }
    assert_eq!(world.nodes[1].got.len(), 19);
}

#[test]
fn an_end_inside_a_frame_is_not_the_peers_leave() {
    let mut world = World::new(1, &SessionLimits::default(), silent);
    world.inject(b"\x01\0\0\0a\x05\0\0\0b");
    world.nodes[0].close(CloseReason::Local, world.now);
    world.settle();
    let text = "bad frame: offset 5: the stream ends 5 bytes into a frame";
    assert_eq!(world.nodes[1].reason().map(ToString::to_string).as_deref(), Some(text));
}
