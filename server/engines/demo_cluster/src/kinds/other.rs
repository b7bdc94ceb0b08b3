//! Leases, and the kinds that are computed when asked for: metrics and access reviews.

use super::BASE;
use crate::{registry::KindSpec, table};

pub(crate) const LEASE: KindSpec = KindSpec {
    group: "coordination.k8s.io",
    kind: "Lease",
    plural: "leases",
    singular: "lease",
    definition: "Lease",
    printer: table::LEASE,
    ..BASE
};

const METRICS: KindSpec = KindSpec {
    group: "metrics.k8s.io",
    version: "v1beta1",
    verbs: &["get", "list"],
    stored: false,
    ..BASE
};

pub(crate) const NODE_METRICS: KindSpec = KindSpec {
    kind: "NodeMetrics",
    plural: "nodes",
    namespaced: false,
    definition: "NodeMetrics",
    ..METRICS
};

pub(crate) const POD_METRICS: KindSpec = KindSpec {
    kind: "PodMetrics",
    plural: "pods",
    definition: "PodMetrics",
    ..METRICS
};

const REVIEW: KindSpec = KindSpec {
    namespaced: false,
    verbs: &["create"],
    stored: false,
    ..BASE
};

pub(crate) const SELF_SUBJECT_ACCESS_REVIEW: KindSpec = KindSpec {
    group: "authorization.k8s.io",
    kind: "SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
    singular: "selfsubjectaccessreview",
    definition: "SelfSubjectAccessReview",
    ..REVIEW
};

pub(crate) const SELF_SUBJECT_RULES_REVIEW: KindSpec = KindSpec {
    group: "authorization.k8s.io",
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    definition: "SelfSubjectRulesReview",
    ..REVIEW
};

pub(crate) const SELF_SUBJECT_REVIEW: KindSpec = KindSpec {
    group: "authentication.k8s.io",
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    singular: "selfsubjectreview",
    definition: "SelfSubjectReview",
    ..REVIEW
};
