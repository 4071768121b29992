//! A service: what listens, what connects, and the sessions that come of it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use laster_frame::{Framing, Layout, Side};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    application::{Application, Connected, Failed, Handler},
    connector::{self, ConnectTo, Connector},
    driver,
    engine::Engine,
    handle::{Session, SessionId},
    listener::{self, ListenOn, Listener},
    session::{CloseReason, LimitError, SessionLimits},
    shared::{Parts, Shared},
    slots::{Slot, Slots},
    statistics::{Status, Traffic},
    transport::{PeerAddress, Transport},
};

/// How a service is set up.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Where it listens from its start on.
    pub listeners: Vec<ListenOn>,
    /// The most sessions in all. Default 10,000.
    pub max_sessions: u32,
    /// The most sessions from one IPv4 address, or from one IPv6 network of 64 bits. Default 1024.
    pub max_sessions_per_address: u32,
    /// What one session may cost.
    pub limits: SessionLimits,
    /// How many bytes are read at once. Default 64 KiB.
    pub read_buffer: usize,
    /// How often that is sent which was gathered. Default 50 ms.
    pub update_interval: Duration,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        ServiceConfig {
            listeners: Vec::new(),
            max_sessions: 10_000,
            max_sessions_per_address: 1024,
            limits: SessionLimits::default(),
            read_buffer: 64 * 1024,
            update_interval: Duration::from_millis(50),
        }
    }
}

impl ServiceConfig {
    /// Whether each limit limits something.
    ///
    /// # Errors
    /// Names the first limit that is 0.
    pub fn check(&self) -> Result<(), LimitError> {
        let zero = |name, is_zero: bool| if is_zero { Err(LimitError { name }) } else { Ok(()) };
        zero("max_sessions", self.max_sessions == 0)?;
        zero("max_sessions_per_address", self.max_sessions_per_address == 0)?;
        zero("read_buffer", self.read_buffer == 0)?;
        zero("update_interval", self.update_interval.as_millis() == 0)?;
        self.limits.check()
    }
}

/// A service. A cheap handle: clones are the same service.
///
/// It can be started, stopped, and started again.
pub struct Service<A: Application> {
    pub(crate) inner: Arc<Inner<A>>,
}

impl<A: Application> Clone for Service<A> {
    fn clone(&self) -> Self {
        Service { inner: self.inner.clone() }
    }
}

pub(crate) struct Inner<A: Application> {
    pub(crate) application: A,
    pub(crate) config: ServiceConfig,
    framing: A::Framing,
    layout: Arc<Layout>,
    limits: Arc<SessionLimits>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) slots: Arc<Slots>,
    sessions: Mutex<HashMap<SessionId, Session>>,
    opened: AtomicU64,
    refused: AtomicU64,
    run: Mutex<Option<Run>>,
}

/// What belongs to one time between start and stop.
#[derive(Clone)]
pub(crate) struct Run {
    /// Says that the service stops.
    pub(crate) stop: CancellationToken,
    /// Says that the time for a gentle stop is over.
    abort: CancellationToken,
    /// The tasks of listeners, connectors and sessions.
    pub(crate) tasks: TaskTracker,
    engine: CancellationToken,
}

/// Why a service could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// It was started and not stopped.
    #[error("the service runs already")]
    AlreadyRunning,
    /// It was not started, or stopped.
    #[error("the service does not run: start it first")]
    NotRunning,
    /// A limit is 0.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// It cannot listen somewhere; the error says where, and why.
    #[error(transparent)]
    Listen(std::io::Error),
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Tasks that did not end by the deadline, because a handler blocks its thread.
    pub stuck: usize,
}

impl<A: Application> Service<A> {
    /// A service that does not run yet.
    ///
    /// # Errors
    /// A limit is 0.
    pub fn new(application: A, config: ServiceConfig) -> Result<Self, ServiceError> {
        config.check()?;
        let framing = application.framing();
        let inner = Inner {
            layout: Arc::new(*framing.layout()),
            framing,
            limits: Arc::new(config.limits.clone()),
            engine: Engine::new(config.read_buffer, config.update_interval),
            slots: Slots::new(config.max_sessions, config.max_sessions_per_address),
            sessions: Mutex::default(),
            opened: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            run: Mutex::new(None),
            application,
            config,
        };
        Ok(Service { inner: Arc::new(inner) })
    }

    /// Starts to listen where the configuration says. Gives the listeners, in that order.
    ///
    /// # Errors
    /// It runs already, or cannot listen somewhere; then it does not run, and listens nowhere.
    pub async fn start(&self) -> Result<Vec<Listener>, ServiceError> {
        {
            let mut run = self.inner.lock_run();
            if run.is_some() {
                return Err(ServiceError::AlreadyRunning);
            }
            let new = Run {
                stop: CancellationToken::new(),
                abort: CancellationToken::new(),
                tasks: TaskTracker::new(),
                engine: CancellationToken::new(),
            };
            tokio::spawn(new.engine.clone().run_until_cancelled_owned(self.inner.engine.clone().run()));
            *run = Some(new);
        }
        let mut listeners = Vec::new();
        for listen in &self.inner.config.listeners {
            match self.listen(listen.clone()).await {
                Ok(listener) => listeners.push(listener),
                Err(error) => {
                    self.stop(Duration::ZERO).await;
                    return Err(error);
                }
            }
        }
        Ok(listeners)
    }

