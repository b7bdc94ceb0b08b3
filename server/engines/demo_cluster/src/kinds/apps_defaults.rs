//! Defaults of workloads.
//!
//! Follows `pkg/apis/apps/v1/defaults.go`.

use serde_json::Value;

use super::pod_spec;
use crate::value::{self, set_default, text};

fn fill_template(workload: &mut Value) {
    if let Some(template) = workload.pointer_mut("/spec/template") {
        pod_spec::fill_template(template);
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
        // Go writes the time of an object that was not created yet.
        set_default(claim, &["metadata", "creationTimestamp"], Value::Null);
    }
}

/// Counts the templates that a DaemonSet has had.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// The number of templates that a DaemonSet has had, this one included.
pub(crate) fn template_generation(daemon_set: &Value) -> i64 {
    let count = daemon_set["metadata"]["annotations"]
        .get(TEMPLATE_GENERATION)
        .and_then(Value::as_str);
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// A new template raises the count by one; nothing else changes it. Source: `daemonSetStrategy.PrepareForUpdate`.
pub(crate) fn count_template(new: &mut Value, old: &Value) {
    let is_new = pod_template(new) != pod_template(old);
    let count = template_generation(old) + i64::from(is_new);
    let path = ["metadata", "annotations", TEMPLATE_GENERATION];
    value::set(new, &path, count.to_string());
}

pub(super) fn daemon_set_defaults(daemon_set: &mut Value) {
    fill_template(daemon_set);
    set_default(
        daemon_set,
        &["metadata", "annotations", TEMPLATE_GENERATION],
        "1",
    );
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fills_in_a_rolling_update() {
        let mut deployment = json!({"spec": {"template": {"spec": {"containers": []}}}});
        deployment_defaults(&mut deployment);
        assert_eq!(deployment["spec"]["replicas"], 1);
        assert_eq!(
            deployment["spec"]["strategy"],
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
        );
    }

    #[test]
    fn writes_that_templates_were_not_created_as_go_does() {
        let mut set = json!({"spec": {"template": {}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}});
        stateful_set_defaults(&mut set);
        let time_of = |pointer: &str| {
            set.pointer(pointer)
                .and_then(|it| it.get("creationTimestamp"))
        };
        assert_eq!(time_of("/spec/template/metadata"), Some(&Value::Null));
        assert_eq!(
            time_of("/spec/volumeClaimTemplates/0/metadata"),
            Some(&Value::Null)
        );
    }
}
