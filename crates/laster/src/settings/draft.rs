//! A configuration as it is written, and what it becomes. A key that is left out is as the program has it.

use laster_net::{ServiceConfig, SessionLimits};
use serde::Deserialize;

use super::{
    Settings,
    error::SettingsError,
    framing::FramingName,
    logging::LoggingDraft,
    peers::{Connecting, Listening, OneOrMore},
    scalar::{Count, Size, Span},
};

/// All keys that every program has.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Draft {
    listeners: Option<OneOrMore<Listening>>,
    connectors: Option<OneOrMore<Connecting>>,
    framing: Option<FramingName>,
    max_payload: Option<Size>,
    max_sessions: Option<Count>,
    max_sessions_per_address: Option<Count>,
    read_buffer: Option<Size>,
    update_interval: Option<Span>,
    limits: LimitsDraft,
    logging: LoggingDraft,
}

/// Keys below `limits`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table of limits")]
struct LimitsDraft {
    queue_items: Option<Count>,
    queue_bytes: Option<Size>,
    idle: Option<Span>,
    frame: Option<Span>,
    hello: Option<Span>,
    handshake: Option<Span>,
    drain: Option<Span>,
}

impl Draft {
    /// Over what the program takes for granted.
    ///
    /// # Errors
    /// What is wrong with `max_payload`; all else was refused when it was read.
    pub(super) fn over(self, default: Settings) -> Result<Settings, SettingsError> {
        let base = default.service;
        let service = ServiceConfig {
            listeners: self
                .listeners
                .map_or(base.listeners, |list| list.0.into_iter().map(|Listening(to)| to).collect()),
            max_sessions: self.max_sessions.map_or(base.max_sessions, Count::get),
            max_sessions_per_address: self.max_sessions_per_address.map_or(base.max_sessions_per_address, Count::get),
            limits: self.limits.over(base.limits),
            read_buffer: self.read_buffer.map_or(base.read_buffer, |size| size.get() as usize),
            update_interval: self.update_interval.map_or(base.update_interval, Span::get),
        };
        // Another framing brings its own limit with it.
        let (framing, layout) = match self.framing {
            Some(framing) => (framing, framing.layout()),
            None => (default.framing, default.layout),
        };
        let layout = match self.max_payload {
            Some(most) => layout.try_max_payload(most.get()).map_err(|error| {
                SettingsError::new(format!(
                    "the framing {framing} cannot carry {} bytes: {}",
                    most.get(),
                    error.as_str()
                ))
            }),
            None => Ok(layout),
        }?;
        let connectors = self.connectors.map(|list| list.0.into_iter().map(|Connecting(to)| to).collect());
        Ok(Settings {
            service,
            framing,
            layout,
            connectors: connectors.unwrap_or(default.connectors),
            logging: self.logging.over(default.logging),
        })
    }
}

impl LimitsDraft {
    fn over(self, default: SessionLimits) -> SessionLimits {
        SessionLimits {
            queue_items: self.queue_items.map_or(default.queue_items, Count::get),
            queue_bytes: self.queue_bytes.map_or(default.queue_bytes, Size::get),
            idle: self.idle.map_or(default.idle, Span::get),
            frame: self.frame.map_or(default.frame, Span::get),
            hello: self.hello.map_or(default.hello, Span::get),
            handshake: self.handshake.map_or(default.handshake, Span::get),
            drain: self.drain.map_or(default.drain, Span::get),
        }
    }
}
