//! Where files come from, and what is said of those that cannot be had.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

#[allow(unused_imports)]
use common::{accepted, compile, expect_refused, sources};
use laster_codegen::{Compiler, IncludeDirs, OPTIONS_FILE, Schema};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};
use prost_types::FileDescriptorProto;

const API: &str = r#"
syntax = "proto3";
package api;
import "google/protobuf/descriptor.proto";
import "google/protobuf/timestamp.proto";
extend google.protobuf.MessageOptions { optional uint32 number = 1036; }
message Hello { option (number) = 1; google.protobuf.Timestamp at = 1; }
message Big { option (number) = 300; }
"#;

const WIRE: &str = r#"
syntax = "proto3";
import "laster/options.proto";
import "api.proto";
option (laster.frame) = {
  header: { length: U8 }
  header: { id: U16_BE }
  ids_from_option: { id: "api.number" }
};
"#;

const EXPECTED: &str = "
api of api.wire.proto in ''
| U8: length of payload +0 (8)
| U16Be: Id (16)
payload <= 255, unknown id: Error, replies: Type
client sends
  1 Hello: api.Hello
  300 Big: api.Big
server sends
  1 Hello: api.Hello
  300 Big: api.Big
";

/// The schema's files as a descriptor set, as a Python or JavaScript package would carry them.
fn descriptor_set(schema: &Schema, wanted: &[&str]) -> Vec<u8> {
    let mut set = Vec::new();
    for (_, file) in schema.encoded_files().filter(|(name, _)| wanted.contains(&name.as_str())) {
        let mut file = DynamicMessage::decode(FileDescriptorProto::default().descriptor(), &file[..]).unwrap();
        file.clear_field_by_name("source_code_info");
        prost::encoding::bytes::encode(1, &file.encode_to_vec(), &mut set);
    }
    set
}

fn api_set() -> Vec<u8> {
    let schema = compile(&[("api.wire.proto", WIRE), ("api.proto", API)]).unwrap();
    descriptor_set(&schema, &["api.proto", "google/protobuf/timestamp.proto"])
}

#[test]
fn a_text_imports_what_is_only_a_descriptor() {
    accepted(&[("api.wire.proto", WIRE), ("api.proto", API)], EXPECTED);
    let sources = sources(&[("api.wire.proto", WIRE)]);
    let mut compiler = Compiler::new(&sources);
    expect_refused(
        compiler.compile(&["api.wire.proto"]),
        &["api.wire.proto:4:1: 'api.proto' is not in the include directories and descriptor sets"],
    );
    let schema = compiler.add_descriptor_set("api.bin", &api_set()).unwrap().compile(&["api.wire.proto"]).unwrap();
    assert_eq!(common::render(&schema.protocols()[0]).trim(), EXPECTED.trim());

    // The files go one by one as well, and a protocol may be a descriptor itself.
    let whole = compile(&[("api.wire.proto", WIRE), ("api.proto", API)]).unwrap();
    let none = common::sources(&[]);
    let mut compiler = Compiler::new(&none);
    for (name, file) in whole.encoded_files() {
        compiler.add_file_descriptor(&name, &file).unwrap();
    }
    let schema = compiler.compile(&["api.wire.proto"]).unwrap();
    assert_eq!(common::render(&schema.protocols()[0]).trim(), EXPECTED.trim());
}

#[test]
fn descriptors_without_places_are_named_by_file() {
    let narrow = WIRE.replace("U16_BE", "U8");
    let sources = sources(&[("api.wire.proto", &narrow)]);
    expect_refused(
        Compiler::new(&sources).add_descriptor_set("api.bin", &api_set()).unwrap().compile(&["api.wire.proto"]),
        &["api.proto: the id 300 of Big does not fit in the header's 8 bits: 255 is the largest"],
    );
}

#[test]
fn bytes_that_are_no_descriptors_are_refused() {
    let none = sources(&[]);
    let mut compiler = Compiler::new(&none);
    let found = compiler.add_descriptor_set("api.bin", b"\x0a\x05junk").err().unwrap().to_string();
    assert!(found.starts_with("api.bin: this is no encoded FileDescriptorSet: "), "{found}");
    let found = compiler.add_file_descriptor("file.bin", b"\xff").err().unwrap().to_string();
    assert!(found.starts_with("file.bin: this is no encoded FileDescriptorProto: "), "{found}");
}

