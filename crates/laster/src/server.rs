//! A server's sessions.

use std::{future::Future, marker::PhantomData, time::Duration};

use laster_frame::{Frame, Header};
use laster_net::{
    Application, CloseReason, Connected, Handler, MessageError, Service, ServiceConfig, ServiceError, Session,
};

use crate::{
    caller::{Caller, Waiting},
    message::{Messages, Protocol, message_error},
};

/// How long a server waits for the reply to a call of its own, unless it says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a handler of messages is to the protocol: generated code calls the right method for each. Implemented by generated
/// code for every handler.
pub trait Dispatch<P: Protocol>: Send + 'static {
    /// Handles a message and sends what answers it.
    fn dispatch(
        &mut self,
        header: Header,
        message: P::FromClient,
    ) -> impl Future<Output = Result<(), CloseReason>> + Send;

    /// The session is over. Called exactly once, and last.
    fn closed(&mut self, reason: &CloseReason);
}

/// A service that serves this protocol, with a handler that `make` makes for each session.
///
/// # Errors
/// A limit in the configuration is 0.
pub fn serve<P, D, M>(make: M, config: ServiceConfig) -> Result<Service<Serving<P, M>>, ServiceError>
where
    P: Protocol,
    D: Dispatch<P>,
    M: Fn(&Caller<P::FromServer, P::FromClient>) -> D + Send + Sync + 'static,
{
    Service::new(Serving { make, protocol: PhantomData }, config)
}

/// What serves a protocol: the application below a typed service.
pub struct Serving<P, M> {
    make: M,
    protocol: PhantomData<fn(P)>,
}

impl<P, D, M> Application for Serving<P, M>
where
    P: Protocol,
    D: Dispatch<P>,
    M: Fn(&Caller<P::FromServer, P::FromClient>) -> D + Send + Sync + 'static,
{
    type Framing = P::Framing;
    type Handler = ServerHandler<P, D>;

    fn framing(&self) -> P::Framing {
        P::Framing::default()
    }

    fn connected(&self, session: &Session, _: Connected) -> ServerHandler<P, D> {
        let peer = Caller::new(session.clone(), Waiting::new(P::REPLIES, P::NUMBERING), DEADLINE);
        ServerHandler { handler: (self.make)(&peer), peer, greeted: P::FromClient::FIRST.is_none() }
    }
}

/// Serves one session: frames come in, the handler's methods are called.
pub struct ServerHandler<P: Protocol, D> {
    peer: Caller<P::FromServer, P::FromClient>,
    handler: D,
    /// Whether the message that has to come first has come.
    greeted: bool,
}

impl<P: Protocol, D: Dispatch<P>> Handler for ServerHandler<P, D> {
    type Message = (Header, P::FromClient);

    fn max_payload(&self, header: &Header) -> u32 {
        match P::FromClient::FIRST {
            Some((first, _)) if !self.greeted => P::FromClient::limit(&Header::with_id(first)),
            _ => P::FromClient::limit(header),
        }
    }

    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<Self::Message>, MessageError> {
        if let Some((first, name)) = P::FromClient::FIRST
            && !std::mem::replace(&mut self.greeted, true)
            && frame.header.id != first
        {
            return Err(message_error(&frame, format!("the first message has to be {name}, id {first}")));
        }
        Ok(P::FromClient::decode(frame)?.map(|message| (frame.header, message)))
    }

    async fn message(&mut self, _: &Session, (header, message): Self::Message) -> Result<(), CloseReason> {
        match self.peer.deliver(&header, message).await {
            Some(message) => self.handler.dispatch(header, message).await,
            None => Ok(()),
        }
    }

    fn closed(&mut self, _: &Session, reason: &CloseReason) {
        self.peer.end_calls();
        self.handler.closed(reason);
    }
}
