//! The one module that knows a file system: for build scripts and tools.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::{Compiler, Diagnostics, Schema, Source, Sources};

/// Directories in which imported names are looked for, the first that has one winning.
#[derive(Clone, Debug, Default)]
pub struct IncludeDirs(Vec<PathBuf>);

impl IncludeDirs {
    /// These directories, in this order.
    pub fn new(dirs: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        IncludeDirs(dirs.into_iter().map(Into::into).collect())
    }

    /// The name under which a file would be imported: its path from the directory that has it. A name that is one
    /// already stays.
    pub fn name_of(&self, path: &Path) -> String {
        let inside = self.0.iter().find_map(|dir| path.strip_prefix(dir).ok());
        let parts = inside.unwrap_or(path).components().filter(|part| *part != Component::CurDir);
        parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The directories. A build watches them too: a file that is missing today may be there tomorrow.
    pub fn dirs(&self) -> &[PathBuf] {
        &self.0
    }
}

impl Sources for IncludeDirs {
    fn open(&self, name: &str) -> io::Result<Option<Source>> {
        // A name leads down from the directories and not out of them.
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(None);
        }
        for path in self.0.iter().map(|dir| dir.join(name)) {
            match fs::read_to_string(&path) {
                Ok(text) => return Ok(Some(Source { text, path: Some(path) })),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Compiles files that lie in directories, by path or by the name under which they are imported.
///
/// # Errors
/// Names every mistake that could be found.
pub fn compile(
    includes: impl IntoIterator<Item = impl Into<PathBuf>>,
    files: impl IntoIterator<Item = impl AsRef<Path>>,
) -> Result<Schema, Diagnostics> {
    let includes = IncludeDirs::new(includes);
    let names: Vec<String> = files.into_iter().map(|file| includes.name_of(file.as_ref())).collect();
    Compiler::new(&includes).compile(&names.iter().map(String::as_str).collect::<Vec<_>>())
}
