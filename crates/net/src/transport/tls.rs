//! TLS over TCP, by rustls with the aws-lc provider.
//!
//! The provider is named at each configuration and never installed for the whole process: what else the process does with
//! rustls is not ours to decide.
//!
//! The end of the stream: `shutdown` sends `close_notify`. A peer that ends without one may have been cut off by somebody in
//! between, so that reading fails with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) instead of ending.

use std::{fmt, io, path::Path, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor, TlsConnector, TlsStream,
    rustls::{
        self, CertificateError, ClientConfig, InvalidMessage, RootCertStore, ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        pki_types::{
            CertificateDer, PrivateKeyDer, ServerName,
            pem::{self, PemObject},
        },
    },
};

use super::{Reader, Transport, Writer};
use crate::endpoint::Host;

/// Idle it keeps between 6 and 7 KiB: the state of two ciphers, and 4 KiB that rustls reads into.
impl Transport for TlsStream<TcpStream> {
    fn split(self: Box<Self>) -> (Reader, Writer) {
        let (reader, writer) = tokio::io::split(*self);
        (Box::new(reader), Box::new(writer))
    }
}

/// Who a server says it is. Cheap to clone.
#[derive(Clone)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
}

impl TlsServer {
    /// From a PEM certificate chain, the server's own certificate first, and the PEM private key that belongs to it.
    ///
    /// # Errors
    /// One of the two cannot be read, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> io::Result<Self> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            pem::Error::NoItemsFound => invalid("there is no private key in the PEM text: -----BEGIN PRIVATE KEY-----"),
            error => invalid(format!("the private key is no PEM text: {error}")),
        })?;
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        match config {
            Ok(config) => Ok(TlsServer::from_config(Arc::new(config))),
            Err(rustls::Error::InconsistentKeys(_)) => Err(invalid("the private key is not the certificate's")),
            Err(error) => Err(invalid(format!("the certificate or its key cannot be used: {error}"))),
        }
    }

    /// As [`from_pem`](TlsServer::from_pem), from files, which are read at once.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn from_pem_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> io::Result<Self> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let pems = (read(chain)?, read(key)?);
        TlsServer::from_pem(&pems.0, &pems.1).map_err(|error| {
            super::explain(error, format_args!("certificate {} with key {}", chain.display(), key.display()))
        })
    }

    /// Anything else that rustls can do: client certificates, several names, reloading.
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        TlsServer { config }
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let stream = TlsAcceptor::from(self.config.clone()).accept(stream).await;
        stream.map(TlsStream::from).map_err(|error| handshake_error(&error))
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").finish_non_exhaustive()
    }
}

/// Whom a client trusts. Cheap to clone.
///
/// There is no default: a private protocol's server has a certificate of its own more often than a public one.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl TlsClient {
    /// Trusts servers whose certificate one of these PEM certificates signed, or is.
    ///
    /// # Errors
    /// They cannot be read, or there is none.
    pub fn from_roots_pem(roots: &[u8]) -> io::Result<Self> {
        let mut store = RootCertStore::empty();
        for root in certificates(roots)? {
            store.add(root).map_err(|error| invalid(format!("a root certificate cannot be used: {error}")))?;
        }
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| invalid(error.to_string()))?;
        Ok(TlsClient::from_config(Arc::new(config.with_root_certificates(store).with_no_client_auth())))
    }

    /// As [`from_roots_pem`](TlsClient::from_roots_pem), from a file, which is read at once.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn from_roots_file(roots: impl AsRef<Path>) -> io::Result<Self> {
        let path = roots.as_ref();
        let roots = read(path)?;
        TlsClient::from_roots_pem(&roots).map_err(|error| super::explain(error, format_args!("{}", path.display())))
    }

    /// Anything else that rustls can do: a verifier of one's own (for servers that made their certificate themselves), a
    /// client certificate.
    pub fn from_config(config: Arc<ClientConfig>) -> Self {
        TlsClient { config, server_name: None }
    }

    /// The name that the server's certificate must have, where it is not the endpoint's host.
    ///
    /// # Errors
    /// It is neither a host name nor an address.
    pub fn server_name(mut self, name: &str) -> io::Result<Self> {
        self.server_name = Some(parse_server_name(name)?);
        Ok(self)
    }

    pub(super) async fn connect(&self, host: &Host, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = match (&self.server_name, host) {
            (Some(name), _) => name.clone(),
            (None, Host::Ip(ip)) => ServerName::from(*ip),
            (None, Host::Name(name)) => parse_server_name(name)?,
        };
        let stream = TlsConnector::from(self.config.clone()).connect(name, stream).await;
        stream.map(TlsStream::from).map_err(|error| handshake_error(&error))
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn certificates(text: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(invalid("there is no certificate in the PEM text: -----BEGIN CERTIFICATE-----"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(invalid(format!("the certificate is no PEM text: {error}"))),
    }
}

fn parse_server_name(name: &str) -> io::Result<ServerName<'static>> {
    let name = ServerName::try_from(name.to_owned());
    name.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the server's name is no name for a certificate"))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| super::explain(error, format_args!("cannot read {}", path.display())))
}

fn invalid(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

/// Why the handshake failed, in words where the library has only a name for it.
fn handshake_error(error: &io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let text = match cause {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "no root that is trusted here signed the peer's certificate (UnknownIssuer)".to_owned()
        }
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "the peer does not speak TLS".to_owned()
        }
        _ if error.kind() == io::ErrorKind::UnexpectedEof => "the peer closed the connection".to_owned(),
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), format!("TLS handshake: {text}"))
}
