//! Listening: what is bound, what comes in, and what to do when accepting fails.

use std::{fmt, io};

use tokio::net::{TcpListener, TcpStream};

#[cfg(feature = "tls")]
use super::tls::TlsServer;
#[cfg(feature = "websocket")]
use super::websocket::WebSocketServer;
use super::{PeerAddress, Transport, explain, memory, tcp};
use crate::endpoint::{Address, Endpoint};

/// How to listen.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    backlog: u32,
    #[cfg(feature = "tls")]
    tls: Option<TlsServer>,
    #[cfg(feature = "websocket")]
    websocket: WebSocketServer,
}

impl Default for ListenOptions {
    fn default() -> Self {
        ListenOptions {
            backlog: ListenOptions::DEFAULT_BACKLOG,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "websocket")]
            websocket: WebSocketServer::default(),
        }
    }
}

impl ListenOptions {
    /// How many connections may wait to be accepted, where nothing else is said.
    pub const DEFAULT_BACKLOG: u32 = 1024;

    /// How many connections may wait to be accepted: at least 1. The system may have a lower limit (`net.core.somaxconn`).
    #[must_use]
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// The certificate: needed for `tls` and `wss`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: TlsServer) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Which requests `ws` and `wss` let in.
    #[cfg(feature = "websocket")]
    #[must_use]
    pub fn websocket(mut self, websocket: WebSocketServer) -> Self {
        self.websocket = websocket;
        self
    }

    #[cfg(feature = "tls")]
    fn certificate(&self) -> io::Result<TlsServer> {
        let text = "give it a certificate, with ListenOptions::tls";
        self.tls.clone().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, text))
    }
}

/// Something that listens. Dropping it stops listening; connections not yet accepted are closed.
pub struct Acceptor {
    endpoint: Endpoint,
    listener: Listener,
    upgrade: Upgrade,
}

enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(super::unix::Listener),
    Memory(memory::Listener),
}

/// What is done on a TCP connection before bytes flow.
#[derive(Clone)]
enum Upgrade {
    Nothing,
    #[cfg(feature = "tls")]
    Tls(TlsServer),
    #[cfg(feature = "websocket")]
    WebSocket(WebSocketServer),
    #[cfg(all(feature = "tls", feature = "websocket"))]
    WebSocketOverTls(TlsServer, WebSocketServer),
}

impl Acceptor {
    /// Listens at this endpoint.
    ///
    /// A port that a server gave up a moment ago can be taken at once (`SO_REUSEADDR`). Of a host name's addresses, the first
    /// that can be had is taken. Whether `[::]` also means IPv4 is as the system has it. The file of a Unix socket that a
    /// dead server left is replaced, and removed when the acceptor is dropped.
    ///
    /// # Errors
    /// A sentence that names the endpoint: it is taken ([`AddrInUse`](io::ErrorKind::AddrInUse)), or not ours to take, or
    /// something is missing in the options or was not built in.
    pub async fn bind(endpoint: &Endpoint, options: &ListenOptions) -> io::Result<Acceptor> {
        let bound = Acceptor::bind_to(endpoint, options).await;
        bound.map_err(|error| explain(error, format_args!("cannot listen on {endpoint}")))
    }

