//! The send queue against the simplest thing that could be right: a list of what was accepted.

use std::{
    collections::VecDeque,
    io::IoSlice,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use laster_frame::EncodeError;
use laster_net::{
    CloseReason, PushError, SessionLimits,
    session::{Moment, Outbound, Phase},
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    /// A frame that turns out to be impossible when half of it is written.
    Fail(usize),
    /// A frame whose encoder panics when half of it is written.
    Panic(usize),
    Share {
        len: usize,
        frames: u32,
    },
    /// Writes so many 256ths of what waits, through so many slices.
    Write {
        part: usize,
        slices: usize,
    },
    Shrink,
    Close {
        drains: bool,
    },
    Abort,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..200usize).prop_map(Step::Push),
        1 => (0..200usize).prop_map(Step::Fail),
        1 => (0..200usize).prop_map(Step::Panic),
        // Both sides of the size from which shared bytes are not copied.
        4 => (0..3000usize, 0..4u32).prop_map(|(len, frames)| Step::Share { len, frames }),
        8 => (0..=256usize, 1..5usize).prop_map(|(part, slices)| Step::Write { part, slices }),
        1 => Just(Step::Shrink),
        1 => any::<bool>().prop_map(|drains| Step::Close { drains }),
        1 => Just(Step::Abort),
    ];
    // The end comes late in most runs: a queue that is closed has little to show.
    (prop::collection::vec(step.clone(), 0..12), prop::collection::vec(step, 0..120)).prop_map(|(end, mut steps)| {
        steps.retain(|step| !matches!(step, Step::Close { .. } | Step::Abort));
        steps.extend(end);
        steps
    })
}

/// What was accepted together: its bytes, how many frames they are, how many bytes have left.
struct Batch {
    bytes: Vec<u8>,
    frames: u32,
    left: usize,
}

struct Model {
    items: u32,
    limit: u32,
    waiting: VecDeque<Batch>,
    phase: Phase,
    /// Differs for each byte of each frame, so that nothing is mistaken for something else.
    next: u8,
}

impl Model {
    fn bytes(&self) -> usize {
        self.waiting.iter().map(|batch| batch.bytes.len() - batch.left).sum()
    }

    fn frames(&self) -> u32 {
        self.waiting.iter().map(|batch| batch.frames).sum()
    }

    fn fresh(&mut self, len: usize) -> Vec<u8> {
        let mut next = || {
            // Goes through all 256 values.
            self.next = self.next.wrapping_mul(5).wrapping_add(1);
            self.next
        };
        (0..len).map(|_| next()).collect()
    }

    fn ends(&self) -> Option<CloseReason> {
        match &self.phase {
            Phase::Open => None,
            Phase::Draining { reason, .. } | Phase::Closed(reason) => Some(reason.clone()),
        }
    }

    /// What is known before the frame is: whether it is over, and whether there is an item's room.
    fn refuses_frames(&self, frames: u32) -> Result<(), PushError> {
        if let Some(reason) = self.ends() {
            return Err(PushError::Closed(reason));
        }
        // An empty queue takes anything.
        if self.bytes() == 0 {
            return Ok(());
        }
        if self.frames() + frames > self.items {
            return Err(PushError::FullItems { limit: self.items });
        }
        Ok(())
    }

    fn refuses(&self, len: usize, frames: u32) -> Result<(), PushError> {
        self.refuses_frames(frames)?;
        if self.bytes() > 0 && self.bytes() + len > self.limit as usize {
            return Err(PushError::FullBytes { limit: self.limit, waiting: self.bytes(), len });
        }
        Ok(())
    }

    fn accept(&mut self, bytes: Vec<u8>, frames: u32) -> Result<(), PushError> {
        self.refuses(bytes.len(), frames)?;
        // What has no bytes never waits.
        if !bytes.is_empty() {
            self.waiting.push_back(Batch { bytes, frames, left: 0 });
        }
        Ok(())
    }

    /// Takes bytes off the front, and counts the frames that are thereby whole.
    fn take(&mut self, mut len: usize) -> (Vec<u8>, u32) {
        let (mut bytes, mut frames) = (Vec::new(), 0);
        while let Some(batch) = self.waiting.front_mut() {
            let taken = len.min(batch.bytes.len() - batch.left);
            bytes.extend(&batch.bytes[batch.left..batch.left + taken]);
            batch.left += taken;
            len -= taken;
            if batch.left < batch.bytes.len() {
                break;
            }
            frames += batch.frames;
            self.waiting.pop_front();
        }
        (bytes, frames)
    }
}

fn impossible() -> EncodeError {
    EncodeError::PayloadTooLarge { found: 9, limit: 8 }
}

/// What waits, as far as so many slices show it.
fn shown(queue: &Outbound, slices: usize) -> Vec<u8> {
    let mut room = vec![IoSlice::new(&[]); slices];
    let filled = queue.slices(&mut room);
    room[..filled].iter().flat_map(|slice| slice.to_vec()).collect()
}

