//! Many deadlines, coarsely.

use std::{collections::BTreeMap, time::Duration};

use crate::session::Moment;

/// Things that are due at some time. Times are rounded up to the grain, so that thousands of deadlines make few wake-ups.
///
/// Nothing is due early; it may be late by a grain.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    grain: u64,
    slots: BTreeMap<Moment, Vec<T>>,
    /// How many things there are in all slots.
    len: usize,
}

impl<T> Wheel<T> {
    /// Nothing is due. The grain is a millisecond at least.
    pub(crate) fn new(grain: Duration) -> Self {
        Wheel { grain: u64::try_from(grain.as_millis()).unwrap_or(u64::MAX).max(1), slots: BTreeMap::new(), len: 0 }
    }

    /// Adds something that is due at this time. Gives whether nothing else is due as early.
    pub(crate) fn insert(&mut self, due: Moment, item: T) -> bool {
        let slot = Moment::from_millis(due.as_millis().div_ceil(self.grain).saturating_mul(self.grain));
        let first = self.next().is_none_or(|next| slot < next);
        self.slots.entry(slot).or_default().push(item);
        self.len += 1;
        first
    }

    /// When the next is due.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.slots.first_key_value().map(|(slot, _)| *slot)
    }

    /// Takes out what is due now.
    pub(crate) fn due(&mut self, now: Moment) -> Vec<T> {
        let mut due = Vec::new();
        while let Some(slot) = self.slots.first_entry().filter(|slot| *slot.key() <= now) {
            due.append(&mut slot.remove());
        }
        self.len -= due.len();
        due
    }

    /// Takes out what need not be done any more.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        self.slots.retain(|_, items| {
            items.retain(&wanted);
            items.shrink_to_fit();
            !items.is_empty()
        });
        self.len = self.slots.values().map(Vec::len).sum();
    }

    /// How many things are not yet due.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_early_and_late_by_a_grain_at_most() {
        let mut wheel = Wheel::new(Duration::from_millis(50));
        let at = Moment::from_millis;
        assert!(wheel.insert(at(101), 'a'));
        assert!(!wheel.insert(at(150), 'b'));
        assert!(wheel.insert(at(50), 'c'));
        assert_eq!(wheel.next(), Some(at(50)));
        assert_eq!(wheel.due(at(49)), []);
        assert_eq!(wheel.due(at(149)), ['c']);
        assert_eq!(wheel.due(at(150)), ['a', 'b']);
        assert_eq!((wheel.next(), wheel.len()), (None, 0));
        assert!(wheel.insert(Moment::NEVER, 'd'));
        assert!(wheel.insert(at(7), 'e'));
        wheel.retain(|item| *item == 'd');
        assert_eq!((wheel.next(), wheel.len()), (Some(Moment::NEVER), 1));
    }
}
