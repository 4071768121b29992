//! What connects to others.

use std::{io, sync::Arc, time::Duration};

use laster_frame::Side;
use tokio_util::sync::CancellationToken;

use crate::{
    application::{Application, Connected, Failed, Token},
    backoff::Backoff,
    endpoint::Endpoint,
    running::{Arrived, Inner, Run},
    session::CloseReason,
    transport::{ConnectOptions, Connection, connect},
};

/// Where to connect to, and how.
#[derive(Clone)]
pub struct ConnectTo {
    /// Where.
    pub endpoint: Endpoint,
    /// How.
    pub options: ConnectOptions,
    /// How long one attempt may take, TLS and WebSocket included. Default 10 s.
    pub timeout: Duration,
    /// How many more attempts follow a failed one; 0: without end. Default 0.
    pub retries: u32,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// What the application gets back with the session, or with the failure.
    pub token: Option<Token>,
}

impl From<Endpoint> for ConnectTo {
    fn from(endpoint: Endpoint) -> Self {
        ConnectTo {
            endpoint,
            options: ConnectOptions::default(),
            timeout: Duration::from_secs(10),
            retries: 0,
            backoff: Backoff::default(),
            token: None,
        }
    }
}

/// An attempt to connect, in the background. A cheap handle; dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct Connector {
    cancel: CancellationToken,
}

impl Connector {
    /// Gives up, if there is no session yet. The application hears of it as a failure.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

/// Connects in a task of its own, until it has a session, is cancelled, or the service stops.
pub(crate) fn start<A: Application>(inner: Arc<Inner<A>>, run: Run, to: ConnectTo) -> Connector {
    let connector = Connector { cancel: run.stop.child_token() };
    let (service, stop, cancel) = (inner.clone(), run.stop.clone(), connector.cancel.clone());
    inner.spawn_session(run, async move {
        let reason = match cancel.run_until_cancelled(keep_trying(&to)).await {
            Some(Ok(Connection { transport, peer })) => match service.slots.take_own() {
                Ok(slot) => {
                    let how = Connected::Connected { endpoint: to.endpoint, token: to.token };
                    return Some(Arrived { transport, side: Side::Client, peer, how, slot });
                }
                Err(reason) => reason,
            },
            Some(Err(error)) => error.into(),
            None if stop.is_cancelled() => CloseReason::Shutdown,
            None => CloseReason::Local,
        };
        service.failed(Failed { endpoint: to.endpoint, peer: None, token: to.token, reason });
        None
    });
    connector
}

/// Attempts until one succeeds, or as often as was asked for; then the last one's error.
async fn keep_trying(to: &ConnectTo) -> io::Result<Connection> {
    let mut backoff = to.backoff.clone();
    let mut retries_left = to.retries;
    loop {
        let error = match attempt(to).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        tracing::debug!(endpoint = %to.endpoint, "cannot connect: {error}");
        if to.retries > 0 {
            if retries_left == 0 {
                return Err(error);
            }
            retries_left -= 1;
        }
        tokio::time::sleep(backoff.next(fastrand::f64())).await;
    }
}

/// One attempt.
///
/// # Cancel safety
/// Dropped, it closes what it has opened.
pub(crate) async fn attempt(to: &ConnectTo) -> io::Result<Connection> {
    match tokio::time::timeout(to.timeout, connect(&to.endpoint, &to.options)).await {
        Ok(done) => done,
        Err(_) => {
            let text = format!("no connection to {} after {:?}", to.endpoint, to.timeout);
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        }
    }
}
