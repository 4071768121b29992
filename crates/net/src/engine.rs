//! What all sessions of one service share: the time, the deadlines, the buffers, the figures.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
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
/// Sessions that are over are forgotten when there are so many of them, and as many as there are others.
const FORGET_FROM: usize = 1024;
/// Frames are gathered in buffers of this size.
const WRITE_BUFFER: usize = 16 * 1024;

pub(crate) struct Engine {
    start: Instant,
    timers: Mutex<Timers>,
    earlier: Notify,
    update_interval: Duration,
    pub(crate) read_buffers: BufferPool,
    pub(crate) write_buffers: BufferPool,
    /// What the sessions that are over have done.
    pub(crate) past: Counters,
}

struct Timers {
    wheel: Wheel<(Timer, Weak<Shared>)>,
    /// How many sessions ended since those that are over were last forgotten.
    over: usize,
}

impl Timers {
    /// Forgets sessions that are over. Even a weak reference holds a session's memory, and peers that come and go leave
    /// deadlines behind as fast as they like.
    fn forget(&mut self) {
        self.over = 0;
        self.wheel.retain(|(_, session)| session.strong_count() > 0);
    }
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
            timers: Mutex::new(Timers { wheel: Wheel::new(GRAIN.min(update_interval)), over: 0 }),
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
        if self.timers().wheel.insert(due, (timer, session)) {
            self.earlier.notify_one();
        }
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session is over.
    pub(crate) fn one_is_over(&self) {
        let mut timers = self.timers();
        timers.over += 1;
        if timers.over >= FORGET_FROM.max(timers.wheel.len() / 2) {
            timers.forget();
        }
    }

    /// All sessions are over.
    pub(crate) fn all_are_over(&self) {
        self.timers().forget();
    }

    /// Has what a session gathered sent at the next update.
    pub(crate) fn flush_later(&self, session: Weak<Shared>) {
        self.at(self.now() + self.update_interval, Timer::Flush, session);
    }

    /// Keeps the time until the end.
    pub(crate) async fn run_until(self: Arc<Self>, end: impl Future<Output = ()>) {
        tokio::select! {
            () = self.run() => {}
            () = end => {}
        }
        // Another may keep the time as well, after a restart: it is to look at what this one was to wake up for.
        self.earlier.notify_one();
    }

    async fn run(&self) {
        loop {
            let next = self.timers().wheel.next();
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
            let due = self.timers().wheel.due(now);
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
