//! Sends messages and calls, and finds the replies.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use laster_frame::{EncodeError, Header};
use laster_net::{
    CloseReason, Flush, MessageError, PushError, Session,
    session::{Calls, Match},
};
use tokio::sync::{mpsc, oneshot};

use crate::message::{Messages, Numbering};

/// How many calls may wait for their replies at once.
const CALLS: usize = 1024;
/// How many items of one streamed reply wait for the caller, before what comes behind them waits as well.
const STREAMED: usize = 64;

/// A session as one side of a protocol sees it: it sends `Out` and receives `In`. A cheap handle.
pub struct Caller<Out, In> {
    session: Session,
    deadline: Duration,
    calls: Arc<Waiting<In>>,
    out: PhantomData<fn(Out)>,
}

impl<Out, In> Clone for Caller<Out, In> {
    fn clone(&self) -> Self {
        Caller { session: self.session.clone(), deadline: self.deadline, calls: self.calls.clone(), out: PhantomData }
    }
}

/// The calls of one session that wait for their replies.
pub(crate) struct Waiting<In> {
    numbering: Numbering,
    calls: Mutex<Calls<Call<In>>>,
}

/// A call that waits for its reply.
struct Call<In> {
    takes: fn(&In) -> Taken,
    answer: Answer<In>,
}

enum Answer<In> {
    One(Option<oneshot::Sender<In>>),
    Many(mpsc::Sender<In>),
}

/// What a message is to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing: it does not answer it.
    No,
    /// One of several, more will follow.
    Part,
    /// The last.
    Last,
}

/// Why a call gave no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The other side refused, with this message.
    #[error("refused: {0:?}")]
    Refused(E),
    /// The session is over. Whether the request arrived is not known.
    #[error("no reply: {0}")]
    Closed(CloseReason),
    /// There was no reply in time.
    #[error("no reply after {} s", .limit.as_secs_f32())]
    Deadline {
        /// How long it was waited for.
        limit: Duration,
    },
    /// As many calls wait for replies as may.
    #[error("{limit} calls are waiting for replies already")]
    TooManyCalls {
        /// The most that may.
        limit: usize,
    },
    /// The request is larger than allowed, or otherwise not to be sent.
    #[error(transparent)]
    Encode(EncodeError),
}

impl<E> CallError<E> {
    /// The reply is not one that the call takes. What finds replies does not let that happen.
    #[cold]
    pub fn unexpected(reply: &impl Messages) -> Self {
        let text = format!("{} does not answer this call", reply.name());
        CallError::Closed(CloseReason::BadMessage(MessageError { offset: 0, id: 0, text }))
    }

    /// The same error of a call that is refused with another message.
    pub fn map<F>(self, refused: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            CallError::Refused(error) => CallError::Refused(refused(error)),
            CallError::Closed(reason) => CallError::Closed(reason),
            CallError::Deadline { limit } => CallError::Deadline { limit },
            CallError::TooManyCalls { limit } => CallError::TooManyCalls { limit },
            CallError::Encode(error) => CallError::Encode(error),
        }
    }
}

impl<Out: Messages, In: Messages> Caller<Out, In> {
    pub(crate) fn new(session: Session, calls: Arc<Waiting<In>>, deadline: Duration) -> Self {
        Caller { session, deadline, calls, out: PhantomData }
    }

