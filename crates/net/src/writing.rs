//! How frames are accepted and leave: the part of [`Shared`] that writes.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use laster_frame::EncodeError;
use tokio::io::AsyncWrite;

use crate::{
    handle::Flush,
    session::{Outbound, Phase, PushError},
    shared::{Out, Shared},
};

/// What is gathered is written when there are so many bytes of it.
const GATHERED_BYTES: usize = 64 * 1024;
/// How many slices go into one write.
const SLICES: usize = 32;

impl Shared {
    /// Accepts one frame.
    pub(crate) fn push(
        &self,
        flush: Flush,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), PushError> {
        let mut out = self.out();
        if !out.blocked && self.is_open() && out.queue.room_for_items(1).is_err() {
            self.write_from_outside(&mut out);
        }
        self.borrow(&mut out);
        let mut refused = Vec::new();
        let keep = (!out.blocked).then_some(&mut refused);
        let mut pushed = out.queue.push_or_keep(encode, keep);
        if !refused.is_empty() {
            self.write_from_outside(&mut out);
            self.borrow(&mut out);
            pushed = out.queue.push(|buffer| {
                buffer.append(&mut refused);
                Ok(())
            });
        }
        self.pushed(&mut out, flush, pushed)
    }

    /// Accepts frames that are encoded already.
    pub(crate) fn push_shared(&self, flush: Flush, encoded: &Bytes, frames: u32) -> Result<(), PushError> {
        let mut out = self.out();
        let push = |out: &mut Out| {
            if Outbound::copies(encoded) {
                self.borrow(out);
            }
            out.queue.push_shared(encoded, frames)
        };
        let mut pushed = push(&mut out);
        if !out.blocked && pushed.as_ref().is_err_and(PushError::is_full) {
            self.write_from_outside(&mut out);
            pushed = push(&mut out);
        }
        self.pushed(&mut out, flush, pushed)
    }

    fn pushed(&self, out: &mut Out, flush: Flush, pushed: Result<(), PushError>) -> Result<(), PushError> {
        if pushed.is_err() || out.queue.bytes() == 0 {
            self.give_back(out);
            return pushed;
        }
        out.urgent |= flush == Flush::Now;
        match flush {
            _ if out.blocked => {}
            _ if out.queue.bytes() >= GATHERED_BYTES => self.write_from_outside(out),
            Flush::Gather => {
                if !std::mem::replace(&mut out.gathering, true) {
                    self.engine.flush_later(self.myself.clone());
                }
            }
            Flush::Now if out.corked => {}
            Flush::Now => self.write_from_outside(out),
        }
        Ok(())
    }

    /// Sends what was gathered, now.
    pub(crate) fn flush(&self) {
        let mut out = self.out();
        if out.corked {
            out.urgent = true;
        } else if !out.blocked {
            self.write_from_outside(&mut out);
        }
    }

    /// Writes without waiting. If the transport takes no more, the session's task is to wait for it.
    fn write_from_outside(&self, out: &mut Out) {
        if self.write(out, &mut Context::from_waker(Waker::noop())).is_pending() || !self.is_open() {
            self.task.wake();
        }
    }

    /// Writes until nothing waits, the transport takes no more, or it fails, which ends the session.
    fn write(&self, out: &mut Out, cx: &mut Context<'_>) -> Poll<()> {
        if let Phase::Closed(_) = out.queue.phase() {
            return Poll::Ready(());
        }
        out.urgent = false;
        out.blocked = true;
        while out.queue.bytes() > 0 {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = out.queue.slices(&mut slices);
            let len = match Pin::new(&mut out.writer).poll_write_vectored(cx, &slices[..filled]) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return self.failed(out, io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(len)) => len,
                Poll::Ready(Err(error)) => return self.failed(out, error),
            };
            let frames = out.queue.wrote(len);
            self.counters.writes.fetch_add(1, Relaxed);
            self.counters.bytes_out.fetch_add(len as u64, Relaxed);
            self.counters.frames_out.fetch_add(frames.into(), Relaxed);
            self.room.notify_one();
            if self.wants_sent {
                out.sent.frames += frames;
                out.sent.bytes += len;
                self.task.wake();
            }
        }
        match Pin::new(&mut out.writer).poll_flush(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return self.failed(out, error),
            Poll::Ready(Ok(())) => {}
        }
        out.blocked = false;
        self.give_back(out);
        Poll::Ready(())
    }

    /// Sees to it that there is a buffer to gather frames in.
    fn borrow(&self, out: &mut Out) {
        if let Some(buffer) = out.queue.idle_buffer().filter(|buffer| buffer.capacity() == 0) {
            *buffer = self.engine.write_buffers.take();
        }
    }

    /// Memory that a burst took is not kept.
    pub(crate) fn give_back(&self, out: &mut Out) {
        if let Some(buffer) = out.queue.idle_buffer().filter(|buffer| buffer.capacity() > 0) {
            self.engine.write_buffers.give_back(std::mem::take(buffer));
        }
        out.queue.shrink();
    }

    fn failed(&self, out: &mut Out, error: io::Error) -> Poll<()> {
        self.abort_locked(out, error.into());
        Poll::Ready(())
    }

    /// For the session's own task, when it begins to run: from here on frames are gathered.
    pub(crate) fn cork(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
        self.out().corked = true;
    }

    /// For the session's own task, when it has nothing more to do: writes what was gathered. Ready when the session is over.
    pub(crate) fn uncork(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut out = self.out();
        out.corked = false;
        let wanted = match out.queue.phase() {
            Phase::Open => out.urgent || out.blocked,
            Phase::Draining { .. } => out.queue.bytes() > 0 || out.blocked,
            Phase::Closed(_) => false,
        };
        if wanted {
            let _ = self.write(&mut out, cx);
        }
        if let Phase::Draining { reason, .. } = out.queue.phase()
            && !out.blocked
        {
            let reason = reason.clone();
            match Pin::new(&mut out.writer).poll_shutdown(cx) {
                Poll::Pending => return Poll::Pending,
                // The peer may be gone already. The session ends for the reason it had.
                Poll::Ready(result) => {
                    out.shut_down = result.is_ok();
                    out.queue.abort(reason);
                }
            }
        }
        match out.queue.phase() {
            Phase::Closed(_) => Poll::Ready(()),
            Phase::Open | Phase::Draining { .. } => Poll::Pending,
        }
    }
}
