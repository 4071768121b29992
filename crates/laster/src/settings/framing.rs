//! The layouts of frames that can be named in a configuration.

use std::{fmt, str::FromStr};

use laster_frame::{Framing, Layout, layouts};
use serde::Deserialize;

use super::{error::one_of, scalar::Scalar};

/// A layout of frames, by its name in a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
#[non_exhaustive]
pub enum FramingName {
    /// `raw`: no frames, bytes as they come.
    Raw,
    /// `simple-binary`: laster40Net's `SimpleBinaryMessage`.
    SimpleBinary,
    /// `simple-chat`: laster40Net's chat.
    SimpleChat,
    /// `laster`: Laster's own. The default.
    #[default]
    Laster,
}

impl FramingName {
    /// Every framing there is.
    pub const ALL: [FramingName; 4] =
        [FramingName::Raw, FramingName::SimpleBinary, FramingName::SimpleChat, FramingName::Laster];

    /// As it is written in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            FramingName::Raw => "raw",
            FramingName::SimpleBinary => "simple-binary",
            FramingName::SimpleChat => "simple-chat",
            FramingName::Laster => "laster",
        }
    }

    /// How its frames are laid out.
    pub fn layout(self) -> Layout {
        match self {
            FramingName::Raw => *layouts::Raw.layout(),
            FramingName::SimpleBinary => *layouts::SimpleBinary.layout(),
            FramingName::SimpleChat => *layouts::SimpleChat.layout(),
            FramingName::Laster => *layouts::Laster.layout(),
        }
    }
}

impl fmt::Display for FramingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FramingName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = FramingName::ALL.map(FramingName::as_str);
        let named = FramingName::ALL.into_iter().find(|name| name.as_str() == text);
        named.ok_or_else(|| format!("there is no framing {text:?}: write {}", one_of(&known)))
    }
}

impl TryFrom<Scalar> for FramingName {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        scalar.to_string().parse()
    }
}