    /// The session below.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The same session, where calls wait so long for their replies.
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Caller { deadline, ..self.clone() }
    }

    /// Sends a message, waiting for room.
    ///
    /// # Errors
    /// The session ends, or the message is larger than allowed. Nothing was accepted.
    ///
    /// # Cancel safety
    /// The message is accepted when the future is done, and not before.
    pub async fn send(&self, message: impl Into<Out>) -> Result<(), PushError> {
        self.send_as(Header::default(), &message.into()).await
    }

    /// Sends a message if there is room for it.
    ///
    /// # Errors
    /// The queue is full, the session ends, or the message is larger than allowed. Nothing was accepted.
    pub fn try_send(&self, message: impl Into<Out>) -> Result<(), PushError> {
        let message = message.into();
        self.session.try_send_with(Flush::Now, |out| message.encode(Header::default(), out))
    }

    /// Sends a message with the correlation and the values of this header, waiting for room.
    ///
    /// # Errors
    /// As [`send`](Caller::send).
    ///
    /// # Cancel safety
    /// As [`send`](Caller::send).
    pub async fn send_as(&self, header: Header, message: &Out) -> Result<(), PushError> {
        self.session.send_with(Flush::Now, |out| message.encode(header, out)).await
    }

    /// Answers the call that came with this header and number. Where the header says that no reply is expected, none is
    /// sent.
    ///
    /// # Errors
    /// As [`send`](Caller::send).
    pub async fn reply(&self, request: Header, number: u64, reply: impl Into<Out>) -> Result<(), PushError> {
        let mut reply = reply.into();
        match self.calls.numbering {
            Numbering::Header(_) if request.correlation == 0 => return Ok(()),
            Numbering::Header(_) | Numbering::None => {}
            Numbering::Field(_) => reply.set_number(number),
        }
        self.send_as(Header::default().correlated(request.correlation), &reply).await
    }

    /// Calls, and waits for the one message that `takes` the call as its answer.
    ///
    /// # Errors
    /// There is no reply, for the reason given.
    ///
    /// # Cancel safety
    /// Dropped, the call is given up; the request may have been sent.
    pub async fn call<E>(&self, request: impl Into<Out>, takes: fn(&In) -> Taken) -> Result<In, CallError<E>> {
        let (answer, reply) = oneshot::channel();
        let number = self.begin(Call { takes, answer: Answer::One(Some(answer)) })?;
        let given_up = GiveUp { calls: &self.calls, number };
        let done = tokio::time::timeout(self.deadline, async {
            self.request(number, request.into()).await?;
            reply.await.map_err(|_| self.closed())
        });
        let result = done.await.unwrap_or(Err(CallError::Deadline { limit: self.deadline }));
        drop(given_up);
        result
    }

    /// Calls, and gives the messages that answer one after another. The deadline is for each of them.
    ///
    /// # Errors
    /// The call could not be made.
    ///
    /// # Cancel safety
    /// Dropped, the call is given up; the request may have been sent.
    pub async fn call_many<E>(
        &self,
        request: impl Into<Out>,
        takes: fn(&In) -> Taken,
    ) -> Result<Replies<Out, In>, CallError<E>> {
        let (answer, replies) = mpsc::channel(STREAMED);
        let number = self.begin(Call { takes, answer: Answer::Many(answer) })?;
        let replies = Replies { caller: self.clone(), number, replies, takes, ended: false };
        match tokio::time::timeout(self.deadline, self.request(number, request.into())).await {
            Ok(sent) => sent.map(|()| replies),
            Err(_) => Err(CallError::Deadline { limit: self.deadline }),
        }
    }

    fn begin<E>(&self, call: Call<In>) -> Result<u64, CallError<E>> {
        let number = self.calls.lock().begin(call).ok_or(CallError::TooManyCalls { limit: CALLS })?;
        // After the call is in the list: whoever ends the session then finds it there, or is found here.
        if !self.session.is_open() {
            self.calls.lock().end(number);
            return Err(self.closed());
        }
        Ok(number)
    }

    async fn request<E>(&self, number: u64, mut request: Out) -> Result<(), CallError<E>> {
        let mut header = Header::default();
        match self.calls.numbering {
            Numbering::None => {}
            Numbering::Header(_) => header.correlation = number,
            Numbering::Field(_) => request.set_number(number),
        }
        self.send_as(header, &request).await.map_err(|error| match error {
            PushError::Encode(error) => CallError::Encode(error),
            _ => self.closed(),
        })
    }

    fn closed<E>(&self) -> CallError<E> {
        CallError::Closed(self.session.close_reason().unwrap_or(CloseReason::Unknown))
    }

    /// Gives a message to the call that it answers, or back.
    pub(crate) async fn deliver(&self, header: &Header, message: In) -> Option<In> {
        let number = match self.calls.numbering {
            Numbering::Header(_) => header.correlation,
            Numbering::Field(_) | Numbering::None => message.number(),
        };
        let many = {
            let mut calls = self.calls.lock();
            let answered = calls.answered_by(number, |call| (call.takes)(&message) != Taken::No);
            let Some(number) = answered else { return Some(message) };
            let last = calls.get(number).is_some_and(|call| (call.takes)(&message) == Taken::Last);
            match calls.get_mut(number).map(|call| &mut call.answer) {
                Some(Answer::Many(answer)) => {
                    let answer = answer.clone();
                    if last {
                        calls.end(number);
                    }
                    answer
                }
                Some(Answer::One(answer)) => {
                    // Who asked may have gone meanwhile.
                    let _ = answer.take().map(|answer| answer.send(message));
                    calls.end(number);
                    return None;
                }
                None => return Some(message),
            }
        };
        let _ = many.send(message).await;
        None
    }

    /// Ends the calls that wait: there will be no replies.
    pub(crate) fn end_calls(&self) {
        self.calls.lock().drain().for_each(drop);
    }
}

