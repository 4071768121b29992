//! Bytes that no peer should send.

use laster_frame::{Counts, DecodeError, Encoding, Field, Layout};
use laster_net::CloseReason;

use crate::{
    arena::Arena,
    support::{FRAMES, Lab, MAX, framed, let_run},
};

#[tokio::test(start_paused = true)]
async fn lengths_at_the_limit_and_beyond() {
    let mut arena = Arena::new("memory:lengths", Lab::new(), &FRAMES, &framed(b"well")).await;
    for len in [0, 1, MAX - 1, MAX] {
        let (id, mut peer) = arena.attacker().await;
        let wire = framed(&vec![7; len as usize]);
        assert!(peer.exchange(&wire, wire.len()).await == wire, "a payload of {len} bytes is legal");
        peer.finish().await;
        assert_eq!(arena.end_of(id, peer).await, CloseReason::Remote);
    }
    let beyond = [MAX + 1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001];
    // What laster40Net let through were -3 to -1.
    for len in beyond.into_iter().chain(0xffff_fffd..=0xffff_ffff) {
        let expected = DecodeError::PayloadTooLarge { offset: 0, found: len.into(), limit: MAX };
        // With the header alone, and with bytes behind it.
        assert_eq!(arena.bad_frame(&len.to_le_bytes()).await, expected);
        assert_eq!(arena.bad_frame(&[&len.to_le_bytes()[..], &[0; 100]].concat()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn lengths_that_count_the_header_and_are_less_than_it() {
    static WHOLE: Layout =
        Layout::new(&[Field::constant(b"LS"), Field::length(Encoding::U32Be, Counts::Frame)]).max_payload(100);
    let mut arena = Arena::new("memory:whole", Lab::new(), &WHOLE, b"LS\0\0\0\x08hi").await;
    for len in 0..6u32 {
        let expected = DecodeError::LengthTooSmall { offset: 2, found: len.into(), least: 6 };
        assert_eq!(arena.bad_frame(&[b"LS", &len.to_be_bytes()[..]].concat()).await, expected);
    }
    for len in [107, 0x8000_0006, u32::MAX] {
        let expected = DecodeError::PayloadTooLarge { offset: 2, found: len.into(), limit: 100 };
        assert_eq!(arena.bad_frame(&[b"LS", &len.to_be_bytes()[..]].concat()).await, expected);
    }
    let expected = DecodeError::Constant { offset: 1, expected: b'S', found: b'X' };
    assert_eq!(arena.bad_frame(b"LX").await, expected);
}

#[tokio::test(start_paused = true)]
async fn varints_that_go_on_and_on() {
    static VARINT: Layout = Layout::new(&[Field::length(Encoding::varint(5), Counts::Payload)]).max_payload(1000);
    let mut arena = Arena::new("memory:varints", Lab::new(), &VARINT, b"\x04well").await;
    for continued in [5, 6, 10, 11, 20, 100] {
        let expected = DecodeError::VarintTooLong { offset: 0, limit: 5 };
        assert_eq!(arena.bad_frame(&[vec![0xff; continued], vec![0]].concat()).await, expected);
    }
    for (found, overlong) in [(2, &b"\x84\0well"[..]), (3, b"\x84\x80\0well"), (5, b"\x80\x80\x80\x80\0")] {
        let expected = DecodeError::VarintOverlong { offset: 0, expected: 1, found };
        assert_eq!(arena.bad_frame(overlong).await, expected);
    }
}

/// What other protocols begin with.
const STRANGERS: [(&str, &[u8]); 6] = [
    ("HTTP", b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0\0\0\0\0\0\0\0\0"),
    ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n"),
    ("Redis", b"*1\r\n$4\r\nPING\r\n"),
    ("SMTP", b"EHLO example.com\r\n"),
    ("ones", &[0xff; 64]),
];

#[tokio::test(start_paused = true)]
async fn other_protocols() {
    static FIXED: Layout = Layout::new(&[
        Field::fixed(Encoding::U16Be, 0x4c53),
        Field::length(Encoding::U16Be, Counts::Payload),
        Field::id(Encoding::U16Be),
    ])
    .max_payload(1000);
    let mut arena = Arena::new("memory:strangers", Lab::new(), &FIXED, b"\x4c\x53\0\x04\0\0well").await;
    for (name, bytes) in STRANGERS {
        let error = arena.bad_frame(bytes).await;
        assert!(matches!(error, DecodeError::Fixed { offset: 0, expected: 0x4c53, .. }), "{name}: {error}");
    }
    let mut arena = Arena::new("memory:strangers-le", Lab::new(), &FRAMES, &framed(b"well")).await;
    for (name, bytes) in STRANGERS {
        let error = arena.bad_frame(bytes).await;
        assert!(matches!(error, DecodeError::PayloadTooLarge { offset: 0, .. }), "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn junk_before_a_constant_is_bounded() {
    static HUNTS: Layout = Layout::new(&[Field::constant(b"LS"), Field::length(Encoding::U16Be, Counts::Payload)])
        .max_payload(100)
        .resync(1000);
    let mut arena = Arena::new("memory:junk", Lab::new(), &HUNTS, b"LS\0\x04well").await;
    for junk in [vec![0; 5000], b"LX".repeat(2500), b"L".repeat(5000), b"LS\xff\xff".repeat(1250)] {
        let error = arena.bad_frame(&junk).await;
        assert_eq!(error, DecodeError::TooMuchJunk { offset: 0, limit: 1000 });
    }
    // Less than that is passed over.
    let (id, mut peer) = arena.attacker().await;
    peer.send(&[&[b'L'; 999][..], b"LS\0\x01x"].concat()).await;
    peer.finish().await;
    assert_eq!(peer.read_to_end().await.unwrap(), b"LS\0\x01x");
    assert_eq!(arena.end_of(id, peer).await, CloseReason::Remote);
}

#[tokio::test(start_paused = true)]
async fn frames_glued_and_cut_everywhere() {
    let mut arena = Arena::new("memory:glued", Lab::new(), &FRAMES, &framed(b"well")).await;
    let wire: Vec<u8> = [framed(b"one"), framed(b""), framed(b"three")].concat();
    for cut in 0..=wire.len() {
        let (id, mut peer) = arena.attacker().await;
        peer.send(&wire[..cut]).await;
        let_run().await;
        peer.send(&wire[cut..]).await;
        peer.finish().await;
        assert_eq!(peer.read_to_end().await.unwrap(), wire, "cut at {cut}");
        assert_eq!(arena.end_of(id, peer).await, CloseReason::Remote);
    }
    // Each byte by itself.
    let (id, mut peer) = arena.attacker().await;
    for byte in &wire {
        peer.send(&[*byte]).await;
        let_run().await;
    }
    assert_eq!(
        [peer.read_frame().await, peer.read_frame().await, peer.read_frame().await],
        [&b"one"[..], b"", b"three"]
    );
    // A frame and a half, and the end.
    peer.send(&[framed(b"whole"), b"\x09\0\0\0ha".to_vec()].concat()).await;
    peer.finish().await;
    assert_eq!(peer.read_to_end().await.unwrap(), framed(b"whole"));
    let offset = wire.len() as u64 + 9;
    let expected = CloseReason::BadFrame(DecodeError::UnexpectedEnd { offset, have: 6 });
    assert_eq!(arena.end_of(id, peer).await, expected);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_frames_in_one_segment() {
    let mut arena = Arena::new("memory:segment", Lab::new(), &FRAMES, &framed(b"well")).await;
    for payload in [&b""[..], b"x"] {
        let (id, mut peer) = arena.attacker().await;
        let wire = framed(payload).repeat(10_000);
        assert!(peer.exchange(&wire, wire.len()).await == wire);
        let traffic = arena.service.session(id).unwrap().traffic();
        assert_eq!((traffic.frames_in, traffic.frames_out), (10_000, 10_000));
        assert!(traffic.writes <= 12, "{} writes for 10,000 answers", traffic.writes);
        peer.finish().await;
        assert_eq!(arena.end_of(id, peer).await, CloseReason::Remote);
    }
}
