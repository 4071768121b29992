//! laster40Net's own configurations.

use std::time::Duration;

use laster::settings::{FramingName, LogTo};

use super::{listeners, read, sentence};

#[test]
fn its_echo_server_works_as_it_is() {
    let settings = read("SimpleEchoServer.xml", include_str!("SimpleEchoServer.xml")).unwrap();
    let service = &settings.service;
    assert_eq!(service.read_buffer, 41000);
    assert_eq!((settings.framing, settings.layout.payload_limit()), (FramingName::SimpleBinary, 41000));
    assert_eq!((service.limits.queue_items, service.max_sessions), (100, 10));
    assert_eq!((service.update_interval, service.limits.idle), (Duration::from_millis(50), Duration::from_secs(30)));
    assert_eq!((settings.logging.to, settings.logging.level.to_string().as_str()), (LogTo::File, "info"));
    assert_eq!(listeners(&settings), ["tcp://0.0.0.0:11110"]);
    assert!(format!("{:?}", service.listeners[0].options).contains("backlog: 128"));
    assert!(settings.connectors.is_empty());
}

#[test]
fn its_client_works_as_it_is() {
    let settings = read("SimpleClient.xml", include_str!("SimpleClient.xml")).unwrap();
    assert!(listeners(&settings).is_empty());
    let [to] = &settings.connectors[..] else { panic!("one connector") };
    assert_eq!(to.endpoint.to_string(), "tcp://127.0.0.1:11110");
    assert_eq!((to.timeout, to.retries), (Duration::from_secs(1), 0));
}

fn of(inside: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<TcpServiceConfig>\n{inside}\n</TcpServiceConfig>")
}

#[test]
fn other_ways_to_write_it() {
    let framing = |name: &str| read("a.xml", &of(&format!("<MessageFactoryTypeName>{name}</MessageFactoryTypeName>")));
    assert_eq!(framing("").unwrap().framing, FramingName::Raw);
    assert_eq!(framing("NetService.Message.RawMessageFactory").unwrap().framing, FramingName::Raw);
    assert_eq!(read("a.xml", &of("<MessageFactoryTypeName/>")).unwrap().framing, FramingName::Raw);
    for (text, to) in [("console", LogTo::Console), ("FILE", LogTo::File), ("log4net", LogTo::None), ("", LogTo::None)]
    {
        assert_eq!(read("a.xml", &of(&format!("<Log>{text}</Log>"))).unwrap().logging.to, to, "{text}");
    }
    let levels = [
        ("None", "off"),
        ("Debug", "debug"),
        ("info", "info"),
        ("Warn", "warn"),
        ("Warning", "warn"),
        ("Fatal", "error"),
    ];
    for (text, level) in levels {
        assert_eq!(
            read("a.xml", &of(&format!("<LogLevel>{text}</LogLevel>"))).unwrap().logging.level.to_string(),
            level
        );
    }
    let listener = |ip: &str| {
        let text = of(&format!("<Listeners><Listener><ip>{ip}</ip><port> 1 </port></Listener></Listeners>"));
        listeners(&read("a.xml", &text).unwrap()).remove(0)
    };
    assert_eq!(listener(""), "tcp://0.0.0.0:1");
    assert_eq!(listener("10.0.0.1"), "tcp://10.0.0.1:1");
    assert_eq!(listener("::1"), "tcp://[::1]:1");
    assert_eq!(listener("local&#104;ost<!-- me -->"), "tcp://localhost:1");
    assert_eq!(listener("<![CDATA[localhost]]>"), "tcp://localhost:1");
}

#[track_caller]
fn wrong(inside: &str, expected: &str) {
    assert_eq!(sentence(read("a.xml", &of(inside))), format!("a.xml line 3{expected}"), "{inside}");
}

