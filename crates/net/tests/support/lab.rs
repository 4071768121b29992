//! An application that writes down what happens, and what it wrote.

use std::{any::Any, future::Future, pin::Pin, sync::Arc};

use laster_frame::{Frame, Header, Layout, Side};
use laster_net::{Application, CloseReason, Connected, Failed, Handler, MessageError, Sent, Session, SessionId};
use tokio::sync::mpsc;

use super::{FRAMES, within};

/// What an application is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Connected {
        id: SessionId,
        side: Side,
        token: Option<u32>,
    },
    Failed {
        endpoint: String,
        token: Option<u32>,
        reason: CloseReason,
    },
    Received(SessionId, Vec<u8>),
    Message(SessionId, Vec<u8>),
    Sent(SessionId, Sent),
    Closed(SessionId, CloseReason),
    /// The engine broke its word.
    Wrong(String),
}

type Work = Pin<Box<dyn Future<Output = Result<(), CloseReason>> + Send>>;

/// An application that writes down what happens. Without more it echoes what it gets.
///
/// Some payloads are understood by `decode`: `bad` is an error, `skip` is passed over, `panic in decode` panics.
#[derive(Clone)]
pub struct Lab<const TELLS_SENT: bool = false> {
    layout: &'static Layout,
    on_message: Arc<dyn Fn(Session, Vec<u8>) -> Work + Send + Sync>,
    /// Which of the methods panics.
    panics_in: &'static str,
    tells_received: bool,
    events: mpsc::UnboundedSender<Event>,
}

/// What a [`Lab`] wrote down, in order.
pub struct Events(mpsc::UnboundedReceiver<Event>);

impl<const TELLS_SENT: bool> Lab<TELLS_SENT> {
    pub fn new() -> (Self, Events) {
        let (events, receiver) = mpsc::unbounded_channel();
        let lab = Lab {
            layout: &FRAMES,
            on_message: Arc::new(|session, payload| {
                Box::pin(async move { Ok(session.send(&Header::default(), &payload).await?) })
            }),
            panics_in: "",
            tells_received: false,
            events,
        };
        (lab, Events(receiver))
    }

    pub fn layout(mut self, layout: &'static Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Does this with each message.
    pub fn on_message<W>(mut self, work: impl Fn(Session, Vec<u8>) -> W + Send + Sync + 'static) -> Self
    where
        W: Future<Output = Result<(), CloseReason>> + Send + 'static,
    {
        self.on_message = Arc::new(move |session, payload| Box::pin(work(session, payload)));
        self
    }

    /// Panics in this method.
    pub fn panics_in(mut self, method: &'static str) -> Self {
        self.panics_in = method;
        self
    }

    /// Writes down the bytes received as well.
    pub fn tells_received(mut self) -> Self {
        self.tells_received = true;
        self
    }

    /// What serves a session, where there is no service.
    pub fn probe(&self, id: SessionId) -> Probe<TELLS_SENT> {
        Probe { lab: self.clone(), id, closed: false }
    }

    fn tell(&self, event: Event) {
        // A test that has seen enough listens no more.
        let _ = self.events.send(event);
    }

    fn maybe_panic(&self, method: &str) {
        if self.panics_in == method {
            panic!("in {method}");
        }
    }
}

/// The number that a test passed as a token.
fn number(token: Option<Arc<dyn Any + Send + Sync>>) -> Option<u32> {
    token.map(|token| *token.downcast::<u32>().expect("the very token that was passed"))
}

impl<const TELLS_SENT: bool> Application for Lab<TELLS_SENT> {
    type Framing = &'static Layout;
    type Handler = Probe<TELLS_SENT>;

    fn framing(&self) -> &'static Layout {
        self.layout
    }

    fn connected(&self, session: &Session, how: Connected) -> Probe<TELLS_SENT> {
        let token = match how {
            Connected::Connected { token, .. } => number(token),
            _ => None,
        };
        self.tell(Event::Connected { id: session.id(), side: session.side(), token });
        self.maybe_panic("connected");
        self.probe(session.id())
    }

    fn failed(&self, failed: Failed) {
        let Failed { endpoint, token, reason, .. } = failed;
        self.tell(Event::Failed { endpoint: endpoint.to_string(), token: number(token), reason });
        self.maybe_panic("failed");
    }
}

/// Serves a session of a [`Lab`], and sees to it that `closed` is called once and last.
pub struct Probe<const TELLS_SENT: bool> {
    lab: Lab<TELLS_SENT>,
    id: SessionId,
    closed: bool,
}

impl<const TELLS_SENT: bool> Probe<TELLS_SENT> {
    fn tell(&self, event: Event) {
        if self.closed {
            self.lab.tell(Event::Wrong(format!("after closed: {event:?}")));
        }
        self.lab.tell(event);
    }
}

impl<const TELLS_SENT: bool> Drop for Probe<TELLS_SENT> {
    fn drop(&mut self) {
        if !self.closed {
            self.lab.tell(Event::Wrong(format!("session {} was dropped without closed", self.id)));
        }
    }
}

impl<const TELLS_SENT: bool> Handler for Probe<TELLS_SENT> {
    type Message = Vec<u8>;

