//! Dialogues with the chat, and a model that random ones are held against.

use std::collections::{HashMap, HashSet};

use laster::prost::Message;
use proptest::prelude::*;

use super::*;

/// Remembers what each member heard.
#[derive(Default)]
struct Recorder {
    inside: HashMap<RoomId, HashSet<MemberId>>,
    heard: HashMap<MemberId, Vec<String>>,
    busy: bool,
}

impl Deliver for Recorder {
    fn enter(&mut self, room: RoomId, member: MemberId) {
        assert!(self.inside.entry(room).or_default().insert(member), "entered twice");
    }

    fn exit(&mut self, room: RoomId, member: MemberId) {
        assert!(self.inside.entry(room).or_default().remove(&member), "left without being inside");
    }

    fn publish(&mut self, room: RoomId, event: Event) -> Result<(), Busy> {
        if self.busy {
            return Err(Busy);
        }
        let text = match event {
            Event::Said(said) => format!("{}#{} {}: {}", said.room, said.number, said.account, said.text),
            Event::Presence(presence) => {
                format!("{} {} {}", presence.room, presence.account, presence.change().as_str_name())
            }
        };
        for member in self.inside.entry(room).or_default().iter() {
            self.heard.entry(*member).or_default().push(text.clone());
        }
        Ok(())
    }

    fn whisper(&mut self, to: MemberId, whisper: Whisper) -> Result<(), Busy> {
        if self.busy {
            return Err(Busy);
        }
        self.heard.entry(to).or_default().push(format!("{} whispers: {}", whisper.account, whisper.text));
        Ok(())
    }

    fn forget(&mut self, room: RoomId) {
        assert!(self.inside.remove(&room).is_none_or(|members| members.is_empty()), "a room in use was forgotten");
    }
}

/// A chat and those in it, by number.
struct Table {
    chat: Chat,
    recorder: Recorder,
    now: u64,
}

impl Table {
    fn new() -> Self {
        Table::with(ChatLimits::default())
    }

    fn with(limits: ChatLimits) -> Self {
        Table { chat: Chat::new("test", limits), recorder: Recorder::default(), now: 1000 }
    }

    fn hello(&mut self, id: u64, account: &str) -> Result<Welcome, String> {
        self.chat.hello(MemberId(id), Hello { account: account.into() }).map_err(sentence)
    }

    fn join(&mut self, id: u64, room: &str) -> Result<Joined, String> {
        self.now += 1;
        let request = Join { room: room.into() };
        self.chat.join(MemberId(id), &request, UnixMillis(self.now), &mut self.recorder).map_err(sentence)
    }

    fn leave(&mut self, id: u64, room: &str) -> Result<Left, String> {
        self.chat.leave(MemberId(id), &Leave { room: room.into() }, &mut self.recorder).map_err(sentence)
    }

    fn say(&mut self, id: u64, room: &str, text: &str) -> Result<u64, String> {
        self.now += 1;
        let request = Say { room: room.into(), text: text.into() };
        let heard = self.chat.say(MemberId(id), request, UnixMillis(self.now), &mut self.recorder);
        heard.map(|heard| heard.number).map_err(sentence)
    }

    fn tell(&mut self, id: u64, account: &str, text: &str) -> Result<Told, String> {
        let request = Tell { account: account.into(), text: text.into() };
        self.chat.tell(MemberId(id), request, UnixMillis(self.now), &mut self.recorder).map_err(sentence)
    }

    fn page(&mut self, id: u64, room: &str, before: u64, limit: u32) -> Page {
        self.chat.history(MemberId(id), &History { room: room.into(), before, limit }).unwrap()
    }

    fn heard(&mut self, id: u64) -> Vec<String> {
        self.recorder.heard.remove(&MemberId(id)).unwrap_or_default()
    }
}

fn sentence(refused: Refused) -> String {
    format!("{}: {}", refused.reason().as_str_name(), refused.text)
}

#[test]
fn two_people_in_a_room() {
    let mut table = Table::new();
    assert_eq!(table.hello(1, "Ada").unwrap().rooms, []);
    assert_eq!(table.join(1, "lobby").unwrap().members, ["Ada"]);
    let welcome = table.hello(2, "Bob").unwrap();
    assert_eq!(welcome.rooms, [RoomInfo { name: "lobby".into(), members: 1 }]);
    assert_eq!(table.say(1, "lobby", "anyone?"), Ok(1));
    let joined = table.join(2, "LOBBY").unwrap();
    assert_eq!((joined.room.as_str(), joined.members), ("lobby", vec!["Ada".to_owned(), "Bob".to_owned()]));
    assert_eq!(joined.history[0].text, "anyone?");
    assert_eq!(table.say(2, "lobby", "me"), Ok(2));
    table.chat.gone(MemberId(2), &mut table.recorder);
    assert_eq!(table.heard(1), ["lobby#1 Ada: anyone?", "lobby Bob JOINED", "lobby#2 Bob: me", "lobby Bob GONE"]);
    assert_eq!(table.heard(2), ["lobby#2 Bob: me"]);
    assert_eq!(table.hello(3, "bob").unwrap().account, "bob");
}

