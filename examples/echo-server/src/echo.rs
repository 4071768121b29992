//! The service: a frame that comes goes back.

use std::sync::Arc;

use laster::{
    frame::{Frame, Header, Layout},
    net::{Application, CloseReason, Connected, Failed, Handler, MessageError, Session},
};

use crate::console::say;

/// What makes a handler for each session.
pub(crate) struct Echo {
    layout: Arc<Layout>,
}

impl Echo {
    pub(crate) fn new(layout: Layout) -> Self {
        Echo { layout: Arc::new(layout) }
    }
}

impl Application for Echo {
    type Framing = Arc<Layout>;
    type Handler = EchoSession;

    fn framing(&self) -> Arc<Layout> {
        self.layout.clone()
    }

    fn connected(&self, session: &Session, how: Connected) -> EchoSession {
        let how = match how {
            Connected::Accepted { listener } => format!("accepted on {listener}"),
            Connected::Connected { endpoint, .. } => format!("connected to {endpoint}"),
            _ => String::new(),
        };
        say(format_args!("opened: id {}, remote {}, {how}", session.id(), session.peer()));
        EchoSession::default()
    }

    fn failed(&self, failed: Failed) {
        let remote = failed.peer.map_or_else(|| failed.endpoint.to_string(), |peer| peer.to_string());
        say(format_args!("not opened: remote {remote}, reason: {}", failed.reason));
    }
}

/// What serves one session.
#[derive(Default)]
pub(crate) struct EchoSession {
    /// The memory of the last payload, for the next.
    spare: Vec<u8>,
}

impl Handler for EchoSession {
    type Message = (Header, Vec<u8>);

    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<Self::Message>, MessageError> {
        let mut payload = std::mem::take(&mut self.spare);
        payload.clear();
        payload.extend_from_slice(frame.payload);
        Ok(Some((frame.header, payload)))
    }

    /// Waits for room if the peer does not read: meanwhile nothing more is read from it.
    async fn message(&mut self, session: &Session, (header, payload): Self::Message) -> Result<(), CloseReason> {
        session.send(&header, &payload).await?;
        self.spare = payload;
        Ok(())
    }

    fn closed(&mut self, session: &Session, reason: &CloseReason) {
        say(format_args!("closed: id {}, remote {}, reason: {reason}", session.id(), session.peer()));
    }
}
