//! The chat itself: accounts, rooms, history. A plain state machine.
//!
//! Nothing in here knows a session, a task or a clock. Requests come in with the member they are from and the time; the reply
//! is returned, and what others are to hear goes to a [`Deliver`], in order. What must never be broken:
//!
//! - An account belongs to one member at a time, whatever its case.
//! - A member is in a room exactly if the room has the member, and what is published in it reaches it from then on.
//! - The messages of a room are numbered without gaps. History is bounded in messages and in bytes.

mod history;
mod names;
mod room;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use wire::chat::v1::{
    Heard, Hello, History, Join, Joined, Leave, Left, Members, Page, Presence, Refused, RoomInfo, Said, Say, Tell,
    Told, Welcome, Whisper, Who, presence::Change, refused::Reason,
};

pub use history::HistoryLimits;
use names::{Folded, account_name, message_text, room_name};
pub use names::{NAME_CHARS, TEXT_BYTES};
use room::Room;

/// How many rooms a Welcome tells of.
const ROOMS_TOLD: usize = 100;
/// How many names a list of members has, and how many bytes of them, so that it fits in a frame.
const NAMES_TOLD: usize = 500;
const NAME_BYTES_TOLD: usize = 16 * 1024;
/// How many messages are shown to who joins.
const SHOWN_TO_JOINER: usize = 20;
/// How many messages a page has.
const PAGE: usize = 50;

/// Who takes part: a number that the shell gives each session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u64);

/// A room's number. Rooms that are forgotten do not give theirs to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u64);

/// Milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

/// What others are to hear. Calls take effect in their order.
pub trait Deliver {
    /// From now on the member hears what is published in the room.
    fn enter(&mut self, room: RoomId, member: MemberId);
    /// From now on it does not.
    fn exit(&mut self, room: RoomId, member: MemberId);
    /// All in the room hear this.
    fn publish(&mut self, room: RoomId, event: Event) -> Result<(), Busy>;
    /// One member hears this.
    fn whisper(&mut self, to: MemberId, whisper: Whisper) -> Result<(), Busy>;
    /// The room is forgotten.
    fn forget(&mut self, room: RoomId);
}

/// What is published in a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Someone said something.
    Said(Said),
    /// Someone came or left.
    Presence(Presence),
}

/// It cannot be delivered now: too much is waiting already. Nothing was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// What the chat may hold.
#[derive(Clone, Debug)]
pub struct ChatLimits {
    /// The most rooms. An empty one gives way to a new one, the longest unused first. Default 1000.
    pub rooms: usize,
    /// The most rooms that one member is in. Default 50.
    pub rooms_per_member: usize,
    /// What one room remembers.
    pub history: HistoryLimits,
}

impl Default for ChatLimits {
    fn default() -> Self {
        ChatLimits { rooms: 1000, rooms_per_member: 50, history: HistoryLimits::default() }
    }
}

/// All of the chat.
#[derive(Debug)]
pub struct Chat {
    name: String,
    limits: ChatLimits,
    members: HashMap<MemberId, Member>,
    accounts: HashMap<Folded, MemberId>,
    rooms: HashMap<RoomId, Room>,
    room_names: HashMap<Folded, RoomId>,
    last_room: u64,
}

/// Someone who has said Hello.
#[derive(Debug)]
struct Member {
    account: String,
    rooms: BTreeSet<RoomId>,
}

impl Chat {
    /// A chat without members and rooms, which calls itself `name`.
    pub fn new(name: impl Into<String>, limits: ChatLimits) -> Self {
        Chat {
            name: name.into(),
            limits,
            members: HashMap::new(),
            accounts: HashMap::new(),
            rooms: HashMap::new(),
            room_names: HashMap::new(),
            last_room: 0,
        }
    }

    /// A member opens its session under a name.
    pub fn hello(&mut self, id: MemberId, request: Hello) -> Result<Welcome, Refused> {
        if let Some(member) = self.members.get(&id) {
            return refuse(Reason::AlreadyOpen, format!("this session is already open as {}", member.account));
        }
        let (account, folded) = account_name(&request.account)?;
        if self.accounts.contains_key(&folded) {
            return refuse(
                Reason::AccountInUse,
                format!("someone is using the account {account}: choose another name"),
            );
        }
        self.accounts.insert(folded, id);
        self.members.insert(id, Member { account: account.clone(), rooms: BTreeSet::new() });
        Ok(Welcome { account, server: self.name.clone(), rooms: self.rooms_in_use() })
    }

