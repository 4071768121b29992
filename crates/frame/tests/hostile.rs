//! What hostile bytes come to, case by case, with the sentence that is shown.

use std::sync::Arc;

use laster_frame::{
    Counts, Decoder, EncodeError, Encoder, Encoding, Field, Framing, Header, Layout, LayoutError, Literal, Part, Role,
    Side, encode_header,
    layouts::{Laster, Raw, SimpleBinary, SimpleChat},
};

/// Each frame's payload, then what is left or wrong.
fn read<F: Framing>(framing: F, mut bytes: &[u8]) -> (Vec<Vec<u8>>, String) {
    let mut decoder = Decoder::new(framing, Side::Client);
    let mut payloads = Vec::new();
    loop {
        match decoder.next(&mut bytes) {
            Ok(Some(frame)) => payloads.push(frame.payload.to_vec()),
            Ok(None) => return (payloads, format!("{} left", bytes.len())),
            Err(error) => return (payloads, error.to_string()),
        }
    }
}

#[track_caller]
fn fails<F: Framing>(framing: F, bytes: &[u8], sentence: &str) {
    assert_eq!(read(framing, bytes).1, sentence);
}

#[test]
fn lengths_at_their_edges() {
    let frame = |len: u32| [&len.to_le_bytes()[..], &vec![5; len as usize]].concat();
    assert_eq!(read(SimpleBinary, &frame(0)), (vec![vec![]], "0 left".into()));
    assert_eq!(read(SimpleBinary, &frame(4095)), (vec![vec![5; 4095]], "0 left".into()));
    assert_eq!(read(SimpleBinary, &frame(4096)), (vec![vec![5; 4096]], "0 left".into()));
    for len in [4097, 0x7fff_ffff, 0x8000_0000, 0xffff_fffd, 0xffff_fffe, 0xffff_ffff_u32] {
        let sentence = format!("offset 0: the length {len} is for a payload of more than 4096 bytes");
        fails(SimpleBinary, &len.to_le_bytes(), &sentence);
    }
}

#[test]
fn a_length_that_counts_the_header_is_never_less() {
    for length in 0..6u32 {
        let bytes = [&length.to_le_bytes()[..], &[0; 6]].concat();
        fails(Laster, &bytes, &format!("offset 0: the length {length} is less than 6, which the header alone takes"));
    }
    assert_eq!(read(Laster, &[6, 0, 0, 0, 0, 0, 0, 0, 0, 0]).1, "0 left");
    fails(Laster, &[7, 0, 1, 0], "offset 0: the length 65543 is for a payload of more than 65536 bytes");
}

#[test]
fn first_bytes_of_other_protocols() {
    fails(SimpleChat, b"GET / HTTP/1.1\r\n", "offset 0: the length 542393671 is for a payload of more than 4089 bytes");
    fails(SimpleChat, b"\x0d\0\0\0SSH", "offset 4: expected byte 0x02 of a constant, found 0x53");
    fails(SimpleChat, b"\x0d\0\0\0\x02\0\0\0\x08\x81", "offset 9: the varint has more than 1 bytes");
    fails(Laster, &[0x16, 3, 1, 2], "offset 0: the length 33620758 is for a payload of more than 65536 bytes");
}

#[test]
fn the_ancestor_s_chat() {
    let hello = b"\x0d\0\0\0\x02\0\0\0\x08\x01\x0a\x03bob\x12\0";
    let mut bytes = &hello[..];
    let frame = Decoder::new(SimpleChat, Side::Client).next(&mut bytes).unwrap().unwrap();
    assert_eq!((frame.header.id, frame.payload), (1, &b"\x0a\x03bob\x12\0"[..]));
    let mut again = Vec::new();
    Encoder::new(SimpleChat, Side::Client).encode(&frame.header, frame.payload, &mut again).unwrap();
    assert_eq!(again, hello);
    assert_eq!(SimpleChat.layout().payload_limit() + 6, 4095);
}

#[test]
fn varints() {
    let layout = Arc::new(
        Layout::new(&[
            Field::constant(&[0]),
            Field::length(Encoding::varint(4), Counts::Payload),
            Field::id(Encoding::varint(4)),
        ])
        .max_payload(65_535),
    );
    fails(layout.clone(), &[0, 0x80, 0x80, 0x80, 0x80], "offset 1: the varint has more than 4 bytes");
    fails(layout.clone(), &[0, 0x81, 0x00], "offset 1: the varint takes 2 bytes where 1 would do");
    fails(
        layout.clone(),
        &[0, 0x80, 0x80, 0x04],
        "offset 1: the length 65536 is for a payload of more than 65535 bytes",
    );
    fails(layout.clone(), &[0, 0, 5, 1], "offset 3: expected byte 0x00 of a constant, found 0x01");
    assert_eq!(read(layout, &[0, 0xff]).1, "2 left");
    let wide = Arc::new(Layout::new(&[Field::length(Encoding::varint(10), Counts::Payload)]));
    let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
    fails(wide, &over, "offset 0: the varint has more than 64 bits");
}

