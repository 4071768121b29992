//! Protocols as they are found in the wild, described through sidecars. The schemas stand in for the real ones.

mod common;

use common::accepted;

#[test]
fn mumble_lists_its_ids() {
    let schema = r#"
syntax = "proto2";
package MumbleProto;
message Version { optional uint32 version = 1; }
message UDPTunnel { required bytes packet = 1; }
message Authenticate { optional string username = 1; }
message Ping { optional uint64 timestamp = 1; }
message Reject { optional string reason = 1; }
message ServerSync { optional uint32 session = 1; }
// Access control.
// Per channel.
message ACL { enum ACL { NONE = 0; } optional ACL acl = 1; }
"#;
    let sidecar = r#"
syntax = "proto3";
package MumbleProto;
import "laster/options.proto";
import "Mumble.proto";
option (laster.frame) = {
  header: { id: U16_BE }
  header: { length: U32_BE }
  max_payload: 0x7fffff
  unknown_id: SKIP
  first: "Version"
  message: { type: "Version" id: 0 max_payload: 1024 }
  message: { type: "UDPTunnel" id: 1 raw: true max_payload: 1024 }
  message: { type: "Authenticate" id: 2 from: CLIENT reply: "ServerSync" error: "Reject" }
  message: { type: "Ping" id: 3 from: CLIENT reply: "Ping" }
  message: { type: "Ping" id: 3 from: SERVER }
  message: { type: "Reject" id: 4 from: SERVER }
  message: { type: ".MumbleProto.ServerSync" id: 5 from: SERVER }
  message: { type: "MumbleProto.ACL" id: 13 }
};
"#;
    accepted(
        &[("mumble/mumble.wire.proto", sidecar), ("Mumble.proto", schema)],
        "
mumble of mumble/mumble.wire.proto in 'MumbleProto'
| U16Be: Id (16)
| U32Be: length of payload +0 (32)
payload <= 8388607, unknown id: Skip, replies: Type
first: Version
client sends
  0 Version: MumbleProto.Version <= 1024
  1 UDPTunnel: raw (MumbleProto.UDPTunnel) <= 1024
  2 Authenticate: MumbleProto.Authenticate -> ServerSync or Reject
  3 Ping: MumbleProto.Ping -> Ping
  13 ACL: MumbleProto.ACL // Access control. / Per channel.
server sends
  0 Version: MumbleProto.Version <= 1024
  1 UDPTunnel: raw (MumbleProto.UDPTunnel) <= 1024
  3 Ping: MumbleProto.Ping
  4 Reject: MumbleProto.Reject
  5 ServerSync: MumbleProto.ServerSync
  13 ACL: MumbleProto.ACL // Access control. / Per channel.
",
    );
}

const ESPHOME_OPTIONS: &str = r#"
syntax = "proto2";
import "google/protobuf/descriptor.proto";
enum APISourceType { SOURCE_BOTH = 0; SOURCE_SERVER = 1; SOURCE_CLIENT = 2; }
message void {}
extend google.protobuf.MessageOptions {
  optional uint32 id = 1036 [default = 0];
  optional APISourceType source = 1037 [default = SOURCE_BOTH];
}
"#;

const ESPHOME_API: &str = r#"
syntax = "proto3";
import "api_options.proto";
service APIConnection {
  rpc hello (HelloRequest) returns (HelloResponse) {}
  rpc list (ListRequest) returns (void) {}
}
message HelloRequest { option (id) = 1; option (source) = SOURCE_CLIENT; string client_info = 1; }
message HelloResponse { option (id) = 2; option (source) = SOURCE_SERVER; }
message PingRequest { option (id) = 7; option (source) = SOURCE_BOTH; }
message PingResponse { option (id) = 8; }
message ListRequest { option (id) = 11; option (source) = SOURCE_CLIENT; }
message SwitchResponse { option (id) = 12; option (source) = SOURCE_SERVER; }
message ListDoneResponse { option (id) = 162; option (source) = SOURCE_SERVER; }
message Part { string without_an_id = 1; }
"#;

