//! What was said in a room, as far as it is remembered.

use std::collections::VecDeque;

use laster::prost::Message;
use wire::chat::v1::Said;

/// What one page, or the greeting of who joins, may take in a frame of 64 KiB.
const PAGE_BYTES: usize = 40 * 1024;

/// What one room remembers.
#[derive(Clone, Debug)]
pub struct HistoryLimits {
    /// The most messages. Default 1000.
    pub messages: usize,
    /// The most bytes, as they are on the wire. Default 256 KiB.
    pub bytes: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        HistoryLimits { messages: 1000, bytes: 256 * 1024 }
    }
}

/// The last messages of a room: `numbers are consecutive`, `messages.len() <= limits.messages`, `bytes <= limits.bytes` but
/// for a single message.
#[derive(Debug)]
pub(super) struct RoomHistory {
    limits: HistoryLimits,
    messages: VecDeque<Said>,
    bytes: usize,
    last_number: u64,
}

impl RoomHistory {
    pub(super) fn new(limits: HistoryLimits) -> Self {
        RoomHistory { limits, messages: VecDeque::new(), bytes: 0, last_number: 0 }
    }

    /// The number that the next message has.
    pub(super) fn next_number(&self) -> u64 {
        self.last_number + 1
    }

    /// Remembers a message, which has the next number, and forgets the oldest as the limits ask.
    pub(super) fn push(&mut self, said: Said) {
        self.last_number += 1;
        self.bytes += said.encoded_len();
        self.messages.push_back(said);
        while self.messages.len() > 1 && (self.messages.len() > self.limits.messages || self.bytes > self.limits.bytes)
        {
            if let Some(oldest) = self.messages.pop_front() {
                self.bytes -= oldest.encoded_len();
            }
        }
    }

    /// The last messages, oldest first: at most so many, and as many as fit.
    pub(super) fn latest(&self, limit: usize) -> Vec<Said> {
        self.before(0, limit).0
    }

    /// The last messages with numbers below `before` (0: all), oldest first: at most so many, and as many as fit. Then whether
    /// there are older ones.
    pub(super) fn before(&self, before: u64, limit: usize) -> (Vec<Said>, bool) {
        let end = match before {
            0 => self.messages.len(),
            before => self.messages.partition_point(|said| said.number < before),
        };
        let mut bytes = 0;
        let fits = |said: &&Said| {
            bytes += said.encoded_len() + 4;
            bytes <= PAGE_BYTES
        };
        let mut page: Vec<Said> = self.messages.range(..end).rev().take(limit).take_while(fits).cloned().collect();
        page.reverse();
        let more = page.len() < end;
        (page, more)
    }
}