#[test]
fn bits_and_versions() {
    let layout = Arc::new(Layout::new(&[Field::bits(
        Encoding::U32Be,
        &[
            Part { width: 4, role: Role::Fixed(3) },
            Part { width: 28, role: Role::Length { counts: Counts::Frame, adjust: 0 } },
        ],
    )]));
    assert_eq!(read(layout.clone(), b"\x30\0\0\x06hi").0, [b"hi"]);
    fails(layout.clone(), b"\x40\0\0\x06hi", "offset 0: expected the value 3, found 4");
    fails(layout, b"\x30\0\0\x03", "offset 0: the length 3 is less than 4, which the header alone takes");
}

#[test]
fn control_words_stand_in_place_of_a_frame() {
    let header = [Field::length(Encoding::U32Be, Counts::Rest), Field::id(Encoding::U8)];
    let layout = Arc::new(Layout::new(&header).control(&[Literal::new(&[0; 4]), Literal::new(b"\0\0PING")]));
    let mut bytes = &b"\0\0\0\0\0\0\0\x02\x07x\0\0PING\0\0"[..];
    let mut decoder = Decoder::new(layout.clone(), Side::Client);
    let mut found = Vec::new();
    while let Some(frame) = decoder.next(&mut bytes).unwrap() {
        found.push((frame.header.control, frame.header.id, frame.payload));
    }
    assert_eq!(found, [(Some(0), 0, &b""[..]), (None, 7, b"x"), (Some(1), 0, b"")]);
    assert_eq!(bytes, [0, 0]);

    let mut encoder = Encoder::new(layout, Side::Client);
    let mut out = Vec::new();
    encoder.encode(&Header::of_control(1), b"", &mut out).unwrap();
    assert_eq!(out, b"\0\0PING");
    assert_eq!(
        encoder.encode(&Header::of_control(2), b"", &mut out),
        Err(EncodeError::NoControlWord { found: 2, count: 2 })
    );
    assert_eq!(encoder.encode(&Header::of_control(0), b"x", &mut out), Err(EncodeError::ControlPayload { found: 1 }));
}

#[test]
fn a_frame_is_never_taken_for_a_control_word() {
    let layout = Layout::new(&[Field::length(Encoding::U8, Counts::Payload)]).control(&[Literal::new(b"\x02ab")]);
    let mut encoder = Encoder::new(Arc::new(layout), Side::Client);
    let mut out = Vec::new();
    let lookalike = Err(EncodeError::LooksLikeControlWord { word: 0 });
    assert_eq!(encoder.encode(&Header::default(), b"ab", &mut out), lookalike);
    assert_eq!(encode_header(&layout, &Header::default(), 2, &mut out), lookalike);
    assert_eq!(encoder.encode(&Header::default(), b"ac", &mut out), Ok(()));
    assert_eq!(out, b"\x02ac");
}

#[test]
fn junk_is_passed_over_up_to_its_limit() {
    let header = [Field::constant(&[0x94, 0xc3]), Field::length(Encoding::U16Be, Counts::Payload)];
    let layout = Arc::new(Layout::new(&header).max_payload(512).resync(16));
    let bytes = b"boot\r\n\x94\xc3\0\x02hi\x94\x94\xc3\xff\xff\x94\xc3\0\0";
    assert_eq!(read(layout.clone(), bytes).0, [&b"hi"[..], b""]);
    // Junk is counted between two frames, wherever the reads cut it.
    fails(layout.clone(), &[7; 17], "offset 0: no frame begins in 16 bytes");
    let mut decoder = Decoder::new(layout, Side::Client);
    for _ in 0..16 {
        assert_eq!(decoder.next(&mut &[7][..]), Ok(None));
    }
    assert_eq!(decoder.skipped(), 16);
    let error = decoder.next(&mut &[7][..]).unwrap_err();
    assert_eq!(error.to_string(), "offset 0: no frame begins in 16 bytes");
}

#[test]
fn a_prologue_comes_once_and_first() {
    let layout = Layout::new(&[Field::length(Encoding::U8, Counts::Payload)]);
    let layout = Arc::new(layout.prologue(Side::Client, Literal::new(b"hrpc\x09")));
    let mut out = Vec::new();
    let mut encoder = Encoder::new(layout.clone(), Side::Client);
    encoder.encode(&Header::default(), b"a", &mut out).unwrap();
    encoder.encode(&Header::default(), b"b", &mut out).unwrap();
    assert_eq!(out, b"hrpc\x09\x01a\x01b");
    assert_eq!(read(layout.clone(), &out).0, [b"a", b"b"]);
    fails(layout.clone(), b"hrPc", "offset 2: expected byte 0x70 of a constant, found 0x50");
    let mut server = Vec::new();
    Encoder::new(layout, Side::Server).encode(&Header::default(), b"a", &mut server).unwrap();
    assert_eq!(server, b"\x01a");
}

