//! Frames cut at every byte, against a simple reference; and what a peer that does not read can make grow.

use std::{future::poll_fn, task::Waker};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::{
    frame::{Deframer, MAX_EMPTY_FRAMES, Opcode, Violation, put_frame},
    mask::Masks,
    *,
};

/// What a deframer makes of bytes that come in chunks of this size.
fn deframe(masked: bool, bytes: &[u8], size: usize) -> (Vec<u8>, Deframer) {
    let mut deframer = Deframer::new(masked);
    let mut got = Vec::new();
    for chunk in bytes.chunks(size) {
        let mut chunk = chunk.to_vec();
        let kept = deframer.deframe(&mut chunk);
        got.extend_from_slice(&chunk[..kept]);
    }
    (got, deframer)
}

fn framed(opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut out = Vec::new();
    let (left, right) = payload.split_at(payload.len() / 2);
    put_frame(&mut out, opcode, &[IoSlice::new(left), IoSlice::new(right)], mask);
    out
}

#[test]
fn the_examples_of_the_rfc() {
    // Section 5.7, with binary messages in the place of text.
    assert_eq!(framed(Opcode::Binary, b"Hello", None), b"\x82\x05Hello");
    let masked = b"\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(framed(Opcode::Binary, b"Hello", Some([0x37, 0xfa, 0x21, 0x3d])), masked);
    assert_eq!(framed(Opcode::Binary, &[0; 256], None)[..4], *b"\x82\x7e\x01\x00");
    assert_eq!(framed(Opcode::Binary, &[0; 65536], None)[..10], *b"\x82\x7f\0\0\0\0\0\x01\0\0");
    for size in 1..=masked.len() {
        assert_eq!(deframe(true, masked, size).0, b"Hello");
        assert_eq!(deframe(false, b"\x02\x03Hel\x89\x01?\x80\x02lo", size).0, b"Hello");
    }
}

#[test]
fn violations_are_found_as_soon_as_they_are_there() {
    let cases: [(bool, &[u8], Violation); 17] = [
        (false, b"\x81\x01", Violation::Text),
        (false, b"\x83\x01", Violation::Opcode(3)),
        (false, b"\x8b\x01", Violation::Opcode(11)),
        (false, b"\xc2\x01", Violation::Extension),
        (true, b"\x82\x01", Violation::Unmasked),
        (false, b"\x82\x81", Violation::Masked),
        (false, b"\x80\x01", Violation::NothingToContinue),
        (false, b"\x02\x01x\x82\x01", Violation::Unfinished),
        (false, b"\x02\x01x\x81\x01", Violation::Unfinished),
        (false, b"\x09\x01", Violation::Control),
        (false, b"\x89\x7e", Violation::Control),
        (false, b"\x88\x01\x03", Violation::Close),
        (false, b"\x82\x7e\0\x7d", Violation::Length),
        (false, b"\x82\x7f\0\0\0\0\0\0\xff\xff", Violation::Length),
        (false, b"\x82\x7f\x80\0\0\0\0\0\0\0", Violation::Length),
        (false, b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", Violation::Length),
        (false, &b"\x82\0".repeat(MAX_EMPTY_FRAMES as usize + 1), Violation::Empty),
    ];
    for (masked, bytes, violation) in cases {
        for size in [1, 2, 3, bytes.len()] {
            assert_eq!(deframe(masked, &bytes[..bytes.len() - 1], size).1.violation(), None, "{violation}");
            assert_eq!(deframe(masked, bytes, size).1.violation(), Some(violation));
        }
    }
}

proptest! {
    #[test]
    fn frames_carry_their_bytes_however_they_are_cut(
        frames in prop::collection::vec((0..4_u8, 0..300_usize, any::<[u8; 4]>()), 0..12),
        size in 1..700_usize,
        masked: bool,
    ) {
        let (mut wire, mut bytes, mut last_ping, mut in_message) = (Vec::new(), Vec::new(), None, false);
        for (kind, len, key) in frames {
            let mask = masked.then_some(key);
            let payload: Vec<u8> = (0..len).map(|at| (at as u8).wrapping_add(key[0])).collect();
            let start = wire.len();
            if kind < 2 {
                wire.extend(framed(Opcode::Binary, &payload, mask));
                // The first byte of a frame: the lowest bits are the opcode, the highest says that it is the last.
                wire[start] = if in_message { 0 } else { 2 } | if kind == 0 { 0x80 } else { 0 };
                in_message = kind != 0;
                bytes.extend(payload);
            } else {
                let payload = &payload[..len.min(125)];
                wire.extend(framed(if kind == 2 { Opcode::Ping } else { Opcode::Pong }, payload, mask));
                if kind == 2 {
                    last_ping = Some(payload.to_vec());
                }
            }
        }
        let (got, mut deframer) = deframe(masked, &wire, size);
        prop_assert_eq!(got, bytes);
        prop_assert_eq!(deframer.violation(), None);
        prop_assert_eq!(deframer.is_between_messages(), !in_message);
        prop_assert_eq!(deframer.take_ping(), last_ping);
    }

    #[test]
    fn any_bytes_come_to_the_same_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1..50_usize) {
        let (whole, one) = deframe(true, &bytes, usize::MAX);
        let (cut, other) = deframe(true, &bytes, size);
        prop_assert_eq!(whole, cut);
        prop_assert_eq!((one.violation(), one.closed()), (other.violation(), other.closed()));
    }
}

