//! Where something listens or is connected to, as one string.
//!
//! The contract: an [`Endpoint`] that exists is well-formed, so that nothing behind it checks again (a path cannot smuggle a
//! second line into an HTTP request), and what it prints reads back as the same endpoint.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// The most bytes in a host name, as the DNS has it.
const MAX_HOST: usize = 253;

/// Where something listens or is connected to.
///
/// | written | is |
/// |---|---|
/// | `host:port`, `tcp://host:port` | TCP |
/// | `tls://host:port` | TLS over TCP |
/// | `ws://host:port`, `ws://host:port/path` | WebSocket over TCP |
/// | `wss://host:port`, `wss://host:port/path` | WebSocket over TLS |
/// | `unix:/path/to/socket` | a Unix socket |
/// | `memory:name` | pipes within this process, for tests |
///
/// A host is a name, an IPv4 address, or an IPv6 address in brackets. Port 0 asks the system for a free one, where
/// something listens. A WebSocket listener with a path serves that path only; without one, every path.
///
/// ```
/// use laster_net::Endpoint;
///
/// let endpoint: Endpoint = "[::1]:4000".parse()?;
/// assert_eq!(endpoint.to_string(), "tcp://[::1]:4000");
///
/// let error = "localhost".parse::<Endpoint>().unwrap_err();
/// assert_eq!(error.to_string(), r#""localhost" has no port: write localhost:4000"#);
/// # Ok::<(), laster_net::EndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint(pub(crate) Address);

/// What an endpoint is, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    Tcp(HostPort),
    Tls(HostPort),
    Ws(HostPort, Option<UrlPath>),
    Wss(HostPort, Option<UrlPath>),
    Unix(String),
    Memory(String),
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostPort {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// A host by its name or by its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    Name(String),
    Ip(IpAddr),
}

/// A slash and what of a URL may follow it: visible ASCII without `#`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UrlPath(String);

impl Endpoint {
    /// WebSocket over TCP at this address, on every path. TCP itself is `Endpoint::from(address)`.
    pub fn websocket(address: SocketAddr) -> Self {
        Endpoint(Address::Ws(HostPort { host: Host::Ip(address.ip()), port: address.port() }, None))
    }

    /// The port, where there is one.
    pub fn port(&self) -> Option<u16> {
        self.host_port().map(|at| at.port)
    }

    /// The same endpoint at this port. Without ports (Unix sockets, memory) nothing changes.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        match &mut self.0 {
            Address::Tcp(at) | Address::Tls(at) | Address::Ws(at, _) | Address::Wss(at, _) => at.port = port,
            Address::Unix(_) | Address::Memory(_) => {}
        }
        self
    }

    fn host_port(&self) -> Option<&HostPort> {
        match &self.0 {
            Address::Tcp(at) | Address::Tls(at) | Address::Ws(at, _) | Address::Wss(at, _) => Some(at),
            Address::Unix(_) | Address::Memory(_) => None,
        }
    }
}

impl From<SocketAddr> for Endpoint {
    /// TCP at this address.
    fn from(address: SocketAddr) -> Self {
        Endpoint(Address::Tcp(HostPort { host: Host::Ip(address.ip()), port: address.port() }))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::Tcp(at) => write!(f, "tcp://{at}"),
            Address::Tls(at) => write!(f, "tls://{at}"),
            Address::Ws(at, path) => write!(f, "ws://{at}{}", path.as_ref().map_or("", UrlPath::as_str)),
            Address::Wss(at, path) => write!(f, "wss://{at}{}", path.as_ref().map_or("", UrlPath::as_str)),
            Address::Unix(path) => write!(f, "unix:{path}"),
            Address::Memory(name) => write!(f, "memory:{name}"),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => write!(f, "{name}:{}", self.port),
            Host::Ip(ip) => write!(f, "{}", SocketAddr::new(*ip, self.port)),
        }
    }
}

impl UrlPath {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return parse_unix(text, path).map(|path| Endpoint(Address::Unix(path)));
        }
        if let Some(name) = text.strip_prefix("memory:") {
            return parse_memory(text, name).map(|name| Endpoint(Address::Memory(name)));
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        let address = match scheme {
            "tcp" | "tls" if path.is_some() => {
                let found = text.to_owned();
                return Err(EndpointError::Path { found, instead: format!("{scheme}://{authority}") });
            }
            "tcp" => Address::Tcp(parse_host_port(text, authority)?),
            "tls" => Address::Tls(parse_host_port(text, authority)?),
            "ws" => Address::Ws(parse_host_port(text, authority)?, path.map(parse_url_path).transpose()?),
            "wss" => Address::Wss(parse_host_port(text, authority)?, path.map(parse_url_path).transpose()?),
            _ => return Err(EndpointError::Scheme { found: scheme.to_owned() }),
        };
        Ok(Endpoint(address))
    }
}

