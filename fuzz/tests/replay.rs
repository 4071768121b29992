//! Replays every seed, and everything that fuzzing has found, through its target; and keeps the seeds fresh.

use std::{fs, path::PathBuf};

use laster_fuzz::{TARGETS, seeds};

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target)
}

#[test]
fn everything_is_survived() {
    for (target, run) in TARGETS {
        let mut replayed = 0;
        for entry in fs::read_dir(folder(target)).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            // The name is in the output if the target panics.
            eprintln!("{}", path.display());
            run(&data);
            // And what is almost the same.
            for at in 0..data.len().min(300) {
                run(&data[..at]);
                let mut changed = data.clone();
                changed[at] ^= 1 << (at % 8);
                run(&changed);
            }
            replayed += 1;
        }
        assert!(replayed >= seeds::of(target).len(), "{target}: {replayed} inputs");
    }
}

/// The seeds are what the encoder makes. `cargo xtask seeds` writes them.
#[test]
fn seeds_are_fresh() {
    let write = std::env::var_os("LASTER_WRITE_SEEDS").is_some();
    for (target, _) in TARGETS {
        let folder = folder(target);
        if write {
            fs::create_dir_all(&folder).unwrap();
        }
        for (name, bytes) in seeds::of(target) {
            let path = folder.join(name);
            if write {
                fs::write(&path, &bytes).unwrap();
            }
            assert!(
                fs::read(&path).is_ok_and(|found| found == bytes),
                "{} is stale: cargo xtask seeds",
                path.display()
            );
        }
    }
}
