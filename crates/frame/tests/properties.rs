//! What holds for every layout, every frame and every way the bytes can be split.

use bytes::BytesMut;
use laster_frame::{
    Codec, Counts, DecodeError, Decoder, Encoder, Encoding, Field, Framing, Header, Layout, RawFrame, Side,
    testing::{self, Choices},
};
use proptest::prelude::*;
use std::sync::Arc;
use tokio_util::codec::{Decoder as _, Encoder as _, LengthDelimitedCodec};

type Owned = (Header, Vec<u8>);

/// A layout, and frames that it can carry, with their bytes.
fn dialogue(choices: &[u8]) -> Option<(Arc<Layout>, Vec<Owned>, Vec<u8>)> {
    let mut choices = Choices::new(choices);
    let layout = Arc::new(testing::layout(&mut choices)?);
    let mut encoder = Encoder::new(layout.clone(), Side::Client);
    let (mut frames, mut wire) = (Vec::new(), Vec::new());
    for _ in 0..choices.below(8) {
        let header = testing::header(&layout, &mut choices);
        let most = layout.payload_limit().min(300) as usize;
        let payload = if header.control.is_some() { &[] } else { choices.bytes(most.min(255)) };
        // A frame that looks like a control word is refused; nothing may then have been written.
        let before = wire.len();
        match encoder.encode(&header, payload, &mut wire) {
            Ok(()) => frames.push((header, payload.to_vec())),
            Err(_) => assert_eq!(wire.len(), before),
        }
    }
    Some((layout, frames, wire))
}

