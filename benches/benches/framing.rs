//! Framing alone: the decoder of a layout known at build time against one written by hand for the same layout, the same
//! decoder with the layout read at run time, and tokio-util's length-delimited codec. Each input is 64 frames in one buffer.
#![allow(clippy::expect_used, missing_docs, reason = "a bench that cannot begin has nothing to measure")]

use std::{hint::black_box, sync::Arc};

use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use laster_frame::{
    Counts, Decoder, Encoder, Encoding, Field, Framing, Header, Layout, Part, Role, Side, framing,
    layouts::{Laster, SimpleBinary},
};
use tokio_util::codec::{Decoder as _, LengthDelimitedCodec};

framing! {
    /// ESPHome's: a constant, then two varints.
    struct Varints = Layout::new(&[
        Field::constant(&[0]),
        Field::length(Encoding::varint(4), Counts::Payload),
        Field::id(Encoding::varint(4)),
    ])
    .max_payload(65_535);

    /// Four bits of version, four of flags, 24 of length.
    struct BitParts = Layout::new(&[
        Field::bits(
            Encoding::U32Be,
            &[
                Part { width: 4, role: Role::Fixed(1) },
                Part { width: 4, role: Role::Value { slot: 0 } },
                Part { width: 24, role: Role::Length { counts: Counts::Payload, adjust: 0 } },
            ],
        ),
        Field::id(Encoding::U16Be),
    ])
    .max_payload(65_535);
}

const FRAMES: usize = 64;

fn frames_of<F: Framing>(framing: F, payload: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(framing, Side::Client);
    for _ in 0..FRAMES {
        encoder.encode(&Header::default(), &vec![7; payload], &mut out).expect("a legal frame");
    }
    out
}

/// What a careful person writes for `Laster`: bounds, limit, length that may not be less than the rest of the header.
#[inline(never)]
fn laster_by_hand(mut bytes: &[u8], sum: &mut u64) -> Result<(), &'static str> {
    loop {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(()) };
        let length = u32::from_le_bytes(*length) as usize;
        let Some(payload_len) = length.checked_sub(6) else { return Err("too small") };
        if payload_len > 65_536 {
            return Err("too large");
        }
        let Some((frame, after)) = rest.split_at_checked(length) else { return Ok(()) };
        let Some((id, frame)) = frame.split_first_chunk::<2>() else { return Ok(()) };
        let Some((correlation, payload)) = frame.split_first_chunk::<4>() else { return Ok(()) };
        *sum += u64::from(u16::from_le_bytes(*id)) + u64::from(u32::from_le_bytes(*correlation));
        *sum += black_box(payload).len() as u64;
        bytes = after;
    }
}

/// The same for `SimpleBinary`.
#[inline(never)]
fn simple_binary_by_hand(mut bytes: &[u8], sum: &mut u64) -> Result<(), &'static str> {
    loop {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(()) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > 4096 {
            return Err("too large");
        }
        let Some((payload, after)) = rest.split_at_checked(length) else { return Ok(()) };
        *sum += black_box(payload).len() as u64;
        bytes = after;
    }
}

/// The same for `Varints`.
#[inline(never)]
fn varints_by_hand(mut bytes: &[u8], sum: &mut u64) -> Result<(), &'static str> {
    fn varint(bytes: &mut &[u8]) -> Result<Option<u32>, &'static str> {
        let mut value = 0;
        for i in 0..4 {
            let Some((&byte, rest)) = bytes.split_first() else { return Ok(None) };
            *bytes = rest;
            value |= u32::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                return if byte == 0 && i > 0 { Err("overlong") } else { Ok(Some(value)) };
            }
        }
        Err("too long")
    }
    loop {
        let Some((&constant, mut rest)) = bytes.split_first() else { return Ok(()) };
        if constant != 0 {
            return Err("wrong constant");
        }
        let Some(length) = varint(&mut rest)? else { return Ok(()) };
        if length > 65_535 {
            return Err("too large");
        }
        let Some(id) = varint(&mut rest)? else { return Ok(()) };
        let Some((payload, after)) = rest.split_at_checked(length as usize) else { return Ok(()) };
        *sum += u64::from(id) + black_box(payload).len() as u64;
        bytes = after;
    }
}

