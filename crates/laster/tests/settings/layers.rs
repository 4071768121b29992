//! Which layer wins, and what a program adds of its own.

use std::time::Duration;

use clap::Parser as _;
use laster::settings::{CommandLine, Count, FramingName, Layers, Settings, Span, help};
use serde::Deserialize;

use super::{Directory, listeners, merge, overrides, sentence};

#[test]
fn the_later_layer_wins_key_by_key() {
    let directory = Directory::new();
    let file = directory.write(
        "a.toml",
        "listeners = [\"a:1\"]\nmax_sessions = 1\n[limits]\nidle = \"1s\"\nframe = \"1s\"\nhello = \"1s\"\n",
    );
    let environment = [
        ("LASTER_LIMITS__FRAME", "2s"),
        ("LASTER_LIMITS__HELLO", "2s"),
        ("LASTER_LISTENERS", "b:2, ws://c:3"),
        ("OTHER_LIMITS__IDLE", "2s"),
    ];
    let settings = merge(Some(&file), &environment, &[("limits.hello", "3s"), ("limits.drain", "3s")]).unwrap();
    let limits = &settings.service.limits;
    assert_eq!([limits.idle, limits.frame, limits.hello, limits.drain].map(|limit| limit.as_secs()), [1, 2, 3, 3]);
    assert_eq!(limits.handshake, Duration::from_secs(10));
    assert_eq!(settings.service.max_sessions, 1);
    assert_eq!(listeners(&settings), ["tcp://b:2", "ws://c:3"]);

    let none = merge(Some(&file), &[("LASTER_LISTENERS", "")], &[]).unwrap();
    assert!(listeners(&none).is_empty());
}

#[test]
fn the_program_s_defaults_come_first() {
    let mut defaults = Settings::default().with_framing(FramingName::Raw);
    defaults.service.listeners = vec!["127.0.0.1:4000".parse::<laster::net::Endpoint>().unwrap().into()];
    defaults.service.max_sessions = 7;
    let layers = || Layers::merge(None, [], &overrides(&[("limits.idle", "1s")])).unwrap();
    let settings = layers().settings(defaults.clone()).unwrap();
    assert_eq!((settings.framing, settings.service.max_sessions), (FramingName::Raw, 7));
    assert_eq!(listeners(&settings), ["tcp://127.0.0.1:4000"]);
    // Another framing brings its own largest payload.
    let chosen = Layers::merge(None, [], &overrides(&[("framing", "simple-binary")])).unwrap();
    assert_eq!(chosen.settings(defaults).unwrap().layout.payload_limit(), 4096);
}

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    settings: CommandLine,
}

fn parse(arguments: &[&str]) -> CommandLine {
    Arguments::try_parse_from([&["program"], arguments].concat()).unwrap().settings
}

#[test]
fn the_flags_are_keys() {
    let line = parse(&[
        "--listen",
        "a:1",
        "--set",
        "limits.idle = 1s",
        "--listen=b:2",
        "--log",
        "none",
        "--log-level",
        "warn",
    ]);
    let settings = Layers::merge(None, [], &line.overrides().unwrap()).unwrap().settings(Settings::default()).unwrap();
    assert_eq!(listeners(&settings), ["tcp://a:1", "tcp://b:2"]);
    assert_eq!(settings.service.limits.idle, Duration::from_secs(1));
    assert_eq!(settings.logging.level.to_string(), "warn");
    assert_eq!(parse(&["a.toml"]).file.unwrap().to_str(), Some("a.toml"));

    // --set is the last word.
    let line = parse(&["--log", "none", "--set", "logging.to=file", "--set", "logging.to=console"]);
    let settings = Layers::merge(None, [], &line.overrides().unwrap()).unwrap().settings(Settings::default()).unwrap();
    assert_eq!(settings.logging.to, laster::settings::LogTo::Console);

    let error = parse(&["--set", "limits.idle"]).overrides().unwrap_err();
    assert_eq!(
        error.to_string(),
        "command line --set: \"limits.idle\" sets nothing: write --set KEY=VALUE, such as --set limits.idle=30s"
    );
    let line = parse(&["--listen", "a"]);
    let error = Layers::merge(None, [], &line.overrides().unwrap()).unwrap().settings(Settings::default());
    assert_eq!(sentence(error), "command line --listen: listeners: \"a\" has no port: write a:4000");
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    pause: Option<Span>,
    rooms: Option<Count>,
    loud: bool,
    factor: f64,
    title: Option<String>,
}

