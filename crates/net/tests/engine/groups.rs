//! Groups: encoded once, in order, and one slow member is that member's own trouble.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use laster_frame::{EncodeError, Header, encode_frame};
use laster_net::{CloseReason, Group, GroupLimits, PushError, ServiceConfig, Session, SessionLimits, SlowReader};

use crate::support::{Events, FRAMES, Lab, Raw, let_run, listening, serve, within};

/// So many sessions with their peers.
async fn members(name: &str, count: usize, limits: SessionLimits) -> (Vec<(Session, Raw)>, Events) {
    let (lab, mut events) = Lab::<false>::new();
    let config = ServiceConfig { limits, ..listening(&[&format!("memory:group-{name}")]) };
    let (service, listeners) = serve(lab, config).await;
    let mut members = Vec::new();
    for _ in 0..count {
        let peer = Raw::connect(listeners[0].endpoint()).await;
        members.push((service.session(events.connected().await).unwrap(), peer));
    }
    (members, events)
}

fn say(group: &Group, payload: &[u8]) -> Result<(), PushError> {
    group.try_send_with(|out| encode_frame(&FRAMES, &Header::default(), payload, out))
}

/// No member may be idle here.
fn patient() -> SessionLimits {
    let hour = Duration::from_secs(3600);
    SessionLimits { idle: hour, hello: hour, ..SessionLimits::default() }
}

#[tokio::test(start_paused = true)]
async fn each_frame_is_encoded_once_and_each_burst_is_one_write() {
    let (mut members, _events) = members("once", 100, patient()).await;
    let group = Group::spawn(GroupLimits::default());
    members.iter().for_each(|(session, _)| group.join(session));
    let encoded = AtomicUsize::new(0);
    for n in 0..10u8 {
        let encode = |out: &mut Vec<u8>| {
            encoded.fetch_add(1, Relaxed);
            encode_frame(&FRAMES, &Header::default(), &[n; 300], out)
        };
        group.try_send_with(encode).unwrap();
    }
    for (session, peer) in &mut members {
        for n in 0..10 {
            assert_eq!(peer.read_frame().await, [n; 300]);
        }
        assert_eq!((session.traffic().writes, session.traffic().frames_out), (1, 10));
    }
    assert_eq!(encoded.load(Relaxed), 10);
}

