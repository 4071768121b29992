//! How endpoints are written, and what is said of those that are written wrong.

use laster_net::Endpoint;
use proptest::prelude::*;

use crate::endpoint;

#[test]
fn what_is_written_and_how_it_is_printed() {
    for (text, printed) in [
        ("localhost:4000", "tcp://localhost:4000"),
        ("tcp://localhost:4000", "tcp://localhost:4000"),
        ("tcp://my-host.example.org.:65535", "tcp://my-host.example.org.:65535"),
        ("0.0.0.0:0", "tcp://0.0.0.0:0"),
        ("[::1]:80", "tcp://[::1]:80"),
        ("[0:0:0:0:0:0:0:1]:80", "tcp://[::1]:80"),
        ("tls://[::ffff:127.0.0.1]:443", "tls://[::ffff:127.0.0.1]:443"),
        ("ws://localhost:1", "ws://localhost:1"),
        ("ws://localhost:1/", "ws://localhost:1/"),
        ("wss://[::1]:1/a/b?c=d%20e", "wss://[::1]:1/a/b?c=d%20e"),
        ("unix:/run/laster.sock", "unix:/run/laster.sock"),
        ("unix:here.sock", "unix:here.sock"),
        ("memory:a-1_b.c", "memory:a-1_b.c"),
    ] {
        assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), printed, "{text}");
    }
    let address: std::net::SocketAddr = "[::1]:80".parse().unwrap();
    assert_eq!(Endpoint::from(address).to_string(), "tcp://[::1]:80");
    assert_eq!((endpoint("unix:/x").port(), endpoint("a:7").port()), (None, Some(7)));
    assert_eq!(endpoint("unix:/x").with_port(7), endpoint("unix:/x"));
}

#[test]
fn what_is_wrong_and_what_to_write_instead() {
    for (text, sentence) in [
        ("", "the endpoint is empty: write host:port, such as localhost:4000"),
        ("http://a:1", r#""http" is no kind of endpoint: write tcp, tls, ws, wss, unix or memory"#),
        ("localhost", r#""localhost" has no port: write localhost:4000"#),
        ("localhost:", r#""localhost:" has no port: write localhost:4000"#),
        ("tls://localhost", r#""tls://localhost" has no port: write tls://localhost:4000"#),
        ("ws://localhost/x", r#""ws://localhost/x" has no port: write ws://localhost:4000/x"#),
        ("[::1]", r#""[::1]" has no port: write [::1]:4000"#),
        ("4000", r#""4000" has no host: write localhost:4000"#),
        (":4000", r#"":4000" has no host: write localhost:4000"#),
        ("tcp://", r#""tcp://" has no host: write tcp://localhost:4000"#),
        ("wss://:1/x", r#""wss://:1/x" has no host: write wss://localhost:1/x"#),
        ("::1", r#""::1" has an IPv6 address without brackets: write [::1]:4000"#),
        ("tcp://::1:80", r#""tcp://::1:80" has an IPv6 address without brackets: write tcp://[::1:80]:4000"#),
        ("a:65536", r#""65536" is no port: write a number from 0 to 65535"#),
        ("a:-1", r#""-1" is no port: write a number from 0 to 65535"#),
        ("a:+1", r#""+1" is no port: write a number from 0 to 65535"#),
        ("a:http", r#""http" is no port: write a number from 0 to 65535"#),
        ("a b:1", r#""a b" is no host: write a name such as localhost, or an address such as 127.0.0.1 or [::1]"#),
        ("*:1", r#""*" is no host: write a name such as localhost, or an address such as 127.0.0.1 or [::1]"#),
        (
            "256.0.0.1:1",
            r#""256.0.0.1" is no host: write a name such as localhost, or an address such as 127.0.0.1 or [::1]"#,
        ),
        (
            "[::1%eth0]:1",
            r#""[::1%eth0]" is no host: write a name such as localhost, or an address such as 127.0.0.1 or [::1]"#,
        ),
        ("tcp://a:1/x", r#""tcp://a:1/x" has a path, which only ws and wss can have: write tcp://a:1"#),
        ("ws://a:1/b c", r#"the path "/b c" has a character that cannot stand in a URL: percent-encode it"#),
        ("ws://a:1/\r\nX: y", r#"the path "/\r\nX: y" has a character that cannot stand in a URL: percent-encode it"#),
        ("unix:", r#""unix:" has no path: write unix:/path/to/socket"#),
        ("unix:///run/x", r#""unix:///run/x" begins like a URL: write unix:/run/x"#),
        ("unix:/a\0b", r#""unix:/a\0b" has a NUL in its path: write it without"#),
        ("memory:", r#""memory:" has no proper name: write memory: and then letters, digits, '-', '_' and '.'"#),
    ] {
        assert_eq!(text.parse::<Endpoint>().unwrap_err().to_string(), sentence, "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(
        text in "((tcp|tls|ws|wss)://)?([a-z0-9.-]{1,9}|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]{2,12}\\]):[0-9]{1,5}(/[!-~]{0,9})?|(unix|memory):[!-~]{0,9}|.{0,20}"
    ) {
        if let Ok(endpoint) = text.parse::<Endpoint>() {
            prop_assert_eq!(endpoint.to_string().parse::<Endpoint>(), Ok(endpoint));
        }
    }

    #[test]
    fn every_address_is_an_endpoint(address: std::net::SocketAddr) {
        let endpoint = Endpoint::from(std::net::SocketAddr::new(address.ip(), address.port()));
        prop_assert_eq!(endpoint.to_string().parse::<Endpoint>(), Ok(endpoint));
    }
}