#[test]
fn editions_are_refused() {
    let edition = "// a comment\nedition = \"2023\";\nmessage A {}\n";
    let sentence = "editions are not supported: write `syntax = \"proto3\";` (or \"proto2\") in place of the edition";
    expect_refused(compile(&[("e.proto", edition)]), &[&format!("e.proto:2:1: {sentence}")]);
    let descriptor = FileDescriptorProto {
        name: Some("d.proto".to_owned()),
        syntax: Some("editions".to_owned()),
        ..FileDescriptorProto::default()
    };
    let none = sources(&[]);
    let mut compiler = Compiler::new(&none);
    compiler.add_file_descriptor("d.bin", &descriptor.encode_to_vec()).unwrap();
    expect_refused(compiler.compile(&["d.proto"]), &[&format!("d.proto: {sentence}")]);
}

#[test]
fn every_bad_file_is_reported() {
    expect_refused(
        compile(&[
            ("a.proto", "syntax = \"proto3\"; import \"b.proto\";\nimport \"c.proto\"; message A { Nope n = 1; }"),
            ("b.proto", "syntax = \"proto3\"; message B { int32 b; }"),
            ("c.proto", "syntax = \"proto3\"; message C { Gone g = 1; }"),
        ]),
        &["b.proto:1:39: expected '=', but found ';'", "c.proto:1:32: name 'Gone' is not defined"],
    );
    expect_refused(
        compile(&[("a.proto", "import \"b.proto\";"), ("b.proto", "import \"a.proto\";")]),
        &["b.proto:1:1: 'a.proto' imports itself: a.proto -> b.proto -> a.proto"],
    );
    expect_refused(
        Compiler::new(&sources(&[])).compile(&["gone.proto"]),
        &["gone.proto: there is no such file in the include directories and descriptor sets"],
    );
}

#[test]
fn two_protocols_of_one_name_are_refused() {
    let chat =
        "syntax = \"proto3\"; import \"laster/options.proto\";\noption (laster.frame) = { header: { length: U8 } };";
    let sources = sources(&[("a/chat.proto", chat), ("b/chat.wire.proto", chat)]);
    expect_refused(
        Compiler::new(&sources).compile(&["a/chat.proto", "b/chat.wire.proto"]),
        &["b/chat.wire.proto:2:1: there is another protocol called chat in a/chat.proto:2: give one of them a `name`"],
    );
    // The same file twice is one protocol.
    let schema = Compiler::new(&sources).compile(&["a/chat.proto", "a/chat.proto"]).unwrap();
    assert_eq!(schema.protocols().len(), 1);
}

const MESSAGES: &str = r#"syntax = "proto3"; package m; import "laster/options.proto";
message Hello { option (laster.message) = { id: 1 reply: "Hello" }; }
"#;

#[test]
fn rules_count_in_files_that_a_protocol_imports() {
    let frame = r#"syntax = "proto3"; import "laster/options.proto"; import "IMPORTED";
option (laster.frame) = { header: { length: U8 } header: { id: U8 } };
message Own { option (laster.message) = { id: 2 from: CLIENT reply: "m.Hello" }; }
"#;
    let public = "syntax = \"proto3\"; import public \"messages.proto\";";
    for imported in ["messages.proto", "public.proto"] {
        let frame = frame.replace("IMPORTED", imported);
        accepted(
            &[("p.proto", &frame), ("messages.proto", MESSAGES), ("public.proto", public)],
            "
p of p.proto in ''
| U8: length of payload +0 (8)
| U8: Id (8)
payload <= 255, unknown id: Error, replies: Type
client sends
  1 Hello: m.Hello -> Hello
  2 Own: Own -> Hello
server sends
  1 Hello: m.Hello -> Hello
",
        );
    }
    let private = public.replace(" public", "");
    expect_refused(
        compile(&[
            ("p.proto", &frame.replace("IMPORTED", "private.proto")),
            ("messages.proto", MESSAGES),
            ("private.proto", &private),
        ]),
        &[
            "messages.proto:2:17: m.Hello has a rule, but its file is no protocol and no protocol imports it",
            "p.proto:3:62: m.Hello is in 'messages.proto': import that file here, so it cannot answer Own",
        ],
    );
}

#[test]
fn an_option_in_parts_has_places_too() {
    let parts = r#"syntax = "proto3"; import "laster/options.proto";
option (laster.frame).header = { length: U8 };
option (laster.frame).header = { id: U8 };
option (laster.frame).header = { value: U8 name: "No" };
option (laster.frame).max_payload = 256;
option (laster.frame).first = "Nope";
option (laster.frame).message = { type: "Gone" id: 1 };
"#;
    expect_refused(
        compile(&[("parts.proto", parts)]),
        &[
            "parts.proto:4:44: 'No' is no lower-case identifier: take a letter, then letters, digits and underscores",
            "parts.proto:5:1: the length field cannot say the largest payload: it was to be 256, and with this header 255 is the most",
            "parts.proto:6:1: there is no message 'Nope', so it cannot be first",
            "parts.proto:7:35: there is no message 'Gone'",
        ],
    );
}

