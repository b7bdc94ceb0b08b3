//! Private keys in PEM, over several lines or in one with `\n` written out.

use std::ops::Range;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Places of private keys, from `-----BEGIN` to the end of `-----END …-----`, or of the text when it is cut off.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(BEGIN) {
        let start = at + found;
        let label = start + BEGIN.len();
        at = label;
        if !is_private(&text[label..]) {
            continue;
        }
        let end = match text[label..].find(END) {
            Some(found) => {
                let footer = label + found + END.len();
                text[footer..]
                    .find(DASHES)
                    .map_or(text.len(), |n| footer + n + DASHES.len())
            }
            None => text.len(),
        };
        spans.push(start..end);
        at = end;
    }
    spans
}

/// Whether the label that begins here (`RSA PRIVATE KEY-----`) is of a private key. Certificates are public.
fn is_private(label: &str) -> bool {
    let label = label.get(..64).unwrap_or_else(|| {
        let end = (0..=label.len().min(64))
            .rev()
            .find(|&n| label.is_char_boundary(n));
        &label[..end.unwrap_or(0)]
    });
    label
        .split_once(DASHES)
        .is_some_and(|(name, _)| name.contains("PRIVATE KEY"))
}
