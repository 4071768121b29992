//! Keys, as they are pressed.
//!
//! From a terminal each key counts at once: the terminal is told to give keys without waiting for Enter and not to show them,
//! and is as it was before when [`Keys`] is dropped, also by a panic. Ctrl-C stays a signal. From anything else (a pipe, a file)
//! each line is a key, so that a program or a test can press them.

use std::io::{self, BufRead, IsTerminal, Read};

use tokio::sync::mpsc;

/// What each key does.
pub(crate) const HELP: &str = "1 stop, 2 run, 4 connect to itself, q quit";

/// A key that means something, or what was pressed instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Stop,
    Run,
    Connect,
    Quit,
    Other(String),
}

impl Key {
    fn read(text: &str) -> Option<Key> {
        match text.trim() {
            "" => None,
            "1" => Some(Key::Stop),
            "2" => Some(Key::Run),
            "4" => Some(Key::Connect),
            "q" => Some(Key::Quit),
            other => Some(Key::Other(other.to_owned())),
        }
    }
}

/// Where keys come from.
pub(crate) struct Keys {
    pressed: mpsc::Receiver<Key>,
    #[cfg(unix)]
    _terminal: Option<terminal::SingleKeys>,
}

impl Keys {
    /// Reads standard input in a thread of its own, which ends with the process: a read cannot be interrupted.
    pub(crate) fn listen() -> Keys {
        let (sender, pressed) = mpsc::channel(16);
        #[cfg(unix)]
        {
            if !io::stdin().is_terminal() {
                std::thread::spawn(move || read_lines(&sender));
                return Keys { pressed, _terminal: None };
            }
            let terminal = terminal::SingleKeys::begin();
            match &terminal {
                Some(_) => drop(std::thread::spawn(move || read_single(&sender))),
                // In the background: reading would stop the whole process.
                None => drop(sender),
            }
            Keys { pressed, _terminal: terminal }
        }
        #[cfg(not(unix))]
        {
            std::thread::spawn(move || read_lines(&sender));
            Keys { pressed }
        }
    }

    /// The next key. Waits for ever when there will be none: a server whose input ended still serves.
    ///
    /// # Cancel safety
    /// No key is lost.
    pub(crate) async fn next(&mut self) -> Key {
        match self.pressed.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

fn read_lines(sender: &mpsc::Sender<Key>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if let Some(key) = Key::read(&line)
            && sender.blocking_send(key).is_err()
        {
            return;
        }
    }
}

#[cfg(unix)]
fn read_single(sender: &mpsc::Sender<Key>) {
    for byte in io::stdin().lock().bytes().map_while(Result::ok) {
        if let Some(key) = Key::read(&char::from(byte).to_string())
            && sender.blocking_send(key).is_err()
        {
            return;
        }
    }
}

#[cfg(unix)]
mod terminal {
    use std::io;

    use rustix::{
        process::getpgrp,
        termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr},
    };

    /// The terminal gives single keys as long as this lives.
    pub(super) struct SingleKeys {
        before: Termios,
    }

    impl SingleKeys {
        /// `None`: the terminal is not ours to change, because another program is in front of it.
        pub(super) fn begin() -> Option<SingleKeys> {
            let stdin = io::stdin();
            // A terminal that is not the controlling one (`Err`) has nobody in front of it.
            if tcgetpgrp(&stdin).is_ok_and(|front| front != getpgrp()) {
                return None;
            }
            let before = tcgetattr(&stdin).ok()?;
            let mut single = before.clone();
            single.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            // A read returns with the first byte, however long that takes.
            single.special_codes[SpecialCodeIndex::VMIN] = 1;
            single.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&stdin, OptionalActions::Now, &single).ok()?;
            Some(SingleKeys { before })
        }
    }

    impl Drop for SingleKeys {
        fn drop(&mut self) {
            // There is nobody left to be told that this failed.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_what_is_none() {
        let read = |text: &str| Key::read(text);
        assert_eq!(["1", "2\r", " 4 ", "q"].map(read), [Key::Stop, Key::Run, Key::Connect, Key::Quit].map(Some));
        assert_eq!(read("\r"), None);
        assert_eq!(read("quit"), Some(Key::Other("quit".into())));
    }
}
