//! The group `apps/v1`: workloads.

use serde_json::json;

use super::{BASE, NO_RULES, apps_defaults, apps_rules as rules, selectable};
use crate::{
    registry::{
        KindSpec, Rules,
        Subresource::{Scale, Status},
    },
    table,
    value::set_default,
};

const APPS: KindSpec = KindSpec {
    group: "apps",
    categories: &["all"],
    subresources: &[Status, Scale],
    has_generation: true,
    ..BASE
};

pub(crate) const DEPLOYMENT: KindSpec = KindSpec {
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    definition: "Deployment",
    rules: Rules {
        defaults: apps_defaults::deployment_defaults,
        begin: |it| set_default(it, &["status"], json!({})),
        validate: rules::deployment_rules,
        validate_update: rules::selector_is_immutable,
        ..NO_RULES
    },
    printer: table::DEPLOYMENT,
    ..APPS
};

pub(crate) const REPLICA_SET: KindSpec = KindSpec {
    kind: "ReplicaSet",
    plural: "replicasets",
    singular: "replicaset",
    short_names: &["rs"],
    definition: "ReplicaSet",
    selectable: &[selectable("status.replicas", "/status/replicas")],
    rules: Rules {
        defaults: apps_defaults::replica_set_defaults,
        begin: |it| set_default(it, &["status"], json!({"replicas": 0})),
        validate: rules::replica_set_rules,
        validate_update: rules::selector_is_immutable,
        ..NO_RULES
    },
    printer: table::REPLICA_SET,
    ..APPS
};

pub(crate) const STATEFUL_SET: KindSpec = KindSpec {
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    definition: "StatefulSet",
    rules: Rules {
        defaults: apps_defaults::stateful_set_defaults,
        begin: |it| {
            let nothing_yet = json!({"availableReplicas": 0, "replicas": 0});
            set_default(it, &["status"], nothing_yet);
        },
        validate: rules::stateful_set_rules,
        validate_update: rules::stateful_set_update_rules,
        ..NO_RULES
    },
    printer: table::STATEFUL_SET,
    ..APPS
};

pub(crate) const DAEMON_SET: KindSpec = KindSpec {
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    subresources: &[Status],
    definition: "DaemonSet",
    rules: Rules {
        defaults: apps_defaults::daemon_set_defaults,
        begin: |it| {
            let nothing_yet = json!({
                "currentNumberScheduled": 0, "desiredNumberScheduled": 0,
                "numberMisscheduled": 0, "numberReady": 0,
            });
            set_default(it, &["status"], nothing_yet);
        },
        validate: rules::daemon_set_rules,
        validate_update: rules::selector_is_immutable,
        ..NO_RULES
    },
    printer: table::DAEMON_SET,
    ..APPS
};

pub(crate) const CONTROLLER_REVISION: KindSpec = KindSpec {
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    categories: &[],
    subresources: &[],
    has_generation: false,
    definition: "ControllerRevision",
    rules: Rules {
        validate_update: rules::data_is_immutable,
        ..NO_RULES
    },
    printer: table::CONTROLLER_REVISION,
    ..APPS
};
