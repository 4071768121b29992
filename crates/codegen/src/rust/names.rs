//! Names as Rust wants them, and as prost makes them.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// Words that cannot be names, but for those that `r#` makes names.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words that not even `r#` makes names.
const NEVER: &[&str] = &["_", "crate", "self", "super", "Self"];

/// Names of methods that every client and peer has.
const METHODS: &[&str] = &[
    "call",
    "call_many",
    "clone",
    "clone_into",
    "connect",
    "deref",
    "fmt",
    "from",
    "into",
    "reply",
    "send",
    "send_as",
    "session",
    "to_owned",
    "to_string",
    "try_from",
    "try_into",
    "try_send",
    "type_id",
    "with_deadline",
    "closed",
    "drop",
];

/// A name of a module, field or function: `snake_case`.
pub(super) fn snake(name: &str) -> String {
    legal(name.to_snake_case())
}

/// A name of a type or variant: `UpperCamelCase`.
pub(super) fn camel(name: &str) -> String {
    legal(name.to_upper_camel_case())
}

/// A name of a constant: `SHOUTY_SNAKE_CASE`.
pub(super) fn shouty(name: &str) -> String {
    legal(name.to_shouty_snake_case())
}

/// A name of a method that stands beside those every client has.
pub(super) fn method(name: &str) -> String {
    let name = snake(name);
    if METHODS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

fn legal(name: String) -> String {
    if NEVER.contains(&name.as_str()) {
        format!("{name}_")
    } else if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_schemas_really_use() {
        for (name, type_name, function) in [
            ("Hello", "Hello", "hello"),
            ("CMsgHello", "CMsgHello", "c_msg_hello"),
            ("ACL", "Acl", "acl"),
            ("UDPTunnel", "UdpTunnel", "udp_tunnel"),
            ("void", "Void", "void"),
            ("type", "Type", "r#type"),
            ("self", "Self_", "self_"),
            ("Send", "Send", "send_"),
            ("Connect", "Connect", "connect_"),
            ("compile_request", "CompileRequest", "compile_request"),
            ("HTTP2Frame", "Http2Frame", "http2_frame"),
        ] {
            assert_eq!((camel(name).as_str(), method(name).as_str()), (type_name, function));
        }
    }

    #[test]
    fn keywords_are_still_names() {
        for keyword in KEYWORDS {
            assert_eq!(snake(keyword), format!("r#{keyword}"));
        }
        assert_eq!(shouty("max size"), "MAX_SIZE");
        assert_eq!(snake("2nd"), "_2nd");
    }
}
