//! A cluster's own words, made safe to show.
//!
//! They are treated as written by a stranger: control and direction characters are taken out, values that look
//! like credentials are blanked, and the rest is cut to [`SERVER_TEXT_LIMIT`] characters.

use domain::text::is_invisible;

/// Longest piece of a server's own words that is passed on, in characters.
const SERVER_TEXT_LIMIT: usize = 300;

/// A server's words made safe to show: one line, no control or direction characters, no credentials.
pub(crate) fn server_text(text: &str) -> String {
    let visible: String = text
        .chars()
        .take(SERVER_TEXT_LIMIT * 4)
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|&c| !c.is_control() && !is_invisible(c))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let blanked = blank_credentials(&words);
    if blanked.chars().count() <= SERVER_TEXT_LIMIT {
        return blanked;
    }
    blanked
        .chars()
        .take(SERVER_TEXT_LIMIT - 1)
        .chain(['…'])
        .collect()
}

/// Blanks what follows `token=`, `password:` and the like, and the word after `Bearer`.
fn blank_credentials(words: &[&str]) -> String {
    let mut blank_next = false;
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let lower = word.to_ascii_lowercase();
        if std::mem::take(&mut blank_next) {
            out.push("•••".to_owned());
            blank_next = lower == "bearer" || lower == "basic";
            continue;
        }
        match credential_value(&lower) {
            Some(at) if at < word.len() => out.push(format!("{}•••", &word[..at])),
            Some(_) => {
                blank_next = true;
                out.push((*word).to_owned());
            }
            None => {
                blank_next = lower == "bearer";
                out.push((*word).to_owned());
            }
        }
    }
    out.join(" ")
}

/// Where in a lower-cased word the value of a credential begins; its length when the value is the next word.
fn credential_value(lower: &str) -> Option<usize> {
    const NAMES: [&str; 7] = [
        "token",
        "password",
        "passwd",
        "secret",
        "apikey",
        "api_key",
        "authorization",
    ];
    NAMES
        .iter()
        .filter_map(|name| {
            let at = lower.find(name)? + name.len();
            let rest = lower[at..].trim_start_matches(['"', '\'']);
            let value = rest.strip_prefix(['=', ':'])?;
            Some(lower.len() - value.len())
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_cleans_what_the_server_says() {
        let text = server_text(&format!("a\u{202E}b\n\u{1b}[31mc {}", "x".repeat(900)));
        assert!(text.starts_with("ab [31mc xxx"), "{text}");
        assert_eq!(text.chars().count(), SERVER_TEXT_LIMIT);
    }
    #[test]
    fn blanks_what_looks_like_a_credential() {
        for (said, shown) in [
            ("denied token=abc123 for x", "denied token=••• for x"),
            (
                r#"body {"password":"hunter2"} end"#,
                r#"body {"password":••• end"#,
            ),
            (
                "header Authorization: Bearer eyJhbGciOi now",
                "header Authorization: ••• ••• now",
            ),
            ("the token has expired", "the token has expired"),
            ("Bearer eyJhbGciOi", "Bearer •••"),
        ] {
            assert_eq!(server_text(said), shown);
        }
    }
}
