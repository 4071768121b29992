//! Answers and texts that are refused: what is said, and where.

mod common;

use common::refused;

/// Answers that the other side does not send, or that have no end.
#[test]
fn answers() {
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Nope" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:62: there is no message 'Nope', so it cannot answer Ask"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Ask" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:62: 'Ask' is not sent by the server, so it cannot answer Ask"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Plain" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:62: 'Plain' has no id, so it cannot answer Ask"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT error: "Nope" reply: "Answer" stream: "Ask" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &[
            "t.proto:3:62: there is no message 'Nope', so it cannot answer Ask",
            "t.proto:3:92: 'Ask' is not sent by the server, so it cannot answer Ask",
        ],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" error: "Other" error: "Answer" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:93: 'Answer' is named twice in the answer to Ask"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT error: "Other" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:62: an `error` needs a `reply` beside it, for when all is well"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Answer" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:62: the stream has no end: give it a `reply` or `stream_end`"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Answer" stream_end: "nope" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:79: Answer has no bool field 'nope' to end the stream with"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Answer" stream_end: "n" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:79: Answer has no bool field 'n' to end the stream with"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Answer" stream_end: "r" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:79: Answer has no bool field 'r' to end the stream with"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Other" stream: "Answer" stream_end: "last" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:95: Other has no bool field 'last' to end the stream with"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Other" reply: "Answer" stream_end: "last" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:94: either the `reply` ends the answer or `stream_end`: remove one of them"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" stream_end: "last" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:3:78: `stream_end` is of no use without a `stream`"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message Ping { option (laster.message) = { id: 1 reply: "Pong" }; }
message Pong { option (laster.message) = { id: 2 from: SERVER }; }
"#,
        &["t.proto:3:50: 'Pong' is not sent by the client, so it cannot answer Ping"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  message: { name: "Raw" id: 9 from: SERVER raw: true }
};
message Ask { option (laster.message) = { id: 1 from: CLIENT stream: "Raw" stream_end: "last" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:7:76: Raw has no bool field 'last' to end the stream with"],
    );
}

/// Replies that do not find their requests.
#[test]
fn reply_matching() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  replies: HEADER
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:5:3: `replies: HEADER` needs a correlation in the header, and there is none"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  replies: FIELD
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:5:3: `replies: FIELD` needs `reply_field`, the field that says which request is answered"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  replies: ORDER
  reply_field: "n"
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:6:3: `reply_field` is of no use without `replies: FIELD`"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  replies: NONE
};
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:7:62: the file says `replies: NONE`, so nothing can answer Ask"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  replies: FIELD
  reply_field: "n"
};
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" error: "Other" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:8:78: Other has no field 'n', which was to say what request is answered"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  replies: FIELD
  reply_field: "s"
};
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &[
            "t.proto:8:15: Ask has no integer of 32 or 64 bits in its field 's', which was to say what request is answered",
            "t.proto:8:62: Answer has no field 's', which was to say what request is answered",
        ],
    );
}

/// A first message that the client does not send.
#[test]
fn first() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  first: "Nope"
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:5:3: there is no message 'Nope', so it cannot be first"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  first: "Answer"
};
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:5:3: 'Answer' is not sent by the client, so it cannot be first"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  first: "Plain"
};
message Ask { option (laster.message) = { id: 1 from: CLIENT reply: "Answer" }; int32 n = 1; string s = 2; }
message Answer { option (laster.message) = { id: 2 from: SERVER }; bool last = 1; int32 n = 2; repeated bool r = 3; }
message Other { option (laster.message) = { id: 3 from: SERVER }; }
message Plain {}
"#,
        &["t.proto:5:3: 'Plain' has no id, so it cannot be first"],
    );
}

/// Names that cannot be.
#[test]
fn names() {
    refused(
        r#"
option (laster.frame) = { name: "a b" header: { length: U8 } };
"#,
        &[
            "t.proto:2:27: 'a b' cannot be a protocol's name: give it a `name` of a letter, then letters, digits, '_' and '-'",
        ],
    );
}

/// What the parser and the descriptors complain about.
#[test]
fn parsers() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 } // the next line is wrong
  length_widht: 4
};
"#,
        &[
            "t.proto:5:3: invalid value of type 'laster.FrameOptions' for option '(laster.frame)': field 'length_widht' not found for message 'laster.FrameOptions'",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U17_BE }
};
"#,
        &[
            "t.proto:3:21: invalid value of type 'laster.FrameOptions' for option '(laster.frame)': value 'U17_BE' was not found for enum 'laster.Encoding'",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: {
    # comment
    length: U8 /* { */ const: "a\"}" 'b'
  }
};
"#,
        &[
            "t.proto:5:31: invalid value of type 'laster.FrameOptions' for option '(laster.frame)': a value is already set for oneof 'kind'",
        ],
    );
    refused(
        r#"
message A { int32 a = 1; int32 b = 1; }
message B { Nope n = 1; }
"#,
        &["t.proto:2:36: field number '1' is already used", "t.proto:3:13: name 'Nope' is not defined"],
    );
    refused(
        r#"
message A { int32 a = ; }
message B { int32 b 1; }
"#,
        &["t.proto:2:23: expected an integer, but found ';'", "t.proto:3:21: expected '=', but found '1'"],
    );
    refused(
        r#"
option (laster.frme) = {};
"#,
        &["t.proto:2:1: name 'laster.frme' is not defined"],
    );
    refused(
        r#"
message A { option (laster.message) = 5; }
"#,
        &[
            "t.proto:2:13: expected a value of type 'repeated laster.MessageRule' for option '(laster.message)', but found '5'",
        ],
    );
    refused(
        r#"
import "nope.proto";
import "laster/options.proto";
"#,
        &[
            "t.proto:2:1: 'nope.proto' is not in the include directories and descriptor sets",
            "t.proto:3:1: 'laster/options.proto' is imported twice: remove one of the two",
        ],
    );
    refused(
        r#"
message A {}
"#,
        &["t.proto: no protocol is declared here: a file needs `option (laster.frame) = { … }` to be one"],
    );
}
