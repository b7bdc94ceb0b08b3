//! Defaults and rules of workloads.
//!
//! Follows `pkg/apis/apps/v1/defaults.go` and `pkg/apis/apps/validation/validation.go`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pod_spec;
use crate::{
    api::metadata,
    selector::LabelSelector,
    status::Cause,
    value::{self, items, set_default, text},
};

fn fill_template(workload: &mut Value) {
    if let Some(spec) = workload.pointer_mut("/spec/template/spec") {
        pod_spec::fill(spec);
    }
}

/// The workload's pod template with defaults filled in and without nulls: equal for what means the same.
pub(crate) fn pod_template(workload: &Value) -> Value {
    let mut template = workload["spec"]["template"].clone();
    value::drop_nulls(&mut template);
    if let Some(spec) = template.get_mut("spec") {
        pod_spec::fill(spec);
    }
    template
}

pub(super) fn deployment_defaults(deployment: &mut Value) {
    fill_template(deployment);
    set_default(deployment, &["spec", "replicas"], 1);
    set_default(deployment, &["spec", "revisionHistoryLimit"], 10);
    set_default(deployment, &["spec", "progressDeadlineSeconds"], 600);
    set_default(deployment, &["spec", "strategy", "type"], "RollingUpdate");
    if text(deployment, "/spec/strategy/type") == "RollingUpdate" {
        for field in ["maxSurge", "maxUnavailable"] {
            set_default(
                deployment,
                &["spec", "strategy", "rollingUpdate", field],
                "25%",
            );
        }
    }
}

pub(super) fn replica_set_defaults(replica_set: &mut Value) {
    fill_template(replica_set);
    set_default(replica_set, &["spec", "replicas"], 1);
}

pub(super) fn stateful_set_defaults(stateful_set: &mut Value) {
    fill_template(stateful_set);
    set_default(stateful_set, &["spec", "replicas"], 1);
    set_default(stateful_set, &["spec", "revisionHistoryLimit"], 10);
    set_default(
        stateful_set,
        &["spec", "podManagementPolicy"],
        "OrderedReady",
    );
    set_default(
        stateful_set,
        &["spec", "updateStrategy", "type"],
        "RollingUpdate",
    );
    if text(stateful_set, "/spec/updateStrategy/type") == "RollingUpdate" {
        let path = ["spec", "updateStrategy", "rollingUpdate", "partition"];
        set_default(stateful_set, &path, 0);
    }
    for field in ["whenDeleted", "whenScaled"] {
        let path = ["spec", "persistentVolumeClaimRetentionPolicy", field];
        set_default(stateful_set, &path, "Retain");
    }
    let claims = stateful_set
        .pointer_mut("/spec/volumeClaimTemplates")
        .and_then(Value::as_array_mut);
    for claim in claims.into_iter().flatten() {
        set_default(claim, &["apiVersion"], "v1");
        set_default(claim, &["kind"], "PersistentVolumeClaim");
        set_default(claim, &["spec", "volumeMode"], "Filesystem");
        set_default(claim, &["status", "phase"], "Pending");
    }
}

pub(super) fn daemon_set_defaults(daemon_set: &mut Value) {
    fill_template(daemon_set);
    set_default(daemon_set, &["spec", "revisionHistoryLimit"], 10);
    set_default(
        daemon_set,
        &["spec", "updateStrategy", "type"],
        "RollingUpdate",
    );
    if text(daemon_set, "/spec/updateStrategy/type") == "RollingUpdate" {
        let path = |field| ["spec", "updateStrategy", "rollingUpdate", field];
        set_default(daemon_set, &path("maxUnavailable"), 1);
        set_default(daemon_set, &path("maxSurge"), 0);
    }
}

pub(super) fn deployment_rules(deployment: &Value) -> Vec<Cause> {
    let mut causes = workload_rules(deployment);
    let types = ["Recreate", "RollingUpdate"];
    let kind = text(deployment, "/spec/strategy/type");
    if !types.contains(&kind) {
        causes.push(Cause::not_supported("spec.strategy.type", kind, &types));
    }
    let rolling = deployment.pointer("/spec/strategy/rollingUpdate");
    match rolling {
        Some(rolling) if kind == "RollingUpdate" => causes.extend(rolling_rules(rolling)),
        Some(_) => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            causes.push(Cause::forbidden("spec.strategy.rollingUpdate", detail));
        }
        None => {}
    }
    let deadline = value::integer(deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
    if deadline <= value::integer(deployment, "/spec/minReadySeconds").unwrap_or(0) {
        let field = "spec.progressDeadlineSeconds";
        causes.push(Cause::invalid(
            field,
            &json!(deadline),
            "must be greater than minReadySeconds",
        ));
    }
    causes
}

