//! The rules of the house that a program can hold: which crate may know which, and that the README tells the truth.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Who may depend on whom, tests aside. ARCHITECTURE.md says why.
const EDGES: &[(&str, &[&str])] = &[
    ("laster-frame", &[]),
    ("laster-net", &["laster-frame"]),
    ("laster", &["laster-frame", "laster-net"]),
    ("laster-codegen", &["laster-frame"]),
    ("wire", &["laster", "laster-codegen"]),
    ("chat-server", &["laster", "wire"]),
    ("own-protocol", &["laster", "laster-codegen"]),
    ("echo-server", &["laster"]),
    ("simple-chat", &["laster", "wire"]),
    ("xtask", &["laster-codegen"]),
    ("laster-fuzz", &["laster-frame", "laster-net", "laster", "wire"]),
    ("laster-benches", &["laster-frame", "laster-net", "laster", "wire"]),
];

/// Generators and the schema compiler are for building, and must not reach a program that runs.
const BUILD_ONLY: (&str, &[&str]) = ("laster-codegen", &["wire", "own-protocol"]);

#[test]
fn dependencies_point_one_way() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let known: BTreeSet<&str> = EDGES.iter().map(|(package, _)| *package).collect();
    assert_eq!(ours, known, "the members of the workspace and those of this test's table");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let allowed = EDGES.iter().find(|(package, _)| *package == name).unwrap().1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            // A crate may depend on itself for its tests, with another feature.
            if !ours.contains(to) || to == name && kind == "dev" {
                continue;
            }
            assert!(allowed.contains(&to) || kind == "dev" && name.ends_with("benches"), "{name} -> {to} ({kind})");
            let build_only = BUILD_ONLY.0 == to && BUILD_ONLY.1.contains(&name);
            assert!(!build_only || kind == "build", "{name} -> {to} has to be a build-dependency");
        }
    }
}

/// The README shows the example as it is.
#[test]
fn the_readme_shows_a_protocol_that_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for file in ["proto/greeting.proto", "build.rs", "src/main.rs"] {
        let text = fs::read_to_string(root().join("examples/own-protocol").join(file)).unwrap();
        assert!(readme.contains(text.trim_end()), "README.md does not show examples/own-protocol/{file} as it is");
    }
}

/// The test command of the README is the one that CI runs.
#[test]
fn ci_runs_the_readme_s_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for command in ["cargo run --release -p chat-server", "cargo test --workspace"] {
        assert!(readme.contains(command), "README.md does not have `{command}`");
    }
    assert!(ci.contains("cargo test --workspace"), ".ci/run does not run the README's test command");
}

/// Files stay as long as one idea. The few that are longer are named here, and may not grow.
#[test]
fn files_are_short() {
    const LONGER: &[(&str, usize)] = &[];
    let mut long = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            if entry.is_dir() {
                let skipped = ["target", "golden", "tests", "benches", "node_modules"].contains(&name.as_str());
                if !skipped && !name.starts_with('.') {
                    folders.push(entry);
                }
            } else if name.ends_with(".rs") {
                let lines = fs::read_to_string(&entry).unwrap().lines().count();
                let path = entry.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                let limit = LONGER.iter().find(|(longer, _)| *longer == path).map_or(450, |(_, lines)| *lines);
                if lines > limit {
                    long.push(format!("{path} has {lines} lines, more than {limit}"));
                }
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
