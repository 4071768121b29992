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
/// After so many frames in a row, other sessions get a turn: a read may bring ten thousand empty ones.
const FRAMES_PER_TURN: u32 = 1024;

/// A session and what serves it. Calls `closed` when it goes, however it goes: also when its task never ran.
pub(crate) struct Served<H: Handler> {
    pub(crate) session: Session,
    pub(crate) handler: H,
}

impl<H: Handler> Served<H> {
    /// Runs the session until it is over.
    pub(crate) fn run<F: Framing>(mut self, reader: &mut Reader, framing: F) -> impl Future<Output = ()> + Send {
        let mut inbound = Inbound::new(framing, self.session.side().peer());
        // Not an async function: that would have room for each of its arguments twice.
        async move {
            let Served { session, handler } = &mut self;
            let serve = pin!(serve(session, reader, &mut inbound, handler));
            Drive { session, serve: Some(serve) }.await;
        }
    }
}

impl<H: Handler> Drop for Served<H> {
    fn drop(&mut self) {
        let Served { session, handler } = self;
        let shared = &session.shared;
        // Over it is already, unless the task was dropped. The first reason stays.
        shared.abort(CloseReason::Unknown);
        shared.finish();
        let reason = shared.reason().unwrap_or(CloseReason::Unknown);
        let last = AssertUnwindSafe(|| {
            tell_sent(session, handler);
            handler.closed(session, &reason);
        });
        if let Err(panic) = catch_unwind(last) {
            tracing::error!(session = %session.id(), "closed() of the handler panicked: {}", panic_text(&*panic));
        }
    }
}

/// Tells the handler what was sent since it was last told, if it wants to know.
fn tell_sent<H: Handler>(session: &Session, handler: &mut H) {
    if H::WANTS_SENT
        && let Some(sent) = session.shared.take_sent()
    {
        handler.sent(session, sent);
    }
}

/// Polls the session's logic and then writes what it, or anyone, has left to write.
struct Drive<'a, S> {
    session: &'a Session,
    /// Gone when it is done.
    serve: Option<Pin<&'a mut S>>,
}

impl<S: Future<Output = CloseReason>> Future for Drive<'_, S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
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

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
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
    let mut turn = Turn { left: FRAMES_PER_TURN };
    loop {
        let next = std::future::poll_fn(|cx| receive(cx, session, reader, inbound, handler, &mut turn)).await;
        let message = match next {
            Ok(message) => message,
            Err(reason) => return reason,
        };
        if !std::mem::replace(&mut greeted, true) {
            session.shared.watch.greeted(session.shared.engine.now());
        }
        inbound.paused(&session.shared.watch);
        if let Err(reason) = handler.message(session, message).await {
            return reason;
        }
    }
}

/// How many more frames may be looked at before others get a turn.
struct Turn {
    left: u32,
}

impl Turn {
    /// Whether it is over; then a new one begins when the task is polled again, which it is.
    fn is_over(&mut self, cx: &Context<'_>) -> bool {
        let over = self.left == 0;
        if over {
            self.left = FRAMES_PER_TURN;
            cx.waker().wake_by_ref();
        }
        over
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
    turn: &mut Turn,
) -> Poll<Result<H::Message, CloseReason>> {
    let shared = &session.shared;
    tell_sent(session, handler);
    if !shared.is_open() {
        return Poll::Ready(Err(shared.reason().unwrap_or(CloseReason::Unknown)));
    }
    if shared.is_finishing() {
        return Poll::Ready(Err(CloseReason::Local));
    }
    if turn.is_over(cx) {
        return Poll::Pending;
    }
    if let Some(message) = take_message(session, inbound, handler, &mut &[][..], turn)? {
        return Poll::Ready(Ok(message));
    }
    let mut buffer = shared.engine.read_buffers.lend();
    loop {
        if turn.is_over(cx) {
            return Poll::Pending;
        }
        let mut read = ReadBuf::new(&mut buffer);
        match Pin::new(&mut *reader).poll_read(cx, &mut read) {
            Poll::Pending => {
                inbound.looked_at(&shared.watch, shared.engine.now());
                return Poll::Pending;
            }
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
            Poll::Ready(Ok(())) if read.filled().is_empty() => {
                return Poll::Ready(Err(inbound.finish().err().map_or(CloseReason::Remote, CloseReason::from)));
            }
            Poll::Ready(Ok(())) => {}
        }
        let mut fresh = read.filled();
        shared.watch.received(shared.engine.now());
        shared.counters.reads.fetch_add(1, Relaxed);
        shared.counters.bytes_in.fetch_add(fresh.len() as u64, Relaxed);
        handler.received(session, fresh);
        let message = take_message(session, inbound, handler, &mut fresh, turn);
        inbound.keep(fresh);
        if let Some(done) = message.transpose() {
            return Poll::Ready(done);
        }
    }
}

/// The next message of the bytes that are there. There may be more where the turn is over.
fn take_message<F: Framing, H: Handler>(
    session: &Session,
    inbound: &mut Inbound<F>,
    handler: &mut H,
    fresh: &mut &[u8],
    turn: &mut Turn,
) -> Result<Option<H::Message>, CloseReason> {
    while turn.left > 0 {
        // The handler is asked for the limit, and later given the frame: one borrow after the other.
        let held = std::cell::RefCell::new(&mut *handler);
        let limit = |header: &laster_frame::Header| held.borrow().max_payload(header);
        match inbound.next(fresh, limit, |frame| held.borrow_mut().decode(frame))? {
            None => return Ok(None),
            Some(decoded) => {
                turn.left -= 1;
                session.shared.counters.frames_in.fetch_add(1, Relaxed);
                if let Some(message) = decoded? {
                    return Ok(Some(message));
                }
            }
        }
    }
    Ok(None)
}

/// Reads what is still on its way to a session that is over, and forgets it. Where nothing was promised to reach the peer,
/// or the peer has ended already, there is nothing to wait for.
pub(crate) async fn linger(session: &Session, reader: &mut Reader) {
    if !session.shared.is_shut_down() || session.close_reason() == Some(CloseReason::Remote) {
        return;
    }
    let mut read_some = |cx: &mut Context<'_>| {
        let mut buffer = session.shared.engine.read_buffers.lend();
        let mut read = ReadBuf::new(&mut buffer);
        let result = Pin::new(&mut *reader).poll_read(cx, &mut read);
        result.map(|result| result.is_ok() && !read.filled().is_empty())
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
