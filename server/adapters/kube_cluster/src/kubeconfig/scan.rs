//! What is checked before a kubeconfig is given to a YAML parser: size, characters, documents and the
//! constructs that make a small file expensive to read.
//!
//! Lexical and deliberately strict: a kubeconfig written by `kubectl` uses none of what is refused here.

use domain::{OpsError, text::is_invisible};

use super::rejected;

/// The largest kubeconfig, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024;

/// Opening brackets and braces in a file: a JSON kubeconfig of some hundred contexts has fewer.
const FLOW_LIMIT: usize = 4_000;
/// Lines in a file: hundreds of contexts have fewer.
const LINE_LIMIT: usize = 8_000;
/// Commas in a file: a JSON kubeconfig of hundreds of contexts has fewer.
const COMMA_LIMIT: usize = 8_000;
/// `- - - -` at the start of one line.
const NESTED_IN_LINE_LIMIT: usize = 16;
/// Characters in one indentation.
const INDENT_LIMIT: usize = 200;

/// Uploaded bytes as text.
///
/// # Errors
/// `KubeconfigRejected` for anything but UTF-8, naming UTF-16 when that is what it is.
pub fn text_from_bytes(bytes: &[u8]) -> Result<String, OpsError> {
    if bytes.len() > SIZE_LIMIT {
        return Err(too_large());
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(rejected("the kubeconfig is UTF-16 text; it must be UTF-8")
            .hint("On Windows PowerShell, write it with “kubectl config view --raw --minify | Out-File -Encoding utf8”."));
    }
    String::from_utf8(bytes.to_vec())
        .map_err(|_| rejected("the kubeconfig is not UTF-8 text").hint("Save it as UTF-8."))
}

/// The text without its byte order mark, if a parser may see it.
pub(super) fn check(text: &str) -> Result<&str, OpsError> {
    if text.len() > SIZE_LIMIT {
        return Err(too_large());
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(rejected("the kubeconfig is empty"));
    }
    check_characters(text)?;
    check_documents(text)?;
    check_constructs(text)?;
    Ok(text)
}

fn too_large() -> OpsError {
    rejected("the kubeconfig is larger than 256 KiB")
        .hint("Send one context only: “kubectl config view --minify --flatten --raw”.")
}

fn check_characters(text: &str) -> Result<(), OpsError> {
    for (number, line) in text.lines().enumerate() {
        if let Some(bad) = line.chars().find(|&c| is_forbidden(c)) {
            return Err(rejected(&format!(
                "line {} of the kubeconfig has the character U+{:04X}, which does not belong there",
                number + 1,
                bad as u32
            )));
        }
    }
    Ok(())
}

/// Control characters except the tab, and characters that are not seen.
pub(super) fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\t') || is_invisible(c)
}

/// One document: `---` only before anything else, `...` never.
fn check_documents(text: &str) -> Result<(), OpsError> {
    let mut begun = false;
    for line in text.lines() {
        let is_start = is_marker(line, "---");
        if is_marker(line, "...") || line.starts_with('%') || (is_start && begun) {
            return Err(rejected(
                "the kubeconfig has more than one YAML document, or a YAML directive",
            )
            .hint("Send one kubeconfig at a time."));
        }
        let is_content = !line.trim().is_empty() && !line.trim_start().starts_with('#');
        begun |= is_content;
    }
    Ok(())
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn check_constructs(text: &str) -> Result<(), OpsError> {
    let count = |of: &[u8]| text.bytes().filter(|byte| of.contains(byte)).count();
    for (what, found, limit) in [
        ("brackets", count(b"[{"), FLOW_LIMIT),
        ("commas", count(b","), COMMA_LIMIT),
        ("lines", count(b"\n"), LINE_LIMIT),
    ] {
        if found > limit {
            return Err(
                rejected(&format!("the kubeconfig has more than {limit} {what}"))
                    .hint("Send one context only: “kubectl config view --minify --flatten --raw”."),
            );
        }
    }
    for (number, line) in text.lines().enumerate() {
        let at = |what: &str| {
            Err(rejected(&format!(
                "line {} of the kubeconfig has {what}",
                number + 1
            )))
        };
        if leading_dashes(line) > NESTED_IN_LINE_LIMIT
            || line.len() - line.trim_start().len() > INDENT_LIMIT
        {
            return at("too deep a nesting");
        }
        if let Some(what) = expansion(line) {
            return at(what);
        }
    }
    Ok(())
}

/// Nested block entries that begin on one line: `- - ? - x` has four.
fn leading_dashes(line: &str) -> usize {
    line.split_ascii_whitespace()
        .take_while(|word| matches!(*word, "-" | "?" | ":"))
        .count()
}

/// An anchor, an alias, a merge key or a tag, which no kubeconfig needs and every alias bomb does.
///
/// Looks at the beginnings of words, outside comments. A quoted text with such a word in it is refused too.
fn expansion(line: &str) -> Option<&'static str> {
    let mut previous = ' ';
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let starts_word = matches!(previous, ' ' | '\t' | '[' | '{' | ',' | ':' | '-' | '?');
        let next = characters.peek().copied().unwrap_or(' ');
        match c {
            '#' if matches!(previous, ' ' | '\t') => return None,
            '&' | '*' if starts_word && !next.is_whitespace() => {
                return Some("a YAML anchor or alias, which is not taken here");
            }
            '!' if starts_word => return Some("a YAML tag, which is not taken here"),
            '<' if starts_word && next == '<' => {
                return Some("a YAML merge key, which is not taken here");
            }
            _ => previous = c,
        }
    }
    None
}
