//! Which nodes a pod asks for: `nodeSelector` and required node affinity.
//!
//! Source: Kubernetes documentation, "Assigning Pods to Nodes".

use serde_json::{Value, json};

use crate::{value, world::has_labels};

/// Where required node affinity is in a pod.
const REQUIRED: &str =
    "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

/// Whether the node is one the pod asks for: its `nodeSelector` and one of its affinity terms match.
pub(super) fn admits(node: &Value, pod: &Value) -> bool {
    let selected =
        value::map(pod, "/spec/nodeSelector").is_none_or(|wanted| has_labels(node, wanted));
    let terms = value::items(pod, REQUIRED);
    selected && (terms.is_empty() || terms.iter().any(|term| term_matches(node, term)))
}

/// Whether all requirements of a term match; a term without requirements matches nothing.
fn term_matches(node: &Value, term: &Value) -> bool {
    let (labels, fields) = (
        value::items(term, "/matchExpressions"),
        value::items(term, "/matchFields"),
    );
    let label = |key: &str| {
        value::map(node, "/metadata/labels")
            .and_then(|labels| labels.get(key))
            .and_then(Value::as_str)
    };
    let field = |key: &str| (key == "metadata.name").then(|| value::name(node));
    !(labels.is_empty() && fields.is_empty())
        && labels.iter().all(|it| requirement_matches(it, label))
        && fields.iter().all(|it| requirement_matches(it, field))
}

fn requirement_matches<'a>(requirement: &Value, of: impl Fn(&str) -> Option<&'a str>) -> bool {
    let found = of(value::text(requirement, "/key"));
    let values = value::items(requirement, "/values");
    let is_listed = found.is_some_and(|found| values.iter().any(|value| value == found));
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = values.first().and_then(Value::as_str).and_then(number);
    let found_number = found.and_then(number);
    match value::text(requirement, "/operator") {
        "In" => is_listed,
        "NotIn" => !is_listed,
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        "Gt" => found_number
            .zip(bound)
            .is_some_and(|(found, bound)| found > bound),
        "Lt" => found_number
            .zip(bound)
            .is_some_and(|(found, bound)| found < bound),
        _ => false,
    }
}

/// Ties a pod to one node, in the way the `DaemonSet` controller does.
pub(super) fn pin(pod: &mut Value, node: &str) {
    let field = json!({"key": "metadata.name", "operator": "In", "values": [node]});
    let mut terms = value::items(pod, REQUIRED).to_vec();
    if terms.is_empty() {
        terms.push(json!({}));
    }
    for term in &mut terms {
        term["matchFields"] = json!([field]);
    }
    let path = REQUIRED
        .trim_start_matches('/')
        .split('/')
        .collect::<Vec<_>>();
    value::set(pod, &path, json!(terms));
}

/// The node a pod is bound to, or else tied to; empty when it is neither.
pub(super) fn target(pod: &Value) -> &str {
    let bound = value::text(pod, "/spec/nodeName");
    if !bound.is_empty() {
        return bound;
    }
    let first = value::items(pod, REQUIRED).first().unwrap_or(&Value::Null);
    value::text(first, "/matchFields/0/values/0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Value {
        json!({"metadata": {"name": "node-2", "labels": {"disk": "ssd", "cores": "8"}}})
    }

    #[track_caller]
    fn check(key: &str, operator: &str, values: &[&str], expected: bool) {
        let term =
            json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        assert_eq!(term_matches(&node(), &term), expected, "{operator}");
    }

    #[test]
    fn requirements_are_those_of_node_selectors() {
        check("disk", "In", &["ssd", "nvme"], true);
        check("disk", "NotIn", &["ssd"], false);
        check("zone", "NotIn", &["a"], true);
        check("zone", "DoesNotExist", &[], true);
        check("cores", "Gt", &["4"], true);
        check("cores", "Lt", &["8"], false);
    }

    #[test]
    fn a_pinned_pod_is_admitted_by_its_node_alone() {
        let mut pod = json!({"spec": {}});
        pin(&mut pod, "node-2");
        assert!(admits(&node(), &pod));
        assert_eq!(target(&pod), "node-2");
        pin(&mut pod, "node-3");
        assert!(!admits(&node(), &pod));
    }

    #[test]
    fn an_empty_term_matches_nothing() {
        assert!(!term_matches(&node(), &json!({})));
    }
}
