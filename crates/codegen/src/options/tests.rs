//! The mirrors are what `laster/options.proto` says.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, Value};

use super::*;

fn pool() -> DescriptorPool {
    let sources = std::collections::BTreeMap::new();
    let loaded = crate::load::load(&[OPTIONS_FILE], &sources, &crate::load::Descriptors::default()).unwrap();
    loaded.pool
}

/// Encodes each field of the file's message by itself, and expects the mirror to encode the same.
fn check<M: Message + Default>(pool: &DescriptorPool, name: &str, full: M) {
    let descriptor = pool.get_message_by_name(name).unwrap();
    for field in descriptor.fields() {
        let message = only(&descriptor, &field);
        let mirrored = M::decode(&message.encode_to_vec()[..]).unwrap();
        assert_eq!(mirrored.encode_to_vec(), message.encode_to_vec(), "{}", field.full_name());
    }
    // The other way about: nothing that the mirror has is unknown to the file.
    let message = DynamicMessage::decode(descriptor, &full.encode_to_vec()[..]).unwrap();
    assert_eq!(unknown_fields(&message), 0, "{name}");
}

fn only(descriptor: &MessageDescriptor, field: &FieldDescriptor) -> DynamicMessage {
    let value = match field.kind() {
        FieldKind::Uint32 => Value::U32(1),
        FieldKind::Uint64 => Value::U64(1),
        FieldKind::Sint32 => Value::I32(-1),
        FieldKind::Bool => Value::Bool(true),
        FieldKind::String => Value::String("a".to_owned()),
        FieldKind::Bytes => Value::Bytes(b"b".as_slice().into()),
        FieldKind::Enum(_) => Value::EnumNumber(1),
        FieldKind::Message(message) => Value::Message(DynamicMessage::new(message)),
        other => panic!("{other:?} is new here"),
    };
    let mut message = DynamicMessage::new(descriptor.clone());
    message.set_field(field, if field.is_list() { Value::List(vec![value]) } else { value });
    message
}

fn unknown_fields(message: &DynamicMessage) -> usize {
    let inner: usize = message.fields().map(|(_, value)| unknown_in(value)).sum();
    message.unknown_fields().count() + inner
}

fn unknown_in(value: &Value) -> usize {
    match value {
        Value::Message(message) => unknown_fields(message),
        Value::List(values) => values.iter().map(unknown_in).sum(),
        _ => 0,
    }
}

/// One of each, all fields set, so that a field that is added to a mirror cannot be forgotten here.
fn full_frame(ids: Ids) -> FrameOptions {
    let text = || "a".to_owned();
    FrameOptions {
        name: text(),
        header: Vec::new(),
        max_payload: 1,
        client_prologue: vec![1],
        server_prologue: vec![1],
        control: vec![ControlWord { name: text(), word: vec![1], from: 1 }],
        resync: true,
        max_junk: 1,
        raw: true,
        ids: Some(ids),
        message: vec![full_rule()],
        client_root: text(),
        server_root: text(),
        unknown_id: 1,
        replies: 1,
        reply_field: text(),
        first: text(),
    }
}

fn full_rule() -> MessageRule {
    let text = || "a".to_owned();
    MessageRule {
        r#type: text(),
        name: text(),
        id: Some(1),
        from: 1,
        reply: text(),
        error: vec![text()],
        stream: vec![text()],
        stream_end: text(),
        max_payload: 1,
        raw: true,
    }
}

fn full_field(kind: Kind) -> HeaderField {
    HeaderField {
        kind: Some(kind),
        counts: 1,
        adjust: 1,
        name: "a".to_owned(),
        expect: Some(1),
        max_bytes: 1,
        overlong: true,
    }
}

