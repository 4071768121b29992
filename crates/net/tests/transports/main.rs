//! What every transport promises, in one table; then what is each one's own; then hostile peers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod endpoints;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "websocket")]
mod websocket;

use std::{
    io::{self, ErrorKind},
    path::PathBuf,
};

use laster_net::{
    Endpoint,
    transport::{
        AcceptError, Acceptor, ConnectOptions, Connection, ListenOptions, PeerAddress, Reader, Transport, Writer,
        accept_error, connect, memory,
    },
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn endpoint(text: &str) -> Endpoint {
    text.parse().unwrap()
}

/// A path for a socket, unlike that of any other test or run.
fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("laster-{}-{name}.sock", std::process::id()))
}

/// How both ends are set up in these tests.
fn options() -> (ListenOptions, ConnectOptions) {
    #[cfg(feature = "tls")]
    return tls::options();
    #[cfg(not(feature = "tls"))]
    (ListenOptions::default(), ConnectOptions::default())
}

/// Every transport of this build.
fn endpoints(test: &str) -> Vec<Endpoint> {
    let mut texts = vec!["127.0.0.1:0".to_owned(), "tcp://localhost:0".to_owned(), format!("memory:{test}")];
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        texts.push("[::1]:0".to_owned());
    }
    if cfg!(unix) {
        texts.push(format!("unix:{}", socket_path(test).display()));
    }
    if cfg!(feature = "tls") {
        texts.push("tls://localhost:0".to_owned());
    }
    if cfg!(feature = "websocket") {
        texts.push("ws://127.0.0.1:0".to_owned());
        texts.push("ws://localhost:0/chat".to_owned());
    }
    if cfg!(all(feature = "tls", feature = "websocket")) {
        texts.push("wss://localhost:0/chat?room=1".to_owned());
    }
    texts.iter().map(|text| endpoint(text)).collect()
}

/// Both ends of a connection, the listener's first.
async fn connected(acceptor: &Acceptor) -> ((Box<dyn Transport>, PeerAddress), Connection) {
    let options = options().1;
    let server = async {
        let incoming = acceptor.accept().await.unwrap();
        let peer = incoming.peer();
        (incoming.handshake().await.unwrap(), peer)
    };
    let (server, client) = tokio::join!(server, connect(acceptor.local_endpoint(), &options));
    (server, client.unwrap())
}

/// The two halves of both ends, the listener's first.
async fn halves(endpoint: &Endpoint) -> ((Reader, Writer), (Reader, Writer)) {
    let acceptor = Acceptor::bind(endpoint, &options().0).await.unwrap();
    let ((server, _), client) = connected(&acceptor).await;
    (server.split(), client.transport.split())
}

/// Bytes in which each run differs from the next.
fn pattern(len: usize, seed: u32) -> Vec<u8> {
    (0..len as u32).map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13) as u8).collect()
}

/// Writes in chunks of growing, odd sizes, alternately as one slice and as several; then ends.
async fn send(writer: &mut Writer, bytes: &[u8]) {
    let (mut rest, mut size) = (bytes, 1);
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(size.min(rest.len()));
        if size % 4 == 1 {
            writer.write_all(chunk).await.unwrap();
        } else {
            let (left, right) = chunk.split_at(chunk.len() / 3);
            let slices = [left, &[], right].map(io::IoSlice::new);
            let len = writer.write_vectored(&slices).await.unwrap();
            writer.write_all(&chunk[len..]).await.unwrap();
        }
        rest = behind;
        size = (size * 3 + 2) % 150_001;
    }
    writer.shutdown().await.unwrap();
}

/// Reads to the end, in pieces of growing, odd sizes.
async fn receive(reader: &mut Reader) -> Vec<u8> {
    let (mut bytes, mut size) = (Vec::new(), 1);
    loop {
        let start = bytes.len();
        bytes.resize(start + size, 0);
        let len = reader.read(&mut bytes[start..]).await.unwrap();
        bytes.truncate(start + len);
        if len == 0 {
            return bytes;
        }
        size = (size * 3 + 2) % 40_001;
    }
}