fn rolling_rules(rolling: &Value) -> Vec<Cause> {
    let at = "spec.strategy.rollingUpdate";
    let mut causes = Vec::new();
    for field in ["maxUnavailable", "maxSurge"] {
        if let Some(problem) = portion_problem(&rolling[field]) {
            causes.push(Cause::invalid(
                format!("{at}.{field}"),
                &rolling[field],
                problem,
            ));
        }
    }
    let is_zero = |value: &Value| value == &json!(0) || value == &json!("0%");
    if is_zero(&rolling["maxUnavailable"]) && is_zero(&rolling["maxSurge"]) {
        let detail = "may not be 0 when `maxSurge` is 0";
        causes.push(Cause::invalid(
            format!("{at}.maxUnavailable"),
            &rolling["maxUnavailable"],
            detail,
        ));
    }
    causes
}

pub(super) fn portion_problem(portion: &Value) -> Option<&'static str> {
    let percent = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    match portion {
        Value::Number(number) => {
            (number.as_i64() < Some(0)).then_some("must be greater than or equal to 0")
        }
        Value::String(text) => text
            .strip_suffix('%')
            .is_none_or(|digits| digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()))
            .then_some(percent),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A StatefulSet's containers may mount its claims as well as the volumes of its template.
pub(super) fn stateful_set_rules(stateful_set: &Value) -> Vec<Cause> {
    let claims = items(stateful_set, "/spec/volumeClaimTemplates");
    rules_with_volumes(stateful_set, claims.iter().map(value::name).collect())
}

/// Rules that all kinds of workloads share.
pub(super) fn workload_rules(workload: &Value) -> Vec<Cause> {
    rules_with_volumes(workload, BTreeSet::new())
}

/// The rules of a workload whose controller adds `volumes` to its pods.
fn rules_with_volumes(workload: &Value, volumes: BTreeSet<&str>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (pointer, field) in [
        ("/spec/replicas", "spec.replicas"),
        ("/spec/minReadySeconds", "spec.minReadySeconds"),
        ("/spec/revisionHistoryLimit", "spec.revisionHistoryLimit"),
    ] {
        if let Some(number) = value::integer(workload, pointer).filter(|number| *number < 0) {
            causes.push(Cause::invalid(
                field,
                &json!(number),
                "must be greater than or equal to 0",
            ));
        }
    }
    causes.extend(selector_rules(workload));
    let template = &workload["spec"]["template"];
    causes.extend(metadata::label_rules(template, "spec.template.metadata"));
    causes.extend(pod_spec::check_with_volumes(
        &template["spec"],
        "spec.template.spec",
        &["Always"],
        volumes,
    ));
    causes
}

fn selector_rules(workload: &Value) -> Vec<Cause> {
    let selector = workload.pointer("/spec/selector");
    if selector.is_none() {
        return vec![Cause::required("spec.selector", "")];
    }
    let parsed = LabelSelector::from_object(selector);
    if parsed.is_empty() {
        let detail = "empty selector is invalid for deployment";
        let shown = go_selector(selector.unwrap_or(&Value::Null));
        return vec![Cause::invalid_shown("spec.selector", &shown, detail)];
    }
    let labels = value::map(workload, "/spec/template/metadata/labels");
    if parsed.matches(labels) {
        return Vec::new();
    }
    let shown = go_map(workload.pointer("/spec/template/metadata/labels"));
    vec![Cause::invalid_shown(
        "spec.template.metadata.labels",
        &shown,
        "`selector` does not match template `labels`",
    )]
}

/// A map as Go's `%#v` prints it, which is how the API server shows it.
fn go_map(labels: Option<&Value>) -> String {
    let Some(Value::Object(labels)) = labels else {
        return "map[string]string(nil)".to_owned();
    };
    let mut entries: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key:?}:{:?}", value.as_str().unwrap_or_default()))
        .collect();
    entries.sort();
    format!("map[string]string{{{}}}", entries.join(", "))
}

fn go_selector(selector: &Value) -> String {
    let expressions: Vec<String> = items(selector, "/matchExpressions")
        .iter()
        .map(|expression| {
            let values: Vec<String> = items(expression, "/values")
                .iter()
                .map(Value::to_string)
                .collect();
            format!(
                "v1.LabelSelectorRequirement{{Key:{:?}, Operator:{:?}, Values:[]string{{{}}}}}",
                text(expression, "/key"),
                text(expression, "/operator"),
                values.join(", ")
            )
        })
        .collect();
    let expressions = if expressions.is_empty() {
        "[]v1.LabelSelectorRequirement(nil)".to_owned()
    } else {
        format!(
            "[]v1.LabelSelectorRequirement{{{}}}",
            expressions.join(", ")
        )
    };
    let labels = go_map(selector.get("matchLabels"));
    format!("v1.LabelSelector{{MatchLabels:{labels}, MatchExpressions:{expressions}}}")
}

