//! A value of the merged configuration, as something serde can read.
//!
//! Not by the config crate's own: its errors do not say which of the places an unknown key stands in.

use config::{Map, Value, ValueKind};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor, value::StrDeserializer};

use super::error::SettingsError;

/// A value and where it stands.
pub(super) struct Node {
    kind: ValueKind,
    place: Option<String>,
}

impl Node {
    pub(super) fn new(value: Value) -> Self {
        Node { place: place_of(&value).map(str::to_owned), kind: value.kind }
    }

    pub(super) fn table(map: Map<String, Value>) -> Self {
        Node { kind: ValueKind::Table(map), place: None }
    }

    /// Reads the value that stands under this key.
    pub(super) fn read<'de, T: DeserializeSeed<'de>>(self, key: &str, seed: T) -> Result<T::Value, SettingsError> {
        let place = self.place.clone();
        seed.deserialize(self).map_err(|error| error.below(key, place.as_deref()))
    }
}

/// Where a value stands. A table that was merged stands in several places: the first of what is in it counts.
pub(super) fn place_of(value: &Value) -> Option<&str> {
    value.origin().or_else(|| match &value.kind {
        ValueKind::Table(table) => sorted(table).into_iter().find_map(|(_, value)| place_of(value)),
        ValueKind::Array(array) => array.iter().find_map(place_of),
        _ => None,
    })
}

/// Sorted, so that of several mistakes the same one is told each time.
fn sorted(table: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

/// Numbers and truths that may stand there as text, because environment and command line have nothing else.
macro_rules! also_from_text {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsError> {
            if let ValueKind::String(text) = &self.kind && let Ok(value) = text.trim().parse::<$type>() {
                return visitor.$visit(value);
            }
            self.deserialize_any(visitor)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Node {
    type Error = SettingsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsError> {
        match self.kind {
            ValueKind::Nil => visitor.visit_unit(),
            ValueKind::Boolean(value) => visitor.visit_bool(value),
            ValueKind::I64(value) => visitor.visit_i64(value),
            ValueKind::I128(value) => visitor.visit_i128(value),
            ValueKind::U64(value) => visitor.visit_u64(value),
            ValueKind::U128(value) => visitor.visit_u128(value),
            ValueKind::Float(value) => visitor.visit_f64(value),
            ValueKind::String(value) => visitor.visit_string(value),
            ValueKind::Array(values) => visitor.visit_seq(List { values: values.into_iter(), index: 0 }),
            ValueKind::Table(table) => {
                let mut entries: Vec<_> = table.into_iter().collect();
                entries.sort_by(|(left, _), (right, _)| left.cmp(right));
                visitor.visit_map(Table { entries: entries.into_iter(), value: None })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingsError> {
        match self.kind {
            ValueKind::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A section that is empty in YAML is null, and means what an empty one means.
    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsError> {
        if matches!(self.kind, ValueKind::Nil) {
            self.kind = ValueKind::Table(Map::new());
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SettingsError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingsError> {
        match self.kind {
            ValueKind::String(name) => visitor.visit_enum(name.into_deserializer()),
            _ => self.deserialize_any(visitor),
        }
    }

    also_from_text! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct List {
    values: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> de::SeqAccess<'de> for List {
    type Error = SettingsError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, SettingsError> {
        let Some(value) = self.values.next() else { return Ok(None) };
        let key = format!("[{}]", self.index);
        self.index += 1;
        Node::new(value).read(&key, seed).map(Some)
    }
}

struct Table {
    entries: std::vec::IntoIter<(String, Value)>,
    value: Option<(String, Value)>,
}

impl<'de> de::MapAccess<'de> for Table {
    type Error = SettingsError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SettingsError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let name: StrDeserializer<'_, SettingsError> = key.as_str().into_deserializer();
        // An unknown key names itself; what is added is where it stands.
        let read = seed.deserialize(name).map_err(|error| error.standing_in(place_of(&value)));
        self.value = Some((key, value));
        read.map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, SettingsError> {
        match self.value.take() {
            Some((key, value)) => Node::new(value).read(&key, seed),
            None => Err(SettingsError::new("a value was asked for before its key")),
        }
    }
}
