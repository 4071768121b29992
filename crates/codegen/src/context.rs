//! What all steps of reading one protocol share.

use laster_frame::Side;
use prost_reflect::{EnumDescriptor, FileDescriptor, MessageDescriptor};

use crate::{
    extensions::Extensions,
    names,
    options::{FrameOptions, Kind, PartKind},
    place::Place,
};

/// A protocol's file and what can be seen from there.
pub(crate) struct Context<'c> {
    pub(crate) file: &'c FileDescriptor,
    pub(crate) options: &'c FrameOptions,
    pub(crate) extensions: &'c Extensions,
    /// `option (laster.frame)`.
    pub(crate) place: Place,
    /// The files whose messages are the protocol's.
    pub(crate) files: Vec<FileDescriptor>,
    /// How wide the header's id is; `None` where that could not be read.
    pub(crate) id_bits: Option<u32>,
    /// The most bytes a payload may have; `None` where that could not be read.
    pub(crate) max_payload: Option<u32>,
    /// The most bytes of payload that the length can say; `None` where that could not be read.
    pub(crate) expressible: Option<u64>,
}

impl Context<'_> {
    /// Whether the header has an id, as far as the options say, be they right or wrong.
    pub(crate) fn has_id(&self) -> bool {
        self.options.header.iter().any(|field| match &field.kind {
            Some(Kind::Id(_)) => true,
            Some(Kind::Bits(bits)) => bits.part.iter().any(|part| matches!(part.kind, Some(PartKind::Id(_)))),
            _ => false,
        })
    }

    /// Whether the header has a correlation, as far as the options say.
    pub(crate) fn has_correlation(&self) -> bool {
        self.options.header.iter().any(|field| match &field.kind {
            Some(Kind::Correlation(_)) => true,
            Some(Kind::Bits(bits)) => bits.part.iter().any(|part| matches!(part.kind, Some(PartKind::Correlation(_)))),
            _ => false,
        })
    }

    /// Whether payloads are of one message per side.
    pub(crate) fn has_roots(&self) -> bool {
        !self.options.client_root.is_empty() || !self.options.server_root.is_empty()
    }

    /// The message of this name, as seen from a package.
    pub(crate) fn message(&self, name: &str, package: &str) -> Result<MessageDescriptor, String> {
        let pool = self.file.parent_pool();
        let found = names::meanings(name, package).iter().find_map(|name| pool.get_message_by_name(name));
        let message = found.ok_or_else(|| format!("there is no message '{name}'"))?;
        self.check_visible(&message.parent_file(), message.full_name())?;
        Ok(message)
    }

    /// The enum of this name, as seen from the file.
    pub(crate) fn enumeration(&self, name: &str) -> Result<EnumDescriptor, String> {
        let pool = self.file.parent_pool();
        let package = self.file.package_name();
        let found = names::meanings(name, package).iter().find_map(|name| pool.get_enum_by_name(name));
        let found = found.ok_or_else(|| format!("there is no enum '{name}'"))?;
        self.check_visible(&found.parent_file(), found.full_name())?;
        Ok(found)
    }

    fn check_visible(&self, file: &FileDescriptor, name: &str) -> Result<(), String> {
        if file == self.file || names::imported_by(self.file).contains(file) {
            return Ok(());
        }
        Err(format!("{name} is in '{}': import that file here", file.name()))
    }
}

/// A side in a sentence.
pub(crate) fn name_of(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}
