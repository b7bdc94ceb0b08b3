//! Any other kind, custom resources included: every field by its name.

use serde_json::Value;

use super::{
    common::{event_table, events_about, heading, labels_and_annotations},
    page::Page,
};
use crate::kubectl::{
    json::{members, shown},
    request::{Outcome, Session},
};

/// What the heading already shows.
const SHOWN_ALREADY: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

pub(super) async fn describe(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    labels_and_annotations(&mut page, object);
    fields(&mut page, 0, object, "");
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn fields(page: &mut Page, level: usize, content: &Value, path: &str) {
    for (key, value) in members(content, "") {
        let path = format!("{path}.{key}");
        if SHOWN_ALREADY.contains(&path.as_str()) {
            continue;
        }
        let label = label(key);
        match value {
            Value::Object(_) => {
                page.line(level, format_args!("{label}:"));
                fields(page, level + 1, value, &path);
            }
            Value::Array(items) => {
                page.line(level, format_args!("{label}:"));
                for item in items {
                    if item.is_object() {
                        fields(page, level + 1, item, &path);
                    } else {
                        page.line(level + 1, shown(item));
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                page.field(level, &label, shown(value));
            }
        }
    }
}

/// `lastTransitionTime` as `Last Transition Time`; keys with other than letters and dashes as they are.
fn label(key: &str) -> String {
    const ACRONYMS: [&str; 5] = ["API", "URL", "UID", "OSB", "GUID"];
    if !key.chars().all(|c| c.is_alphabetic() || c == '-') {
        return key.to_owned();
    }
    let words: Vec<String> = camel_words(key)
        .into_iter()
        .map(|word| {
            let upper = word.to_uppercase();
            if ACRONYMS.contains(&upper.as_str()) {
                return upper;
            }
            let mut characters = word.chars();
            characters
                .next()
                .map(|first| first.to_uppercase().chain(characters).collect())
                .unwrap_or_default()
        })
        .collect();
    words.join(" ")
}

/// Splits where the case changes; a capital before a small letter begins the next word.
fn camel_words(key: &str) -> Vec<String> {
    let class = |c: char| match c {
        c if c.is_lowercase() => 1,
        c if c.is_uppercase() => 2,
        _ => 3,
    };
    let mut words: Vec<String> = Vec::new();
    let mut last = 0;
    for c in key.chars() {
        match words.last_mut() {
            Some(word) if class(c) == last => word.push(c),
            Some(_) | None => words.push(c.to_string()),
        }
        last = class(c);
    }
    for index in 1..words.len() {
        let starts_low = words[index].starts_with(char::is_lowercase);
        if starts_low && words[index - 1].ends_with(char::is_uppercase) {
            let capital = words[index - 1].pop().expect("it ends with a capital");
            words[index].insert(0, capital);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels as kubectl v1.32 prints them.
    #[test]
    fn names_fields_as_kubectl_does() {
        for (key, expected) in [
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("creationTimestamp", "Creation Timestamp"),
            ("holderIdentity", "Holder Identity"),
            ("lastTransitionTime", "Last Transition Time"),
            ("podIPs", "Pod I Ps"),
            ("HTTPProxy", "HTTP Proxy"),
            ("app.kubernetes.io/name", "app.kubernetes.io/name"),
        ] {
            assert_eq!(label(key), expected, "{key}");
        }
    }
}