/// Decodes bytes that come in pieces, and says where the stream failed, if it did.
fn decode<F: Framing>(framing: F, pieces: &[&[u8]]) -> (Vec<Owned>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(framing, Side::Client);
    let (mut frames, mut kept) = (Vec::new(), Vec::new());
    for piece in pieces {
        kept.extend_from_slice(piece);
        let mut rest = &kept[..];
        loop {
            match decoder.next(&mut rest) {
                Ok(Some(frame)) => frames.push((frame.header, frame.payload.to_vec())),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
        kept = rest.to_vec();
    }
    (frames, decoder.finish(&kept))
}

fn split<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    for cut in cuts {
        let (piece, after) = rest.split_at(cut % (rest.len() + 1));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn what_is_encoded_decodes_to_the_same(choices in prop::collection::vec(any::<u8>(), 0..700)) {
        let Some((layout, frames, wire)) = dialogue(&choices) else { return Ok(()) };
        prop_assert_eq!(decode(layout, &[&wire]), (frames, Ok(())));
    }

    #[test]
    fn splits_change_nothing(
        choices in prop::collection::vec(any::<u8>(), 0..400),
        garbage in prop::collection::vec(any::<u8>(), 0..40),
        cuts in prop::collection::vec(any::<usize>(), 0..40),
    ) {
        let Some((layout, _, mut wire)) = dialogue(&choices) else { return Ok(()) };
        wire.extend(garbage);
        let whole = decode(layout.clone(), &[&wire]);
        prop_assert_eq!(decode(layout.clone(), &split(&wire, &cuts)), whole.clone());
        let bytes: Vec<&[u8]> = wire.chunks(1).collect();
        prop_assert_eq!(decode(layout, &bytes), whole);
    }

    #[test]
    fn what_is_decoded_encodes_to_the_same_bytes(
        choices in prop::collection::vec(any::<u8>(), 0..60),
        wire in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let Some(layout) = testing::layout(&mut Choices::new(&choices)) else { return Ok(()) };
        let overlong = layout.fields().iter().any(|field| {
            matches!(field, Field::Integer(i) if matches!(i.encoding(), Encoding::Varint { overlong: true, .. }))
        });
        let layout = Arc::new(layout);
        let mut decoder = Decoder::new(layout.clone(), Side::Client);
        let mut encoder = Encoder::new(layout.clone(), Side::Client);
        encoder.prologue(&mut Vec::new());
        let mut rest = &wire[..];
        while let Ok(Some(frame)) = decoder.next(&mut rest) {
            let mut again = Vec::new();
            let encoded = encoder.encode(&frame.header, frame.payload, &mut again);
            prop_assert_eq!(encoded, Ok(()));
            if !overlong {
                prop_assert_eq!(&wire[frame.offset as usize..wire.len() - rest.len()], again);
            }
        }
    }

    #[test]
    fn a_limit_per_message_is_exact(id in any::<u8>(), limit in 0u32..300, len in 0usize..300) {
        let layout = Arc::new(Layout::new(&[
            Field::length(Encoding::U32Be, Counts::Rest),
            Field::id(Encoding::U8),
        ]));
        let mut wire = Vec::new();
        let payload = vec![1; len];
        Encoder::new(layout.clone(), Side::Client).encode(&Header::with_id(id.into()), &payload, &mut wire).unwrap();
        // The header alone is enough to refuse it.
        let refused = Decoder::new(layout, Side::Client).next_within(&mut &wire[..5], |header| {
            assert_eq!(header.id, u64::from(id));
            limit
        });
        match refused {
            Ok(None) => prop_assert!(len > 0 && len <= limit as usize),
            Ok(Some(frame)) => prop_assert!(len == 0 && frame.payload.is_empty()),
            Err(DecodeError::PayloadTooLarge { found, limit: named, offset: 0 }) => {
                prop_assert!(len > limit as usize && named == limit && found == len as u64 + 1);
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    /// Where both can express the layout, `LengthDelimitedCodec` finds the same payloads in the same bytes.
    #[test]
    fn like_length_delimited_codec(
        width in prop::sample::select(vec![1usize, 2, 3, 4, 8]),
        big_endian in any::<bool>(),
        whole_frame in any::<bool>(),
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
        end in prop::collection::vec(any::<u8>(), 0..12),
    ) {
        let encoding = match (width, big_endian) {
            (1, _) => Encoding::U8,
            (2, true) => Encoding::U16Be,
            (2, false) => Encoding::U16Le,
            (3, true) => Encoding::U24Be,
            (3, false) => Encoding::U24Le,
            (4, true) => Encoding::U32Be,
            (4, false) => Encoding::U32Le,
            (_, true) => Encoding::U64Be,
            (_, false) => Encoding::U64Le,
        };
        let counts = if whole_frame { Counts::Frame } else { Counts::Payload };
        let layout = Arc::new(Layout::new(&[Field::length(encoding, counts)]).max_payload(100));
        let mut ours = Codec::new(layout, Side::Server);
        let mut builder = LengthDelimitedCodec::builder();
        builder.length_field_length(width).max_frame_length(100 + if whole_frame { width } else { 0 });
        if whole_frame {
            builder.length_adjustment(-(width as isize));
        }
        let mut theirs = if big_endian { builder.big_endian() } else { builder.little_endian() }.new_codec();

        let (mut wire, mut their_wire) = (BytesMut::new(), BytesMut::new());
        for payload in &payloads {
            let payload = bytes::Bytes::from(payload.clone());
            let frame = RawFrame { header: Header::default(), payload: payload.clone() };
            ours.encode(frame, &mut wire).unwrap();
            theirs.encode(payload, &mut their_wire).unwrap();
        }
        prop_assert_eq!(&wire, &their_wire);

        wire.extend_from_slice(&end);
        let (mut our_buffer, mut their_buffer) = (BytesMut::new(), BytesMut::new());
        for piece in split(&wire, &cuts) {
            our_buffer.extend_from_slice(piece);
            their_buffer.extend_from_slice(piece);
            loop {
                match (ours.decode(&mut our_buffer), theirs.decode(&mut their_buffer)) {
                    (Ok(None), Ok(None)) => break,
                    (Ok(ours), Ok(theirs)) => {
                        prop_assert_eq!(ours.map(|frame| frame.payload), theirs.map(BytesMut::freeze));
                    }
                    (Err(_), Err(_)) => return Ok(()),
                    // A U64 length with its top bits set overflows there, and a declared length reserves memory there.
                    (ours, theirs) => prop_assert!(false, "{ours:?} but {theirs:?}"),
                }
            }
        }
    }
}

/// The other tests pass where there is nothing to test: this one says that there is.
#[test]
fn most_choices_make_a_dialogue() {
    let mut random = 1u64;
    let mut byte = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 56) as u8
    };
    let dialogues: Vec<_> = (0..1000).filter_map(|_| dialogue(&(0..400).map(|_| byte()).collect::<Vec<_>>())).collect();
    let frames = dialogues.iter().map(|(_, frames, _)| frames.len()).sum::<usize>();
    let controls = dialogues.iter().flat_map(|(_, frames, _)| frames).filter(|(h, _)| h.control.is_some()).count();
    let varied = dialogues.iter().filter(|(layout, ..)| layout.fields().len() > 3).count();
    assert!(dialogues.len() > 300, "{} dialogues", dialogues.len());
    assert!(frames > 1000, "{frames} frames");
    assert!(controls > 20, "{controls} control words");
    assert!(varied > 100, "{varied} layouts of more than three fields");
}
