//! The HTTP request and response that open a WebSocket (RFC 6455, section 4).
//!
//! No more than [`MAX_HEAD`] bytes are read before the peer is judged, and who is refused is told why.

use std::{io, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use httparse::Header;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Below, mask::Masks};
use crate::endpoint::{HostPort, UrlPath};

/// The most bytes in the head of a request or a response.
pub const MAX_HEAD: usize = 8 * 1024;
/// The most header lines in it.
const MAX_HEADERS: usize = 64;
/// How many bytes are asked for at a time.
const STEP: usize = 1024;
/// What turns a key into an answer that only a WebSocket server gives.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Which requests a WebSocket listener lets in. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct WebSocketServer {
    /// The endpoint's path; none: every path.
    path: Option<UrlPath>,
    origins: Option<Arc<[String]>>,
}

impl WebSocketServer {
    /// The origins whose pages may connect, such as `https://example.org`. A browser lets any page connect to any server and
    /// says in `Origin` which page it is; other programs need not send one and are let in without.
    ///
    /// Nothing said: every origin. That is right where a peer has to say who it is in the protocol itself.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// The same for this path only.
    pub(in super::super) fn at(mut self, path: Option<UrlPath>) -> Self {
        self.path = path;
        self
    }

    /// Judges a request's head. Gives the value of `Sec-WebSocket-Accept`.
    fn judge(&self, head: &[u8]) -> Result<String, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if let Some(text) = parse_fault(request.parse(head)) {
            return Err(Refusal::new("400 Bad Request", format!("the request cannot be read: {text}")));
        }
        if request.version != Some(1) {
            return Err(Refusal::new("505 HTTP Version Not Supported", "the request must be of HTTP/1.1"));
        }
        let without_query = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
        let asked = request.path.map(without_query);
        if let Some(path) = &self.path
            && asked != Some(without_query(path.as_str()))
        {
            return Err(Refusal::new("404 Not Found", format!("the only path here is {}", path.as_str())));
        }
        let headers = &*request.headers;
        if !lists(headers, "Upgrade", "websocket") || !lists(headers, "Connection", "upgrade") {
            let text = "this is a WebSocket server: the request must say Upgrade: websocket and Connection: Upgrade";
            return Err(Refusal::new("426 Upgrade Required", text));
        }
        if value(headers, "Sec-WebSocket-Version") != Some("13") {
            return Err(Refusal::new("426 Upgrade Required", "the request must say Sec-WebSocket-Version: 13"));
        }
        if let (Some(origins), Some(origin)) = (&self.origins, value(headers, "Origin"))
            && !origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
        {
            return Err(Refusal::new("403 Forbidden", "pages of this origin may not connect"));
        }
        match value(headers, "Sec-WebSocket-Key") {
            Some(key) if BASE64.decode(key).is_ok_and(|nonce| nonce.len() == 16) => Ok(accept_for(key)),
            _ => Err(Refusal::new("400 Bad Request", "Sec-WebSocket-Key must be 16 bytes in base64")),
        }
    }
}

/// For a server: reads the request and answers it. Gives the bytes that came behind the request.
pub(super) async fn answer<S: Below>(stream: &mut S, server: &WebSocketServer) -> io::Result<Vec<u8>> {
    let judged = match read_head(stream, b"GET ").await? {
        Ok((head, early)) => server.judge(&head).map(|accept| (accept, early)),
        Err(fault @ HeadFault::TooLong) => Err(Refusal::new("431 Request Header Fields Too Large", fault.to_string())),
        Err(fault) => Err(Refusal::new("400 Bad Request", fault.to_string())),
    };
    match judged {
        Ok((accept, early)) => {
            let response = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(response.as_bytes()).await?;
            stream.flush().await?;
            Ok(early)
        }
        Err(refusal) => {
            // Whether the peer hears it or not, the handshake failed for the reason it failed for.
            let _ = refusal.tell(stream).await;
            Err(failed(refusal.text))
        }
    }
}

/// For a client: sends the request and judges the response. Gives the bytes that came behind the response.
pub(super) async fn ask<S: Below>(stream: &mut S, at: &HostPort, path: Option<&UrlPath>) -> io::Result<Vec<u8>> {
    let path = path.map_or("/", UrlPath::as_str);
    let key = BASE64.encode(Masks::nonce());
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {at}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let (head, early) = match read_head(stream, b"HTTP/1.1 ").await? {
        Ok(parts) => parts,
        Err(fault) => return Err(failed(fault.to_string())),
    };
    judge_response(&head, &early, &key).map_err(failed)?;
    Ok(early)
}