/// Reads `authority`, which stands somewhere in `text`.
fn parse_host_port(text: &str, authority: &str) -> Result<HostPort, EndpointError> {
    // What to write instead of the whole text, so that it can be copied as it is.
    let instead = |right: String| match text.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.replacen(authority, &right, 1)),
        None => right,
    };
    let found = || text.to_owned();
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Err(EndpointError::Brackets { found: found(), instead: instead(format!("[{authority}]:4000")) });
    }
    let host_end = if authority.ends_with(']') { None } else { authority.rfind(':') };
    let (host, port) = match host_end {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None if is_port(authority) => {
            return Err(EndpointError::NoHost { found: found(), instead: instead(format!("localhost:{authority}")) });
        }
        None => (authority, ""),
    };
    if host.is_empty() {
        let port = if is_port(port) { port } else { "4000" };
        return Err(EndpointError::NoHost { found: found(), instead: instead(format!("localhost:{port}")) });
    }
    let host = parse_host(host)?;
    if port.is_empty() {
        let right = HostPort { host, port: 4000 }.to_string();
        return Err(EndpointError::NoPort { found: found(), instead: instead(right) });
    }
    // Rust's own parser would take a sign.
    match port.parse() {
        Ok(number) if is_port(port) => Ok(HostPort { host, port: number }),
        _ => Err(EndpointError::Port { found: port.to_owned() }),
    }
}

fn parse_host(text: &str) -> Result<Host, EndpointError> {
    let error = || EndpointError::Host { found: text.to_owned() };
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().map(|ip| Host::Ip(ip.into())).map_err(|_| error());
    }
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(ip.into()));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    // Only digits and dots: an IPv4 address with a mistake in it, and no name at all.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if numeric || text.len() > MAX_HOST || !text.bytes().all(allowed) {
        return Err(error());
    }
    Ok(Host::Name(text.to_owned()))
}

fn parse_url_path(text: &str) -> Result<UrlPath, EndpointError> {
    match text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        true => Ok(UrlPath(text.to_owned())),
        false => Err(EndpointError::UrlPath { found: text.to_owned() }),
    }
}

fn parse_unix(text: &str, path: &str) -> Result<String, EndpointError> {
    let found = || text.to_owned();
    if path.is_empty() {
        return Err(EndpointError::NoSocketPath);
    }
    if path.contains('\0') {
        return Err(EndpointError::SocketPath { found: found() });
    }
    // As in a URL, `unix://run/x` and `unix:///run/x`, where it is anyone's guess what is the path.
    if path.starts_with("//") {
        let instead = format!("unix:/{}", path.trim_start_matches('/'));
        return Err(EndpointError::SocketSlashes { found: found(), instead });
    }
    Ok(path.to_owned())
}

fn parse_memory(text: &str, name: &str) -> Result<String, EndpointError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    match !name.is_empty() && name.bytes().all(allowed) {
        true => Ok(name.to_owned()),
        false => Err(EndpointError::Name { found: text.to_owned() }),
    }
}

/// Why a text is no [`Endpoint`], and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// There is no text.
    #[error("the endpoint is empty: write host:port, such as localhost:4000")]
    Empty,
    /// What stands before `://` is not known.
    #[error("{found:?} is no kind of endpoint: write tcp, tls, ws, wss, unix or memory")]
    Scheme {
        /// What stands there.
        found: String,
    },
    /// The host is missing.
    #[error("{found:?} has no host: write {instead}")]
    NoHost {
        /// The whole text.
        found: String,
        /// What it could be.
        instead: String,
    },
    /// The host is neither a name nor an address.
    #[error("{found:?} is no host: write a name such as localhost, or an address such as 127.0.0.1 or [::1]")]
    Host {
        /// The host.
        found: String,
    },
    /// An IPv6 address has no brackets, so that its end and the port cannot be told apart.
    #[error("{found:?} has an IPv6 address without brackets: write {instead}")]
    Brackets {
        /// The whole text.
        found: String,
        /// What it could be.
        instead: String,
    },
    /// The port is missing.
    #[error("{found:?} has no port: write {instead}")]
    NoPort {
        /// The whole text.
        found: String,
        /// What it could be.
        instead: String,
    },
    /// The port is no number, or too large.
    #[error("{found:?} is no port: write a number from 0 to 65535")]
    Port {
        /// The port.
        found: String,
    },
    /// A path, where there can be none.
    #[error("{found:?} has a path, which only ws and wss can have: write {instead}")]
    Path {
        /// The whole text.
        found: String,
        /// The same without a path.
        instead: String,
    },
    /// A path with a character that URLs do not have.
    #[error("the path {found:?} has a character that cannot stand in a URL: percent-encode it")]
    UrlPath {
        /// The path.
        found: String,
    },
    /// The path of a Unix socket is missing.
    #[error("\"unix:\" has no path: write unix:/path/to/socket")]
    NoSocketPath,
    /// The path of a Unix socket begins with two slashes.
    #[error("{found:?} begins like a URL: write {instead}")]
    SocketSlashes {
        /// The whole text.
        found: String,
        /// What was probably meant.
        instead: String,
    },
    /// The path of a Unix socket has a NUL in it.
    #[error("{found:?} has a NUL in its path: write it without")]
    SocketPath {
        /// The whole text.
        found: String,
    },
    /// The name of a memory endpoint is empty or has other characters.
    #[error("{found:?} has no proper name: write memory: and then letters, digits, '-', '_' and '.'")]
    Name {
        /// The whole text.
        found: String,
    },
}
