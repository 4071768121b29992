//! The limits of sessions hold exactly, however many connect at once.

use laster_net::{CloseReason, ServiceConfig};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Event, Events, Lab, address, listening, serve, until, within};

const BURST: usize = 200;

/// Connects so many at once from this address.
async fn burst(from: &str, to: std::net::SocketAddr) -> Vec<TcpStream> {
    let connects = (0..BURST).map(|_| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        socket.connect(to)
    });
    let peers = within("200 connections", futures_util::future::join_all(connects)).await;
    peers.into_iter().map(Result::unwrap).collect()
}

/// Counts how many of a burst became sessions, and checks why the others did not.
async fn outcome(events: &mut Events, expected: &CloseReason) -> usize {
    let mut connected = 0;
    for _ in 0..BURST {
        match events.next("each connection's outcome").await {
            Event::Connected { .. } => connected += 1,
            Event::Failed { reason, .. } => assert_eq!(&reason, expected),
            other => panic!("{other:?}"),
        }
    }
    connected
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_all() {
    let (lab, mut events) = Lab::<false>::new();
    let config = ServiceConfig { max_sessions: 50, ..listening(&["127.0.0.1:0", "127.0.0.1:0"]) };
    let (service, listeners) = serve(lab, config).await;
    for round in 0..3 {
        let peers = burst("127.0.0.1", address(&listeners[round % 2])).await;
        let connected = outcome(&mut events, &CloseReason::SessionLimit { limit: 50 }).await;
        assert_eq!((connected, service.sessions().len()), (50, 50), "round {round}");
        assert_eq!(service.status().refused, 150 * (round as u64 + 1));
        // All places are free again when the peers have gone.
        drop(peers);
        for _ in 0..50 {
            events.closed().await;
        }
        until("the list to be empty", || service.sessions().is_empty()).await;
        // A place is given back behind the last event, when the session's task ends.
        let tasks = tokio::runtime::Handle::current().metrics();
        until("the sessions' tasks to end", || tasks.num_alive_tasks() == 3).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_one_address() {
    let (lab, mut events) = Lab::<false>::new();
    let config = ServiceConfig { max_sessions_per_address: 20, ..listening(&["127.0.0.1:0"]) };
    let (service, listeners) = serve(lab, config).await;
    let limit = CloseReason::AddressLimit { limit: 20 };
    let first = burst("127.0.0.1", address(&listeners[0])).await;
    assert_eq!(outcome(&mut events, &limit).await, 20);
    // Another address has its own.
    let second = burst("127.0.0.2", address(&listeners[0])).await;
    assert_eq!(outcome(&mut events, &limit).await, 20);
    assert_eq!(service.sessions().len(), 40);
    drop((first, second));
}
