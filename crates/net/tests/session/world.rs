//! Two nodes, the pipes between them, and a clock that stands still until it is told to move.

use std::{collections::VecDeque, io::IoSlice, time::Duration};

use fastrand::Rng;
use laster_frame::{Framing, Header, Side, encode_frame, layouts::SimpleBinary};
use laster_net::{
    CloseReason, PushError, SessionLimits,
    session::{Inbound, Moment, Outbound, Phase, Watch},
};

/// What a node does with a message: gives what to answer.
pub(crate) type Answer = fn(&[u8]) -> Vec<Vec<u8>>;

/// One end: what `driver` and `Shared` make of the three parts of a session, without their tasks and locks.
pub(crate) struct Node {
    pub(crate) inbound: Inbound<SimpleBinary>,
    pub(crate) outbound: Outbound,
    pub(crate) watch: Watch,
    limits: SessionLimits,
    /// When the watch asked to be looked at.
    look: Moment,
    answer: Answer,
    /// The payloads received.
    pub(crate) got: Vec<Vec<u8>>,
    /// Frames that the pipe took whole.
    pub(crate) sent: u32,
    /// Frames that were accepted and never sent.
    pub(crate) unsent: u32,
}

/// The bytes on their way in one direction.
#[derive(Default)]
pub(crate) struct Pipe {
    bytes: VecDeque<u8>,
    /// The most bytes that are on their way at once. 0: it is stuck.
    pub(crate) room: usize,
    /// The most bytes delivered at once; 0: as many as there are.
    pub(crate) piece: usize,
    ended: bool,
}

/// The client, node 0, and the server, node 1; pipe `n` leads away from node `n`.
pub(crate) struct World {
    pub(crate) now: Moment,
    pub(crate) nodes: [Node; 2],
    pub(crate) pipes: [Pipe; 2],
    random: Rng,
}

impl Node {
    fn new(side: Side, limits: &SessionLimits, answer: Answer) -> Self {
        Node {
            inbound: Inbound::new(SimpleBinary, side.peer()),
            outbound: Outbound::new(limits),
            watch: Watch::new(Moment::START),
            limits: limits.clone(),
            look: Moment::START,
            answer,
            got: Vec::new(),
            sent: 0,
            unsent: 0,
        }
    }

    /// Sends one message, if there is room.
    pub(crate) fn send(&mut self, payload: &[u8]) -> Result<(), PushError> {
        self.outbound.push(|out| encode_frame(SimpleBinary.layout(), &Header::default(), payload, out))
    }

    /// Why it ended, or ends.
    pub(crate) fn reason(&self) -> Option<&CloseReason> {
        match self.outbound.phase() {
            Phase::Open => None,
            Phase::Draining { reason, .. } | Phase::Closed(reason) => Some(reason),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.outbound.phase(), Phase::Closed(_))
    }

    pub(crate) fn close(&mut self, reason: CloseReason, now: Moment) -> bool {
        let until = now + self.limits.drain;
        self.outbound.close(reason, until)
    }

    /// Bytes came. Those that come after the end are not delivered.
    fn receive(&mut self, bytes: &[u8], now: Moment) {
        if *self.outbound.phase() != Phase::Open {
            return;
        }
        self.watch.received(now);
        let mut fresh = bytes;
        loop {
            match self.inbound.next(&mut fresh, |_| u32::MAX, |frame| frame.payload.to_vec()) {
                Ok(Some(payload)) => {
                    self.watch.greeted(now);
                    for answer in (self.answer)(&payload) {
                        self.send(&answer).expect("room for the answer");
                    }
                    self.got.push(payload);
                }
                Ok(None) => break,
                Err(error) => {
                    self.close(error.into(), now);
                    return;
                }
            }
        }
        self.inbound.keep(fresh);
        self.inbound.looked_at(&self.watch, now);
    }

    /// The peer's end of the stream came.
    fn end_of_stream(&mut self, now: Moment) {
        let reason = self.inbound.finish().err().map_or(CloseReason::Remote, CloseReason::from);
        self.close(reason, now);
    }

