//! WebSocket: binary messages carry the byte stream, and where one ends means nothing.
//!
//! The contract:
//!
//! - Bytes are read into the reader's own buffer and unwrapped there. Nothing is kept of them but a header's first bytes and
//!   a control frame's payload (at most 125 bytes): how large a message claims to be does not matter.
//! - Of pings not yet answered only the last is answered, as RFC 6455 allows: a peer that sends pings and reads nothing
//!   costs nothing.
//! - A message is accepted for writing when the one before it has left. One that is under way is the only buffer there is.
//! - The peer's close frame is the end of its bytes. Ours is sent by `shutdown`, and until then we may still write.
//!
//! Not by tokio-websockets, which is the peer in the tests: 0.13.3 keeps 8 KiB for each connection, reserves what a header
//! claims, queues a pong for each ping without end, reads a request without end, and panics at `GET ? HTTP/1.1`.

mod frame;
mod handshake;
mod mask;
#[cfg(test)]
mod tests;

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use self::{
    frame::MAX_EMPTY_FRAMES,
    handshake::{MAX_HEAD, WebSocketServer},
};
use self::{
    frame::{Deframer, Opcode, put_frame},
    handshake::{answer, ask},
    mask::Masks,
};
use super::{Reader, Transport, Writer};
use crate::endpoint::{HostPort, UrlPath};

/// The most bytes that are written as one message. Larger writes become several.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// A stream that can carry WebSocket.
pub(super) trait Below: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Below for S {}

/// Opens a WebSocket on a fresh connection to `at`.
pub(super) async fn connect<S: Below>(
    at: &HostPort,
    path: Option<&UrlPath>,
    mut stream: S,
) -> io::Result<WebSocket<S>> {
    let early = ask(&mut stream, at, path).await?;
    Ok(WebSocket::new(stream, early, Some(Masks::default())))
}

impl WebSocketServer {
    pub(super) async fn accept<S: Below>(&self, mut stream: S) -> io::Result<WebSocket<S>> {
        let early = answer(&mut stream, self).await?;
        Ok(WebSocket::new(stream, early, None))
    }
}

/// The stream of bytes in the binary messages on another stream.
pub(super) struct WebSocket<S> {
    stream: S,
    /// What came together with the handshake's last bytes.
    early: Vec<u8>,
    deframer: Deframer,
    /// A client masks what it sends; a server must not.
    masks: Option<Masks>,
    /// The bytes of frames: `0 <= written <= out.len()`, and no memory when all are written.
    out: Vec<u8>,
    written: usize,
    /// Whether the stream below may hold bytes back.
    unflushed: bool,
    /// Whether a writer found no room and is to be woken. The reader, who sends pongs, then leaves writing to it.
    writer_waits: bool,
    close_sent: bool,
}

impl<S: Below> WebSocket<S> {
    fn new(stream: S, early: Vec<u8>, masks: Option<Masks>) -> Self {
        WebSocket {
            stream,
            early,
            deframer: Deframer::new(masks.is_none()),
            masks,
            out: Vec::new(),
            written: 0,
            unflushed: false,
            writer_waits: false,
            close_sent: false,
        }
    }

    fn put(&mut self, opcode: Opcode, payload: &[IoSlice<'_>]) {
        let mask = self.masks.as_mut().map(Masks::next);
        put_frame(&mut self.out, opcode, payload, mask);
    }

    fn put_pong(&mut self) {
        if !self.close_sent
            && let Some(payload) = self.deframer.take_ping()
        {
            self.put(Opcode::Pong, &[IoSlice::new(&payload)]);
        }
    }

    /// Writes what is to be written, to the stream below.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                len => self.written += len,
            }
            self.unflushed = true;
        }
        self.out = Vec::new();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_drain_and_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.out.is_empty() {
            self.put_pong();
        }
        ready!(self.poll_drain(cx))?;
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// For the reader: sends the pong, if one is due and nobody else is to.
    fn answer_ping(&mut self, cx: &mut Context<'_>) {
        if !self.writer_waits && (self.deframer.has_ping() || !self.out.is_empty() || self.unflushed) {
            // Not now is soon enough, and an error is the writer's to find.
            let _ = self.poll_drain_and_flush(cx);
        }
    }

    /// Accepts one message, once there is nothing before it.
    fn poll_send(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.close_sent {
            let text = "the WebSocket was shut down";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, text)));
        }
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        ready!(self.poll_drain(cx))?;
        self.put_pong();
        let (mut len, mut count) = (0, 0);
        while count < slices.len() && len + slices[count].len() <= MAX_MESSAGE {
            len += slices[count].len();
            count += 1;
        }
        if len > 0 {
            self.put(Opcode::Binary, &slices[..count]);
        } else {
            len = MAX_MESSAGE;
            self.put(Opcode::Binary, &[IoSlice::new(&slices[count][..len])]);
        }
        // The message is accepted, whether or not it can leave at once.
        match self.poll_drain(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(len)),
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.close_sent {
            ready!(self.poll_drain(cx))?;
            let code = self.deframer.close_code().to_be_bytes();
            self.put(Opcode::Close, &[IoSlice::new(&code)]);
            self.close_sent = true;
        }
        ready!(self.poll_drain_and_flush(cx))?;
        // A client that has not seen the server's close frame leaves the connection open: a proxy in between may take half
        // a connection for none, and RFC 6455 has the server close it.
        match self.masks.is_none() || self.deframer.closed() {
            true => Pin::new(&mut self.stream).poll_shutdown(cx),
            false => Poll::Ready(Ok(())),
        }
    }

    fn noting_wait<T>(&mut self, poll: Poll<T>) -> Poll<T> {
        self.writer_waits = poll.is_pending();
        poll
    }
}

impl<S: Below> AsyncRead for WebSocket<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.answer_ping(cx);
        let start = buf.filled().len();
        // A round without a byte for the reader is one with a few bytes of frames. The stream below makes a task yield that
        // has read a lot.
        loop {
            if let Some(violation) = this.deframer.violation() {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, violation)));
            }
            if this.deframer.closed() || buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if this.early.is_empty() {
                ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
            } else {
                let len = this.early.len().min(buf.remaining());
                buf.put_slice(&this.early[..len]);
                this.early.drain(..len);
                if this.early.is_empty() {
                    this.early = Vec::new();
                }
            }
            let fresh = &mut buf.filled_mut()[start..];
            if fresh.is_empty() {
                let text = "the connection ended inside a WebSocket message";
                let between = this.deframer.is_between_messages();
                return Poll::Ready(if between {
                    Ok(())
                } else {
                    Err(io::Error::new(io::ErrorKind::UnexpectedEof, text))
                });
            }
            let kept = this.deframer.deframe(fresh);
            buf.set_filled(start + kept);
            this.answer_ping(cx);
            if kept > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: Below> AsyncWrite for WebSocket<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = this.poll_send(cx, slices);
        this.noting_wait(poll)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = this.poll_drain_and_flush(cx);
        this.noting_wait(poll)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = this.poll_close(cx);
        this.noting_wait(poll)
    }
}

/// Idle it keeps less than 300 bytes, besides what the stream below keeps.
impl<S: Below> Transport for WebSocket<S> {
    fn split(self: Box<Self>) -> (Reader, Writer) {
        let (reader, writer) = tokio::io::split(*self);
        (Box::new(reader), Box::new(writer))
    }
}
