//! Every mistake is one sentence with the place and the key.

use super::{Directory, merge, read, sentence};

#[track_caller]
fn toml(text: &str, expected: &str) {
    assert_eq!(sentence(read("a.toml", text)), expected, "{text}");
}

#[test]
fn unknown_keys() {
    toml("[limits]\nidel = \"3s\"", "a.toml: limits.idel: there is no such key: did you mean idle?");
    toml("max_session = 3", "a.toml: max_session: there is no such key: did you mean max_sessions?");
    toml("[logging]\nlevels = \"info\"", "a.toml: logging.levels: there is no such key: did you mean level?");
    toml(
        "[logging]\nenabled = true",
        "a.toml: logging.enabled: there is no such key: write to, level, directory, rotation or max_files",
    );
    toml(
        "[[listeners]]\nendpoint = \"a:1\"\nport = 3",
        "a.toml: listeners[0].port: there is no such key: write endpoint, backlog, certificate, private_key or origins",
    );
    toml("\"a b\" = 3", "a.toml: \"a b\" is no key: write letters, digits and underscores");
    toml(
        "\"listeners[4000000000]\" = 3",
        "a.toml: \"listeners[4000000000]\" is no key: write letters, digits and underscores",
    );
}

#[test]
fn of_several_mistakes_the_first_key_is_told() {
    for _ in 0..20 {
        toml(
            "z = 1\ny = 1\nx = 1\na = 1",
            "a.toml: a: there is no such key: write listeners, connectors, framing, max_payload, max_sessions, max_sessions_per_address, read_buffer, update_interval, limits or logging",
        );
    }
}

#[test]
fn limits_of_0() {
    let zero = "is 0: a limit cannot be off, choose a large one instead";
    for (key, value) in [
        ("max_sessions", "0"),
        ("max_sessions_per_address", "0"),
        ("max_payload", "0"),
        ("read_buffer", "\"0KiB\""),
        ("update_interval", "\"0ms\""),
        ("limits.queue_items", "0"),
        ("limits.queue_bytes", "0"),
        ("limits.idle", "\"0s\""),
        ("limits.frame", "\"0m\""),
        ("limits.hello", "\"0ms\""),
        ("limits.handshake", "\"0ms\""),
        ("limits.drain", "\"0ms\""),
        ("logging.max_files", "0"),
    ] {
        toml(&format!("{key} = {value}"), &format!("a.toml: {key}: {zero}"));
    }
    toml("listeners = [{ endpoint = \"a:1\", backlog = 0 }]", &format!("a.toml: listeners[0].backlog: {zero}"));
    toml("connectors = [{ endpoint = \"a:1\", timeout = \"0s\" }]", &format!("a.toml: connectors[0].timeout: {zero}"));
}

#[test]
fn durations() {
    let idle =
        |value: &str, text: &str| toml(&format!("limits.idle = {value}"), &format!("a.toml: limits.idle: {text}"));
    idle("30", "30 has no unit: write 30ms, 30s or 30m");
    idle("\"30\"", "30 has no unit: write 30ms, 30s or 30m");
    idle("\"30 sec\"", "the unit \"sec\" is not known: write ms, s, m, h or d");
    let no_duration =
        |found| format!("\"{found}\" is no duration: write a whole number and a unit, such as 500ms, 30s or 2m");
    idle("\"soon\"", &no_duration("soon"));
    idle("\"1.5s\"", &no_duration("1.5s"));
    idle("-3", &no_duration("-3"));
    idle("2.5", &no_duration("2.5"));
    idle("true", &no_duration("true"));
    idle("\"\"", &no_duration(""));
    idle("\"3651d\"", "3651d is too long: 3650d is the longest");
    idle("\"99999999999999999999d\"", "99999999999999999999d is too long: 3650d is the longest");
    idle("[1]", "expected a single value, found a list");
    idle("{ s = 1 }", "expected a single value, found a table");
}

#[test]
fn sizes_and_counts() {
    toml("read_buffer = \"64KB\"", "a.toml: read_buffer: the unit \"KB\" is not known: write B, KiB, MiB or GiB");
    toml("read_buffer = \"4GiB\"", "a.toml: read_buffer: 4GiB is too much: 4294967295 bytes are the most");
    toml(
        "read_buffer = -1",
        "a.toml: read_buffer: \"-1\" is no size: write a whole number of bytes, or one with a unit such as 64KiB",
    );
    toml("max_sessions = \"many\"", "a.toml: max_sessions: \"many\" is no whole number");
    toml("max_sessions = 1.0", "a.toml: max_sessions: \"1.0\" is no whole number");
    toml("max_sessions = 4294967296", "a.toml: max_sessions: 4294967296 is too much: 4294967295 is the most");
    toml(
        "logging.max_files = 1",
        "a.toml: logging.max_files: is 1: at least 2 files are kept, so that what happened before a new one began can be read",
    );
}

