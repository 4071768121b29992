//! Which call a reply belongs to.

use std::collections::{HashMap, VecDeque};

/// How replies find their calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// They come in the order of the calls.
    Order,
    /// The oldest call that takes a message of this type is answered.
    Type,
    /// They carry their call's number.
    Number,
}

/// Calls that wait for their replies.
///
/// `waiting` holds each call once; a call that is given up is taken out, so that a late reply finds nothing. The number of a
/// call is never 0 and never that of another one that waits.
#[derive(Debug)]
pub struct Calls<T> {
    how: Match,
    limit: usize,
    next: u64,
    largest: u64,
    waiting: HashMap<u64, Call<T>>,
    made: u64,
    /// In the order they were made; those no longer in `waiting` are passed over.
    order: VecDeque<Place>,
}

#[derive(Debug)]
struct Call<T> {
    call: T,
    /// How many were made before it. Unlike its number, no other call ever has it.
    made: u64,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    number: u64,
    made: u64,
}

impl<T> Calls<T> {
    /// No calls, of which at most `limit` may wait at once, numbered up to `largest`.
    pub fn new(how: Match, limit: usize, largest: u64) -> Self {
        let largest = largest.max(1);
        Calls { how, limit, next: 1, largest, waiting: HashMap::new(), made: 0, order: VecDeque::new() }
    }

    /// Begins a call. Gives its number; `None` where as many wait as may.
    pub fn begin(&mut self, call: T) -> Option<u64> {
        if self.waiting.len() >= self.limit || self.waiting.len() as u64 >= self.largest {
            return None;
        }
        while self.waiting.contains_key(&self.next) {
            self.advance();
        }
        let number = self.next;
        self.advance();
        let made = self.made;
        self.made += 1;
        self.waiting.insert(number, Call { call, made });
        if self.how != Match::Number {
            self.order.push_back(Place { number, made });
        }
        Some(number)
    }

    fn advance(&mut self) {
        self.next = if self.next >= self.largest { 1 } else { self.next + 1 };
    }

    /// Gives up a call. `None`: it was answered.
    pub fn give_up(&mut self, number: u64) -> Option<T> {
        match self.how {
            // The reply still comes in its place, and must not be taken for the next call's.
            Match::Order => None,
            Match::Type | Match::Number => {
                let call = self.waiting.remove(&number);
                self.trim();
                call.map(|call| call.call)
            }
        }
    }

    /// The call that a message answers: `number` is what it carries, `takes` whether a call takes such a message.
    pub fn answered_by(&self, number: u64, takes: impl Fn(&T) -> bool) -> Option<u64> {
        match self.how {
            Match::Number => self.waiting.get(&number).filter(|call| takes(&call.call)).map(|_| number),
            Match::Order => {
                self.order.front().filter(|place| self.at(place).is_some_and(takes)).map(|place| place.number)
            }
            Match::Type => self.order.iter().find(|place| self.at(place).is_some_and(&takes)).map(|place| place.number),
        }
    }

    /// The call that has this place, while it waits. Its number may be another call's by now.
    fn at(&self, place: &Place) -> Option<&T> {
        self.waiting.get(&place.number).filter(|call| call.made == place.made).map(|call| &call.call)
    }

    /// A call that waits.
    pub fn get(&self, number: u64) -> Option<&T> {
        self.waiting.get(&number).map(|call| &call.call)
    }

    /// A call that waits.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.waiting.get_mut(&number).map(|call| &mut call.call)
    }

    /// Ends a call that is answered.
    pub fn end(&mut self, number: u64) -> Option<T> {
        let call = self.waiting.remove(&number);
        self.trim();
        call.map(|call| call.call)
    }

    fn trim(&mut self) {
        while self.order.front().is_some_and(|place| self.at(place).is_none()) {
            self.order.pop_front();
        }
        // Calls given up in the middle are taken out before they are more than those that wait.
        if self.order.len() > 2 * self.waiting.len() + 16 {
            let waiting = &self.waiting;
            self.order.retain(|place| waiting.get(&place.number).is_some_and(|call| call.made == place.made));
        }
    }

    /// Ends them all.
    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        self.order.clear();
        std::mem::take(&mut self.waiting).into_values().map(|call| call.call)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_without_meeting_a_call_that_waits() {
        let mut calls = Calls::new(Match::Number, 10, 3);
        assert_eq!(
            [calls.begin('a'), calls.begin('b'), calls.begin('c'), calls.begin('d')],
            [Some(1), Some(2), Some(3), None]
        );
        assert_eq!(calls.end(2), Some('b'));
        assert_eq!(calls.begin('d'), Some(2));
        assert_eq!(calls.answered_by(2, |call| *call == 'd'), Some(2));
        assert_eq!(calls.answered_by(2, |call| *call == 'b'), None);
        assert_eq!(calls.answered_by(0, |_| true), None);
    }

    #[test]
    fn by_type_the_oldest_that_takes_it() {
        let mut calls = Calls::new(Match::Type, 10, u64::MAX);
        let [a, b, c] = ["ping", "list", "ping"].map(|call| calls.begin(call).unwrap());
        assert_eq!(calls.answered_by(0, |call| *call == "list"), Some(b));
        assert_eq!(calls.answered_by(0, |call| *call == "ping"), Some(a));
        assert_eq!(calls.give_up(a), Some("ping"));
        assert_eq!(calls.answered_by(0, |call| *call == "ping"), Some(c));
    }

    #[test]
    fn in_order_a_call_given_up_keeps_its_place() {
        let mut calls = Calls::new(Match::Order, 10, u64::MAX);
        let [a, b] = [1, 2].map(|call| calls.begin(call).unwrap());
        assert_eq!(calls.give_up(a), None);
        assert_eq!(calls.answered_by(0, |_| true), Some(a));
        calls.end(a);
        assert_eq!(calls.answered_by(0, |_| true), Some(b));
    }

    #[test]
    fn calls_given_up_leave_nothing_behind() {
        let mut calls = Calls::new(Match::Type, 10, u64::MAX);
        calls.begin(0).unwrap();
        for _ in 0..1000 {
            let number = calls.begin(1).unwrap();
            calls.give_up(number);
        }
        assert!(calls.order.len() < 32 && calls.len() == 1);
    }
}
