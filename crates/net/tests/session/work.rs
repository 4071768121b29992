//! What a frame fed in small pieces costs, counted and not timed.

use laster_frame::{Counts, Encoding, Field, Layout, Side};
use laster_net::session::Inbound;

/// Frames of up to 16 MiB.
static LARGE: Layout = Layout::new(&[Field::length(Encoding::U32Le, Counts::Payload)]).max_payload(16 << 20);

/// What it cost to take in one frame.
struct Cost {
    /// How often its bytes were moved to larger room.
    moves: usize,
    /// How many bytes that were in all.
    moved: usize,
    /// The most memory that was held beyond the bytes received.
    beyond: usize,
}

/// A frame of `len` bytes comes in pieces.
fn cost(len: usize, piece: usize) -> Cost {
    let mut inbound = Inbound::new(&LARGE, Side::Client);
    let wire: Vec<u8> = (len as u32).to_le_bytes().into_iter().chain(std::iter::repeat_n(1, len)).collect();
    let mut cost = Cost { moves: 0, moved: 0, beyond: 0 };
    let mut received = 0;
    for mut fresh in wire.chunks(piece) {
        let (held, before) = (inbound.held(), received);
        received += fresh.len();
        let frame = inbound.next(&mut fresh, |_| u32::MAX, |frame| frame.payload.len()).unwrap();
        inbound.keep(fresh);
        match frame {
            Some(frame) => assert_eq!((frame, received, inbound.held()), (len, wire.len(), 0)),
            None if inbound.held() != held => {
                cost.moves += 1;
                cost.moved += before;
            }
            None => {}
        }
        cost.beyond = cost.beyond.max(inbound.held().saturating_sub(received));
    }
    assert_eq!(received, wire.len());
    cost
}

#[test]
fn twice_the_bytes_are_at_most_two_and_a_half_times_the_work() {
    for (len, piece) in [(32_000, 1), (300_000, 7), (1 << 20, 1460), (4 << 20, 4096), (8 << 20, 65_536)] {
        let (once, twice) = (cost(len, piece), cost(2 * len, piece));
        assert!(2 * twice.moves <= 5 * once.moves, "{len} by {piece}: {} moves, then {}", once.moves, twice.moves);
        // However large the frame: so that the moves are nothing beside the reads.
        for (len, cost) in [(len, once), (2 * len, twice)] {
            assert!(cost.moved <= 18 * len, "{len} by {piece}: {} bytes were moved", cost.moved);
        }
    }
}

#[test]
fn memory_follows_the_bytes_received() {
    for (len, piece) in [(60_000, 1), (60_000, 1000), (4 << 20, 4096), (4 << 20, 65_536)] {
        let beyond = cost(len, piece).beyond;
        let step = 4096.max((len + 4) / 16);
        assert!(beyond <= step, "{len} bytes by {piece}: {beyond} bytes more than received");
    }
}
