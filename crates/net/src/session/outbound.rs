//! What the peer has not yet taken, and how a session ends.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};
use laster_frame::EncodeError;

use crate::session::{
    CloseReason, Moment, PushError, SessionLimits,
    push::{Attempt, room_for_bytes},
};

/// Shared bytes of fewer than this are copied: cheaper than a slice of their own in a write.
const COPY_BELOW: usize = 1024;
/// Sent bytes are kept in front of those that wait until they are so many, and as many as those.
const COMPACT_FROM: usize = 4096;
/// Memory that is not given back when a backlog has become small.
const KEEP: usize = 16 * 1024;

/// The queue of what was accepted for sending, and the session's end.
///
/// ```text
/// bytes == sum(chunks) + tail.len() - tail_sent          what waits, in the order it will be sent
/// bytes == sum(batches.bytes) - batch_sent               the same, by the frames it belongs to
/// tail_sent <= tail.len() <= 2 * (tail.len() - tail_sent) + COMPACT_FROM
/// ```
///
/// Nothing leaves the queue but by [`wrote`](Outbound::wrote) and [`discard`](Outbound::discard); both tell what left.
#[derive(Debug)]
pub struct Outbound {
    items_limit: u32,
    bytes_limit: u32,
    /// Complete pieces, before the tail.
    chunks: VecDeque<Bytes>,
    /// Where small frames are gathered.
    tail: Vec<u8>,
    tail_sent: usize,
    bytes: usize,
    frames: u32,
    batches: VecDeque<Batch>,
    batch_sent: usize,
    phase: Phase,
}

/// Frames that were accepted together.
#[derive(Debug)]
struct Batch {
    bytes: usize,
    frames: u32,
}

/// How far a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Messages go both ways.
    Open,
    /// No message is accepted any more; those that were are still sent.
    Draining {
        /// Why it ends.
        reason: CloseReason,
        /// It ends then, sent or not.
        until: Moment,
    },
    /// It is over.
    Closed(CloseReason),
}

impl Outbound {
    /// An empty queue with these limits.
    pub fn new(limits: &SessionLimits) -> Self {
        Outbound {
            items_limit: limits.queue_items,
            bytes_limit: limits.queue_bytes,
            chunks: VecDeque::new(),
            tail: Vec::new(),
            tail_sent: 0,
            bytes: 0,
            frames: 0,
            batches: VecDeque::new(),
            batch_sent: 0,
            phase: Phase::Open,
        }
    }

    /// Accepts one frame, written by `encode` behind what is in the buffer it is given.
    ///
    /// # Errors
    /// There is no room, the session ends, or `encode` failed. Nothing was accepted.
    #[inline]
    pub fn push(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>) -> Result<(), PushError> {
        self.push_or_keep(encode, None)
    }

    /// Accepts one frame as [`push`](Outbound::push) does. If there is no room for its bytes, they are put into `refused`, so
    /// that it can be accepted as it is once there is.
    #[inline]
    pub(crate) fn push_or_keep(
        &mut self,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
        refused: Option<&mut Vec<u8>>,
    ) -> Result<(), PushError> {
        self.open()?;
        self.room_for_items(1)?;
        let attempt = Attempt::new(&mut self.tail);
        encode(attempt.tail)?;
        let len = attempt.len();
        if let Err(full) = room_for_bytes(self.bytes_limit, self.bytes, len) {
            if let Some(refused) = refused {
                *refused = attempt.take_back();
            }
            return Err(full);
        }
        attempt.keep();
        self.accepted(len, 1);
        Ok(())
    }

    /// Accepts frames that are encoded already, all or none.
    ///
    /// # Errors
    /// There is no room, or the session ends.
    pub fn push_shared(&mut self, encoded: &Bytes, frames: u32) -> Result<(), PushError> {
        self.open()?;
        self.room_for_items(frames)?;
        room_for_bytes(self.bytes_limit, self.bytes, encoded.len())?;
        if Outbound::copies(encoded) {
            self.tail.extend_from_slice(encoded);
        } else {
            self.seal();
            self.chunks.push_back(encoded.clone());
        }
        self.accepted(encoded.len(), frames);
        Ok(())
    }

    /// Whether these shared bytes would be copied.
    pub(crate) fn copies(encoded: &Bytes) -> bool {
        encoded.len() < COPY_BELOW
    }

    fn open(&self) -> Result<(), PushError> {
        match &self.phase {
            Phase::Open => Ok(()),
            Phase::Draining { reason, .. } | Phase::Closed(reason) => Err(PushError::Closed(reason.clone())),
        }
    }

    /// An empty queue takes any one batch, so that no limit makes a legal frame impossible.
    pub(crate) fn room_for_items(&self, frames: u32) -> Result<(), PushError> {
        if self.bytes > 0 && self.frames.saturating_add(frames) > self.items_limit {
            return Err(PushError::FullItems { limit: self.items_limit });
        }
        Ok(())
    }

