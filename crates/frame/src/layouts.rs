//! Layouts that are used as they are.

use crate::{Counts, Encoding, Field, Layout, framing};

framing! {
    /// Laster's own: `u32le length` of all that follows it, `u16le id`, `u32le correlation` (0: no reply is expected).
    pub struct Laster = Layout::new(&[
        Field::length(Encoding::U32Le, Counts::Rest),
        Field::id(Encoding::U16Le),
        Field::correlation(Encoding::U32Le),
    ]);

    /// laster40Net's `SimpleBinaryMessage`: `u32le length` of the payload, which has 4096 bytes at most.
    pub struct SimpleBinary =
        Layout::new(&[Field::length(Encoding::U32Le, Counts::Payload)]).max_payload(4096);

    /// laster40Net's SimpleChat: `u32le length` of all that follows, at most 4095; then what protobuf-net writes before a
    /// message: the tag of an `int` field, the field's number, the message's number of one byte.
    pub struct SimpleChat = Layout::new(&[
        Field::length(Encoding::U32Le, Counts::Rest),
        Field::constant(&[2, 0, 0, 0, 8]),
        Field::id(Encoding::varint(1)),
    ])
    .max_payload(4095 - 6);

    /// No frames: each read is a payload.
    pub struct Raw = Layout::RAW;
}
