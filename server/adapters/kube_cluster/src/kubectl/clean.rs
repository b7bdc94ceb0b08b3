//! Text written by strangers made safe to show, and output kept short.
//!
//! Control characters, terminal escape sequences and characters that change the reading direction are
//! taken out of every string a cluster sends before anything is laid out, so that columns stay aligned.

use domain::command::CommandOutput;
use serde_json::Value;

use domain::text::is_invisible;

/// The most one command prints, in bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// The most one command prints, in lines.
pub(super) const MAX_LINES: usize = 2_000;

/// Cleans every string in a value, keys included.
pub(super) fn value(value: &mut Value) {
    match value {
        Value::String(text) if needs_cleaning(text) => *text = self::text(text),
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(members) => {
            if members.keys().any(|key| needs_cleaning(key)) {
                let taken = std::mem::take(members);
                members.extend(taken.into_iter().map(|(key, value)| (text(&key), value)));
            }
            members.values_mut().for_each(self::value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text without escape sequences and invisible characters; line breaks and tabs stay.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' || c == '\u{9b}' {
            skip_sequence(c, &mut rest);
        } else if is_shown(c) {
            out.push(c);
        }
    }
    out
}

fn needs_cleaning(text: &str) -> bool {
    !text.chars().all(is_shown)
}

fn is_shown(c: char) -> bool {
    c == '\n' || c == '\t' || !(c.is_control() || is_invisible(c))
}

/// Skips the rest of a terminal escape sequence: CSI to its final byte, OSC to its terminator, else one character.
///
/// Source: ECMA-48, sections 5.3 to 5.6.
fn skip_sequence(introducer: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if introducer == '\u{9b}' {
        Some('[')
    } else {
        rest.next_if(|c| ('\u{20}'..='\u{7e}').contains(c))
    };
    match kind {
        Some('[') => {
            while rest
                .next_if(|c| ('\u{20}'..='\u{3f}').contains(c))
                .is_some()
            {}
            rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        Some(']') => {
            while let Some(c) = rest.next_if(|&c| c != '\n') {
                if c == '\u{7}' || c == '\u{1b}' {
                    rest.next_if_eq(&'\\');
                    break;
                }
            }
        }
        Some(_) | None => {}
    }
}

/// The output cut to [`MAX_LINES`] and [`MAX_BYTES`], saying so.
pub(super) fn cap(mut output: CommandOutput) -> CommandOutput {
    if let Some(cut) = cut_to(&mut output.stdout, MAX_LINES, MAX_BYTES) {
        output.cut = Some(match output.cut {
            Some(earlier) => format!("{earlier} {cut}"),
            None => cut,
        });
    }
    cut_to(&mut output.stderr, 100, 16 * 1024);
    output
}

/// Keeps whole lines from the start within both limits; says what went, if anything did.
fn cut_to(text: &mut String, max_lines: usize, max_bytes: usize) -> Option<String> {
    let by_lines = text
        .match_indices('\n')
        .nth(max_lines - 1)
        .map_or(text.len(), |(at, _)| at + 1);
    let keep = if by_lines > max_bytes {
        let at = text.floor_char_boundary(max_bytes);
        text[..at].rfind('\n').map_or(at, |end| end + 1)
    } else {
        by_lines
    };
    if keep >= text.len() {
        return None;
    }
    let (lines, bytes) = (text[keep..].lines().count(), text.len() - keep);
    text.truncate(keep);
    Some(format!(
        "{lines} more lines ({} KiB) are not shown.",
        bytes.div_ceil(1024)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_out_escape_sequences_whole() {
        for (dirty, clean) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\b", "ab"),
            ("a\u{9b}2Jb", "ab"),
            ("one\r\ntwo\tthree\u{0}", "one\ntwo\tthree"),
            ("user\u{202e}txt.exe", "usertxt.exe"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(text(dirty), clean, "{dirty:?}");
        }
    }

    #[test]
    fn cleans_keys_and_nested_strings() {
        let mut object = json!({"a\u{1b}[1m": ["x\u{7}", {"b": "\u{8}y"}]});
        value(&mut object);
        assert_eq!(object, json!({"a": ["x", {"b": "y"}]}));
    }

    fn printed(stdout: String) -> CommandOutput {
        CommandOutput {
            stdout,
            stderr: String::new(),
            exit_code: 0,
            cut: None,
        }
    }

    #[test]
    fn short_output_is_left_alone() {
        let output = printed("a\n".repeat(MAX_LINES));
        assert_eq!(cap(output.clone()), output);
    }

    #[test]
    fn cuts_lines_and_says_how_many() {
        let output = cap(printed("a\n".repeat(MAX_LINES + 7)));
        assert_eq!(output.stdout.lines().count(), MAX_LINES);
        assert_eq!(output.cut.unwrap(), "7 more lines (1 KiB) are not shown.");
    }

    #[test]
    fn cuts_bytes_at_a_line_end() {
        let output = cap(printed(format!("{}\n", "é".repeat(499)).repeat(400)));
        assert!(output.stdout.len() <= MAX_BYTES && output.stdout.ends_with("é\n"));
        assert!(output.cut.is_some());
    }
}