    /// Listens somewhere else as well, until the service stops or the listener is closed.
    ///
    /// # Errors
    /// The service does not run, or cannot listen there.
    pub async fn listen(&self, listen: ListenOn) -> Result<Listener, ServiceError> {
        let run = self.inner.running()?;
        listener::start(self.inner.clone(), run, listen).await
    }

    /// Connects somewhere, in the background: the application hears of it as `connected` or `failed`.
    ///
    /// # Errors
    /// The service does not run.
    pub fn connect(&self, to: ConnectTo) -> Result<Connector, ServiceError> {
        let run = self.inner.running()?;
        Ok(connector::start(self.inner.clone(), run, to))
    }

    /// Stops: listens and connects no more, ends every session when what it accepted is sent, and those that are not done
    /// shortly before the deadline at once. Returns by the deadline, or as soon as all is over.
    pub async fn stop(&self, deadline: Duration) -> Stopped {
        let Some(run) = self.inner.lock_run().take() else { return Stopped { stuck: 0 } };
        run.stop.cancel();
        run.tasks.close();
        let until = tokio::time::Instant::now() + deadline;
        let gently = tokio::time::Instant::now() + deadline.mul_f64(0.8);
        self.inner.each_session(|session| session.shared.close(CloseReason::Shutdown));
        if tokio::time::timeout_at(gently, run.tasks.wait()).await.is_err() {
            run.abort.cancel();
            self.inner.each_session(|session| session.shared.abort(CloseReason::Shutdown));
            let _ = tokio::time::timeout_at(until, run.tasks.wait()).await;
        }
        run.engine.cancel();
        Stopped { stuck: run.tasks.len() }
    }

    /// Whether it was started and not stopped.
    pub fn is_running(&self) -> bool {
        self.inner.lock_run().is_some()
    }

    /// An open session by its number.
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.inner.lock_sessions().get(&id).cloned()
    }

    /// The open sessions.
    pub fn sessions(&self) -> Vec<Session> {
        self.inner.lock_sessions().values().cloned().collect()
    }

    /// The application.
    pub fn application(&self) -> &A {
        &self.inner.application
    }

    /// What it is doing.
    pub fn status(&self) -> Status {
        let sessions = self.sessions();
        let mut traffic: Traffic = self.inner.engine.past.get();
        for session in &sessions {
            traffic += session.traffic();
        }
        Status {
            running: self.is_running(),
            sessions: sessions.len(),
            opened: self.inner.opened.load(Relaxed),
            refused: self.inner.refused.load(Relaxed),
            traffic,
            pools: self.inner.engine.pools(),
        }
    }
}

impl<A: Application> Inner<A> {
    fn lock_run(&self) -> MutexGuard<'_, Option<Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Result<Run, ServiceError> {
        self.lock_run().clone().ok_or(ServiceError::NotRunning)
    }

    fn each_session(&self, each: impl Fn(&Session)) {
        let sessions: Vec<Session> = self.lock_sessions().values().cloned().collect();
        sessions.iter().for_each(each);
    }

    /// Tells the application of a connection that did not become a session.
    pub(crate) fn failed(&self, failed: Failed) {
        self.refused.fetch_add(1, Relaxed);
        tracing::debug!(endpoint = %failed.endpoint, "no session: {}", failed.reason);
        self.application.failed(failed);
    }

    /// Makes a session of a connection and runs it to its end.
    pub(crate) async fn run_session(
        self: Arc<Self>,
        transport: Box<dyn Transport>,
        side: Side,
        peer: PeerAddress,
        how: Connected,
        run: Run,
        slot: Slot,
    ) {
        let (mut reader, writer) = transport.split();
        let shared = Shared::new(Parts {
            id: SessionId::next(),
            side,
            peer,
            layout: self.layout.clone(),
            limits: self.limits.clone(),
            engine: self.engine.clone(),
            writer,
            wants_sent: <A::Handler as Handler>::WANTS_SENT,
        });
        let session = Session { shared };
        self.lock_sessions().insert(session.id(), session.clone());
        // Registered first, so that a stop either sees the session or is seen here.
        if run.stop.is_cancelled() {
            session.shared.close(CloseReason::Shutdown);
        }
        self.opened.fetch_add(1, Relaxed);
        tracing::debug!(session = %session.id(), peer = %session.peer(), "opened");
        let registered = Registered { inner: &self, session: &session };
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.application.connected(&session, how)));
        match made {
            Ok(handler) => driver::run(&session, &mut reader, self.framing.clone(), handler).await,
            Err(_) => session.shared.abort(CloseReason::HandlerPanicked("connected() of the application".into())),
        }
        drop(registered);
        run.abort.run_until_cancelled(driver::linger(&session, &mut reader)).await;
        drop(slot);
    }
}

/// Takes a session off the list when its task goes.
struct Registered<'a, A: Application> {
    inner: &'a Inner<A>,
    session: &'a Session,
}

impl<A: Application> Drop for Registered<'_, A> {
    fn drop(&mut self) {
        self.inner.lock_sessions().remove(&self.session.id());
        if let Some(reason) = self.session.close_reason() {
            tracing::debug!(session = %self.session.id(), origin = ?reason.origin(), "closed: {reason}");
        }
    }
}