    fn rooms_in_use(&self) -> Vec<RoomInfo> {
        let in_use = self.rooms.values().filter(|room| !room.members.is_empty());
        let mut rooms: Vec<RoomInfo> =
            in_use.map(|room| RoomInfo { name: room.name.clone(), members: room.members.len() as u32 }).collect();
        rooms.sort_by(|a, b| a.name.cmp(&b.name));
        rooms.truncate(ROOMS_TOLD);
        rooms
    }

    /// A member enters a room.
    pub fn join(
        &mut self,
        id: MemberId,
        request: &Join,
        now: UnixMillis,
        deliver: &mut impl Deliver,
    ) -> Result<Joined, Refused> {
        let member = self.member(id)?;
        let account = member.account.clone();
        if member.rooms.len() >= self.limits.rooms_per_member {
            let text = format!("one session can be in {} rooms: leave one first", self.limits.rooms_per_member);
            return refuse(Reason::TooManyRooms, text);
        }
        let (name, folded) = room_name(&request.room)?;
        let room_id = match self.room_names.get(&folded) {
            Some(room) => *room,
            None => self.make_room(name, folded, now, deliver)?,
        };
        let room = self.rooms.get_mut(&room_id).ok_or_else(|| not_in(&request.room))?;
        if room.members.contains_key(&id) {
            return refuse(Reason::AlreadyInRoom, format!("this session is in {} already", room.name));
        }
        // The joiner learns of itself by the reply, so it enters behind the announcement.
        let presence = presence(room, &account, Change::Joined);
        deliver.publish(room_id, presence).map_err(|Busy| busy(&room.name))?;
        deliver.enter(room_id, id);
        room.members.insert(id, account);
        room.used = now;
        let joined = Joined {
            room: room.name.clone(),
            members: names(room),
            history: room.history.latest(SHOWN_TO_JOINER),
            member_count: room.members.len() as u32,
        };
        if let Some(member) = self.members.get_mut(&id) {
            member.rooms.insert(room_id);
        }
        Ok(joined)
    }

    fn make_room(
        &mut self,
        name: String,
        folded: Folded,
        now: UnixMillis,
        deliver: &mut impl Deliver,
    ) -> Result<RoomId, Refused> {
        if self.rooms.len() >= self.limits.rooms {
            let unused = self.rooms.iter().filter(|(_, room)| room.members.is_empty());
            let Some(oldest) = unused.min_by_key(|(id, room)| (room.used, **id)).map(|(id, _)| *id) else {
                return refuse(Reason::TooManyRooms, format!("there are {} rooms already", self.limits.rooms));
            };
            self.rooms.remove(&oldest);
            self.room_names.retain(|_, room| *room != oldest);
            deliver.forget(oldest);
        }
        self.last_room += 1;
        let id = RoomId(self.last_room);
        self.rooms.insert(id, Room::new(name, now, &self.limits.history));
        self.room_names.insert(folded, id);
        Ok(id)
    }

    /// A member leaves a room.
    pub fn leave(&mut self, id: MemberId, request: &Leave, deliver: &mut impl Deliver) -> Result<Left, Refused> {
        let (room_id, _) = self.room_of(id, &request.room)?;
        if let Some(member) = self.members.get_mut(&id) {
            member.rooms.remove(&room_id);
        }
        let name = self.take_out(id, room_id, Change::Left, deliver);
        Ok(Left { room: name.unwrap_or_else(|| request.room.clone()) })
    }

    /// Takes a member out of a room and tells those who stay.
    fn take_out(
        &mut self,
        id: MemberId,
        room_id: RoomId,
        change: Change,
        deliver: &mut impl Deliver,
    ) -> Option<String> {
        let room = self.rooms.get_mut(&room_id)?;
        let account = room.members.remove(&id)?;
        deliver.exit(room_id, id);
        // Who leaves cannot be kept from it: where the room is too busy to be told, Who tells.
        let _ = deliver.publish(room_id, presence(room, &account, change));
        Some(room.name.clone())
    }