fn run(step: &Step, queue: &mut Outbound, model: &mut Model) {
    match *step {
        Step::Push(len) => {
            let bytes = model.fresh(len);
            let pushed = queue.push(|out| {
                out.extend_from_slice(&bytes);
                Ok(())
            });
            assert_eq!(pushed, model.accept(bytes, 1));
        }
        Step::Fail(len) => {
            let pushed = queue.push(|out| {
                out.resize(out.len() + len, 0xee);
                Err(impossible())
            });
            let expected = match model.refuses_frames(1) {
                Err(error) => error,
                Ok(()) => PushError::Encode(impossible()),
            };
            assert_eq!(pushed, Err(expected));
        }
        Step::Panic(len) => {
            let pushed = catch_unwind(AssertUnwindSafe(|| {
                queue.push(|out| {
                    out.resize(out.len() + len, 0xdd);
                    // Without the hook's text: this panic is part of the test.
                    std::panic::resume_unwind(Box::new("encoder"))
                })
            }));
            assert_eq!(pushed.is_err(), model.refuses_frames(1).is_ok());
        }
        Step::Share { len, frames } => {
            let bytes = model.fresh(len);
            assert_eq!(queue.push_shared(&Bytes::from(bytes.clone()), frames), model.accept(bytes, frames));
        }
        Step::Write { part, slices } => {
            if matches!(model.phase, Phase::Closed(_)) {
                return;
            }
            let shown = shown(queue, slices);
            let len = shown.len() * part / 256;
            let frames = queue.wrote(len);
            assert_eq!((shown[..len].to_vec(), frames), model.take(len));
        }
        Step::Shrink => queue.shrink(),
        Step::Close { drains } => {
            let (reason, until) = (CloseReason::Local, Moment::from_millis(7));
            let idle = CloseReason::Idle { limit: std::time::Duration::from_secs(1) };
            let first = queue.close(if drains { reason.clone() } else { idle.clone() }, until);
            assert_eq!(first, model.phase == Phase::Open);
            if first {
                model.phase = if drains { Phase::Draining { reason, until } } else { Phase::Closed(idle) };
            }
        }
        Step::Abort => {
            queue.abort(CloseReason::Unknown);
            model.phase = Phase::Closed(model.ends().unwrap_or(CloseReason::Unknown));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_is_a_list(steps in steps(), items in 1..12u32, limit in 1..4000u32) {
        let limits = SessionLimits { queue_items: items, queue_bytes: limit, ..SessionLimits::default() };
        let mut queue = Outbound::new(&limits);
        let mut model = Model { items, limit, waiting: VecDeque::new(), phase: Phase::Open, next: 1 };
        for step in &steps {
            run(step, &mut queue, &mut model);
            prop_assert_eq!(queue.bytes(), model.bytes(), "after {:?}", step);
            prop_assert_eq!(queue.frames(), model.frames(), "after {:?}", step);
            prop_assert_eq!(queue.phase(), &model.phase, "after {:?}", step);
            // However many pieces it lies in, it is the same bytes.
            let all: Vec<u8> = model.waiting.iter().flat_map(|batch| batch.bytes[batch.left..].to_vec()).collect();
            prop_assert_eq!(shown(&queue, 500), all, "after {:?}", step);
        }
        prop_assert_eq!(queue.discard(), model.frames());
        prop_assert_eq!((queue.bytes(), queue.frames()), (0, 0));
    }
}

#[test]
fn the_limits_are_exact() {
    let limits = SessionLimits { queue_items: 3, queue_bytes: 100, ..SessionLimits::default() };
    let push = |queue: &mut Outbound, len: usize| {
        queue.push(|out| {
            out.resize(out.len() + len, 1);
            Ok(())
        })
    };
    let mut queue = Outbound::new(&limits);
    (0..3).for_each(|_| push(&mut queue, 10).unwrap());
    assert_eq!(push(&mut queue, 1), Err(PushError::FullItems { limit: 3 }));
    assert_eq!(queue.wrote(9), 0);
    assert_eq!(push(&mut queue, 1), Err(PushError::FullItems { limit: 3 }), "a half-sent frame still waits");
    assert_eq!(queue.wrote(1), 1);
    push(&mut queue, 80).unwrap();
    assert_eq!(queue.wrote(20), 2);
    push(&mut queue, 20).unwrap();
    assert_eq!(push(&mut queue, 1), Err(PushError::FullBytes { limit: 100, waiting: 100, len: 1 }));
    assert_eq!(queue.wrote(100), 2);
    // No limit makes a single frame impossible.
    push(&mut queue, 101).unwrap();
    assert_eq!(push(&mut queue, 1), Err(PushError::FullBytes { limit: 100, waiting: 101, len: 1 }));
}

#[test]
fn what_is_sent_gives_its_memory_back_while_more_comes() {
    // A peer that always reads, and is always a little behind.
    let mut queue = Outbound::new(&SessionLimits::default());
    let mut most = 0;
    for _ in 0..20_000 {
        queue
            .push(|out| {
                out.resize(out.len() + 100, 1);
                Ok(())
            })
            .unwrap();
        if queue.bytes() > 1000 {
            queue.wrote(100);
        }
        most = most.max(queue.held());
    }
    assert!(most <= 32 * 1024, "{most} bytes are held for 1000 that wait");
}

#[test]
fn small_frames_between_large_ones_do_not_take_a_buffer_each() {
    // The peer reads nothing; small frames are gathered in buffers of the pool's size.
    let mut queue = Outbound::new(&SessionLimits::default());
    let large = Bytes::from(vec![7; 1024]);
    let (mut pairs, mut buffers) = (0, 0);
    loop {
        if let Some(buffer) = queue.idle_buffer().filter(|buffer| buffer.capacity() == 0) {
            *buffer = Vec::with_capacity(16 * 1024);
            buffers += 1;
        }
        let small = queue.push(|out| {
            out.push(1);
            Ok(())
        });
        if small.and_then(|()| queue.push_shared(&large, 1)).is_err() {
            break;
        }
        pairs += 1;
    }
    assert!(pairs > 500, "{pairs} pairs of 1025 bytes in 1 MiB");
    assert_eq!(buffers, 1, "16 KiB each, for {pairs} frames of one byte");
}
