//! What names, label keys and label values may look like.
//!
//! Rules and messages follow `k8s.io/apimachinery/pkg/util/validation`. Each function returns what is
//! wrong, or nothing.

use crate::registry::NameRule;

const SUBDOMAIN: &str = r"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What is wrong with an object's name under a rule.
#[must_use]
pub(crate) fn object_name(name: &str, rule: NameRule) -> Option<String> {
    match rule {
        NameRule::Subdomain => subdomain(name),
        NameRule::Label => label(name),
        NameRule::ServiceLabel => {
            let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
            check(name, 63, starts_well && is_label(name), SERVICE_LABEL)
        }
        NameRule::PathSegment => path_segment(name),
    }
}

/// What is wrong with a name that is part of a path and nothing else.
fn path_segment(name: &str) -> Option<String> {
    if matches!(name, "." | "..") {
        return Some(format!("may not be '{name}'"));
    }
    ["/", "%"]
        .into_iter()
        .find(|character| name.contains(character))
        .map(|character| format!("may not contain '{character}'"))
}

/// What is wrong with an RFC 1123 subdomain.
#[must_use]
pub(crate) fn subdomain(name: &str) -> Option<String> {
    check(name, 253, name.split('.').all(is_label), SUBDOMAIN)
}

/// What is wrong with an RFC 1123 label.
#[must_use]
pub(crate) fn label(name: &str) -> Option<String> {
    check(name, 63, is_label(name), LABEL)
}

/// What is wrong with the key of a label or annotation: `app.kubernetes.io/name`.
#[must_use]
pub(crate) fn qualified_name(key: &str) -> Option<String> {
    let name = match key.split_once('/') {
        Some(("", _)) => return Some("prefix part must be non-empty".to_owned()),
        Some((_, name)) if name.contains('/') => {
            return Some(format!(
                "a qualified name {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                QUALIFIED.trim_start_matches("name part ")
            ));
        }
        Some((prefix, name)) => {
            if let Some(problem) = subdomain(prefix) {
                return Some(format!("prefix part {problem}"));
            }
            name
        }
        None => key,
    };
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".to_owned());
    }
    (!is_word(name)).then(|| QUALIFIED.to_owned())
}

/// What is wrong with the value of a label.
#[must_use]
pub(crate) fn label_value(text: &str) -> Option<String> {
    check(text, 63, text.is_empty() || is_word(text), VALUE)
}

fn check(name: &str, max: usize, fits: bool, rule: &str) -> Option<String> {
    if name.len() > max {
        Some(format!("must be no more than {max} bytes"))
    } else {
        (!fits).then(|| rule.to_owned())
    }
}

fn is_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || c == '-')
}

fn is_word(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || "-_.".contains(c))
}

/// What is wrong with the name of a port, all of it. Source: `validation.IsValidPortName`.
pub(crate) fn port_name(name: &str) -> Vec<&'static str> {
    let is_in_charset = |c: char| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit();
    [
        (name.len() > 15, "must be no more than 15 bytes"),
        (
            name.is_empty() || !name.chars().all(is_in_charset),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (
            !name.contains(|c: char| c.is_ascii_lowercase()),
            "must contain at least one letter (a-z)",
        ),
        (name.contains("--"), "must not contain consecutive hyphens"),
        (
            name.starts_with('-') || name.ends_with('-'),
            "must not begin or end with a hyphen",
        ),
    ]
    .into_iter()
    .filter_map(|(is_broken, rule)| is_broken.then_some(rule))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_and_refuses_names() {
        for good in ["a", "web-1", "a.b", "1", "kube-root-ca.crt"] {
            assert_eq!(subdomain(good), None, "{good}");
        }
        for bad in [
            "",
            "A",
            "a_b",
            "-a",
            "a-",
            "a..b",
            ".",
            "ä",
            "a/b",
            &"x".repeat(254),
        ] {
            assert!(subdomain(bad).is_some(), "{bad}");
        }
        assert!(label("a.b").is_some());
        assert!(object_name("1web", NameRule::ServiceLabel).is_some());
        assert_eq!(object_name("web", NameRule::ServiceLabel), None);
        assert_eq!(object_name("system:node", NameRule::PathSegment), None);
        for bad in ["a/b", "..", "50%"] {
            assert!(object_name(bad, NameRule::PathSegment).is_some(), "{bad}");
        }
    }

    #[test]
    fn accepts_and_refuses_label_keys_and_values() {
        for good in ["app", "app.kubernetes.io/name", "a_B.c", "example.com/X"] {
            assert_eq!(qualified_name(good), None, "{good}");
        }
        for bad in ["", "/x", "x/", "a/b/c", "-x", "Ex ample/x", "EXAMPLE.com/x"] {
            assert!(qualified_name(bad).is_some(), "{bad}");
        }
        assert_eq!(label_value(""), None);
        assert_eq!(label_value("v1.2_x"), None);
        assert!(label_value("a b").is_some());
        assert!(label_value(&"x".repeat(64)).is_some());
    }
}