    #[inline]
    fn accepted(&mut self, bytes: usize, frames: u32) {
        // What has no bytes does not wait, and no write would ever take it off the queue.
        if bytes == 0 {
            return;
        }
        self.bytes += bytes;
        self.frames += frames;
        self.batches.push_back(Batch { bytes, frames });
        self.check();
    }

    /// Ends the tail, so that a chunk may stand behind it. Its bytes are copied: a buffer with a few of them in it would be
    /// held for as long as they wait.
    fn seal(&mut self) {
        if self.tail.len() > self.tail_sent {
            self.chunks.push_back(Bytes::copy_from_slice(&self.tail[self.tail_sent..]));
        }
        self.tail.clear();
        self.tail.shrink_to(KEEP);
        self.tail_sent = 0;
    }

    /// The front of what is to be sent, in as many slices as there is room for. Gives how many were filled.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let tail = &self.tail[self.tail_sent..];
        let pieces = self.chunks.iter().map(|chunk| &chunk[..]).chain((!tail.is_empty()).then_some(tail));
        slices.iter_mut().zip(pieces).map(|(slice, piece)| *slice = IoSlice::new(piece)).count()
    }

    /// The peer's side took the first `len` bytes. Gives how many frames are thereby sent.
    ///
    /// # Panics
    /// With more bytes than are waiting.
    pub fn wrote(&mut self, len: usize) -> u32 {
        assert!(len <= self.bytes, "{len} bytes written of {}", self.bytes);
        self.bytes -= len;
        let mut left = len;
        while let Some(chunk) = self.chunks.front_mut().filter(|_| left > 0) {
            let taken = left.min(chunk.len());
            chunk.advance(taken);
            left -= taken;
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
        }
        self.tail_sent += left;
        self.compact();
        let frames = self.sent_frames(len);
        self.check();
        frames
    }

    /// Forgets what was sent: all of it at the end, and a part of it before it outweighs what waits, because a backlog may
    /// never come to its end.
    fn compact(&mut self) {
        let waiting = self.tail.len() - self.tail_sent;
        if waiting > 0 && (self.tail_sent < COMPACT_FROM || self.tail_sent < waiting) {
            return;
        }
        self.tail.drain(..self.tail_sent);
        self.tail_sent = 0;
        if self.tail.capacity() / 4 > waiting {
            self.tail.shrink_to(KEEP.max(2 * waiting));
        }
    }

    fn sent_frames(&mut self, len: usize) -> u32 {
        self.batch_sent += len;
        let mut frames = 0;
        while let Some(batch) = self.batches.front().filter(|batch| batch.bytes <= self.batch_sent) {
            self.batch_sent -= batch.bytes;
            frames += batch.frames;
            self.batches.pop_front();
        }
        self.frames -= frames;
        frames
    }

    /// The buffer that frames are gathered in, while it holds none: to be given back, or to be replaced.
    pub fn idle_buffer(&mut self) -> Option<&mut Vec<u8>> {
        self.tail.is_empty().then_some(&mut self.tail)
    }

    /// Frees what a burst has left behind. Call when nothing waits.
    pub fn shrink(&mut self) {
        if self.bytes == 0 {
            self.batches = VecDeque::new();
            self.chunks = VecDeque::new();
        }
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many frames wait, a half-sent one included.
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// How many bytes of memory are held for bytes that wait.
    pub fn held(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum::<usize>() + self.tail.capacity()
    }

    /// How far the session is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Ends the session for this reason, at the latest at `until`. What was accepted is sent before, where the reason allows
    /// that. The first reason stays. Gives whether this was it.
    pub fn close(&mut self, reason: CloseReason, until: Moment) -> bool {
        if self.phase != Phase::Open {
            return false;
        }
        self.phase = if reason.drains() { Phase::Draining { reason, until } } else { Phase::Closed(reason) };
        true
    }

    /// Ends the session at once: for this reason if there was none before.
    pub fn abort(&mut self, reason: CloseReason) {
        match std::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Open => self.phase = Phase::Closed(reason),
            Phase::Draining { reason, .. } | Phase::Closed(reason) => self.phase = Phase::Closed(reason),
        }
    }

    /// Throws away what was not sent. Gives how many frames that was.
    pub fn discard(&mut self) -> u32 {
        let frames = std::mem::take(&mut self.frames);
        (self.bytes, self.batch_sent, self.tail_sent) = (0, 0, 0);
        // The buffer is the lender's.
        self.tail.clear();
        self.shrink();
        frames
    }

    #[inline]
    fn check(&self) {
        debug_assert_eq!(
            self.bytes,
            self.chunks.iter().map(Bytes::len).sum::<usize>() + self.tail.len() - self.tail_sent
        );
        debug_assert_eq!(self.bytes + self.batch_sent, self.batches.iter().map(|b| b.bytes).sum::<usize>());
        debug_assert!(self.bytes > 0 || self.frames == 0);
        debug_assert!(self.tail.len() <= 2 * (self.tail.len() - self.tail_sent) + COMPACT_FROM);
    }
}