impl<In> Waiting<In> {
    pub(crate) fn new(replies: Match, numbering: Numbering) -> Arc<Self> {
        Arc::new(Waiting { numbering, calls: Mutex::new(Calls::new(replies, CALLS, numbering.largest())) })
    }

    fn lock(&self) -> MutexGuard<'_, Calls<Call<In>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a call up when it goes, if it was not answered.
struct GiveUp<'a, In> {
    calls: &'a Waiting<In>,
    number: u64,
}

impl<In> Drop for GiveUp<'_, In> {
    fn drop(&mut self) {
        self.calls.lock().give_up(self.number);
    }
}

/// The messages that answer one call. Dropped, the call is given up.
pub struct Replies<Out: Messages, In: Messages> {
    caller: Caller<Out, In>,
    number: u64,
    replies: mpsc::Receiver<In>,
    takes: fn(&In) -> Taken,
    ended: bool,
}

impl<Out: Messages, In: Messages> Replies<Out, In> {
    /// The next message. `None`: the last one came.
    ///
    /// # Errors
    /// There is none, for the reason given; no more will come.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next<E>(&mut self) -> Result<Option<In>, CallError<E>> {
        if self.ended {
            return Ok(None);
        }
        match tokio::time::timeout(self.caller.deadline, self.replies.recv()).await {
            Ok(Some(message)) => {
                self.ended = (self.takes)(&message) == Taken::Last;
                Ok(Some(message))
            }
            Ok(None) => {
                self.ended = true;
                Err(self.caller.closed())
            }
            Err(_) => {
                self.ended = true;
                Err(CallError::Deadline { limit: self.caller.deadline })
            }
        }
    }
}

impl<Out: Messages, In: Messages> Drop for Replies<Out, In> {
    fn drop(&mut self) {
        self.caller.calls.lock().give_up(self.number);
    }
}

/// Where a handler puts the messages that come before the last one of an answer.
#[derive(Debug)]
pub struct Stream<'a, Out, In> {
    caller: &'a Caller<Out, In>,
    request: Header,
    number: u64,
}

impl<'a, Out: Messages, In: Messages> Stream<'a, Out, In> {
    /// For the call that came with this header and number.
    pub fn new(caller: &'a Caller<Out, In>, request: Header, number: u64) -> Self {
        Stream { caller, request, number }
    }

    /// Sends one of the messages, waiting for room.
    ///
    /// # Errors
    /// The session ends, or the message is larger than allowed.
    pub async fn send(&self, message: impl Into<Out>) -> Result<(), PushError> {
        self.caller.reply(self.request, self.number, message).await
    }
}

impl<Out, In> fmt::Debug for Caller<Out, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt(f)
    }
}
