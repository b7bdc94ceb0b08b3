//! The values of Secrets are taken out of an answer before anything else sees it.
//!
//! Names, types, keys and the length of each value stay, which is what `kubectl describe secret` shows.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// Holds a copy of everything that was once applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A Secret or a list of them, as JSON, with every value replaced by as many zero bytes; `None` when it is not JSON.
pub(crate) fn mask(json: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(json).ok()?;
    mask_secret(&mut answer);
    let items = answer.get_mut("items").and_then(Value::as_array_mut);
    for secret in items.into_iter().flatten() {
        mask_secret(secret);
    }
    serde_json::to_vec(&answer).ok()
}

fn mask_secret(secret: &mut Value) {
    for (field, blank) in [
        ("data", blank_encoded as fn(&str) -> String),
        ("stringData", blank_plain),
    ] {
        match secret.get_mut(field) {
            Some(Value::Object(values)) => {
                for value in values.values_mut() {
                    *value = Value::from(blank(value.as_str().unwrap_or_default()));
                }
            }
            Some(other) => *other = Value::Null,
            None => {}
        }
    }
    if let Some(annotations) = secret
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(LAST_APPLIED);
    }
}

fn blank_encoded(value: &str) -> String {
    let length = STANDARD
        .decode(value)
        .map_or(value.len(), |bytes| bytes.len());
    STANDARD.encode(vec![0_u8; length])
}

fn blank_plain(value: &str) -> String {
    "*".repeat(value.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn masked(answer: &Value) -> Value {
        serde_json::from_slice(&mask(answer.to_string().as_bytes()).unwrap()).unwrap()
    }

    fn secret() -> Value {
        json!({
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {"name": "db", "annotations": {LAST_APPLIED: "{\"data\":{}}", "team": "shop"}},
            "data": {"password": STANDARD.encode("hunter2"), "odd": "not base64!"},
            "stringData": {"token": "hunter2"},
        })
    }

    #[test]
    fn keys_and_lengths_stay_and_values_go() {
        let masked = masked(&secret());
        assert_eq!(masked["data"]["password"], STANDARD.encode([0; 7]));
        assert_eq!(masked["stringData"]["token"], "*******");
        assert_eq!(masked["metadata"]["annotations"], json!({"team": "shop"}));
        assert_eq!(masked["type"], "Opaque");
    }

    #[test]
    fn every_secret_of_a_list_is_masked() {
        let text =
            masked(&json!({"kind": "SecretList", "items": [secret(), secret()]})).to_string();
        assert!(
            !text.contains(&STANDARD.encode("hunter2")) && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn values_in_another_shape_go_as_a_whole() {
        assert_eq!(
            masked(&json!({"data": ["aHVudGVyMg=="]}))["data"],
            Value::Null
        );
        let nested = json!({"data": {"a": {"b": "aHVudGVyMg=="}}});
        assert!(!masked(&nested).to_string().contains("aHVudGVyMg=="));
    }

    #[test]
    fn what_is_not_json_is_not_passed_on() {
        assert_eq!(mask(b"password: hunter2"), None);
    }
}
