//! What it takes to accept a frame: room, and an encoder that does its part.

use laster_frame::EncodeError;

use crate::session::CloseReason;

/// Why a frame was not accepted. The queue is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The session ends.
    #[error("the session is closed: {0}")]
    Closed(CloseReason),
    /// As many frames wait as may.
    #[error("the send queue is full: {limit} frames are waiting")]
    FullItems {
        /// The most frames that may wait.
        limit: u32,
    },
    /// There is no room for so many bytes.
    #[error("the send queue is full: {waiting} of {limit} bytes are waiting, and {len} more were given")]
    FullBytes {
        /// The most bytes that may wait.
        limit: u32,
        /// How many do.
        waiting: usize,
        /// How many were to be added.
        len: usize,
    },
    /// The layout cannot carry such a frame.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl PushError {
    /// Whether there may be room later.
    pub const fn is_full(&self) -> bool {
        matches!(self, PushError::FullItems { .. } | PushError::FullBytes { .. })
    }

    /// Why a session ends that is not to wait for a slow reader.
    pub fn into_reason(self) -> CloseReason {
        match self {
            PushError::Closed(reason) => reason,
            PushError::FullItems { limit } => CloseReason::QueueFullItems { limit },
            PushError::FullBytes { limit, .. } => CloseReason::QueueFullBytes { limit },
            PushError::Encode(error) => CloseReason::CannotEncode(error),
        }
    }
}

/// An empty queue takes any one batch.
pub(crate) fn room_for_bytes(limit: u32, waiting: usize, len: usize) -> Result<(), PushError> {
    if waiting > 0 && waiting + len > limit as usize {
        return Err(PushError::FullBytes { limit, waiting, len });
    }
    Ok(())
}

/// A frame that is being written behind others: what is of it behind `before` goes again, also when its encoder panics.
pub(crate) struct Attempt<'a> {
    pub(crate) tail: &'a mut Vec<u8>,
    before: usize,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(tail: &'a mut Vec<u8>) -> Self {
        let before = tail.len();
        Attempt { tail, before }
    }

    /// The frame's bytes.
    ///
    /// # Panics
    /// When the encoder has taken away what was there before it.
    pub(crate) fn len(&self) -> usize {
        assert!(
            self.tail.len() >= self.before,
            "an encoder writes behind what is in the buffer, and takes nothing away"
        );
        self.tail.len() - self.before
    }

    /// Takes the frame's bytes out again.
    pub(crate) fn take_back(self) -> Vec<u8> {
        self.tail.split_off(self.before)
    }

    /// The frame is whole, and stays.
    pub(crate) fn keep(mut self) {
        self.before = self.tail.len();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.tail.truncate(self.before);
    }
}
