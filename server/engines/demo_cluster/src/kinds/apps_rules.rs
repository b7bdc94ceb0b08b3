//! Rules of workloads, in the order in which the API server tells what breaks them.
//!
//! Follows `pkg/apis/apps/validation/validation.go`. What fills a workload is [`super::apps_defaults`].

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pod_spec;
use crate::{
    api::metadata,
    selector::LabelSelector,
    status::Cause,
    value::{self, items, text},
};

pub(super) fn deployment_rules(deployment: &Value) -> Vec<Cause> {
    let mut causes = not_negative(deployment, &["replicas"]);
    causes.extend(selector_rules(deployment, "deployment"));
    causes.extend(template_rules(deployment, "ReplicaSet", BTreeSet::new()));
    causes.extend(strategy_rules(deployment));
    causes.extend(not_negative(
        deployment,
        &["minReadySeconds", "revisionHistoryLimit"],
    ));
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

fn strategy_rules(deployment: &Value) -> Vec<Cause> {
    let rolling = deployment.pointer("/spec/strategy/rollingUpdate");
    match (text(deployment, "/spec/strategy/type"), rolling) {
        ("RollingUpdate", rolling) => rolling_rules(rolling.unwrap_or(&Value::Null)),
        ("Recreate", None) => Vec::new(),
        ("Recreate", Some(_)) => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            vec![Cause::forbidden("spec.strategy.rollingUpdate", detail)]
        }
        (kind, rolling) => {
            // Go prints the address of what is there; none is made up for it here.
            let rolling = rolling.map_or("(nil)", |_| "{}");
            let shown = format!(
                "apps.DeploymentStrategy{{Type:{kind:?}, RollingUpdate:(*apps.RollingUpdateDeployment){rolling}}}"
            );
            let types = ["Recreate", "RollingUpdate"];
            vec![Cause::not_supported_shown("spec.strategy", &shown, &types)]
        }
    }
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
    let volumes = claims.iter().map(value::name).collect();
    let mut causes = not_negative(
        stateful_set,
        &["replicas", "minReadySeconds", "revisionHistoryLimit"],
    );
    causes.extend(selector_rules(stateful_set, "statefulset"));
    causes.extend(template_rules(stateful_set, "StatefulSet", volumes));
    causes
}

pub(super) fn daemon_set_rules(daemon_set: &Value) -> Vec<Cause> {
    let mut causes: Vec<Cause> = match_rules(daemon_set, "daemonset").into_iter().collect();
    causes.extend(template_rules(daemon_set, "DaemonSet", BTreeSet::new()));
    causes.extend(not_negative(
        daemon_set,
        &["minReadySeconds", "revisionHistoryLimit"],
    ));
    causes
}

pub(super) fn replica_set_rules(replica_set: &Value) -> Vec<Cause> {
    let mut causes = not_negative(replica_set, &["replicas", "minReadySeconds"]);
    // The API server says "deployment" here as well.
    causes.extend(selector_rules(replica_set, "deployment"));
    causes.extend(template_rules(replica_set, "ReplicaSet", BTreeSet::new()));
    causes
}

/// Fields of the spec that count something.
fn not_negative(workload: &Value, fields: &[&str]) -> Vec<Cause> {
    let numbers = fields.iter().filter_map(|field| {
        let number = value::integer(&workload["spec"], &format!("/{field}"))?;
        (number < 0).then(|| {
            let detail = "must be greater than or equal to 0";
            Cause::invalid(format!("spec.{field}"), &json!(number), detail)
        })
    });
    numbers.collect()
}

/// The rules of a pod template; `owner` is who makes pods of it and adds `volumes` to them.
fn template_rules(workload: &Value, owner: &str, volumes: BTreeSet<&str>) -> Vec<Cause> {
    let template = &workload["spec"]["template"];
    let at = "spec.template.spec";
    let mut causes = metadata::label_rules(template, "spec.template.metadata");
    causes.extend(pod_spec::check_with_volumes(
        &template["spec"],
        at,
        &["Always"],
        volumes,
    ));
    if template["spec"].get("activeDeadlineSeconds").is_some() {
        let detail = format!("activeDeadlineSeconds in {owner} is not Supported");
        causes.push(Cause::forbidden(
            format!("{at}.activeDeadlineSeconds"),
            &detail,
        ));
    }
    causes
}

/// A selector is given; see also [`match_rules`].
fn selector_rules(workload: &Value, word: &str) -> Vec<Cause> {
    let is_given = workload.pointer("/spec/selector").is_some();
    let missing = (!is_given).then(|| Cause::required("spec.selector", ""));
    missing
        .into_iter()
        .chain(match_rules(workload, word))
        .collect()
}

/// A selector is not empty and selects the pods of the template; `word` is what messages call the kind.
fn match_rules(workload: &Value, word: &str) -> Option<Cause> {
    let selector = workload.pointer("/spec/selector");
    let parsed = LabelSelector::from_object(selector);
    if let Some(selector) = selector.filter(|_| parsed.is_empty()) {
        let detail = format!("empty selector is invalid for {word}");
        let shown = go_selector(selector);
        return Some(Cause::invalid_shown("spec.selector", &shown, &detail));
    }
    let labels = value::map(workload, "/spec/template/metadata/labels");
    // No selector selects nothing.
    if selector.is_some() && parsed.matches(labels) {
        return None;
    }
    let shown = go_map(workload.pointer("/spec/template/metadata/labels"));
    Some(Cause::invalid_shown(
        "spec.template.metadata.labels",
        &shown,
        "`selector` does not match template `labels`",
    ))
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
    use super::{super::apps_defaults::deployment_defaults, *};

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
    fn words_what_is_wrong_with_a_deployment() {
        check(
            |d| d["spec"]["replicas"] = json!(-1),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
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
    fn tells_mistakes_in_the_order_of_the_api_server() {
        let mut deployment = deployment();
        deployment["spec"]["replicas"] = json!(-1);
        deployment["spec"]["minReadySeconds"] = json!(-3);
        deployment["spec"]["strategy"] = json!({"type": "Zap"});
        value::remove(&mut deployment, &["spec", "selector"]);
        let causes = deployment_rules(&deployment);
        let fields: Vec<&str> = causes.iter().map(|cause| cause.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "spec.replicas",
                "spec.selector",
                "spec.template.metadata.labels",
                "spec.strategy",
                "spec.minReadySeconds",
            ]
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
