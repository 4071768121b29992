//! From names of files to a pool of checked descriptors.
//!
//! protox parses and prost-reflect checks; this module decides where a file comes from and in which order, so that what is
//! wrong in one file does not hide what is wrong in the next. A file that failed is not checked further, nor are those
//! that import it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use prost::{Message, bytes::Bytes};
use prost_reflect::DescriptorPool;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use protox::file::{File, FileResolver, GoogleFileResolver};

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    foreign,
    options::{OPTIONS_FILE, OPTIONS_SOURCE},
    place::{self, position_of},
    sources::Sources,
    tokens,
};

/// What was loaded.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) pool: DescriptorPool,
    /// The texts of the files that came as text, by name.
    pub(crate) texts: BTreeMap<String, String>,
    /// The paths that were read, in the order they were met.
    pub(crate) paths: Vec<PathBuf>,
}

/// Files that come as descriptors, by name. The encoded form is kept beside, for prost-types drops custom options.
#[derive(Default)]
pub(crate) struct Descriptors(BTreeMap<String, Descriptor>);

struct Descriptor {
    file: FileDescriptorProto,
    encoded: Bytes,
}

/// A `FileDescriptorSet` whose files are left encoded: a message and its bytes are the same on the wire.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

impl Descriptors {
    /// Adds the files of an encoded `FileDescriptorSet`. One that is already there stays.
    pub(crate) fn add_set(&mut self, encoded: &[u8]) -> Result<(), prost::DecodeError> {
        // Decoded whole first, so that a set is taken entirely or not at all.
        FileDescriptorSet::decode(encoded)?;
        EncodedSet::decode(encoded)?.file.into_iter().try_for_each(|file| self.add_file(file))
    }

    /// Adds an encoded `FileDescriptorProto`. One that is already there stays.
    pub(crate) fn add_file(&mut self, encoded: Bytes) -> Result<(), prost::DecodeError> {
        let file = FileDescriptorProto::decode(encoded.clone())?;
        self.0.entry(file.name().to_owned()).or_insert(Descriptor { file, encoded });
        Ok(())
    }
}

/// Loads the files and all they import.
pub(crate) fn load(files: &[&str], sources: &dyn Sources, descriptors: &Descriptors) -> Result<Loaded, Diagnostics> {
    let mut loader = Loader {
        sources,
        descriptors,
        google: GoogleFileResolver::new(),
        done: BTreeMap::new(),
        loaded: Loaded::default(),
        found: Vec::new(),
    };
    for file in files {
        if loader.load(file, &mut Vec::new()) == Outcome::Missing {
            loader.complain(file, "there is no such file in the include directories and descriptor sets");
        }
    }
    Diagnostics::check(loader.found)?;
    Ok(loader.loaded)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Loaded,
    /// Reported already.
    Failed,
    /// For the importer to report, who knows the place.
    Missing,
}

struct Loader<'a> {
    sources: &'a dyn Sources,
    descriptors: &'a Descriptors,
    google: GoogleFileResolver,
    done: BTreeMap<String, Outcome>,
    loaded: Loaded,
    found: Vec<Diagnostic>,
}

/// A file that was opened, not yet checked against those it imports.
struct Opened {
    file: FileDescriptorProto,
    encoded: Option<Bytes>,
    text: Option<String>,
}

impl Opened {
    fn plain(file: FileDescriptorProto) -> Self {
        Opened { file, encoded: None, text: None }
    }
}

