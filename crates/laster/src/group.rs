//! Sessions that are sent the same messages.

use std::marker::PhantomData;

use laster_frame::Header;
use laster_net::{GroupLimits, PushError, Session, SessionId};

use crate::message::Messages;

/// Sessions that are sent the same messages, each encoded once. See [`laster_net::Group`]. A cheap handle.
pub struct Group<Out> {
    group: laster_net::Group,
    out: PhantomData<fn(Out)>,
}

impl<Out> Clone for Group<Out> {
    fn clone(&self) -> Self {
        Group { group: self.group.clone(), out: PhantomData }
    }
}

impl<Out: Messages> Group<Out> {
    /// An empty group, whose task runs on the runtime that this is called in.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(limits: GroupLimits) -> Self {
        Group { group: laster_net::Group::spawn(limits), out: PhantomData }
    }

    /// Adds a session. It gets what is sent from now on.
    pub fn join(&self, session: &Session) {
        self.group.join(session);
    }

    /// Takes a session out. It gets what was sent until now.
    pub fn leave(&self, session: SessionId) {
        self.group.leave(session);
    }

    /// Sends a message to every member, if there is room.
    ///
    /// # Errors
    /// Too much waits to be distributed, or the message is larger than allowed. Nothing was accepted.
    pub fn try_send(&self, message: impl Into<Out>) -> Result<(), PushError> {
        let message = message.into();
        self.group.try_send_with(|out| message.encode(Header::default(), out))
    }

    /// Sends a message to every member, waiting for room.
    ///
    /// # Errors
    /// The message is larger than allowed. Nothing was accepted.
    ///
    /// # Cancel safety
    /// The message is accepted when the future is done, and not before.
    pub async fn send(&self, message: impl Into<Out>) -> Result<(), PushError> {
        let message = message.into();
        self.group.send_with(|out| message.encode(Header::default(), out)).await
    }

    /// How many sessions are in it; some of them may be over.
    pub fn len(&self) -> usize {
        self.group.len()
    }

    /// Whether no session is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
