//! Ids and roots that are refused: what is said, and where.

mod common;

use common::refused;

/// Ids that lead nowhere or to two messages.
#[test]
fn ids() {
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message A { option (laster.message) = { id: 256 }; }
"#,
        &["t.proto:3:41: the id 256 of A does not fit in the header's 8 bits: 255 is the largest"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message A { option (laster.message) = { id: 1 }; }
message B {
  option (laster.message) = {
    from: CLIENT
    id: 1
  };
}
"#,
        &["t.proto:7:5: B has the id 1, which is A's in line 3"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message A { option (laster.message) = { id: 1 from: CLIENT }; }
message B { option (laster.message) = { id: 1 from: SERVER }; }
message C { option (laster.message) = { id: 1 from: SERVER }; }
"#,
        &["t.proto:5:41: C has the id 1, which is B's in line 4"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message A { option (laster.message) = { from: CLIENT }; }
"#,
        &["t.proto:3:13: no id leads to A: give it an `id`"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
"#,
        &[
            "t.proto:2:1: the header has an id, and no message has one: give messages an `option (laster.message)`, list them in `message`, or say where ids come from",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:5:13: nothing in a frame says that it is A: give the header an id, or name roots"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  unknown_id: SKIP
  ids_from_hash: { hash: CRC32 }
};
"#,
        &[
            "t.proto:4:3: `unknown_id` is of no use here, for the header has no id",
            "t.proto:5:3: ids are of no use here, for the header has no id: give it one, or name the roots",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  raw: true
  message: { name: "x" id: 1 }
};
"#,
        &["t.proto:4:3: nothing in a frame says that it is x: give the header an id, or name roots"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  message: { type: "Nope" id: 1 }
  message: { id: 2 }
  message: { id: 3 raw: true }
  message: { name: "NoId" }
  message: { name: "no-name" id: 4 }
};
"#,
        &[
            "t.proto:5:14: there is no message 'Nope'",
            "t.proto:6:3: a rule without a `type` needs a `name`",
            "t.proto:7:3: a rule without a `type` needs a `name`",
            "t.proto:8:3: 'NoId' has no `type`, so it needs an `id`",
            "t.proto:9:14: 'no-name' is no identifier: take a letter, then letters, digits and underscores",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  message: [ { type: "A" id: 1 }, { type: "A" id: 2 } ]
  message: { type: "A" id: 3 from: SERVER }
};
message A {}
"#,
        &[
            "t.proto:5:35: there is a rule for A already in line 5: keep one, or give each its `from`",
            "t.proto:6:3: there is a rule for A already in line 5: keep one, or give each its `from`",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  message: { type: "A" id: 2 }
};
message A { option (laster.message) = { id: 1 }; }
"#,
        &["t.proto:5:3: there is a rule for A already in line 7: keep one, or give each its `from`"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message A { option (laster.message) = { id: 1 type: "A" }; }
"#,
        &["t.proto:3:47: an option on a message knows its message: remove `type`"],
    );
    refused(
        r#"
option (laster.frame) = { header: { length: U16_BE } header: { id: U8 } };
message A {
  option (laster.message) = { id: 1 };
  message B { option (laster.message) = { id: 2 name: "A" }; }
}
"#,
        &["t.proto:5:15: another message is called A in line 4: give one of them a `name`"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  message: { name: "E" id: 1 max_payload: 5 }
};
"#,
        &["t.proto:5:30: E has no payload to limit: give it a `type`, or say `raw: true`"],
    );
}

/// Payload limits that cannot hold.
#[test]
fn limits() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  max_payload: 100
};
message A { option (laster.message) = { id: 1 max_payload: 101 }; }
"#,
        &["t.proto:7:47: A may have 101 bytes, and the frame 100: raise the frame's `max_payload`"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
};
message A { option (laster.message) = { id: 1 max_payload: 65536 }; }
"#,
        &["t.proto:6:47: the length cannot say the 65536 bytes of A: 65535 are the most"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U32_BE }
  header: { id: U8 }
};
message A { option (laster.message) = { id: 1 max_payload: 65537 }; }
"#,
        &["t.proto:6:47: A may have 65537 bytes, and the frame 65536: raise the frame's `max_payload`"],
    );
}

