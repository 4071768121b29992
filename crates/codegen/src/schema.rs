//! What a schema says about its protocols, checked.
//!
//! Nothing here belongs to a target language: emitters name things their own way, and look field shapes and comments up
//! in the [`DescriptorPool`].
//!
//! What holds of every value: the layout can be decoded, each id fits its field and means one message in its direction,
//! names are distinct in their direction, a [`MessageIndex`] lies within the direction it is about, and no `max_payload`
//! is above the layout's.

use std::path::PathBuf;

use laster_frame::{Layout, Side};
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorSet;

/// Protocols, and the descriptors they are made of.
#[derive(Clone, Debug)]
pub struct Schema {
    pub(crate) protocols: Vec<Protocol>,
    pub(crate) pool: DescriptorPool,
    pub(crate) paths: Vec<PathBuf>,
}

impl Schema {
    /// The protocols, in the order in which their files were asked for.
    pub fn protocols(&self) -> &[Protocol] {
        &self.protocols
    }

    /// The protocol of this name.
    pub fn protocol(&self, name: &str) -> Option<&Protocol> {
        self.protocols.iter().find(|protocol| protocol.name == name)
    }

    /// All descriptors, custom options included.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// All files, each behind those it imports, with the comments of those that came as text. Custom options are lost on
    /// the way into this form. For `prost_build::Config::compile_fds`.
    pub fn file_descriptor_set(&self) -> FileDescriptorSet {
        FileDescriptorSet { file: self.pool.file_descriptor_protos().cloned().collect() }
    }

    /// All files by name, each behind those it imports, as encoded `FileDescriptorProto`s that keep custom options. For
    /// protoc plugins.
    pub fn encoded_files(&self) -> impl ExactSizeIterator<Item = (String, Vec<u8>)> {
        self.pool.files().map(|file| (file.name().to_owned(), file.encode_to_vec()))
    }

    /// The paths that were read, which a build has to watch.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

/// One protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Its name: letters, digits, `_` and `-`, a letter first.
    pub name: String,
    /// The file that declares it, by the name under which it is imported.
    pub file: String,
    /// That file's package, empty for none.
    pub package: String,
    /// What the schema says above `option (laster.frame)`.
    pub comments: Comments,
    /// How its frames are laid out.
    pub layout: Layout,
    /// The header's integers that are the user's, by slot.
    pub values: Vec<HeaderValue>,
    /// The layout's control words, in its order.
    pub control: Vec<Control>,
    /// What an unknown id does.
    pub unknown_id: UnknownId,
    /// How a reply finds its request.
    pub replies: Replies,
    /// What the client sends first, of its messages.
    pub first: Option<MessageIndex>,
    /// What the client sends.
    pub client: Direction,
    /// What the server sends.
    pub server: Direction,
}

impl Protocol {
    /// What this side sends.
    pub fn sent_by(&self, side: Side) -> &Direction {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    /// Whether any message is answered.
    pub fn has_replies(&self) -> bool {
        [&self.client, &self.server].iter().any(|direction| direction.messages.iter().any(|m| m.answer.is_some()))
    }
}

/// An integer of the header that the user reads and sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderValue {
    /// Its name, a lower-case identifier.
    pub name: String,
    /// How many bits it has, 64 at most.
    pub bits: u8,
}

/// A frame that is a fixed word. Which one, the layout says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Its name, an identifier.
    pub name: String,
    /// Who sends it.
    pub from: Sender,
}

/// Who sends something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The client alone.
    Client,
    /// The server alone.
    Server,
    /// Either.
    Both,
}

impl Sender {
    /// Whether this side sends it.
    pub fn has(self, side: Side) -> bool {
        matches!((self, side), (Sender::Both, _) | (Sender::Client, Side::Client) | (Sender::Server, Side::Server))
    }

    /// The sides that send it.
    pub(crate) fn sides(self) -> impl Iterator<Item = Side> {
        [Side::Client, Side::Server].into_iter().filter(move |&side| self.has(side))
    }
}

/// What an id does that no message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownId {
    /// The session is closed.
    Error,
    /// The frame is passed over and counted.
    Skip,
    /// The frame reaches the user as it is.
    Deliver,
}

/// How a reply finds its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replies {
    /// There are none.
    None,
    /// They come in the order of the requests.
    Order,
    /// The oldest request that takes a reply of this type is answered.
    Type,
    /// By the header's correlation.
    Header,
    /// By the value of this field, an integer of at least 32 bits, in request and answers.
    Field(String),
}

/// What one side sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// Its messages, by key.
    pub messages: Vec<Message>,
    /// Without ids: the message that every payload is.
    pub root: Option<Root>,
}

impl Direction {
    /// The message with this id.
    pub fn by_id(&self, id: u64) -> Option<&Message> {
        let found = self.messages.binary_search_by_key(&Key::Id(id), |message| message.key).ok()?;
        self.messages.get(found)
    }

    /// The message of this name.
    pub fn by_name(&self, name: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.name == name)
    }

    /// The message at this place. `None` where the index is of the other direction.
    pub fn get(&self, index: MessageIndex) -> Option<&Message> {
        self.messages.get(index.0)
    }
}

/// A place in [`Direction::messages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageIndex(pub usize);

/// The one message that a side sends where frames have no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its full name.
    pub message: String,
    /// The oneof whose case says what is sent. None: the direction's only message is the root itself.
    pub oneof: Option<String>,
}

/// A message as one side sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What to call it, an identifier.
    pub name: String,
    /// What tells it from the others.
    pub key: Key,
    /// What it carries.
    pub payload: Payload,
    /// The most bytes of its payload; of a case, the whole root.
    pub max_payload: u32,
    /// What answers it.
    pub answer: Option<Answer>,
    /// What the schema says above it.
    pub comments: Comments,
}

/// What tells a message from the others of its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The header's id.
    Id(u64),
    /// The root's oneof holds the field of this number.
    Case(u32),
    /// Nothing: it is the only one.
    Root,
}

/// What a message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A protobuf message, by full name; in a case, the root around it.
    Message(String),
    /// A case of the root that is no message but a plain value.
    Scalar,
    /// Bytes. Where the schema has a message for it nonetheless, its full name.
    Raw(Option<String>),
    /// Nothing: the id says it all.
    Empty,
}

impl Payload {
    /// The full name of the schema's message, if it has one.
    pub fn message(&self) -> Option<&str> {
        match self {
            Payload::Message(name) | Payload::Raw(Some(name)) => Some(name),
            Payload::Raw(None) | Payload::Scalar | Payload::Empty => None,
        }
    }
}

/// What answers a message, all of the other direction: any number of `stream`, then `reply` or one of `errors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Ends the answer when all is well. None: `stream_end` does.
    pub reply: Option<MessageIndex>,
    /// End it when not.
    pub errors: Vec<MessageIndex>,
    /// Come before the end.
    pub stream: Vec<MessageIndex>,
    /// The bool field that is true in the last streamed message.
    pub stream_end: Option<String>,
}

/// A comment's lines, without the marks and the blank after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments(pub Vec<String>);

impl Comments {
    /// From a comment as source info has it.
    pub(crate) fn new(text: &str) -> Self {
        Comments(text.trim_end().lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().into()).collect())
    }
}
