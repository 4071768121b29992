//! Reads our own options off descriptors.

use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, FileDescriptor, MessageDescriptor, Value};

use crate::{
    options::{FrameOptions, MessageRule, OPTIONS_FILE},
    place::{Place, Report},
};

/// The two extensions as the pool has them, if it has them.
pub(crate) struct Extensions {
    frame: Option<ExtensionDescriptor>,
    message: Option<ExtensionDescriptor>,
}

impl Extensions {
    pub(crate) fn new(pool: &DescriptorPool) -> Self {
        Extensions {
            frame: pool.get_extension_by_name("laster.frame"),
            message: pool.get_extension_by_name("laster.message"),
        }
    }

    /// Whether the file has `option (laster.frame)`.
    pub(crate) fn is_protocol(&self, file: &FileDescriptor) -> bool {
        self.frame.as_ref().is_some_and(|frame| file.options().has_extension(frame))
    }

    /// The file's `option (laster.frame)`.
    pub(crate) fn frame(&self, file: &FileDescriptor, report: &mut Report<'_>) -> Option<FrameOptions> {
        let extension = self.frame.as_ref()?;
        let options = file.options();
        if !options.has_extension(extension) {
            return None;
        }
        let value = options.get_extension(extension);
        transcode(value.as_message()?, &Place::frame(file), report)
    }

    /// The message's `option (laster.message)`s, in their order.
    pub(crate) fn rules(&self, message: &MessageDescriptor, report: &mut Report<'_>) -> Vec<MessageRule> {
        let Some(extension) = &self.message else { return Vec::new() };
        let options = message.options();
        let value = options.get_extension(extension);
        let rules = value.as_list().unwrap_or_default().iter().filter_map(Value::as_message);
        rules.enumerate().filter_map(|(n, rule)| transcode(rule, &Place::rule(message, n), report)).collect()
    }

    /// The files whose messages are the protocol's: its own and those it imports, but neither other protocols nor the
    /// files that only describe files.
    pub(crate) fn files_of(&self, file: &FileDescriptor) -> Vec<FileDescriptor> {
        let mut files = vec![file.clone()];
        let imported = crate::names::imported_by(file);
        files.extend(imported.into_iter().filter(|import| !is_builtin(import) && !self.is_protocol(import)));
        files
    }
}

/// Whether a file is ours or google's.
fn is_builtin(file: &FileDescriptor) -> bool {
    file.name() == OPTIONS_FILE || file.name().starts_with("google/")
}

fn transcode<T: prost::Message + Default>(
    message: &DynamicMessage,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<T> {
    // Through bytes, the pool's `laster/options.proto` being the very file that the types mirror.
    let decoded = message.transcode_to();
    if let Err(error) = &decoded {
        report.at(place, format!("the option cannot be read: {error}"));
    }
    decoded.ok()
}