    async fn bind_to(endpoint: &Endpoint, options: &ListenOptions) -> io::Result<Acceptor> {
        let backlog = options.backlog;
        if backlog == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the backlog is 0: at least 1 connection must wait",
            ));
        }
        let upgrade = match &endpoint.0 {
            Address::Tcp(_) | Address::Unix(_) | Address::Memory(_) => Upgrade::Nothing,
            #[cfg(feature = "tls")]
            Address::Tls(_) => Upgrade::Tls(options.certificate()?),
            #[cfg(feature = "websocket")]
            Address::Ws(_, path) => Upgrade::WebSocket(options.websocket.clone().at(path.clone())),
            #[cfg(all(feature = "tls", feature = "websocket"))]
            Address::Wss(_, path) => {
                Upgrade::WebSocketOverTls(options.certificate()?, options.websocket.clone().at(path.clone()))
            }
            #[cfg(not(all(feature = "tls", feature = "websocket")))]
            other => return Err(super::not_built(other)),
        };
        let (listener, endpoint) = match &endpoint.0 {
            Address::Tcp(at) | Address::Tls(at) | Address::Ws(at, _) | Address::Wss(at, _) => {
                let listener = tcp::listen(at, backlog).await?;
                let port = listener.local_addr()?.port();
                (Listener::Tcp(listener), endpoint.clone().with_port(port))
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                (Listener::Unix(super::unix::Listener::bind(path, backlog).await?), endpoint.clone())
            }
            #[cfg(not(unix))]
            other @ Address::Unix(_) => return Err(super::not_built(other)),
            Address::Memory(name) => (Listener::Memory(memory::Listener::bind(name, backlog)?), endpoint.clone()),
        };
        Ok(Acceptor { endpoint, listener, upgrade })
    }

    /// Where it listens: with the port that the system gave, where 0 was asked for.
    pub fn local_endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The next connection, before anything was read of it or written to it.
    ///
    /// # Errors
    /// The system's own: ask [`accept_error`] what to do.
    ///
    /// # Cancel safety
    /// No connection is lost.
    pub async fn accept(&self) -> io::Result<Incoming> {
        let (stream, peer) = match &self.listener {
            Listener::Tcp(listener) => {
                let (stream, peer) = tcp::accept(listener).await?;
                (Stream::Tcp(stream, self.upgrade.clone()), peer)
            }
            #[cfg(unix)]
            Listener::Unix(listener) => (Stream::Ready(Box::new(listener.accept().await?)), PeerAddress::Unix),
            Listener::Memory(listener) => (Stream::Ready(listener.accept().await?), PeerAddress::Memory),
        };
        Ok(Incoming { stream, peer })
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A connection that came in, with nothing yet read of it. Dropping it closes it.
#[must_use]
pub struct Incoming {
    stream: Stream,
    peer: PeerAddress,
}

enum Stream {
    Tcp(TcpStream, Upgrade),
    Ready(Box<dyn Transport>),
}

impl Incoming {
    /// Who connected.
    pub fn peer(&self) -> PeerAddress {
        self.peer
    }

    /// Shakes hands, where the transport does: TLS, then the WebSocket upgrade. The others are ready at once.
    ///
    /// There is no deadline, and a peer may send nothing at all: put one around it.
    ///
    /// # Errors
    /// A sentence that says what was wrong with the peer's side of it. A WebSocket peer was told as well.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn handshake(self) -> io::Result<Box<dyn Transport>> {
        let (stream, upgrade) = match self.stream {
            Stream::Ready(transport) => return Ok(transport),
            Stream::Tcp(stream, upgrade) => (stream, upgrade),
        };
        Ok(match upgrade {
            Upgrade::Nothing => Box::new(stream),
            #[cfg(feature = "tls")]
            Upgrade::Tls(tls) => Box::new(tls.accept(stream).await?),
            #[cfg(feature = "websocket")]
            Upgrade::WebSocket(server) => Box::new(server.accept(stream).await?),
            #[cfg(all(feature = "tls", feature = "websocket"))]
            Upgrade::WebSocketOverTls(tls, server) => Box::new(server.accept(tls.accept(stream).await?).await?),
        })
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// What a failed [`Acceptor::accept`] means for the loop around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptError {
    /// One connection was lost before it was accepted. The next may be there already: accept again at once.
    Connection,
    /// Descriptors or memory have run out, or it is not known what happened. Accepting at once would only spin: wait a little.
    Exhausted,
    /// The listener itself is unusable, and will be.
    Fatal,
}

/// Sorts an error of [`Acceptor::accept`]. What is not known counts as [`Exhausted`](AcceptError::Exhausted): a server that
/// waits too often still serves, one that gives up or spins does not.
pub fn accept_error(error: &io::Error) -> AcceptError {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable, TimedOut,
        WouldBlock,
    };
    match error.kind() {
        // Linux hands on errors of the network that concern the one connection: see accept(2).
        ConnectionAborted | ConnectionReset | Interrupted | WouldBlock | TimedOut | HostUnreachable | NetworkDown
        | NetworkUnreachable => AcceptError::Connection,
        _ => system_error(error),
    }
}

#[cfg(unix)]
fn system_error(error: &io::Error) -> AcceptError {
    match error.raw_os_error() {
        // EPERM is a firewall's word on the one connection.
        Some(libc::EPROTO | libc::EPERM) => AcceptError::Connection,
        Some(libc::EBADF | libc::EINVAL | libc::ENOTSOCK | libc::EFAULT) => AcceptError::Fatal,
        // Among them EMFILE, ENFILE, ENOBUFS and ENOMEM.
        _ => AcceptError::Exhausted,
    }
}

#[cfg(not(unix))]
fn system_error(error: &io::Error) -> AcceptError {
    match error.kind() {
        io::ErrorKind::InvalidInput => AcceptError::Fatal,
        _ => AcceptError::Exhausted,
    }
}