fn judge_response(head: &[u8], body: &[u8], key: &str) -> Result<(), String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    if let Some(text) = parse_fault(response.parse(head)) {
        return Err(format!("the server's response cannot be read: {text}"));
    }
    let headers = &*response.headers;
    match response.code {
        Some(101) => {}
        code => {
            let (code, reason) = (code.unwrap_or_default(), response.reason.unwrap_or_default());
            // Servers tend to say in the body what they miss. Quoted, for it is the peer's.
            let body: String = String::from_utf8_lossy(body).trim().chars().take(200).collect();
            return Err(format!("the server answered {code} {reason:?} instead of 101: {body:?}"));
        }
    }
    if !lists(headers, "Upgrade", "websocket") || !lists(headers, "Connection", "upgrade") {
        return Err("the server's response does not say Upgrade: websocket and Connection: Upgrade".to_owned());
    }
    if value(headers, "Sec-WebSocket-Accept") != Some(&accept_for(key)) {
        return Err("the server's Sec-WebSocket-Accept does not belong to our key".to_owned());
    }
    for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"] {
        if value(headers, name).is_some() {
            return Err(format!("the server's response has {name}, which was not asked for"));
        }
    }
    Ok(())
}

/// What a client is told that is not let in.
struct Refusal {
    status: &'static str,
    text: String,
}

impl Refusal {
    fn new(status: &'static str, text: impl Into<String>) -> Self {
        Refusal { status, text: text.into() }
    }

    async fn tell<S: Below>(&self, stream: &mut S) -> io::Result<()> {
        let Refusal { status, text } = self;
        let response = format!(
            "HTTP/1.1 {status}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}\n",
            text.len() + 1
        );
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    }
}

/// Why no head was read.
#[derive(Debug, thiserror::Error)]
enum HeadFault {
    #[error("the peer does not begin with {0:?}")]
    OtherProtocol(&'static str),
    #[error("the peer's HTTP head has more than {MAX_HEAD} bytes")]
    TooLong,
    #[error("the peer closed the connection inside its HTTP head")]
    Ended,
}

/// Reads up to the empty line. Gives the head, and the bytes behind it. What does not begin with `start` is refused at once,
/// so that a peer of another protocol is not waited for.
async fn read_head<S: Below>(
    stream: &mut S,
    start: &'static [u8],
) -> io::Result<Result<(Vec<u8>, Vec<u8>), HeadFault>> {
    let mut head = Vec::new();
    loop {
        let old = head.len();
        head.resize((old + STEP).min(MAX_HEAD), 0);
        let len = stream.read(&mut head[old..]).await?;
        head.truncate(old + len);
        if len == 0 {
            return Ok(Err(HeadFault::Ended));
        }
        let begun = start.len().min(head.len());
        if head[..begun] != start[..begun] {
            return Ok(Err(HeadFault::OtherProtocol(std::str::from_utf8(start).unwrap_or_default())));
        }
        // The empty line may have begun in the bytes before.
        let from = old.saturating_sub(3);
        if let Some(found) = head[from..].windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let early = head.split_off(from + found + 4);
            return Ok(Ok((head, early)));
        }
        if head.len() == MAX_HEAD {
            return Ok(Err(HeadFault::TooLong));
        }
    }
}

fn parse_fault(parsed: httparse::Result<usize>) -> Option<String> {
    match parsed {
        Ok(httparse::Status::Complete(_)) => None,
        Ok(httparse::Status::Partial) => Some("its end is missing".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// The first header of this name.
fn value<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok().map(str::trim)
}

/// Whether one of the headers of this name has the token in its list.
fn lists(headers: &[Header<'_>], name: &str, token: &str) -> bool {
    let named = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let mut tokens = named.filter_map(|header| std::str::from_utf8(header.value).ok()).flat_map(|list| list.split(','));
    tokens.any(|found| found.trim().eq_ignore_ascii_case(token))
}

fn accept_for(key: &str) -> String {
    let mut sha1 = sha1_smol::Sha1::new();
    sha1.update(key.as_bytes());
    sha1.update(GUID.as_bytes());
    BASE64.encode(sha1.digest().bytes())
}

fn failed(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("WebSocket handshake: {}", text.into()))
}
