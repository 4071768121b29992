//! Text that grows: lines with their indentation, and the imports they turn out to need.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use crate::Comments;

/// Lines are broken behind so many characters, before what is around the module moves them in.
const WIDTH: usize = 100;

/// The text of a module. Names of the `laster` crate are given as [`Writer::laster`] paths, which become imports.
pub(super) struct Writer {
    text: String,
    depth: usize,
    imports: BTreeSet<String>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Writer { text: String::new(), depth: 0, imports: BTreeSet::new() }
    }

    /// The short name of `path` in the `laster` crate, imported.
    pub(super) fn laster(&mut self, path: &str) -> String {
        self.imports.insert(path.to_owned());
        path.rsplit("::").next().unwrap_or(path).to_owned()
    }

    /// A line. One that ends with an opening bracket opens a block, one that begins with a closing one ends it.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if line.starts_with(['}', ')', ']']) {
            self.depth -= 1;
        }
        if !line.is_empty() {
            let _ = write!(self.text, "{:1$}{line}", "", self.depth * 4);
        }
        self.text.push('\n');
        if line.ends_with(['{', '(', '[']) {
            self.depth += 1;
        }
    }

    /// The head of a function, on one line if it is short, and the opening of its body where `tail` ends with one.
    pub(super) fn function(&mut self, name: &str, parameters: &[String], tail: &str) {
        let line = format!("{name}({}){tail}", parameters.join(", "));
        if self.depth * 4 + line.len() <= WIDTH {
            return self.line(line);
        }
        self.line(format!("{name}("));
        for parameter in parameters {
            self.line(format!("{parameter},"));
        }
        self.line(format!("){tail}"));
    }

    /// An empty line between two items; none at the beginning of a block.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
    }

    /// What the schema says above something, or `instead` where it says nothing.
    pub(super) fn docs(&mut self, comments: &Comments, instead: &str) {
        if comments.0.is_empty() {
            self.line(format!("/// {instead}"));
        }
        for line in doc_lines(comments).lines() {
            self.line(line);
        }
    }

    /// The module's text: imports, then everything.
    pub(super) fn finish(self) -> String {
        format!("{}\n{}", imports(&self.imports), self.text)
    }
}

/// One `use` for each module.
fn imports(paths: &BTreeSet<String>) -> String {
    let mut modules: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let full = format!("::laster::{path}");
        let (module, _) = full.rsplit_once("::").unwrap_or((&full, ""));
        modules.entry(module.to_owned()).or_default().push(path.rsplit("::").next().unwrap_or(path));
    }
    modules.iter().fold(String::new(), |mut text, (module, names)| {
        let _ = match names.as_slice() {
            [name] => writeln!(text, "use {module}::{name};"),
            names => writeln!(text, "use {module}::{{{}}};", names.join(", ")),
        };
        text
    })
}

/// A comment as lines of documentation.
pub(super) fn doc_lines(comments: &Comments) -> String {
    comments.0.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", format!("/// {}", escape(line)).trim_end());
        text
    })
}

/// Brackets and angles in a schema's comments are meant as they stand, not as links and tags.
fn escape(line: &str) -> String {
    let mut code = false;
    line.chars().fold(String::new(), |mut text, c| {
        code ^= c == '`';
        if !code && matches!(c, '[' | ']' | '<' | '>') {
            text.push('\\');
        }
        text.push(c);
        text
    })
}

/// The text, one step further in.
pub(super) fn indent(text: &str) -> String {
    text.lines().fold(String::new(), |mut indented, line| {
        let _ = writeln!(indented, "{:1$}{line}", "", if line.is_empty() { 0 } else { 4 });
        indented
    })
}

/// A number as people write it in code.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    if digits.len() > 4 { groups.join("_") } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_find_their_depth() {
        let mut out = Writer::new();
        let header = out.laster("frame::Header");
        out.line("impl X {");
        out.gap();
        out.line(format!("fn f(h: {header}) {{"));
        out.line("g(h);");
        out.line("}");
        out.line("}");
        assert_eq!(
            out.finish(),
            "use ::laster::frame::Header;\n\nimpl X {\n    fn f(h: Header) {\n        g(h);\n    }\n}\n"
        );
    }

    #[test]
    fn one_import_for_each_module() {
        let paths = ["frame::Header", "Caller", "frame::Field", "net::session::Match"].map(String::from);
        assert_eq!(
            imports(&paths.into()),
            "use ::laster::Caller;\nuse ::laster::frame::{Field, Header};\nuse ::laster::net::session::Match;\n"
        );
    }

    #[test]
    fn numbers_have_groups() {
        assert_eq!([1, 1024, 65_536, 1 << 20].map(number), ["1", "1024", "65_536", "1_048_576"]);
    }

    #[test]
    fn comments_are_meant_as_they_stand() {
        let comments = Comments(vec!["A [link] to `Vec<T>`, or <b>.".into(), String::new()]);
        assert_eq!(doc_lines(&comments), "/// A \\[link\\] to `Vec<T>`, or \\<b\\>.\n///\n");
    }
}
