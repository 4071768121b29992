//! Headers, layouts and control words that are refused: what is said, and where.

mod common;

use common::refused;

/// Header fields that go with no layout.
#[test]
fn header_fields() {
    refused(
        r#"
option (laster.frame) = {
  header: {}
  header: { counts: REST }
  raw: false
};
"#,
        &[
            "t.proto:3:3: a header field is a const, length, id, correlation, value or bits: say which",
            "t.proto:4:3: a header field is a const, length, id, correlation, value or bits: say which",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: ENCODING_UNSPECIFIED }
};
"#,
        &["t.proto:3:13: an integer needs an encoding, U8 to U64_BE or VARINT"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 name: "n" expect: 1 }
  header: { id: U8 counts: REST adjust: 1 }
  header: { const: "x" max_bytes: 1 }
  header: { correlation: U8 overlong: true }
  header: { value: U8 name: "v" counts: FRAME }
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &[
            "t.proto:3:24: `name` is an option of a value, and this is a length",
            "t.proto:3:34: `expect` is an option of a value, and this is a length",
            "t.proto:4:20: `counts` is an option of a length, and this is an id",
            "t.proto:4:33: `adjust` is an option of a length, and this is an id",
            "t.proto:5:24: `max_bytes` is an option of a VARINT, and this is none",
            "t.proto:6:29: `overlong` is an option of a VARINT, and this is none",
            "t.proto:7:33: `counts` is an option of a length, and this is a value",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { bits: { encoding: U8 part: { width: 8 value: "v" } } name: "b" max_bytes: 2 }
};
"#,
        &[
            "t.proto:4:66: `name` is an option of a value, and this is bits",
            "t.proto:4:76: `max_bytes` is an option of a VARINT, and this is none",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { value: U8 }
  header: { value: U8 name: "Flags" }
  header: { value: U8 name: "a" }
  header: { value: U8 name: "a" }
};
"#,
        &[
            "t.proto:4:3: a value needs a `name` by which it is read and set, or the one value to `expect`",
            "t.proto:5:23: 'Flags' is no lower-case identifier: take a letter, then letters, digits and underscores",
            "t.proto:7:23: two values of the header are called 'a'",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: {
    bits: {
      encoding: U16_BE
      part: {}
      part: { width: 4 id: {} expect: 1 }
      part: { width: 0 value: "x" }
      part: { width: 65 value: "y" }
      part: { width: 4 value: "" }
      part: { width: 4 value: "x" }
    }
  }
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &[
            "t.proto:7:7: a part is a length, id, correlation or value: say which",
            "t.proto:8:31: `expect` is an option of a value, and this part is none",
            "t.proto:9:7: a part has 1 to 64 bits, and this has 0",
            "t.proto:10:15: a part has 1 to 64 bits, and this has 65",
            "t.proto:11:24: a value needs a `name` by which it is read and set, or the one value to `expect`",
            "t.proto:12:24: two values of the header are called 'x'",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { bits: { part: { width: 8 value: "v" } } }
};
"#,
        &["t.proto:4:13: an integer needs an encoding, U8 to U64_BE or VARINT"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { bits: { encoding: U16_LE part: { width: 1 value: "v0" } part: { width: 1 value: "v1" } part: { width: 1 value: "v2" } part: { width: 1 value: "v3" } part: { width: 1 value: "v4" } part: { width: 1 value: "v5" } part: { width: 1 value: "v6" } part: { width: 1 value: "v7" } part: { width: 1 value: "v8" } } }
};
"#,
        &["t.proto:4:13: an integer has at most 8 parts, and this has 9"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { const: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }
};
"#,
        &["t.proto:4:13: a const has at most 64 bytes, and this has 65"],
    );
}

