//! Secrets known by their shape: vendors' prefixes, JSON web tokens, cloud keys, long random strings.

use std::ops::Range;

use super::words;

/// A vendor's prefix and how many characters follow at least. Sources: the vendors' documentation of their
/// token formats.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("gldt-", 20),
    ("glrt-", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxs-", 10),
    ("xoxe-", 10),
    ("xapp-", 10),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("whsec_", 16),
    ("gsk_", 20),
    ("hf_", 20),
    ("nvapi-", 20),
    ("r8_", 20),
    ("npm_", 30),
    ("pypi-", 30),
    ("dop_v1_", 30),
    ("doo_v1_", 30),
    ("hvs.", 20),
    ("hvb.", 20),
    ("glsa_", 20),
    ("glc_", 20),
    ("dckr_pat_", 20),
    ("shpat_", 20),
    ("shpss_", 20),
    ("sq0atp-", 20),
    ("sq0csp-", 20),
    ("AIza", 30),
    ("ya29.", 20),
    ("GOCSPX-", 20),
    ("1//0", 30),
    ("SG.", 30),
    ("lin_api_", 20),
    ("ATATT3x", 20),
    ("AGE-SECRET-KEY-1", 30),
    ("atlasv1.", 20),
    ("pul-", 30),
    ("tskey-", 16),
    ("dapi", 32),
    ("PMAK-", 30),
    ("NRAK-", 20),
    ("sntrys_", 20),
    ("aio_", 24),
    ("ai4k8s_", 16),
    ("K10", 40),
];

/// Prefixes of AWS access key ids; 16 upper-case letters and digits follow (AWS IAM, "Unique identifiers").
const AWS: &[&str] = &["AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA"];

/// The shortest string that is judged by its randomness.
const RANDOM_LENGTH: usize = 40;

/// Bits per character from which a string counts as random. English and paths stay below 4.2.
const RANDOM_BITS: f64 = 4.4;

pub(super) fn scan(line: &str, spans: &mut Vec<Range<usize>>) {
    for word in words(line) {
        for part in parts(line, word) {
            if is_secret(&line[part.clone()]) {
                spans.push(part);
            }
        }
    }
}

/// Pieces of a word at characters that no token has inside, so that `key=TOKEN` and `TOKEN:` are found.
fn parts(line: &str, word: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let text = &line[word.clone()];
    let mut at = word.start;
    text.split_inclusive([':', '&', '?', '@', '*', '!', '#'])
        .flat_map(|piece| {
            // `=` separates a name from its value, but it also pads base64 at the end.
            let body = piece.trim_end_matches('=');
            let cut = body.rfind('=').map_or(0, |n| n + 1);
            [&piece[..cut], &piece[cut..]]
        })
        .map(move |piece| {
            let start = at;
            at += piece.len();
            let trimmed = piece.trim_end_matches([':', '&', '?', '@', '*', '!', '#', '.']);
            start..start + trimmed.len()
        })
        .filter(|range| !range.is_empty())
}

fn is_secret(text: &str) -> bool {
    has_vendor_prefix(text) || is_aws_key(text) || is_json_web_token(text) || is_random(text)
}

fn has_vendor_prefix(text: &str) -> bool {
    let is_token =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=');
    PREFIXES.iter().any(|(prefix, least)| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            let has_digit = rest.bytes().any(|b| b.is_ascii_digit());
            rest.len() >= *least
                && has_digit
                && rest.chars().all(is_token)
                && is_unbroken(prefix, rest)
        })
    })
}

/// `sk-` and `pul-` also begin ordinary names (`sk-learn-training-job-2024`), which are words with dashes.
fn is_unbroken(prefix: &str, rest: &str) -> bool {
    let is_short = prefix.len() <= 4;
    !is_short || rest.split(['-', '_', '.']).any(|part| part.len() >= 16)
}

fn is_aws_key(text: &str) -> bool {
    let is_upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.len() == 20
        && text.bytes().all(is_upper)
        && AWS.iter().any(|prefix| text.starts_with(prefix))
}

/// Three base64url parts, the first of a JSON object (RFC 7519); also the first two of a cut-off one.
fn is_json_web_token(text: &str) -> bool {
    let is_part = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='))
    };
    let parts: Vec<&str> = text.splitn(6, '.').collect();
    text.starts_with("eyJ")
        && (2..=5).contains(&parts.len())
        && parts[0].len() >= 10
        && parts[1].len() >= 6
        && parts.iter().all(|part| is_part(part))
}

/// A long base64 string with upper case, lower case and digits, and little structure. Hexadecimal is not:
/// commits, digests and UIDs are everywhere and are no secrets.
fn is_random(text: &str) -> bool {
    let is_base64 =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let count = |test: fn(&u8) -> bool| text.as_bytes().iter().filter(|b| test(b)).count();
    text.len() >= RANDOM_LENGTH
        && !text.starts_with('/')
        && text.bytes().all(is_base64)
        && count(u8::is_ascii_uppercase) >= 4
        && count(u8::is_ascii_lowercase) >= 4
        && count(u8::is_ascii_digit) >= 3
        && text.split('/').all(|part| !is_wordlike(part))
        && bits_per_character(text) >= RANDOM_BITS
}

/// A segment of lower-case letters and dashes, as paths and image names have.
fn is_wordlike(part: &str) -> bool {
    part.len() >= 4 && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// Shannon entropy of the characters.
fn bits_per_character(text: &str) -> f64 {
    let mut counts = [0_u32; 128];
    for byte in text.bytes() {
        counts[usize::from(byte & 127)] += 1;
    }
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / length;
            -share * share.log2()
        })
        .sum()
}