#[tokio::test]
async fn a_mebibyte_flows_both_ways_at_once() {
    for endpoint in endpoints("mebibyte") {
        let ((mut server_reader, mut server_writer), (mut client_reader, mut client_writer)) = halves(&endpoint).await;
        assert!(server_writer.is_write_vectored(), "{endpoint}");
        let (up, down) = (pattern(1 << 20, 1), pattern(1 << 20, 2));
        let (_, _, got_up, got_down) = tokio::join!(
            send(&mut client_writer, &up),
            send(&mut server_writer, &down),
            receive(&mut server_reader),
            receive(&mut client_reader),
        );
        assert!(got_up == up && got_down == down, "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_halves_may_live_in_different_tasks() {
    for endpoint in endpoints("tasks") {
        let ((mut server_reader, mut server_writer), (mut client_reader, mut client_writer)) = halves(&endpoint).await;
        let tasks = [
            tokio::spawn(async move { send(&mut client_writer, &pattern(1 << 20, 1)).await }),
            tokio::spawn(async move { send(&mut server_writer, &pattern(1 << 20, 2)).await }),
            tokio::spawn(async move { assert!(receive(&mut server_reader).await == pattern(1 << 20, 1)) }),
            tokio::spawn(async move { assert!(receive(&mut client_reader).await == pattern(1 << 20, 2)) }),
        ];
        for task in tasks {
            task.await.unwrap();
        }
    }
}

#[tokio::test]
async fn one_direction_ends_and_the_other_still_flows() {
    for (endpoint, server_first) in endpoints("half-close").into_iter().flat_map(|at| [(at.clone(), false), (at, true)])
    {
        let (server, client) = halves(&endpoint).await;
        let (first, second) = if server_first { (server, client) } else { (client, server) };
        let ((mut first_reader, mut first_writer), (mut second_reader, mut second_writer)) = (first, second);
        send(&mut first_writer, b"last words").await;
        assert_eq!(receive(&mut second_reader).await, b"last words", "{endpoint}, server first: {server_first}");
        send(&mut second_writer, b"answer").await;
        assert_eq!(receive(&mut first_reader).await, b"answer", "{endpoint}, server first: {server_first}");
    }
}

#[tokio::test]
async fn both_ends_know_who_the_other_is() {
    for endpoint in endpoints("peers") {
        let acceptor = Acceptor::bind(&endpoint, &options().0).await.unwrap();
        let local = acceptor.local_endpoint().clone();
        assert_ne!(local.port(), Some(0), "{endpoint}");
        assert_eq!(local.clone().with_port(0), endpoint);
        let ((_, client), connection) = connected(&acceptor).await;
        match (client, connection.peer) {
            (PeerAddress::Ip(client), PeerAddress::Ip(server)) => {
                assert_eq!(Some(server.port()), local.port(), "{endpoint}");
                assert!(client.ip().is_loopback() && server.ip().is_loopback(), "{endpoint}");
            }
            (client, server) => {
                assert_eq!(client, server);
                assert_eq!(endpoint.to_string().split(':').next(), Some(client.to_string().as_str()));
            }
        }
    }
}

#[tokio::test]
async fn who_comes_over_mapped_ipv6_is_shown_as_ipv4() {
    // Where the system has no IPv6, or keeps the two apart, there is nothing to see.
    let Ok(acceptor) = Acceptor::bind(&endpoint("[::]:0"), &options().0).await else { return };
    let port = acceptor.local_endpoint().port().unwrap();
    let Ok(_client) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else { return };
    assert!(acceptor.accept().await.unwrap().peer().to_string().starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn a_place_is_taken_once_and_free_again_when_dropped() {
    for endpoint in endpoints("taken") {
        let acceptor = Acceptor::bind(&endpoint, &options().0).await.unwrap();
        let local = acceptor.local_endpoint().clone();
        let error = Acceptor::bind(&local, &options().0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
        assert!(error.to_string().starts_with(&format!("cannot listen on {local}: ")), "{error}");
        drop(acceptor);
        let error = connect(&local, &options().1).await.unwrap_err();
        let gone = matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound);
        assert!(gone && error.to_string().starts_with(&format!("cannot connect to {local}: ")), "{error}");
        drop(Acceptor::bind(&local, &options().0).await.unwrap());
    }
}

#[tokio::test]
async fn waiting_for_a_connection_can_be_given_up() {
    for endpoint in endpoints("cancel") {
        let acceptor = Acceptor::bind(&endpoint, &options().0).await.unwrap();
        for _ in 0..3 {
            // Polled once, and dropped.
            tokio::select! { biased; _ = acceptor.accept() => panic!("nobody connected"), () = async {} => {} }
        }
        connected(&acceptor).await;
    }
}

#[tokio::test]
async fn a_handshake_that_is_given_up_closes_the_connection() {
    for endpoint in endpoints("stalled").into_iter().filter(|endpoint| endpoint.port().is_some()) {
        let acceptor = Acceptor::bind(&endpoint, &options().0).await.unwrap();
        // By which of a name's addresses it is reached, a whole connection tells.
        let PeerAddress::Ip(address) = connected(&acceptor).await.1.peer else { panic!("{endpoint} has no address") };
        let mut raw = tokio::net::TcpStream::connect(address).await.unwrap();
        let incoming = acceptor.accept().await.unwrap();
        // Polled once, and dropped.
        tokio::select! { biased; _ = incoming.handshake() => {}, () = async {} => {} }
        assert_eq!(raw.read(&mut [0; 8]).await.unwrap(), 0, "{endpoint}");
    }
}

#[test]
fn errors_of_accept_are_sorted() {
    use AcceptError::{Connection, Exhausted, Fatal};
    let kinds = [
        (ErrorKind::ConnectionAborted, Connection),
        (ErrorKind::ConnectionReset, Connection),
        (ErrorKind::Interrupted, Connection),
        (ErrorKind::OutOfMemory, Exhausted),
        (ErrorKind::Other, Exhausted),
    ];
    for (kind, expected) in kinds {
        assert_eq!(accept_error(&kind.into()), expected, "{kind}");
    }
    #[cfg(target_os = "linux")]
    for (name, number, expected) in [
        ("EPERM", 1, Connection),
        ("EINTR", 4, Connection),
        ("EPROTO", 71, Connection),
        ("ECONNABORTED", 103, Connection),
        ("ECONNRESET", 104, Connection),
        ("EHOSTUNREACH", 113, Connection),
        ("ENOMEM", 12, Exhausted),
        ("ENFILE", 23, Exhausted),
        ("EMFILE", 24, Exhausted),
        ("ENOBUFS", 105, Exhausted),
        ("EBADF", 9, Fatal),
        ("EINVAL", 22, Fatal),
        ("ENOTSOCK", 88, Fatal),
    ] {
        assert_eq!(accept_error(&io::Error::from_raw_os_error(number)), expected, "{name}");
    }
}

#[tokio::test]
async fn options_that_cannot_be_are_refused() {
    let error = Acceptor::bind(&endpoint("127.0.0.1:0"), &ListenOptions::default().backlog(0)).await.unwrap_err();
    let text = "cannot listen on tcp://127.0.0.1:0: the backlog is 0: at least 1 connection must wait";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidInput, text));
    let error = connect(&endpoint("no-such-host.invalid:1"), &ConnectOptions::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot connect to tcp://no-such-host.invalid:1: "), "{error}");
    #[cfg(not(feature = "tls"))]
    {
        let error = Acceptor::bind(&endpoint("tls://127.0.0.1:0"), &ListenOptions::default()).await.unwrap_err();
        let text = "cannot listen on tls://127.0.0.1:0: this needs the feature \"tls\" of laster-net";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Unsupported, text));
    }
}

#[tokio::test]
async fn a_pair_needs_no_name() {
    let (here, there) = memory::pair();
    let ((_, mut writer), (mut reader, _)) = (here.split(), there.split());
    send(&mut writer, b"hello").await;
    assert_eq!(receive(&mut reader).await, b"hello");
}

#[cfg(unix)]
mod unix {
    use super::*;

    #[tokio::test]
    async fn the_file_of_a_dead_server_is_replaced() {
        let path = socket_path("dead");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let acceptor = Acceptor::bind(&endpoint(&format!("unix:{}", path.display())), &options().0).await.unwrap();
        connected(&acceptor).await;
        drop(acceptor);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_left_alone() {
        let path = socket_path("file");
        std::fs::write(&path, "important").unwrap();
        let error = Acceptor::bind(&endpoint(&format!("unix:{}", path.display())), &options().0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert_eq!(std::fs::read(&path).unwrap(), b"important");
        std::fs::remove_file(&path).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_has_another_owner_by_now_is_not_removed() {
        let path = socket_path("successor");
        let endpoint = endpoint(&format!("unix:{}", path.display()));
        let first = Acceptor::bind(&endpoint, &options().0).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = Acceptor::bind(&endpoint, &options().0).await.unwrap();
        drop(first);
        connected(&second).await;
    }
}
