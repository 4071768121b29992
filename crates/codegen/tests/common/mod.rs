//! What the tests share.
#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod render;

use std::collections::BTreeMap;

use laster_codegen::{Compiler, Diagnostics, Schema};
pub(crate) use render::render;

/// Compiles the first of these files, which may import the others.
pub(crate) fn compile(files: &[(&str, &str)]) -> Result<Schema, Diagnostics> {
    let sources = sources(files);
    Compiler::new(&sources).compile(&[files[0].0])
}

/// The files by name.
pub(crate) fn sources(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// Compiles `t.proto`, which has this body from its second line on, and expects these diagnostics.
pub(crate) fn refused(body: &str, expect: &[&str]) {
    let text = format!(r#"syntax = "proto3"; import "laster/options.proto";{body}"#);
    expect_refused(compile(&[("t.proto", &text)]), expect);
}

/// Expects these diagnostics.
pub(crate) fn expect_refused(result: Result<Schema, Diagnostics>, expect: &[&str]) {
    let found = result.expect_err("nothing was refused").to_string();
    assert_eq!(found.lines().collect::<Vec<_>>(), expect);
}

/// Compiles the first of these files and expects this of its only protocol.
pub(crate) fn accepted(files: &[(&str, &str)], expect: &str) -> Schema {
    let schema = compile(files).unwrap_or_else(|found| panic!("refused:\n{found}"));
    let rendered: Vec<_> = schema.protocols().iter().map(render).collect();
    assert_eq!(rendered.concat().trim_end(), expect.trim());
    schema
}