/// Somebody's own option that does not say what it should.
#[test]
fn ids_from_options() {
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "nope" }
};
"#,
        &["t.proto:9:22: there is no message option 'nope': give its full name, package included"],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "fnum" }
};
"#,
        &["t.proto:9:22: there is no message option 'fnum': give its full name, package included"],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "text" }
};
"#,
        &["t.proto:9:22: the option 'text' is no integer, so it cannot be an id"],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "many" }
};
"#,
        &["t.proto:9:22: the option 'many' is no integer, so it cannot be an id"],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "num" from: "num" client: "S_CLIENT" }
};
"#,
        &["t.proto:9:32: the option 'num' is no enum, so it cannot say who sends"],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "num" client: "S_CLIENT" both: "S_BOTH" }
};
message A { option (num) = 1; }
"#,
        &[
            "t.proto:9:32: `client` names a value of the option in `from`, and there is none",
            "t.proto:9:51: `both` names a value of the option in `from`, and there is none",
        ],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "num" from: "who" client: "S_CLENT" server: "S_SERVER" both: "S_BOTH" }
};
message A { option (num) = 1; }
"#,
        &["t.proto:9:44: the enum S has no value 'S_CLENT'"],
    );
    refused(
        r#"
import "google/protobuf/descriptor.proto";
enum S { S_BOTH = 0; S_CLIENT = 1; S_SERVER = 2; }
extend google.protobuf.MessageOptions { optional int32 num = 1036; optional S who = 1037; repeated int32 many = 1038; optional string text = 1039; }
extend google.protobuf.FieldOptions { optional int32 fnum = 1036; }
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_option: { id: "num" from: "who" client: "S_CLIENT" server: "S_SERVER" }
};
message A { option (num) = 1; option (who) = S_CLIENT; }
message B { option (num) = 2; }
message C { option (num) = -1; }
message D { option (num) = 300; option (who) = S_SERVER; }
message E {
  option (who) = S_CLIENT;
  option (num) = 1;
}
"#,
        &[
            "t.proto:12:13: 'S_BOTH', which says who sends B, is none of `client`, `server` and `both` of ids_from_option",
            "t.proto:13:13: the id of C is negative",
            "t.proto:14:13: the id 300 of D does not fit in the header's 8 bits: 255 is the largest",
            "t.proto:17:3: E has the id 1, which is A's in line 11",
        ],
    );
}

/// Enum values that are called as no message, or as two.
#[test]
fn ids_from_enums() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_enum: { type: "Nope" }
};
"#,
        &["t.proto:5:20: there is no enum 'Nope'"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_enum: {
    type: "Id"
    prefix: { value: "C_" message: "C" from: CLIENT }
    prefix: { value: "S_" message: "S" from: SERVER }
  }
};
enum Id { NONE = 0; C_HELLO = 1; S_HELLO = 2; C_BYE = 3; NEGATIVE = -1; }
message CHello {}
message SHello {}
message CBye {}
"#,
        &[
            "t.proto:11:11: NONE begins with no `prefix` of ids_from_enum: add its own, or `ignore_unmatched: true`",
            "t.proto:11:58: NEGATIVE begins with no `prefix` of ids_from_enum: add its own, or `ignore_unmatched: true`",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_enum: {
    type: "Id"
    prefix: { value: "C_" message: "C" from: CLIENT }
    prefix: { value: "S_" message: "S" from: SERVER }
  }
};
enum Id { C_HELLO = 0; S_HELLO = 2; C_NONE = 3; }
message CHello {}
message SHello {}
"#,
        &["t.proto:11:37: C_NONE fits no message: rename one of them, or say `ignore_unmatched: true`"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_enum: { type: "Id" ignore_unmatched: true }
};
enum Id { Z = 0; HELLO = 1; HEL_LO = 2; NEG = -1; BIG = 256; }
message Hello {}
message Neg {}
message Big {}
"#,
        &[
            "t.proto:7:29: Hello has the id 1 already in line 7",
            "t.proto:7:41: NEG is negative, so it cannot be an id",
            "t.proto:7:51: the id 256 of Big does not fit in the header's 8 bits: 255 is the largest",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_enum: { type: "Id" }
};
enum Id { A_B = 0; }
message AB {}
message Ab {}
"#,
        &["t.proto:7:11: A_B fits AB and Ab: give them their ids in rules"],
    );
}

