//! The server over real sessions, and its generated client: what the chat's own tests cannot see.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use chat_server::{chat::ChatLimits, server};
use laster::{
    CallError, ClientOptions,
    net::{Application, CloseReason, ConnectTo, Endpoint, Service, ServiceConfig, SessionLimits},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::chat::v1::{
    Bye, Hello, History, Join, Ping, Said, Say, Tell, Who,
    presence::Change,
    protocol::{Client, Events, FromServer},
    refused::Reason,
};

/// A server on these endpoints, and where it listens.
async fn started(endpoints: &[&str], limits: SessionLimits) -> (Service<impl Application>, Vec<Endpoint>) {
    let listeners = endpoints.iter().map(|endpoint| endpoint.parse::<Endpoint>().unwrap().into()).collect();
    let config = ServiceConfig { listeners, limits, ..ServiceConfig::default() };
    let service = server::serve("test", ChatLimits::default(), config).unwrap();
    let listeners = service.start().await.unwrap();
    let endpoints = listeners.iter().map(|listener| listener.endpoint().clone()).collect();
    (service, endpoints)
}

async fn connected(endpoint: &Endpoint) -> (Client, Events) {
    Client::connect(ConnectTo::from(endpoint.clone()), ClientOptions::default()).await.unwrap()
}

/// A client that has said Hello and is in the lobby.
async fn in_lobby(endpoint: &Endpoint, account: &str) -> (Client, Events) {
    let (client, events) = connected(endpoint).await;
    client.hello(Hello { account: account.into() }).await.unwrap();
    client.join(Join { room: "lobby".into() }).await.unwrap();
    (client, events)
}

/// The next event, which has to come soon.
async fn next(events: &mut Events) -> FromServer {
    let event = tokio::time::timeout(Duration::from_secs(10), events.next()).await.expect("an event in time");
    event.expect("an open session").message
}

/// The end of the events, which has to come soon.
async fn end(events: &mut Events) -> CloseReason {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), events.next()).await.expect("an end in time") {
            Ok(_) => {}
            Err(reason) => return reason,
        }
    }
}

fn say(text: &str) -> Say {
    Say { room: "lobby".into(), text: text.into() }
}

#[tokio::test]
async fn two_clients_talk_over_every_transport() {
    let socket = std::env::temp_dir().join(format!("laster-chat-{}.sock", std::process::id()));
    let unix = format!("unix:{}", socket.display());
    let (service, endpoints) =
        started(&["tcp://127.0.0.1:0", "ws://127.0.0.1:0", &unix, "memory:chat"], SessionLimits::default()).await;
    let (ada, mut to_ada) = in_lobby(&endpoints[0], "ada").await;
    for (n, endpoint) in endpoints.iter().enumerate() {
        let name = format!("guest-{n}");
        let (guest, mut to_guest) = in_lobby(endpoint, &name).await;
        assert!(matches!(next(&mut to_ada).await, FromServer::Presence(p) if p.account == name));
        let heard = ada.say(say("hello")).await.unwrap();
        for events in [&mut to_ada, &mut to_guest] {
            let FromServer::Said(Said { account, text, number, .. }) = next(events).await else { panic!("not said") };
            assert_eq!((account.as_str(), text.as_str(), number), ("ada", "hello", heard.number));
        }
        guest.tell(Tell { account: "Ada".into(), text: "psst".into() }).await.unwrap();
        assert!(matches!(next(&mut to_ada).await, FromServer::Whisper(w) if w.account == name && w.text == "psst"));
        guest.bye(Bye {}).await.unwrap();
        assert_eq!(end(&mut to_guest).await, CloseReason::Remote);
        let FromServer::Presence(gone) = next(&mut to_ada).await else { panic!("not a presence") };
        assert_eq!((gone.account, gone.change), (name, Change::Gone.into()));
    }
    service.stop(Duration::from_secs(5)).await;
    assert_eq!(end(&mut to_ada).await, CloseReason::Remote);
    assert!(!socket.exists());
}

