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
    service::{Inner, Run, ServiceError},
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

    /// Listens no more. Sessions stay.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Why it listens no more, where that was not asked for.
    pub fn failure(&self) -> Option<io::ErrorKind> {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Binds, and accepts in a task of its own until the service stops.
pub(crate) async fn start<A: Application>(
    inner: Arc<Inner<A>>,
    run: Run,
    listen: ListenOn,
) -> Result<Listener, ServiceError> {
    let acceptor = Acceptor::bind(&listen.endpoint, &listen.options).await.map_err(ServiceError::Listen)?;
    let listener = Listener {
        endpoint: acceptor.local_endpoint().clone(),
        suspended: watch::Sender::new(false),
        closed: run.stop.child_token(),
        failure: Arc::default(),
    };
    let accept = accept(inner, run.clone(), acceptor, listener.clone());
    run.tasks.spawn(listener.closed.clone().run_until_cancelled_owned(accept));
    Ok(listener)
}

/// Accepts for ever: neither a lost connection nor a lack of descriptors ends it.
async fn accept<A: Application>(inner: Arc<Inner<A>>, run: Run, acceptor: Acceptor, listener: Listener) {
    let mut suspended = listener.suspended.subscribe();
    let mut exhausted = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        // The sender lives in `listener`, so this cannot fail.
        let _ = suspended.wait_for(|suspended| !suspended).await;
        let accepted = tokio::select! {
            accepted = acceptor.accept() => accepted,
            _ = suspended.changed() => continue,
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
    let (inner, run, endpoint) = (inner.clone(), run.clone(), listener.clone());
    let peer: PeerAddress = incoming.peer();
    let slot = match inner.slots.take(&peer) {
        Ok(slot) => slot,
        Err(reason) => return inner.failed(refused(&endpoint, peer, reason)),
    };
    run.tasks.clone().spawn(async move {
        let limit = inner.config.limits.handshake;
        let handshake = tokio::time::timeout(limit, incoming.handshake());
        let transport = match run.stop.run_until_cancelled(handshake).await {
            None => return,
            Some(Ok(Ok(transport))) => transport,
            Some(Ok(Err(error))) => return inner.failed(refused(&endpoint, peer, error.into())),
            Some(Err(_)) => return inner.failed(refused(&endpoint, peer, CloseReason::HandshakeDeadline { limit })),
        };
        let how = Connected::Accepted { listener: endpoint };
        inner.run_session(transport, Side::Server, peer, how, run, slot).await;
    });
}

fn refused(listener: &Endpoint, peer: PeerAddress, reason: CloseReason) -> Failed {
    Failed { endpoint: listener.clone(), peer: Some(peer), token: None, reason }
}
