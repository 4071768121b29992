//! A service at work: how what arrives becomes a session, and what belongs to one time between start and stop.

use std::{
    collections::HashMap,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use laster_frame::{Layout, Side};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    application::{Application, Connected, Failed, Handler},
    driver::{self, Served},
    engine::Engine,
    handle::{Session, SessionId},
    service::{ServiceConfig, ServiceError},
    session::{CloseReason, SessionLimits},
    shared::{Parts, Shared},
    slots::{Slot, Slots},
    transport::{PeerAddress, Transport},
};

/// What all handles and tasks of a service share.
pub(crate) struct Inner<A: Application> {
    pub(crate) application: A,
    pub(crate) config: ServiceConfig,
    pub(crate) framing: A::Framing,
    pub(crate) layout: Arc<Layout>,
    pub(crate) limits: Arc<SessionLimits>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) sessions: Mutex<HashMap<SessionId, Open>>,
    /// How many times it was started.
    pub(crate) runs: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) run: Mutex<Option<Run>>,
}

/// A connection that is to become a session.
pub(crate) struct Arrived {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) side: Side,
    pub(crate) peer: PeerAddress,
    pub(crate) how: Connected,
    /// Its place among the sessions.
    pub(crate) slot: Slot,
}

/// An open session.
pub(crate) struct Open {
    pub(crate) session: Session,
    /// The number of the run that it belongs to.
    pub(crate) run: u64,
}

/// What belongs to one time between start and stop.
#[derive(Clone)]
pub(crate) struct Run {
    /// Which one it is.
    pub(crate) number: u64,
    /// Says that the service stops.
    pub(crate) stop: CancellationToken,
    /// Says that the time for a gentle stop is over.
    pub(crate) abort: CancellationToken,
    /// The tasks of listeners, connectors and sessions.
    pub(crate) tasks: TaskTracker,
    /// The task that keeps the time for them. It ends when they have ended.
    pub(crate) keeper: TaskTracker,
}

impl<A: Application> Inner<A> {
    pub(crate) fn lock_run(&self) -> MutexGuard<'_, Option<Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Open>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn running(&self) -> Result<Run, ServiceError> {
        self.lock_run().clone().ok_or(ServiceError::NotRunning)
    }

    pub(crate) fn each_session_of(&self, run: &Run, each: impl Fn(&Session)) {
        let of_run = |open: &&Open| open.run == run.number;
        let sessions: Vec<Session> =
            self.lock_sessions().values().filter(of_run).map(|open| open.session.clone()).collect();
        sessions.iter().for_each(each);
    }

    /// Tells the application of a connection that did not become a session. Should it panic, the caller, who may be a
    /// listener, goes on.
    pub(crate) fn failed(&self, failed: Failed) {
        self.refused.fetch_add(1, Relaxed);
        tracing::debug!(endpoint = %failed.endpoint, "no session: {}", failed.reason);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.application.failed(failed))) {
            tracing::error!("failed() of the application panicked: {}", driver::panic_text(&*panic));
        }
    }

    /// Makes a session of what arrives, if it does, and runs it to its end, in a task of its own.
    ///
    /// What it takes to arrive (TLS needs some KiB for that) is in a box of its own, which is gone before the session is
    /// there: it is no part of the task, which stays.
    pub(crate) fn spawn_session(
        self: &Arc<Self>,
        run: Run,
        arrive: impl Future<Output = Option<Arrived>> + Send + 'static,
    ) {
        let (inner, tasks, arrive) = (self.clone(), run.tasks.clone(), Box::pin(arrive));
        tasks.spawn(async move {
            let session = match arrive.await {
                Some(arrived) => inner.session(arrived, run),
                None => return,
            };
            session.await;
        });
    }

    /// Makes a session; the future runs it. What is needed only at the beginning is no part of the future.
    fn session(self: Arc<Self>, arrived: Arrived, run: Run) -> impl Future<Output = ()> + Send {
        let Arrived { transport, side, peer, how, slot } = arrived;
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
        self.lock_sessions().insert(session.id(), Open { session: session.clone(), run: run.number });
        // Registered first, so that a stop either sees the session or is seen here.
        if run.stop.is_cancelled() {
            session.shared.close(CloseReason::Shutdown);
        }
        self.opened.fetch_add(1, Relaxed);
        tracing::debug!(session = %session.id(), peer = %session.peer(), "opened");
        let registered = Registered { inner: self, session: session.clone() };
        let served = match catch_unwind(AssertUnwindSafe(|| registered.inner.application.connected(&session, how))) {
            Ok(handler) => Some(Served { session, handler }),
            Err(panic) => {
                // There is no handler to be told.
                let text = driver::panic_text(&*panic);
                tracing::error!(session = %session.id(), "connected() of the application panicked: {text}");
                session.shared.abort(CloseReason::HandlerPanicked(text));
                session.shared.finish();
                None
            }
        };
        async move {
            if let Some(served) = served {
                served.run(&mut reader, registered.inner.framing.clone()).await;
            }
            let session = registered.session.clone();
            drop(registered);
            run.abort.run_until_cancelled(driver::linger(&session, &mut reader)).await;
            drop(slot);
        }
    }
}

/// Takes a session off the list when its task goes, and its figures to those of the past.
struct Registered<A: Application> {
    inner: Arc<Inner<A>>,
    session: Session,
}

impl<A: Application> Drop for Registered<A> {
    fn drop(&mut self) {
        {
            let mut sessions = self.inner.lock_sessions();
            sessions.remove(&self.session.id());
            self.inner.engine.past.add(self.session.traffic());
        }
        if let Some(reason) = self.session.close_reason() {
            tracing::debug!(session = %self.session.id(), origin = ?reason.origin(), "closed: {reason}");
        }
    }
}
