//! WebSocket with another library at the other end, and with nobody's library at all.

use futures_util::{SinkExt, StreamExt};
use laster_net::transport::{MAX_EMPTY_FRAMES, MAX_HEAD, WebSocketServer};
use tokio::net::{TcpListener, TcpStream};
use tokio_websockets::{ClientBuilder, CloseCode, Config, Message, ServerBuilder};

use crate::*;

const REQUEST: &str = "GET /chat?x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn bind(path: &str) -> (Acceptor, u16) {
    let acceptor = Acceptor::bind(&endpoint(&format!("ws://127.0.0.1:0{path}")), &options().0).await.unwrap();
    let port = acceptor.local_endpoint().port().unwrap();
    (acceptor, port)
}

async fn raw(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// Our server's end, and a peer that has done its handshake and can now send what it likes.
async fn with_raw_client() -> ((Reader, Writer), TcpStream) {
    let (acceptor, port) = bind("").await;
    let mut raw = raw(port).await;
    raw.write_all(REQUEST.as_bytes()).await.unwrap();
    let server = acceptor.accept().await.unwrap().handshake().await.unwrap().split();
    let mut response = [0; 129];
    raw.read_exact(&mut response).await.unwrap();
    // The key and its answer are RFC 6455's own example.
    let response = str::from_utf8(&response).unwrap();
    assert!(response.ends_with("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"), "{response}");
    (server, raw)
}

/// A client's frame, with a mask of no effect.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn another_library_s_client_is_understood_in_pieces_and_with_pings() {
    let (acceptor, port) = bind("/chat").await;
    let uri = format!("ws://127.0.0.1:{port}/chat").parse().unwrap();
    // Messages in frames of 1,000 bytes.
    let builder = ClientBuilder::from_uri(uri).config(Config::default().frame_size(1000));
    let stream = raw(port).await;
    let served = async { acceptor.accept().await.unwrap().handshake().await.unwrap().split() };
    let ((mut reader, mut writer), client) = tokio::join!(served, builder.connect_on(stream));
    let (mut client, _) = client.unwrap();

    let bytes = pattern(300_000, 1);
    let sent = async {
        for chunk in bytes.chunks(70_001) {
            client.send(Message::ping("still there?")).await.unwrap();
            client.send(Message::binary(chunk.to_vec())).await.unwrap();
        }
        client.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "bye")).await.unwrap();
    };
    let (got, ()) = tokio::join!(receive(&mut reader), sent);
    assert!(got == bytes);

    let echo = tokio::spawn(async move { send(&mut writer, &got).await });
    let (mut back, mut pongs) = (Vec::new(), 0);
    while let Some(message) = client.next().await {
        let message = message.unwrap();
        match message.is_pong() {
            true => pongs += 1,
            false if message.is_close() => assert_eq!(message.as_close().unwrap().0, CloseCode::NORMAL_CLOSURE),
            false => back.extend_from_slice(message.as_payload()),
        }
    }
    echo.await.unwrap();
    assert!(back == bytes);
    assert!((1..=5).contains(&pongs), "{pongs}");
}

#[tokio::test]
async fn another_library_s_server_is_understood() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = endpoint(&format!("ws://{}/chat?room=1", listener.local_addr().unwrap()));
    let server = tokio::spawn(async move {
        let (request, mut server) = ServerBuilder::new().accept(listener.accept().await.unwrap().0).await.unwrap();
        assert_eq!(request.uri(), "/chat?room=1");
        let mut got = Vec::new();
        while let Some(message) = server.next().await {
            let message = message.unwrap();
            if message.is_binary() {
                got.extend_from_slice(message.as_payload());
                server.send(Message::ping("and you?")).await.unwrap();
                server.send(message).await.unwrap();
            }
        }
        got
    });
    let (mut reader, mut writer) = connect(&to, &options().1).await.unwrap().transport.split();
    let bytes = pattern(300_000, 1);
    let (echo, ()) = tokio::join!(receive(&mut reader), send(&mut writer, &bytes));
    assert!(echo == bytes);
    assert!(server.await.unwrap() == bytes);
}

#[tokio::test]
async fn a_text_message_is_refused_and_what_came_before_it_is_not_lost() {
    let ((mut reader, mut writer), mut raw) = with_raw_client().await;
    raw.write_all(&[frame(0x82, b"bytes"), frame(0x81, b"text")].concat()).await.unwrap();
    let mut bytes = [0; 5];
    reader.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"bytes");
    for _ in 0..2 {
        let error = reader.read(&mut bytes).await.unwrap_err();
        let text = "the peer sent a WebSocket text message, where binary messages carry the protocol";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidData, text));
    }
    writer.shutdown().await.unwrap();
    let mut said = Vec::new();
    raw.read_to_end(&mut said).await.unwrap();
    assert_eq!(said, [0x88, 2, 3, 0xeb], "closed with 1003, unsupported data");
}

#[tokio::test]
async fn the_end_of_the_connection_is_an_end_between_messages_only() {
    let unfinished = [frame(0x02, b"begun"), vec![0x80]].concat();
    for (sent, ends) in [(&frame(0x82, b"whole")[..], true), (&[0x82, 0x85, 0][..], false), (&unfinished, false)] {
        let ((mut reader, _writer), mut raw) = with_raw_client().await;
        raw.write_all(sent).await.unwrap();
        raw.shutdown().await.unwrap();
        let end = reader.read_to_end(&mut Vec::new()).await;
        let said = end.map(|_| ()).map_err(|error| (error.kind(), error.to_string()));
        let cut_off = (ErrorKind::UnexpectedEof, "the connection ended inside a WebSocket message".to_owned());
        assert_eq!(said, if ends { Ok(()) } else { Err(cut_off) });
    }
}