const ESPHOME_WIRE: &str = r#"
syntax = "proto3";
import "laster/options.proto";
import "api.proto";
option (laster.frame) = {
  header: { const: "\0" }
  header: { length: VARINT max_bytes: 4 }
  header: { id: VARINT max_bytes: 4 overlong: true }
  max_payload: 65535
  unknown_id: SKIP
  ids_from_option: { id: "id" from: "source" client: "SOURCE_CLIENT" server: "SOURCE_SERVER" both: "SOURCE_BOTH" }
  message: { type: "HelloRequest" reply: "HelloResponse" }
  message: { type: "PingRequest" reply: "PingResponse" }
  message: { type: "ListRequest" stream: "SwitchResponse" reply: "ListDoneResponse" max_payload: 16 }
};
"#;

#[test]
fn esphome_has_ids_in_an_option_of_its_own() {
    accepted(
        &[("esphome.wire.proto", ESPHOME_WIRE), ("api.proto", ESPHOME_API), ("api_options.proto", ESPHOME_OPTIONS)],
        "
esphome of esphome.wire.proto in ''
| const 00
| Varint { max_bytes: 4, overlong: false }: length of payload +0 (28)
| Varint { max_bytes: 4, overlong: true }: Id (28)
payload <= 65535, unknown id: Skip, replies: Type
client sends
  1 HelloRequest: HelloRequest -> HelloResponse
  7 PingRequest: PingRequest -> PingResponse
  8 PingResponse: PingResponse
  11 ListRequest: ListRequest <= 16 -> SwitchResponse* ListDoneResponse
server sends
  2 HelloResponse: HelloResponse
  7 PingRequest: PingRequest -> PingResponse
  8 PingResponse: PingResponse
  12 SwitchResponse: SwitchResponse
  162 ListDoneResponse: ListDoneResponse
",
    );
}

#[test]
fn sass_has_roots_in_place_of_ids() {
    let schema = r#"
syntax = "proto3";
package sass;
message Inbound {
  message CompileRequest { string source = 1; }
  message ImportResponse { uint32 id = 1; }
  oneof message {
    // Asks for a style sheet.
    CompileRequest compile_request = 2;
    ImportResponse import_response = 3;
    uint32 version = 4;
  }
}
message Outbound {
  uint32 at = 9;
  optional uint32 not_a_kind = 10;
  oneof message {
    CompileResponse compile_response = 2;
    ImportRequest import_request = 3;
    ProtocolError error = 1;
  }
  message CompileResponse {}
  message ImportRequest { uint32 id = 1; }
}
message ProtocolError {}
"#;
    let sidecar = r#"
syntax = "proto3";
package sass;
import "laster/options.proto";
import "embedded_sass.proto";
option (laster.frame) = {
  name: "sass-embedded"
  header: { length: VARINT counts: REST }
  header: { correlation: VARINT max_bytes: 5 }
  client_root: "Inbound"
  server_root: "Outbound"
  message: { type: "Inbound.CompileRequest" name: "Compile" reply: "Outbound.CompileResponse" error: "Error" }
};
"#;
    accepted(
        &[("sass.wire.proto", sidecar), ("embedded_sass.proto", schema)],
        r#"
sass-embedded of sass.wire.proto in 'sass'
| Varint { max_bytes: 5, overlong: false }: length of rest +0 (35)
| Varint { max_bytes: 5, overlong: false }: Correlation (35)
payload <= 65536, unknown id: Error, replies: Header
client sends sass.Inbound by Some("message")
  case 2 Compile: sass.Inbound.CompileRequest -> CompileResponse or Error // Asks for a style sheet.
  case 3 ImportResponse: sass.Inbound.ImportResponse
  case 4 Version: Scalar
server sends sass.Outbound by Some("message")
  case 1 Error: sass.ProtocolError
  case 2 CompileResponse: sass.Outbound.CompileResponse
  case 3 ImportRequest: sass.Outbound.ImportRequest
"#,
    );
}

