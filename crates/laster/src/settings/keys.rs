//! The keys, for people: what `--help` says of them. A test holds them against what is read.

use std::fmt::Write;

/// Keys that every program has: the key, a value it could have, what it means.
pub(super) const KEYS: [(&str, &str, &str); 22] = [
    ("listeners", "localhost:4000", "where to listen; in a file also tables, with the keys of listeners[] below"),
    ("connectors", "localhost:4001", "where to connect to; in a file also tables, with the keys of connectors[] below"),
    ("framing", "simple-binary", "raw, simple-binary, simple-chat or laster"),
    ("max_payload", "4096", "the most bytes in one frame, either way"),
    ("max_sessions", "10000", "the most sessions in all"),
    ("max_sessions_per_address", "1024", "the most sessions from one address"),
    ("read_buffer", "64KiB", "how much is read at once"),
    ("update_interval", "50ms", "how often that is sent which was gathered"),
    ("limits.queue_items", "4096", "the most frames that wait to be sent to one peer"),
    ("limits.queue_bytes", "1MiB", "the most bytes that wait to be sent to one peer"),
    ("limits.idle", "90s", "how long a peer may be silent"),
    ("limits.frame", "10s", "how long a peer may take for a frame it has begun"),
    ("limits.hello", "10s", "how long a peer may take for its first message"),
    ("limits.handshake", "10s", "how long TLS and WebSocket may take to be agreed"),
    ("limits.drain", "5s", "how long the last frames may take to be sent after the end"),
    ("logging.to", "console", "console (standard error), file or none"),
    ("logging.level", "info", "off, error, warn, info, debug or trace"),
    ("logging.directory", "logs", "where the files are"),
    ("logging.rotation", "daily", "when a new file is begun: hourly, daily or never"),
    ("logging.max_files", "7", "how many files are kept, at least 2"),
    ("listeners[].", "", "endpoint, backlog, certificate, private_key (PEM files), origins (of web pages)"),
    ("connectors[].", "", "endpoint, timeout, retries (0: without end), roots (a PEM file), server_name"),
];

/// What a program says of its keys in `--help`: all but those it has no use for.
pub fn help(without: &[&str]) -> String {
    let mut text = String::from(
        "Settings are taken from the file, then from the environment (LASTER_LIMITS__IDLE=30s), then from the command line \
         (--set limits.idle=30s); the later wins.\n\nKeys, each with a value it could have:\n",
    );
    for (key, example, meaning) in KEYS {
        let top = key.split(['.', '[']).next().unwrap_or(key);
        if !without.contains(&top) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "  {:<40} {meaning}",
                format!("{key}{}{example}", if example.is_empty() { "" } else { "=" })
            );
        }
    }
    text.push_str(
        "\nEndpoints: host:port, tls://host:port, ws://host:port/path, wss://host:port/path, unix:/path. \
         Durations: 500ms, 30s, 2m, 1h. Sizes: 4096, 64KiB, 1MiB. No limit can be 0.",
    );
    text
}
