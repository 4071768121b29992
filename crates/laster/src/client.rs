//! A client's session.

use std::{io, time::Duration};

use laster_frame::{Frame, Header};
use laster_net::{
    CloseReason, ConnectTo, Handler, MessageError, Session, SessionLimits, connect_once, session::LimitError,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    caller::{Caller, Waiting},
    message::{Messages, Protocol},
};

/// How a client is set up.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// How long a call waits for its reply. Default 10 s.
    pub deadline: Duration,
    /// How many events wait to be taken, before what comes behind them waits as well. Default 1024.
    pub events: usize,
    /// What the session may cost.
    pub limits: SessionLimits,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions { deadline: Duration::from_secs(10), events: 1024, limits: SessionLimits::default() }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// A limit is 0.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The other end cannot be reached.
    #[error(transparent)]
    Unreachable(io::Error),
}

/// A message that answers no call.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<In> {
    /// The message.
    pub message: In,
    /// The header it came with: the correlation to answer with, and the user's values.
    pub header: Header,
}

/// The messages that answer no call, in the order they came; at the end, why there are no more.
///
/// Take them, or drop this: while they are not taken, the session reads no further than its options allow.
#[derive(Debug)]
pub struct Events<In> {
    events: mpsc::Receiver<Event<In>>,
    closed: oneshot::Receiver<CloseReason>,
    reason: Option<CloseReason>,
}

impl<In> Events<In> {
    /// The next event.
    ///
    /// # Errors
    /// The session is over, for this reason; again at each call.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Event<In>, CloseReason> {
        if let Some(event) = self.events.recv().await {
            return Ok(event);
        }
        if self.reason.is_none() {
            self.reason = Some((&mut self.closed).await.unwrap_or(CloseReason::Unknown));
        }
        Err(self.reason.clone().unwrap_or(CloseReason::Unknown))
    }
}

/// What [`connect`] gives: the session, to send and to call with, and what comes unasked.
pub type Connected<P> =
    (Caller<<P as Protocol>::FromClient, <P as Protocol>::FromServer>, Events<<P as Protocol>::FromServer>);

/// Connects as a client of this protocol.
///
/// # Errors
/// There is no connection, or not in time.
///
/// # Cancel safety
/// Dropped, it closes what it has opened.
pub async fn connect<P: Protocol>(
    to: impl Into<ConnectTo>,
    options: ClientOptions,
) -> Result<Connected<P>, ConnectError> {
    let to = to.into();
    let ClientOptions { deadline, events, limits } = options;
    limits.check()?;
    if events == 0 {
        return Err(LimitError { name: "events" }.into());
    }
    let (event_sender, event_receiver) = mpsc::channel(events);
    let (closed_sender, closed_receiver) = oneshot::channel();
    let calls = Waiting::new(P::REPLIES, P::NUMBERING);
    let make = |session: &Session| ClientHandler::<P> {
        caller: Caller::new(session.clone(), calls.clone(), deadline),
        events: event_sender,
        closed: Some(closed_sender),
    };
    match connect_once(&to, P::Framing::default(), limits, make).await {
        Ok(session) => {
            let events = Events { events: event_receiver, closed: closed_receiver, reason: None };
            Ok((Caller::new(session, calls, deadline), events))
        }
        Err(error) => Err(ConnectError::Unreachable(error)),
    }
}

struct ClientHandler<P: Protocol> {
    caller: Caller<P::FromClient, P::FromServer>,
    events: mpsc::Sender<Event<P::FromServer>>,
    closed: Option<oneshot::Sender<CloseReason>>,
}

impl<P: Protocol> Handler for ClientHandler<P> {
    type Message = (Header, P::FromServer);

    fn max_payload(&self, header: &Header) -> u32 {
        P::FromServer::limit(header)
    }

    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<Self::Message>, MessageError> {
        Ok(P::FromServer::decode(frame)?.map(|message| (frame.header, message)))
    }

    async fn message(&mut self, _: &Session, (header, message): Self::Message) -> Result<(), CloseReason> {
        if let Some(message) = self.caller.deliver(&header, message).await {
            // Whoever dropped the receiver wants no events.
            let _ = self.events.send(Event { message, header }).await;
        }
        Ok(())
    }

    fn closed(&mut self, _: &Session, reason: &CloseReason) {
        self.caller.end_calls();
        if let Some(closed) = self.closed.take() {
            let _ = closed.send(reason.clone());
        }
    }
}
