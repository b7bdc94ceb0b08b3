//! Passwords in URLs (`scheme://user:password@host`) and webhook addresses that are secrets themselves.

use std::ops::Range;

const SEPARATOR: &str = "://";

/// Paths whose rest is a credential.
const WEBHOOKS: &[&str] = &[
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "api.telegram.org/bot",
];

pub(super) fn scan(line: &str, spans: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = line[at..].find(SEPARATOR) {
        let start = at + found + SEPARATOR.len();
        let end = line[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'))
            .map_or(line.len(), |n| start + n);
        let rest = &line[start..end];
        if let Some(secret) = webhook(rest).or_else(|| password(rest)) {
            spans.push(start + secret.start..start + secret.end);
        }
        // Not past the word: a password may itself contain another URL's beginning.
        at = end;
    }
}

fn webhook(rest: &str) -> Option<Range<usize>> {
    WEBHOOKS.iter().find_map(|path| {
        let start = rest.find(path)? + path.len();
        let is_long = rest.len() >= start + 8;
        is_long.then_some(start..rest.len())
    })
}

/// The password between the first `:` and the last `@` of the authority; a lone long user name is a token.
fn password(rest: &str) -> Option<Range<usize>> {
    let authority = rest.find(['?', '#']).unwrap_or(rest.len());
    // A password may contain `/` when it was not escaped, so the last `@` before the query counts, but an
    // `@` in a path (`/npm/@scope/name`) follows a `/` directly.
    let at = rest[..authority]
        .rmatch_indices('@')
        .map(|(index, _)| index)
        .find(|&index| index > 0 && !rest[..index].ends_with('/'))?;
    let user_info = &rest[..at];
    match user_info.find(':') {
        Some(colon) => {
            let user = &user_info[..colon];
            let is_secret = colon + 1 < at && !user.contains('/');
            is_secret.then_some(colon + 1..at)
        }
        None => (at >= 16 && !user_info.contains('/')).then_some(0..at),
    }
}