#[test]
fn a_program_has_a_section_of_its_own() {
    let own = |arguments: &[(&str, &str)]| {
        let mut layers = Layers::merge(None, [], &overrides(arguments)).unwrap();
        let own = layers.section::<Own>("own");
        // The section is taken out, so the rest knows nothing of it.
        layers.settings(Settings::default()).unwrap();
        own
    };
    let set = own(&[("own.rooms", "5"), ("own.loud", "true"), ("own.factor", "0.5"), ("own.title", "Hall")]).unwrap();
    assert_eq!((set.rooms.map(Count::get), set.loud, set.factor), (Some(5), true, 0.5));
    assert_eq!((set.pause, set.title.as_deref()), (None, Some("Hall")));
    let pause = own(&[("own.pause", "2s")]).unwrap().pause;
    assert_eq!(pause.map(Span::get), Some(Duration::from_secs(2)));
    let error = |arguments: &[(&str, &str)]| own(arguments).unwrap_err().to_string();
    assert_eq!(error(&[("own.room", "5")]), "command line --set: own.room: there is no such key: did you mean rooms?");
    assert_eq!(
        error(&[("own.rooms", "0")]),
        "command line --set: own.rooms: is 0: a limit cannot be off, choose a large one instead"
    );
    assert_eq!(error(&[("own.loud", "yes")]), "command line --set: own.loud: expected a boolean, found \"yes\"");
}

#[test]
fn keys_without_a_meaning_are_refused() {
    let layers = Layers::merge(None, [("LASTER_FRAMING".into(), "raw".into())], &[]).unwrap();
    assert!(layers.without(&["connectors"], "no").is_ok());
    let error = layers.without(&["connectors", "framing"], "this program has one framing: leave it out").unwrap_err();
    assert_eq!(error.to_string(), "environment LASTER_FRAMING: framing: this program has one framing: leave it out");
}

/// What `--help` says of keys is what is read: each key of each section, with a value it can have.
#[test]
fn the_help_is_true() {
    let help = help(&[]);
    let keys: Vec<(&str, &str)> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()?.split_once('=')).collect();
    assert_eq!(keys.len(), 20, "{help}");
    for (key, value) in &keys {
        merge(None, &[], &[(key, value)]).unwrap_or_else(|error| panic!("{key}={value}: {error}"));
    }
    let told = |place: &str| {
        let error = sentence(merge(None, &[], &[(&format!("{place}qqqqqqqqqqqqqqqqqqqqqqqq"), "1")]));
        let (_, list) = error.split_once("there is no such key: write ").unwrap();
        list.replace(" or ", ", ").split(", ").map(|key| format!("{place}{key}")).collect::<Vec<_>>()
    };
    let accepted = [told(""), told("limits."), told("logging.")].concat();
    for key in accepted.iter().filter(|key| !["limits", "logging"].contains(&key.as_str())) {
        assert!(keys.iter().any(|(known, _)| known == key), "{key} is not in the help");
    }
    for (list, item) in [("listeners", "ws://a:1"), ("connectors", "a:1")] {
        let line = help.lines().find_map(|line| line.trim().strip_prefix(&format!("{list}[]."))).unwrap();
        let error =
            sentence(super::read("a.toml", &format!("[[{list}]]\nendpoint = \"{item}\"\nqqqqqqqqqqqqqqqqqqqqq = 1")));
        let (_, told) = error.split_once("there is no such key: write ").unwrap();
        for key in told.replace(" or ", ", ").split(", ") {
            assert!(line.contains(key), "{list}[].{key} is not in the help");
        }
    }
    assert!(!laster::settings::help(&["framing", "connectors"]).contains("simple-binary"));
}