#[test]
fn what_is_refused_and_why() {
    let mut table = Table::new();
    let check = |result: Result<String, String>, expected: &str| assert_eq!(result, Err(expected.to_owned()));
    let join = |table: &mut Table, room: &str| table.join(1, room).map(|joined| joined.room);
    check(join(&mut table, "x"), "NOT_OPEN: this session has not said Hello");
    let hello = |table: &mut Table, id, name: &str| table.hello(id, name).map(|welcome| welcome.account);
    check(hello(&mut table, 1, ""), "BAD_ACCOUNT: an account name has 1 to 32 characters");
    check(hello(&mut table, 1, &"x".repeat(33)), "BAD_ACCOUNT: an account name has 1 to 32 characters");
    check(
        hello(&mut table, 1, "a b"),
        "BAD_ACCOUNT: an account name has letters, digits, `_`, `-` and `.`, and not ' '",
    );
    hello(&mut table, 1, "Żaneta-1").unwrap();
    check(hello(&mut table, 1, "other"), "ALREADY_OPEN: this session is already open as Żaneta-1");
    check(
        hello(&mut table, 2, "żaneta-1"),
        "ACCOUNT_IN_USE: someone is using the account żaneta-1: choose another name",
    );
    check(
        join(&mut table, "\u{1b}[2J"),
        "BAD_ROOM: a room name has letters, digits, `_`, `-` and `.`, and not '\\u{1b}'",
    );
    join(&mut table, "room").unwrap();
    check(join(&mut table, "Room"), "ALREADY_IN_ROOM: this session is in room already");
    let say = |table: &mut Table, room: &str, text: &str| table.say(1, room, text).map(|number| number.to_string());
    check(say(&mut table, "elsewhere", "x"), "NOT_IN_ROOM: this session is not in a room called \"elsewhere\"");
    check(say(&mut table, "room", " \n"), "BAD_TEXT: the text is empty");
    check(say(&mut table, "room", &"x".repeat(4097)), "BAD_TEXT: the text has 4097 bytes: 4096 are allowed");
    check(say(&mut table, "room", "\u{7}"), "BAD_TEXT: the text has the control character '\\u{7}'");
    let tell = |table: &mut Table, account: &str| table.tell(1, account, "psst").map(|_| String::new());
    check(tell(&mut table, "nobody"), "NO_SUCH_ACCOUNT: nobody is here as nobody");
    table.recorder.busy = true;
    check(say(&mut table, "room", "x"), "BUSY: room has too much to take in just now: try again");
    check(tell(&mut table, "żaneta-1"), "BUSY: żaneta-1 has too much to take in just now: try again");
    table.recorder.busy = false;
    assert_eq!(table.say(1, "room", "x"), Ok(1), "what was refused has no number");
}

#[test]
fn a_whisper_is_for_one() {
    let mut table = Table::new();
    for (id, name) in [(1, "Ada"), (2, "Bob"), (3, "Eve")] {
        table.hello(id, name).unwrap();
        table.join(id, "lobby").unwrap();
        table.heard(id);
    }
    (1..=3).for_each(|id| drop(table.heard(id)));
    table.tell(1, "bob", "psst").unwrap();
    assert_eq!(
        [table.heard(1), table.heard(2), table.heard(3)],
        [vec![], vec!["Ada whispers: psst".to_owned()], vec![]]
    );
}

#[test]
fn history_by_page() {
    let mut table = Table::new();
    table.hello(1, "Ada").unwrap();
    table.join(1, "lobby").unwrap();
    for n in 1..=120 {
        table.say(1, "lobby", &format!("message {n}")).unwrap();
    }
    let numbers =
        |page: &Page| (page.messages.first().unwrap().number, page.messages.last().unwrap().number, page.more);
    assert_eq!(numbers(&table.page(1, "lobby", 0, 0)), (71, 120, true));
    assert_eq!(numbers(&table.page(1, "lobby", 71, 0)), (21, 70, true));
    assert_eq!(numbers(&table.page(1, "lobby", 21, 0)), (1, 20, false));
    assert_eq!(numbers(&table.page(1, "lobby", 0, 3)), (118, 120, true));
    assert_eq!(table.page(1, "lobby", 1, 0).messages, []);
}

#[test]
fn replies_fit_in_a_frame_whatever_was_said() {
    let mut table = Table::new();
    let long = |c: &str| c.repeat(NAME_CHARS);
    for id in 0..600 {
        table.hello(id, &format!("{id:03}{}", "𐐀".repeat(NAME_CHARS - 3))).unwrap();
        table.join(id, &long("𐐀")).unwrap();
    }
    for _ in 0..60 {
        table.say(7, &long("𐐀"), &"x".repeat(TEXT_BYTES)).unwrap();
    }
    table.hello(1000, "last").unwrap();
    let joined = table.join(1000, &long("𐐀")).unwrap();
    assert!(joined.encoded_len() <= 65_536 && joined.member_count == 601 && !joined.members.is_empty());
    let page = table.page(7, &long("𐐀"), 0, 0);
    assert!(page.encoded_len() <= 65_536 && page.more && page.messages.last().unwrap().number == 60);
    let members = table.chat.who(MemberId(7), &Who { room: long("𐐀") }).unwrap();
    assert!(members.encoded_len() <= 65_536 && members.count == 601);
}

