//! The same settings in each format.

use std::time::Duration;

use laster::settings::{FramingName, LogTo, Roll, Settings};

use super::{listeners, read};

/// What each of the files below says.
fn check(settings: Settings) {
    let service = &settings.service;
    assert_eq!(listeners(&settings), ["tcp://127.0.0.1:4000", "ws://[::1]:4001/chat"]);
    assert!(format!("{:?}", service.listeners[1].options).contains("backlog: 16"));
    let connectors: Vec<_> =
        settings.connectors.iter().map(|to| (to.endpoint.to_string(), to.timeout, to.retries)).collect();
    assert_eq!(
        connectors,
        [
            ("tcp://localhost:5000".to_owned(), Duration::from_secs(10), 0),
            ("tcp://localhost:5001".to_owned(), Duration::from_millis(1500), 3)
        ]
    );
    assert_eq!((settings.framing, settings.layout.payload_limit()), (FramingName::SimpleBinary, 2048));
    assert_eq!((service.max_sessions, service.max_sessions_per_address), (50, 5));
    assert_eq!((service.read_buffer, service.update_interval), (32 * 1024, Duration::from_millis(20)));
    assert_eq!((service.limits.idle, service.limits.queue_bytes), (Duration::from_secs(120), 1 << 20));
    // What is not said is as it was.
    assert_eq!(service.limits.hello, Duration::from_secs(10));
    let logging = &settings.logging;
    assert_eq!((logging.to, logging.rotation, logging.max_files), (LogTo::File, Roll::Hourly, 3));
    assert_eq!((logging.level.to_string(), logging.directory.to_str()), ("debug".to_owned(), Some("/var/log/echo")));
}

#[test]
fn toml() {
    let text = r#"
        framing = "simple-binary"
        max_payload = "2KiB"
        max_sessions = 50
        max_sessions_per_address = 5
        read_buffer = 32768
        update_interval = "20ms"
        listeners = ["127.0.0.1:4000", { endpoint = "ws://[::1]:4001/chat", backlog = 16 }]
        [[connectors]]
        endpoint = "localhost:5000"
        [[connectors]]
        endpoint = "localhost:5001"
        timeout = "1500ms"
        retries = 3
        [limits]
        idle = "2m"
        queue_bytes = "1 MiB"
        [logging]
        to = "file"
        level = "debug"
        directory = "/var/log/echo"
        rotation = "hourly"
        max_files = 3
    "#;
    check(read("echo.toml", text).unwrap());
}

#[test]
fn yaml() {
    let text = "
framing: simple-binary
max_payload: 2KiB
max_sessions: 50
max_sessions_per_address: 5
read_buffer: 32768
update_interval: 20ms
listeners:
  - 127.0.0.1:4000
  - endpoint: 'ws://[::1]:4001/chat'
    backlog: 16
connectors:
  - localhost:5000
  - { endpoint: 'localhost:5001', timeout: 1500ms, retries: 3 }
limits:
  idle: 2m
  queue_bytes: 1MiB
logging: { to: file, level: debug, directory: /var/log/echo, rotation: hourly, max_files: 3 }
";
    check(read("echo.yaml", text).unwrap());
    check(read("echo.yml", text).unwrap());
}

#[test]
fn json() {
    let text = r#"{
        "framing": "simple-binary", "max_payload": 2048, "max_sessions": 50, "max_sessions_per_address": 5,
        "read_buffer": "32KiB", "update_interval": "20ms",
        "listeners": ["127.0.0.1:4000", { "endpoint": "ws://[::1]:4001/chat", "backlog": 16 }],
        "connectors": ["localhost:5000", { "endpoint": "localhost:5001", "timeout": "1500ms", "retries": 3 }],
        "limits": { "idle": "2m", "queue_bytes": 1048576, "hello": null },
        "logging": { "to": "file", "level": "DEBUG", "directory": "/var/log/echo", "rotation": "hourly", "max_files": 3 }
    }"#;
    check(read("echo.json", text).unwrap());
}

#[test]
fn nothing_said_is_the_default() {
    for (name, text) in [("a.toml", ""), ("a.yaml", ""), ("a.yaml", "limits:\nlogging:\n"), ("a.json", "{}")] {
        let settings = read(name, text).unwrap();
        assert_eq!(settings.service.max_sessions, 10_000, "{name}: {text:?}");
        assert_eq!((settings.framing, settings.layout.payload_limit()), (FramingName::Laster, 65536));
        assert!(listeners(&settings).is_empty());
    }
}

#[test]
fn every_framing_can_be_chosen() {
    for framing in FramingName::ALL {
        let settings = read("a.toml", &format!("framing = \"{framing}\"\nmax_payload = 100")).unwrap();
        assert_eq!(settings.framing, framing);
        assert_eq!(settings.layout, framing.layout().max_payload(100));
    }
}

#[test]
fn durations_and_sizes() {
    let idle = |text: &str| read("a.toml", &format!("[limits]\nidle = \"{text}\"")).unwrap().service.limits.idle;
    let seconds = [("1s", 1), (" 90 s ", 90), ("2m", 120), ("1h", 3600), ("7d", 7 * 86400), ("3650d", 3650 * 86400)];
    for (text, expected) in seconds {
        assert_eq!(idle(text), Duration::from_secs(expected), "{text}");
    }
    assert_eq!(idle("1ms"), Duration::from_millis(1));
    let queue =
        |text: &str| read("a.toml", &format!("[limits]\nqueue_bytes = {text}")).unwrap().service.limits.queue_bytes;
    for (text, expected) in [("1", 1), ("\"7B\"", 7), ("\"2KiB\"", 2048), ("\"3MiB\"", 3 << 20), ("\"3GiB\"", 3 << 30)]
    {
        assert_eq!(queue(text), expected, "{text}");
    }
    assert_eq!(queue("4294967295"), u32::MAX);
}
