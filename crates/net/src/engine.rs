//! What all sessions of one service share: the time, the deadlines, the buffers, the figures.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::{
    pool::{BufferPool, PoolFigures},
    session::Moment,
    shared::Shared,
    statistics::Counters,
    wheel::Wheel,
};

/// Deadlines are this coarse.
const GRAIN: Duration = Duration::from_millis(50);
/// Frames are gathered in buffers of this size.
const WRITE_BUFFER: usize = 16 * 1024;

pub(crate) struct Engine {
    start: Instant,
    wheel: Mutex<Wheel<(Timer, Weak<Shared>)>>,
    earlier: Notify,
    update_interval: Duration,
    pub(crate) read_buffers: BufferPool,
    pub(crate) write_buffers: BufferPool,
    /// What the sessions that are over have done.
    pub(crate) past: Counters,
}

/// What is due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timer {
    /// To look at a session's deadlines.
    Watch,
    /// To end a session that is still draining.
    Drain,
    /// To send what was gathered.
    Flush,
}

impl Engine {
    /// An engine with buffers of this many bytes to read into, that sends what was gathered this often.
    pub(crate) fn new(read_buffer: usize, update_interval: Duration) -> Arc<Self> {
        Arc::new(Engine {
            start: Instant::now(),
            wheel: Mutex::new(Wheel::new(GRAIN.min(update_interval))),
            earlier: Notify::new(),
            update_interval,
            read_buffers: BufferPool::new(read_buffer),
            write_buffers: BufferPool::new(WRITE_BUFFER),
            past: Counters::default(),
        })
    }

    /// The time.
    pub(crate) fn now(&self) -> Moment {
        Moment::START + self.start.elapsed()
    }

    /// Has something done at this time, or a little later.
    pub(crate) fn at(&self, due: Moment, timer: Timer, session: Weak<Shared>) {
        let first = self.wheel.lock().unwrap_or_else(PoisonError::into_inner).insert(due, (timer, session));
        if first {
            self.earlier.notify_one();
        }
    }

    /// Has what a session gathered sent at the next update.
    pub(crate) fn flush_later(&self, session: Weak<Shared>) {
        self.at(self.now() + self.update_interval, Timer::Flush, session);
    }

    /// Keeps the time, until the future is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let next = self.wheel.lock().unwrap_or_else(PoisonError::into_inner).next();
            let next = next.filter(|next| *next != Moment::NEVER);
            let due = async {
                match next {
                    Some(next) => tokio::time::sleep_until(self.start + next.since(Moment::START)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.earlier.notified() => continue,
            }
            let now = self.now();
            let due = self.wheel.lock().unwrap_or_else(PoisonError::into_inner).due(now);
            for (timer, session) in due {
                let Some(session) = session.upgrade() else { continue };
                if let Some(again) = session.on_timer(timer, now) {
                    self.at(again, timer, Arc::downgrade(&session));
                }
            }
        }
    }

    /// The pools' figures: of the buffers to read into, and of those that frames are gathered in.
    pub(crate) fn pools(&self) -> [PoolFigures; 2] {
        [self.read_buffers.figures(), self.write_buffers.figures()]
    }
}
