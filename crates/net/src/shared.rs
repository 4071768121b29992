//! The part of a session that every task may touch: its queue, its transport's writing half, its end.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use laster_frame::{EncodeError, Layout, Side};
use tokio::{io::AsyncWrite, sync::Notify};

use crate::{
    engine::{Engine, Timer},
    handle::{Flush, SessionId},
    session::{CloseReason, Moment, Outbound, Phase, PushError, SessionLimits, Watch},
    statistics::Counters,
    transport::{PeerAddress, Writer},
};

/// While a session's own task gathers answers, it writes when there are so many bytes of them.
const CORKED_BYTES: usize = 64 * 1024;
/// How many slices go into one write.
const SLICES: usize = 32;

/// A session, for whoever sends to it.
///
/// The queue and the writing half are behind one lock, so that what is accepted first is written first, whichever task
/// writes it. Whoever finds the queue empty writes at once; only when the transport takes no more does the session's own task
/// wait for it (`blocked`). While that task runs (`corked`), frames are gathered and leave in one write at its end.
pub(crate) struct Shared {
    pub(crate) id: SessionId,
    pub(crate) side: Side,
    pub(crate) peer: PeerAddress,
    pub(crate) layout: Arc<Layout>,
    pub(crate) limits: Arc<SessionLimits>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) watch: Watch,
    pub(crate) counters: Counters,
    /// Whether the phase is open: to be asked without the lock.
    open: AtomicBool,
    /// Whether the session is to end when its handler is done with the message it is at.
    pub(crate) finishing: AtomicBool,
    /// Tells waiting senders that there may be room.
    pub(crate) room: Notify,
    task: AtomicWaker,
    /// Whether the handler wants to hear what was sent.
    wants_sent: bool,
    out: Mutex<Out>,
    myself: Weak<Shared>,
}

struct Out {
    queue: Outbound,
    writer: Writer,
    corked: bool,
    blocked: bool,
    /// A flush at the next update is arranged.
    gathering: bool,
    sent: Sent,
}

/// What was handed to the transport since it was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Whole frames.
    pub frames: u32,
    /// Bytes, those of unfinished frames included.
    pub bytes: usize,
}

