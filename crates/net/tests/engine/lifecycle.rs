//! Start, stop, start again; what a stop waits for, and what it does not.

use std::{
    sync::{Mutex, OnceLock, mpsc},
    time::Duration,
};

use laster_frame::Header;
use laster_net::{CloseReason, ListenOn, Service, ServiceConfig, ServiceError, SessionLimits};
use tokio::time::Instant;

use crate::support::{Event, Lab, Raw, endpoint, let_run, listening, serve, until, within};

#[tokio::test(start_paused = true)]
async fn it_starts_again_and_numbers_go_on() {
    let (lab, mut events) = Lab::<false>::new();
    let service = Service::new(lab, listening(&["memory:again"])).unwrap();
    let mut last = 0;
    for _ in 0..5 {
        assert!(!service.is_running());
        let listeners = service.start().await.unwrap();
        assert!(matches!(service.start().await, Err(ServiceError::AlreadyRunning)));
        let mut peer = Raw::connect(listeners[0].endpoint()).await;
        let id = events.connected().await;
        assert!(id.get() > last, "{id} after {last}");
        last = id.get();
        assert_eq!(peer.ask(b"hello").await, b"hello");
        within("the stop", service.stop(Duration::from_secs(5))).await;
        assert_eq!(events.closed().await, (id, CloseReason::Shutdown));
        assert_eq!(peer.read_to_end().await.unwrap(), b"");
    }
    assert_eq!(service.stop(Duration::from_secs(5)).await.stuck, 0, "a second stop has nothing to do");
    assert!(matches!(service.connect(endpoint("memory:again").into()), Err(ServiceError::NotRunning)));
    assert!(matches!(service.listen(endpoint("memory:x").into()).await, Err(ServiceError::NotRunning)));
}

#[tokio::test]
async fn a_start_that_fails_leaves_no_listener_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (lab, _events) = Lab::<false>::new();
    let second = taken.local_addr().unwrap().to_string();
    let service = Service::new(lab, listening(&[&free, &second])).unwrap();
    for _ in 0..3 {
        let error = service.start().await.unwrap_err();
        assert!(matches!(error, ServiceError::Listen { .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("cannot listen on tcp://{second}: ")), "{error}");
        assert!(!service.is_running());
        // At once, and in the same thread: whatever was bound is free again when start returns.
        drop(std::net::TcpListener::bind(&free).expect("the first address is free again"));
    }
    drop(taken);
    service.start().await.unwrap();
}

/// Sets something to nothing.
type Change = fn(&mut ServiceConfig);

