//! Many threads, many senders, ends at any moment: what was accepted is sent or counted as unsent, and nobody waits for ever.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use laster_frame::{Header, encode_frame};
use laster_net::{CloseReason, Flush, Group, GroupLimits, PushError, Session, SlowReader};
use tokio::io::AsyncReadExt;

use crate::support::{Event, FRAMES, Lab, Raw, framed, listening, serve, until, within};

/// Sends in every way there is until the session ends; counts what was accepted.
async fn send_until_it_ends(session: Session, accepted: Arc<AtomicU64>, seed: u64) -> CloseReason {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        let payload = vec![7; random.usize(..4000)];
        let encode = |out: &mut Vec<u8>| encode_frame(&FRAMES, &Header::default(), &payload, out);
        let flush = if random.bool() { Flush::Now } else { Flush::Gather };
        let sent = match random.u8(..6) {
            0 => session.try_send_with(flush, encode),
            1 => session.try_send_encoded(flush, &framed(&payload).into(), 1),
            2 => session.send_encoded(flush, &framed(&payload).into(), 1).await,
            3 => {
                session.flush();
                continue;
            }
            _ => session.send_with(flush, encode).await,
        };
        match sent {
            Ok(()) => {
                accepted.fetch_add(1, Relaxed);
            }
            Err(PushError::Closed(reason)) => return reason,
            Err(full) => assert!(full.is_full(), "{full}"),
        }
        if random.u8(..8) == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Ends a session in one way or another.
fn end(session: &Session, how: u64) {
    match how % 4 {
        0 => session.close(),
        1 => session.abort(),
        2 => session.close_for(CloseReason::EventsFull { limit: 1 }),
        // The peer does it.
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_accepted_is_sent_or_counted() {
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&["127.0.0.1:0"]);
    config.limits.queue_items = 20;
    config.limits.queue_bytes = 30_000;
    config.update_interval = Duration::from_millis(1);
    let (service, listeners) = serve(lab, config).await;
    for round in 0..60 {
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let session = service.session(events.connected().await).unwrap();
        let accepted = Arc::new(AtomicU64::new(0));
        let senders: Vec<_> = (0..4)
            .map(|n| tokio::spawn(send_until_it_ends(session.clone(), accepted.clone(), round * 4 + n)))
            .collect();
        let mut bytes = vec![0; 30_000];
        let mut read = 0;
        while read < 300_000 {
            read += within("bytes", peer.reader.read(&mut bytes)).await.unwrap() as u64;
        }
        end(&session, round);
        if round % 4 == 3 {
            drop(peer);
        } else {
            // What is drained is read, whole frames or not.
            while matches!(within("the end", peer.reader.read(&mut bytes)).await, Ok(len) if len > 0) {}
        }
        let (_, reason) = events.closed().await;
        for sender in senders {
            assert_eq!(within("every sender to be told", sender).await.unwrap(), reason, "round {round}");
        }
        let traffic = session.traffic();
        assert_eq!(traffic.frames_out + traffic.unsent, accepted.load(Relaxed), "round {round}, {reason}");
        assert_eq!(session.waiting(), (0, 0), "round {round}");
        if round % 4 == 0 {
            assert_eq!(traffic.unsent, 0, "round {round}: a graceful close sends all, to a peer that reads");
        }
    }
    until("the sessions to be gone", || service.sessions().is_empty()).await;
    let status = service.status();
    assert!(status.pools.iter().all(|pool| pool.taken == 0), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_group_whose_members_come_and_go() {
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&["127.0.0.1:0"]);
    config.limits.queue_items = 50;
    let (service, listeners) = serve(lab, config).await;
    let group = Group::spawn(GroupLimits { slow_reader: SlowReader::Skip, frames: 100, ..GroupLimits::default() });
    let speaker = tokio::spawn({
        let group = group.clone();
        async move {
            for n in 0..5000u32 {
                let encode = |out: &mut Vec<u8>| encode_frame(&FRAMES, &Header::default(), &n.to_le_bytes(), out);
                group.send_with(encode).await.unwrap();
                if n % 16 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    let mut round = 0u64;
    while !speaker.is_finished() {
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let session = service.session(events.connected().await).unwrap();
        group.join(&session);
        let mut last = None;
        for _ in 0..5 {
            if speaker.is_finished() {
                break;
            }
            // It may have been the last, so that nothing more comes.
            let Ok(frame) = tokio::time::timeout(Duration::from_millis(50), peer.read_frame()).await else { break };
            let n = u32::from_le_bytes(frame.try_into().unwrap());
            assert!(last.is_none_or(|last| n > last), "{n} after {last:?}");
            last = Some(n);
        }
        match round % 3 {
            0 => group.leave(session.id()),
            1 => session.abort(),
            _ => {}
        }
        round += 1;
        drop(peer);
        events.closed().await;
    }
    within("the speaker", speaker).await.unwrap();
    assert!(group.len() <= 64, "{} of {round} members are left", group.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn stops_and_starts_while_peers_come() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, mut listeners) = serve(lab, listening(&["127.0.0.1:0"])).await;
    let mut opened = 0;
    for round in 0..30 {
        let address = crate::support::address(&listeners[0]);
        let peers: Vec<_> = (0..20).map(|_| tokio::spawn(tokio::net::TcpStream::connect(address))).collect();
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        // A session that is not drained in time is cut; no peer reads here.
        let stopped = within("the stop", service.stop(Duration::from_millis(200))).await;
        assert_eq!(stopped.stuck, 0, "round {round}");
        assert!(service.sessions().is_empty(), "round {round}");
        for peer in peers {
            // Refused, reset or accepted: all may be.
            let _ = within("each connect", peer).await.unwrap();
        }
        for event in events.so_far() {
            match event {
                Event::Connected { .. } => opened += 1,
                Event::Closed(_, reason) => {
                    opened -= 1;
                    assert!(matches!(reason, CloseReason::Shutdown | CloseReason::Remote), "{reason}");
                }
                // Between accepted and opened.
                Event::Failed { reason, .. } => assert_eq!(reason, CloseReason::Shutdown),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(opened, 0, "round {round}: each session was closed once");
        listeners = within("the start", service.start()).await.unwrap();
    }
}