    /// Looks at the deadlines, when it is time.
    fn on_time(&mut self, now: Moment) {
        match self.outbound.phase() {
            Phase::Open if self.look <= now => match self.watch.check(&self.limits, now) {
                Ok(next) => self.look = next,
                Err(reason) => {
                    self.close(reason, now);
                }
            },
            Phase::Draining { until, .. } if *until <= now => self.outbound.abort(CloseReason::Unknown),
            _ => {}
        }
    }

    /// When it has something to do that depends on the time alone.
    fn due(&self) -> Moment {
        match self.outbound.phase() {
            Phase::Open => self.look,
            Phase::Draining { until, .. } => *until,
            Phase::Closed(_) => Moment::NEVER,
        }
    }
}

impl Pipe {
    /// Takes what there is room for, of a random prefix of what is given.
    fn take(&mut self, from: &mut Node, random: &mut Rng) -> bool {
        let mut slices = [IoSlice::new(&[]); 4];
        let filled = from.outbound.slices(&mut slices);
        let waiting: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
        let room = self.room.saturating_sub(self.bytes.len()).min(waiting.len());
        if room == 0 {
            return false;
        }
        let len = random.usize(1..=room);
        self.bytes.extend(&waiting[..len]);
        from.sent += from.outbound.wrote(len);
        true
    }

    /// Delivers a random prefix of what is on its way.
    fn give(&mut self, to: &mut Node, now: Moment, random: &mut Rng) -> bool {
        let most = if self.piece == 0 { self.bytes.len() } else { self.piece.min(self.bytes.len()) };
        if most > 0 {
            let piece: Vec<u8> = self.bytes.drain(..random.usize(1..=most)).collect();
            to.receive(&piece, now);
            return true;
        }
        if std::mem::take(&mut self.ended) {
            to.end_of_stream(now);
            return true;
        }
        false
    }
}

impl World {
    /// A client and a server that answers; how bytes are split depends on the seed alone.
    pub(crate) fn new(seed: u64, limits: &SessionLimits, answer: Answer) -> Self {
        let mut pipes = [Pipe::default(), Pipe::default()];
        pipes.iter_mut().for_each(|pipe| pipe.room = 64 * 1024);
        // What is shown is how the server ends it: the client waits for ever.
        let hour = Duration::from_secs(3600);
        let patient = SessionLimits { idle: hour, frame: hour, hello: hour, ..limits.clone() };
        World {
            now: Moment::START,
            nodes: [Node::new(Side::Client, &patient, |_| Vec::new()), Node::new(Side::Server, limits, answer)],
            pipes,
            random: Rng::with_seed(seed),
        }
    }

    /// Lets everything happen that can happen now.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut moved = false;
            for from in 0..2 {
                let to = 1 - from;
                self.nodes[from].on_time(self.now);
                moved |= self.pipes[from].take(&mut self.nodes[from], &mut self.random);
                moved |= self.end(from);
                moved |= self.pipes[from].give(&mut self.nodes[to], self.now, &mut self.random);
            }
            if !moved {
                return;
            }
        }
    }

    /// Ends a node that has nothing more to send, or may not send it.
    fn end(&mut self, at: usize) -> bool {
        let node = &mut self.nodes[at];
        let reason = match node.outbound.phase() {
            Phase::Draining { reason, .. } if node.outbound.bytes() == 0 => reason.clone(),
            Phase::Closed(reason) if self.pipes[at].room > 0 => reason.clone(),
            _ => return false,
        };
        node.outbound.abort(reason);
        node.unsent += node.outbound.discard();
        self.pipes[at].room = 0;
        self.pipes[at].ended = true;
        true
    }

    /// Lets so much time pass, stopping wherever something is due.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        self.settle();
        while self.now < until {
            let due = self.nodes.iter().map(Node::due).min().unwrap_or(Moment::NEVER);
            self.now = due.max(self.now + Duration::from_millis(1)).min(until);
            self.settle();
        }
    }

    /// Puts bytes on their way to the server, past the client.
    pub(crate) fn inject(&mut self, bytes: &[u8]) {
        self.pipes[0].bytes.extend(bytes);
        self.settle();
    }
}
