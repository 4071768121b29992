//! Where attackers meet a service.

use std::time::Duration;

use laster_frame::{DecodeError, Layout};
use laster_net::{CloseReason, Listener, Service, ServiceConfig, SessionId, SessionLimits};

use crate::support::{Event, Events, Lab, Raw, listening, serve, until};

/// The limits of every session here.
pub(crate) fn limits() -> SessionLimits {
    SessionLimits { idle: Duration::from_secs(30), ..SessionLimits::default() }
}

/// A service with one session that is as it should be.
pub(crate) struct Arena {
    pub(crate) service: Service<Lab>,
    pub(crate) events: Events,
    pub(crate) listener: Listener,
    healthy: Option<Raw>,
    /// What the healthy session says; a frame of the layout.
    greeting: Vec<u8>,
    tasks: usize,
}

impl Arena {
    /// Echoes frames of this layout. `greeting` is such a frame.
    pub(crate) async fn new(at: &str, lab: (Lab, Events), layout: &'static Layout, greeting: &[u8]) -> Arena {
        let config = ServiceConfig { limits: limits(), ..listening(&[at]) };
        let (service, listeners) = serve(lab.0.layout(layout), config).await;
        let mut arena = Arena {
            service,
            events: lab.1,
            listener: listeners[0].clone(),
            healthy: None,
            greeting: greeting.to_vec(),
            tasks: 0,
        };
        let (id, healthy) = arena.attacker().await;
        arena.healthy = Some(healthy);
        arena.ask_healthy().await;
        assert!(arena.service.session(id).is_some());
        arena.tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        arena
    }

    /// A new connection, of whatever intent.
    pub(crate) async fn attacker(&mut self) -> (SessionId, Raw) {
        let peer = Raw::connect(self.listener.endpoint()).await;
        loop {
            if let Event::Connected { id, .. } = self.events.next("the attacker's session").await {
                return (id, peer);
            }
        }
    }

    /// The healthy session says something and gets its answer.
    pub(crate) async fn ask_healthy(&mut self) {
        let healthy = self.healthy.as_mut().expect("it is there from the beginning");
        healthy.send(&self.greeting).await;
        let mut answer = vec![0; self.greeting.len()];
        let read = tokio::io::AsyncReadExt::read_exact(&mut healthy.reader, &mut answer);
        crate::support::within("the healthy session's answer", read).await.unwrap();
        assert_eq!(answer, self.greeting);
    }

    /// An attacker sends this, and then nothing. Gives why its session ended.
    pub(crate) async fn attack(&mut self, bytes: &[u8]) -> CloseReason {
        let (id, mut attacker) = self.attacker().await;
        // The session may be over before all is sent.
        let _ = attacker.try_send(bytes).await;
        self.end_of(id, attacker).await
    }

    /// How the attacker's session ends while the healthy one goes on; and that nothing of it is left then.
    pub(crate) async fn end_of(&mut self, attacker: SessionId, peer: Raw) -> CloseReason {
        let reason = loop {
            let next = tokio::time::timeout(Duration::from_secs(5), self.events.next("the attacker's end")).await;
            match next {
                Ok(Event::Closed(id, reason)) => {
                    assert_eq!(id, attacker, "another session ended: {reason}");
                    break reason;
                }
                Ok(_) => {}
                // Not idle: its own limits must not end it.
                Err(_) => self.ask_healthy().await,
            }
        };
        drop(peer);
        self.ask_healthy().await;
        let metrics = tokio::runtime::Handle::current().metrics();
        until("the attacker's tasks to end", || metrics.num_alive_tasks() == self.tasks).await;
        let status = self.service.status();
        assert_eq!(status.sessions, 1, "after {reason}");
        assert!(status.pools.iter().all(|pool| pool.taken == 0), "after {reason}: {status}");
        reason
    }

    /// As [`attack`](Arena::attack), where the bytes are no frame.
    pub(crate) async fn bad_frame(&mut self, bytes: &[u8]) -> DecodeError {
        match self.attack(bytes).await {
            CloseReason::BadFrame(error) => error,
            other => panic!("{:x?} ended with: {other}", &bytes[..bytes.len().min(20)]),
        }
    }
}
