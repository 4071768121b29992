//! `cargo xtask`: what a developer does often.

mod check;
mod fuzz;
mod schema;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// What a developer of Laster does often.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold before a change lands: format, lints, documentation. The tests are `cargo test`.
    Check,
    /// Print the Rust that is generated for a schema, or what is wrong with the schema.
    Rust {
        /// The .proto files that declare protocols.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Where imports are looked for. Default: the folders of the files.
        #[arg(short = 'I', long = "include")]
        includes: Vec<PathBuf>,
    },
    /// Fuzz a target for some time; without a target, say which there are. Needs a nightly toolchain and cargo-fuzz.
    Fuzz {
        /// Which.
        target: Option<String>,
        /// For how many seconds.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Write the seeds of the fuzz targets anew, made by the encoder.
    Seeds,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Check => check::run(),
        Task::Rust { files, includes } => schema::print_rust(&files, includes),
        Task::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Task::Seeds => fuzz::seeds(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
