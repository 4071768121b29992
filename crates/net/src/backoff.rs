//! How long to wait before another attempt.

use std::time::Duration;

/// Waits that double from `first` to `most`, each shortened by a random part of up to a half, so that many who lost the same
/// server do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    attempt: u32,
}

impl Backoff {
    /// From `first` up to `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Backoff { first, most, attempt: 0 }
    }

    /// The next wait. `random` is at least 0 and less than 1.
    pub fn next(&mut self, random: f64) -> Duration {
        let whole = self.first.saturating_mul(1 << self.attempt.min(30)).min(self.most);
        self.attempt = self.attempt.saturating_add(1);
        whole - whole.mul_f64(random.clamp(0.0, 1.0) / 2.0)
    }

    /// Begins anew: the attempt succeeded.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

impl Default for Backoff {
    /// From 100 ms up to 10 s.
    fn default() -> Self {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let waits: Vec<_> = (0..6).map(|_| backoff.next(0.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.next(1.0).as_millis(), 500);
        backoff.reset();
        assert_eq!(backoff.next(0.5).as_millis(), 75);
        for _ in 0..100 {
            assert!(backoff.next(0.9) <= Duration::from_secs(1));
        }
        let mut endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!(endless.next(0.0), Duration::MAX);
    }
}