#[test]
fn history_and_rooms_are_bounded() {
    let history = HistoryLimits { messages: 10, bytes: 300 };
    let mut table = Table::with(ChatLimits { rooms: 2, rooms_per_member: 2, history });
    table.hello(1, "Ada").unwrap();
    table.join(1, "a").unwrap();
    for _ in 0..30 {
        table.say(1, "a", "x").unwrap();
    }
    assert_eq!(table.page(1, "a", 0, 0).messages.first().unwrap().number, 21);
    table.say(1, "a", &"y".repeat(299)).unwrap();
    assert_eq!(table.page(1, "a", 0, 0).messages.len(), 1);
    table.join(1, "b").unwrap();
    assert_eq!(table.join(1, "c").unwrap_err(), "TOO_MANY_ROOMS: one session can be in 2 rooms: leave one first");
    table.hello(2, "Bob").unwrap();
    assert_eq!(table.join(2, "c").unwrap_err(), "TOO_MANY_ROOMS: there are 2 rooms already");
    // An empty room is remembered, until its place is needed.
    table.leave(1, "a").unwrap();
    assert_eq!(table.join(2, "a").unwrap().history.len(), 1);
    table.leave(2, "a").unwrap();
    table.join(2, "c").unwrap();
    assert_eq!(table.leave(2, "c").unwrap().room, "c");
    assert_eq!(table.join(2, "a").unwrap().history, []);
}

#[derive(Clone, Debug)]
enum Step {
    Hello(u64, usize),
    Join(u64, usize),
    Leave(u64, usize),
    Say(u64, usize),
    Gone(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (member, name) = (1u64..5, 0usize..4);
    prop_oneof![
        (member.clone(), name.clone()).prop_map(|(m, n)| Step::Hello(m, n)),
        (member.clone(), name.clone()).prop_map(|(m, n)| Step::Join(m, n)),
        (member.clone(), name.clone()).prop_map(|(m, n)| Step::Leave(m, n)),
        (member.clone(), name).prop_map(|(m, n)| Step::Say(m, n)),
        member.prop_map(Step::Gone),
    ]
}

proptest! {
    /// Who is where is what a set of pairs says, and everyone inside hears everything said.
    #[test]
    fn like_a_set_of_pairs(steps in prop::collection::vec(step(), 0..120)) {
        let names = ["a", "B", "b", "c"];
        let key = |n: usize| names[n].to_lowercase();
        let mut table = Table::with(ChatLimits { rooms: 2, ..ChatLimits::default() });
        let mut accounts: HashMap<u64, String> = HashMap::new();
        let mut pairs: HashSet<(u64, String)> = HashSet::new();
        for step in steps {
            match step {
                Step::Hello(member, name) => {
                    let free = !accounts.contains_key(&member) && !accounts.values().any(|a| *a == key(name));
                    prop_assert_eq!(table.hello(member, names[name]).is_ok(), free);
                    if free {
                        accounts.insert(member, key(name));
                    }
                }
                Step::Join(member, room) => {
                    let used: HashSet<&String> = pairs.iter().map(|(_, room)| room).collect();
                    let room_left = used.len() < 2 || used.contains(&key(room));
                    let may = accounts.contains_key(&member) && !pairs.contains(&(member, key(room))) && room_left;
                    prop_assert_eq!(table.join(member, names[room]).is_ok(), may);
                    if may {
                        pairs.insert((member, key(room)));
                    }
                }
                Step::Leave(member, room) => {
                    prop_assert_eq!(table.leave(member, names[room]).is_ok(), pairs.remove(&(member, key(room))));
                }
                Step::Say(member, room) => {
                    table.recorder.heard.clear();
                    let inside = pairs.contains(&(member, key(room)));
                    prop_assert_eq!(table.say(member, names[room], "x").is_ok(), inside);
                    let hearers: HashSet<u64> = table.recorder.heard.keys().map(|member| member.0).collect();
                    let expected: HashSet<u64> =
                        pairs.iter().filter(|(_, r)| inside && *r == key(room)).map(|(m, _)| *m).collect();
                    prop_assert_eq!(hearers, expected);
                }
                Step::Gone(member) => {
                    table.chat.gone(MemberId(member), &mut table.recorder);
                    accounts.remove(&member);
                    pairs.retain(|(m, _)| *m != member);
                }
            }
            let inside: usize = table.recorder.inside.values().map(HashSet::len).sum();
            prop_assert_eq!(inside, pairs.len());
        }
    }
}
