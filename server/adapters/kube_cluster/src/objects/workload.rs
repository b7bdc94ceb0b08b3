//! `apps/v1` workloads: Deployment, StatefulSet and DaemonSet.

use domain::{
    ids::ObjectName,
    resources::{Workload, WorkloadKind, WorkloadRef},
    units::Replicas,
};
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};

use super::{asked, count, created};

/// Annotations with this prefix are the product's own.
const OWN_ANNOTATIONS: &str = "ai4k8s.io/";

/// What the three kinds have in common.
pub(crate) struct Replicated {
    kind: WorkloadKind,
    metadata: ObjectMeta,
    selector: LabelSelector,
    template: PodTemplateSpec,
    replicas: u32,
    ready: u32,
    updated: u32,
    paused: bool,
}

impl From<Deployment> for Replicated {
    fn from(object: Deployment) -> Self {
        let spec = object.spec.unwrap_or_default();
        let status = object.status.unwrap_or_default();
        Self {
            kind: WorkloadKind::Deployment,
            metadata: object.metadata,
            selector: spec.selector,
            template: spec.template,
            // The API's own default is 1.
            replicas: count(spec.replicas.or(Some(1))),
            ready: count(status.ready_replicas),
            updated: count(status.updated_replicas),
            paused: spec.paused.unwrap_or(false),
        }
    }
}

impl From<StatefulSet> for Replicated {
    fn from(object: StatefulSet) -> Self {
        let spec = object.spec.unwrap_or_default();
        let status = object.status.unwrap_or_default();
        Self {
            kind: WorkloadKind::StatefulSet,
            metadata: object.metadata,
            selector: spec.selector,
            template: spec.template,
            replicas: count(spec.replicas.or(Some(1))),
            ready: count(status.ready_replicas),
            updated: count(status.updated_replicas),
            paused: false,
        }
    }
}

impl From<DaemonSet> for Replicated {
    fn from(object: DaemonSet) -> Self {
        let spec = object.spec.unwrap_or_default();
        let status = object.status.unwrap_or_default();
        Self {
            kind: WorkloadKind::DaemonSet,
            metadata: object.metadata,
            selector: spec.selector,
            template: spec.template,
            replicas: count(Some(status.desired_number_scheduled)),
            ready: count(Some(status.number_ready)),
            updated: count(status.updated_number_scheduled),
            paused: false,
        }
    }
}

/// A workload; `None` for one without a proper name.
pub(crate) fn workload(object: impl Into<Replicated>) -> Option<Workload> {
    let object = object.into();
    let meta = object.metadata;
    let created_at = created(&meta);
    let containers = object
        .template
        .spec
        .map(|spec| spec.containers)
        .unwrap_or_default();
    let asked = asked(&containers);
    Some(Workload {
        reference: WorkloadRef {
            kind: object.kind,
            namespace: ObjectName::new(meta.namespace?).ok()?,
            name: ObjectName::new(meta.name?).ok()?,
        },
        uid: meta.uid.unwrap_or_default(),
        resource_version: meta.resource_version.unwrap_or_default(),
        replicas: Replicas(object.replicas),
        ready_replicas: Replicas(object.ready),
        updated_replicas: Replicas(object.updated),
        cpu_request: asked.cpu_request,
        memory_request: asked.memory_request,
        memory_limit: asked.memory_limit,
        images: containers
            .into_iter()
            .map(|container| container.image.unwrap_or_default())
            .collect(),
        selector: object.selector.match_labels.unwrap_or_default(),
        annotations: meta
            .annotations
            .unwrap_or_default()
            .into_iter()
            .filter(|(key, _)| key.starts_with(OWN_ANNOTATIONS))
            .collect(),
        paused: object.paused,
        created_at,
    })
}
