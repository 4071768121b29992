//! The deadlines of one session.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::session::{CloseReason, Moment, SessionLimits};

/// When something last happened. Written by whoever reads for the session, looked at by whoever keeps time.
///
/// A time may be seen a little late, which moves a deadline by as much; so plain atomics do.
#[derive(Debug)]
pub struct Watch {
    opened: Moment,
    /// Something was received.
    received: AtomicU64,
    /// A frame was begun; [`Moment::NEVER`] while none is under way.
    frame_begun: AtomicU64,
    /// The first message came; [`Moment::NEVER`] until then.
    greeted: AtomicU64,
}

impl Watch {
    /// A session that was opened now.
    pub fn new(now: Moment) -> Self {
        let never = || AtomicU64::new(Moment::NEVER.as_millis());
        Watch { opened: now, received: AtomicU64::new(now.as_millis()), frame_begun: never(), greeted: never() }
    }

    /// Bytes came.
    pub fn received(&self, now: Moment) {
        self.received.store(now.as_millis(), Relaxed);
    }

    /// The first message came, or none is asked for.
    pub fn greeted(&self, now: Moment) {
        self.greeted.store(now.as_millis(), Relaxed);
    }

    /// Since when a frame is under way.
    pub fn frame_begun(&self, at: Option<Moment>) {
        self.frame_begun.store(at.unwrap_or(Moment::NEVER).as_millis(), Relaxed);
    }

    /// Looks at the deadlines. Gives when to look again, at the latest.
    ///
    /// # Errors
    /// One of them has passed.
    pub fn check(&self, limits: &SessionLimits, now: Moment) -> Result<Moment, CloseReason> {
        let at = |time: &AtomicU64| Moment::from_millis(time.load(Relaxed));
        let begun = at(&self.frame_begun);
        // A frame may begin at any moment, and one that is finished gives way to one that begins.
        let mut next = now + limits.frame;
        let mut passed = |since: Moment, limit: Duration| {
            next = next.min(since + limit);
            now >= since + limit
        };
        if begun != Moment::NEVER && passed(begun, limits.frame) {
            return Err(CloseReason::FrameDeadline { limit: limits.frame });
        }
        if at(&self.greeted) == Moment::NEVER && passed(self.opened, limits.hello) {
            return Err(CloseReason::HelloDeadline { limit: limits.hello });
        }
        if passed(at(&self.received), limits.idle) {
            return Err(CloseReason::Idle { limit: limits.idle });
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    /// Looks exactly when told to, as a timer does, until a deadline has passed.
    fn run(watch: &Watch, mut now: Moment, mut event: impl FnMut(Moment)) -> (u64, CloseReason) {
        loop {
            event(now);
            match watch.check(&SessionLimits::default(), now) {
                Ok(next) => now = next,
                Err(reason) => return (now.as_millis() / 1000, reason),
            }
        }
    }

    #[test]
    fn a_peer_that_says_nothing() {
        let limit = Duration::from_secs(10);
        assert_eq!(run(&Watch::new(at(5)), at(5), |_| {}), (15, CloseReason::HelloDeadline { limit }));
    }

    #[test]
    fn a_peer_that_falls_silent() {
        let watch = Watch::new(at(0));
        watch.greeted(at(1));
        watch.received(at(7));
        let limit = Duration::from_secs(90);
        assert_eq!(run(&watch, at(7), |_| {}), (97, CloseReason::Idle { limit }));
    }

    #[test]
    fn a_frame_drop_by_drop_is_not_idle_and_still_ends() {
        let watch = Watch::new(at(0));
        watch.greeted(at(1));
        let limit = Duration::from_secs(10);
        // It begins right after a look, and a byte of it comes before each following one.
        assert_eq!(watch.check(&SessionLimits::default(), at(20)), Ok(at(30)));
        watch.frame_begun(Some(at(21)));
        let end = run(&watch, at(30), |now| watch.received(now));
        assert_eq!(end, (31, CloseReason::FrameDeadline { limit }));
    }

    #[test]
    fn a_finished_frame_has_no_deadline() {
        let watch = Watch::new(at(0));
        watch.greeted(at(0));
        watch.frame_begun(Some(at(1)));
        watch.frame_begun(None);
        assert_eq!(watch.check(&SessionLimits::default(), at(60)), Ok(at(70)));
    }
}
