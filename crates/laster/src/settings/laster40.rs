//! The configuration of laster40Net, as its programs have it beside them: `SimpleEchoServer.xml`.
//!
//! | element | becomes |
//! |---|---|
//! | `ReceviceBuffer` (its own spelling), `ReceiveBuffer` | `read_buffer` |
//! | `SendBuffer` | `max_payload`: one limit for both ways |
//! | `SendCount` | `limits.queue_items` |
//! | `MaxConnectionCount` | `max_sessions` |
//! | `UpdateSessionIntval` | `update_interval`, in milliseconds |
//! | `SessionReceiveTimeout` | `limits.idle`, in milliseconds |
//! | `MessageFactoryTypeName` | `framing` |
//! | `MessageFactoryAssemblyName` | nothing: there are no assemblies |
//! | `Log`, `LogLevel` | `logging.to`, `logging.level` |
//! | `Listeners/Listener` | `listeners`; without an `ip`, every address of the machine |
//! | `Clients/Client` | `connectors`; `timeout` in milliseconds, `retry` 0 is without end |
//!
//! What is left out is as the program has it, but for listeners and connectors: there are those that stand here and no others.

use std::{error::Error, net::Ipv6Addr};

use config::{Format, Map, Value, ValueKind};

use super::{
    error::{SettingsError, instead},
    scalar::ZERO,
    xml::{self, Element, XmlError},
};

/// The format, for the config crate.
pub(super) struct Laster40Xml;

/// What can stand in the outermost element.
const ELEMENTS: [&str; 12] = [
    "ReceviceBuffer",
    "SendBuffer",
    "SendCount",
    "MaxConnectionCount",
    "UpdateSessionIntval",
    "SessionReceiveTimeout",
    "MessageFactoryAssemblyName",
    "MessageFactoryTypeName",
    "Log",
    "LogLevel",
    "Listeners",
    "Clients",
];

/// Those that have elements in them.
const LISTS: [&str; 2] = ["Listeners", "Clients"];

type Table = Map<String, Value>;

impl Format for Laster40Xml {
    fn parse(&self, uri: Option<&String>, text: &str) -> Result<Table, Box<dyn Error + Send + Sync>> {
        let file = uri.map_or("", String::as_str);
        let root = xml::parse(text).map_err(|XmlError { line, text }| {
            SettingsError::in_place(format!("{file} line {line}"), format!("cannot be parsed: {text}"))
        })?;
        Ok(Reading { file }.service(&root)?)
    }
}

/// A file that is being read.
struct Reading<'a> {
    file: &'a str,
}

