//! Credentials in HTTP headers and command lines: `Authorization: Bearer …`, `Cookie: …`, `--password …`.

use std::ops::Range;

use super::{MARK, assignments::is_sensitive, words};

/// Headers whose whole value is a credential.
const HEADERS: &[&str] = &[
    "authorization:",
    "proxy-authorization:",
    "cookie:",
    "set-cookie:",
];

/// Words after which a credential follows.
const SCHEMES: &[&str] = &["bearer", "basic", "token", "apikey", "negotiate", "digest"];

pub(super) fn scan(line: &str, spans: &mut Vec<Range<usize>>) {
    whole_headers(line, spans);
    let mut previous: Option<&str> = None;
    let mut before_previous: Option<&str> = None;
    for word in words(line) {
        let text = &line[word.clone()];
        let is_credential = follows_flag(previous, text)
            || follows_scheme(previous, text)
            || follows_phrase(before_previous, previous);
        // The mark itself, in a text that has been redacted before.
        let is_mark = MARK.trim_matches(['[', ']']) == text;
        if is_credential && !is_mark {
            spans.push(word);
        }
        before_previous = previous;
        previous = Some(text);
    }
}

fn whole_headers(line: &str, spans: &mut Vec<Range<usize>>) {
    let lower = line.to_ascii_lowercase();
    for header in HEADERS {
        let mut at = 0;
        while let Some(found) = lower[at..].find(header) {
            let start = at + found + header.len();
            at = start;
            let value = line[start..].trim_start();
            let from = line.len() - value.len();
            let end = value
                .find(['"', '\'', '\n', '\r', ']', '}'])
                .map_or(line.len(), |n| from + n);
            if end > from + 3 && !value.starts_with(MARK) && !is_prose(&line[from..end]) {
                spans.push(from..end);
                at = end;
            }
        }
    }
}

/// Two or more plain words: a sentence about a header, not its value.
fn is_prose(value: &str) -> bool {
    let mut words = value.split_whitespace();
    let is_plain = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_lowercase() || matches!(c, '.' | ','))
    };
    words.clone().count() >= 2 && words.all(is_plain)
}

fn follows_flag(previous: Option<&str>, text: &str) -> bool {
    let Some(name) =
        previous.and_then(|word| word.strip_prefix("--").or_else(|| word.strip_prefix('-')))
    else {
        return previous == Some("requirepass") && text.len() > 3;
    };
    name.len() > 3
        && !name.contains('=')
        && is_sensitive(name)
        && !text.starts_with('-')
        && text.len() > 2
}

fn follows_scheme(previous: Option<&str>, text: &str) -> bool {
    let is_scheme = previous.is_some_and(|word| {
        let word = word.rsplit([':', '=']).next().unwrap_or(word);
        SCHEMES
            .iter()
            .any(|scheme| scheme.eq_ignore_ascii_case(word))
    });
    is_scheme && looks_like_credential(text)
}

/// SQL: `IDENTIFIED BY 'secret'`, `PASSWORD 'secret'` is told by the statement around it.
fn follows_phrase(before_previous: Option<&str>, previous: Option<&str>) -> bool {
    let is = |word: Option<&str>, expected: &str| {
        word.is_some_and(|word| word.eq_ignore_ascii_case(expected))
    };
    is(before_previous, "identified") && is(previous, "by")
        || is(before_previous, "with") && is(previous, "password")
}

/// Long enough, and with a digit or mixed case as no word of English has.
fn looks_like_credential(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.as_bytes().iter().any(&test);
    let is_name =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/' | '=' | '~');
    let inner_upper =
        text.bytes().skip(1).any(|b| b.is_ascii_uppercase()) && has(u8::is_ascii_lowercase);
    text.len() >= 8
        && text.chars().all(is_name)
        && (has(u8::is_ascii_digit) || inner_upper || text.ends_with('='))
}
