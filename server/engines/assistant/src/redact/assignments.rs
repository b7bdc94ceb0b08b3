//! Values of names that say they are secret: `password=…`, `"api_key": "…"`, `token: …`.

use std::ops::Range;

/// The longest name that is looked at, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Endings of names, without separators and in lower case, whose values are secret.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "requirepass",
    "masterauth",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "sharedaccesskey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "licensekey",
    "authkey",
    "appkey",
    "keydata",
    "accesskeyid",
    "credential",
    "credentials",
    "dockerconfigjson",
    "xamzsignature",
    "sessionid",
    "jwt",
    "bearer",
];

/// Whole names whose values are secret.
const NAMES: &[&str] = &["pass", "auth", "sig", "pgpass", "cookie"];

/// Names that end like a secret and are none: cursors of lists.
const HARMLESS: &[&str] = &[
    "nexttoken",
    "pagetoken",
    "nextpagetoken",
    "continuetoken",
    "unexpectedtoken",
];

/// Whether a name (in any of the usual spellings) is of a secret value.
pub(super) fn is_sensitive(name: &str) -> bool {
    let spoken = name.to_ascii_lowercase();
    let bare: String = spoken
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    if HARMLESS.contains(&bare.as_str()) {
        return false;
    }
    ENDINGS.iter().any(|ending| bare.ends_with(ending))
        || NAMES.contains(&bare.as_str())
        || ["_pass", "-pass", ".pass"]
            .iter()
            .any(|ending| spoken.ends_with(ending))
}

pub(super) fn scan(line: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    // What is marked already is in order and apart: the passwords of URLs, where `:` means something else.
    let marked: Vec<_> = spans.clone();
    let is_marked = |at: usize| {
        let next = marked.partition_point(|span| span.end <= at);
        marked.get(next).is_some_and(|span| span.contains(&at))
    };
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|b| matches!(b, b'=' | b':')) {
        let separator = at + found;
        at = separator + 1;
        let Some(name) = name_before(line, separator) else {
            continue;
        };
        if !is_sensitive(&line[name.clone()]) {
            continue;
        }
        let value = value_after(line, &name, separator);
        if let Some(value) = value.filter(|value| !is_marked(value.start)) {
            at = at.max(value.end);
            spans.push(value);
        }
    }
}

/// The name before a separator, with spaces and one closing quote (also written `\"`) between them.
fn name_before(line: &str, separator: usize) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    let mut end = separator;
    while end > 0 && separator - end < 4 && matches!(bytes[end - 1], b' ' | b'"' | b'\'' | b'\\') {
        end -= 1;
    }
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let lowest = end.saturating_sub(MAX_NAME_BYTES);
    let length = bytes[lowest..end]
        .iter()
        .rev()
        .take_while(|b| is_part(b))
        .count();
    (length > 0).then(|| end - length..end)
}

/// The secret value after a separator, without its quotes.
fn value_after(line: &str, name: &Range<usize>, separator: usize) -> Option<Range<usize>> {
    let after = &line[separator + 1..];
    // `==`, `:=`, `://` and `::` do not assign, except `:=` in Go and `=>` in Ruby.
    let operator = after.len() - after.trim_start_matches(['=', '>']).len();
    if line.as_bytes()[separator] == b':' && (after.starts_with("//") || after.starts_with(':')) {
        return None;
    }
    let after = &after[operator..];
    let spaces = after.len() - after.trim_start_matches([' ', '\t']).len();
    let quotes_at = separator + 1 + operator + spaces;
    let rest = &line[quotes_at..];
    let opening = rest.len() - rest.trim_start_matches(['\\', '"', '\'']).len();
    let start = quotes_at + opening;
    let value = &line[start..];
    let end = if opening > 0 {
        start + value.find(['"', '\'', '\\', '\n']).unwrap_or(value.len())
    } else {
        start + bare_length(value)
    };
    let value = &line[start..end];
    let is_spoken = opening == 0 && spaces > 0 && line.as_bytes()[separator] == b':';
    let is_secret =
        !is_trivial(value) && (!is_spoken || is_alone(line, name, end) || is_complex(value));
    is_secret.then_some(start..end)
}

fn bare_length(value: &str) -> usize {
    value
        .find(|c: char| {
            c.is_whitespace() || matches!(c, ',' | ';' | '&' | ')' | '}' | ']' | '"' | '\'' | '<')
        })
        .unwrap_or(value.len())
}

/// Whether name and value are all there is on the line, as in YAML.
fn is_alone(line: &str, name: &Range<usize>, end: usize) -> bool {
    let before = line[..name.start].trim_matches([' ', '\t', '-', '"', '\'']);
    let after = line[end..].trim_matches([' ', '\t', '\n', '\r', '"', '\'']);
    before.is_empty() && after.is_empty()
}

/// With a digit or mixed case inside: not a word of a sentence.
fn is_complex(value: &str) -> bool {
    let has_digit = value.bytes().any(|b| b.is_ascii_digit());
    let has_letter = value.bytes().any(|b| b.is_ascii_alphabetic());
    let has_inner_upper = value.bytes().skip(1).any(|b| b.is_ascii_uppercase())
        && value.bytes().any(|b| b.is_ascii_lowercase());
    value.len() >= 6 && (has_digit && has_letter || has_inner_upper)
}

/// Values that give nothing away: truth values, placeholders, references to variables.
fn is_trivial(value: &str) -> bool {
    const WORDS: [&str; 18] = [
        "true",
        "false",
        "null",
        "nil",
        "none",
        "undefined",
        "yes",
        "no",
        "required",
        "missing",
        "invalid",
        "expired",
        "empty",
        "unset",
        "redacted",
        "hidden",
        "bearer",
        "basic",
    ];
    const PREFIXES: [&str; 9] = ["$", "%", "{{", "<", "***", "xxx", "XXX", "[redacted", "..."];
    value.len() < 3
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
        || PREFIXES.iter().any(|prefix| value.starts_with(prefix))
}