impl Reading<'_> {
    fn place(&self, element: &Element) -> String {
        format!("{} line {}, <{}>", self.file, element.line, element.name)
    }

    fn wrong(&self, element: &Element, text: impl Into<String>) -> SettingsError {
        SettingsError::in_place(self.place(element), text)
    }

    fn value(&self, element: &Element, kind: impl Into<ValueKind>) -> Value {
        Value::new(Some(&self.place(element)), kind)
    }

    fn service(&self, root: &Element) -> Result<Table, SettingsError> {
        if root.name != "TcpServiceConfig" {
            return Err(self.wrong(root, "laster40Net's configuration begins with <TcpServiceConfig>"));
        }
        let (mut top, mut limits, mut logging) = (Table::new(), Table::new(), Table::new());
        for list in ["listeners", "connectors"] {
            top.insert(list.into(), self.value(root, Vec::<Value>::new()));
        }
        for element in self.fields(root)? {
            let (table, key, value) = match element.name.as_str() {
                "ReceviceBuffer" | "ReceiveBuffer" => (&mut top, "read_buffer", self.number(element)?.to_string()),
                "SendBuffer" => (&mut top, "max_payload", self.number(element)?.to_string()),
                "SendCount" => (&mut limits, "queue_items", self.number(element)?.to_string()),
                "MaxConnectionCount" => (&mut top, "max_sessions", self.number(element)?.to_string()),
                "UpdateSessionIntval" => (&mut top, "update_interval", format!("{}ms", self.number(element)?)),
                "SessionReceiveTimeout" => (&mut limits, "idle", format!("{}ms", self.number(element)?)),
                "MessageFactoryTypeName" => (&mut top, "framing", self.framing(element)?.to_owned()),
                "MessageFactoryAssemblyName" => continue,
                "Log" => (&mut logging, "to", log_to(&element.text).to_owned()),
                "LogLevel" => (&mut logging, "level", self.level(element)?.to_owned()),
                "Listeners" => {
                    let listeners = self.list(element, "Listener", Self::listener)?;
                    top.insert("listeners".into(), self.value(element, listeners));
                    continue;
                }
                "Clients" => {
                    let connectors = self.list(element, "Client", Self::client)?;
                    top.insert("connectors".into(), self.value(element, connectors));
                    continue;
                }
                _ => return Err(self.unknown(element, &ELEMENTS)),
            };
            table.insert(key.into(), self.value(element, value));
        }
        top.insert("limits".into(), Value::new(None, limits));
        top.insert("logging".into(), Value::new(None, logging));
        Ok(top)
    }

    /// The elements in this one, of which each may stand once.
    fn fields<'e>(&self, parent: &'e Element) -> Result<&'e [Element], SettingsError> {
        if !parent.text.is_empty() {
            return Err(self.wrong(parent, format!("expected elements, found {:?}", parent.text)));
        }
        for (at, element) in parent.children.iter().enumerate() {
            if let Some(first) = parent.children[..at].iter().find(|earlier| earlier.name == element.name) {
                return Err(self.wrong(element, format!("stands in line {} already", first.line)));
            }
            if let (false, Some(inner)) = (LISTS.contains(&element.name.as_str()), element.children.first()) {
                return Err(self.wrong(element, format!("expected text, found <{}>", inner.name)));
            }
        }
        Ok(&parent.children)
    }

    fn list(
        &self,
        parent: &Element,
        name: &str,
        read: impl Fn(&Self, &Element) -> Result<Table, SettingsError>,
    ) -> Result<Vec<Value>, SettingsError> {
        let items = parent.children.iter().map(|element| match element.name == name {
            true => Ok(self.value(element, read(self, element)?)),
            false => Err(self.unknown(element, &[name])),
        });
        items.collect()
    }

    fn listener(&self, listener: &Element) -> Result<Table, SettingsError> {
        let (mut host, mut port, mut table) = (String::new(), None, Table::new());
        for element in self.fields(listener)? {
            match element.name.as_str() {
                "ip" => host = host_of(element),
                "port" => port = Some(self.port(element)?),
                "backlog" => {
                    table.insert("backlog".into(), self.value(element, self.number(element)?.to_string()));
                }
                _ => return Err(self.unknown(element, &["ip", "port", "backlog"])),
            }
        }
        // As laster40Net had it: IPAddress.Any.
        let host = if host.is_empty() { "0.0.0.0".to_owned() } else { host };
        self.endpoint(listener, &mut table, &host, port)?;
        Ok(table)
    }

    fn client(&self, client: &Element) -> Result<Table, SettingsError> {
        let (mut host, mut port, mut table) = (String::new(), None, Table::new());
        for element in self.fields(client)? {
            match element.name.as_str() {
                "ip" => host = host_of(element),
                "port" => port = Some(self.port(element)?),
                "timeout" => {
                    table.insert("timeout".into(), self.value(element, format!("{}ms", self.number(element)?)));
                }
                "retry" => {
                    table.insert("retries".into(), self.value(element, element.text.as_str()));
                }
                _ => return Err(self.unknown(element, &["ip", "port", "timeout", "retry"])),
            }
        }
        if host.is_empty() {
            return Err(self.wrong(client, "there is no <ip> to connect to"));
        }
        self.endpoint(client, &mut table, &host, port)?;
        Ok(table)
    }

    fn endpoint(
        &self,
        parent: &Element,
        table: &mut Table,
        host: &str,
        port: Option<u16>,
    ) -> Result<(), SettingsError> {
        let port = port.ok_or_else(|| self.wrong(parent, "there is no <port> in it"))?;
        table.insert("endpoint".into(), self.value(parent, format!("{host}:{port}")));
        Ok(())
    }

    fn port(&self, element: &Element) -> Result<u16, SettingsError> {
        let text = &element.text;
        text.parse().map_err(|_| self.wrong(element, format!("{text:?} is no port: write a number from 0 to 65535")))
    }

    /// A number that limits something.
    fn number(&self, element: &Element) -> Result<u32, SettingsError> {
        match element.text.parse() {
            Ok(0) if element.name == "SessionReceiveTimeout" => Err(self.wrong(
                element,
                "is 0, which laster40Net took for off: a limit cannot be off, choose a large one instead",
            )),
            Ok(0) => Err(self.wrong(element, ZERO)),
            Ok(number) => Ok(number),
            Err(_) => Err(self.wrong(element, format!("{:?} is no whole number", element.text))),
        }
    }

    fn framing(&self, element: &Element) -> Result<&'static str, SettingsError> {
        match element.text.as_str() {
            "" | "NetService.Message.RawMessageFactory" => Ok("raw"),
            "NetService.Message.SimpleBinaryMessageFactory" => Ok("simple-binary"),
            other => Err(self.wrong(
                element,
                format!(
                    "there is no message factory {other:?}: write NetService.Message.SimpleBinaryMessageFactory, or nothing \
                     for raw bytes"
                ),
            )),
        }
    }

    fn level(&self, element: &Element) -> Result<&'static str, SettingsError> {
        match element.text.to_ascii_lowercase().as_str() {
            "none" | "off" => Ok("off"),
            "trace" => Ok("trace"),
            "debug" => Ok("debug"),
            "info" => Ok("info"),
            "warn" | "warning" => Ok("warn"),
            "error" | "fatal" => Ok("error"),
            _ => Err(self.wrong(
                element,
                format!("{:?} is no level: write None, Debug, Info, Warning, Error or Fatal", element.text),
            )),
        }
    }

    fn unknown(&self, element: &Element, known: &[&str]) -> SettingsError {
        self.wrong(element, format!("there is no such element: {}", instead(&element.name, known)))
    }
}

/// laster40Net took any other word for "no log".
fn log_to(text: &str) -> &'static str {
    match text.to_ascii_lowercase().as_str() {
        "console" => "console",
        "file" => "file",
        _ => "none",
    }
}

/// An address as it stands in an endpoint: IPv6 in brackets.
fn host_of(element: &Element) -> String {
    match element.text.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => element.text.clone(),
    }
}
