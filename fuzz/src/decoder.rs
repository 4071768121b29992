//! The frame decoder, with a layout that the bytes choose.

use std::sync::Arc;

use laster_frame::{
    DecodeError, Decoder, Encoder, Encoding, Field, Header, Layout, Side,
    testing::{self, Choices},
};

/// Where a frame began, what it said, and what it carried.
type Found = (u64, Header, Vec<u8>);

/// The first bytes choose a layout, the rest are what a peer sent.
///
/// However they are split the same frames come out, or the same error; no payload is larger than allowed; what is encoded
/// again gives the same bytes.
pub fn decoder(data: &[u8]) {
    let (choices, wire) = data.split_at(data.len().min(48));
    let Some(layout) = testing::layout(&mut Choices::new(choices)) else { return };
    let layout = Arc::new(layout);
    let whole = decode(&layout, &[wire]);
    let ones: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(decode(&layout, &ones), whole, "byte by byte");
    let some: Vec<&[u8]> = wire.chunks(usize::from(choices.last().copied().unwrap_or(0)) + 1).collect();
    assert_eq!(decode(&layout, &some), whole, "in pieces");
    for found in &whole.0 {
        assert!(found.2.len() <= layout.payload_limit() as usize);
        encodes_again(&layout, found, wire);
    }
}

fn decode(layout: &Arc<Layout>, pieces: &[&[u8]]) -> (Vec<Found>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(layout.clone(), Side::Client);
    let (mut found, mut kept) = (Vec::new(), Vec::new());
    for piece in pieces {
        kept.extend_from_slice(piece);
        let mut rest = &kept[..];
        loop {
            match decoder.next(&mut rest) {
                Ok(Some(frame)) => found.push((frame.offset, frame.header, frame.payload.to_vec())),
                Ok(None) => break,
                Err(error) => return (found, Err(error)),
            }
        }
        kept = rest.to_vec();
    }
    (found, decoder.finish(&kept))
}

fn encodes_again(layout: &Arc<Layout>, (offset, header, payload): &Found, wire: &[u8]) {
    let mut encoder = Encoder::new(layout.clone(), Side::Client);
    encoder.prologue(&mut Vec::new());
    let mut again = Vec::new();
    assert_eq!(encoder.encode(header, payload, &mut again), Ok(()), "what was decoded can be encoded");
    let overlong = layout.fields().iter().any(|field| {
        matches!(field, Field::Integer(integer) if matches!(integer.encoding(), Encoding::Varint { overlong: true, .. }))
    });
    if !overlong {
        let offset = *offset as usize;
        assert_eq!(wire.get(offset..offset + again.len()), Some(&again[..]));
    }
}
