//! What people see.

use wire::chat::v1::{Joined, Members, Page, Presence, Said, Welcome, Whisper, presence::Change, protocol::FromServer};

/// What others wrote, harmless to a terminal: control characters are shown, not obeyed.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A line said in a room.
pub(super) fn said(said: &Said) -> String {
    format!("[{}] {}: {}", harmless(&said.room), harmless(&said.account), harmless(&said.text))
}

/// What came unasked, if there is something to see in it. `me` is the account of this end.
pub(super) fn event(event: &FromServer, me: &str) -> Option<String> {
    match event {
        // This end's own lines stand there already, typed.
        FromServer::Said(said) if said.account == me => None,
        FromServer::Said(message) => Some(said(message)),
        FromServer::Presence(change) => presence(change),
        FromServer::Whisper(Whisper { account, text, .. }) => {
            Some(format!("{} whispers: {}", harmless(account), harmless(text)))
        }
        _ => None,
    }
}

fn presence(presence: &Presence) -> Option<String> {
    let (room, account) = (harmless(&presence.room), harmless(&presence.account));
    match presence.change() {
        Change::Joined => Some(format!("* {account} came into {room}")),
        Change::Left => Some(format!("* {account} left {room}")),
        Change::Gone => Some(format!("* {account} is gone from {room}")),
        Change::Unspecified => None,
    }
}

/// The greeting of the server.
pub(super) fn welcome(welcome: &Welcome) -> String {
    let mut text = format!("* welcome to {}, {}", harmless(&welcome.server), harmless(&welcome.account));
    if !welcome.rooms.is_empty() {
        let rooms: Vec<String> =
            welcome.rooms.iter().map(|room| format!("{} ({})", harmless(&room.name), room.members)).collect();
        text.push_str(&format!("; rooms: {}", rooms.join(", ")));
    }
    text
}

/// A room that was entered: who is there, and what was said before.
pub(super) fn joined(joined: &Joined) -> String {
    let mut lines: Vec<String> = joined.history.iter().map(said).collect();
    lines.push(format!(
        "* you are in {}, with {}",
        harmless(&joined.room),
        people(&joined.members, joined.member_count)
    ));
    lines.join("\n")
}

/// Who is in a room.
pub(super) fn members(members: &Members) -> String {
    format!("* in {}: {}", harmless(&members.room), people(&members.accounts, members.count))
}

fn people(names: &[String], count: u32) -> String {
    let shown: Vec<String> = names.iter().map(|name| harmless(name)).collect();
    match (count as usize).saturating_sub(names.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A page of the history.
pub(super) fn page(page: &Page) -> String {
    let mut lines: Vec<String> =
        page.messages.iter().map(|message| format!("#{} {}", message.number, said(message))).collect();
    lines.push(match (page.messages.is_empty(), page.more) {
        (true, _) => format!("* nothing older is remembered of {}", harmless(&page.room)),
        (false, true) => "* /history again for older ones".into(),
        (false, false) => format!("* that is all that is remembered of {}", harmless(&page.room)),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_does_nothing_to_the_terminal() {
        let said =
            Said { room: "r".into(), account: "eve".into(), text: "\u{1b}[2Jhi\u{7}\nyou".into(), ..Said::default() };
        assert_eq!(super::said(&said), "[r] eve: \u{fffd}[2Jhi\u{fffd}\nyou");
        assert_eq!(event(&FromServer::Said(said), "eve"), None);
    }

    #[test]
    fn lists_say_what_they_leave_out() {
        let members = Members { room: "r".into(), accounts: vec!["a".into(), "b".into()], count: 5 };
        assert_eq!(super::members(&members), "* in r: a, b and 3 more");
    }
}
