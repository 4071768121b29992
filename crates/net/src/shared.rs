//! The part of a session that every task may touch: its queue, its transport's writing half, its end.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use laster_frame::{Layout, Side};
use tokio::sync::Notify;

use crate::{
    engine::{Engine, Timer},
    handle::{Flush, SessionId},
    session::{CloseReason, Moment, Outbound, Phase, SessionLimits, Watch},
    statistics::Counters,
    transport::{PeerAddress, Writer},
};

/// A session, for whoever sends to it.
///
/// The queue and the writing half are behind one lock, so that what is accepted first is written first, whichever task
/// writes it. Whoever finds the queue empty writes at once; only when the transport takes no more does the session's own task
/// wait for it (`blocked`). While that task runs (`corked`), frames are gathered and leave in one write at its end, unless
/// all that was gathered may wait for the next update. Nothing is refused for lack of room before it was tried whether the
/// transport takes what waits.
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
    finishing: AtomicBool,
    /// Tells waiting senders that there may be room.
    pub(crate) room: Notify,
    pub(crate) task: AtomicWaker,
    /// Whether the handler wants to hear what was sent.
    pub(crate) wants_sent: bool,
    out: Mutex<Out>,
    pub(crate) myself: Weak<Shared>,
}

/// What is behind the lock.
pub(crate) struct Out {
    pub(crate) queue: Outbound,
    pub(crate) writer: Writer,
    pub(crate) corked: bool,
    pub(crate) blocked: bool,
    /// Something waits that is to leave when the session's task has nothing more to do.
    pub(crate) urgent: bool,
    /// A flush at the next update is arranged.
    pub(crate) gathering: bool,
    /// Everything was sent, and the peer told that there is no more.
    pub(crate) shut_down: bool,
    pub(crate) sent: Sent,
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
        let queue = Outbound::new(&limits);
        let prologue = Bytes::copy_from_slice(layout.prologue_of(side).as_bytes());
        let watch = Watch::new(now);
        if side == Side::Client {
            // Whoever opens the connection says who it is. A server may have nothing to say before it is asked.
            watch.greeted(now);
        }
        let shared = Arc::new_cyclic(|myself| Shared {
            id,
            side,
            peer,
            layout,
            watch,
            counters: Counters::default(),
            open: AtomicBool::new(true),
            finishing: AtomicBool::new(false),
            room: Notify::new(),
            task: AtomicWaker::new(),
            wants_sent,
            out: Mutex::new(Out {
                queue,
                writer,
                // Until the session's task runs for the first time.
                corked: true,
                blocked: false,
                urgent: false,
                gathering: false,
                shut_down: false,
                sent: Sent::default(),
            }),
            limits,
            engine,
            myself: myself.clone(),
        });
        let first_look = now + shared.limits.frame.min(shared.limits.hello).min(shared.limits.idle);
        shared.engine.at(first_look, Timer::Watch, shared.myself.clone());
        if !prologue.is_empty() {
            // An empty queue takes anything.
            let _ = shared.push_shared(Flush::Now, &prologue, 0);
        }
        shared
    }

    /// The session's state is whole between any two statements: a panic elsewhere cannot have left it half done.
    pub(crate) fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Ends the session when its handler is done with the message it is at.
    pub(crate) fn close_after_this(&self) {
        self.finishing.store(true, Relaxed);
        self.task.wake();
    }

    /// Whether the session is to end now that its handler is at no message.
    pub(crate) fn is_finishing(&self) -> bool {
        self.finishing.load(Relaxed)
    }

    pub(crate) fn abort_locked(&self, out: &mut Out, reason: CloseReason) {
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
                self.out().gathering = false;
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

    /// Counts frames that were not accepted, where nobody waits for an answer.
    pub(crate) fn missed(&self, frames: u32) {
        self.counters.unsent.fetch_add(frames.into(), Relaxed);
    }

    /// What was sent since this was last asked.
    pub(crate) fn take_sent(&self) -> Option<Sent> {
        let sent = std::mem::take(&mut self.out().sent);
        (sent != Sent::default()).then_some(sent)
    }

    /// The end of the session's task: counts what was not sent, frees what is left. Whoever keeps a handle keeps no
    /// connection by it.
    pub(crate) fn finish(&self) {
        let mut out = self.out();
        let unsent = out.queue.discard();
        self.counters.unsent.fetch_add(unsent.into(), Relaxed);
        self.give_back(&mut out);
        out.writer = Box::new(tokio::io::sink());
        drop(out);
        self.engine.one_is_over();
    }

    /// Whether everything was sent, and the peer told that there is no more.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.out().shut_down
    }
}
