//! Connectors: how often, how long, given up, to whom, and what comes back.

use std::{io, sync::Arc, time::Duration};

use laster_frame::Side;
use laster_net::{
    Backoff, CloseReason, ConnectTo, Endpoint, ServiceConfig, SessionLimits, connect_once,
    transport::{Acceptor, ListenOptions},
};
use tokio::time::Instant;

use crate::support::{Event, FRAMES, Lab, Raw, endpoint, listening, serve, until, within};

/// To there, with a token.
fn to(at: &Endpoint, token: u32) -> ConnectTo {
    ConnectTo { token: Some(Arc::new(token)), ..ConnectTo::from(at.clone()) }
}

#[tokio::test(start_paused = true)]
async fn the_token_comes_back_either_way() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:token"])).await;
    let at = listeners[0].endpoint();
    service.connect(to(at, 7)).unwrap();
    let mut sides = Vec::new();
    for _ in 0..2 {
        let Event::Connected { side, token, .. } = events.next("both ends").await else { panic!("no session") };
        sides.push((side == Side::Client, token));
    }
    sides.sort_unstable();
    assert_eq!(sides, [(false, None), (true, Some(7))]);
    // With retries it is tried again, without end if need be; this one has one.
    let nobody = ConnectTo { retries: 1, ..to(&endpoint("memory:nobody-here"), 8) };
    service.connect(nobody).unwrap();
    let (at, token, reason) = events.failed().await;
    assert_eq!((at.as_str(), token), ("memory:nobody-here", Some(8)));
    let text = "cannot connect to memory:nobody-here: nobody in this process listens there";
    assert_eq!(reason, CloseReason::Transport { kind: io::ErrorKind::ConnectionRefused, text: text.into() });
}

