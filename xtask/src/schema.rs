//! Looks at schemas through the same library that build scripts use.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

/// Prints the Rust that is generated for these files.
pub(crate) fn print_rust(files: &[PathBuf], includes: Vec<PathBuf>) -> Result<()> {
    let folders = || files.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
    let includes = if includes.is_empty() { folders() } else { includes };
    let schema = laster_codegen::compile(includes, files).map_err(|mistakes| anyhow!("{mistakes}"))?;
    print!("{}", laster_codegen::rust(&schema)?);
    Ok(())
}
