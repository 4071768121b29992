//! Fuzzing, by cargo-fuzz.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// Fuzzes a target for so many seconds.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<()> {
    let targets = targets()?;
    let Some(target) = target else {
        println!("targets: {}", targets.join(", "));
        return Ok(());
    };
    if !targets.iter().any(|known| known == target) {
        bail!("there is no target {target}: there are {}", targets.join(", "));
    }
    let time = format!("-max_total_time={seconds}");
    let arguments = ["+nightly", "fuzz", "run", "--features", "libfuzzer", target, "--", &time];
    // Not the cargo that runs this: another toolchain's is asked for.
    let status = Command::new("cargo").args(arguments).current_dir(root()).env_remove("CARGO").status();
    let status = status.context("cannot run cargo")?;
    if !status.success() {
        bail!("fuzzing {target} failed. If cargo-fuzz is not installed: cargo install cargo-fuzz");
    }
    Ok(())
}

/// Writes the seeds anew.
pub(crate) fn seeds() -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--package", "laster-fuzz", "seeds"])
        .current_dir(root())
        .env("LASTER_WRITE_SEEDS", "1")
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the seeds could not be written");
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}