#[test]
fn sass_callbacks_are_matched_by_a_field() {
    let schema = r#"
syntax = "proto3";
import "laster/options.proto";
option (laster.frame) = {
  header: { length: VARINT }
  client_root: "Answer"
  server_root: "Question"
  replies: FIELD
  reply_field: "id"
};
message Answer { option (laster.message) = { from: CLIENT }; uint32 id = 1; }
message Question { option (laster.message) = { reply: "Answer" }; fixed64 id = 1; }
"#;
    accepted(
        &[("callback.proto", schema)],
        "
callback of callback.proto in ''
| Varint { max_bytes: 5, overlong: false }: length of payload +0 (35)
payload <= 65536, unknown id: Error, replies by field id
client sends Answer by None
  root Answer: Answer
server sends Question by None
  root Question: Question -> Answer
",
    );
}

#[test]
fn simple_chat_has_ids_in_an_enum() {
    let schema = r#"
syntax = "proto2";
enum MESSAGE_ID { CMSG_HELLO = 1; SMSG_HELLO = 2; CMSG_CHAT = 3; SMSG_CHAT = 4; CMSG_BYE = 5; SMSG_BYE = 6; }
message CMsgHello { required string account = 1; }
message SMsgHello { enum RET { OK = 1; FAILED = 2; } required RET returnValue = 1; }
message CMsgChat { required string chatMsg = 1; }
message SMsgChat { required string sender = 1; }
message CMsgBye {}
message SMsgBye {}
"#;
    let sidecar = r#"
syntax = "proto3";
import "laster/options.proto";
import "message.proto";
option (laster.frame) = {
  header: { length: U32_LE counts: REST }
  header: { const: "\x02\x00\x00\x00\x08" }
  header: { id: VARINT max_bytes: 1 }
  max_payload: 4089
  first: "CMsgHello"
  ids_from_enum: {
    type: "MESSAGE_ID"
    prefix: { value: "CMSG_" message: "CMsg" from: CLIENT }
    prefix: { value: "SMSG_" message: "SMsg" from: SERVER }
  }
  message: { type: "CMsgHello" reply: "SMsgHello" max_payload: 256 }
  message: { type: "CMsgBye" reply: "SMsgBye" name: "Leave" }
};
"#;
    accepted(
        &[("simplechat/simplechat.wire.proto", sidecar), ("message.proto", schema)],
        "
simplechat of simplechat/simplechat.wire.proto in ''
| U32Le: length of rest +0 (32)
| const 02 00 00 00 08
| Varint { max_bytes: 1, overlong: false }: Id (7)
payload <= 4089, unknown id: Error, replies: Type
first: CMsgHello
client sends
  1 CMsgHello: CMsgHello <= 256 -> SMsgHello
  3 CMsgChat: CMsgChat
  5 Leave: CMsgBye -> SMsgBye
server sends
  2 SMsgHello: SMsgHello
  4 SMsgChat: SMsgChat
  6 SMsgBye: SMsgBye
",
    );
}

#[test]
fn simple_binary_has_no_messages() {
    let schema = r#"
syntax = "proto3";
import "laster/options.proto";
option (laster.frame) = { header: { length: U32_LE } };
"#;
    accepted(
        &[("echo.proto", schema)],
        "
echo of echo.proto in ''
| U32Le: length of payload +0 (32)
payload <= 65536, unknown id: Error, replies: Type
client sends
server sends
",
    );
}