impl Loader<'_> {
    /// Loads a file and, before it, those it imports. `importers` are on the way.
    fn load(&mut self, name: &str, importers: &mut Vec<String>) -> Outcome {
        if let Some(&outcome) = self.done.get(name) {
            return outcome;
        }
        let outcome = match self.open(name) {
            Ok(Some(opened)) => {
                importers.push(name.to_owned());
                let imported = self.load_imports(&opened, importers);
                importers.pop();
                if imported { self.add(opened) } else { Outcome::Failed }
            }
            Ok(None) => Outcome::Missing,
            Err(found) => {
                self.found.extend(found);
                Outcome::Failed
            }
        };
        self.done.insert(name.to_owned(), outcome);
        outcome
    }

    /// Whether all were loaded.
    fn load_imports(&mut self, opened: &Opened, importers: &mut Vec<String>) -> bool {
        let mut seen = BTreeSet::new();
        let mut all = true;
        for (i, import) in opened.file.dependency.iter().enumerate() {
            let wrong = if !seen.insert(import) {
                format!("'{import}' is imported twice: remove one of the two")
            } else if let Some(at) = importers.iter().position(|importer| importer == import) {
                format!("'{import}' imports itself: {} -> {import}", importers[at..].join(" -> "))
            } else {
                match self.load(import, importers) {
                    Outcome::Loaded => continue,
                    Outcome::Failed => String::new(),
                    Outcome::Missing => {
                        format!("'{import}' is not in the include directories and descriptor sets")
                    }
                }
            };
            all = false;
            if !wrong.is_empty() {
                self.complain_of_import(&opened.file, i, wrong);
            }
        }
        all
    }

    /// The text as the caller has it, else the descriptor; but our own options as they are here, whatever lies about.
    fn open(&mut self, name: &str) -> Result<Option<Opened>, Vec<Diagnostic>> {
        if name == OPTIONS_FILE {
            return self.parse(name, OPTIONS_SOURCE.to_owned()).map(Some);
        }
        let plain = |sentence: String| vec![Diagnostic { file: name.to_owned(), position: None, sentence }];
        match self.sources.open(name) {
            Err(error) => return Err(plain(format!("the file cannot be read: {error}"))),
            Ok(Some(source)) => {
                self.loaded.paths.extend(source.path);
                return self.parse(name, source.text).map(Some);
            }
            Ok(None) => {}
        }
        if let Some(Descriptor { file, encoded }) = self.descriptors.0.get(name) {
            if file.syntax() == "editions" {
                return Err(plain(EDITIONS.to_owned()));
            }
            return Ok(Some(Opened { file: file.clone(), encoded: Some(encoded.clone()), text: None }));
        }
        Ok(self.google.open_file(name).ok().map(|file| Opened::plain(file.into())))
    }

    fn parse(&mut self, name: &str, text: String) -> Result<Opened, Vec<Diagnostic>> {
        if let Some((at, "edition")) = tokens::first_word(&text) {
            let position = Some(position_of(&text, at));
            return Err(vec![Diagnostic { file: name.to_owned(), position, sentence: EDITIONS.to_owned() }]);
        }
        let parsed = File::from_source(name, &text).map_err(|error| foreign::parse_error(&error, name, &text))?;
        self.loaded.texts.insert(name.to_owned(), text.clone());
        Ok(Opened { file: parsed.into(), encoded: None, text: Some(text) })
    }

    fn add(&mut self, opened: Opened) -> Outcome {
        let name = opened.file.name().to_owned();
        let added = match opened.encoded {
            Some(encoded) => self.loaded.pool.decode_file_descriptor_proto(encoded),
            None => self.loaded.pool.add_file_descriptor_proto(opened.file),
        };
        match added {
            Ok(()) => Outcome::Loaded,
            Err(error) => {
                self.found.extend(foreign::descriptor_error(error, &name, opened.text.as_deref()));
                Outcome::Failed
            }
        }
    }

    fn complain(&mut self, file: &str, sentence: impl Into<String>) {
        self.found.push(Diagnostic { file: file.to_owned(), position: None, sentence: sentence.into() });
    }

    fn complain_of_import(&mut self, file: &FileDescriptorProto, import: usize, sentence: String) {
        // FileDescriptorProto.dependency.
        let position = place::location(file, |path| path == [3, import as i32]).and_then(place::start_of);
        self.found.push(Diagnostic { file: file.name().to_owned(), position, sentence });
    }
}

const EDITIONS: &str =
    "editions are not supported: write `syntax = \"proto3\";` (or \"proto2\") in place of the edition";
