//! The price of a message.

use laster_net::Traffic;

use crate::{Rig, allocations, support};

/// Frames that a peer has on their way at once.
const IN_FLIGHT: usize = 64;
const ROUNDS: usize = 200;

pub(crate) async fn sixty_four_in_flight() {
    let rig = Rig::new().await;
    let (mut peer, session) = rig.peer().await;
    let requests = support::framed(&[7; 32]).repeat(IN_FLIGHT);
    let mut answers = vec![0; requests.len()];
    let mut before = (0, Traffic::default());
    for round in 0..10 + ROUNDS {
        // The first rounds fill the pools.
        if round == 10 {
            before = (allocations(), session.traffic());
        }
        rig.echo(&mut peer, &session, &requests, &mut answers).await;
    }
    let (heap, Traffic { reads, writes, frames_out, .. }) = (allocations() - before.0, session.traffic());
    let messages = (frames_out - before.1.frames_out) as f64;
    assert_eq!(messages, (IN_FLIGHT * ROUNDS) as f64);
    let heap = heap as f64 / messages;
    let reads = (reads - before.1.reads) as f64 / messages;
    let writes = (writes - before.1.writes) as f64 / messages;
    println!("for each echoed message: {heap:.3} allocations, {reads:.4} reads, {writes:.4} writes");
    // What loopback takes in one write it gives in one read. Now and then it does not.
    assert!(reads <= 1.1 / IN_FLIGHT as f64, "{reads} reads for each message");
    assert!(writes <= 1.1 / IN_FLIGHT as f64, "{writes} writes for each message");
    // The rest of a read is kept, and who sent what is remembered: a few allocations for each read, none for a message.
    assert!(heap <= 10.0 / IN_FLIGHT as f64, "{heap} allocations for each message");
    rig.stop().await;
}

pub(crate) async fn one_at_a_time() {
    let rig = Rig::new().await;
    let (mut peer, session) = rig.peer().await;
    let request = support::framed(&[7; 32]);
    let mut answer = vec![0; request.len()];
    let mut before = (0, Traffic::default());
    for round in 0..10 + ROUNDS {
        // The first rounds fill the pools.
        if round == 10 {
            before = (allocations(), session.traffic());
        }
        rig.echo(&mut peer, &session, &request, &mut answer).await;
    }
    let traffic = session.traffic();
    assert_eq!(traffic.reads - before.1.reads, ROUNDS as u64);
    assert_eq!(traffic.writes - before.1.writes, ROUNDS as u64);
    let heap = (allocations() - before.0) as f64 / ROUNDS as f64;
    println!("for each message alone: {heap:.3} allocations");
    assert!(heap <= 2.0, "{heap} allocations for each message");
    rig.stop().await;
}

pub(crate) async fn empty_frames() {
    let rig = Rig::new().await;
    let (mut peer, session) = rig.peer().await;
    let before = allocations();
    // Ten thousand empty frames, in pieces that the socket takes whole.
    for _ in 0..10 {
        let flood = [0; 4 * 1000];
        let mut answer = [1; 4 * 1000];
        rig.echo(&mut peer, &session, &flood, &mut answer).await;
    }
    let heap = allocations() - before;
    assert_eq!(session.traffic().frames_in, 10_000);
    println!("for 10,000 empty frames and their answers: {heap} allocations");
    assert!(heap <= 500, "{heap} allocations for 10,000 empty frames");
    rig.stop().await;
}
