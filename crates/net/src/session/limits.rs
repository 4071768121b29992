//! What one session may cost.

use std::time::Duration;

/// The limits of one session. None of them can be off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// The most frames that wait to be sent. Default 4096.
    pub queue_items: u32,
    /// The most bytes that wait to be sent. Default 1 MiB. An empty queue takes any one frame.
    pub queue_bytes: u32,
    /// How long the peer may send nothing at all. A handler at work does not stop this clock: while it waits for a peer that
    /// does not read, nothing else would end the session. Default 90 s.
    pub idle: Duration,
    /// How long the peer may take for a frame it has begun. What comes while the handler works is looked at afterwards, and
    /// counts from then. Default 10 s.
    pub frame: Duration,
    /// How long a client may take for its first message. Default 10 s.
    pub hello: Duration,
    /// How long TLS and WebSocket may take to be agreed. Default 10 s.
    pub handshake: Duration,
    /// How long what was accepted for sending may take to be sent after the end. Default 5 s.
    pub drain: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        SessionLimits {
            queue_items: 4096,
            queue_bytes: 1 << 20,
            idle: Duration::from_secs(90),
            frame: Duration::from_secs(10),
            hello: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }
}

impl SessionLimits {
    /// Whether each limit limits something.
    ///
    /// # Errors
    /// Names the first limit that is 0.
    pub fn check(&self) -> Result<(), LimitError> {
        let zero = |name, is_zero: bool| if is_zero { Err(LimitError { name }) } else { Ok(()) };
        zero("queue_items", self.queue_items == 0)?;
        zero("queue_bytes", self.queue_bytes == 0)?;
        zero("idle", self.idle.as_millis() == 0)?;
        zero("frame", self.frame.as_millis() == 0)?;
        zero("hello", self.hello.as_millis() == 0)?;
        zero("handshake", self.handshake.as_millis() == 0)?;
        zero("drain", self.drain.as_millis() == 0)
    }
}

/// A limit of 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit `{name}` is 0: a limit cannot be off, choose a large one instead")]
pub struct LimitError {
    /// Which limit.
    pub name: &'static str,
}
