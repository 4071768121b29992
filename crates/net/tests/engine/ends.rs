//! Every way a session can end: `closed` comes once, last, with the right reason.

use std::{future::Future, io, pin::Pin, time::Duration};

use laster_frame::{DecodeError, Header};
use laster_net::{
    CloseClass, CloseReason, MessageError, Origin, Service, Session, SessionLimits, connect_once,
    transport::{Acceptor, ListenOptions},
};

use crate::support::{Event, FRAMES, Lab, MAX, Raw, listening, serve, within};

/// What a case does. The peer stays until the session is over, unless the case takes it.
type Act = fn(Rig) -> Pin<Box<dyn Future<Output = Option<Raw>>>>;

struct Rig {
    service: Service<Lab>,
    session: Session,
    peer: Raw,
}

struct Case {
    name: &'static str,
    /// Whether it waits for a deadline, and so needs the paused clock.
    timed: bool,
    act: Act,
    reason: CloseReason,
    origin: Origin,
    class: CloseClass,
}

/// Does something, and keeps the peer.
macro_rules! act {
    ($rig:ident => $body:expr) => {
        |#[allow(unused_mut)] mut $rig| {
            Box::pin(async move {
                $body;
                Some($rig.peer)
            })
        }
    };
}

const IDLE: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(10);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use {CloseReason as R, Origin as O, CloseClass as C};
    let case = |name, timed, act, reason, origin, class| Case { name, timed, act, reason, origin, class };
    let too_large = DecodeError::PayloadTooLarge { offset: 5, found: u64::from(MAX) + 1, limit: MAX };
    let cut_off = DecodeError::UnexpectedEnd { offset: 5, have: 6 };
    let bad = MessageError { offset: 5, id: 0, text: "this is bad".into() };
    vec![
        case("local close", false, act!(rig => rig.session.close()), R::Local, O::Local, C::Local),
        case("abort", false, act!(rig => rig.session.abort()), R::Local, O::Local, C::Local),
        case("a reason of one's own", false, act!(rig => rig.session.close_for(R::EventsFull { limit: 7 })),
            R::EventsFull { limit: 7 }, O::Local, C::Local),
        case("remote close", false, |_rig| Box::pin(async { None }), R::Remote, O::Peer, C::Remote),
        case("half-close", false, act!(rig => rig.peer.finish().await), R::Remote, O::Peer, C::Remote),
        case("idle", true, |rig| Box::pin(async { Some(rig.peer) }), R::Idle { limit: IDLE }, O::Peer, C::Timeout),
        case("frame deadline", true, act!(rig => rig.peer.send(b"\x09\0").await),
            R::FrameDeadline { limit: DEADLINE }, O::Peer, C::Timeout),
        case("bad frame", false, act!(rig => rig.peer.send(&(MAX + 1).to_le_bytes()).await),
            R::BadFrame(too_large), O::Peer, C::ResolveError),
        case("cut off in a frame", false, act!(rig => {
            rig.peer.send(b"\x09\0\0\0ab").await;
            rig.peer.finish().await;
        }), R::BadFrame(cut_off), O::Peer, C::ResolveError),
        case("message error", false, act!(rig => rig.peer.frame(b"bad").await),
            R::BadMessage(bad), O::Peer, C::ResolveError),
        case("handler error", false, act!(rig => rig.peer.frame(b"error").await),
            R::EventsFull { limit: 3 }, O::Local, C::Local),
        case("panic in message", false, act!(rig => rig.peer.frame(b"panic").await),
            R::HandlerPanicked("in message".into()), O::Local, C::Unknown),
        case("panic in decode", false, act!(rig => rig.peer.frame(b"panic in decode").await),
            R::HandlerPanicked("in decode".into()), O::Local, C::Unknown),
        case("queue full by items", false, act!(rig => rig.peer.frame(b"many").await),
            R::QueueFullItems { limit: 100 }, O::Peer, C::Local),
        case("queue full by bytes", false, act!(rig => rig.peer.frame(b"much").await),
            R::QueueFullBytes { limit: 100_000 }, O::Peer, C::Local),
        case("service stop", false, act!(rig => rig.service.stop(Duration::from_secs(5)).await),
            R::Shutdown, O::Local, C::Shutdown),
        case("stop with a handler that never finishes", false, act!(rig => {
            rig.peer.frame(b"hang").await;
            let stopped = within("the stop", rig.service.stop(Duration::from_secs(5))).await;
            assert_eq!(stopped.stuck, 0);
        }), R::Shutdown, O::Local, C::Shutdown),
    ]
}