pub(super) fn selector_is_immutable(new: &Value, old: &Value) -> Vec<Cause> {
    let selector = &new["spec"]["selector"];
    if selector == &old["spec"]["selector"] {
        return Vec::new();
    }
    vec![Cause::invalid_shown(
        "spec.selector",
        &go_selector(selector),
        "field is immutable",
    )]
}

/// A revision is what a workload once was.
pub(super) fn data_is_immutable(new: &Value, old: &Value) -> Vec<Cause> {
    if new["data"] == old["data"] {
        return Vec::new();
    }
    vec![Cause::invalid("data", &new["data"], "field is immutable")]
}

/// Fields of a StatefulSet that may change.
const STATEFUL_SET_MUTABLE: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

pub(super) fn stateful_set_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let fixed = |object: &Value| {
        let mut spec = object["spec"].clone();
        for field in STATEFUL_SET_MUTABLE {
            value::remove(&mut spec, &[field]);
        }
        value::drop_nulls(&mut spec);
        spec
    };
    if fixed(new) == fixed(old) {
        return Vec::new();
    }
    vec![Cause::forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Value {
        let mut deployment = json!({"spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx:1"}]}}}});
        deployment_defaults(&mut deployment);
        deployment
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &str) {
        let mut changed = deployment();
        change(&mut changed);
        let found: Vec<String> = deployment_rules(&changed)
            .iter()
            .map(Cause::to_string)
            .collect();
        assert_eq!(found, [expected]);
    }

    #[test]
    fn fills_in_a_rolling_update() {
        let deployment = deployment();
        assert_eq!(deployment["spec"]["replicas"], 1);
        assert_eq!(
            deployment["spec"]["strategy"],
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
        );
        assert_eq!(deployment_rules(&deployment), []);
    }

    #[test]
    fn words_what_is_wrong_with_a_deployment() {
        check(
            |d| d["spec"]["replicas"] = json!(-1),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        );
        check(
            |d| drop(value::remove(d, &["spec", "selector"])),
            "spec.selector: Required value",
        );
        check(
            |d| d["spec"]["template"]["metadata"]["labels"] = json!({"app": "x"}),
            "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"x\"}: `selector` does not match template `labels`",
        );
        check(
            |d| d["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = json!("half"),
            "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        );
        check(
            |d| d["spec"]["strategy"]["type"] = json!("Recreate"),
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        );
    }

    #[test]
    fn keeps_selectors_as_they_are() {
        let (old, mut new) = (deployment(), deployment());
        new["spec"]["selector"]["matchLabels"] = json!({"app": "new"});
        assert_eq!(
            selector_is_immutable(&new, &old)[0].to_string(),
            "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"new\"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable"
        );
        assert_eq!(selector_is_immutable(&old, &old), []);
    }

    #[test]
    fn mounts_the_claims_of_a_stateful_set() {
        let mut set = deployment();
        set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
            json!([{"name": "data", "mountPath": "/data"}]);
        set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}}]);
        assert_eq!(stateful_set_rules(&set), []);
        set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "log"}}]);
        assert_eq!(
            stateful_set_rules(&set)[0].to_string(),
            r#"spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data""#
        );
    }

    #[test]
    fn takes_null_for_absent_when_a_stateful_set_changes() {
        let claim =
            |metadata: Value| json!({"spec": {"volumeClaimTemplates": [{"metadata": metadata}]}});
        let old = claim(json!({"name": "data", "creationTimestamp": null}));
        assert_eq!(
            stateful_set_update_rules(&claim(json!({"name": "data"})), &old),
            []
        );
        assert_eq!(
            stateful_set_update_rules(&claim(json!({"name": "log"})), &old).len(),
            1
        );
    }

    #[test]
    fn lets_only_some_fields_of_a_stateful_set_change() {
        let old = json!({"spec": {"serviceName": "db", "replicas": 1}});
        assert_eq!(
            stateful_set_update_rules(&json!({"spec": {"serviceName": "db", "replicas": 3}}), &old),
            []
        );
        assert_eq!(
            stateful_set_update_rules(&json!({"spec": {"serviceName": "x", "replicas": 1}}), &old)
                .len(),
            1
        );
    }
}