#[test]
fn addresses() {
    toml(
        "listeners = [\"a:1\", \"localhost\"]",
        "a.toml: listeners[1]: \"localhost\" has no port: write localhost:4000",
    );
    toml(
        "[[listeners]]\nendpoint = \"http://a:1\"",
        "a.toml: listeners[0].endpoint: \"http\" is no kind of endpoint: write tcp, tls, ws, wss, unix or memory",
    );
    toml("listeners = [{ backlog = 3 }]", "a.toml: listeners[0]: the key endpoint is missing");
    toml("listeners = 4000", "a.toml: listeners: expected a list, or a text with commas between the items, found 4000");
    toml(
        "listeners = [4000]",
        "a.toml: listeners[0]: expected an endpoint such as \"localhost:4000\", or a table that has one, found 4000",
    );
    toml("connectors = [\"a:99999\"]", "a.toml: connectors[0]: \"99999\" is no port: write a number from 0 to 65535");
    toml(
        "connectors = [{ endpoint = \"a:1\", retries = -1 }]",
        "a.toml: connectors[0].retries: \"-1\" is no whole number",
    );
    toml(
        "listeners = [{ endpoint = \"a:1\", origins = [\"https://example.org\"] }]",
        "a.toml: listeners[0]: tcp://a:1 takes no origins: ws and wss do",
    );
}

#[test]
fn names() {
    toml(
        "framing = \"simplebinary\"",
        "a.toml: framing: there is no framing \"simplebinary\": write raw, simple-binary, simple-chat or laster",
    );
    toml("logging.to = \"files\"", "a.toml: logging.to: \"files\" cannot stand here: did you mean file?");
    toml("logging.to = \"syslog\"", "a.toml: logging.to: \"syslog\" cannot stand here: write console, file or none");
    toml(
        "logging.rotation = \"weekly\"",
        "a.toml: logging.rotation: \"weekly\" cannot stand here: write hourly, daily or never",
    );
    toml(
        "logging.level = \"loud\"",
        "a.toml: logging.level: \"loud\" is no level: write off, error, warn, info, debug or trace",
    );
    toml("limits = 3", "a.toml: limits: expected a table of limits, found 3");
    toml("logging = \"file\"", "a.toml: logging: expected a table of what to log, found \"file\"");
    toml(
        "framing = \"simple-chat\"\nmax_payload = \"3GiB\"",
        "a.toml: max_payload: the framing simple-chat cannot carry 3221225472 bytes: the largest payload must be between 1 and \
         2147483647 bytes",
    );
}

#[test]
fn files_that_cannot_be_used() {
    let directory = Directory::new();
    let missing = merge(Some(&directory.0.join("a.toml")), &[], &[]).err().unwrap();
    assert_eq!(directory.shown(&missing), "a.toml: cannot be read: No such file or directory (os error 2)");
    assert_eq!(
        sentence(read("a.conf", "")),
        "a.conf: its format is not known: let its name end in .toml, .yaml, .yml, .json or .xml"
    );
    let not_text = directory.write("b.toml", b"framing = \"\xff\"");
    assert_eq!(
        directory.shown(&merge(Some(&not_text), &[], &[]).err().unwrap()),
        "b.toml: is not UTF-8: invalid utf-8 sequence of 1 bytes from index 11"
    );
    let parse = |name: &str, text: &str| sentence(read(name, text));
    assert_eq!(
        parse("a.toml", "framing = \"raw\"\nlimits = = 3\n"),
        "a.toml: cannot be parsed: TOML parse error at line 2, column 10: extra `=`, expected nothing"
    );
    assert_eq!(
        parse("a.json", "{\n  \"framing\": raw\n}"),
        "a.json: cannot be parsed: expected value at line 2 column 14"
    );
    assert_eq!(
        parse("a.yaml", "framing: raw\nlimits: {"),
        "a.yaml: cannot be parsed: while parsing a node, did not find expected node content at byte 22 line 3 column 1"
    );
    assert_eq!(parse("a.yaml", "- 1\n"), "a.yaml: there are no keys in it, only a value");
}

#[test]
fn environment_and_command_line() {
    let environment = |name, value| sentence(merge(None, &[(name, value)], &[]));
    assert_eq!(
        environment("LASTER_LIMITS__IDLE", "30"),
        "environment LASTER_LIMITS__IDLE: limits.idle: 30 has no unit: write 30ms, 30s or 30m"
    );
    assert_eq!(
        environment("LASTER_LIMIT__IDLE", "30s"),
        "environment LASTER_LIMIT__IDLE: limit: there is no such key: did you mean limits?"
    );
    assert_eq!(
        environment("LASTER_LIMITS__", "30s"),
        "environment LASTER_LIMITS__: this is no key: write LASTER_LIMITS__IDLE for limits.idle"
    );
    assert_eq!(
        environment("LASTER_LISTENERS", "a:1,b"),
        "environment LASTER_LISTENERS: listeners: \"b\" has no port: write b:4000"
    );
    let argument = |key, value| sentence(merge(None, &[], &[(key, value)]));
    assert_eq!(
        argument("limits.idle", "0s"),
        "command line --set: limits.idle: is 0: a limit cannot be off, choose a large one instead"
    );
    assert_eq!(argument("Limits.idle", "1s"), "command line --set: Limits: there is no such key: did you mean limits?");
    assert_eq!(
        argument("listeners[0]", "a:1"),
        "command line --set: \"listeners[0]\" is no key: write one such as limits.idle"
    );
    assert_eq!(argument("", "1"), "command line --set: \"\" is no key: write one such as limits.idle");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text() {
    use std::os::unix::ffi::OsStringExt;
    let variable = ("LASTER_FRAMING".into(), std::ffi::OsString::from_vec(vec![0xff]));
    let error = laster::settings::Layers::merge(None, [variable], &[]).unwrap_err();
    assert_eq!(error.to_string(), "environment LASTER_FRAMING: its value is not UTF-8");
}