async fn on_message(session: Session, payload: Vec<u8>) -> Result<(), CloseReason> {
    let fill = |len: usize| loop {
        session.try_send(&Header::default(), &vec![0; len])?;
    };
    match &payload[..] {
        b"error" => Err(CloseReason::EventsFull { limit: 3 }),
        b"panic" => panic!("in message"),
        b"hang" => std::future::pending().await,
        // More than a transport takes while the peer does not read: small frames, and large ones.
        b"many" => fill(4000),
        b"much" => fill(60_000),
        _ => Ok(()),
    }
}

/// Opens a session, greets, does what the case does, and looks at how it ended.
async fn check(case: Case, at: &str) {
    let name = case.name;
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&[at]);
    config.limits =
        SessionLimits { idle: IDLE, frame: DEADLINE, hello: DEADLINE, queue_items: 100, ..SessionLimits::default() };
    if name.ends_with("by bytes") {
        config.limits.queue_bytes = 100_000;
    }
    let (service, listeners) = serve(lab.on_message(on_message), config).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    let session = service.session(id).unwrap();
    peer.frame(b"!").await;
    assert_eq!(events.next("the greeting").await, Event::Message(id, b"!".to_vec()), "{name}");
    let kept = (case.act)(Rig { service: service.clone(), session: session.clone(), peer }).await;
    let (closed, reason) = events.closed().await;
    assert_eq!((closed, &reason), (id, &case.reason), "{name}");
    assert_eq!((reason.origin(), reason.class()), (case.origin, case.class), "{name}");
    assert!(!session.is_open(), "{name}");
    assert_eq!(session.close_reason(), Some(reason), "{name}");
    drop(kept);
    within("the stop", service.stop(Duration::from_secs(5))).await;
    assert!(service.session(id).is_none() && service.status().sessions == 0, "{name}: it is still on the list");
    assert_eq!(events.so_far(), [], "{name}: closed was not the last");
}

#[tokio::test(start_paused = true)]
async fn every_end_over_memory() {
    for (n, case) in cases().into_iter().enumerate() {
        check(case, &format!("memory:ends-{n}")).await;
    }
}

#[tokio::test]
async fn every_end_over_tcp() {
    for case in cases().into_iter().filter(|case| !case.timed) {
        check(case, "127.0.0.1:0").await;
    }
}