/// Hashes that collide, or are too wide.
#[test]
fn ids_from_hashes() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_hash: {}
};
message A {}
"#,
        &["t.proto:5:3: ids_from_hash needs a `hash`, such as CRC32"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_hash: { hash: CRC32 }
};
message A {}
"#,
        &["t.proto:5:3: a hash of 32 bits does not fit in the header's id of 8: say `bits: 8`"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  ids_from_hash: { hash: CRC32 bits: 33 }
};
message A {}
"#,
        &["t.proto:5:32: this hash has 32 bits, so it cannot give 33"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  header: { id: U64_LE }
  ids_from_hash: { hash: POLY31_32 }
};
message Aa {}
message BB {}
"#,
        &["t.proto:8:1: the names Aa and BB have the same hash, 2112: give one of them an `id` in a rule"],
    );
}

/// Roots that do not say what is sent.
#[test]
fn roots() {
    refused(
        r#"
option (laster.frame) = {
  header: { length: U16_BE }
  header: { id: U8 }
  client_root: "In"
  server_root: "Out"
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
"#,
        &["t.proto:5:3: the header has an id, which says what a frame is, so there can be no roots: remove either"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  client_root: "In"
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
"#,
        &["t.proto:2:1: there is no `server_root`: say which message the server sends"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  client_root: "In"
  server_root: "Nope"
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
"#,
        &["t.proto:5:3: there is no message 'Nope'"],
    );
    refused(
        r#"
option (laster.frame) = {
  raw: true
  client_root: "In"
  server_root: "Out"
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
"#,
        &["t.proto:3:3: bytes that pass `raw` are no messages, so there can be no roots"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  client_root: "Two"
  server_root: "In"
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
message Two {
  oneof a { int32 x = 1; }
  oneof b { int32 y = 2; }
}
"#,
        &["t.proto:14:3: Two has more than one oneof, 'a' and 'b', so it does not tell what is sent"],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  client_root: "In"
  server_root: "Out"
  message: { type: "A" id: 1 from: CLIENT }
  message: { type: "A" from: SERVER }
  message: { type: "C" }
  message: { name: "x" id: 1 }
  message: { type: "B" raw: true }
  message: { type: "B" }
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
"#,
        &[
            "t.proto:6:24: the header has no id that could be A's: the root's oneof says what is sent",
            "t.proto:7:3: A is more than one case of the server's root, so a rule cannot say which",
            "t.proto:8:3: C is no case of the roots, so nothing leads to it",
            "t.proto:9:24: the header has no id that could be x's: the root's oneof says what is sent",
            "t.proto:10:24: a case of a root cannot be `raw`: it is inside a protobuf message",
            "t.proto:11:3: there is a rule for B already in line 10: keep one, or give each its `from`",
        ],
    );
    refused(
        r#"
option (laster.frame) = {
  header: { length: U8 }
  client_root: "In"
  server_root: "B"
  message: { type: "A" from: BOTH reply: "C" }
  message: { type: "B" name: "A" }
  ids_from_hash: { hash: CRC32 }
};
message In { oneof kind { A a = 1; B b = 2; } }
message Out { oneof kind { B b = 1; A a = 2; A again = 3; } }
message A {}
message B {}
message C {}
"#,
        &[
            "t.proto:6:24: A is no case of the server's root",
            "t.proto:6:35: 'C' is no case of the server's root, so it cannot answer A",
            "t.proto:7:3: another message is called A in line 6: give one of them a `name`",
            "t.proto:8:3: ids are of no use here, for the header has no id: give it one, or name the roots",
        ],
    );
}