    /// A member says something in a room.
    pub fn say(
        &mut self,
        id: MemberId,
        request: Say,
        now: UnixMillis,
        deliver: &mut impl Deliver,
    ) -> Result<Heard, Refused> {
        let account = self.member(id)?.account.clone();
        let (room_id, room) = self.room_of(id, &request.room)?;
        let text = message_text(request.text)?;
        let number = room.history.next_number();
        let said = Said { room: room.name.clone(), account, text, number, time: now.0 };
        deliver.publish(room_id, Event::Said(said.clone())).map_err(|Busy| busy(&room.name))?;
        room.history.push(said);
        room.used = now;
        Ok(Heard { number })
    }

    /// A member asks who is in a room it is in.
    pub fn who(&mut self, id: MemberId, request: &Who) -> Result<Members, Refused> {
        let (_, room) = self.room_of(id, &request.room)?;
        Ok(Members { room: room.name.clone(), accounts: names(room), count: room.members.len() as u32 })
    }

    /// A member says something to another.
    pub fn tell(
        &mut self,
        id: MemberId,
        request: Tell,
        now: UnixMillis,
        deliver: &mut impl Deliver,
    ) -> Result<Told, Refused> {
        let account = self.member(id)?.account.clone();
        let text = message_text(request.text)?;
        let (name, folded) = account_name(&request.account)?;
        let Some(to) = self.accounts.get(&folded) else {
            return refuse(Reason::NoSuchAccount, format!("nobody is here as {name}"));
        };
        let whisper = Whisper { account, text, time: now.0 };
        deliver.whisper(*to, whisper).map_err(|Busy| busy(&name))?;
        Ok(Told {})
    }

    /// A member asks for a page of the history of a room it is in.
    pub fn history(&mut self, id: MemberId, request: &History) -> Result<Page, Refused> {
        let (_, room) = self.room_of(id, &request.room)?;
        let limit = match request.limit as usize {
            0 => PAGE,
            limit => limit.min(PAGE),
        };
        let (messages, more) = room.history.before(request.before, limit);
        Ok(Page { room: room.name.clone(), messages, more })
    }

    /// A member is gone: its session is over.
    pub fn gone(&mut self, id: MemberId, deliver: &mut impl Deliver) {
        let Some(member) = self.members.remove(&id) else { return };
        self.accounts.remove(&Folded::new(&member.account));
        for room in member.rooms {
            self.take_out(id, room, Change::Gone, deliver);
        }
    }

    /// How many members have said Hello.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    fn member(&self, id: MemberId) -> Result<&Member, Refused> {
        match self.members.get(&id) {
            Some(member) => Ok(member),
            None => refuse(Reason::NotOpen, "this session has not said Hello"),
        }
    }

    /// The room of this name, if the member is in it.
    fn room_of(&mut self, id: MemberId, name: &str) -> Result<(RoomId, &mut Room), Refused> {
        self.member(id)?;
        let room_id = self.room_names.get(&Folded::new(name)).copied().ok_or_else(|| not_in(name))?;
        let room = self.rooms.get_mut(&room_id).filter(|room| room.members.contains_key(&id));
        Ok((room_id, room.ok_or_else(|| not_in(name))?))
    }
}

fn presence(room: &Room, account: &str, change: Change) -> Event {
    Event::Presence(Presence { room: room.name.clone(), account: account.to_owned(), change: change.into() })
}

/// The accounts in a room, by name, as many as fit.
fn names(room: &Room) -> Vec<String> {
    let mut names: Vec<String> = room.members.values().cloned().collect();
    names.sort();
    let mut bytes = 0;
    let fits = |name: &&String| {
        bytes += name.len();
        bytes <= NAME_BYTES_TOLD
    };
    let count = names.iter().take(NAMES_TOLD).take_while(fits).count();
    names.truncate(count);
    names
}

fn refuse<T>(reason: Reason, text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { reason: reason.into(), text: text.into() })
}

fn not_in(name: &str) -> Refused {
    let name: String = name.chars().take(NAME_CHARS).collect();
    Refused { reason: Reason::NotInRoom.into(), text: format!("this session is not in a room called {name:?}") }
}

fn busy(name: &str) -> Refused {
    Refused { reason: Reason::Busy.into(), text: format!("{name} has too much to take in just now: try again") }
}
