//! The log. One process has one, so it is started once here, to a file.

use laster::settings::{LogTo, Logging, Roll, Settings};

use super::{Directory, merge};

#[test]
fn a_log_in_files() {
    let directory = Directory::new();
    let logs = directory.0.join("deep/logs");
    let set = [
        ("logging.to", "file"),
        ("logging.directory", logs.to_str().unwrap()),
        ("logging.rotation", "never"),
        ("logging.level", "info"),
        ("listeners", "0.0.0.0:4000"),
    ];
    let settings = merge(None, &[], &set).unwrap();
    assert_eq!(settings.logging.files_pattern("echo").unwrap(), logs.join("echo.log").to_str().unwrap());
    let guard = settings.start_logging("echo").unwrap();
    for n in 0..1000 {
        tracing::info!("line {n}");
    }
    tracing::debug!("too small to be written");
    drop(guard);
    let written = std::fs::read_to_string(logs.join("echo.log")).unwrap();
    let lines: Vec<_> = written.lines().collect();
    assert!(
        lines[0]
            .ends_with("tcp://0.0.0.0:4000 means every address of this machine: anyone who can reach it may connect")
    );
    assert_eq!(lines.len(), 1001, "no line is dropped");
    assert!(lines[1000].contains("INFO") && lines[1000].ends_with("line 999"), "{}", lines[1000]);

    let again = Logging { to: LogTo::Console, ..Logging::default() }.start("echo").unwrap_err();
    assert!(again.to_string().starts_with("the log cannot be started: "), "{again}");
}

#[test]
fn files_that_roll_have_the_date_in_their_names() {
    let logging = Logging { to: LogTo::File, ..Settings::default().logging };
    assert_eq!(logging.rotation, Roll::Daily);
    assert_eq!(logging.files_pattern("echo").unwrap(), "logs/echo.*.log");
    assert_eq!(Logging::default().files_pattern("echo"), None);
}

#[test]
fn a_directory_that_cannot_be_written_to() {
    let directory = Directory::new();
    let file = directory.write("file", "");
    let logging = Logging { to: LogTo::File, directory: file.join("logs"), ..Logging::default() };
    let error = logging.start("echo").unwrap_err();
    assert_eq!(
        directory.shown(&error),
        "logging.directory: no log can be written in file/logs: Not a directory (os error 20)"
    );
}