    const WANTS_SENT: bool = TELLS_SENT;

    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<Vec<u8>>, MessageError> {
        match frame.payload {
            b"panic in decode" => panic!("in decode"),
            b"bad" => Err(MessageError { offset: frame.offset, id: frame.header.id, text: "this is bad".into() }),
            b"skip" => Ok(None),
            payload => Ok(Some(payload.to_vec())),
        }
    }

    async fn message(&mut self, session: &Session, message: Vec<u8>) -> Result<(), CloseReason> {
        self.tell(Event::Message(self.id, message.clone()));
        (self.lab.on_message)(session.clone(), message).await
    }

    fn received(&mut self, _: &Session, bytes: &[u8]) {
        if self.lab.tells_received {
            self.tell(Event::Received(self.id, bytes.to_vec()));
        }
        self.lab.maybe_panic("received");
    }

    fn sent(&mut self, _: &Session, sent: Sent) {
        self.tell(Event::Sent(self.id, sent));
    }

    fn closed(&mut self, session: &Session, reason: &CloseReason) {
        self.tell(Event::Closed(self.id, reason.clone()));
        self.closed = true;
        if session.close_reason().as_ref() != Some(reason) {
            let other = session.close_reason();
            self.lab.tell(Event::Wrong(format!("closed was told {reason}, the session says {other:?}")));
        }
        self.lab.maybe_panic("closed");
    }
}

impl Events {
    /// The next event.
    pub async fn next(&mut self, what: &str) -> Event {
        match within(what, self.0.recv()).await {
            Some(Event::Wrong(text)) => panic!("{text}, while waiting for: {what}"),
            Some(event) => event,
            None => panic!("the application is gone, while waiting for: {what}"),
        }
    }

    /// The session that is opened next, after nothing else.
    pub async fn connected(&mut self) -> SessionId {
        match self.next("a session").await {
            Event::Connected { id, .. } => id,
            other => panic!("expected connected, found {other:?}"),
        }
    }

    /// The session that is opened next; what happens in others before is passed over.
    pub async fn connected_after_messages(&mut self) -> SessionId {
        loop {
            match self.next("a session").await {
                Event::Connected { id, .. } => return id,
                Event::Closed(id, reason) => panic!("session {id} closed, while waiting for another: {reason}"),
                _ => {}
            }
        }
    }

    /// How the next session to end ends; messages and what was sent before are passed over.
    pub async fn closed(&mut self) -> (SessionId, CloseReason) {
        loop {
            match self.next("closed").await {
                Event::Closed(id, reason) => return (id, reason),
                Event::Failed { reason, .. } => panic!("expected closed, found a failure: {reason}"),
                _ => {}
            }
        }
    }

    /// The next failure, after nothing else.
    pub async fn failed(&mut self) -> (String, Option<u32>, CloseReason) {
        match self.next("a failure").await {
            Event::Failed { endpoint, token, reason } => (endpoint, token, reason),
            other => panic!("expected failed, found {other:?}"),
        }
    }

    /// What was written down so far.
    pub fn so_far(&mut self) -> Vec<Event> {
        let events: Vec<Event> = std::iter::from_fn(|| self.0.try_recv().ok()).collect();
        if let Some(Event::Wrong(text)) = events.iter().find(|event| matches!(event, Event::Wrong(_))) {
            panic!("{text}");
        }
        events
    }
}
