//! Two sessions that talk to each other through pipes that the bytes control.

use std::{collections::VecDeque, io::IoSlice, time::Duration};

use bytes::Bytes;
use laster_frame::{Header, Side, encode_frame, layouts::SimpleBinary, testing::Choices};
use laster_net::session::{CloseReason, Inbound, Moment, Outbound, Phase, SessionLimits, Watch};

/// One end: what it has accepted for sending, and what of the other's it has received.
struct Node {
    inbound: Inbound<SimpleBinary>,
    outbound: Outbound,
    watch: Watch,
    /// Bytes on their way to the other end.
    pipe: VecDeque<u8>,
    accepted: Vec<Vec<u8>>,
    received: Vec<Vec<u8>>,
}

impl Node {
    fn new(side: Side, limits: &SessionLimits) -> Self {
        Node {
            inbound: Inbound::new(SimpleBinary, side.peer()),
            outbound: Outbound::new(limits),
            watch: Watch::new(Moment::START),
            pipe: VecDeque::new(),
            accepted: Vec::new(),
            received: Vec::new(),
        }
    }

    /// Hands so many bytes to the transport.
    fn write(&mut self, most: usize) {
        let mut slices = [IoSlice::new(&[]); 4];
        let filled = self.outbound.slices(&mut slices);
        let bytes: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.iter().copied()).take(most).collect();
        self.pipe.extend(&bytes);
        self.outbound.wrote(bytes.len());
    }

    fn read(&mut self, bytes: &[u8], now: Moment) {
        let mut fresh = bytes;
        self.watch.received(now);
        while let Ok(Some(payload)) = self.inbound.next(&mut fresh, |_| u32::MAX, |frame| frame.payload.to_vec()) {
            self.watch.greeted(now);
            self.received.push(payload);
        }
        self.inbound.keep(fresh);
        self.inbound.looked_at(&self.watch, now);
    }
}

/// Each byte is a step: send, share, write some, deliver some, let time pass, close, abort.
///
/// What was received is always the beginning of what was accepted, in order; a session that was closed gently delivers all of
/// it; limits hold.
pub fn session(data: &[u8]) {
    let limits = SessionLimits { queue_items: 8, queue_bytes: 5000, ..SessionLimits::default() };
    let mut nodes = [Node::new(Side::Client, &limits), Node::new(Side::Server, &limits)];
    let mut now = Moment::START;
    let mut choices = Choices::new(data);
    while !choices.clone().rest().is_empty() {
        let step = choices.byte();
        let me = usize::from(step & 1);
        act(&mut nodes, me, step >> 1, &mut choices, &limits, &mut now);
        for (node, other) in [(0, 1), (1, 0)] {
            assert!(nodes[other].received.len() <= nodes[node].accepted.len());
            assert_eq!(nodes[other].received[..], nodes[node].accepted[..nodes[other].received.len()]);
            assert!(nodes[node].outbound.frames() <= limits.queue_items + 3);
        }
    }
    for (node, other) in [(0, 1), (1, 0)] {
        let discarded = matches!(nodes[node].outbound.phase(), Phase::Closed(_));
        nodes[node].write(usize::MAX);
        while nodes[node].outbound.bytes() > 0 {
            nodes[node].write(usize::MAX);
        }
        let bytes: Vec<u8> = nodes[node].pipe.drain(..).collect();
        nodes[other].read(&bytes, now);
        assert!(discarded || nodes[other].received == nodes[node].accepted, "something was lost");
    }
}

fn act(
    nodes: &mut [Node; 2],
    me: usize,
    step: u8,
    choices: &mut Choices<'_>,
    limits: &SessionLimits,
    now: &mut Moment,
) {
    let node = &mut nodes[me];
    match step % 8 {
        0 | 1 => {
            let payload = vec![choices.byte(); choices.below(64) * 32];
            let encode = |out: &mut Vec<u8>| encode_frame(&SimpleBinary::LAYOUT, &Header::default(), &payload, out);
            if node.outbound.push(encode).is_ok() {
                node.accepted.push(payload);
            }
        }
        2 => {
            let frames: Vec<Vec<u8>> = (0..1 + choices.below(3)).map(|_| vec![choices.byte(); 700]).collect();
            let mut burst = Vec::new();
            for frame in &frames {
                let encoded = encode_frame(&SimpleBinary::LAYOUT, &Header::default(), frame, &mut burst);
                assert_eq!(encoded, Ok(()));
            }
            if node.outbound.push_shared(&Bytes::from(burst), frames.len() as u32).is_ok() {
                node.accepted.extend(frames);
            }
        }
        3 => node.write(usize::from(choices.byte()) * 9),
        4 | 5 => {
            let most = usize::from(choices.byte()) * 7;
            let bytes: Vec<u8> = node.pipe.drain(..most.min(node.pipe.len())).collect();
            nodes[1 - me].read(&bytes, *now);
        }
        6 => {
            *now = *now + Duration::from_millis(u64::from(choices.byte()) * 50);
            if let Err(reason) = node.watch.check(limits, *now) {
                node.outbound.close(reason, *now + limits.drain);
            }
        }
        _ => {
            node.outbound.close(CloseReason::Local, *now + limits.drain);
            assert!(!matches!(node.outbound.phase(), Phase::Open));
        }
    }
}
