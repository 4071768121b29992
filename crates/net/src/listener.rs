//! What accepts connections.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use laster_frame::Side;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    application::{Application, Connected, Failed},
    backoff::Backoff,
    endpoint::Endpoint,
    running::{Arrived, Inner, Run},
    service::ServiceError,
    session::CloseReason,
    transport::{AcceptError, Acceptor, Incoming, ListenOptions, PeerAddress, accept_error},
};

/// Where to listen, and how.
#[derive(Clone, Debug)]
pub struct ListenOn {
    /// Where.
    pub endpoint: Endpoint,
    /// How.
    pub options: ListenOptions,
}

impl From<Endpoint> for ListenOn {
    fn from(endpoint: Endpoint) -> Self {
        ListenOn { endpoint, options: ListenOptions::default() }
    }
}

/// A listener of a running service. A cheap handle; dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct Listener {
    endpoint: Endpoint,
    suspended: watch::Sender<bool>,
    closed: CancellationToken,
    failure: Arc<Mutex<Option<io::ErrorKind>>>,
}

impl Listener {
    /// Where it listens, with the port that the system chose where 0 was asked for.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Accepts no more connections until [`resume`](Listener::resume). Peers wait in the system's backlog meanwhile.
    pub fn suspend(&self) {
        self.suspended.send_replace(true);
    }

    /// Accepts connections again.
    pub fn resume(&self) {
        self.suspended.send_replace(false);
    }

    /// Listens no more. Sessions stay. The address is free a moment later, when the listener's task has seen it.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Why it listens no more, where that was not asked for.
    pub fn failure(&self) -> Option<io::ErrorKind> {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the address.
pub(crate) async fn bind(listen: &ListenOn) -> Result<Acceptor, ServiceError> {
    Acceptor::bind(&listen.endpoint, &listen.options).await.map_err(ServiceError::Listen)
}

/// Accepts in a task of its own until the service stops.
pub(crate) fn start<A: Application>(inner: Arc<Inner<A>>, run: &Run, acceptor: Acceptor) -> Listener {
    let listener = Listener {
        endpoint: acceptor.local_endpoint().clone(),
        suspended: watch::Sender::new(false),
        closed: run.stop.child_token(),
        failure: Arc::default(),
    };
    let accept = accept(inner, run.clone(), acceptor, listener.clone());
    run.tasks.spawn(listener.closed.clone().run_until_cancelled_owned(accept));
    listener
}

/// Accepts for ever: neither a lost connection nor a lack of descriptors ends it.
async fn accept<A: Application>(inner: Arc<Inner<A>>, run: Run, acceptor: Acceptor, listener: Listener) {
    let mut suspended = listener.suspended.subscribe();
    let mut exhausted = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        // The sender lives in `listener`, so this cannot fail.
        let _ = suspended.wait_for(|suspended| !suspended).await;
        // In this order: nobody is accepted once suspend() has returned.
        let accepted = tokio::select! {
            biased;
            _ = suspended.changed() => continue,
            accepted = acceptor.accept() => accepted,
        };
        match accepted {
            Ok(incoming) => {
                exhausted.reset();
                serve(&inner, &run, incoming, &listener.endpoint);
            }
            Err(error) => match accept_error(&error) {
                AcceptError::Connection => {
                    tracing::debug!(listener = %listener.endpoint, "a connection was lost: {error}")
                }
                AcceptError::Exhausted => {
                    let wait = exhausted.next(fastrand::f64());
                    tracing::warn!(listener = %listener.endpoint, "cannot accept, waiting {wait:?}: {error}");
                    tokio::time::sleep(wait).await;
                }
                AcceptError::Fatal => {
                    tracing::error!(listener = %listener.endpoint, "listens no more: {error}");
                    *listener.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.kind());
                    return;
                }
            },
        }
    }
}

/// Makes a session of an accepted connection, in a task of its own, if there is a place for it.
fn serve<A: Application>(inner: &Arc<Inner<A>>, run: &Run, incoming: Incoming, listener: &Endpoint) {
    let peer = incoming.peer();
    let slot = match inner.slots.take_for(&peer) {
        Ok(slot) => slot,
        Err(reason) => return inner.failed(refused(listener, peer, reason)),
    };
    let (service, stop, listener) = (inner.clone(), run.stop.clone(), listener.clone());
    inner.spawn_session(run.clone(), async move {
        let limit = service.config.limits.handshake;
        let handshake = tokio::time::timeout(limit, incoming.handshake());
        let reason = match stop.run_until_cancelled(handshake).await {
            Some(Ok(Ok(transport))) => {
                let how = Connected::Accepted { listener };
                return Some(Arrived { transport, side: Side::Server, peer, how, slot });
            }
            Some(Ok(Err(error))) => error.into(),
            Some(Err(_)) => CloseReason::HandshakeDeadline { limit },
            None => CloseReason::Shutdown,
        };
        service.failed(refused(&listener, peer, reason));
        None
    });
}

fn refused(listener: &Endpoint, peer: PeerAddress, reason: CloseReason) -> Failed {
    Failed { endpoint: listener.clone(), peer: Some(peer), token: None, reason }
}
