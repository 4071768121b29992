//! Where to listen and where to connect to, as it stands in a configuration.

use std::{fmt, marker::PhantomData, path::PathBuf};

use laster_net::{ConnectTo, Endpoint, ListenOn, transport::ListenOptions};
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, value::MapAccessDeserializer},
};

use super::scalar::{Count, Scalar, Span};

/// What can be left empty: a list, or one text with commas between its items, as environment and command line have it.
pub(super) struct OneOrMore<T>(pub(super) Vec<T>);

/// One place to listen.
pub(super) struct Listening(pub(super) ListenOn);

/// One place to connect to.
pub(super) struct Connecting(pub(super) ConnectTo);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenerTable {
    endpoint: At,
    backlog: Option<Count>,
    certificate: Option<PathBuf>,
    private_key: Option<PathBuf>,
    origins: Option<OneOrMore<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectorTable {
    endpoint: At,
    timeout: Option<Span>,
    retries: Option<Retries>,
    roots: Option<PathBuf>,
    server_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(try_from = "Scalar")]
struct At(Endpoint);

impl TryFrom<Scalar> for At {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        scalar.to_string().trim().parse().map(At).map_err(|error: laster_net::EndpointError| error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(try_from = "Scalar")]
struct Retries(u32);

impl TryFrom<Scalar> for Retries {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        scalar.whole_number().map(Retries)
    }
}

impl ListenerTable {
    fn at(endpoint: At) -> Self {
        ListenerTable { endpoint, backlog: None, certificate: None, private_key: None, origins: None }
    }

    fn finish(self) -> Result<ListenOn, String> {
        let At(endpoint) = self.endpoint;
        check_built(&endpoint)?;
        let mut options = ListenOptions::default();
        if let Some(backlog) = self.backlog {
            options = options.backlog(backlog.get());
        }
        let options = match (is_tls(&endpoint), self.certificate, self.private_key) {
            (true, Some(certificate), Some(key)) => with_certificate(options, certificate, key)?,
            (true, ..) => return Err(format!("{endpoint} needs a certificate and a private_key: PEM files")),
            (false, None, None) => options,
            (false, ..) => return Err(format!("{endpoint} takes no certificate and no private_key: tls and wss do")),
        };
        let options = match self.origins {
            Some(_) if !is_websocket(&endpoint) => return Err(format!("{endpoint} takes no origins: ws and wss do")),
            Some(OneOrMore(origins)) => with_origins(options, origins)?,
            None => options,
        };
        Ok(ListenOn { endpoint, options })
    }
}

impl ConnectorTable {
    fn at(endpoint: At) -> Self {
        ConnectorTable { endpoint, timeout: None, retries: None, roots: None, server_name: None }
    }

    fn finish(self) -> Result<ConnectTo, String> {
        let At(endpoint) = self.endpoint;
        check_built(&endpoint)?;
        let mut to = match (is_tls(&endpoint), self.roots, self.server_name) {
            (true, Some(roots), name) => with_roots(endpoint.into(), roots, name)?,
            (true, None, _) => return Err(format!("{endpoint} needs roots: a PEM file of the certificates to trust")),
            (false, None, None) => ConnectTo::from(endpoint),
            (false, ..) => return Err(format!("{endpoint} takes no roots and no server_name: tls and wss do")),
        };
        to.timeout = self.timeout.map_or(to.timeout, Span::get);
        to.retries = self.retries.map_or(to.retries, |Retries(retries)| retries);
        Ok(to)
    }
}

fn scheme(endpoint: &Endpoint) -> String {
    let shown = endpoint.to_string();
    shown.split_once(':').map_or(String::new(), |(scheme, _)| scheme.to_owned())
}

fn is_tls(endpoint: &Endpoint) -> bool {
    matches!(scheme(endpoint).as_str(), "tls" | "wss")
}

fn is_websocket(endpoint: &Endpoint) -> bool {
    matches!(scheme(endpoint).as_str(), "ws" | "wss")
}

/// Whether this program can speak it.
fn check_built(endpoint: &Endpoint) -> Result<(), String> {
    let missing = match (is_tls(endpoint), is_websocket(endpoint)) {
        (true, _) if !cfg!(feature = "tls") => "TLS",
        (_, true) if !cfg!(feature = "websocket") => "WebSocket",
        _ => return Ok(()),
    };
    Err(format!("{endpoint} cannot be had: this program was built without {missing}"))
}

#[cfg(feature = "tls")]
fn with_certificate(options: ListenOptions, certificate: PathBuf, key: PathBuf) -> Result<ListenOptions, String> {
    let server = laster_net::transport::TlsServer::from_pem_files(certificate, key);
    server.map(|server| options.tls(server)).map_err(|error| error.to_string())
}

#[cfg(feature = "tls")]
fn with_roots(mut to: ConnectTo, roots: PathBuf, server_name: Option<String>) -> Result<ConnectTo, String> {
    use laster_net::transport::TlsClient;
    let client = TlsClient::from_roots_file(roots);
    let client = client.and_then(|client| match server_name {
        Some(name) => client.server_name(&name),
        None => Ok(client),
    });
    to.options = to.options.tls(client.map_err(|error| error.to_string())?);
    Ok(to)
}

// Without TLS no endpoint gets here: `check_built` refuses those that would.
#[cfg(not(feature = "tls"))]
fn with_certificate(options: ListenOptions, _: PathBuf, _: PathBuf) -> Result<ListenOptions, String> {
    Ok(options)
}

#[cfg(not(feature = "tls"))]
fn with_roots(to: ConnectTo, _: PathBuf, _: Option<String>) -> Result<ConnectTo, String> {
    Ok(to)
}

#[cfg(feature = "websocket")]
fn with_origins(options: ListenOptions, origins: Vec<String>) -> Result<ListenOptions, String> {
    match origins.is_empty() {
        true => Err("origins is empty, which would let no page in: leave it out to let in all".into()),
        false => Ok(options.websocket(laster_net::transport::WebSocketServer::default().origins(origins))),
    }
}

#[cfg(not(feature = "websocket"))]
fn with_origins(options: ListenOptions, _: Vec<String>) -> Result<ListenOptions, String> {
    Ok(options)
}

/// Reads an endpoint as text, or a table that has an endpoint in it.
macro_rules! endpoint_or_table {
    ($name:ident, $table:ident, $expecting:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl<'de> de::Visitor<'de> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        let endpoint = At::try_from(Scalar::Text(text.to_owned())).map_err(E::custom)?;
                        $table::at(endpoint).finish().map($name).map_err(E::custom)
                    }

                    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        let table = $table::deserialize(MapAccessDeserializer::new(map))?;
                        table.finish().map($name).map_err(de::Error::custom)
                    }
                }

                deserializer.deserialize_any(Visitor)
            }
        }
    };
}

endpoint_or_table!(Listening, ListenerTable, "an endpoint such as \"localhost:4000\", or a table that has one");
endpoint_or_table!(Connecting, ConnectorTable, "an endpoint such as \"localhost:4000\", or a table that has one");

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, or a text with commas between the items")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMore<T>, E> {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| T::deserialize(item.into_deserializer())).collect::<Result<_, E>>().map(OneOrMore)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMore<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(OneOrMore(all))
            }
        }

        deserializer.deserialize_any(Visitor(PhantomData))
    }
}
