//! The chat behind sessions: a handler for each, one chat and one group per room for all.
//!
//! The chat and the groups are behind one lock, so that what others hear comes in the order in which the chat decided it.
//! Under the lock nothing waits: groups and sessions take what there is room for, or say that they are busy.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use laster::{
    Group,
    net::{Application, CloseReason, GroupLimits, Service, ServiceConfig, ServiceError, SessionId},
};
use wire::chat::v1::{
    Bye, Farewell, Heard, Hello, History, Join, Joined, Leave, Left, Members, Page, Ping, Pong, Refused, Say, Tell,
    Told, Welcome, Whisper, Who,
    protocol::{self, FromServer, Handler, Peer},
};

use crate::chat::{Busy, Chat, ChatLimits, Deliver, Event, MemberId, RoomId, UnixMillis};

/// The chat server as a service, not yet started, which calls itself `name`.
///
/// # Errors
/// A limit in the configuration is 0.
pub fn serve(name: &str, limits: ChatLimits, config: ServiceConfig) -> Result<Service<impl Application>, ServiceError> {
    let state = State { chat: Chat::new(name, limits), audience: Audience::default() };
    let state = Arc::new(Mutex::new(state));
    let make = move |peer: &Peer| {
        let id = MemberId(peer.session().id().get());
        lock(&state).audience.peers.insert(id, peer.clone());
        Guest { id, state: state.clone() }
    };
    protocol::serve(make, config)
}

struct State {
    chat: Chat,
    audience: Audience,
}

/// The chat's methods leave it whole, and a panic in one ends only the session that called it.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Who hears what: the sessions, and a group of them for each room.
#[derive(Default)]
struct Audience {
    peers: HashMap<MemberId, Peer>,
    rooms: HashMap<RoomId, Group<FromServer>>,
}

impl Deliver for Audience {
    fn enter(&mut self, room: RoomId, member: MemberId) {
        if let Some(peer) = self.peers.get(&member) {
            self.rooms.entry(room).or_insert_with(|| Group::spawn(GroupLimits::default())).join(peer.session());
        }
    }

    fn exit(&mut self, room: RoomId, member: MemberId) {
        if let (Some(peer), Some(group)) = (self.peers.get(&member), self.rooms.get(&room)) {
            let session: SessionId = peer.session().id();
            group.leave(session);
        }
    }

    fn publish(&mut self, room: RoomId, event: Event) -> Result<(), Busy> {
        let Some(group) = self.rooms.get(&room) else { return Ok(()) };
        let sent = match event {
            Event::Said(said) => group.try_send(said),
            Event::Presence(presence) => group.try_send(presence),
        };
        sent.map_err(|_| Busy)
    }

    fn whisper(&mut self, to: MemberId, whisper: Whisper) -> Result<(), Busy> {
        self.peers.get(&to).ok_or(Busy)?.try_send(whisper).map_err(|_| Busy)
    }

    fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }
}

/// Serves one session.
struct Guest {
    id: MemberId,
    state: Arc<Mutex<State>>,
}

impl Guest {
    /// Does something with the chat, for this session.
    fn chat<T>(&self, act: impl FnOnce(&mut Chat, MemberId, &mut Audience) -> T) -> T {
        let State { chat, audience } = &mut *lock(&self.state);
        act(chat, self.id, audience)
    }
}

impl Handler for Guest {
    async fn hello(&mut self, _: &Peer, request: Hello) -> Result<Welcome, Refused> {
        self.chat(|chat, id, _| chat.hello(id, request))
    }

    async fn join(&mut self, _: &Peer, request: Join) -> Result<Joined, Refused> {
        self.chat(|chat, id, audience| chat.join(id, &request, now(), audience))
    }

    async fn leave(&mut self, _: &Peer, request: Leave) -> Result<Left, Refused> {
        self.chat(|chat, id, audience| chat.leave(id, &request, audience))
    }

    async fn say(&mut self, _: &Peer, request: Say) -> Result<Heard, Refused> {
        self.chat(|chat, id, audience| chat.say(id, request, now(), audience))
    }

    async fn who(&mut self, _: &Peer, request: Who) -> Result<Members, Refused> {
        self.chat(|chat, id, _| chat.who(id, &request))
    }

    async fn tell(&mut self, _: &Peer, request: Tell) -> Result<Told, Refused> {
        self.chat(|chat, id, audience| chat.tell(id, request, now(), audience))
    }

    async fn history(&mut self, _: &Peer, request: History) -> Result<Page, Refused> {
        self.chat(|chat, id, _| chat.history(id, &request))
    }

    async fn ping(&mut self, _: &Peer, _: Ping) -> Pong {
        Pong { time: now().0 }
    }

    async fn bye(&mut self, peer: &Peer, _: Bye) -> Farewell {
        peer.session().close_after_this();
        Farewell {}
    }

    fn closed(&mut self, _: &Peer, _: &CloseReason) {
        self.chat(|chat, id, audience| {
            chat.gone(id, audience);
            audience.peers.remove(&id);
        });
    }
}
