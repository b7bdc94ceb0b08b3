//! The core group, `v1`.

use serde_json::json;

use super::{BASE, NO_RULES, core_rules as rules, selectable};
use crate::{
    registry::{
        KindSpec, NameRule, Rules, Selectable,
        Subresource::{Eviction, Finalize, Log, Proxy, Resize, Status},
    },
    table,
    value::set_default,
};

pub(crate) const NAMESPACE: KindSpec = KindSpec {
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    namespaced: false,
    verbs: &[
        "create", "delete", "get", "list", "patch", "update", "watch",
    ],
    subresources: &[Status, Finalize],
    definition: "Namespace",
    selectable: &[selectable("status.phase", "/status/phase")],
    rules: Rules {
        name: NameRule::Label,
        defaults: rules::namespace_defaults,
        validate: rules::namespace_rules,
        begin: rules::namespace_begin,
        ..NO_RULES
    },
    printer: table::NAMESPACE,
    ..BASE
};

pub(crate) const NODE: KindSpec = KindSpec {
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    namespaced: false,
    subresources: &[Status, Proxy],
    definition: "Node",
    selectable: &[Selectable {
        field: "spec.unschedulable",
        pointer: "/spec/unschedulable",
        absent: "false",
    }],
    rules: Rules {
        validate: rules::node_rules,
        ..NO_RULES
    },
    printer: table::NODE,
    ..BASE
};

pub(crate) const POD: KindSpec = KindSpec {
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    categories: &["all"],
    subresources: &[Status, Log, Eviction, Resize],
    has_generation: true,
    definition: "Pod",
    selectable: &[
        selectable("spec.nodeName", "/spec/nodeName"),
        selectable("spec.restartPolicy", "/spec/restartPolicy"),
        selectable("spec.schedulerName", "/spec/schedulerName"),
        selectable("spec.serviceAccountName", "/spec/serviceAccountName"),
        Selectable {
            field: "spec.hostNetwork",
            pointer: "/spec/hostNetwork",
            absent: "false",
        },
        selectable("status.phase", "/status/phase"),
        selectable("status.podIP", "/status/podIP"),
        selectable("status.nominatedNodeName", "/status/nominatedNodeName"),
    ],
    rules: Rules {
        defaults: rules::pod_defaults,
        begin: rules::pod_begin,
        validate: rules::pod_rules,
        validate_update: rules::pod_update_rules,
        ..NO_RULES
    },
    printer: table::POD,
    ..BASE
};

pub(crate) const SERVICE: KindSpec = KindSpec {
    kind: "Service",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    categories: &["all"],
    subresources: &[Status],
    definition: "Service",
    selectable: &[
        selectable("spec.clusterIP", "/spec/clusterIP"),
        selectable("spec.type", "/spec/type"),
    ],
    rules: Rules {
        name: NameRule::ServiceLabel,
        defaults: rules::service_defaults,
        begin: |it| set_default(it, &["status", "loadBalancer"], json!({})),
        validate: rules::service_rules,
        validate_update: rules::service_update_rules,
    },
    printer: table::SERVICE,
    ..BASE
};

pub(crate) const ENDPOINTS: KindSpec = KindSpec {
    kind: "Endpoints",
    plural: "endpoints",
    singular: "endpoints",
    short_names: &["ep"],
    definition: "Endpoints",
    rules: Rules {
        defaults: rules::endpoints_defaults,
        ..NO_RULES
    },
    printer: table::ENDPOINTS,
    ..BASE
};

pub(crate) const CONFIG_MAP: KindSpec = KindSpec {
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    definition: "ConfigMap",
    rules: Rules {
        validate: rules::config_map_rules,
        validate_update: rules::immutable_data_rules,
        ..NO_RULES
    },
    printer: table::CONFIG_MAP,
    ..BASE
};

pub(crate) const SECRET: KindSpec = KindSpec {
    kind: "Secret",
    plural: "secrets",
    singular: "secret",
    definition: "Secret",
    selectable: &[selectable("type", "/type")],
    rules: Rules {
        defaults: rules::secret_defaults,
        validate: rules::secret_rules,
        validate_update: rules::secret_update_rules,
        ..NO_RULES
    },
    printer: table::SECRET,
    ..BASE
};

pub(crate) const SERVICE_ACCOUNT: KindSpec = KindSpec {
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    definition: "ServiceAccount",
    printer: table::SERVICE_ACCOUNT,
    ..BASE
};

pub(crate) const EVENT: KindSpec = KindSpec {
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    definition: "Event",
    selectable: &[
        selectable("involvedObject.kind", "/involvedObject/kind"),
        selectable("involvedObject.namespace", "/involvedObject/namespace"),
        selectable("involvedObject.name", "/involvedObject/name"),
        selectable("involvedObject.uid", "/involvedObject/uid"),
        selectable("involvedObject.apiVersion", "/involvedObject/apiVersion"),
        selectable(
            "involvedObject.resourceVersion",
            "/involvedObject/resourceVersion",
        ),
        selectable("involvedObject.fieldPath", "/involvedObject/fieldPath"),
        selectable("reason", "/reason"),
        selectable("reportingComponent", "/reportingComponent"),
        selectable("source", "/source/component"),
        selectable("type", "/type"),
    ],
    rules: Rules {
        defaults: rules::event_defaults,
        validate: rules::event_rules,
        ..NO_RULES
    },
    printer: table::EVENT,
    ..BASE
};

pub(crate) const RESOURCE_QUOTA: KindSpec = KindSpec {
    kind: "ResourceQuota",
    plural: "resourcequotas",
    singular: "resourcequota",
    short_names: &["quota"],
    subresources: &[Status],
    definition: "ResourceQuota",
    rules: Rules {
        begin: |quota| set_default(quota, &["status"], json!({})),
        ..NO_RULES
    },
    printer: table::RESOURCE_QUOTA,
    ..BASE
};

pub(crate) const LIMIT_RANGE: KindSpec = KindSpec {
    kind: "LimitRange",
    plural: "limitranges",
    singular: "limitrange",
    short_names: &["limits"],
    definition: "LimitRange",
    rules: Rules {
        defaults: rules::limit_range_defaults,
        ..NO_RULES
    },
    printer: table::NAME_AND_CREATION,
    ..BASE
};
