//! Figures: of one session, and of a whole service.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::pool::PoolFigures;

/// What goes through, counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) frames_in: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) frames_out: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) unsent: AtomicU64,
}

impl Counters {
    /// The figures now. Each is exact, but they are not of one instant.
    pub(crate) fn get(&self) -> Traffic {
        let get = |counter: &AtomicU64| counter.load(Relaxed);
        Traffic {
            frames_in: get(&self.frames_in),
            bytes_in: get(&self.bytes_in),
            reads: get(&self.reads),
            frames_out: get(&self.frames_out),
            bytes_out: get(&self.bytes_out),
            writes: get(&self.writes),
            unsent: get(&self.unsent),
        }
    }

    /// Adds what one session has done.
    pub(crate) fn add(&self, traffic: Traffic) {
        let add = |counter: &AtomicU64, more: u64| counter.fetch_add(more, Relaxed);
        add(&self.frames_in, traffic.frames_in);
        add(&self.bytes_in, traffic.bytes_in);
        add(&self.reads, traffic.reads);
        add(&self.frames_out, traffic.frames_out);
        add(&self.bytes_out, traffic.bytes_out);
        add(&self.writes, traffic.writes);
        add(&self.unsent, traffic.unsent);
    }
}

/// What went through a session, or through all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Frames received.
    pub frames_in: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Reads that brought them.
    pub reads: u64,
    /// Frames handed to the transport. Those that were encoded together count when the last of them is.
    pub frames_out: u64,
    /// Bytes handed to the transport.
    pub bytes_out: u64,
    /// Writes that took them.
    pub writes: u64,
    /// Frames accepted for sending and not sent, because the session ended before.
    pub unsent: u64,
}

impl std::ops::AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.frames_in += other.frames_in;
        self.bytes_in += other.bytes_in;
        self.reads += other.reads;
        self.frames_out += other.frames_out;
        self.bytes_out += other.bytes_out;
        self.writes += other.writes;
        self.unsent += other.unsent;
    }
}

/// What a service is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Whether it runs.
    pub running: bool,
    /// Sessions open now.
    pub sessions: usize,
    /// Sessions opened since the service was made.
    pub opened: u64,
    /// Connections refused by a limit, lost in a handshake, or never made, since the service was made.
    pub refused: u64,
    /// What all sessions have done, those that are over included.
    pub traffic: Traffic,
    /// The pools: the buffers that are read into, then those that frames are gathered in.
    pub pools: [PoolFigures; 2],
}

/// A text for people, as the ancestor's: a rule, the sessions, the traffic, a line for each pool.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Status { running, sessions, opened, refused, traffic: t, pools: [read, write] } = self;
        writeln!(f, "--------------------------------------------")?;
        writeln!(
            f,
            "{}, sessions: {sessions} (opened {opened}, refused {refused})",
            if *running { "running" } else { "stopped" }
        )?;
        writeln!(f, "received: {} frames, {} bytes in {} reads", t.frames_in, t.bytes_in, t.reads)?;
        writeln!(
            f,
            "sent: {} frames, {} bytes in {} writes, {} unsent",
            t.frames_out, t.bytes_out, t.writes, t.unsent
        )?;
        writeln!(f, "read buffers: {read}")?;
        write!(f, "write buffers: {write}")
    }
}