#[tokio::test]
async fn calls_in_flight_at_once_find_their_replies() {
    let (service, endpoints) = started(&["tcp://127.0.0.1:0"], SessionLimits::default()).await;
    let (client, mut events) = in_lobby(&endpoints[0], "ada").await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..300u64 {
        let client = client.clone();
        calls.spawn(async move {
            match n % 3 {
                0 => drop(client.say(say(&n.to_string())).await.unwrap()),
                1 => assert!(client.ping(Ping {}).await.unwrap().time > 0),
                _ => assert_eq!(client.who(Who { room: "lobby".into() }).await.unwrap().accounts, ["ada"]),
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    for number in 1..=100 {
        assert!(matches!(next(&mut events).await, FromServer::Said(said) if said.number == number));
    }
    let page = client.history(History { room: "lobby".into(), before: 0, limit: 0 }).await.unwrap();
    assert_eq!((page.messages.len(), page.more), (50, true));
    service.stop(Duration::from_secs(5)).await;
    assert!(matches!(client.ping(Ping {}).await, Err(CallError::Closed(CloseReason::Remote))));
}

#[tokio::test]
async fn refusals_are_typed() {
    let (service, endpoints) = started(&["memory:refusals"], SessionLimits::default()).await;
    let (_ada, _events) = in_lobby(&endpoints[0], "ada").await;
    let (client, _events) = connected(&endpoints[0]).await;
    let refused = client.hello(Hello { account: "ADA".into() }).await.unwrap_err();
    let CallError::Refused(refused) = refused else { panic!("{refused}") };
    assert_eq!(refused.reason(), Reason::AccountInUse);
    client.hello(Hello { account: "bob".into() }).await.unwrap();
    let refused = client.say(say("not inside")).await.unwrap_err();
    assert!(matches!(refused, CallError::Refused(refused) if refused.reason() == Reason::NotInRoom));
    // What is larger than its message allows is not even sent.
    let large = client.say(say(&"x".repeat(9000))).await.unwrap_err();
    assert_eq!(large.to_string(), "a payload of 9010 bytes is more than 8192 bytes");
    service.stop(Duration::from_secs(1)).await;
}

/// Sends bytes as they are, and gives what comes back until the server closes.
async fn raw(endpoint: &Endpoint, bytes: &[u8]) -> Vec<u8> {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", endpoint.port().unwrap())).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut back = Vec::new();
    // A reset is an end as well.
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut back)).await.expect("an end in time");
    back
}

#[tokio::test]
async fn hostile_peers_cost_their_own_session() {
    let limits = SessionLimits { hello: Duration::from_millis(200), ..SessionLimits::default() };
    let (service, endpoints) = started(&["tcp://127.0.0.1:0"], limits).await;
    let (client, mut events) = in_lobby(&endpoints[0], "healthy").await;
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        // A length of 2^32 - 1, of 0, and one less than the header.
        b"\xff\xff\xff\xff\x01\0\0\0\0\0",
        b"\0\0\0\0",
        b"\x05\0\0\0\x01\0\0\0\0",
        // Something else than Hello first; an id that does not exist; an id of the other direction.
        b"\x06\0\0\0\x13\0\x01\0\0\0",
        b"\x06\0\0\0\xff\xff\x01\0\0\0",
        b"\x06\0\0\0\x02\0\x01\0\0\0",
        // A Hello that is not protobuf, and one larger than a Hello may be.
        b"\x08\0\0\0\x01\0\x01\0\0\0\xff\xff",
        b"\x07\x01\0\0\x01\0\x01\0\0\0",
        // Nothing at all: the deadline for the first message ends it.
        b"",
    ] {
        assert_eq!(raw(&endpoints[0], bytes).await, b"", "{bytes:02x?}");
    }
    client.say(say("still here")).await.unwrap();
    assert!(matches!(next(&mut events).await, FromServer::Said(said) if said.text == "still here"));
    assert_eq!(service.sessions().len(), 1);
    service.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn it_starts_again_after_a_stop() {
    let (service, endpoints) = started(&["memory:again"], SessionLimits::default()).await;
    let (_client, mut events) = in_lobby(&endpoints[0], "ada").await;
    assert_eq!(service.stop(Duration::from_secs(5)).await.stuck, 0);
    assert_eq!(end(&mut events).await, CloseReason::Remote);
    service.start().await.unwrap();
    let (client, _events) = in_lobby(&endpoints[0], "ada").await;
    assert_eq!(client.who(Who { room: "lobby".into() }).await.unwrap().count, 1);
    service.stop(Duration::from_secs(5)).await;
}