/// The same for `BitParts`.
#[inline(never)]
fn bit_parts_by_hand(mut bytes: &[u8], sum: &mut u64) -> Result<(), &'static str> {
    loop {
        let Some((word, rest)) = bytes.split_first_chunk::<4>() else { return Ok(()) };
        let word = u32::from_be_bytes(*word);
        if word >> 28 != 1 {
            return Err("wrong version");
        }
        let length = word & 0xff_ffff;
        if length > 65_535 {
            return Err("too large");
        }
        let Some((id, rest)) = rest.split_first_chunk::<2>() else { return Ok(()) };
        let Some((payload, after)) = rest.split_at_checked(length as usize) else { return Ok(()) };
        *sum += u64::from(u16::from_be_bytes(*id)) + u64::from(word >> 24 & 15) + black_box(payload).len() as u64;
        bytes = after;
    }
}

#[inline(never)]
fn by_layout<F: Framing>(framing: F, mut bytes: &[u8], sum: &mut u64) {
    let mut decoder = Decoder::new(framing, Side::Client);
    while let Some(frame) = decoder.next(&mut bytes).expect("legal frames") {
        *sum += frame.header.id + frame.header.correlation + frame.header.values[0];
        *sum += black_box(frame.payload).len() as u64;
    }
}

type ByHand = fn(&[u8], &mut u64) -> Result<(), &'static str>;

fn decode_layout<F: Framing>(c: &mut Criterion, name: &str, framing: F, by_hand: ByHand) {
    let mut group = c.benchmark_group(format!("decode {name}"));
    group.throughput(Throughput::Elements(FRAMES as u64));
    for payload in [64, 1024] {
        let bytes = frames_of(framing.clone(), payload);
        let shared = Arc::new(*framing.layout());
        let mut sum = 0;
        group.bench_function(BenchmarkId::new("by hand", payload), |b| {
            b.iter(|| by_hand(black_box(&bytes), &mut sum));
        });
        group.bench_function(BenchmarkId::new("layout at build time", payload), |b| {
            b.iter(|| by_layout(framing.clone(), black_box(&bytes), &mut sum));
        });
        group.bench_function(BenchmarkId::new("layout at run time", payload), |b| {
            b.iter(|| by_layout(shared.clone(), black_box(&bytes), &mut sum));
        });
        black_box(sum);
    }
    group.finish();
}

fn decode_owned(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode to Bytes, SimpleBinary");
    group.throughput(Throughput::Elements(FRAMES as u64));
    let bytes = frames_of(SimpleBinary, 64);
    group.bench_function("laster", |b| {
        b.iter(|| {
            let mut codec = laster_frame::Codec::new(SimpleBinary, Side::Server);
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Some(frame) = codec.decode(&mut buffer).expect("legal frames") {
                black_box(frame);
            }
        });
    });
    group.bench_function("tokio-util", |b| {
        b.iter(|| {
            let mut codec = LengthDelimitedCodec::builder().little_endian().max_frame_length(4096).new_codec();
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Some(frame) = codec.decode(&mut buffer).expect("legal frames") {
                black_box(frame);
            }
        });
    });
    group.finish();
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode Laster");
    group.throughput(Throughput::Elements(FRAMES as u64));
    for len in [64, 1024] {
        let payload = vec![7; len];
        let mut out = Vec::with_capacity(FRAMES * (len + 10));
        group.bench_function(BenchmarkId::new("layout at build time", len), |b| {
            b.iter(|| {
                out.clear();
                let mut encoder = Encoder::new(Laster, Side::Client);
                for id in 0..FRAMES as u64 {
                    encoder.encode(&Header::with_id(id), black_box(&payload), &mut out).expect("a legal frame");
                }
                black_box(&out);
            });
        });
        group.bench_function(BenchmarkId::new("by hand", len), |b| {
            b.iter(|| {
                out.clear();
                for id in 0..FRAMES as u16 {
                    let payload = black_box(&payload);
                    out.extend_from_slice(&(payload.len() as u32 + 6).to_le_bytes());
                    out.extend_from_slice(&id.to_le_bytes());
                    out.extend_from_slice(&[0; 4]);
                    out.extend_from_slice(payload);
                }
                black_box(&out);
            });
        });
    }
    group.finish();
}

fn decode(c: &mut Criterion) {
    decode_layout(c, "Laster", Laster, laster_by_hand);
    decode_layout(c, "SimpleBinary", SimpleBinary, simple_binary_by_hand);
    decode_layout(c, "Varints", Varints, varints_by_hand);
    decode_layout(c, "BitParts", BitParts, bit_parts_by_hand);
}

criterion_group!(benches, decode, decode_owned, encode);
criterion_main!(benches);
