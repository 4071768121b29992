//! The way from files to a [`Schema`].

use std::collections::BTreeMap;

use prost::bytes::Bytes;
use prost_reflect::{DescriptorPool, FileDescriptor};

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    extensions::Extensions,
    load::{self, Descriptors, Loaded},
    names,
    place::{Place, Report},
    protocol,
    schema::{Protocol, Schema},
    sources::Sources,
};

/// Makes a [`Schema`] of `.proto` texts and descriptors.
///
/// A file is looked for among the sources, then among the descriptors, then among google's well-known ones;
/// `laster/options.proto` is always there. A text may import a file that exists as a descriptor alone.
pub struct Compiler<'a> {
    sources: &'a dyn Sources,
    descriptors: Descriptors,
}

impl<'a> Compiler<'a> {
    /// A compiler that reads texts from `sources`.
    pub fn new(sources: &'a dyn Sources) -> Self {
        Compiler { sources, descriptors: Descriptors::default() }
    }

    /// Adds the files of an encoded `FileDescriptorSet`, called `origin` in diagnostics. Of two with one name, the one
    /// that came first is used.
    ///
    /// # Errors
    /// Where the bytes are no such set.
    pub fn add_descriptor_set(&mut self, origin: &str, encoded: &[u8]) -> Result<&mut Self, Diagnostics> {
        let added = self.descriptors.add_set(encoded);
        added.map_err(|error| undecodable(origin, "FileDescriptorSet", &error))?;
        Ok(self)
    }

    /// Adds one encoded `FileDescriptorProto`, as [`Compiler::add_descriptor_set`] does a set of them.
    ///
    /// # Errors
    /// Where the bytes are no such file.
    pub fn add_file_descriptor(&mut self, origin: &str, encoded: &[u8]) -> Result<&mut Self, Diagnostics> {
        let added = self.descriptors.add_file(Bytes::copy_from_slice(encoded));
        added.map_err(|error| undecodable(origin, "FileDescriptorProto", &error))?;
        Ok(self)
    }

    /// Reads the files, by the names under which they would be imported, and all they import. Those of them that have
    /// `option (laster.frame)` are protocols; there must be one.
    ///
    /// # Errors
    /// Names every mistake that could be found.
    pub fn compile(&self, files: &[&str]) -> Result<Schema, Diagnostics> {
        let Loaded { pool, texts, paths } = load::load(files, self.sources, &self.descriptors)?;
        let mut report = Report::new(&pool, &texts);
        let protocols = read_protocols(files, &pool, &mut report);
        Diagnostics::check(report.into_found())?;
        debug_assert!(!protocols.is_empty(), "a protocol was refused without a word");
        Ok(Schema { protocols, pool, paths })
    }
}

fn undecodable(origin: &str, what: &str, error: &prost::DecodeError) -> Diagnostics {
    Diagnostics::of(Diagnostic {
        file: origin.to_owned(),
        position: None,
        sentence: format!("this is no encoded {what}: {error}"),
    })
}

fn read_protocols(files: &[&str], pool: &DescriptorPool, report: &mut Report<'_>) -> Vec<Protocol> {
    let extensions = Extensions::new(pool);
    let mut named: BTreeMap<String, Place> = BTreeMap::new();
    let mut protocols: Vec<Protocol> = Vec::new();
    let asked: Vec<FileDescriptor> = files.iter().filter_map(|name| pool.get_file_by_name(name)).collect();
    for (i, file) in asked.iter().enumerate() {
        let Some(options) = extensions.frame(file, report) else { continue };
        if asked[..i].contains(file) {
            continue;
        }
        let place = Place::frame(file);
        let name = protocol::name_of(file, &options, &place, report);
        if let Some(first) = named.get(&name) {
            let other = report.other(first, &place);
            report.at(&place, format!("there is another protocol called {name}{other}: give one of them a `name`"));
        }
        named.insert(name.clone(), place);
        protocols.extend(protocol::read(file, name, &options, &extensions, report));
    }
    if named.is_empty() && report.is_empty() {
        let first = files.first().copied().unwrap_or("laster");
        report.without_place(
            first,
            "no protocol is declared here: a file needs `option (laster.frame) = { … }` to be one",
        );
    }
    report_stranded_rules(pool, &extensions, report);
    protocols
}

/// A rule on a message that belongs to no protocol would be passed over without a word.
fn report_stranded_rules(pool: &DescriptorPool, extensions: &Extensions, report: &mut Report<'_>) {
    let protocols = pool.files().filter(|file| extensions.is_protocol(file));
    let covered: Vec<FileDescriptor> = protocols.flat_map(|file| extensions.files_of(&file)).collect();
    for file in pool.files().filter(|file| !covered.contains(file)) {
        for message in names::messages_of(&file) {
            if !extensions.rules(&message, report).is_empty() {
                let name = message.full_name();
                let sentence = format!("{name} has a rule, but its file is no protocol and no protocol imports it");
                report.at(&Place::rule(&message, 0), sentence);
            }
        }
    }
}