/// What a new session is made of.
pub(crate) struct Parts {
    pub(crate) id: SessionId,
    pub(crate) side: Side,
    pub(crate) peer: PeerAddress,
    pub(crate) layout: Arc<Layout>,
    pub(crate) limits: Arc<SessionLimits>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) writer: Writer,
    pub(crate) wants_sent: bool,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts { id, side, peer, layout, limits, engine, writer, wants_sent } = parts;
        let now = engine.now();
        let mut queue = Outbound::new(&limits);
        let prologue = Bytes::copy_from_slice(layout.prologue_of(side).as_bytes());
        if !prologue.is_empty() {
            // An empty queue takes anything.
            let _ = queue.push_shared(&prologue, 0);
        }
        let shared = Arc::new_cyclic(|myself| Shared {
            id,
            side,
            peer,
            layout,
            watch: Watch::new(now),
            counters: Counters::default(),
            open: AtomicBool::new(true),
            finishing: AtomicBool::new(false),
            room: Notify::new(),
            task: AtomicWaker::new(),
            wants_sent,
            out: Mutex::new(Out {
                queue,
                writer,
                corked: false,
                blocked: false,
                gathering: false,
                sent: Sent::default(),
            }),
            limits,
            engine,
            myself: myself.clone(),
        });
        if side == Side::Client {
            // Who connects may wait to be spoken to.
            shared.watch.greeted(now);
        }
        let first_look = now + shared.limits.frame.min(shared.limits.hello).min(shared.limits.idle);
        shared.engine.at(first_look, Timer::Watch, shared.myself.clone());
        shared
    }

    /// The session's state is whole between any two statements: a panic elsewhere cannot have left it half done.
    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Accepts one frame.
    pub(crate) fn push(
        &self,
        flush: Flush,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), PushError> {
        let mut out = self.out();
        if let Some(buffer) = out.queue.idle_buffer().filter(|buffer| buffer.capacity() == 0) {
            *buffer = self.engine.write_buffers.take();
        }
        let pushed = out.queue.push(encode);
        match pushed {
            Ok(()) => self.accepted(&mut out, flush),
            Err(_) => self.give_back(&mut out),
        }
        pushed
    }

    /// Accepts frames that are encoded already.
    pub(crate) fn push_shared(&self, flush: Flush, encoded: &Bytes, frames: u32) -> Result<(), PushError> {
        let mut out = self.out();
        out.queue.push_shared(encoded, frames)?;
        self.accepted(&mut out, flush);
        Ok(())
    }

    fn accepted(&self, out: &mut Out, flush: Flush) {
        match flush {
            _ if out.blocked => {}
            _ if out.corked && out.queue.bytes() < CORKED_BYTES => {}
            Flush::Gather if !out.corked => {
                if !std::mem::replace(&mut out.gathering, true) {
                    self.engine.flush_later(self.myself.clone());
                }
            }
            _ => self.write_from_outside(out),
        }
    }

    /// Sends what was gathered, now.
    pub(crate) fn flush(&self) {
        let mut out = self.out();
        if !out.blocked && !out.corked {
            self.write_from_outside(&mut out);
        }
    }

    /// Writes without waiting. If the transport takes no more, the session's task is to wait for it.
    fn write_from_outside(&self, out: &mut Out) {
        if self.write(out, &mut Context::from_waker(Waker::noop())).is_pending() || !self.is_open() {
            self.task.wake();
        }
    }

    /// Writes until nothing waits, the transport takes no more, or it fails, which ends the session.
    fn write(&self, out: &mut Out, cx: &mut Context<'_>) -> Poll<()> {
        out.gathering = false;
        out.blocked = true;
        while out.queue.bytes() > 0 {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = out.queue.slices(&mut slices);
            let len = match Pin::new(&mut out.writer).poll_write_vectored(cx, &slices[..filled]) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return self.failed(out, io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(len)) => len,
                Poll::Ready(Err(error)) => return self.failed(out, error),
            };
            let frames = out.queue.wrote(len);
            self.counters.writes.fetch_add(1, Relaxed);
            self.counters.bytes_out.fetch_add(len as u64, Relaxed);
            self.counters.frames_out.fetch_add(frames.into(), Relaxed);
            self.room.notify_one();
            if self.wants_sent {
                out.sent.frames += frames;
                out.sent.bytes += len;
                self.task.wake();
            }
        }
        match Pin::new(&mut out.writer).poll_flush(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return self.failed(out, error),
            Poll::Ready(Ok(())) => {}
        }
        out.blocked = false;
        self.give_back(out);
        Poll::Ready(())
    }

    /// Memory that a burst took is not kept.
    fn give_back(&self, out: &mut Out) {
        if let Some(buffer) = out.queue.idle_buffer().filter(|buffer| buffer.capacity() > 0) {
            self.engine.write_buffers.give_back(std::mem::take(buffer));
        }
        out.queue.shrink();
    }

    fn failed(&self, out: &mut Out, error: io::Error) -> Poll<()> {
        self.abort_locked(out, error.into());
        Poll::Ready(())
    }

    fn abort_locked(&self, out: &mut Out, reason: CloseReason) {
        out.queue.abort(reason);
        self.ended();
    }

    fn ended(&self) {
        self.open.store(false, Relaxed);
        self.room.notify_waiters();
        self.task.wake();
    }

    /// Ends the session when what was accepted is sent.
    pub(crate) fn close(&self, reason: CloseReason) {
        let until = self.engine.now() + self.limits.drain;
        let first = self.out().queue.close(reason, until);
        if first {
            self.ended();
            self.engine.at(until, Timer::Drain, self.myself.clone());
        }
    }

    /// Ends the session at once.
    pub(crate) fn abort(&self, reason: CloseReason) {
        self.abort_locked(&mut self.out(), reason);
    }

    /// Does what is due. Gives when to do it again.
    pub(crate) fn on_timer(&self, timer: Timer, now: Moment) -> Option<Moment> {
        match timer {
            Timer::Watch if !self.is_open() => None,
            Timer::Watch => match self.watch.check(&self.limits, now) {
                Ok(next) => Some(next),
                Err(reason) => {
                    self.close(reason);
                    None
                }
            },
            Timer::Drain => {
                self.abort(CloseReason::Unknown);
                None
            }
            Timer::Flush => {
                self.flush();
                None
            }
        }
    }

    /// Bytes and frames that wait.
    pub(crate) fn waiting(&self) -> (usize, u32) {
        let out = self.out();
        (out.queue.bytes(), out.queue.frames())
    }

    /// Why the session ended, or ends.
    pub(crate) fn reason(&self) -> Option<CloseReason> {
        match self.out().queue.phase() {
            Phase::Open => None,
            Phase::Draining { reason, .. } | Phase::Closed(reason) => Some(reason.clone()),
        }
    }

    /// For the session's own task, when it begins to run: from here on frames are gathered.
    pub(crate) fn cork(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
        self.out().corked = true;
    }

    /// For the session's own task, when it has nothing more to do: writes what was gathered. Ready when the session is over.
    pub(crate) fn uncork(&self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        let mut out = self.out();
        out.corked = false;
        if (out.queue.bytes() > 0 || out.blocked) && !matches!(out.queue.phase(), Phase::Closed(_)) {
            let _ = self.write(&mut out, cx);
        }
        if let Phase::Draining { reason, .. } = out.queue.phase()
            && !out.blocked
        {
            let reason = reason.clone();
            match Pin::new(&mut out.writer).poll_shutdown(cx) {
                Poll::Pending => return Poll::Pending,
                // The peer may be gone already. The session ends for the reason it had.
                Poll::Ready(_) => out.queue.abort(reason),
            }
        }
        match out.queue.phase() {
            Phase::Closed(reason) => Poll::Ready(reason.clone()),
            Phase::Open | Phase::Draining { .. } => Poll::Pending,
        }
    }

    /// Counts frames that were not accepted, where nobody waits for an answer.
    pub(crate) fn missed(&self, frames: u32) {
        self.counters.unsent.fetch_add(frames.into(), Relaxed);
    }

    /// What was sent since this was last asked.
    pub(crate) fn take_sent(&self) -> Option<Sent> {
        let sent = std::mem::take(&mut self.out().sent);
        (sent != Sent::default()).then_some(sent)
    }

    /// The end of the session's task: counts what was not sent, frees what is left.
    pub(crate) fn finish(&self) {
        let mut out = self.out();
        let unsent = out.queue.discard();
        self.counters.unsent.fetch_add(unsent.into(), Relaxed);
        drop(out);
        self.engine.past.add(self.counters.get());
    }
}
