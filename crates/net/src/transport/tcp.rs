//! TCP. Idle it keeps the socket, and less than 100 bytes.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};

use super::{PeerAddress, Reader, Transport, Writer};
use crate::endpoint::{Host, HostPort};

impl Transport for TcpStream {
    fn split(self: Box<Self>) -> (Reader, Writer) {
        let (reader, writer) = self.into_split();
        (Box::new(reader), Box::new(writer))
    }
}

pub(super) async fn listen(at: &HostPort, backlog: u32) -> io::Result<TcpListener> {
    let mut last = None;
    for address in lookup(at).await? {
        match listen_on(address, backlog) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

fn listen_on(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere: a port is free again as soon as its listener is gone. On Windows: two may listen at once.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

pub(super) async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, PeerAddress)> {
    let (stream, address) = listener.accept().await?;
    set_nodelay(&stream);
    Ok((stream, PeerAddress::ip(address)))
}

pub(super) async fn connect(at: &HostPort) -> io::Result<(TcpStream, PeerAddress)> {
    let mut last = None;
    for address in lookup(at).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                set_nodelay(&stream);
                return Ok((stream, PeerAddress::ip(address)));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

/// Whole frames are handed to the system at once: waiting for more would only delay them.
fn set_nodelay(stream: &TcpStream) {
    // It fails where the peer is gone already (macOS), which reading will tell. It is no fault of the listener.
    let _ = stream.set_nodelay(true);
}

async fn lookup(at: &HostPort) -> io::Result<Vec<SocketAddr>> {
    match &at.host {
        Host::Ip(ip) => Ok(vec![SocketAddr::new(*ip, at.port)]),
        Host::Name(name) => Ok(lookup_host((name.as_str(), at.port)).await?.collect()),
    }
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the host has no address")
}
