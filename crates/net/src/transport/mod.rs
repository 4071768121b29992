//! The byte streams below the sessions, behind one small trait.
//!
//! The contract:
//!
//! - A [`Transport`] is any stream of bytes that tokio can read and write. The session above it knows none of them; the one
//!   thing it asks is to be split, because reading belongs to the session's task while any task may write.
//! - Nothing here knows the time. Deadlines are the caller's, and dropping a future closes what it had opened.
//! - What a peer sends before the bytes flow (TLS records, an HTTP head) is bounded, and no transport grows with what a peer
//!   sends after that: bytes are read into the reader's buffer, or wait in the system's.

mod accept;
pub mod memory;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
#[cfg(unix)]
mod unix;
#[cfg(feature = "websocket")]
mod websocket;

use std::{fmt, io, net::SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};

pub use accept::{AcceptError, Acceptor, Incoming, ListenOptions, accept_error};
#[cfg(feature = "tls")]
pub use tls::{TlsClient, TlsServer};
/// The TLS library, in the very version that own configurations must be made with.
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
#[cfg(feature = "websocket")]
pub use websocket::{MAX_EMPTY_FRAMES, MAX_HEAD, MAX_MESSAGE, WebSocketServer};

use crate::endpoint::{Address, Endpoint};

/// The half that bytes come from.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// The half that bytes go to.
pub type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// A connected stream of bytes.
///
/// The writer's `shutdown` is the reader's end of file at the other end, with nothing lost that was written before; the
/// other direction still flows. Dropping both halves closes the connection.
///
/// Both halves may be polled by different tasks at once, but each half by one at a time: as with a socket, only the last
/// task that found nothing to do is woken.
pub trait Transport: Send + 'static {
    /// The two halves. What each transport keeps while nothing is under way stands at its implementation.
    fn split(self: Box<Self>) -> (Reader, Writer);
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddress {
    /// An address and a port. An IPv4 address that came in over IPv6 is shown as the IPv4 address it is.
    Ip(SocketAddr),
    /// Somebody on this machine, over a Unix socket.
    Unix,
    /// Somebody in this process.
    Memory,
}

impl PeerAddress {
    /// The address without the mapping of IPv4 into IPv6, by which one peer would count as two.
    fn ip(address: SocketAddr) -> Self {
        PeerAddress::Ip(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddress::Ip(address) => address.fmt(f),
            PeerAddress::Unix => f.write_str("unix"),
            PeerAddress::Memory => f.write_str("memory"),
        }
    }
}

/// A connection that this side opened.
#[non_exhaustive]
pub struct Connection {
    /// The bytes.
    pub transport: Box<dyn Transport>,
    /// Who answers: of a host with several addresses, the one that was reached.
    pub peer: PeerAddress,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// How to connect.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    #[cfg(feature = "tls")]
    tls: Option<TlsClient>,
}

impl ConnectOptions {
    /// Whom to trust: needed for `tls` and `wss`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: TlsClient) -> Self {
        self.tls = Some(tls);
        self
    }
}

/// Connects, and shakes hands where the transport does.
///
/// Of a host name's addresses each is tried in turn. There is no deadline: put one around it.
///
/// # Errors
/// A sentence that names the endpoint and what went wrong with its last address.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub async fn connect(endpoint: &Endpoint, options: &ConnectOptions) -> io::Result<Connection> {
    connect_to(endpoint, options).await.map_err(|error| explain(error, format_args!("cannot connect to {endpoint}")))
}

#[cfg_attr(not(feature = "tls"), allow(unused_variables))]
async fn connect_to(endpoint: &Endpoint, options: &ConnectOptions) -> io::Result<Connection> {
    let (transport, peer): (Box<dyn Transport>, _) = match &endpoint.0 {
        Address::Tcp(at) => {
            let (stream, peer) = tcp::connect(at).await?;
            (Box::new(stream), peer)
        }
        #[cfg(feature = "tls")]
        Address::Tls(at) => {
            let tls = options.tls.as_ref().ok_or_else(no_roots)?;
            let (stream, peer) = tcp::connect(at).await?;
            (Box::new(tls.connect(&at.host, stream).await?), peer)
        }
        #[cfg(feature = "websocket")]
        Address::Ws(at, path) => {
            let (stream, peer) = tcp::connect(at).await?;
            (Box::new(websocket::connect(at, path.as_ref(), stream).await?), peer)
        }
        #[cfg(all(feature = "tls", feature = "websocket"))]
        Address::Wss(at, path) => {
            let tls = options.tls.as_ref().ok_or_else(no_roots)?;
            let (stream, peer) = tcp::connect(at).await?;
            let stream = tls.connect(&at.host, stream).await?;
            (Box::new(websocket::connect(at, path.as_ref(), stream).await?), peer)
        }
        #[cfg(unix)]
        Address::Unix(path) => (Box::new(unix::connect(path).await?), PeerAddress::Unix),
        Address::Memory(name) => (memory::connect(name).await?, PeerAddress::Memory),
        #[cfg(not(all(unix, feature = "tls", feature = "websocket")))]
        other => return Err(not_built(other)),
    };
    Ok(Connection { transport, peer })
}

#[cfg(feature = "tls")]
fn no_roots() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "say whom to trust, with ConnectOptions::tls")
}

/// What to say of an endpoint that this build knows by name only.
#[cfg(not(all(unix, feature = "tls", feature = "websocket")))]
fn not_built(address: &Address) -> io::Error {
    let text = match address {
        Address::Tls(_) => "this needs the feature \"tls\" of laster-net",
        Address::Ws(..) => "this needs the feature \"websocket\" of laster-net",
        Address::Wss(..) => "this needs the features \"tls\" and \"websocket\" of laster-net",
        _ => "this system has no Unix sockets",
    };
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// The same error, with what was attempted before it.
fn explain(error: io::Error, attempt: fmt::Arguments<'_>) -> io::Error {
    io::Error::new(error.kind(), format!("{attempt}: {error}"))
}
