//! Secrets in text: found by how they look and by what they are called, and replaced before the text leaves.
//!
//! Each scanner reads a line once and marks spans; this file puts the marks in. Names stay, values go:
//! `password=hunter2` becomes `password=[redacted]`. All scanners take time linear in the text.

mod assignments;
mod headers;
mod pem;
mod shapes;
mod urls;

use std::{borrow::Cow, ops::Range};

/// What stands where a secret stood.
const MARK: &str = "[redacted]";

/// `text` with its secrets replaced by `[redacted]`.
///
/// Known: private keys in PEM, JSON web tokens, tokens with a vendor's prefix, cloud keys, passwords in URLs,
/// `Authorization` and cookie headers, values of names such as `password`, `token` or `api_key`, and long
/// random-looking strings. Hexadecimal digests, UIDs and image digests are not secrets and stay.
///
/// ```
/// let line = "connecting to postgres://app:s3cr3t@db:5432/shop";
/// assert_eq!(assistant::redact(line), "connecting to postgres://app:[redacted]@db:5432/shop");
/// ```
#[must_use]
pub fn redact(text: &str) -> String {
    let text = replace(text, pem::private_keys(text));
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        out.push_str(&redact_line(line));
    }
    out
}

fn redact_line(line: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    urls::scan(line, &mut spans);
    assignments::scan(line, &mut spans);
    headers::scan(line, &mut spans);
    shapes::scan(line, &mut spans);
    replace(line, spans)
}

/// The text with each span replaced; overlapping spans count as one.
fn replace(text: &str, mut spans: Vec<Range<usize>>) -> Cow<'_, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        if span.start >= at {
            out.push_str(&text[at..span.start]);
            out.push_str(MARK);
        }
        at = at.max(span.end);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// Words of a line with their places: maximal runs of characters that are neither space nor punctuation
/// that encloses words.
fn words(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_edge = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '"' | '\''
                    | '`'
                    | ','
                    | ';'
                    | '('
                    | ')'
                    | '{'
                    | '}'
                    | '<'
                    | '>'
                    | '['
                    | ']'
                    | '|'
                    | '\\'
            )
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(|c| !is_edge(c))?;
        let end = line[start..]
            .find(is_edge)
            .map_or(line.len(), |n| start + n);
        at = end;
        Some(start..end)
    })
}