/// All that a layout itself refuses.
#[test]
fn layouts() {
    refused(
        r#"
option (laster.frame) = {
  header: { id: U8 }
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:2:1: the header has no length, so no one could tell where a frame ends"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { length: U16_BE }
};
"#,
        &["t.proto:4:3: the header has more than one length"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { id: U8 }
  header: { bits: { encoding: U8 part: { width: 4 id: {} } part: { width: 4 correlation: {} } } }
  header: { correlation: U8 }
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:5:3: the header has more than one id"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { correlation: U8 }
  header: { correlation: U8 }
};
"#,
        &["t.proto:5:3: the header has more than one correlation"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { const: "" }
  header: { length: VARINT max_bytes: 11 }
  header: { value: U8 name: "version" expect: 256 }
  header: { bits: { encoding: U16_BE part: { width: 4 value: "a" } part: { width: 13 value: "b" } } }
};
"#,
        &[
            "t.proto:3:3: a constant or control word is empty",
            "t.proto:4:28: a varint takes 1 to 10 bytes",
            "t.proto:5:39: a fixed value is wider than its bits",
            "t.proto:6:3: the widths of an integer's parts must add up to its own, none of them 0: these add up to 17 of 16 bits",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: VARINT max_bytes: 300 }
};
"#,
        &["t.proto:3:28: a varint takes 1 to 10 bytes"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
  header: { const: "x" }
};
"#,
        &["t.proto:15:3: a header has at most 12 fields"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { value: U8 name: "v0" }
  header: { value: U8 name: "v1" }
  header: { value: U8 name: "v2" }
  header: { value: U8 name: "v3" }
  header: { value: U8 name: "v4" }
  header: { value: U8 name: "v5" }
  header: { value: U8 name: "v6" }
  header: { value: U8 name: "v7" }
  header: { value: U8 name: "v8" }
};
"#,
        &["t.proto:12:3: a header carries at most 8 values, each in a slot of its own"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 counts: FRAME adjust: 300 }
};
"#,
        &["t.proto:3:3: the length field cannot say the largest payload"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE counts: REST }
  header: { const: "abc" }
  max_payload: 65535
};
"#,
        &[
            "t.proto:5:3: the length field cannot say the largest payload: it was to be 65535, and with this header 65532 is the most",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U64_LE }
  max_payload: 2147483648
};
"#,
        &[
            "t.proto:4:3: the largest payload must be between 1 and 2147483647 bytes: it was to be 2147483648, and with this header 2147483647 is the most",
        ],
    );
    refused(
        r#"
option (laster.frame) = {};
"#,
        &["t.proto:2:1: the frame has no `header`: give it one, or say `raw: true` to pass bytes through"],
    );
    refused(
        r#"
option (laster.frame) = {
  raw: true
  header: { length: U8 }
};
"#,
        &["t.proto:3:3: bytes that pass `raw` have no header: remove one of the two"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  resync: true
};
"#,
        &["t.proto:4:3: to find frames again, the header must begin with a constant"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { const: "x" }
  header: { length: U8 }
  max_junk: 10
};
"#,
        &["t.proto:5:3: `max_junk` is of no use without `resync: true`"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  client_prologue: "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
  server_prologue: "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
};
"#,
        &[
            "t.proto:4:3: a prologue has at most 64 bytes, and this has 65",
            "t.proto:5:3: a prologue has at most 64 bytes, and this has 70",
        ],
    );
}

/// Control words that are not told apart, or not named.
#[test]
fn control_words() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  control: { name: "ping" word: "\x00\x00" }
  control: { name: "pong" word: "\x00\x00\x01" }
};
"#,
        &["t.proto:5:3: a control word is the beginning of another, or the same"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  control: { name: "ping" word: "a" }
  control: { name: "ping" word: "b" }
  control: { word: "c" }
};
"#,
        &[
            "t.proto:5:3: two control words are called 'ping'",
            "t.proto:6:3: a control word needs a `name`, an identifier; '' is none",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  control: { name: "ping" }
};
"#,
        &["t.proto:4:3: a constant or control word is empty"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  control: { name: "ping" word: "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww" }
};
"#,
        &["t.proto:4:27: a control word has at most 64 bytes, and this has 65"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  control: { name: "w0" word: "0" }
  control: { name: "w1" word: "1" }
  control: { name: "w2" word: "2" }
  control: { name: "w3" word: "3" }
  control: { name: "w4" word: "4" }
  control: { name: "w5" word: "5" }
  control: { name: "w6" word: "6" }
  control: { name: "w7" word: "7" }
  control: { name: "w8" word: "8" }
};
"#,
        &["t.proto:12:3: a layout has at most 8 control words"],
    );
    refused(
        r#"
option (laster.frame) = {
  raw: true
  control: { name: "ping" word: "a" }
};
"#,
        &["t.proto:4:3: a raw layout has no frames and so no control words"],
    );
}