#[test]
fn mistakes() {
    let zero = "is 0: a limit cannot be off, choose a large one instead";
    wrong("<ReceviceBuffer>0</ReceviceBuffer>", &format!(", <ReceviceBuffer>: {zero}"));
    wrong("<SendBuffer>0</SendBuffer>", &format!(", <SendBuffer>: {zero}"));
    wrong("<SendCount>0</SendCount>", &format!(", <SendCount>: {zero}"));
    wrong("<MaxConnectionCount>0</MaxConnectionCount>", &format!(", <MaxConnectionCount>: {zero}"));
    wrong("<UpdateSessionIntval>0</UpdateSessionIntval>", &format!(", <UpdateSessionIntval>: {zero}"));
    wrong(
        "<SessionReceiveTimeout>0</SessionReceiveTimeout>",
        ", <SessionReceiveTimeout>: is 0, which laster40Net took for off: a limit cannot be off, choose a large one instead",
    );
    wrong("<SendCount>30s</SendCount>", ", <SendCount>: \"30s\" is no whole number");
    wrong("<SendCount>-1</SendCount>", ", <SendCount>: \"-1\" is no whole number");
    wrong("<SendCount/>", ", <SendCount>: \"\" is no whole number");
    wrong("<SendCounts>3</SendCounts>", ", <SendCounts>: there is no such element: did you mean SendCount?");
    wrong("<SendCount>1</SendCount><SendCount>1</SendCount>", ", <SendCount>: stands in line 3 already");
    wrong("<SendCount><a>1</a></SendCount>", ", <SendCount>: expected text, found <a>");
    assert_eq!(
        sentence(read("a.xml", &of("SendCount"))),
        "a.xml line 2, <TcpServiceConfig>: expected elements, found \"SendCount\""
    );
    wrong(
        "<SendBuffer>3000000000</SendBuffer>",
        ", <SendBuffer>: max_payload: the framing laster cannot carry 3000000000 bytes: the largest payload must be between 1 and 2147483647 bytes",
    );
    wrong(
        "<MessageFactoryTypeName>My.Factory</MessageFactoryTypeName>",
        ", <MessageFactoryTypeName>: there is no message factory \"My.Factory\": write \
         NetService.Message.SimpleBinaryMessageFactory, or nothing for raw bytes",
    );
    wrong(
        "<LogLevel>Loud</LogLevel>",
        ", <LogLevel>: \"Loud\" is no level: write None, Debug, Info, Warning, Error or Fatal",
    );
}

#[test]
fn mistakes_in_lists() {
    let listener = |inside: &str, expected: &str| {
        wrong(&format!("<Listeners><Listener>{inside}</Listener></Listeners>"), expected);
    };
    listener("", ", <Listener>: there is no <port> in it");
    listener("<port>70000</port>", ", <port>: \"70000\" is no port: write a number from 0 to 65535");
    listener(
        "<port>1</port><backlog>0</backlog>",
        ", <backlog>: is 0: a limit cannot be off, choose a large one instead",
    );
    listener("<port>1</port><host>a</host>", ", <host>: there is no such element: write ip, port or backlog");
    listener(
        "<ip>a b</ip><port>1</port>",
        ", <Listener>: listeners[0].endpoint: \"a b\" is no host: write a name such as localhost, or an address such as \
         127.0.0.1 or [::1]",
    );
    wrong("<Listeners><Client/></Listeners>", ", <Client>: there is no such element: write Listener");
    let client =
        |inside: &str, expected: &str| wrong(&format!("<Clients><Client>{inside}</Client></Clients>"), expected);
    client("<port>1</port>", ", <Client>: there is no <ip> to connect to");
    client(
        "<ip>a</ip><port>1</port><timeout>0</timeout>",
        ", <timeout>: is 0: a limit cannot be off, choose a large one instead",
    );
    client("<ip>a</ip><port>1</port><retry>x</retry>", ", <retry>: connectors[0].retries: \"x\" is no whole number");
}

#[test]
fn what_is_no_such_configuration() {
    let sentence = |text: &str| sentence(read("a.xml", text));
    assert_eq!(
        sentence("<configuration/>"),
        "a.xml line 1, <configuration>: laster40Net's configuration begins with <TcpServiceConfig>"
    );
    assert_eq!(sentence("\n\n  "), "a.xml line 1: cannot be parsed: there is no element");
    assert_eq!(sentence("<TcpServiceConfig>\n<Log>"), "a.xml line 2: cannot be parsed: <Log> does not end");
    assert_eq!(
        sentence("<TcpServiceConfig>\n\n<Log></Lag>"),
        "a.xml line 3: cannot be parsed: ill-formed document: expected `</Log>`, but `</Lag>` was found"
    );
    assert_eq!(sentence("<a/><b/>"), "a.xml line 1: cannot be parsed: there is a second outermost element, <b>");
    assert_eq!(sentence("<a/>b"), "a.xml line 1: cannot be parsed: there is text outside of the outermost element");
    assert_eq!(
        sentence("<a b='1'/>"),
        "a.xml line 1: cannot be parsed: <a> has an attribute b, which has no meaning here"
    );
    assert_eq!(sentence("<a>&lol;</a>"), "a.xml line 1: cannot be parsed: the entity &lol; is not known");
    assert_eq!(sentence("<!DOCTYPE a><a/>"), "a.xml line 1: cannot be parsed: a document type has no meaning here");
    assert_eq!(
        sentence(&"<a>".repeat(100_000)),
        "a.xml line 1: cannot be parsed: elements are nested more than 16 deep"
    );
    assert_eq!(sentence("<a>b<c/></a>"), "a.xml line 1: cannot be parsed: <a> has both text and elements in it");
}
