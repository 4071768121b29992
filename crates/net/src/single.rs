//! One session without a service: what a client needs.

use std::{io, sync::Arc, time::Duration};

use laster_frame::{Framing, Side};
use tokio_util::sync::CancellationToken;

use crate::{
    application::Handler,
    connector::{ConnectTo, attempt},
    driver::{self, Served},
    engine::Engine,
    handle::{Session, SessionId},
    session::SessionLimits,
    shared::{Parts, Shared},
    transport::Connection,
};

/// Room to read into, for one session.
const READ_BUFFER: usize = 16 * 1024;
/// What was gathered is sent this often.
const UPDATE_INTERVAL: Duration = Duration::from_millis(50);

/// Connects once, and runs the session in a task of its own on the runtime that this is called in. `make` gives what serves
/// it. Neither `retries` nor `backoff` nor `token` of `to` is looked at.
///
/// # Errors
/// There is no connection, or not in time.
///
/// # Cancel safety
/// Dropped, it closes what it has opened.
pub async fn connect_once<F: Framing, H: Handler>(
    to: &ConnectTo,
    framing: F,
    limits: SessionLimits,
    make: impl FnOnce(&Session) -> H,
) -> io::Result<Session> {
    limits.check().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(run_connection(attempt(to).await?, Side::Client, framing, limits, make))
}

/// Runs a session over a connection that is there already, in a task of its own.
pub fn run_connection<F: Framing, H: Handler>(
    connection: Connection,
    side: Side,
    framing: F,
    limits: SessionLimits,
    make: impl FnOnce(&Session) -> H,
) -> Session {
    let engine = Engine::new(READ_BUFFER, UPDATE_INTERVAL);
    let (mut reader, writer) = connection.transport.split();
    let shared = Shared::new(Parts {
        id: SessionId::next(),
        side,
        peer: connection.peer,
        layout: Arc::new(*framing.layout()),
        limits: Arc::new(limits),
        engine: engine.clone(),
        writer,
        wants_sent: H::WANTS_SENT,
    });
    let session = Session { shared };
    let served = Served { session: session.clone(), handler: make(&session) };
    let over = CancellationToken::new();
    tokio::spawn(engine.run_until(over.clone().cancelled_owned()));
    let over = over.drop_guard();
    let task = session.clone();
    tokio::spawn(async move {
        served.run(&mut reader, framing).await;
        driver::linger(&task, &mut reader).await;
        drop(over);
    });
    session
}
