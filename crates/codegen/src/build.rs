//! For a `build.rs`: schemas in, `OUT_DIR/laster.rs` out.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use crate::{Compiler, IncludeDirs, rust};

/// Makes `OUT_DIR/laster.rs` of these files, looking for what they import in `includes`. To be called from a `build.rs`.
///
/// Mistakes in the schema are printed, each with file, line and column, and end the build.
pub fn build(files: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) {
    let files = files.iter().fold(Build::new(), |build, file| build.file(file));
    includes.iter().fold(files, |build, dir| build.include(dir)).run();
}

/// What [`build()`] does, with more to say: descriptor sets besides the files.
#[derive(Clone, Debug, Default)]
pub struct Build {
    files: Vec<PathBuf>,
    includes: Vec<PathBuf>,
    descriptor_sets: Vec<PathBuf>,
}

impl Build {
    /// Nothing yet.
    pub fn new() -> Self {
        Build::default()
    }

    /// Adds a file that declares a protocol.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.files.push(path.as_ref().to_owned());
        self
    }

    /// Adds a directory in which imports are looked for.
    #[must_use]
    pub fn include(mut self, dir: impl AsRef<Path>) -> Self {
        self.includes.push(dir.as_ref().to_owned());
        self
    }

    /// Adds an encoded `FileDescriptorSet`, whose files can be imported.
    #[must_use]
    pub fn descriptor_set(mut self, path: impl AsRef<Path>) -> Self {
        self.descriptor_sets.push(path.as_ref().to_owned());
        self
    }

    /// Writes `OUT_DIR/laster.rs`, and tells cargo when to do it again. Mistakes are printed and end the build.
    pub fn run(self) {
        if let Err(mistakes) = self.try_run() {
            eprintln!("{mistakes}");
            process::exit(1);
        }
    }

    fn try_run(&self) -> Result<(), String> {
        // Also what is missing may come.
        for path in self.files.iter().chain(&self.includes).chain(&self.descriptor_sets) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let includes = IncludeDirs::new(&self.includes);
        let mut compiler = Compiler::new(&includes);
        for path in &self.descriptor_sets {
            let bytes = fs::read(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
            compiler.add_descriptor_set(&path.display().to_string(), &bytes).map_err(|error| error.to_string())?;
        }
        let names: Vec<String> = self.files.iter().map(|file| includes.name_of(file)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let schema = compiler.compile(&names).map_err(|mistakes| mistakes.to_string())?;
        for path in schema.paths() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let text = rust(&schema).map_err(|error| error.to_string())?;
        let out_dir = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: call this from a build.rs")?;
        let path = Path::new(&out_dir).join("laster.rs");
        fs::write(&path, text).map_err(|error| format!("{}: cannot be written: {error}", path.display()))
    }
}
