//! What texts of custom objects must look like: `pattern` and `format`.
//!
//! Formats follow `k8s.io/kube-openapi/pkg/validation/strfmt`; like the API server, this lets every text pass whose
//! format it does not know. Patterns are RE2's in a real cluster; the engine here reads the same syntax and, like
//! RE2, takes linear time.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use regex::Regex;
use serde_json::{Value, json};
use time::{Date, macros::format_description};

use crate::{api::names, status::Cause, value};
use domain::time::Timestamp;

/// What is wrong with a text.
pub(super) fn problems(schema: &Value, given: &str, at: &str) -> Vec<Cause> {
    let pattern = value::text(schema, "/pattern");
    let format = value::text(schema, "/format");
    let mismatch = (!pattern.is_empty() && !matches(pattern, given))
        .then(|| format!("{at} in body should match '{pattern}'"));
    let misshapen = (!has_format(format, given))
        .then(|| format!("{at} in body must be of type {format}: {given:?}"));
    mismatch
        .into_iter()
        .chain(misshapen)
        .map(|detail| Cause::invalid(at, &json!(given), &detail))
        .collect()
}

/// A pattern that cannot be read matches nothing.
fn matches(pattern: &str, given: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(given))
}

fn has_format(format: &str, given: &str) -> bool {
    match format {
        "date-time" => Timestamp::parse(given).is_some(),
        "date" => Date::parse(given, format_description!("[year]-[month]-[day]")).is_ok(),
        "byte" => STANDARD.decode(given).is_ok(),
        "ipv4" => given.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => given.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_network(given),
        "hostname" => names::subdomain(&given.to_lowercase()).is_none(),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => is_uuid(given),
        _ => true,
    }
}

/// `10.0.0.0/8`, `fd00::/8`.
fn is_network(given: &str) -> bool {
    let Some((address, bits)) = given.split_once('/') else {
        return false;
    };
    let most = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(_), _) => 32,
        (_, Ok(_)) => 128,
        (Err(_), Err(_)) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

/// 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(given: &str) -> bool {
    let groups: Vec<usize> = given.split('-').map(str::len).collect();
    let digits = given.bytes().filter(|byte| *byte != b'-');
    groups == [8, 4, 4, 4, 12] && digits.into_iter().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: Value, given: &str, expected: &[&str]) {
        let found: Vec<String> = problems(&schema, given, "spec.x")
            .iter()
            .map(|cause| cause.message.clone())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn matches_patterns_anywhere_unless_they_are_anchored() {
        check(json!({"pattern": "[0-9]"}), "a1b", &[]);
        check(
            json!({"pattern": "^[0-9]+$"}),
            "a1b",
            &[r#"Invalid value: "a1b": spec.x in body should match '^[0-9]+$'"#],
        );
    }

    #[test]
    fn knows_formats_and_lets_others_pass() {
        for (format, good, bad) in [
            ("date-time", "2026-01-01T00:00:00Z", "yesterday"),
            ("date", "2026-01-31", "2026-02-31"),
            ("byte", "YQ==", "%"),
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "fd00::1", "10.0.0.1"),
            ("cidr", "fd00::/64", "10.0.0.0/33"),
            ("hostname", "Shop.example", "a_b"),
            ("uuid", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0"),
        ] {
            check(json!({"format": format}), good, &[]);
            let expected =
                format!("Invalid value: {bad:?}: spec.x in body must be of type {format}: {bad:?}");
            check(json!({"format": format}), bad, &[&expected]);
        }
        check(json!({"format": "color"}), "no colour", &[]);
    }
}
