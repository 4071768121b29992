//! Where the files of a schema come from.

use std::{collections::BTreeMap, io, path::PathBuf};

/// Where `.proto` texts come from. The compiler itself knows no file system; [`IncludeDirs`](crate::IncludeDirs) does.
pub trait Sources {
    /// The file that schemas import by this name; `None` where there is none.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    fn open(&self, name: &str) -> io::Result<Option<Source>>;
}

/// A `.proto` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it says.
    pub text: String,
    /// The path that a build has to watch, where it was read from a file system.
    pub path: Option<PathBuf>,
}

impl Sources for BTreeMap<String, String> {
    fn open(&self, name: &str) -> io::Result<Option<Source>> {
        Ok(self.get(name).map(|text| Source { text: text.clone(), path: None }))
    }
}
