//! Finds places inside an option.
//!
//! Source info knows where an option begins and ends, but nothing of the entries in it, and one option may hold the rules
//! of a hundred messages. So its text is walked once more. It has been parsed by then: what does not look as expected
//! ends the search and is no error.

use std::ops::Range;

/// One step into a message in text format: the n-th field of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) index: usize,
}

/// Where the steps lead in the option that begins at `start`: the byte where the last step found has its name.
pub(crate) fn find(source: &str, start: usize, steps: &[Step]) -> Option<usize> {
    let text = source.get(start..)?;
    let tokens = tokenize(text);
    let mut walk = Walk { text, at: message_start(text, &tokens)?, tokens: &tokens };
    let mut found = None;
    for step in steps {
        match walk.enter(step) {
            Some(offset) => found = Some(start + offset),
            None => break,
        }
    }
    found
}

/// The byte of the n-th token of the message in the option that begins at `start`.
pub(crate) fn nth_of_message(source: &str, start: usize, n: usize) -> Option<usize> {
    let text = source.get(start..)?;
    let tokens = tokenize(text);
    let first = message_start(text, &tokens)?;
    tokens.get(first + n).map(|token| start + token.start)
}

/// How many tokens the text has.
pub(crate) fn count(text: &str) -> usize {
    tokenize(text).len()
}

/// Where the first word of the text is, and what it is.
pub(crate) fn first_word(text: &str) -> Option<(usize, &str)> {
    let token = next_token(text, 0)?;
    Some((token.start, &text[token]))
}

/// `option (name) = {`: the token behind the brace.
fn message_start(text: &str, tokens: &[Range<usize>]) -> Option<usize> {
    let equals = tokens.iter().position(|token| &text[token.clone()] == "=")?;
    let brace = tokens.get(equals + 1)?;
    (&text[brace.clone()] == "{").then_some(equals + 2)
}

struct Walk<'a> {
    text: &'a str,
    tokens: &'a [Range<usize>],
    /// The next token: the first of a message's, between two calls of `enter`.
    at: usize,
}

impl Walk<'_> {
    /// Goes into the step's value and gives the byte where it begins: its field's name or, in a list, itself.
    fn enter(&mut self, step: &Step) -> Option<usize> {
        let mut seen = 0;
        while !matches!(self.peek()?, "}" | ">") {
            let name_at = self.at;
            let matches = self.peek()? == step.name;
            self.at += 1;
            if self.peek()? == ":" {
                self.at += 1;
            }
            let listed = self.peek()? == "[" && matches;
            if listed {
                self.at += 1;
            }
            loop {
                if matches && seen == step.index {
                    let found = if listed { self.at } else { name_at };
                    if matches!(self.peek(), Some("{" | "<")) {
                        self.at += 1;
                    }
                    return self.tokens.get(found).map(|token| token.start);
                }
                seen += usize::from(matches);
                self.skip_value()?;
                if !listed || self.peek()? != "," {
                    break;
                }
                self.at += 1;
            }
            while matches!(self.peek()?, "," | ";" | "]") {
                self.at += 1;
            }
        }
        None
    }

    fn skip_value(&mut self) -> Option<()> {
        if matches!(self.peek()?, "{" | "<" | "[") {
            let mut depth = 0;
            loop {
                match self.peek()? {
                    "{" | "<" | "[" => depth += 1,
                    "}" | ">" | "]" => depth -= 1,
                    _ => {}
                }
                self.at += 1;
                if depth == 0 {
                    return Some(());
                }
            }
        }
        if self.peek()? == "-" {
            self.at += 1;
        }
        let string = self.is_string();
        self.at += 1;
        while string && self.is_string() {
            self.at += 1;
        }
        Some(())
    }

    fn is_string(&self) -> bool {
        self.peek().is_some_and(|token| token.starts_with(['"', '\'']))
    }

    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(|token| &self.text[token.clone()])
    }
}

fn tokenize(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(token) = next_token(text, at) {
        at = token.end;
        tokens.push(token);
    }
    tokens
}

fn next_token(text: &str, mut at: usize) -> Option<Range<usize>> {
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start().len();
        let rest = &rest[blank..];
        at += blank;
        at += if rest.starts_with("//") || rest.starts_with('#') {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            let len = token_len(rest)?;
            return Some(at..at + len);
        };
    }
}

/// The length of the token that `rest` begins with; `None` at the end.
fn token_len(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    Some(match first {
        '"' | '\'' => string_len(rest, first),
        '0'..='9' => rest.find(|c| !is_word(c) && c != '.').unwrap_or(rest.len()),
        _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        _ => first.len_utf8(),
    })
}

fn string_len(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTION: &str = r#"x option (laster.frame) = {
      header: { length: U32_LE counts: REST } // header: { id: U8 }
      header { const: "\"}" 'x' name: "n" }, header <id: U8>;
      message: [ { type: "A" error: ["B", "C"] }, { type: "D" id: -1 } ]
      message { type: "E" error: "F" error: "G" }
    };"#;

    #[test]
    fn entries_are_found_in_every_form() {
        let check = |steps: &[(&str, usize)], expect: Option<&str>| {
            let steps: Vec<_> = steps.iter().map(|&(name, index)| Step { name: name.to_owned(), index }).collect();
            let found = find(OPTION, 2, &steps).map(|at| &OPTION[at..at + 12]);
            assert_eq!(found, expect, "{steps:?}");
        };
        check(&[("header", 0)], Some("header: { le"));
        check(&[("header", 0), ("counts", 0)], Some("counts: REST"));
        check(&[("header", 1)], Some("header { con"));
        check(&[("header", 1), ("name", 0)], Some("name: \"n\" },"));
        check(&[("header", 2), ("id", 0)], Some("id: U8>;\n   "));
        check(&[("message", 0)], Some("{ type: \"A\" "));
        check(&[("message", 0), ("error", 1)], Some("\"C\"] }, { ty"));
        check(&[("message", 1), ("type", 0)], Some("type: \"D\" id"));
        check(&[("message", 1), ("id", 0)], Some("id: -1 } ]\n "));
        check(&[("message", 2), ("error", 1)], Some("error: \"G\" }"));
        check(&[("message", 2), ("reply", 0)], Some("message { ty"));
        check(&[("message", 3)], None);
        check(&[("max_payload", 0)], None);
    }

    #[test]
    fn the_first_word_stands_behind_comments() {
        assert_eq!(first_word("// a\n/* b */ edition = 1"), Some((13, "edition")));
        assert_eq!(first_word("// a"), None);
    }
}