/// A server's end whose peer has `room` bytes of room, and that peer.
fn server(room: usize) -> (WebSocket<DuplexStream>, DuplexStream) {
    let (below, peer) = duplex(room);
    (WebSocket::new(below, Vec::new(), None), peer)
}

fn ping(text: &[u8]) -> Vec<u8> {
    framed(Opcode::Ping, text, Some([1, 2, 3, 4]))
}

#[tokio::test]
async fn a_write_waits_until_the_message_before_it_has_left() {
    let (mut socket, mut peer) = server(1000);
    let bytes = vec![7; 3 * MAX_MESSAGE];
    assert_eq!(socket.write(&bytes).await.unwrap(), MAX_MESSAGE);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        assert!(Pin::new(&mut socket).poll_write(&mut cx, b"more").is_pending());
        assert!(Pin::new(&mut socket).poll_flush(&mut cx).is_pending());
    }
    let mut got = vec![0; 10 + MAX_MESSAGE];
    tokio::try_join!(peer.read_exact(&mut got), socket.flush()).unwrap();
    assert_eq!(socket.out.capacity(), 0, "an idle connection keeps no buffer");
}

#[tokio::test]
async fn a_peer_that_pings_and_never_reads_makes_nothing_grow() {
    let (mut socket, mut peer) = server(1000);
    let flood = tokio::spawn(async move {
        for n in 0..10_000_u32 {
            peer.write_all(&ping(&n.to_le_bytes().repeat(31))).await.unwrap();
        }
        peer.write_all(&framed(Opcode::Binary, b"x", Some([0; 4]))).await.unwrap();
        peer
    });
    let mut byte = [0];
    socket.read_exact(&mut byte).await.unwrap();
    assert!(socket.out.len() <= 2 + 125 && socket.out.capacity() <= 512, "{}", socket.out.capacity());

    // And when it reads again, what it finds are whole pongs, the last one for the last ping.
    let mut peer = flood.await.unwrap();
    let mut pongs = vec![0; 64 * 126];
    let mut len = 0;
    while !pongs[..len].ends_with(&9_999_u32.to_le_bytes().repeat(31)) {
        let (read, _) = tokio::join!(peer.read(&mut pongs[len..]), socket.flush());
        len += read.unwrap();
    }
    assert_eq!(len % 126, 0);
    assert!(pongs[..len].chunks(126).all(|pong| pong[..2] == [0x8a, 124]));
}

