//! One room.

use std::collections::HashMap;

use super::{
    MemberId, UnixMillis,
    history::{HistoryLimits, RoomHistory},
};

/// A room, its members and what they said.
#[derive(Debug)]
pub(super) struct Room {
    /// As who made it wrote it.
    pub(super) name: String,
    /// Who is in it, and the account of each.
    pub(super) members: HashMap<MemberId, String>,
    pub(super) history: RoomHistory,
    /// When something last happened in it.
    pub(super) used: UnixMillis,
}

impl Room {
    pub(super) fn new(name: String, now: UnixMillis, limits: &HistoryLimits) -> Self {
        Room { name, members: HashMap::new(), history: RoomHistory::new(limits.clone()), used: now }
    }
}
