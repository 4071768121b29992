//! Whom TLS believes, and what it says when it does not.

use std::sync::{Arc, LazyLock};

use laster_net::transport::{
    TlsClient, TlsServer,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use crate::*;

/// A certificate that signs itself, and its key.
struct Identity {
    certificate: String,
    key: String,
}

fn identity() -> Identity {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    Identity { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() }
}

static IDENTITY: LazyLock<Identity> = LazyLock::new(identity);

fn server() -> ListenOptions {
    let tls = TlsServer::from_pem(IDENTITY.certificate.as_bytes(), IDENTITY.key.as_bytes()).unwrap();
    ListenOptions::default().tls(tls)
}

fn client_of(certificate: &str) -> TlsClient {
    TlsClient::from_roots_pem(certificate.as_bytes()).unwrap()
}

pub(crate) fn options() -> (ListenOptions, ConnectOptions) {
    (server(), ConnectOptions::default().tls(client_of(&IDENTITY.certificate)))
}

/// What both ends say when a client connects.
async fn outcome(host: &str, client: TlsClient) -> (Result<(), String>, Result<(), String>) {
    let acceptor = Acceptor::bind(&endpoint("tls://127.0.0.1:0"), &server()).await.unwrap();
    let to = endpoint(&format!("tls://{host}:1")).with_port(acceptor.local_endpoint().port().unwrap());
    let served = async { acceptor.accept().await.unwrap().handshake().await };
    let options = ConnectOptions::default().tls(client);
    let (served, connected) = tokio::join!(served, connect(&to, &options));
    let port = format!(":{}", to.port().unwrap());
    (
        served.map(|_| ()).map_err(|error| error.to_string()),
        connected.map(|_| ()).map_err(|error| error.to_string().replace(&port, "")),
    )
}

#[tokio::test]
async fn only_whom_a_trusted_root_signed_is_believed() {
    let (served, connected) = outcome("127.0.0.1", client_of(&IDENTITY.certificate)).await;
    assert_eq!((served, connected), (Ok(()), Ok(())));

    let (served, connected) = outcome("127.0.0.1", client_of(&identity().certificate)).await;
    let text = "cannot connect to tls://127.0.0.1: TLS handshake: ";
    let unknown = "no root that is trusted here signed the peer's certificate (UnknownIssuer)";
    // Both certificates bear one name, so that it can be the signature that does not fit.
    let said = connected.unwrap_err();
    assert!(
        said == format!("{text}{unknown}") || said == format!("{text}invalid peer certificate: BadSignature"),
        "{said}"
    );
    assert!(served.unwrap_err().starts_with("TLS handshake: received fatal alert: "));
}

#[tokio::test]
async fn the_name_must_be_the_certificate_s_or_given() {
    let trusted = || client_of(&IDENTITY.certificate);
    let (_, connected) = outcome("127.0.0.1", trusted().server_name("example.org").unwrap()).await;
    let said = connected.unwrap_err();
    assert!(said.contains("example.org") && said.contains("not valid for"), "{said}");
    let (_, connected) = outcome("127.0.0.1", trusted().server_name("localhost").unwrap()).await;
    assert_eq!(connected, Ok(()));
    let error = trusted().server_name("a b").unwrap_err();
    assert_eq!(error.to_string(), "the server's name is no name for a certificate");
}

/// Believes everyone, as a client of self-made servers may have to.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

#[tokio::test]
async fn a_verifier_of_one_s_own_decides() {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(Anyone)).with_no_client_auth();
    let (served, connected) = outcome("127.0.0.1", TlsClient::from_config(Arc::new(config))).await;
    assert_eq!((served, connected), (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_stream_that_is_cut_off_is_an_error_and_not_an_end() {
    let acceptor = Acceptor::bind(&endpoint("tls://127.0.0.1:0"), &server()).await.unwrap();
    let ((server, _), client) = connected(&acceptor).await;
    let ((mut reader, mut writer), mut client) = (server.split(), client.transport.split());
    // The client has read all there is: else the system would reset the connection.
    writer.write_all(b"x").await.unwrap();
    client.0.read_exact(&mut [0]).await.unwrap();
    // Without shutdown there is no close_notify.
    drop(client);
    let error = reader.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{error}");
}

#[tokio::test]
async fn what_does_not_speak_tls_is_told_from_what_does() {
    let acceptor = Acceptor::bind(&endpoint("tls://127.0.0.1:0"), &server()).await.unwrap();
    let port = acceptor.local_endpoint().port().unwrap();
    for (bytes, sentence) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "TLS handshake: the peer does not speak TLS"),
        (b"", "TLS handshake: the peer closed the connection"),
    ] {
        let mut raw = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        raw.write_all(bytes).await.unwrap();
        raw.shutdown().await.unwrap();
        let error = acceptor.accept().await.unwrap().handshake().await.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), sentence);
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let refused = |result: io::Result<TlsServer>| result.unwrap_err().to_string();
    let (chain, key) = (IDENTITY.certificate.as_bytes(), IDENTITY.key.as_bytes());
    let sentence = "there is no certificate in the PEM text: -----BEGIN CERTIFICATE-----";
    assert_eq!(refused(TlsServer::from_pem(key, key)), sentence);
    assert_eq!(TlsClient::from_roots_pem(b"").unwrap_err().to_string(), sentence);
    let sentence = "there is no private key in the PEM text: -----BEGIN PRIVATE KEY-----";
    assert_eq!(refused(TlsServer::from_pem(chain, chain)), sentence);
    let sentence = "the private key is not the certificate's";
    assert_eq!(refused(TlsServer::from_pem(chain, identity().key.as_bytes())), sentence);
    let said = refused(TlsServer::from_pem_files("/no/such/file.pem", "/no/such/key.pem"));
    assert!(said.starts_with("cannot read /no/such/file.pem: "), "{said}");

    let error = Acceptor::bind(&endpoint("tls://127.0.0.1:0"), &ListenOptions::default()).await.unwrap_err();
    let sentence = "cannot listen on tls://127.0.0.1:0: give it a certificate, with ListenOptions::tls";
    assert_eq!(error.to_string(), sentence);
    let error = connect(&endpoint("tls://127.0.0.1:1"), &ConnectOptions::default()).await.unwrap_err();
    let sentence = "cannot connect to tls://127.0.0.1:1: say whom to trust, with ConnectOptions::tls";
    assert_eq!(error.to_string(), sentence);
}

#[tokio::test]
async fn files_are_read_and_named() {
    let file = |name: &str| std::env::temp_dir().join(format!("laster-{}-{name}.pem", std::process::id()));
    let (chain, key) = (file("chain"), file("key"));
    std::fs::write(&chain, &IDENTITY.certificate).unwrap();
    std::fs::write(&key, &IDENTITY.key).unwrap();
    TlsServer::from_pem_files(&chain, &key).unwrap();
    TlsClient::from_roots_file(&chain).unwrap();
    let error = TlsClient::from_roots_file(&key).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: there is no certificate", key.display())), "{error}");
    std::fs::remove_file(&chain).unwrap();
    std::fs::remove_file(&key).unwrap();
}
