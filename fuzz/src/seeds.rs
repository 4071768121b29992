//! Inputs to begin with, made by the encoder: random bytes alone hardly ever make a whole frame.

use laster::Messages;
use laster_frame::{
    Encoder, Header, Side,
    testing::{self, Choices},
};
use std::sync::Arc;
use wire::{
    chat::v1::{self, protocol as chat},
    simple_chat::{self, protocol as simple},
};

/// A target's seeds, each with a name for its file.
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    match target {
        "decoder" => decoder(),
        "codecs" => codecs(),
        "session" => session(),
        _ => Vec::new(),
    }
}

/// A generator of numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }
}

/// Layouts, and frames of theirs.
fn decoder() -> Vec<(String, Vec<u8>)> {
    let mut numbers = Numbers(1);
    let mut seeds = Vec::new();
    while seeds.len() < 40 {
        let choices = numbers.bytes(48);
        let Some(layout) = testing::layout(&mut Choices::new(&choices)) else { continue };
        let mut encoder = Encoder::new(Arc::new(layout), Side::Client);
        let mut wire = Vec::new();
        for _ in 0..4 {
            let bytes = numbers.bytes(100);
            let header = testing::header(&layout, &mut Choices::new(&bytes));
            let len = usize::from(numbers.byte()) % 20;
            let payload = if header.control.is_some() { Vec::new() } else { numbers.bytes(len) };
            let _ = encoder.encode(&header, &payload, &mut wire);
        }
        if !wire.is_empty() {
            seeds.push((format!("layout-{:02}", seeds.len()), [choices, wire].concat()));
        }
    }
    seeds
}

/// A frame of each kind of message that has something in it.
fn codecs() -> Vec<(String, Vec<u8>)> {
    let text = || "text".to_owned();
    let said = || v1::Said { room: text(), account: text(), text: text(), number: 300, time: 1 << 40 };
    let client: Vec<chat::FromClient> = vec![
        v1::Hello { account: text() }.into(),
        v1::Join { room: text() }.into(),
        v1::Say { room: text(), text: text() }.into(),
        v1::History { room: text(), before: 7, limit: 3 }.into(),
        v1::Ping {}.into(),
    ];
    let server: Vec<chat::FromServer> = vec![
        v1::Welcome { account: text(), server: text(), rooms: vec![v1::RoomInfo { name: text(), members: 2 }; 3] }
            .into(),
        v1::Joined { room: text(), members: vec![text(); 3], history: vec![said(); 2], member_count: 3 }.into(),
        v1::Page { room: text(), messages: vec![said(); 3], more: true }.into(),
        v1::Refused { reason: 3, text: text() }.into(),
        said().into(),
    ];
    let simple_client: Vec<simple::FromClient> = vec![
        simple_chat::CMsgHello { account: text(), passwd: text(), desc: Some(text()) }.into(),
        simple_chat::CMsgChat { chat_msg: text() }.into(),
    ];
    let simple_server: Vec<simple::FromServer> = vec![
        simple_chat::SMsgHello { return_value: 1 }.into(),
        simple_chat::SMsgChat { sender: text(), chat_msg: text() }.into(),
    ];
    let groups = [seeds_of(0, &client), seeds_of(1, &server), seeds_of(2, &simple_client), seeds_of(3, &simple_server)];
    groups.into_iter().flatten().collect()
}

fn seeds_of<M: Messages>(choice: u8, messages: &[M]) -> Vec<(String, Vec<u8>)> {
    let encode = |message: &M| {
        let mut bytes = vec![choice];
        let _ = message.encode(Header::default(), &mut bytes);
        (format!("{choice}-{}", message.name()), bytes)
    };
    messages.iter().map(encode).collect()
}

/// Steps that send, write, deliver and close.
fn session() -> Vec<(String, Vec<u8>)> {
    let mut numbers = Numbers(2);
    (0..20).map(|n| (format!("steps-{n:02}"), numbers.bytes(200))).collect()
}