#[test]
fn meshtastic_hunts_for_its_constant() {
    let schema = r#"
syntax = "proto3";
package meshtastic;
message ToRadio { oneof payload_variant { Packet packet = 1; bool disconnect = 4; } }
message FromRadio { uint32 id = 1; oneof payload_variant { Packet packet = 2; uint32 config_complete_id = 7; } }
message Packet {}
"#;
    let sidecar = r#"
syntax = "proto3";
package meshtastic;
import "laster/options.proto";
import "mesh.proto";
option (laster.frame) = {
  header: { const: "\x94\xc3" }
  header: { length: U16_BE }
  max_payload: 512
  resync: true
  max_junk: 4096
  client_prologue: "\xc3\xc3"
  client_root: "ToRadio"
  server_root: "FromRadio"
};
"#;
    let schema = accepted(
        &[("meshtastic.wire.proto", sidecar), ("mesh.proto", schema)],
        r#"
meshtastic of meshtastic.wire.proto in 'meshtastic'
| const 94 c3
| U16Be: length of payload +0 (16)
Client begins with c3 c3
payload <= 512, unknown id: Error, replies: Type
client sends meshtastic.ToRadio by Some("payload_variant")
  case 1 Packet: meshtastic.Packet
  case 4 Disconnect: Scalar
server sends meshtastic.FromRadio by Some("payload_variant")
  case 2 Packet: meshtastic.Packet
  case 7 ConfigCompleteId: Scalar
"#,
    );
    let layout = schema.protocols()[0].layout;
    assert_eq!(layout.try_resync(4096), Ok(layout));
}

#[test]
fn bits_make_a_version_and_a_length() {
    let schema = r#"
syntax = "proto3";
package bits;
import "laster/options.proto";
option (laster.frame) = {
  header: {
    bits: {
      encoding: U32_BE
      part: { width: 4 value: "version" expect: 3 }
      part: { width: 28 length: { counts: FRAME adjust: -1 } }
    }
  }
  header: { bits: { encoding: VARINT part: { width: 3 value: "channel" } part: { width: 61 id: {} } } }
  header: { value: U16_LE name: "flags" }
  header: { value: U8 expect: 7 }
  unknown_id: DELIVER
  replies: ORDER
};
message A { option (laster.message) = { id: 0x1fffffffffffffff reply: "A" }; }
"#;
    accepted(
        &[("bits.proto", schema)],
        "
bits of bits.proto in 'bits'
| U32Be: Fixed(3) (4), length of frame -1 (28)
| Varint { max_bytes: 10, overlong: false }: value channel (3), Id (61)
| U16Le: value flags (16)
| U8: Fixed(7) (8)
payload <= 65536, unknown id: Deliver, replies: Order
client sends
  2305843009213693951 A: bits.A -> A
server sends
  2305843009213693951 A: bits.A -> A
",
    );
}

#[test]
fn riak_has_ids_without_messages() {
    let schema = r#"
syntax = "proto2";
message RpbErrorResp { required bytes errmsg = 1; }
message RpbGetReq { required bytes key = 1; }
message RpbGetResp { optional bytes content = 1; }
message RpbListKeysReq { required bytes bucket = 1; }
message RpbListKeysResp { repeated bytes keys = 1; optional bool done = 2; }
"#;
    let sidecar = r#"
syntax = "proto3";
import "laster/options.proto";
import "riak_kv.proto";
option (laster.frame) = {
  header: { length: U32_BE counts: REST }
  header: { id: U8 }
  max_payload: 1048576
  replies: ORDER
  message: [
    { type: "RpbErrorResp" id: 0 from: SERVER },
    { name: "RpbPingReq" id: 1 from: CLIENT reply: "RpbPingResp" error: "RpbErrorResp" },
    { name: "RpbPingResp" id: 2 from: SERVER },
    { type: "RpbGetReq" id: 9 from: CLIENT reply: "RpbGetResp" error: "RpbErrorResp" },
    { type: "RpbGetResp" id: 10 from: SERVER },
    { type: "RpbListKeysReq" id: 17 from: CLIENT stream: "RpbListKeysResp" stream_end: "done" error: "RpbErrorResp" },
    { type: "RpbListKeysResp" id: 18 from: SERVER },
    { name: "Blob" id: 200 raw: true }
  ]
};
"#;
    accepted(
        &[("riak.wire.proto", sidecar), ("riak_kv.proto", schema)],
        "
riak of riak.wire.proto in ''
| U32Be: length of rest +0 (32)
| U8: Id (8)
payload <= 1048576, unknown id: Error, replies: Order
client sends
  1 RpbPingReq: Empty <= 0 -> RpbPingResp or RpbErrorResp
  9 RpbGetReq: RpbGetReq -> RpbGetResp or RpbErrorResp
  17 RpbListKeysReq: RpbListKeysReq -> RpbListKeysResp* until done or RpbErrorResp
  200 Blob: Raw(None)
server sends
  0 RpbErrorResp: RpbErrorResp
  2 RpbPingResp: Empty <= 0
  10 RpbGetResp: RpbGetResp
  18 RpbListKeysResp: RpbListKeysResp
  200 Blob: Raw(None)
",
    );
}

