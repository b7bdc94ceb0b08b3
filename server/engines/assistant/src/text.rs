//! Text of strangers (logs, events, annotations) made fit to show: no terminal escapes, no invisible
//! characters, and not more of it than a person or a model can read.

/// `text` without terminal escapes, control, bidirectional and invisible characters. Line breaks and tabs stay.
///
/// Bidirectional controls can make a line read differently from what it is (Unicode TR 36, section 3.2).
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_csi(&mut rest),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || is_invisible(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Skips what follows an escape character (ECMA-48, section 5.3 and 8.3.89).
fn skip_escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_csi(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        Some('(' | ')' | '*' | '+' | '#' | '%') => {
            rest.next();
            rest.next();
        }
        Some(c) if c.is_ascii_graphic() => {
            rest.next();
        }
        _ => {}
    }
}

/// A control sequence ends with its first byte of `@` to `~`; anything else that is not a parameter ends it too.
fn skip_csi(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = rest.peek() {
        match c {
            ' '..='?' => {
                rest.next();
            }
            '@'..='~' => {
                rest.next();
                return;
            }
            _ => return,
        }
    }
}

/// An operating-system command or other string ends with BEL or `ESC \`, and at the latest with its line.
fn skip_string(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = rest.peek() {
        match c {
            '\n' => return,
            '\u{7}' | '\u{9c}' => {
                rest.next();
                return;
            }
            '\u{1b}' => {
                rest.next();
                rest.next_if_eq(&'\\');
                return;
            }
            _ => {
                rest.next();
            }
        }
    }
}

const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// How much of a text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Lines, counted from the end.
    pub lines: usize,
    /// Characters in all, counted from the end.
    pub characters: usize,
    /// Characters of one line, counted from its start.
    pub line_characters: usize,
}

impl Limit {
    /// What a person is shown.
    pub const SHOWN: Self = Self {
        lines: 500,
        characters: 200_000,
        line_characters: 4_000,
    };
    /// What a language model is given: about 4,000 tokens at four characters each.
    pub const MODEL: Self = Self {
        lines: 500,
        characters: 16_000,
        line_characters: 1_000,
    };
}

/// The end of a text, and what was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The kept lines, each ending in a line break if it had one.
    pub text: String,
    /// What was cut, in words; `None` when nothing was.
    pub cut: Option<String>,
}

/// The last lines of `text` within `limit`: of a log the end matters.
#[must_use]
pub fn tail(text: &str, limit: Limit) -> Excerpt {
    let mut kept: Vec<String> = Vec::new();
    let mut characters = 0;
    let mut shortened = 0;
    let mut dropped = 0;
    for line in text.split_inclusive('\n').rev() {
        if kept.len() >= limit.lines || dropped > 0 {
            dropped += 1;
            continue;
        }
        let (line, is_shortened) = shorten(line, limit.line_characters);
        let length = line.chars().count();
        if characters + length > limit.characters && !kept.is_empty() {
            dropped += 1;
            continue;
        }
        characters += length;
        shortened += usize::from(is_shortened);
        kept.push(line);
    }
    Excerpt {
        text: kept.into_iter().rev().collect(),
        cut: cut_words(dropped, shortened),
    }
}

fn cut_words(dropped: usize, shortened: usize) -> Option<String> {
    let lines = |count: usize| if count == 1 { "line" } else { "lines" };
    match (dropped, shortened) {
        (0, 0) => None,
        (dropped, 0) => Some(format!("{dropped} earlier {} left out", lines(dropped))),
        (0, shortened) => Some(format!("{shortened} long {} shortened", lines(shortened))),
        (dropped, shortened) => Some(format!(
            "{dropped} earlier {} left out, {shortened} long {} shortened",
            lines(dropped),
            lines(shortened)
        )),
    }
}

/// The line, or its first characters and how many are missing.
fn shorten(line: &str, characters: usize) -> (String, bool) {
    let Some((end, _)) = line.trim_end_matches('\n').char_indices().nth(characters) else {
        return (line.to_owned(), false);
    };
    let missing = line[end..].trim_end_matches('\n').chars().count();
    let line_break = if line.ends_with('\n') { "\n" } else { "" };
    (
        format!("{} … ({missing} characters cut){line_break}", &line[..end]),
        true,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_clean(dirty: &str, expected: &str) {
        assert_eq!(clean(dirty), expected);
    }

    #[test]
    fn strips_colours_and_terminal_commands() {
        check_clean("\u{1b}[1;31mERROR\u{1b}[0m ready", "ERROR ready");
        check_clean("\u{1b}]8;;https://evil\u{7}link\u{1b}]8;;\u{7}", "link");
        check_clean("\u{1b}]0;title\u{1b}\\text", "text");
        check_clean("\u{9b}31mred", "red");
        check_clean(
            "bell\u{7} back\u{8}space\r\nnext\ttab",
            "bell backspace\nnext\ttab",
        );
        check_clean("\u{1b}]never ends\nnext line", "\nnext line");
    }

    #[test]
    fn strips_what_makes_text_read_differently() {
        check_clean("abc\u{202e}fed\u{2066}x\u{200b}y\u{feff}", "abcfedxy");
        check_clean("tag\u{e0041}ged", "tagged");
    }

    #[test]
    fn keeps_letters_of_every_script() {
        check_clean("größer 日本語 ✓", "größer 日本語 ✓");
    }

    #[test]
    fn keeps_the_end_of_a_log_and_says_what_was_cut() {
        let log: String = (1..=10).map(|n| format!("line {n}\n")).collect();
        let limit = Limit {
            lines: 3,
            ..Limit::SHOWN
        };
        let excerpt = tail(&log, limit);
        assert_eq!(excerpt.text, "line 8\nline 9\nline 10\n");
        assert_eq!(excerpt.cut.as_deref(), Some("7 earlier lines left out"));
    }

    #[test]
    fn shortens_a_line_of_many_megabytes() {
        let log = format!("{}\nlast", "é".repeat(2_000_000));
        let excerpt = tail(&log, Limit::MODEL);
        assert!(excerpt.text.chars().count() < 1_100);
        assert!(excerpt.text.ends_with("(1999000 characters cut)\nlast"));
        assert_eq!(excerpt.cut.as_deref(), Some("1 long line shortened"));
    }

    #[test]
    fn leaves_a_short_text_alone() {
        let excerpt = tail("one\ntwo", Limit::SHOWN);
        assert_eq!(
            excerpt,
            Excerpt {
                text: "one\ntwo".to_owned(),
                cut: None
            }
        );
    }
}