#[test]
fn our_own_options_cannot_be_replaced() {
    let vendored = "syntax = \"proto3\"; package laster;";
    accepted(&[("api.wire.proto", WIRE), ("api.proto", API), (OPTIONS_FILE, vendored)], EXPECTED);
}

#[test]
fn what_emitters_need_is_kept() {
    let schema = compile(&[("api.wire.proto", WIRE), ("api.proto", API)]).unwrap();
    let names: Vec<_> = schema.encoded_files().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "google/protobuf/descriptor.proto",
            "laster/options.proto",
            "google/protobuf/timestamp.proto",
            "api.proto",
            "api.wire.proto"
        ]
    );
    let set = schema.file_descriptor_set();
    assert_eq!(set.file.iter().map(|file| file.name()).collect::<Vec<_>>(), names);
    assert!(set.file[3].source_code_info.is_some());
    let hello = schema.pool().get_message_by_name("api.Hello").unwrap();
    let number = schema.pool().get_extension_by_name("api.number").unwrap();
    assert_eq!(hello.options().get_extension(&number).as_u32(), Some(1));
    let (_, encoded) = schema.encoded_files().nth(3).unwrap();
    let mut pool = schema_without("api.proto", &schema);
    pool.decode_file_descriptor_proto(&encoded[..]).unwrap();
    let hello = pool.get_message_by_name("api.Hello").unwrap();
    let number = pool.get_extension_by_name("api.number").unwrap();
    assert_eq!(hello.options().get_extension(&number).as_u32(), Some(1));
}

/// A pool of the files before this one.
fn schema_without(name: &str, schema: &Schema) -> prost_reflect::DescriptorPool {
    let mut pool = prost_reflect::DescriptorPool::new();
    for (_, file) in schema.encoded_files().take_while(|(file, _)| file != name) {
        pool.decode_file_descriptor_proto(&file[..]).unwrap();
    }
    pool
}

#[test]
fn directories_are_searched_in_order() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories");
    let (first, second) = (dir.join("first"), dir.join("second"));
    std::fs::create_dir_all(first.join("chat")).unwrap();
    std::fs::create_dir_all(second.join("chat")).unwrap();
    let wire = WIRE.replace("api.proto", "chat/api.proto");
    std::fs::write(first.join("chat/api.wire.proto"), &wire).unwrap();
    std::fs::write(second.join("chat/api.wire.proto"), "not this one").unwrap();
    std::fs::write(second.join("chat/api.proto"), API).unwrap();

    let read = vec![first.join("chat/api.wire.proto"), second.join("chat/api.proto")];
    for file in [first.join("chat/api.wire.proto"), "chat/api.wire.proto".into(), "./chat/api.wire.proto".into()] {
        let schema = laster_codegen::compile([&first, &second], [file]).unwrap();
        assert_eq!(schema.protocols()[0].file, "chat/api.wire.proto");
        assert_eq!(schema.paths(), read);
    }
    let dirs = IncludeDirs::new([&first]);
    assert_eq!(dirs.dirs(), [first]);
    expect_refused(
        Compiler::new(&dirs).compile(&["../second/chat/api.proto"]),
        &["../second/chat/api.proto: there is no such file in the include directories and descriptor sets"],
    );
}

/// Whatever an editor has on its screen while somebody types.
#[test]
fn half_a_file_is_refused_and_no_panic() {
    let text = r#"syntax = "proto3"; import "laster/options.proto";
option (laster.frame) = {
  header: { const: "\0" } header: { length: VARINT max_bytes: 4 }
  header: { bits: { encoding: U8 part: { width: 3 value: "a" } part: { width: 5 id: {} } } }
  control: { name: "w" word: "\x01" } resync: true replies: FIELD reply_field: "n" first: "A"
  message: [{ type: "B" id: 2 from: SERVER }]
};
message A { option (laster.message) = { id: 1 from: CLIENT reply: "B" }; int32 n = 1; }
message B { int32 n = 1; }
"#;
    compile(&[("t.proto", text)]).unwrap();
    for cut in 0..text.len() {
        let half = &text[..cut];
        let without = format!("{half}{}", text.get(cut + 1..).unwrap_or_default());
        let doubled = format!("{half}{}", &text[cut.saturating_sub(1)..]);
        for text in [half, &without, &doubled] {
            if let Err(found) = compile(&[("t.proto", text)]) {
                assert!(!found.as_slice().is_empty());
            }
        }
    }
}
