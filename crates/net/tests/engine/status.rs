//! The figures: of the pools, of the sessions, and the text for people.

use std::time::Duration;

use bytes::Bytes;
use laster_frame::Header;
use laster_net::{Flush, Service, Status};

use crate::support::{Lab, Raw, framed, let_run, listening, serve, within};

/// Nothing is lent while nobody has anything to do, and what is kept are whole buffers.
fn nothing_taken<const T: bool>(service: &Service<Lab<T>>, when: &str) {
    for pool in service.status().pools {
        assert_eq!(pool.taken, 0, "{when}: {pool}");
        assert!(pool.free <= pool.misses, "{when}: more buffers are kept than were made: {pool}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_sessions_have_no_buffers() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:pools"])).await;
    let mut peers = Vec::new();
    for _ in 0..100 {
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        events.connected().await;
        assert_eq!(peer.ask(b"hello").await, b"hello");
        events.so_far();
        peers.push(peer);
    }
    let_run().await;
    nothing_taken(&service, "idle");
    let [read, write] = service.status().pools;
    assert!(read.misses <= 2 && write.misses <= 2, "one thread needs one of each: {read}; {write}");
    assert!(read.hits >= 100 && write.hits >= 98, "{read}; {write}");
}

#[tokio::test(start_paused = true)]
async fn buffers_come_back_whatever_is_done_with_them() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:give-back"])).await;
    for end in ["panic in decode", "bad", "abort", "close", "leave"] {
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let session = service.session(events.connected().await).unwrap();
        // Small and large, own and shared, more than the pipe takes.
        for len in [1, 100, 1023, 1024, 5000] {
            let shared = Bytes::from(framed(&vec![1; len]));
            session.try_send_encoded(Flush::Now, &shared, 1).unwrap();
            session.try_send(&Header::default(), &vec![1; len]).unwrap();
        }
        while session.try_send(&Header::default(), &[1; 3000]).is_ok() {
            let _ = session.try_send_encoded(Flush::Now, &Bytes::from(framed(&[2; 2000])), 1);
        }
        match end {
            "abort" => session.abort(),
            "close" => session.close(),
            "leave" => drop(peer),
            payload => peer.frame(payload.as_bytes()).await,
        }
        events.closed().await;
        let_run().await;
        nothing_taken(&service, end);
    }
    // What is kept is as large as it is said to be: taken again, it takes a whole read.
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    peer.send(&framed(&[3; 50_000])).await;
    assert_eq!(peer.read_frame().await.len(), 50_000);
    assert_eq!(session.traffic().reads, 1);
}

#[tokio::test(start_paused = true)]
async fn the_figures_add_up_while_sessions_come_and_go() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:figures"])).await;
    for n in 1..=20u64 {
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        events.connected().await;
        peer.ask(b"12345678").await;
        let open = service.status();
        assert_eq!((open.sessions, open.opened), (1, n));
        assert_eq!((open.traffic.frames_in, open.traffic.bytes_in), (n, 12 * n));
        assert_eq!((open.traffic.frames_out, open.traffic.bytes_out), (n, 12 * n));
        drop(peer);
        // At the very moment of the event, too: neither twice nor missing.
        events.closed().await;
        assert_eq!(service.status().traffic.frames_in, n);
        let_run().await;
        assert_eq!((service.status().sessions, service.status().traffic.frames_in), (0, n));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_never_go_back() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:monotonous"])).await;
    let alive = std::sync::Arc::new(());
    let watcher = tokio::task::spawn_blocking({
        let service = service.clone();
        // Also when the test fails.
        let test = std::sync::Arc::downgrade(&alive);
        move || {
            let mut last = 0;
            while service.is_running() && test.strong_count() > 0 {
                let now = service.status().traffic.frames_in;
                assert!(now >= last, "{now} frames after {last}");
                last = now;
            }
        }
    });
    for _ in 0..300 {
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        peer.ask(b"x").await;
        drop(peer);
        events.closed().await;
    }
    within("the stop", service.stop(Duration::from_secs(5))).await;
    within("the watcher", watcher).await.unwrap();
    assert_eq!(service.status().traffic.frames_in, 300);
}

#[tokio::test(start_paused = true)]
async fn the_text_for_people() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:text"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    events.connected().await;
    peer.ask(b"hello").await;
    let_run().await;
    let status: Status = service.status();
    let [read, write] = status.pools;
    let expected = format!(
        "--------------------------------------------\n\
         running, sessions: 1 (opened 1, refused 0)\n\
         received: 1 frames, 9 bytes in 1 reads\n\
         sent: 1 frames, 9 bytes in 1 writes, 0 unsent\n\
         read buffers: size 65536: taken 0, free 1, hits {}, misses {}\n\
         write buffers: size 16384: taken 0, free 1, hits {}, misses {}",
        read.hits, read.misses, write.hits, write.misses
    );
    assert_eq!(status.to_string(), expected);
    within("the stop", service.stop(Duration::from_secs(1))).await;
    assert!(service.status().to_string().contains("stopped, sessions: 0 (opened 1, refused 0)"));
}
