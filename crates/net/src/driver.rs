//! A session's task: it reads, hands messages to the handler, and writes when it has nothing else to do.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll},
    time::Duration,
};

use laster_frame::Framing;
use tokio::io::{AsyncRead, ReadBuf};

use crate::{
    application::Handler,
    handle::Session,
    session::{CloseReason, Inbound},
    transport::Reader,
};

/// After the end, bytes on their way from the peer are read and thrown away for so long. Closing before they are read would
/// make the system throw away what the peer has not yet read.
const LINGER: Duration = Duration::from_secs(1);
/// And at most so many reads of them.
const LINGER_READS: u32 = 64;

/// Runs a session until it is over. `closed` of the handler is called at the end, also when this future is dropped.
pub(crate) async fn run<F: Framing, H: Handler>(session: &Session, reader: &mut Reader, framing: F, handler: H) {
    let mut end = End { session, handler, reason: CloseReason::Unknown };
    let mut inbound = Inbound::new(framing, session.side().peer());
    end.reason = {
        let serve = pin!(serve(session, reader, &mut inbound, &mut end.handler));
        Drive { session, serve: Some(serve) }.await
    };
}

/// Calls `closed` when it goes, however it goes.
struct End<'a, H: Handler> {
    session: &'a Session,
    handler: H,
    reason: CloseReason,
}

impl<H: Handler> Drop for End<'_, H> {
    fn drop(&mut self) {
        self.session.shared.abort(self.reason.clone());
        self.session.shared.finish();
        let closed = catch_unwind(AssertUnwindSafe(|| self.handler.closed(self.session, &self.reason)));
        if let Err(panic) = closed {
            tracing::error!(session = %self.session.id(), "closed() of the handler panicked: {}", panic_text(&*panic));
        }
    }
}

/// Polls the session's logic and then writes what it, or anyone, has left to write.
struct Drive<'a, S> {
    session: &'a Session,
    /// Gone when it is done.
    serve: Option<Pin<&'a mut S>>,
}

impl<S: Future<Output = CloseReason>> Future for Drive<'_, S> {
    type Output = CloseReason;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseReason> {
        let shared = &self.session.shared.clone();
        shared.cork(cx);
        if let Some(serve) = &mut self.serve {
            let done = match catch_unwind(AssertUnwindSafe(|| serve.as_mut().poll(cx))) {
                Ok(Poll::Pending) => None,
                Ok(Poll::Ready(reason)) => Some(reason),
                Err(panic) => Some(CloseReason::HandlerPanicked(panic_text(&*panic))),
            };
            if let Some(reason) = done {
                self.serve = None;
                shared.close(reason);
            }
        }
        shared.uncork(cx)
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

async fn serve<F: Framing, H: Handler>(
    session: &Session,
    reader: &mut Reader,
    inbound: &mut Inbound<F>,
    handler: &mut H,
) -> CloseReason {
    let mut greeted = false;
    loop {
        let next = std::future::poll_fn(|cx| receive(cx, session, reader, inbound, handler)).await;
        let message = match next {
            Ok(message) => message,
            Err(reason) => return reason,
        };
        if !std::mem::replace(&mut greeted, true) {
            session.shared.watch.greeted(session.shared.engine.now());
        }
        if let Err(reason) = handler.message(session, message).await {
            return reason;
        }
        if session.shared.finishing.load(Relaxed) {
            return CloseReason::Local;
        }
    }
}

/// The next message: of what was kept, or of what can be read.
///
/// The buffer that is read into is borrowed from the thread for the length of one call: a session that waits owns none.
fn receive<F: Framing, H: Handler>(
    cx: &mut Context<'_>,
    session: &Session,
    reader: &mut Reader,
    inbound: &mut Inbound<F>,
    handler: &mut H,
) -> Poll<Result<H::Message, CloseReason>> {
    let shared = &session.shared;
    if H::WANTS_SENT
        && let Some(sent) = shared.take_sent()
    {
        handler.sent(session, sent);
    }
    if !shared.is_open() {
        return Poll::Ready(Err(shared.reason().unwrap_or(CloseReason::Unknown)));
    }
    if let Some(message) = take_message(session, inbound, handler, &mut &[][..])? {
        return Poll::Ready(Ok(message));
    }
    let mut buffer = shared.engine.read_buffers.take();
    buffer.resize(buffer.capacity(), 0);
    let result = loop {
        let mut read = ReadBuf::new(&mut buffer);
        match Pin::new(&mut *reader).poll_read(cx, &mut read) {
            Poll::Pending => {
                inbound.looked_at(&shared.watch, shared.engine.now());
                break Poll::Pending;
            }
            Poll::Ready(Err(error)) => break Poll::Ready(Err(error.into())),
            Poll::Ready(Ok(())) if read.filled().is_empty() => {
                break Poll::Ready(Err(inbound.finish().err().map_or(CloseReason::Remote, CloseReason::from)));
            }
            Poll::Ready(Ok(())) => {}
        }
        let mut fresh = read.filled();
        shared.watch.received(shared.engine.now());
        shared.counters.reads.fetch_add(1, Relaxed);
        shared.counters.bytes_in.fetch_add(fresh.len() as u64, Relaxed);
        handler.received(session, fresh);
        let message = take_message(session, inbound, handler, &mut fresh);
        inbound.keep(fresh);
        if let Some(done) = message.transpose() {
            break Poll::Ready(done);
        }
    };
    shared.engine.read_buffers.give_back(buffer);
    result
}

/// The next message of the bytes that are there.
fn take_message<F: Framing, H: Handler>(
    session: &Session,
    inbound: &mut Inbound<F>,
    handler: &mut H,
    fresh: &mut &[u8],
) -> Result<Option<H::Message>, CloseReason> {
    loop {
        // The handler is asked for the limit, and later given the frame: one borrow after the other.
        let held = std::cell::RefCell::new(&mut *handler);
        let limit = |header: &laster_frame::Header| held.borrow().max_payload(header);
        match inbound.next(fresh, limit, |frame| held.borrow_mut().decode(frame))? {
            None => return Ok(None),
            Some(decoded) => {
                session.shared.counters.frames_in.fetch_add(1, Relaxed);
                if let Some(message) = decoded? {
                    return Ok(Some(message));
                }
            }
        }
    }
}

/// Reads what is still on its way to a session that is over, and forgets it.
pub(crate) async fn linger(session: &Session, reader: &mut Reader) {
    if matches!(session.close_reason(), Some(CloseReason::Remote | CloseReason::Transport { .. })) {
        return;
    }
    let mut read_some = |cx: &mut Context<'_>| {
        let pool = &session.shared.engine.read_buffers;
        let mut buffer = pool.take();
        buffer.resize(buffer.capacity(), 0);
        let mut read = ReadBuf::new(&mut buffer);
        let result = Pin::new(&mut *reader).poll_read(cx, &mut read);
        let more = result.map(|result| result.is_ok() && !read.filled().is_empty());
        pool.give_back(buffer);
        more
    };
    let all = async {
        for _ in 0..LINGER_READS {
            if !std::future::poll_fn(&mut read_some).await {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LINGER.min(session.shared.limits.drain), all).await;
}
