//! `laster/options.proto` and its messages as Rust types.
//!
//! The types mirror the file by hand, so that this crate needs no generator to be built; a test compares each with the
//! file's own descriptor. What each field means stands in the file and nowhere else.

/// The name by which schemas import the options.
pub const OPTIONS_FILE: &str = "laster/options.proto";

/// The text of `laster/options.proto`.
pub const OPTIONS_SOURCE: &str = include_str!("../../../proto/laster/options.proto");

/// The number of both extensions, `(laster.frame)` and `(laster.message)`.
pub(crate) const EXTENSION_NUMBER: i32 = 50501;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FrameOptions {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) header: Vec<HeaderField>,
    #[prost(uint32, tag = "3")]
    pub(crate) max_payload: u32,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) client_prologue: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) server_prologue: Vec<u8>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) control: Vec<ControlWord>,
    #[prost(bool, tag = "7")]
    pub(crate) resync: bool,
    #[prost(uint32, tag = "8")]
    pub(crate) max_junk: u32,
    #[prost(bool, tag = "9")]
    pub(crate) raw: bool,
    #[prost(oneof = "Ids", tags = "10, 11, 12")]
    pub(crate) ids: Option<Ids>,
    #[prost(message, repeated, tag = "13")]
    pub(crate) message: Vec<MessageRule>,
    #[prost(string, tag = "14")]
    pub(crate) client_root: String,
    #[prost(string, tag = "15")]
    pub(crate) server_root: String,
    #[prost(enumeration = "UnknownId", tag = "16")]
    pub(crate) unknown_id: i32,
    #[prost(enumeration = "ReplyMatch", tag = "17")]
    pub(crate) replies: i32,
    #[prost(string, tag = "18")]
    pub(crate) reply_field: String,
    #[prost(string, tag = "19")]
    pub(crate) first: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Ids {
    #[prost(message, tag = "10")]
    Option(OptionIds),
    #[prost(message, tag = "11")]
    Enum(EnumIds),
    #[prost(message, tag = "12")]
    Hash(HashIds),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum UnknownId {
    Unspecified = 0,
    Error = 1,
    Skip = 2,
    Deliver = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum ReplyMatch {
    Unspecified = 0,
    None = 1,
    Order = 2,
    Type = 3,
    Header = 4,
    Field = 5,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HeaderField {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub(crate) kind: Option<Kind>,
    #[prost(enumeration = "Counts", tag = "7")]
    pub(crate) counts: i32,
    #[prost(sint32, tag = "8")]
    pub(crate) adjust: i32,
    #[prost(string, tag = "9")]
    pub(crate) name: String,
    #[prost(uint64, optional, tag = "10")]
    pub(crate) expect: Option<u64>,
    #[prost(uint32, tag = "11")]
    pub(crate) max_bytes: u32,
    #[prost(bool, tag = "12")]
    pub(crate) overlong: bool,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    #[prost(bytes = "vec", tag = "1")]
    Const(Vec<u8>),
    #[prost(enumeration = "Encoding", tag = "2")]
    Length(i32),
    #[prost(enumeration = "Encoding", tag = "3")]
    Id(i32),
    #[prost(enumeration = "Encoding", tag = "4")]
    Correlation(i32),
    #[prost(enumeration = "Encoding", tag = "5")]
    Value(i32),
    #[prost(message, tag = "6")]
    Bits(Bits),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Counts {
    Unspecified = 0,
    Payload = 1,
    Rest = 2,
    Frame = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Encoding {
    Unspecified = 0,
    U8 = 1,
    U16Le = 2,
    U16Be = 3,
    U24Le = 4,
    U24Be = 5,
    U32Le = 6,
    U32Be = 7,
    U64Le = 8,
    U64Be = 9,
    Varint = 10,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Bits {
    #[prost(enumeration = "Encoding", tag = "1")]
    pub(crate) encoding: i32,
    #[prost(message, repeated, tag = "2")]
    pub(crate) part: Vec<Part>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Part {
    #[prost(uint32, tag = "1")]
    pub(crate) width: u32,
    #[prost(oneof = "PartKind", tags = "2, 3, 4, 5")]
    pub(crate) kind: Option<PartKind>,
    #[prost(uint64, optional, tag = "6")]
    pub(crate) expect: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum PartKind {
    #[prost(message, tag = "2")]
    Length(LengthPart),
    #[prost(message, tag = "3")]
    Id(Nothing),
    #[prost(message, tag = "4")]
    Correlation(Nothing),
    #[prost(string, tag = "5")]
    Value(String),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LengthPart {
    #[prost(enumeration = "Counts", tag = "1")]
    pub(crate) counts: i32,
    #[prost(sint32, tag = "2")]
    pub(crate) adjust: i32,
}

/// `Bits.IdPart` and `Bits.CorrelationPart`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Nothing {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MessageRule {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) id: Option<u64>,
    #[prost(enumeration = "Side", tag = "4")]
    pub(crate) from: i32,
    #[prost(string, tag = "5")]
    pub(crate) reply: String,
    #[prost(string, repeated, tag = "6")]
    pub(crate) error: Vec<String>,
    #[prost(string, repeated, tag = "7")]
    pub(crate) stream: Vec<String>,
    #[prost(string, tag = "8")]
    pub(crate) stream_end: String,
    #[prost(uint32, tag = "9")]
    pub(crate) max_payload: u32,
    #[prost(bool, tag = "10")]
    pub(crate) raw: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Side {
    Unspecified = 0,
    Client = 1,
    Server = 2,
    Both = 3,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ControlWord {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) word: Vec<u8>,
    #[prost(enumeration = "Side", tag = "3")]
    pub(crate) from: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OptionIds {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) from: String,
    #[prost(string, tag = "3")]
    pub(crate) client: String,
    #[prost(string, tag = "4")]
    pub(crate) server: String,
    #[prost(string, tag = "5")]
    pub(crate) both: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EnumIds {
    #[prost(string, tag = "1")]
    pub(crate) r#type: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) prefix: Vec<Prefix>,
    #[prost(bool, tag = "3")]
    pub(crate) ignore_unmatched: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Prefix {
    #[prost(string, tag = "1")]
    pub(crate) value: String,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(enumeration = "Side", tag = "3")]
    pub(crate) from: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct HashIds {
    #[prost(enumeration = "Hash", tag = "1")]
    pub(crate) hash: i32,
    #[prost(bool, tag = "2")]
    pub(crate) short_name: bool,
    #[prost(uint32, tag = "3")]
    pub(crate) bits: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Hash {
    Unspecified = 0,
    Crc32 = 1,
    Fnv1_32 = 2,
    Fnv1a32 = 3,
    Fnv1a64 = 4,
    Poly31_32 = 5,
    Djb2_32 = 6,
    Murmur3_32 = 7,
}

#[cfg(test)]
mod tests;