#[tokio::test]
async fn empty_messages_have_a_limit_in_a_row() {
    let ((mut reader, _writer), mut raw) = with_raw_client().await;
    let empty = frame(0x82, b"").repeat(MAX_EMPTY_FRAMES as usize);
    raw.write_all(&[&empty, &frame(0x82, b"x")[..], &empty, &frame(0x82, b"y"), &empty].concat()).await.unwrap();
    let mut bytes = [0; 2];
    reader.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"xy");
    raw.write_all(&frame(0x82, b"")).await.unwrap();
    let error = reader.read(&mut bytes).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer sent more than 256 empty WebSocket frames in a row");
}

#[tokio::test]
async fn who_asks_for_something_else_is_told() {
    let (acceptor, port) = bind("/chat").await;
    let refused = |from: &str, to: &str| {
        assert!(REQUEST.contains(from));
        REQUEST.replacen(from, to, 1).into_bytes()
    };
    let upgrade = "this is a WebSocket server: the request must say Upgrade: websocket and Connection: Upgrade";
    let version = "the request must say Sec-WebSocket-Version: 13";
    let key = "Sec-WebSocket-Key must be 16 bytes in base64";
    for (request, status, sentence) in [
        (b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), "426 Upgrade Required", upgrade),
        (refused("Upgrade: websocket", "Upgrade: h2c"), "426 Upgrade Required", upgrade),
        (refused(", Upgrade", ""), "426 Upgrade Required", upgrade),
        (refused("Version: 13", "Version: 8"), "426 Upgrade Required", version),
        (refused("dGhl", ""), "400 Bad Request", key),
        (refused("Sec-WebSocket-Key", "X"), "400 Bad Request", key),
        (refused("/chat?x", "/other"), "404 Not Found", "the only path here is /chat"),
        (refused("/chat?x", "?"), "404 Not Found", "the only path here is /chat"),
        (refused("HTTP/1.1", "HTTP/1.0"), "505 HTTP Version Not Supported", "the request must be of HTTP/1.1"),
        (refused("Host", "H st"), "400 Bad Request", "the request cannot be read: invalid header name"),
        (refused("GET", "PUT"), "400 Bad Request", "the peer does not begin with \"GET \""),
        (b"\x16\x03\x01\x02\x00\x01".to_vec(), "400 Bad Request", "the peer does not begin with \"GET \""),
        (b"G".to_vec(), "400 Bad Request", "the peer closed the connection inside its HTTP head"),
    ] {
        let mut raw = raw(port).await;
        raw.write_all(&request).await.unwrap();
        raw.shutdown().await.unwrap();
        let error = acceptor.accept().await.unwrap().handshake().await.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), format!("WebSocket handshake: {sentence}"));
        let mut response = String::new();
        // Where bytes were left unread the system resets the connection behind the response.
        let _ = raw.read_to_string(&mut response).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{response}");
        assert!(response.ends_with(&format!("\r\n\r\n{sentence}\n")), "{response}");
    }
}

#[tokio::test]
async fn an_http_head_without_end_is_read_up_to_its_limit() {
    let (acceptor, port) = bind("").await;
    let mut raw = raw(port).await;
    let endless = tokio::spawn(async move {
        raw.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        while raw.write_all(b"X: 0123456789\r\n").await.is_ok() {}
    });
    let error = acceptor.accept().await.unwrap().handshake().await.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), format!("WebSocket handshake: the peer's HTTP head has more than {MAX_HEAD} bytes"));
    endless.await.unwrap();
}

#[tokio::test]
async fn pages_of_other_origins_stay_outside() {
    let options = ListenOptions::default().websocket(WebSocketServer::default().origins(["https://example.org"]));
    let acceptor = Acceptor::bind(&endpoint("ws://127.0.0.1:0"), &options).await.unwrap();
    let port = acceptor.local_endpoint().port().unwrap();
    for (origin, allowed) in [("", true), ("Origin: https://example.org\r\n", true), ("Origin: null\r\n", false)] {
        let mut raw = raw(port).await;
        let request = REQUEST.replace("Host: a\r\n", &format!("Host: a\r\n{origin}"));
        raw.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(acceptor.accept().await.unwrap().handshake().await.is_ok(), allowed, "{origin}");
    }
}

#[tokio::test]
async fn a_server_that_answers_something_else_is_quoted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = endpoint(&format!("ws://{}", listener.local_addr().unwrap()));
    let accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD));
    for (response, sentence) in [
        (
            "HTTP/1.1 404 Not Found\r\n\r\nnothing \x1b[2J here\n",
            r#"the server answered 404 "Not Found" instead of 101: "nothing \u{1b}[2J here""#,
        ),
        ("HTTP/1.1 101 OK\r\n\r\n", "the server's response does not say Upgrade: websocket and Connection: Upgrade"),
        (&format!("{accepted}\r\n"), "the server's Sec-WebSocket-Accept does not belong to our key"),
        ("220 mail.example.org ESMTP\r\n", "the peer does not begin with \"HTTP/1.1 \""),
        ("", "the peer closed the connection inside its HTTP head"),
        (&endless, "the peer's HTTP head has more than 8192 bytes"),
    ] {
        let served = async {
            let (mut raw, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let len = raw.read(&mut request).await.unwrap();
            let request = str::from_utf8(&request[..len]).unwrap();
            assert!(request.starts_with(&format!("GET / HTTP/1.1\r\nHost: {}\r\n", &to.to_string()[5..])), "{request}");
            raw.write_all(response.as_bytes()).await.unwrap();
        };
        let options = options().1;
        let ((), connected) = tokio::join!(served, connect(&to, &options));
        let error = connected.unwrap_err().to_string();
        assert_eq!(error, format!("cannot connect to {to}: WebSocket handshake: {sentence}"));
    }
}
