//! A service: what listens, what connects, and the sessions that come of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use laster_frame::Framing;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    application::Application,
    connector::{self, ConnectTo, Connector},
    engine::Engine,
    handle::{Session, SessionId},
    listener::{self, ListenOn, Listener},
    running::{Inner, Run},
    session::{CloseReason, LimitError, SessionLimits},
    slots::Slots,
    statistics::{Status, Traffic},
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
            runs: AtomicU64::new(0),
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
    ///
    /// # Cancel safety
    /// Dropped, it has done nothing.
    pub async fn start(&self) -> Result<Vec<Listener>, ServiceError> {
        if self.is_running() {
            return Err(ServiceError::AlreadyRunning);
        }
        // All addresses are taken before anybody is accepted. What goes wrong here is undone by dropping them.
        let mut acceptors = Vec::new();
        for listen in &self.inner.config.listeners {
            acceptors.push(listener::bind(listen).await?);
        }
        let mut running = self.inner.lock_run();
        if running.is_some() {
            return Err(ServiceError::AlreadyRunning);
        }
        let run = Run {
            number: self.inner.runs.fetch_add(1, Relaxed),
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
            tasks: TaskTracker::new(),
            keeper: TaskTracker::new(),
        };
        let (stop, tasks) = (run.stop.clone(), run.tasks.clone());
        run.keeper.spawn(self.inner.engine.clone().run_until(async move {
            stop.cancelled().await;
            tasks.wait().await;
        }));
        run.keeper.close();
        let start = |acceptor| listener::start(self.inner.clone(), &run, acceptor);
        let listeners = acceptors.into_iter().map(start).collect();
        *running = Some(run);
        Ok(listeners)
    }

    /// Listens somewhere else as well, until the service stops or the listener is closed.
    ///
    /// # Errors
    /// The service does not run, or cannot listen there.
    pub async fn listen(&self, listen: ListenOn) -> Result<Listener, ServiceError> {
        let run = self.inner.running()?;
        let acceptor = listener::bind(&listen).await?;
        // It may have been stopped meanwhile.
        if run.stop.is_cancelled() {
            return Err(ServiceError::NotRunning);
        }
        Ok(listener::start(self.inner.clone(), &run, acceptor))
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
    ///
    /// # Cancel safety
    /// Dropped after it was first polled, it still stops: each session ends by its drain limit, as there is no deadline any
    /// more.
    pub async fn stop(&self, deadline: Duration) -> Stopped {
        let Some(run) = self.inner.lock_run().take() else { return Stopped { stuck: 0 } };
        run.stop.cancel();
        run.tasks.close();
        self.inner.each_session_of(&run, |session| session.shared.close(CloseReason::Shutdown));
        let all = async {
            run.tasks.wait().await;
            run.keeper.wait().await;
        };
        let mut all = std::pin::pin!(all);
        let gently = deadline.mul_f64(0.8);
        if tokio::time::timeout(gently, &mut all).await.is_err() {
            run.abort.cancel();
            self.inner.each_session_of(&run, |session| session.shared.abort(CloseReason::Shutdown));
            let _ = tokio::time::timeout(deadline - gently, all).await;
        }
        self.inner.engine.all_are_over();
        Stopped { stuck: run.tasks.len() }
    }

    /// Whether it was started and not stopped.
    pub fn is_running(&self) -> bool {
        self.inner.lock_run().is_some()
    }

    /// An open session by its number.
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.inner.lock_sessions().get(&id).map(|open| open.session.clone())
    }

    /// The open sessions.
    pub fn sessions(&self) -> Vec<Session> {
        self.inner.lock_sessions().values().map(|open| open.session.clone()).collect()
    }

    /// The application.
    pub fn application(&self) -> &A {
        &self.inner.application
    }

    /// What it is doing.
    pub fn status(&self) -> Status {
        let (sessions, traffic) = {
            // A session that ends goes from the list to the past under this lock, so that each is counted once.
            let sessions = self.inner.lock_sessions();
            let mut traffic: Traffic = self.inner.engine.past.get();
            sessions.values().for_each(|open| traffic += open.session.traffic());
            (sessions.len(), traffic)
        };
        Status {
            running: self.is_running(),
            sessions,
            opened: self.inner.opened.load(Relaxed),
            refused: self.inner.refused.load(Relaxed),
            traffic,
            pools: self.inner.engine.pools(),
        }
    }
}