#[tokio::test(start_paused = true)]
async fn joining_and_leaving_take_effect_in_their_order() {
    let (mut members, _events) = members("order", 3, patient()).await;
    let group = Group::spawn(GroupLimits::default());
    let [a, b, c] = [0, 1, 2].map(|n| members[n].0.clone());
    say(&group, b"0").unwrap();
    group.join(&a);
    say(&group, b"1").unwrap();
    group.join(&b);
    group.join(&b);
    say(&group, b"2").unwrap();
    group.leave(a.id());
    group.leave(c.id());
    say(&group, b"3").unwrap();
    group.join(&a);
    group.join(&c);
    group.leave(b.id());
    say(&group, b"4").unwrap();
    assert_eq!(group.len(), 2, "what was called counts, whether or not the task has run");
    let_run().await;
    assert_eq!((group.len(), group.is_empty()), (2, false));
    let expected: [&[&[u8]]; 3] = [&[b"1", b"2", b"4"], &[b"2", b"3"], &[b"4"]];
    for ((session, peer), expected) in members.iter_mut().zip(expected) {
        session.close();
        for payload in expected {
            assert_eq!(peer.read_frame().await, *payload);
        }
        assert_eq!(peer.read_to_end().await.unwrap(), b"", "more than {expected:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_never_reads_hits_its_limit_and_only_it_is_closed() {
    let limits = SessionLimits { queue_items: 50, ..patient() };
    let (mut members, mut events) = members("close", 3, limits).await;
    let group = Group::spawn(GroupLimits::default());
    members.iter().for_each(|(session, _)| group.join(session));
    let (deaf, deaf_peer) = members.remove(1);
    for n in 0..200u32 {
        say(&group, &[&n.to_le_bytes()[..], &[0; 4000]].concat()).unwrap();
        for (_, peer) in &mut members {
            assert_eq!(peer.read_frame().await[..4], n.to_le_bytes());
        }
    }
    assert_eq!(events.closed().await, (deaf.id(), CloseReason::QueueFullItems { limit: 50 }));
    assert!(deaf.traffic().unsent > 0);
    assert_eq!(group.len(), 2);
    assert!(members.iter().all(|(session, _)| session.is_open()));
    drop(deaf_peer);
}

#[tokio::test(start_paused = true)]
async fn who_never_reads_misses_what_there_is_no_room_for() {
    let limits = SessionLimits { queue_items: 50, ..patient() };
    let (mut members, _events) = members("skip", 2, limits).await;
    let group = Group::spawn(GroupLimits { slow_reader: SlowReader::Skip, ..GroupLimits::default() });
    members.iter().for_each(|(session, _)| group.join(session));
    let (deaf, mut late) = members.pop().unwrap();
    for n in 0..200u32 {
        say(&group, &[&n.to_le_bytes()[..], &[0; 4000]].concat()).unwrap();
        assert_eq!(members[0].1.read_frame().await[..4], n.to_le_bytes());
    }
    assert!(deaf.is_open() && group.len() == 2);
    // It gets what it had room for, and is told of nothing else: the figures know.
    let missed = deaf.traffic().unsent;
    for n in 0..200 - missed as u32 {
        assert_eq!(late.read_frame().await[..4], n.to_le_bytes());
    }
    assert!(missed > 100, "{missed}");
    // And now that it reads, it gets all again.
    say(&group, b"end").unwrap();
    assert_eq!(late.read_frame().await, b"end");
}

#[tokio::test(start_paused = true)]
async fn the_groups_own_queue_is_bounded() {
    let (group, run) = Group::new(GroupLimits { frames: 3, bytes: 1000, ..GroupLimits::default() });
    say(&group, &[1; 600]).unwrap();
    let full = say(&group, &[2; 600]);
    assert_eq!(full, Err(PushError::FullBytes { limit: 1000, waiting: 604, len: 604 }));
    say(&group, b"3").unwrap();
    say(&group, b"4").unwrap();
    assert_eq!(say(&group, b"5"), Err(PushError::FullItems { limit: 3 }));
    let sender = group.clone();
    let send =
        tokio::spawn(async move { sender.send_with(|out| encode_frame(&FRAMES, &Header::default(), b"6", out)).await });
    let_run().await;
    assert!(!send.is_finished(), "there is no room yet");
    let task = tokio::spawn(run);
    within("room", send).await.unwrap().unwrap();
    // The last handle ends the task.
    drop(group);
    within("the group's task to end", task).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_encoder_that_fails_or_panics_sends_nothing() {
    let (mut members, _events) = members("encoder", 1, patient()).await;
    let group = Group::spawn(GroupLimits::default());
    group.join(&members[0].0);
    let error = EncodeError::PayloadTooLarge { found: 2, limit: 1 };
    let failed = group.try_send_with(|out| {
        out.extend_from_slice(b"half");
        Err(error)
    });
    assert_eq!(failed, Err(PushError::Encode(error)));
    let panicking = group.clone();
    let caller = tokio::spawn(async move {
        panicking.try_send_with(|out| {
            out.extend_from_slice(b"half a fra");
            panic!("in the encoder");
        })
    });
    assert!(caller.await.is_err());
    say(&group, b"whole").unwrap();
    assert_eq!(members[0].1.read_frame().await, b"whole");
}

#[tokio::test(start_paused = true)]
async fn those_that_are_over_are_forgotten_although_nobody_speaks() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:group-churn"])).await;
    let group = Group::spawn(GroupLimits::default());
    for _ in 0..1000 {
        let peer = Raw::connect(listeners[0].endpoint()).await;
        group.join(&service.session(events.connected().await).unwrap());
        drop(peer);
        events.closed().await;
    }
    let_run().await;
    assert!(group.len() <= 200, "{} sessions that are over", group.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_whose_handler_works_is_not_a_slow_reader() {
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let (lab, mut events) = Lab::<false>::new();
    let lab = lab.on_message(move |_, _| {
        // Works, for as long as the test says, without a pause.
        let _ = held.lock().unwrap().recv();
        async { Ok(()) }
    });
    let mut config = listening(&["127.0.0.1:0"]);
    config.limits.queue_items = 10;
    let (service, listeners) = serve(lab, config).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    peer.frame(b"work").await;
    events.next("the message").await;
    let group = Group::spawn(GroupLimits::default());
    group.join(&session);
    for n in 0..100u8 {
        within("room", group.send_with(|out| encode_frame(&FRAMES, &Header::default(), &[n], out))).await.unwrap();
        // One burst each, so that ten of them are what the queue takes.
        if n % 10 == 9 {
            assert_eq!(session.close_reason(), None, "closed after {n}");
        }
        tokio::task::yield_now().await;
    }
    let_go.send(()).unwrap();
    for n in 0..100u8 {
        assert_eq!(peer.read_frame().await, [n]);
    }
}
