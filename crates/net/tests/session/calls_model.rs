//! Calls in flight against a map and a list.

use std::collections::HashMap;

use laster_net::session::{Calls, Match};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// A call of one of a few types.
    Begin(u8),
    /// A reply of this type, with the number of the n-th call ever made.
    Reply {
        kind: u8,
        call: usize,
    },
    /// The n-th call ever made is given up.
    GiveUp(usize),
    Drain,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3u8).prop_map(Step::Begin),
        5 => (0..3u8, any::<usize>()).prop_map(|(kind, call)| Step::Reply { kind, call }),
        2 => any::<usize>().prop_map(Step::GiveUp),
        1 => Just(Step::Drain),
    ];
    prop::collection::vec(step, 0..200)
}

/// Every call ever made that waits, by its number; and the numbers in the order they were given.
#[derive(Default)]
struct Model {
    waiting: HashMap<u64, u8>,
    order: Vec<u64>,
    /// Every number ever given.
    ever: Vec<u64>,
}

impl Model {
    fn answered_by(&self, how: Match, number: u64, kind: u8) -> Option<u64> {
        match how {
            Match::Number => Some(number).filter(|number| self.waiting.get(number) == Some(&kind)),
            Match::Order => self.order.first().copied().filter(|first| self.waiting[first] == kind),
            Match::Type => self.order.iter().copied().find(|number| self.waiting[number] == kind),
        }
    }

    fn end(&mut self, number: u64) -> Option<u8> {
        self.order.retain(|other| *other != number);
        self.waiting.remove(&number)
    }
}

fn a_call(ever: &[u64], n: usize) -> u64 {
    if ever.is_empty() { 1 } else { ever[n % ever.len()] }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replies_find_their_calls(
        steps in steps(),
        how in prop_oneof![Just(Match::Number), Just(Match::Order), Just(Match::Type)],
        limit in 1..12usize,
        largest in prop_oneof![1..20u64, Just(u64::MAX)],
    ) {
        let mut calls = Calls::new(how, limit, largest);
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Begin(kind) => {
                    let number = calls.begin(kind);
                    let room = model.waiting.len() < limit && (model.waiting.len() as u64) < largest;
                    prop_assert_eq!(number.is_some(), room);
                    if let Some(number) = number {
                        prop_assert!((1..=largest).contains(&number), "{} is no number for a call", number);
                        prop_assert!(model.waiting.insert(number, kind).is_none(), "{} was given twice", number);
                        model.order.push(number);
                        model.ever.push(number);
                    }
                }
                Step::Reply { kind, call } => {
                    let number = a_call(&model.ever, call);
                    let found = calls.answered_by(number, |call| *call == kind);
                    prop_assert_eq!(found, model.answered_by(how, number, kind));
                    if let Some(found) = found {
                        prop_assert_eq!(calls.get(found), Some(&kind));
                        prop_assert_eq!(calls.end(found), model.end(found));
                        prop_assert_eq!(calls.end(found), None, "a call is ended once");
                    }
                }
                Step::GiveUp(call) => {
                    let number = a_call(&model.ever, call);
                    // In order, the reply still comes in its place.
                    let given_up = if how == Match::Order { None } else { model.end(number) };
                    prop_assert_eq!(calls.give_up(number), given_up);
                }
                Step::Drain => {
                    let mut ended: Vec<u8> = calls.drain().collect();
                    let mut expected: Vec<u8> = model.waiting.drain().map(|(_, kind)| kind).collect();
                    ended.sort_unstable();
                    expected.sort_unstable();
                    prop_assert_eq!(ended, expected);
                    model.order.clear();
                }
            }
            prop_assert_eq!((calls.len(), calls.is_empty()), (model.waiting.len(), model.waiting.is_empty()));
        }
    }
}
