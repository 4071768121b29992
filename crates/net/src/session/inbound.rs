//! What the peer sent: bytes in, frames out.

use laster_frame::{DecodeError, Decoder, Frame, Framing, Header, Side};

use crate::session::{Moment, Watch};

/// Room is made for at least so many bytes of an unfinished frame at a time, whatever length it declared.
const STEP: usize = 4096;
/// And for this part of what there is of it, where that is more: so that a large frame in small pieces is moved from room to
/// larger room a number of times that does not grow with it.
const STEP_PART: usize = 16;

/// Finds the frames in what the peer sent.
///
/// Bytes are kept only while they are not yet a frame, or wait for their turn: `0 <= taken <= kept.len()`, and what was
/// kept is freed as soon as `taken == kept.len()`. Room grows with the bytes that came, never with a declared length.
#[derive(Debug)]
pub struct Inbound<F> {
    decoder: Decoder<F>,
    kept: Vec<u8>,
    /// How many of the kept bytes are done with.
    taken: usize,
    frames: u64,
    /// The frame that was under way when last looked at, by its number.
    begun: Option<u64>,
}

impl<F: Framing> Inbound<F> {
    /// Nothing received so far from the side `from`.
    pub fn new(framing: F, from: Side) -> Self {
        Inbound { decoder: Decoder::new(framing, from), kept: Vec::new(), taken: 0, frames: 0, begun: None }
    }

    /// Gives the next frame of what was kept and what is `fresh` to `take`. `None`: there is none yet. `fresh` is moved on
    /// behind what was used; hand the rest to [`keep`](Inbound::keep) when done with it for now.
    ///
    /// # Errors
    /// The bytes are no frame. The stream is lost.
    #[inline]
    pub fn next<T>(
        &mut self,
        fresh: &mut &[u8],
        limit: impl Fn(&Header) -> u32,
        take: impl FnOnce(Frame<'_>) -> T,
    ) -> Result<Option<T>, DecodeError> {
        if self.kept.is_empty() {
            let frame = self.decoder.next_within(fresh, limit)?;
            self.frames += u64::from(frame.is_some());
            return Ok(frame.map(take));
        }
        self.keep(std::mem::take(fresh));
        let mut rest = &self.kept[self.taken..];
        let frame = self.decoder.next_within(&mut rest, limit)?;
        self.frames += u64::from(frame.is_some());
        let taken = self.kept.len() - rest.len();
        let frame = frame.map(take);
        self.taken = taken;
        if self.taken == self.kept.len() {
            self.kept = Vec::new();
            self.taken = 0;
        }
        Ok(frame)
    }

    /// Keeps bytes for later.
    pub fn keep(&mut self, fresh: &[u8]) {
        if fresh.is_empty() {
            return;
        }
        if self.taken > 0 {
            self.kept.drain(..self.taken);
            self.taken = 0;
        }
        if self.kept.capacity() - self.kept.len() < fresh.len() {
            self.kept.reserve_exact(fresh.len().max(STEP).max(self.kept.len() / STEP_PART));
        }
        self.kept.extend_from_slice(fresh);
    }

    /// Tells the watch whether a frame is under way, when everything there is was looked at.
    pub fn looked_at(&mut self, watch: &Watch, now: Moment) {
        if self.kept.is_empty() {
            if self.begun.take().is_some() {
                watch.frame_begun(None);
            }
        } else if self.begun != Some(self.frames) {
            self.begun = Some(self.frames);
            watch.frame_begun(Some(now));
        }
    }

    /// Tells the watch that nobody looks for a while, because the handler works: the frame before is complete, and what comes
    /// of the next one waits for this side.
    pub fn paused(&mut self, watch: &Watch) {
        if self.begun.take().is_some() {
            watch.frame_begun(None);
        }
    }

    /// Whether the stream may end here.
    ///
    /// # Errors
    /// It ends inside a frame.
    pub fn finish(&self) -> Result<(), DecodeError> {
        self.decoder.finish(&self.kept[self.taken..])
    }

    /// How many bytes of memory are held for bytes not yet used.
    pub fn held(&self) -> usize {
        self.kept.capacity()
    }
}

#[cfg(test)]
mod tests {
    use laster_frame::layouts::SimpleBinary;

    use super::*;

    fn payloads(inbound: &mut Inbound<SimpleBinary>, mut fresh: &[u8]) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        while let Some(payload) = inbound.next(&mut fresh, |_| u32::MAX, |frame| frame.payload.to_vec()).unwrap() {
            payloads.push(payload);
        }
        inbound.keep(fresh);
        payloads
    }

    #[test]
    fn memory_follows_the_bytes_received() {
        let mut inbound = Inbound::new(SimpleBinary, Side::Client);
        assert!(payloads(&mut inbound, &4096u32.to_le_bytes()).is_empty());
        assert_eq!(inbound.held(), STEP);
        let mut most = 0;
        for _ in 0..4095 {
            assert!(payloads(&mut inbound, &[1]).is_empty());
            most = most.max(inbound.held());
        }
        assert!(most <= 4099 + STEP, "{most} bytes held for 4099 received");
        assert_eq!(payloads(&mut inbound, &[1]), [vec![1; 4096]]);
        assert_eq!(inbound.held(), 0);
    }

    #[test]
    fn a_frame_and_a_half() {
        let mut inbound = Inbound::new(SimpleBinary, Side::Client);
        assert_eq!(payloads(&mut inbound, b"\x01\0\0\0a\x03\0\0\0b"), [b"a"]);
        assert_eq!(inbound.finish().unwrap_err().to_string(), "offset 5: the stream ends 5 bytes into a frame");
        assert_eq!(payloads(&mut inbound, b"cd\0\0\0\0"), [&b"bcd"[..], b""]);
        assert_eq!(inbound.finish(), Ok(()));
    }

    #[test]
    fn a_new_frame_begins_a_new_deadline() {
        let watch = Watch::new(Moment::START);
        watch.greeted(Moment::START);
        let limits = crate::session::SessionLimits::default();
        let mut inbound = Inbound::new(SimpleBinary, Side::Client);
        for second in 1..60 {
            // Each read ends one frame and begins the next.
            let now = Moment::from_millis(second * 1000);
            payloads(&mut inbound, if second == 1 { b"\x01\0\0\0" } else { b"a\x01\0\0\0" });
            watch.received(now);
            inbound.looked_at(&watch, now);
            assert!(watch.check(&limits, now).is_ok());
        }
        assert!(watch.check(&limits, Moment::from_millis(68_999)).is_ok());
        assert!(watch.check(&limits, Moment::from_millis(69_000)).is_err());
    }
}
