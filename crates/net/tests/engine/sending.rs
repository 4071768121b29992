//! Sending: room, waiting for it, gathering, and how many writes it takes.

use std::time::Duration;

use laster_frame::{EncodeError, Header};
use laster_net::{CloseReason, Flush, PushError, Session, SessionLimits};
use tokio::time::Instant;

use crate::support::{Events, Lab, MAX, Raw, framed, let_run, listening, serve, within};

/// One session whose peer reads when the test says so.
async fn one(name: &str, lab: Lab, mut events: Events, limits: SessionLimits) -> (Session, Raw, Events) {
    let mut config = listening(&[&format!("memory:{name}")]);
    config.limits = limits;
    let (service, listeners) = serve(lab, config).await;
    let peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    (session, peer, events)
}

fn send(session: &Session, payload: &[u8]) -> Result<(), PushError> {
    session.try_send(&Header::default(), payload)
}

/// Sends until the queue is full. Gives how many frames were accepted.
fn fill(session: &Session, payload: &[u8]) -> (u64, PushError) {
    let mut accepted = 0;
    loop {
        match send(session, payload) {
            Ok(()) => accepted += 1,
            Err(error) => return (accepted, error),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn try_send_says_why_not() {
    let (lab, events) = Lab::<false>::new();
    let limits = SessionLimits { queue_items: 20, queue_bytes: 150_000, ..SessionLimits::default() };
    let (session, _peer, mut events) = one("why-not", lab, events, limits).await;
    let too_large = vec![0; MAX as usize + 1];
    let encode = EncodeError::PayloadTooLarge { found: too_large.len(), limit: MAX };
    assert_eq!(send(&session, &too_large), Err(PushError::Encode(encode)));
    assert_eq!(session.waiting(), (0, 0));
    // Two fill the pipe, the rest waits.
    let (accepted, full) = fill(&session, &[1; 60_000]);
    let (bytes, frames) = session.waiting();
    assert_eq!(full, PushError::FullBytes { limit: 150_000, waiting: bytes, len: 60_004 });
    assert_eq!((accepted, frames), (3, 2));
    let (_, full) = fill(&session, b"small");
    assert_eq!((full, session.waiting().1), (PushError::FullItems { limit: 20 }, 20));
    session.close();
    assert_eq!(send(&session, b"late"), Err(PushError::Closed(CloseReason::Local)));
    assert_eq!(events.closed().await.1, CloseReason::Local);
    assert_eq!(session.traffic().unsent, 20, "the peer read nothing: what waited is counted");
    assert_eq!(send(&session, b"later"), Err(PushError::Closed(CloseReason::Local)));
}

#[tokio::test(start_paused = true)]
async fn send_waits_for_room_and_no_longer() {
    let (lab, events) = Lab::<false>::new();
    let (session, mut peer, _events) = one("room", lab, events, SessionLimits::default()).await;
    let (accepted, _) = fill(&session, &[1; 10_000]);
    let (header, last) = (Header::default(), [2; 10_000]);
    let mut sends: Vec<_> = (0..5).map(|_| Box::pin(session.send(&header, &last))).collect();
    for send in &mut sends {
        assert!(futures_util::poll!(send).is_pending());
    }
    // Those that are given up were not accepted.
    sends.truncate(3);
    for _ in 0..accepted {
        assert_eq!(peer.read_frame().await[0], 1);
    }
    for send in sends {
        within("room", send).await.unwrap();
    }
    for _ in 0..3 {
        assert_eq!(peer.read_frame().await[0], 2);
    }
    let_run().await;
    assert_eq!((session.traffic().frames_out, session.waiting()), (accepted + 3, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_room_is_told_of_the_end() {
    for abort in [false, true] {
        let (lab, events) = Lab::<false>::new();
        let (session, _peer, _events) = one(&format!("end-{abort}"), lab, events, SessionLimits::default()).await;
        fill(&session, &[1; 10_000]);
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let session = session.clone();
                tokio::spawn(async move { session.send(&Header::default(), &[2; 10_000]).await })
            })
            .collect();
        let_run().await;
        if abort {
            session.abort()
        } else {
            session.close()
        }
        for send in waiting {
            let sent = within("the end", send).await.unwrap();
            assert_eq!(sent, Err(PushError::Closed(CloseReason::Local)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_and_a_reader_that_stops_and_goes() {
    let (lab, events) = Lab::<false>::new();
    let mut config = listening(&["127.0.0.1:0"]);
    config.limits = SessionLimits { queue_items: 7, queue_bytes: 20_000, ..SessionLimits::default() };
    let (service, listeners) = serve(lab, config).await;
    let mut events = events;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    let senders: Vec<_> = (0..8u8)
        .map(|sender| {
            let session = session.clone();
            tokio::spawn(async move {
                for n in 0..300u32 {
                    let len = 4 + (usize::from(sender) * 997 + n as usize * 131) % 9000;
                    let mut payload = vec![sender; len];
                    payload[..4].copy_from_slice(&n.to_le_bytes());
                    session.send(&Header::default(), &payload).await.unwrap();
                }
            })
        })
        .collect();
    let mut next = [0u32; 8];
    for _ in 0..8 * 300 {
        let payload = peer.read_frame().await;
        let n = u32::from_le_bytes(payload[..4].try_into().unwrap());
        let sender = usize::from(*payload.get(4).unwrap_or(&0));
        if payload.len() > 4 {
            assert_eq!(n, next[sender], "each sender's frames come in its order");
        }
        next[sender] = n + 1;
    }
    for sender in senders {
        within("each sender", sender).await.unwrap();
    }
    assert_eq!(session.waiting(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_gathered_leaves_together_at_the_update() {
    let (lab, events) = Lab::<false>::new();
    let (session, mut peer, _events) = one("gather", lab, events, SessionLimits::default()).await;
    let gather = |payload: &'static [u8]| {
        session
            .try_send_with(Flush::Gather, |out| {
                laster_frame::encode_frame(session.layout(), &Header::default(), payload, out)
            })
            .unwrap();
    };
    let begun = Instant::now();
    for _ in 0..10 {
        gather(b"tick");
        let_run().await;
    }
    assert_eq!((session.traffic().writes, session.waiting().1), (0, 10));
    for _ in 0..10 {
        peer.read_frame().await;
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(50) && took <= Duration::from_millis(150), "{took:?}");
    assert_eq!((session.traffic().writes, session.traffic().frames_out), (1, 10));
    // Asked for, it leaves at once; and so does what a frame that cannot wait meets.
    let begun = Instant::now();
    gather(b"a");
    session.flush();
    peer.read_frame().await;
    gather(b"b");
    send(&session, b"c").unwrap();
    assert_eq!([peer.read_frame().await, peer.read_frame().await], [b"b", b"c"]);
    assert_eq!((session.traffic().writes, begun.elapsed()), (3, Duration::ZERO));
    // A close waits for nothing.
    gather(b"d");
    session.close();
    assert_eq!(peer.read_to_end().await.unwrap(), framed(b"d"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_can_gather_too() {
    let (lab, events) = Lab::<false>::new();
    let lab = lab.on_message(|session, payload| async move {
        let flush = if payload == b"now" { Flush::Now } else { Flush::Gather };
        Ok(session
            .send_with(flush, |out| laster_frame::encode_frame(session.layout(), &Header::default(), &payload, out))
            .await?)
    });
    let (session, mut peer, _events) = one("handler-gathers", lab, events, SessionLimits::default()).await;
    for payload in [b"1", b"2", b"3"] {
        peer.frame(payload).await;
        let_run().await;
    }
    assert_eq!(session.waiting().1, 3, "they wait for the update");
    let begun = Instant::now();
    assert_eq!(peer.read_frame().await, b"1");
    assert!(begun.elapsed() > Duration::ZERO);
    peer.read_frame().await;
    peer.read_frame().await;
    assert_eq!(session.traffic().writes, 1);
    let begun = Instant::now();
    peer.frame(b"4").await;
    assert_eq!(peer.ask(b"now").await, b"4");
    assert_eq!((peer.read_frame().await, begun.elapsed()), (b"now".to_vec(), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_is_gathered_does_not_fill_the_queue() {
    let (lab, events) = Lab::<false>::new();
    let limits = SessionLimits { queue_bytes: 200_000, ..SessionLimits::default() };
    let (session, mut peer, _events) = one("gather-much", lab, events, limits).await;
    let begun = Instant::now();
    // More than the queue holds, to a peer that reads: there is no reason to refuse it.
    for n in 0..100u8 {
        let encode =
            |out: &mut Vec<u8>| laster_frame::encode_frame(session.layout(), &Header::default(), &[n; 10_000], out);
        within("room", session.send_with(Flush::Gather, encode)).await.unwrap();
        if n >= 6 {
            assert_eq!(peer.read_frame().await, [n - 6; 10_000]);
        }
    }
    assert_eq!(begun.elapsed(), Duration::ZERO, "it waited for the update");
}

#[tokio::test(start_paused = true)]
async fn the_answers_to_one_read_leave_in_one_write() {
    for frames in [1, 2, 64, 500] {
        let (lab, events) = Lab::<false>::new();
        let (session, mut peer, _events) =
            one(&format!("one-write-{frames}"), lab, events, SessionLimits::default()).await;
        let requests = framed(&[5; 32]).repeat(frames);
        peer.send(&requests).await;
        for _ in 0..frames {
            peer.read_frame().await;
        }
        let traffic = session.traffic();
        assert_eq!((traffic.reads, traffic.writes), (1, 1), "{frames} frames");
        assert_eq!((traffic.frames_in, traffic.frames_out), (frames as u64, frames as u64));
    }
}

#[tokio::test(start_paused = true)]
async fn many_answers_to_a_peer_that_reads_are_not_too_many() {
    // A handler runs, so that its answers wait for the end of its turn; but they must not be refused for that.
    let (lab, events) = Lab::<false>::new();
    let lab = lab.on_message(|session, payload| async move {
        for n in 0..1000u32 {
            session.try_send(&Header::default(), &[&n.to_le_bytes(), &payload[..]].concat())?;
        }
        Ok(())
    });
    let limits = SessionLimits { queue_items: 10, ..SessionLimits::default() };
    let (session, mut peer, _events) = one("many-answers", lab, events, limits).await;
    peer.frame(b"!").await;
    for n in 0..1000u32 {
        assert_eq!(peer.read_frame().await[..4], n.to_le_bytes(), "{:?}", session.close_reason());
    }
    // The same by bytes: the second does not fit beside the first, but need not.
    let (lab, events) = Lab::<false>::new();
    let lab = lab.on_message(|session, _| async move {
        session.try_send(&Header::default(), &[1; 20_000])?;
        Ok(session.try_send(&Header::default(), &[2; 20_000])?)
    });
    let limits = SessionLimits { queue_bytes: 30_000, ..SessionLimits::default() };
    let (session, mut peer, _events) = one("large-answers", lab, events, limits).await;
    peer.frame(b"!").await;
    assert_eq!(peer.read_frame().await[0], 1, "{:?}", session.close_reason());
    assert_eq!(peer.read_frame().await[0], 2, "{:?}", session.close_reason());
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_after_an_abort() {
    let (lab, events) = Lab::<false>::new();
    let (session, mut peer, mut events) = one("abort", lab, events, SessionLimits::default()).await;
    let_run().await;
    let gather = |out: &mut Vec<u8>| laster_frame::encode_frame(session.layout(), &Header::default(), b"late", out);
    session.try_send_with(Flush::Gather, gather).unwrap();
    session.abort();
    session.flush();
    assert!(send(&session, b"later").is_err());
    assert_eq!(events.closed().await.1, CloseReason::Local);
    assert_eq!(peer.read_to_end().await.unwrap(), b"");
    assert_eq!((session.traffic().frames_out, session.traffic().unsent), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_encoder_that_panics_sends_nothing() {
    let (lab, events) = Lab::<false>::new();
    let (session, mut peer, _events) = one("encoder", lab, events, SessionLimits::default()).await;
    let panicking = session.clone();
    let caller = tokio::spawn(async move {
        panicking.try_send_with(Flush::Now, |out| {
            out.extend_from_slice(b"half a fra");
            panic!("in the encoder");
        })
    });
    assert!(caller.await.is_err());
    send(&session, b"whole").unwrap();
    assert_eq!(peer.read_frame().await, b"whole");
    assert!(session.is_open());
}