#[tokio::test]
async fn a_ping_is_answered_while_only_the_reader_runs() {
    let (mut socket, mut peer) = server(1000);
    peer.write_all(&ping(b"one")).await.unwrap();
    let mut pong = [0; 5];
    tokio::select! {
        read = socket.read_u8() => panic!("{read:?}"),
        read = peer.read_exact(&mut pong) => { read.unwrap(); }
    }
    assert_eq!(&pong, b"\x8a\x03one");
}

#[tokio::test]
async fn the_reader_s_pongs_do_not_take_the_writer_s_wake_up_call() {
    let (socket, mut peer) = server(64);
    let (mut reader, mut writer) = tokio::io::split(socket);
    let wrote = tokio::spawn(async move { writer.write_all(&[7; 1000]).await.map(|()| writer) });
    let read = tokio::spawn(async move { reader.read_u8().await });
    // Both tasks are stuck: one in writing, one in reading, with a ping to answer.
    tokio::task::yield_now().await;
    peer.write_all(&ping(b"one")).await.unwrap();
    tokio::task::yield_now().await;
    let mut message = [0; 4 + 1000];
    peer.read_exact(&mut message).await.unwrap();
    let mut writer = wrote.await.unwrap().unwrap();
    let mut pong = [0; 5];
    tokio::try_join!(writer.flush(), peer.read_exact(&mut pong)).unwrap();
    assert_eq!(&pong, b"\x8a\x03one");
    read.abort();
}

#[tokio::test]
async fn nothing_is_written_behind_the_close_frame() {
    let (mut socket, mut peer) = server(1000);
    peer.write_all(&ping(b"too late")).await.unwrap();
    socket.shutdown().await.unwrap();
    assert_eq!(socket.write(b"x").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let mut cx = Context::from_waker(Waker::noop());
    let mut buffer = [0; 8];
    assert!(Pin::new(&mut socket).poll_read(&mut cx, &mut ReadBuf::new(&mut buffer)).is_pending());
    let mut said = Vec::new();
    peer.read_to_end(&mut said).await.unwrap();
    assert_eq!(said, b"\x88\x02\x03\xe8");
}

#[tokio::test]
async fn what_came_with_the_handshake_is_read_first() {
    let (below, mut peer) = duplex(100);
    let early = framed(Opcode::Binary, b"early ", None);
    let mut socket = WebSocket::new(below, early, Some(Masks::default()));
    peer.write_all(&framed(Opcode::Binary, b"and late", None)).await.unwrap();
    let mut bytes = [0; 14];
    for byte in bytes.chunks_mut(1) {
        socket.read_exact(byte).await.unwrap();
    }
    assert_eq!(&bytes, b"early and late");
    assert_eq!(socket.early.capacity(), 0);
}

#[tokio::test]
async fn a_client_leaves_the_closing_to_the_server() {
    let (below, mut peer) = duplex(100);
    let mut client = WebSocket::new(below, Vec::new(), Some(Masks::default()));
    client.shutdown().await.unwrap();
    let mut close = [0; 8];
    peer.read_exact(&mut close).await.unwrap();
    let (mut byte, mut cx) = ([0], Context::from_waker(Waker::noop()));
    assert!(Pin::new(&mut peer).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_pending());
    peer.write_all(b"\x88\x02\x03\xe8").await.unwrap();
    assert_eq!(client.read(&mut byte).await.unwrap(), 0);
    poll_fn(|cx| Pin::new(&mut client).poll_shutdown(cx)).await.unwrap();
    assert_eq!(peer.read(&mut byte).await.unwrap(), 0);
}

#[test]
fn masks_differ() {
    let mut masks = Masks::default();
    let keys: std::collections::BTreeSet<_> = (0..100).map(|_| masks.next()).collect();
    assert!(keys.len() > 95);
    assert_ne!(Masks::nonce(), Masks::nonce());
}