#[tokio::test(start_paused = true)]
async fn a_number_of_retries_and_the_waits_between() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, _) = serve(lab, ServiceConfig::default()).await;
    for retries in [1, 2, 5] {
        let begun = Instant::now();
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
        service.connect(ConnectTo { retries, backoff, ..to(&endpoint("memory:away"), retries) }).unwrap();
        assert_eq!(events.failed().await.1, Some(retries));
        // Each wait is between a half and all of a second.
        let (least, most) = (Duration::from_millis(500) * retries, Duration::from_millis(1010) * retries);
        let took = begun.elapsed();
        assert!(least <= took && took <= most, "{retries} retries took {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_end_until_somebody_listens() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, _) = serve(lab, ServiceConfig::default()).await;
    let at = endpoint("memory:an-hour-later");
    service.connect(to(&at, 1)).unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(events.so_far(), [], "it gave up");
    let begun = Instant::now();
    service.listen(at.into()).await.unwrap();
    events.connected().await;
    events.connected().await;
    assert!(begun.elapsed() <= Duration::from_secs(10), "the longest wait is 10 s: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_a_timeout() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, _) = serve(lab, ServiceConfig::default()).await;
    let at = endpoint("memory:never-accepts");
    let _acceptor = Acceptor::bind(&at, &ListenOptions::default().backlog(1)).await.unwrap();
    let _first = Raw::connect(&at).await;
    let begun = Instant::now();
    let backoff = Backoff::new(Duration::from_millis(2), Duration::from_millis(2));
    service.connect(ConnectTo { timeout: Duration::from_secs(3), retries: 1, backoff, ..to(&at, 1) }).unwrap();
    let (_, token, reason) = events.failed().await;
    assert_eq!(token, Some(1));
    let text = "no connection to memory:never-accepts after 3s".into();
    assert_eq!(reason, CloseReason::Transport { kind: io::ErrorKind::TimedOut, text });
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(6) && took < Duration::from_millis(6100), "two attempts took {took:?}");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_given_up() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:given-up-connector"])).await;
    let connector = service.connect(to(&endpoint("memory:away"), 1)).unwrap();
    crate::support::let_run().await;
    connector.cancel();
    connector.cancel();
    assert_eq!(events.failed().await, ("memory:away".into(), Some(1), CloseReason::Local));
    // When there is a session, it is too late.
    let connector = service.connect(to(listeners[0].endpoint(), 2)).unwrap();
    events.connected().await;
    let id = events.connected().await;
    connector.cancel();
    crate::support::let_run().await;
    assert!(service.session(id).unwrap().is_open());
    service.connect(to(&endpoint("memory:away"), 3)).unwrap();
    crate::support::let_run().await;
    within("the stop", service.stop(Duration::from_secs(1))).await;
    let ended = events.so_far();
    let failed = Event::Failed { endpoint: "memory:away".into(), token: Some(3), reason: CloseReason::Shutdown };
    assert!(ended.contains(&failed) && ended.len() == 3, "two sessions and a connector ended: {ended:?}");
}

#[tokio::test]
async fn any_number_to_one_address() {
    let (lab, mut server_events) = Lab::<false>::new();
    let (_server, listeners) = serve(lab, listening(&["127.0.0.1:0"])).await;
    let (lab, mut events) = Lab::<false>::new();
    // The limit is for those who come, not for those whom this side visits.
    let config = ServiceConfig { max_sessions_per_address: 1, ..ServiceConfig::default() };
    let (client, _) = serve(lab, config).await;
    for n in 0..20 {
        client.connect(to(listeners[0].endpoint(), n)).unwrap();
    }
    let mut tokens = Vec::new();
    for _ in 0..20 {
        let event = events.next("a session").await;
        let Event::Connected { side: Side::Client, token: Some(token), .. } = event else { panic!("{event:?}") };
        tokens.push(token);
        server_events.connected().await;
    }
    tokens.sort_unstable();
    assert_eq!(tokens, (0..20).collect::<Vec<_>>());
    assert_eq!(client.sessions().len(), 20);
}

#[tokio::test]
async fn connectors_are_within_the_limit_of_sessions() {
    let (lab, _server_events) = Lab::<false>::new();
    let (_server, listeners) = serve(lab, listening(&["127.0.0.1:0"])).await;
    let (lab, mut events) = Lab::<false>::new();
    let (client, _) = serve(lab, ServiceConfig { max_sessions: 3, ..ServiceConfig::default() }).await;
    for n in 0..5 {
        client.connect(to(listeners[0].endpoint(), n)).unwrap();
    }
    let (mut connected, mut failed) = (0, 0);
    for _ in 0..5 {
        match events.next("each connector").await {
            Event::Connected { .. } => connected += 1,
            Event::Failed { reason, .. } => {
                assert_eq!(reason, CloseReason::SessionLimit { limit: 3 });
                failed += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((connected, failed), (3, 2));
}

#[tokio::test]
async fn by_name_and_by_ipv6() {
    let mut ats = vec!["localhost:0"];
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        ats.push("[::1]:0");
    }
    for at in ats {
        let (lab, mut events) = Lab::<false>::new();
        let (service, listeners) = serve(lab, listening(&[at])).await;
        service.connect(to(listeners[0].endpoint(), 4)).unwrap();
        events.connected().await;
        events.connected().await;
        assert!(service.sessions().iter().all(|session| crate::support::is_ip(session.peer())));
    }
}

#[tokio::test]
async fn a_refusal_says_where_and_why() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (lab, mut events) = Lab::<false>::new();
    let (service, _) = serve(lab, ServiceConfig::default()).await;
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(1));
    service.connect(ConnectTo { retries: 2, backoff, ..to(&free.into(), 1) }).unwrap();
    let reason = events.failed().await.2;
    let CloseReason::Transport { kind, text } = &reason else { panic!("{reason}") };
    assert_eq!(*kind, io::ErrorKind::ConnectionRefused);
    assert!(text.starts_with(&format!("cannot connect to tcp://{free}: Connection refused")), "{text}");
}

#[tokio::test(start_paused = true)]
async fn whoever_connects_is_not_asked_for_a_hello_by_itself() {
    // A client that has nothing to say yet, and a server that only answers.
    let (lab, mut events) = Lab::<false>::new();
    let at = endpoint("memory:quiet-server");
    let acceptor = Acceptor::bind(&at, &ListenOptions::default()).await.unwrap();
    let limits = SessionLimits::default();
    let session = connect_once(&at.into(), &FRAMES, limits, |session| lab.probe(session.id())).await.unwrap();
    let _peer = acceptor.accept().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(session.close_reason(), None);
    assert_eq!(events.closed().await.1, CloseReason::Idle { limit: Duration::from_secs(90) });
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_service_leaves_no_task() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:single"])).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let base = metrics.num_alive_tasks();
    for _ in 0..10 {
        let (lab, mut client_events) = Lab::<false>::new();
        let to = listeners[0].endpoint().clone().into();
        let limits = SessionLimits::default();
        let session = connect_once(&to, &FRAMES, limits, |session| lab.probe(session.id())).await.unwrap();
        events.connected().await;
        session.close();
        assert_eq!(client_events.closed().await, (session.id(), CloseReason::Local));
        assert_eq!(events.closed().await.1, CloseReason::Remote);
        until("the session's tasks to end", || metrics.num_alive_tasks() == base).await;
    }
    assert!(service.sessions().is_empty());
}
