//! The typed codecs of `wire`.

use std::fmt::Debug;

use laster::{Messages, Protocol};
use laster_frame::{Decoder, Header, Side};
use wire::{chat::v1::protocol as chat, simple_chat::protocol as simple_chat};

/// The first byte chooses a protocol and a side, the rest are what that side sent.
///
/// What decodes encodes again, to a message that is the same.
pub fn codecs(data: &[u8]) {
    let Some((choice, wire)) = data.split_first() else { return };
    match choice % 4 {
        0 => replay::<chat::Protocol, chat::FromClient>(Side::Client, wire),
        1 => replay::<chat::Protocol, chat::FromServer>(Side::Server, wire),
        2 => replay::<simple_chat::Protocol, simple_chat::FromClient>(Side::Client, wire),
        _ => replay::<simple_chat::Protocol, simple_chat::FromServer>(Side::Server, wire),
    }
}

fn replay<P: Protocol, M: Messages + PartialEq + Debug>(from: Side, mut wire: &[u8]) {
    let framing = P::Framing::default();
    let mut decoder = Decoder::new(framing.clone(), from);
    while let Ok(Some(frame)) = decoder.next_within(&mut wire, M::limit) {
        assert!(frame.payload.len() <= M::limit(&frame.header) as usize);
        let Ok(Some(message)) = M::decode(frame) else { continue };
        let mut again = Vec::new();
        let header = Header { id: 0, ..frame.header };
        // A message can be longer written than read: prost writes fields that were given twice once, and sorts them, but
        // writes required ones that were missing.
        if message.encode(header, &mut again).is_err() {
            continue;
        }
        let mut bytes = &again[..];
        let second = Decoder::new(framing.clone(), from).next(&mut bytes).ok().flatten().map(M::decode);
        assert!(
            matches!(second, Some(Ok(Some(second))) if second == message),
            "{message:?} is another one when read again"
        );
    }
}