#[tokio::test]
async fn a_reset() {
    let (lab, mut events) = Lab::<false>::new();
    let (_service, listeners) = serve(lab, listening(&["127.0.0.1:0"])).await;
    let peer = tokio::net::TcpStream::connect(crate::support::address(&listeners[0])).await.unwrap();
    let id = events.connected().await;
    peer.set_zero_linger().unwrap();
    drop(peer);
    let (closed, reason) = events.closed().await;
    assert_eq!(closed, id);
    assert_eq!((reason.origin(), reason.class()), (Origin::Transport, CloseClass::SocketError));
    assert!(matches!(&reason, CloseReason::Transport { kind: io::ErrorKind::ConnectionReset, .. }), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn no_hello() {
    let (lab, mut events) = Lab::<false>::new();
    let (_service, listeners) = serve(lab, listening(&["memory:no-hello"])).await;
    let begun = tokio::time::Instant::now();
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    // Frames that are passed over are no message.
    peer.frame(b"skip").await;
    let (_, reason) = events.closed().await;
    assert_eq!(reason, CloseReason::HelloDeadline { limit: DEADLINE });
    assert_eq!((reason.origin(), reason.class()), (Origin::Peer, CloseClass::Timeout));
    let late = begun.elapsed() - DEADLINE;
    assert!(late <= Duration::from_millis(100), "{late:?} late");
}

#[cfg(feature = "websocket")]
#[tokio::test]
async fn a_handshake_that_is_not_finished() {
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&["ws://127.0.0.1:0"]);
    config.limits.handshake = Duration::from_millis(20);
    let (_service, listeners) = serve(lab, config).await;
    let at = listeners[0].endpoint().to_string();
    let mut peer = Raw::connect(&crate::support::endpoint(&at.replace("ws://", "tcp://"))).await;
    peer.send(b"GET / HT").await;
    let (failed_at, _, reason) = events.failed().await;
    assert_eq!(failed_at, at);
    assert_eq!(reason, CloseReason::HandshakeDeadline { limit: Duration::from_millis(20) });
    assert_eq!((reason.origin(), reason.class()), (Origin::Peer, CloseClass::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_closed_is_the_sessions_own() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab.panics_in("closed"), listening(&["memory:panic-in-closed"])).await;
    for _ in 0..3 {
        drop(Raw::connect(listeners[0].endpoint()).await);
        events.connected().await;
        assert_eq!(events.closed().await.1, CloseReason::Remote);
    }
    assert_eq!(within("the stop", service.stop(Duration::from_secs(5))).await.stuck, 0);
    assert_eq!(service.status().sessions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_connected_leaves_nothing() {
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&["memory:panic-in-connected"]);
    config.max_sessions = 1;
    let (service, listeners) = serve(lab.panics_in("connected"), config).await;
    for _ in 0..3 {
        // One place is enough only if it is given back each time.
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let id = events.connected().await;
        assert_eq!(peer.read_to_end().await.unwrap(), b"");
        crate::support::until("the session to be off the list", || service.session(id).is_none()).await;
    }
    assert!(service.sessions().is_empty());
    assert_eq!(events.so_far(), []);
}

/// A session whose task goes with its runtime, after something was done with it.
fn dropped_with_its_runtime(name: &str, before: fn(&Session)) -> CloseReason {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (lab, mut events) = Lab::<false>::new();
    let (session, peer) = runtime.block_on(async {
        let (service, listeners) = serve(lab, listening(&[name])).await;
        let peer = Raw::connect(listeners[0].endpoint()).await;
        let session = service.session(events.connected().await).unwrap();
        // More than the pipe takes, so that a close does not end it at once.
        while session.try_send(&Header::default(), &[0; 60_000]).is_ok() {}
        (session, peer)
    });
    before(&session);
    drop(runtime);
    drop(peer);
    let events = events.so_far();
    let Some(Event::Closed(_, reason)) = events.last() else { panic!("closed was not called: {events:?}") };
    assert_eq!(session.close_reason().as_ref(), Some(reason));
    assert!(session.traffic().unsent > 0);
    reason.clone()
}

#[test]
fn a_task_that_is_dropped_with_its_runtime() {
    assert_eq!(dropped_with_its_runtime("memory:dropped", |_| {}), CloseReason::Unknown);
    // The first reason stays.
    assert_eq!(dropped_with_its_runtime("memory:dropped-while-closing", Session::close), CloseReason::Local);
}

#[test]
fn a_client_whose_task_never_ran() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (lab, mut events) = Lab::<false>::new();
    let session = runtime.block_on(async {
        let at = crate::support::endpoint("memory:never-ran");
        let acceptor = Acceptor::bind(&at, &ListenOptions::default()).await.unwrap();
        let make = |session: &Session| lab.probe(session.id());
        let session = connect_once(&at.into(), &FRAMES, SessionLimits::default(), make).await.unwrap();
        drop(acceptor);
        session
    });
    drop(runtime);
    assert_eq!(events.so_far(), [Event::Closed(session.id(), CloseReason::Unknown)]);
}

#[tokio::test(start_paused = true)]
async fn a_close_after_the_message_that_is_handled() {
    let (lab, mut events) = Lab::<false>::new();
    let lab = lab.on_message(|session, payload| async move {
        session.close_after_this();
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(session.send(&Header::default(), &payload).await?)
    });
    let (service, listeners) = serve(lab, listening(&["memory:after-this"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    events.connected().await;
    assert_eq!(peer.ask(b"last").await, b"last");
    assert_eq!(peer.read_to_end().await.unwrap(), b"");
    assert_eq!(events.closed().await.1, CloseReason::Local);
    // There is no message: then now.
    let _peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    crate::support::let_run().await;
    session.close_after_this();
    assert_eq!(events.closed().await, (session.id(), CloseReason::Local));
}

#[tokio::test]
async fn the_peer_sees_the_end_although_handles_are_kept() {
    for (at, end) in [("127.0.0.1:0", Session::abort as fn(&Session)), ("127.0.0.1:0", Session::close)] {
        let (lab, mut events) = Lab::<false>::new();
        let (service, listeners) = serve(lab, listening(&[at])).await;
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let session = service.session(events.connected().await).unwrap();
        end(&session);
        events.closed().await;
        assert_eq!(peer.read_to_end().await.unwrap(), b"");
        drop(peer);
        assert!(!session.is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn an_aborted_session_does_not_linger() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:abort"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    let begun = tokio::time::Instant::now();
    session.abort();
    assert_eq!(peer.read_to_end().await.unwrap(), b"");
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?} until the end was seen", begun.elapsed());
}
