//! Typed messages: the chat's codec against prost alone on the same payload, both ways.
#![allow(clippy::expect_used, missing_docs, reason = "a bench that cannot begin has nothing to measure")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use laster::{Messages, prost::Message};
use laster_frame::{Decoder, Header, Side};
use wire::chat::v1::{
    Said,
    protocol::{Framing, FromServer},
};

const FRAMES: usize = 64;

fn said(text: usize) -> Said {
    Said { room: "lobby".into(), account: "ada".into(), text: "x".repeat(text), number: 1234, time: 1_790_000_000_000 }
}

fn messages(c: &mut Criterion) {
    for text in [32, 1000, 4096] {
        let message = FromServer::Said(said(text));
        let mut wire = Vec::new();
        for _ in 0..FRAMES {
            message.encode(Header::default(), &mut wire).expect("a legal message");
        }
        let payload = said(text).encode_to_vec();
        let mut group = c.benchmark_group("a chat message");
        group.throughput(Throughput::Elements(FRAMES as u64));
        group.bench_function(BenchmarkId::new("decode", text), |b| {
            b.iter(|| {
                let mut decoder = Decoder::new(Framing, Side::Server);
                let mut bytes = black_box(&wire[..]);
                while let Some(frame) = decoder.next_within(&mut bytes, FromServer::limit).expect("legal frames") {
                    black_box(FromServer::decode(frame).expect("legal messages"));
                }
            });
        });
        group.bench_function(BenchmarkId::new("decode, prost alone", text), |b| {
            b.iter(|| {
                for _ in 0..FRAMES {
                    black_box(Said::decode(black_box(&payload[..])).expect("a legal payload"));
                }
            });
        });
        let mut out = Vec::with_capacity(wire.len());
        group.bench_function(BenchmarkId::new("encode", text), |b| {
            b.iter(|| {
                out.clear();
                for _ in 0..FRAMES {
                    black_box(&message).encode(Header::default(), &mut out).expect("a legal message");
                }
                black_box(&out);
            });
        });
        group.bench_function(BenchmarkId::new("encode, prost alone", text), |b| {
            let message = said(text);
            b.iter(|| {
                out.clear();
                for _ in 0..FRAMES {
                    black_box(&message).encode_raw(&mut out);
                }
                black_box(&out);
            });
        });
        group.finish();
    }
}

criterion_group!(benches, messages);
criterion_main!(benches);
