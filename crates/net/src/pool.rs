//! Buffers that are lent, not owned.

use std::{
    cell::Cell,
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// How many shards a pool has: threads that run sessions rarely meet in one.
const SHARDS: usize = 16;
/// How many buffers a shard keeps for later.
const KEEP: usize = 8;

/// Buffers of one size, kept near the threads that use them.
///
/// A session takes a buffer while it is being polled and gives it back when it has nothing to do, so there are about as many
/// buffers as threads, not as sessions. What is given back was taken from here: so the figures tell what is missing.
pub(crate) struct BufferPool {
    size: usize,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    free: Vec<Vec<u8>>,
    figures: PoolFigures,
}

/// What a pool has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolFigures {
    /// The size of each buffer, in bytes.
    pub size: usize,
    /// Buffers in use now.
    pub taken: u64,
    /// Buffers kept for later.
    pub free: u64,
    /// How often a kept buffer was used again.
    pub hits: u64,
    /// How often a buffer had to be made.
    pub misses: u64,
    given_back: u64,
}

impl BufferPool {
    /// No buffers, of so many bytes each.
    pub(crate) fn new(size: usize) -> Self {
        BufferPool { size, shards: Default::default() }
    }

    /// A buffer to read into, for as long as it is held: all of it is initialized, once, when it is made.
    pub(crate) fn lend(&self) -> Lent<'_> {
        let mut buffer = self.take();
        buffer.resize(self.size, 0);
        Lent { pool: self, buffer }
    }

    /// A buffer with room for the pool's size, as it was given back; a new one is empty.
    pub(crate) fn take(&self) -> Vec<u8> {
        let mut shard = self.shard();
        match shard.free.pop() {
            Some(buffer) => {
                shard.figures.hits += 1;
                buffer
            }
            None => {
                shard.figures.misses += 1;
                drop(shard);
                Vec::with_capacity(self.size)
            }
        }
    }

    /// Takes a buffer back. One that has grown or shrunk, or is one too many, is freed.
    pub(crate) fn give_back(&self, buffer: Vec<u8>) {
        let mut shard = self.shard();
        shard.figures.given_back += 1;
        let fits = (self.size..=2 * self.size).contains(&buffer.capacity());
        if fits && shard.free.len() < KEEP {
            shard.free.push(buffer);
        }
    }

    /// What it has done so far.
    pub(crate) fn figures(&self) -> PoolFigures {
        let mut sum = PoolFigures { size: self.size, ..PoolFigures::default() };
        for shard in &self.shards {
            let shard = lock(shard);
            sum.free += shard.free.len() as u64;
            sum.hits += shard.figures.hits;
            sum.misses += shard.figures.misses;
            sum.given_back += shard.figures.given_back;
        }
        sum.taken = (sum.hits + sum.misses).saturating_sub(sum.given_back);
        sum
    }

    fn shard(&self) -> MutexGuard<'_, Shard> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static MINE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Relaxed) % SHARDS));
        lock(&self.shards[MINE.get()])
    }
}

/// A buffer that is given back when it is dropped, also by a panic.
pub(crate) struct Lent<'a> {
    pool: &'a BufferPool,
    buffer: Vec<u8>,
}

impl Deref for Lent<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.buffer));
    }
}

/// A shard is whole between any two statements, so that a panic elsewhere cannot have left it half done.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Display for PoolFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PoolFigures { size, taken, free, hits, misses, .. } = self;
        write!(f, "size {size}: taken {taken}, free {free}, hits {hits}, misses {misses}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_tell_what_happened() {
        let pool = BufferPool::new(100);
        let (a, b) = (pool.take(), pool.take());
        assert_eq!(pool.figures().to_string(), "size 100: taken 2, free 0, hits 0, misses 2");
        pool.give_back(a);
        pool.give_back(b);
        let mut c = pool.take();
        assert_eq!(pool.figures().to_string(), "size 100: taken 1, free 1, hits 1, misses 2");
        c.resize(1000, 0);
        pool.give_back(c);
        assert_eq!(pool.figures().to_string(), "size 100: taken 0, free 1, hits 1, misses 2");
    }

    #[test]
    fn what_is_lent_comes_back_also_from_a_panic() {
        let pool = BufferPool::new(100);
        for _ in 0..3 {
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                assert_eq!(pool.lend().len(), 100);
                let _lent = pool.lend();
                std::panic::resume_unwind(Box::new(()));
            }));
            assert!(panic.is_err());
        }
        assert_eq!(pool.figures().to_string(), "size 100: taken 0, free 1, hits 5, misses 1");
    }
}