#[tokio::test]
async fn limits_of_nothing_are_refused() {
    let (lab, _events) = Lab::<false>::new();
    let zero = Duration::ZERO;
    let cases: [(&str, Change); 11] = [
        ("max_sessions", |config| config.max_sessions = 0),
        ("max_sessions_per_address", |config| config.max_sessions_per_address = 0),
        ("read_buffer", |config| config.read_buffer = 0),
        ("update_interval", |config| config.update_interval = Duration::from_micros(999)),
        ("queue_items", |config| config.limits.queue_items = 0),
        ("queue_bytes", |config| config.limits.queue_bytes = 0),
        ("idle", |config| config.limits.idle = Duration::ZERO),
        ("frame", |config| config.limits.frame = Duration::ZERO),
        ("hello", |config| config.limits.hello = Duration::ZERO),
        ("handshake", |config| config.limits.handshake = Duration::ZERO),
        ("drain", |config| config.limits.drain = Duration::ZERO),
    ];
    for (name, set) in cases {
        let mut config = ServiceConfig::default();
        set(&mut config);
        let error = Service::new(lab.clone(), config).err().expect("a limit of 0 is refused");
        let text = format!("the limit `{name}` is 0: a limit cannot be off, choose a large one instead");
        assert_eq!(error.to_string(), text);
    }
    let limits = SessionLimits { idle: zero, ..SessionLimits::default() };
    let to = endpoint("memory:nobody").into();
    let error = laster_net::connect_once(&to, &crate::support::FRAMES, limits, |session| lab.probe(session.id()));
    assert_eq!(error.await.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_what_was_accepted_leave_and_no_more() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:stop-drains"])).await;
    let mut reader = Raw::connect(listeners[0].endpoint()).await;
    let reading = service.session(events.connected().await).unwrap();
    let deaf = Raw::connect(listeners[0].endpoint()).await;
    let unread = service.session(events.connected().await).unwrap();
    for session in [&reading, &unread] {
        while session.try_send(&Header::default(), &[7; 10_000]).is_ok() {}
    }
    let begun = Instant::now();
    let (stopped, bytes) = tokio::join!(service.stop(Duration::from_secs(4)), reader.read_to_end());
    assert_eq!(stopped.stuck, 0);
    let took = begun.elapsed();
    assert!(took <= Duration::from_secs(4) && took >= Duration::from_secs(3), "the deadline is 4 s: {took:?}");
    assert_eq!(bytes.unwrap().len() as u64, reading.traffic().bytes_out);
    assert_eq!((reading.traffic().unsent, reading.waiting()), (0, (0, 0)));
    assert!(unread.traffic().unsent > 0 && unread.waiting() == (0, 0));
    drop(deaf);
    assert_eq!(events.closed().await, (reading.id(), CloseReason::Shutdown));
    assert_eq!(events.closed().await, (unread.id(), CloseReason::Shutdown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_returns_by_its_deadline_although_a_handler_blocks_its_thread() {
    let (let_go, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let (lab, mut events) = Lab::<false>::new();
    let lab = lab.on_message(move |_, _| {
        // Not a sleep: it ends when the test says so.
        let _ = held.lock().unwrap().recv();
        async { Ok(()) }
    });
    let (service, listeners) = serve(lab, listening(&["memory:stuck"])).await;
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    peer.frame(b"block").await;
    assert_eq!(events.next("the message").await, Event::Message(id, b"block".to_vec()));
    let stopped = within("the stop", service.stop(Duration::from_millis(100))).await;
    assert_eq!(stopped.stuck, 1);
    let_go.send(()).unwrap();
    assert_eq!(events.closed().await, (id, CloseReason::Shutdown));
}

#[tokio::test(start_paused = true)]
async fn any_deadline_can_be_asked_for() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:any-deadline"])).await;
    let _peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    assert_eq!(within("the stop", service.stop(Duration::MAX)).await.stuck, 0);
    assert_eq!(events.closed().await, (id, CloseReason::Shutdown));
    service.start().await.unwrap();
    let _peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    service.stop(Duration::ZERO).await;
    assert_eq!(events.closed().await, (id, CloseReason::Shutdown));
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_given_up_still_stops() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:given-up"])).await;
    let peer = Raw::connect(listeners[0].endpoint()).await;
    let session = service.session(events.connected().await).unwrap();
    while session.try_send(&Header::default(), &[7; 10_000]).is_ok() {}
    // Polled once, and dropped.
    tokio::select! { biased; _ = service.stop(Duration::from_secs(60)) => panic!("it cannot be over"), () = async {} => {} }
    assert!(!service.is_running());
    assert_eq!(events.closed().await, (session.id(), CloseReason::Shutdown));
    drop(peer);
    let metrics = tokio::runtime::Handle::current().metrics();
    until("every task to end", || metrics.num_alive_tasks() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_stop_its_own_service() {
    static SERVICE: OnceLock<Service<Lab>> = OnceLock::new();
    let (lab, mut events) = Lab::<false>::new();
    let lab = lab.on_message(|_, _| async {
        SERVICE.get().unwrap().stop(Duration::from_secs(5)).await;
        Ok(())
    });
    let (service, listeners) = serve(lab, listening(&["memory:suicide"])).await;
    assert!(SERVICE.set(service.clone()).is_ok());
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let id = events.connected().await;
    peer.frame(b"stop").await;
    assert_eq!(events.closed().await, (id, CloseReason::Shutdown));
    assert_eq!(peer.read_to_end().await.unwrap(), b"");
    drop(peer);
    let metrics = tokio::runtime::Handle::current().metrics();
    until("every task to end", || metrics.num_alive_tasks() == 0).await;
    assert!(!service.is_running());
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_goes_on_does_not_touch_what_was_started_since() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:old-run"])).await;
    let _deaf = Raw::connect(listeners[0].endpoint()).await;
    let old = service.session(events.connected().await).unwrap();
    while old.try_send(&Header::default(), &[7; 10_000]).is_ok() {}
    let stop = tokio::spawn({
        let service = service.clone();
        async move { service.stop(Duration::from_secs(4)).await }
    });
    until("the stop to begin", || !service.is_running()).await;
    let_run().await;
    let listeners = service.start().await.unwrap();
    let mut peer = Raw::connect(listeners[0].endpoint()).await;
    let new = service.session(events.connected().await).unwrap();
    within("the stop", stop).await.unwrap();
    assert_eq!(events.closed().await, (old.id(), CloseReason::Shutdown));
    assert!(new.is_open(), "closed by the stop before it: {:?}", new.close_reason());
    assert_eq!(peer.ask(b"still there?").await, b"still there?");
    // The new run has its deadlines.
    assert_eq!(events.closed().await, (new.id(), CloseReason::Idle { limit: Duration::from_secs(90) }));
}

#[cfg(feature = "websocket")]
#[tokio::test]
async fn a_stop_ends_handshakes_and_says_so() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["ws://127.0.0.1:0"])).await;
    let tcp = endpoint(&listeners[0].endpoint().to_string().replace("ws://", "tcp://"));
    let mut peer = Raw::connect(&tcp).await;
    peer.send(b"GET / HT").await;
    let metrics = tokio::runtime::Handle::current().metrics();
    // The engine, the listener, the handshake.
    until("the handshake to begin", || metrics.num_alive_tasks() == 3).await;
    assert_eq!(within("the stop", service.stop(Duration::from_secs(5))).await.stuck, 0);
    let (at, _, reason) = events.failed().await;
    assert_eq!((at, reason), (listeners[0].endpoint().to_string(), CloseReason::Shutdown));
    assert_eq!(peer.read_to_end().await.unwrap_or_default(), b"");
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_comes_too_late_is_refused() {
    let (lab, _events) = Lab::<false>::new();
    let (service, _) = serve(lab, ServiceConfig::default()).await;
    let other = service.clone();
    let listen = async {
        let_run().await;
        other.listen(ListenOn::from(endpoint("memory:too-late"))).await
    };
    let (_, late) = tokio::join!(service.stop(Duration::from_secs(1)), listen);
    assert!(matches!(late, Err(ServiceError::NotRunning)));
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}