#[test]
fn control_words_stand_in_place_of_frames() {
    let schema = r#"
syntax = "proto3";
import "laster/options.proto";
option (laster.frame) = {
  header: { length: U32_BE }
  control: { name: "keep_alive" word: "\0\0\0\0" }
  control: { name: "bye" word: "\xff\xff" from: SERVER }
  raw: false
};
"#;
    accepted(
        &[("words.proto", schema)],
        "
words of words.proto in ''
| U32Be: length of payload +0 (32)
control keep_alive 00 00 00 00 from Both
control bye ff ff from Server
payload <= 65536, unknown id: Error, replies: Type
client sends
server sends
",
    );
}

#[test]
fn raw_bytes_have_no_header() {
    let schema = r#"
syntax = "proto3";
import "laster/options.proto";
option (laster.frame) = { raw: true max_payload: 512 server_prologue: "hi" };
"#;
    accepted(
        &[("raw.proto", schema)],
        "
raw of raw.proto in ''
Server begins with 68 69
payload <= 512, unknown id: Error, replies: Type
client sends
server sends
",
    );
}

/// The numbers are from another implementation: CRC-32 of "Hello", and the low bits of FNV-1a of "p.Own".
#[test]
fn hashes_make_ids() {
    let sidecar = r#"
syntax = "proto3";
import "laster/options.proto";
import "hello.proto";
option (laster.frame) = {
  header: { length: U8 }
  header: { id: U32_LE }
  ids_from_hash: { hash: CRC32 short_name: true }
  message: { type: "p.Bye" id: 5 from: SERVER }
  message: { type: "p.Hello" from: CLIENT }
};
"#;
    let hello = r#"
syntax = "proto3";
package p;
message Hello { message NotThis {} }
message Bye {}
"#;
    accepted(
        &[("hash.wire.proto", sidecar), ("hello.proto", hello)],
        "
hash of hash.wire.proto in ''
| U8: length of payload +0 (8)
| U32Le: Id (32)
payload <= 255, unknown id: Error, replies: Type
client sends
  4157704578 Hello: p.Hello
server sends
  5 Bye: p.Bye
",
    );
    let own = r#"
syntax = "proto3";
package p;
import "laster/options.proto";
import "hello.proto";
option (laster.frame) = {
  header: { length: U8 }
  header: { id: U16_LE }
  ids_from_hash: { hash: FNV1A_64 bits: 16 }
};
message Own {}
"#;
    accepted(
        &[("own.proto", own), ("hello.proto", hello)],
        "
own of own.proto in 'p'
| U8: length of payload +0 (8)
| U16Le: Id (16)
payload <= 255, unknown id: Error, replies: Type
client sends
  40373 Own: p.Own
server sends
  40373 Own: p.Own
",
    );
}