#[test]
fn messages_are_mirrored() {
    let pool = pool();
    let text = || "a".to_owned();
    let option_ids = OptionIds { id: text(), from: text(), client: text(), server: text(), both: text() };
    let prefix = Prefix { value: text(), message: text(), from: 1 };
    let enum_ids = EnumIds { r#type: text(), prefix: vec![prefix.clone()], ignore_unmatched: true };
    let hash_ids = HashIds { hash: 1, short_name: true, bits: 1 };
    for ids in [Ids::Option(option_ids.clone()), Ids::Enum(enum_ids.clone()), Ids::Hash(hash_ids)] {
        check(&pool, "laster.FrameOptions", full_frame(ids));
    }
    let length = LengthPart { counts: 1, adjust: 1 };
    let parts = [
        PartKind::Length(length.clone()),
        PartKind::Id(Nothing {}),
        PartKind::Correlation(Nothing {}),
        PartKind::Value(text()),
    ];
    let part = parts.map(|kind| Part { width: 1, kind: Some(kind), expect: Some(1) });
    let bits = Bits { encoding: 1, part: part.to_vec() };
    for part in part {
        check(&pool, "laster.Bits.Part", part);
    }
    let kinds = [
        Kind::Const(vec![1]),
        Kind::Length(1),
        Kind::Id(1),
        Kind::Correlation(1),
        Kind::Value(1),
        Kind::Bits(bits.clone()),
    ];
    for kind in kinds {
        check(&pool, "laster.HeaderField", full_field(kind));
    }
    check(&pool, "laster.Bits", bits);
    check(&pool, "laster.Bits.LengthPart", length);
    check(&pool, "laster.Bits.IdPart", Nothing {});
    check(&pool, "laster.Bits.CorrelationPart", Nothing {});
    check(&pool, "laster.MessageRule", full_rule());
    check(&pool, "laster.ControlWord", ControlWord { name: text(), word: vec![1], from: 1 });
    check(&pool, "laster.OptionIds", option_ids);
    check(&pool, "laster.EnumIds", enum_ids);
    check(&pool, "laster.EnumIds.Prefix", prefix);
    check(&pool, "laster.HashIds", hash_ids);
    let file = pool.get_file_by_name(OPTIONS_FILE).unwrap();
    assert_eq!(crate::names::messages_of(&file).len(), 13, "a message was added that has no mirror");
}

/// Numbers by position, and names as the derive has them, letter for letter but for case and underscores.
#[test]
fn enums_are_mirrored() {
    let pool = pool();
    let check = |name: &str, mirrored: &[(i32, String)]| {
        let declared = pool.get_enum_by_name(name).unwrap();
        let values: Vec<_> = declared.values().map(|value| (value.number(), fold(value.name()))).collect();
        let mirrored: Vec<_> = mirrored.iter().map(|(number, name)| (*number, fold(name))).collect();
        let specified = |values: &[(i32, String)]| values.iter().filter(|(n, _)| *n != 0).cloned().collect::<Vec<_>>();
        assert_eq!(specified(&values), specified(&mirrored), "{name}");
        assert!(values.iter().any(|(number, name)| *number == 0 && name.ends_with("unspecified")), "{name}");
    };
    fn all<E: TryFrom<i32> + std::fmt::Debug>() -> Vec<(i32, String)> {
        (0..64).filter_map(|n| E::try_from(n).ok().map(|value| (n, format!("{value:?}")))).collect()
    }
    check("laster.FrameOptions.UnknownId", &all::<UnknownId>());
    check("laster.FrameOptions.ReplyMatch", &all::<ReplyMatch>());
    check("laster.Counts", &all::<Counts>());
    check("laster.Encoding", &all::<Encoding>());
    check("laster.Side", &all::<Side>());
    check("laster.HashIds.Hash", &all::<Hash>());
}

fn fold(name: &str) -> String {
    crate::names::folded(name)
}

#[test]
fn extensions_have_their_number() {
    let pool = pool();
    for name in ["laster.frame", "laster.message"] {
        assert_eq!(pool.get_extension_by_name(name).unwrap().number() as i32, EXTENSION_NUMBER);
    }
}
