//! The program around the service: starts it, obeys keys, says what it is doing, and stops it at the end.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    time::Duration,
};

use laster::{
    net::{ConnectTo, Endpoint, Listener, Service, ServiceError},
    settings::Settings,
};
use tokio::time::MissedTickBehavior;

use crate::{
    echo::Echo,
    end::End,
    keys::{self, Key, Keys},
};

/// How long sessions may take to send what is theirs when the service stops.
const STOP: Duration = Duration::from_secs(2);

/// The service and the person in front of it.
pub(crate) struct Console {
    service: Service<Echo>,
    connectors: Vec<ConnectTo>,
    listeners: Vec<Listener>,
    introduction: String,
}

/// Says a line to the person in front. That nobody reads it is no reason to stop serving.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

impl Console {
    pub(crate) fn new(settings: Settings) -> Result<Console, ServiceError> {
        let mut introduction = format!("echo of {} frames; keys: {}", settings.framing, keys::HELP);
        if let Some(files) = settings.logging.files_pattern("echo-server") {
            introduction += &format!("; log: {files}");
        }
        let service = Service::new(Echo::new(settings.layout), settings.service)?;
        Ok(Console { service, connectors: settings.connectors, listeners: Vec::new(), introduction })
    }

    /// Runs until `q`, Ctrl-C, or the system's request to end.
    ///
    /// # Errors
    /// The service cannot start. Later, a person has the time to mend that and to press 2.
    pub(crate) async fn run(&mut self, status_interval: Duration) -> Result<(), Box<dyn Error>> {
        // First, so that the terminal is given back whenever Ctrl-C comes.
        let mut end = End::listen()?;
        let mut keys = Keys::listen();
        say(&self.introduction);
        self.start().await?;
        let first = tokio::time::Instant::now() + status_interval;
        let mut status = tokio::time::interval_at(first, status_interval);
        status.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                key = keys.next() => match key {
                    Key::Stop => self.stop().await,
                    Key::Run => match self.start().await {
                        Ok(()) => {}
                        Err(error) => say(error),
                    },
                    Key::Connect => self.connect_to_itself(),
                    Key::Quit => break,
                    Key::Other(other) => say(format_args!("{other:?} is no key: {}", keys::HELP)),
                },
                _ = status.tick() => say(self.service.status()),
                () = end.asked() => break,
            }
        }
        self.stop().await;
        Ok(())
    }

    async fn start(&mut self) -> Result<(), ServiceError> {
        self.listeners = self.service.start().await?;
        for listener in &self.listeners {
            say(format_args!("listening on {}", listener.endpoint()));
        }
        for to in &self.connectors {
            say(format_args!("connecting to {}", to.endpoint));
            self.service.connect(to.clone())?;
        }
        say("running");
        Ok(())
    }

    async fn stop(&mut self) {
        if !self.service.is_running() {
            return say("stopped already");
        }
        match self.service.stop(STOP).await.stuck {
            0 => say("stopped"),
            stuck => say(format_args!("stopped, but for {stuck} tasks that did not end in time")),
        }
    }

    /// Connects to its own first listener, and tries again without end.
    fn connect_to_itself(&self) {
        let Some(endpoint) = self.listeners.first().map(|listener| reachable(listener.endpoint())) else {
            return say("there is no listener to connect to");
        };
        let shown = endpoint.to_string();
        if shown.starts_with("tls:") || shown.starts_with("wss:") {
            return say(format_args!("{shown} needs roots to trust: write a connector into the configuration"));
        }
        if !self.service.is_running() {
            return say(ServiceError::NotRunning);
        }
        say(format_args!("connecting to {shown}"));
        if let Err(error) = self.service.connect(ConnectTo { timeout: Duration::from_secs(1), ..endpoint.into() }) {
            say(error);
        }
    }
}

/// Where something is reached that listens on every address.
fn reachable(endpoint: &Endpoint) -> Endpoint {
    let text = endpoint.to_string().replacen("://0.0.0.0:", "://127.0.0.1:", 1).replacen("://[::]:", "://[::1]:", 1);
    text.parse().unwrap_or_else(|_| endpoint.clone())
}
