//! Sessions that are sent the same.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::Bytes;
use laster_frame::EncodeError;
use tokio::sync::Notify;

use crate::{
    handle::{Flush, Session, SessionId},
    session::{Attempt, PushError},
};

/// After so many members, others get a turn.
const MEMBERS_PER_TURN: usize = 64;
/// Sessions that are over are looked for when there are so many members, and then each time there are twice as many.
const LOOK_FROM: usize = 64;

/// What happens to a member that reads more slowly than the group sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowReader {
    /// Its session ends, with the limit that it hit as the reason.
    #[default]
    Close,
    /// It misses what there is no room for; its session counts that as unsent.
    Skip,
}

/// The limits of a group.
#[derive(Clone, Debug)]
pub struct GroupLimits {
    /// The most frames that wait to be distributed. Default 1024.
    pub frames: u32,
    /// The most bytes that wait to be distributed. Default 256 KiB.
    pub bytes: u32,
    /// What happens to a member that reads too slowly.
    pub slow_reader: SlowReader,
}

impl Default for GroupLimits {
    fn default() -> Self {
        GroupLimits { frames: 1024, bytes: 256 * 1024, slow_reader: SlowReader::Close }
    }
}

/// Sessions that are sent the same: a message is encoded once, however many there are.
///
/// Joining, leaving and sending take effect in the order they were called: a member gets what was sent between its joining
/// and its leaving. All frames that gather while one burst goes around go around together as the next; a lone frame waits
/// for nothing. A member is written to directly; only what its transport does not take goes into its queue, and only there
/// does the policy for slow readers act.
#[derive(Clone)]
pub struct Group {
    inner: Arc<Inner>,
    /// Ends the group's task with the last handle.
    _alive: Arc<Alive>,
}

struct Alive(Weak<Inner>);

impl Drop for Alive {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.lock().ended = true;
            inner.work.notify_one();
        }
    }
}

struct Inner {
    limits: GroupLimits,
    pending: Mutex<Pending>,
    work: Notify,
    room: Notify,
}

/// `bytes` and `frames` are those of all bursts in `steps`.
#[derive(Default)]
struct Pending {
    steps: Vec<Step>,
    bytes: usize,
    frames: u32,
    /// Who is in it when all steps are done.
    members: HashSet<SessionId>,
    ended: bool,
}

enum Step {
    Join(Session),
    Leave(SessionId),
    Burst { encoded: Vec<u8>, frames: u32 },
}

impl Group {
    /// An empty group and its task, which ends by itself when the last handle of the group is gone.
    #[must_use = "the future distributes what is sent: spawn it"]
    pub fn new(limits: GroupLimits) -> (Group, impl Future<Output = ()> + Send + 'static) {
        let inner = Arc::new(Inner { limits, pending: Mutex::default(), work: Notify::new(), room: Notify::new() });
        let alive = Arc::new(Alive(Arc::downgrade(&inner)));
        let run = distribute(inner.clone());
        (Group { inner, _alive: alive }, run)
    }

