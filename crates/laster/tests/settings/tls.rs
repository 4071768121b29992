//! Certificates in settings.

use super::{Directory, merge, sentence};

fn toml(directory: &Directory, text: &str) -> Result<laster::settings::Settings, String> {
    let text = text.replace("DIR", directory.0.to_str().unwrap());
    let file = directory.write("a.toml", text);
    merge(Some(&file), &[], &[]).map_err(|error| directory.shown(&error))
}

#[test]
fn certificates_are_read_with_the_settings() {
    let directory = Directory::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    directory.write("cert.pem", made.cert.pem());
    directory.write("key.pem", made.signing_key.serialize_pem());

    let good = "
        listeners = [{ endpoint = \"tls://a:1\", certificate = \"DIR/cert.pem\", private_key = \"DIR/key.pem\" }]
        connectors = [{ endpoint = \"wss://a:1\", roots = \"DIR/cert.pem\", server_name = \"localhost\" }]
    ";
    let settings = toml(&directory, good).unwrap();
    assert!(format!("{:?}", settings.service.listeners[0].options).contains("tls: Some"));
    assert!(format!("{:?}", settings.connectors[0].options).contains("server_name: Some"));

    let wrong = |text: &str| sentence(toml(&directory, text));
    assert_eq!(
        wrong("listeners = [\"tls://a:1\"]"),
        "a.toml: listeners[0]: tls://a:1 needs a certificate and a private_key: PEM files"
    );
    assert_eq!(
        wrong("listeners = [{ endpoint = \"a:1\", certificate = \"DIR/cert.pem\" }]"),
        "a.toml: listeners[0]: tcp://a:1 takes no certificate and no private_key: tls and wss do"
    );
    assert_eq!(
        wrong(
            "listeners = [{ endpoint = \"tls://a:1\", certificate = \"DIR/no.pem\", private_key = \"DIR/key.pem\" }]"
        ),
        "a.toml: listeners[0]: cannot read no.pem: No such file or directory (os error 2)"
    );
    assert_eq!(
        wrong(
            "listeners = [{ endpoint = \"tls://a:1\", certificate = \"DIR/key.pem\", private_key = \"DIR/key.pem\" }]"
        ),
        "a.toml: listeners[0]: certificate key.pem with key key.pem: there is no certificate in the PEM text: \
         -----BEGIN CERTIFICATE-----"
    );
    assert_eq!(
        wrong("connectors = [\"tls://a:1\"]"),
        "a.toml: connectors[0]: tls://a:1 needs roots: a PEM file of the certificates to trust"
    );
    assert_eq!(
        wrong("connectors = [{ endpoint = \"a:1\", server_name = \"localhost\" }]"),
        "a.toml: connectors[0]: tcp://a:1 takes no roots and no server_name: tls and wss do"
    );
    assert_eq!(
        wrong("connectors = [{ endpoint = \"tls://a:1\", roots = \"DIR/cert.pem\", server_name = \"a b\" }]"),
        "a.toml: connectors[0]: the server's name is no name for a certificate"
    );
}
