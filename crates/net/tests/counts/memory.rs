//! The price of a session, and of what peers claim.

use std::io::Write;

use crate::support::{MAX, framed};
use crate::{Rig, heap, support};

/// Sessions measured at once; two descriptors each.
const SESSIONS: usize = 1000;

pub(crate) async fn an_idle_session() {
    let rig = Rig::new().await;
    let mut peers = Vec::with_capacity(SESSIONS);
    let hello = framed(b"hello");
    let mut answer = vec![0; hello.len()];
    // What the first one costs is paid once.
    let (mut first, session) = rig.peer().await;
    rig.echo(&mut first, &session, &hello, &mut answer).await;
    let before = heap();
    for _ in 0..SESSIONS {
        let (mut peer, session) = rig.peer().await;
        rig.echo(&mut peer, &session, &hello, &mut answer).await;
        peers.push(peer);
    }
    let each = (heap() - before) / SESSIONS as isize;
    println!("an idle session, all limits on: {each} bytes of heap");
    assert!(each <= 3 * 1024, "{each} bytes for each idle session");
    // Large messages leave nothing behind.
    let large = framed(&[7; 60_000]);
    let before = heap();
    let sessions = rig.service.sessions();
    let sessions: Vec<_> = sessions.into_iter().filter(|other| other.id() > session.id()).collect();
    for peer in &mut peers {
        peer.write_all(&large).unwrap();
    }
    let bytes = (large.len() + hello.len()) as u64;
    let all = || sessions.iter().all(|session| session.traffic().bytes_in == bytes);
    support::until("the large messages", all).await;
    support::let_run().await;
    let kept = (heap() - before) / SESSIONS as isize;
    println!("kept by it after a large message: {kept} bytes");
    assert!(kept <= 200, "{kept} bytes kept after a message of 60,000");
    // And the end leaves nothing at all.
    drop((first, session, sessions, peers));
    support::until("the end of all sessions", || rig.service.sessions().is_empty()).await;
    rig.stop().await;
}

pub(crate) async fn a_length_that_is_claimed() {
    let rig = Rig::new().await;
    // What the first of each kind costs is paid once: buffers, and the text of the reason.
    let attack = async |claim: u32| {
        let (mut peer, session) = rig.peer().await;
        let before = heap();
        rig.send(&mut peer, &session, &claim.to_le_bytes()).await;
        support::until("the end", || rig.service.sessions().is_empty()).await;
        (heap() - before, session)
    };
    attack(u32::MAX).await;
    for claim in [MAX + 1, 1 << 20, 0x7fff_ffff, 0x8000_0000, 0xffff_fffd, 0xffff_fffe, 0xffff_ffff] {
        let (grown, session) = attack(claim).await;
        let reason = session.close_reason().unwrap().to_string();
        assert!(reason.starts_with("bad frame: offset 0: the length "), "{reason}");
        assert!(grown <= 4096, "the heap has grown by {grown} bytes for a claim of {claim}");
    }
    rig.stop().await;
}

pub(crate) async fn a_legal_length_and_what_came_of_it() {
    let rig = Rig::new().await;
    let wire = framed(&vec![7; MAX as usize]);
    let (mut peer, session) = rig.peer().await;
    // One whole frame, so that all there is to be paid once is paid.
    for piece in wire.chunks(1000) {
        rig.send(&mut peer, &session, piece).await;
    }
    let before = heap();
    let mut received = 0;
    for piece in [&wire[..4]].into_iter().chain(wire[4..60_000].chunks(1000)) {
        rig.send(&mut peer, &session, piece).await;
        received += piece.len() as isize;
        let grown = heap() - before;
        // A step, and the odd timer.
        assert!(grown <= received + 4096 + 256, "{grown} bytes for {received} received");
    }
    // With the frame's end it is all given back.
    rig.send(&mut peer, &session, &wire[60_000..]).await;
    let grown = heap() - before;
    assert!(grown <= 256, "{grown} bytes are kept");
    rig.stop().await;
}

pub(crate) async fn starts_and_stops() {
    let mut rig = Rig::new().await;
    let hello = framed(b"hello");
    let mut answer = vec![0; hello.len()];
    let mut before = 0;
    for cycle in 0..120 {
        if cycle == 20 {
            before = heap();
        }
        let mut peers = Vec::new();
        for _ in 0..3 {
            let (mut peer, session) = rig.peer().await;
            rig.echo(&mut peer, &session, &hello, &mut answer).await;
            peers.push((peer, session));
        }
        // One leaves, one is closed, one stays.
        peers.pop();
        peers[1].1.close();
        assert_eq!(rig.service.stop(std::time::Duration::from_secs(5)).await.stuck, 0);
        drop(peers);
        rig.listener = rig.service.start().await.unwrap().remove(0);
    }
    let grown = heap() - before;
    println!("after 100 cycles of start and stop: {grown} bytes");
    assert!(grown <= 2048, "{grown} bytes are left of 100 cycles");
    rig.stop().await;
}
