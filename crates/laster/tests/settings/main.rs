//! Settings, as a person who writes them meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod files;
mod laster40;
mod layers;
mod logging;
mod mistakes;
mod tls;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use laster::settings::{Layers, Override, Settings, SettingsError};

/// A directory of its own for each test, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("settings-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// An error as a person sees it who started the program in this directory.
    fn shown(&self, error: &SettingsError) -> String {
        error.to_string().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a file of this name and content gives.
fn read(name: &str, content: &str) -> Result<Settings, String> {
    let directory = Directory::new();
    let path = directory.write(name, content);
    let settings = merge(Some(&path), &[], &[]);
    settings.map_err(|error| directory.shown(&error))
}

fn merge(
    file: Option<&Path>,
    environment: &[(&str, &str)],
    arguments: &[(&str, &str)],
) -> Result<Settings, SettingsError> {
    let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Layers::merge(file, environment, &overrides(arguments))?.settings(Settings::default())
}

fn overrides(arguments: &[(&str, &str)]) -> Vec<Override> {
    let set = |(key, value): &(&str, &str)| Override {
        argument: "command line --set".into(),
        key: (*key).into(),
        value: (*value).into(),
    };
    arguments.iter().map(set).collect()
}

/// The endpoints that are listened on.
fn listeners(settings: &Settings) -> Vec<String> {
    settings.service.listeners.iter().map(|listen| listen.endpoint.to_string()).collect()
}

#[track_caller]
fn sentence(result: Result<Settings, impl ToString>) -> String {
    let sentence = result.err().expect("a mistake must be found").to_string();
    assert!(!sentence.contains('\n'), "one line: {sentence:?}");
    sentence
}