#[test]
fn raw_bytes_pass_in_pieces_of_the_limit() {
    assert_eq!(read(Raw, b"any bytes").0, [b"any bytes"]);
    assert_eq!(read(Raw, &[1; 65_537]).0, [vec![1; 65_536], vec![1; 1]]);
    let mut out = Vec::new();
    Encoder::new(Raw, Side::Server).encode(&Header::default(), b"any bytes", &mut out).unwrap();
    assert_eq!(out, b"any bytes");
    let wrong = Encoder::new(Raw, Side::Server).encode(&Header::with_id(1), b"", &mut out);
    assert_eq!(wrong, Err(EncodeError::IdTooLarge { found: 1, limit: 0 }));
}

#[test]
fn the_end_of_a_stream() {
    let mut decoder = Decoder::new(SimpleBinary, Side::Client);
    let mut bytes = &b"\x01\0\0\0a\x02\0\0\0b"[..];
    assert!(decoder.next(&mut bytes).unwrap().is_some());
    assert_eq!(decoder.next(&mut bytes), Ok(None));
    assert_eq!(decoder.finish(bytes).unwrap_err().to_string(), "offset 5: the stream ends 5 bytes into a frame");
    assert_eq!(decoder.finish(&[]), Ok(()));
}

#[test]
fn what_the_caller_may_not_send() {
    let mut out = Vec::new();
    let mut refuse =
        |header: Header, len: usize| encode_header(Laster.layout(), &header, len, &mut out).unwrap_err().to_string();
    assert_eq!(refuse(Header::default(), 65_537), "a payload of 65537 bytes is more than 65536 bytes");
    assert_eq!(refuse(Header::with_id(65_536), 0), "the id 65536 is more than 65535");
    let far = Header::default().correlated(1 << 32);
    assert_eq!(refuse(far, 0), "the correlation 4294967296 is more than 4294967295");
    let slot = Header { values: [0, 9, 0, 0, 0, 0, 0, 0], ..Header::default() };
    assert_eq!(refuse(slot, 0), "the value 9 of slot 1 is more than 0");
    assert!(out.is_empty());
}

#[test]
fn layouts_that_cannot_be() {
    let length = Field::length(Encoding::U16Be, Counts::Payload);
    let id = Field::id(Encoding::U8);
    let part = |width, role| Part { width, role };
    let bits = |parts: &[Part]| Field::bits(Encoding::U8, parts);
    for (header, error) in [
        (vec![], LayoutError::NoLength),
        (vec![id], LayoutError::NoLength),
        (vec![length, length], LayoutError::TwoLengths),
        (vec![length, id, id], LayoutError::TwoIds),
        (vec![length, Field::constant(&[])], LayoutError::EmptyConstant),
        (vec![Field::length(Encoding::varint(0), Counts::Rest)], LayoutError::VarintBytes),
        (vec![Field::length(Encoding::varint(11), Counts::Rest)], LayoutError::VarintBytes),
        (vec![length, bits(&[part(7, Role::Id)])], LayoutError::PartsWidth),
        (vec![length, bits(&[part(9, Role::Id)])], LayoutError::PartsWidth),
        (vec![length, bits(&[part(8, Role::Id), part(0, Role::Correlation)])], LayoutError::PartsWidth),
        (vec![length, Field::fixed(Encoding::U8, 256)], LayoutError::FixedDoesNotFit),
        (vec![length, Field::value(Encoding::U8, 8)], LayoutError::ValueSlot),
        (vec![length, Field::value(Encoding::U8, 1), Field::value(Encoding::U8, 1)], LayoutError::ValueSlot),
        (vec![length; 13], LayoutError::TooManyFields),
        (vec![Field::length_adjusted(Encoding::U8, Counts::Payload, 255)], LayoutError::MaxPayloadNotExpressible),
    ] {
        assert_eq!(Layout::try_new(&header), Err(error), "{header:?}");
    }
    let layout = Layout::new(&[length]);
    assert_eq!(layout.payload_limit(), 65_535);
    assert_eq!(layout.try_max_payload(0), Err(LayoutError::MaxPayloadOutOfRange));
    assert_eq!(layout.try_max_payload(65_536), Err(LayoutError::MaxPayloadNotExpressible));
    assert_eq!(layout.try_resync(9), Err(LayoutError::ResyncNeedsConstant));
    let words = |words: &[&[u8]]| layout.try_control(&words.iter().map(|w| Literal::new(w)).collect::<Vec<_>>());
    assert_eq!(words(&[b"ab", b"abc"]), Err(LayoutError::ControlWordIsPrefix));
    assert_eq!(words(&[b"ab", b"ab"]), Err(LayoutError::ControlWordIsPrefix));
    assert_eq!(words(&[b""]), Err(LayoutError::EmptyConstant));
}