    /// An empty group whose task is spawned on the runtime that this is called in.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(limits: GroupLimits) -> Group {
        let (group, run) = Group::new(limits);
        tokio::spawn(run);
        group
    }

    /// Adds a session. It gets what is sent from now on. Sessions that are over leave by themselves.
    pub fn join(&self, session: &Session) {
        let mut pending = self.inner.lock();
        pending.steps.push(Step::Join(session.clone()));
        pending.members.insert(session.id());
        drop(pending);
        self.inner.work.notify_one();
    }

    /// Takes a session out. It gets what was sent until now.
    pub fn leave(&self, session: SessionId) {
        let mut pending = self.inner.lock();
        // Who is not in it, needs not be taken out.
        if !pending.members.remove(&session) {
            return;
        }
        pending.steps.push(Step::Leave(session));
        drop(pending);
        self.inner.work.notify_one();
    }

    /// Sends one frame, which `encode` writes behind what is in the buffer, to every member, if there is room. `encode` runs
    /// while the group is locked: it must not use the group.
    ///
    /// # Errors
    /// Too much waits to be distributed, or `encode` failed. Nothing was accepted.
    pub fn try_send_with(&self, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>) -> Result<(), PushError> {
        self.inner.lock().push(&self.inner.limits, encode)?;
        self.inner.work.notify_one();
        Ok(())
    }

    /// Sends one frame, which `encode` writes behind what is in the buffer, to every member, waiting for room. `encode` may
    /// be called several times.
    ///
    /// # Errors
    /// `encode` failed. Nothing was accepted.
    ///
    /// # Cancel safety
    /// The frame is accepted when the future is done, and not before.
    pub async fn send_with(&self, encode: impl Fn(&mut Vec<u8>) -> Result<(), EncodeError>) -> Result<(), PushError> {
        loop {
            let mut room = std::pin::pin!(self.inner.room.notified());
            room.as_mut().enable();
            match self.try_send_with(&encode) {
                Err(full) if full.is_full() => room.await,
                done => return done,
            }
        }
    }

    /// How many sessions are in it; some of them may be over.
    pub fn len(&self) -> usize {
        self.inner.lock().members.len()
    }

    /// Whether no session is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn push(
        &mut self,
        limits: &GroupLimits,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), PushError> {
        if self.frames >= limits.frames {
            return Err(PushError::FullItems { limit: limits.frames });
        }
        if !matches!(self.steps.last(), Some(Step::Burst { .. })) {
            self.steps.push(Step::Burst { encoded: Vec::new(), frames: 0 });
        }
        let Some(Step::Burst { encoded, frames }) = self.steps.last_mut() else { return Ok(()) };
        let attempt = Attempt::new(encoded);
        encode(attempt.tail)?;
        let len = attempt.len();
        if self.bytes > 0 && self.bytes + len > limits.bytes as usize {
            return Err(PushError::FullBytes { limit: limits.bytes, waiting: self.bytes, len });
        }
        attempt.keep();
        *frames += 1;
        self.frames += 1;
        self.bytes += len;
        Ok(())
    }
}

/// The group's task.
async fn distribute(inner: Arc<Inner>) {
    let mut members: HashMap<SessionId, Session> = HashMap::new();
    let mut look_at = LOOK_FROM;
    loop {
        let steps = {
            let mut pending = inner.lock();
            if pending.ended && pending.steps.is_empty() {
                return;
            }
            (pending.bytes, pending.frames) = (0, 0);
            std::mem::take(&mut pending.steps)
        };
        if steps.is_empty() {
            inner.work.notified().await;
            continue;
        }
        inner.room.notify_waiters();
        for step in steps {
            match step {
                Step::Join(session) => {
                    members.insert(session.id(), session);
                    if members.len() >= look_at {
                        let over = members.values().filter(|member| !member.is_open()).map(Session::id).collect();
                        forget(&inner, &mut members, over);
                        look_at = LOOK_FROM.max(2 * members.len());
                    }
                }
                Step::Leave(session) => {
                    members.remove(&session);
                }
                Step::Burst { encoded, frames } => {
                    let over = send_around(&members, &encoded.into(), frames, inner.limits.slow_reader).await;
                    forget(&inner, &mut members, over);
                }
            }
        }
    }
}

/// Takes out sessions that are over.
fn forget(inner: &Inner, members: &mut HashMap<SessionId, Session>, over: Vec<SessionId>) {
    if over.is_empty() {
        return;
    }
    let mut pending = inner.lock();
    for id in over {
        members.remove(&id);
        pending.members.remove(&id);
    }
}

/// Sends a burst to each member. Gives those that are over.
async fn send_around(
    members: &HashMap<SessionId, Session>,
    burst: &Bytes,
    frames: u32,
    slow_reader: SlowReader,
) -> Vec<SessionId> {
    let mut over = Vec::new();
    for (turn, member) in members.values().enumerate() {
        if turn % MEMBERS_PER_TURN == MEMBERS_PER_TURN - 1 {
            tokio::task::yield_now().await;
        }
        match member.try_send_encoded(Flush::Now, burst, frames) {
            Ok(()) => {}
            Err(full) if full.is_full() && slow_reader == SlowReader::Skip => member.shared.missed(frames),
            Err(error) => {
                member.close_for(error.into_reason());
                over.push(member.id());
            }
        }
    }
    over
}
