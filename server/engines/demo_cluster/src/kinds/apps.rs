//! The group `apps/v1`: workloads.

use super::{BASE, selectable};
use crate::registry::{
    KindSpec,
    Subresource::{Scale, Status},
};

const APPS: KindSpec = KindSpec {
    group: "apps",
    categories: &["all"],
    subresources: &[Status, Scale],
    ..BASE
};

pub(crate) const DEPLOYMENT: KindSpec = KindSpec {
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    definition: "Deployment",
    ..APPS
};

pub(crate) const REPLICA_SET: KindSpec = KindSpec {
    kind: "ReplicaSet",
    plural: "replicasets",
    singular: "replicaset",
    short_names: &["rs"],
    definition: "ReplicaSet",
    selectable: &[selectable("status.replicas", "/status/replicas")],
    ..APPS
};

pub(crate) const STATEFUL_SET: KindSpec = KindSpec {
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    definition: "StatefulSet",
    ..APPS
};

pub(crate) const DAEMON_SET: KindSpec = KindSpec {
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    subresources: &[Status],
    definition: "DaemonSet",
    ..APPS
};
