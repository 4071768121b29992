//! What a line means.

/// What someone wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Say this in the room.
    Say(String),
    /// Enter a room, or turn to one.
    Join(String),
    /// Leave a room, or the one turned to.
    Leave(Option<String>),
    /// Who is in a room, or in the one turned to.
    Who(Option<String>),
    /// Older messages of the room turned to.
    History,
    /// Say this to one account.
    Tell {
        /// Which.
        account: String,
        /// What.
        text: String,
    },
    /// What can be typed.
    Help,
    /// End.
    Quit,
    /// Nothing at all.
    Nothing,
}

/// What can be typed.
pub(super) const HELP: &str = "\
Type a line to say it in the room. A line that begins with / is a command:
  /join ROOM        enter a room, or turn to one you are in
  /leave [ROOM]     leave a room
  /who [ROOM]       who is in a room
  /history          older messages of the room; again for still older ones
  /msg NAME TEXT    say something to one person
  /help             this
  /quit             end
To say a line that begins with /, begin it with //.";

/// What a line means, or a sentence about what is wrong with it.
pub(super) fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(Command::Nothing);
    }
    let Some(command) = line.strip_prefix('/') else { return Ok(Command::Say(line.to_owned())) };
    if command.starts_with('/') {
        return Ok(Command::Say(command.to_owned()));
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = rest.trim();
    let optional = || (!rest.is_empty()).then(|| rest.to_owned());
    match (name, rest) {
        ("join" | "j", "") => Err("/join which room? Type /join ROOM".into()),
        ("join" | "j", room) => Ok(Command::Join(room.to_owned())),
        ("leave", _) => Ok(Command::Leave(optional())),
        ("who" | "w", _) => Ok(Command::Who(optional())),
        ("history" | "h", _) => Ok(Command::History),
        ("msg" | "m", rest) => match rest.split_once(char::is_whitespace) {
            Some((account, text)) => Ok(Command::Tell { account: account.to_owned(), text: text.trim().to_owned() }),
            None => Err("/msg needs a name and a text: type /msg NAME TEXT".into()),
        },
        ("help" | "?", _) => Ok(Command::Help),
        ("quit" | "q" | "exit", _) => Ok(Command::Quit),
        (other, _) => Err(format!("there is no command /{other}: type /help")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let say = |text: &str| Ok(Command::Say(text.into()));
        let room = |room: &str| Some(room.to_owned());
        for (line, meaning) in [
            ("", Ok(Command::Nothing)),
            ("  hello  there ", say("hello  there")),
            ("//etc is a folder", say("/etc is a folder")),
            ("/join lobby", Ok(Command::Join("lobby".into()))),
            ("/join", Err("/join which room? Type /join ROOM".into())),
            ("/leave", Ok(Command::Leave(None))),
            ("/leave lobby", Ok(Command::Leave(room("lobby")))),
            ("/who", Ok(Command::Who(None))),
            ("/history", Ok(Command::History)),
            ("/msg Bob  hi  you", Ok(Command::Tell { account: "Bob".into(), text: "hi  you".into() })),
            ("/msg Bob", Err("/msg needs a name and a text: type /msg NAME TEXT".into())),
            ("/q", Ok(Command::Quit)),
            ("/dance", Err("there is no command /dance: type /help".into())),
        ] {
            assert_eq!(parse(line), meaning, "{line:?}");
        }
    }

    #[test]
    fn every_command_is_in_the_help() {
        for line in HELP.lines().filter_map(|line| line.trim().strip_prefix('/')) {
            let name = line.split_whitespace().next().unwrap();
            assert_ne!(parse(&format!("/{name} a b")), Err(format!("there is no command /{name}: type /help")));
        }
    }
}
