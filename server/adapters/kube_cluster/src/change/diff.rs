//! A unified diff of an object as YAML, before and after.

use serde_json::Value;
use similar::TextDiff;

/// Lines shown around a change.
const CONTEXT: usize = 3;
/// Metadata that says nothing about a change.
const NOISE: [&str; 6] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
];
/// A copy of the whole object as it was once applied, environment variables included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The diff, empty when nothing changes. `name` heads both sides.
pub(super) fn diff(name: &str, before: &Value, after: &Value) -> String {
    let (before, after) = (yaml(before), yaml(after));
    if before == after {
        return String::new();
    }
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("{name} (now)"), &format!("{name} (after)"))
        .to_string()
}

/// The parts of an object that a person reads, values of environment variables blanked.
fn yaml(object: &Value) -> String {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in NOISE {
            meta.remove(field);
        }
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
        }
    }
    blank_environment(&mut object);
    serde_yaml_ng::to_string(&object).unwrap_or_default()
}

fn blank_environment(object: &mut Value) {
    for list in ["initContainers", "containers"] {
        let containers = object
            .pointer_mut(&format!("/spec/template/spec/{list}"))
            .and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let variables = container.get_mut("env").and_then(Value::as_array_mut);
            for variable in variables.into_iter().flatten() {
                if let Some(value) = variable.get_mut("value") {
                    *value = Value::from("•••");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployment(replicas: u32) -> Value {
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "resourceVersion": replicas.to_string(), "annotations": {LAST_APPLIED: "x"}},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": [
                {"name": "web", "env": [{"name": "KEY", "value": "hunter2"}]},
            ]}}},
            "status": {"replicas": replicas},
        })
    }

    #[test]
    fn shows_what_changes_and_no_noise() {
        let diff = diff("Deployment shop/web", &deployment(3), &deployment(8));
        assert!(
            diff.starts_with("--- Deployment shop/web (now)\n+++ Deployment shop/web (after)\n")
        );
        assert!(
            diff.contains("\n-  replicas: 3\n+  replicas: 8\n"),
            "{diff}"
        );
        assert!(
            !diff.contains("resourceVersion") && !diff.contains("hunter2"),
            "{diff}"
        );
    }

    #[test]
    fn is_empty_when_nothing_changes() {
        assert_eq!(diff("x", &deployment(3), &deployment(3)), "");
    }

    #[test]
    fn values_of_the_environment_are_never_shown() {
        assert!(!yaml(&deployment(1)).contains("hunter2"));
        assert!(!yaml(&deployment(1)).contains(LAST_APPLIED));
    }
}
