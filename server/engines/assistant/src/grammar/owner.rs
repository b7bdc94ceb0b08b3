//! Flags of the verbs that only the owner of a kubeconfig runs (`kubectl VERB --help`, kubectl 1.33).
//!
//! A flag that changes nothing here is listed all the same, so that a script that has it goes on working.

use domain::invocation::{NewObject, OwnVerb};

use super::flags::{Flag, idle_switch, idle_value, optional, refused, switch, value, values};

const NO_KUSTOMIZE: &str =
    "Kustomizations are not built here; pipe them in: kustomize build | ai4k8s kubectl … -f -";
const NO_EDITOR: &str = "No editor is started here; change the manifest and apply it.";
const NO_TEMPLATES: &str = "Use -o jsonpath=TEMPLATE instead.";

/// Which objects: a manifest, a selector, all.
const OBJECTS: &[Flag] = &[
    values("filename").or('f'),
    switch("recursive").or('R'),
    refused("kustomize", NO_KUSTOMIZE).or('k'),
    value("selector").or('l'),
    value("field-selector"),
    switch("all"),
    switch("all-namespaces").or('A'),
];

/// How the outcome is printed, and whether it happens.
const OUTCOME: &[Flag] = &[
    value("output").or('o'),
    switch("show-managed-fields"),
    refused("template", NO_TEMPLATES),
    idle_switch("allow-missing-template-keys"),
    optional("dry-run", "unchanged"),
    value("field-manager"),
    optional("validate", "strict"),
    switch("save-config"),
    switch("record"),
];

/// One flag list for one verb, joined from parts.
pub(super) type Table = &'static [&'static [Flag]];

pub(super) const GET_RAW: Table = &[&[value("raw"), values("filename").or('f')]];

pub(super) const GET_MANIFEST: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("show-labels"),
        switch("show-kind"),
        switch("no-headers"),
        switch("ignore-not-found"),
        values("label-columns").or('L'),
        value("sort-by"),
        idle_value("chunk-size"),
        idle_switch("server-print"),
    ],
];

pub(super) const CREATE: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        value("raw"),
        refused("edit", NO_EDITOR),
        idle_switch("windows-line-endings"),
    ],
];

/// `restart`, `pause` and `resume` have no dry run.
pub(super) const ROLLOUT: Table = &[
    OBJECTS,
    &[
        value("output").or('o'),
        switch("show-managed-fields"),
        refused("template", NO_TEMPLATES),
        idle_switch("allow-missing-template-keys"),
        value("field-manager"),
    ],
];
pub(super) const ROLLOUT_UNDO: Table = &[OBJECTS, OUTCOME, &[value("to-revision")]];
pub(super) const ROLLOUT_STATUS: Table = &[
    OBJECTS,
    &[switch("watch").or('w'), value("timeout"), value("revision")],
];

pub(super) const SET: Table = &[OBJECTS, OUTCOME, &[switch("local")]];

pub(super) const SET_RESOURCES: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("local"),
        value("containers").or('c'),
        value("limits"),
        value("requests"),
    ],
];

pub(super) const SET_ENV: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("local"),
        value("containers").or('c'),
        values("env").or('e'),
        value("from"),
        values("keys"),
        value("prefix"),
        switch("list"),
        switch("resolve"),
        switch("overwrite"),
    ],
];

const LABEL: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("overwrite"),
        switch("list"),
        switch("local"),
        value("resource-version"),
    ],
];

const APPLY: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("server-side"),
        switch("force-conflicts"),
        switch("overwrite"),
        switch("force"),
        idle_value("grace-period"),
        idle_switch("wait"),
        idle_value("timeout"),
        optional("cascade", "background"),
        idle_switch("openapi-patch"),
        refused(
            "prune",
            "Nothing is pruned here; delete what is no longer wanted by name.",
        ),
        values("prune-allowlist"),
    ],
];

const DELETE: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("ignore-not-found"),
        switch("now"),
        switch("force"),
        switch("wait"),
        value("timeout"),
        value("grace-period"),
        value("raw"),
        optional("cascade", "background"),
        refused("interactive", "Nothing is asked here; leave -i out.").or('i'),
    ],
];

const DIFF: Table = &[
    OBJECTS,
    &[
        switch("server-side"),
        switch("force-conflicts"),
        value("field-manager"),
        switch("show-managed-fields"),
        idle_value("concurrency"),
        refused("prune", "Nothing is pruned here."),
    ],
];

const PATCH: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        value("patch").or('p'),
        value("patch-file"),
        value("type"),
        value("subresource"),
        switch("local"),
    ],
];

const REPLACE: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        switch("force"),
        value("raw"),
        value("subresource"),
        idle_switch("wait"),
        idle_value("timeout"),
        value("grace-period"),
        optional("cascade", "background"),
    ],
];

const SCALE: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        value("replicas"),
        value("current-replicas"),
        value("resource-version"),
        value("timeout"),
    ],
];

const AUTOSCALE: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        value("min"),
        value("max"),
        value("cpu-percent"),
        value("name"),
    ],
];

const EXPOSE: Table = &[
    OBJECTS,
    OUTCOME,
    &[
        value("port"),
        value("target-port"),
        value("protocol"),
        value("name"),
        value("type"),
        value("labels"),
        value("external-ip"),
        value("load-balancer-ip"),
        value("session-affinity"),
        value("cluster-ip"),
        value("override-type"),
        refused("overrides", "Write the manifest and apply it."),
    ],
];

const RUN: Table = &[
    OUTCOME,
    &[
        value("image"),
        value("image-pull-policy"),
        value("restart"),
        values("env").or('e'),
        value("port"),
        value("labels").or('l'),
        values("annotations"),
        switch("command"),
        switch("privileged"),
        switch("expose"),
        switch("quiet").or('q'),
        value("override-type"),
        refused("overrides", "Write the manifest and apply it."),
        refused("stdin", ATTACHED).or('i'),
        refused("tty", ATTACHED).or('t'),
        refused("attach", ATTACHED),
        refused("rm", ATTACHED),
    ],
];

const ATTACHED: &str =
    "No connection into a container is opened here; read what it says with: kubectl logs POD";

const NODE: Table = &[&[value("selector").or('l'), optional("dry-run", "unchanged")]];

const DRAIN: Table = &[&[
    value("selector").or('l'),
    optional("dry-run", "unchanged"),
    switch("ignore-daemonsets"),
    switch("delete-emptydir-data"),
    switch("disable-eviction"),
    switch("force"),
    value("grace-period"),
    value("timeout"),
    value("pod-selector"),
    idle_value("chunk-size"),
    idle_value("skip-wait-for-delete-timeout"),
]];

const TAINT: Table = &[
    OUTCOME,
    &[
        value("selector").or('l'),
        switch("all"),
        switch("overwrite"),
    ],
];

const WAIT: Table = &[
    OBJECTS,
    &[
        values("for"),
        value("timeout"),
        value("output").or('o'),
        switch("local"),
    ],
];

/// The verbs that are one word.
pub(super) fn simple(word: &str) -> Option<(OwnVerb, Table)> {
    Some(match word {
        "annotate" => (OwnVerb::Annotate, LABEL),
        "apply" => (OwnVerb::Apply, APPLY),
        "autoscale" => (OwnVerb::Autoscale, AUTOSCALE),
        "cordon" => (OwnVerb::Cordon, NODE),
        "delete" => (OwnVerb::Delete, DELETE),
        "diff" => (OwnVerb::Diff, DIFF),
        "drain" => (OwnVerb::Drain, DRAIN),
        "expose" => (OwnVerb::Expose, EXPOSE),
        "label" => (OwnVerb::Label, LABEL),
        "patch" => (OwnVerb::Patch, PATCH),
        "replace" => (OwnVerb::Replace, REPLACE),
        "run" => (OwnVerb::Run, RUN),
        "scale" => (OwnVerb::Scale, SCALE),
        "taint" => (OwnVerb::Taint, TAINT),
        "uncordon" => (OwnVerb::Uncordon, NODE),
        "wait" => (OwnVerb::Wait, WAIT),
        _ => return None,
    })
}

const SERVICE: Table = &[
    OUTCOME,
    &[
        values("tcp"),
        value("clusterip"),
        value("node-port"),
        value("external-name"),
    ],
];
const FROM: Table = &[
    OUTCOME,
    &[
        values("from-file"),
        values("from-literal"),
        values("from-env-file"),
        switch("append-hash"),
        value("type"),
    ],
];
const WORKLOAD: Table = &[
    OUTCOME,
    &[
        values("image"),
        value("replicas").or('r'),
        value("port"),
        value("from"),
        value("schedule"),
        value("restart"),
    ],
];
const RULES: Table = &[
    OUTCOME,
    &[
        values("verb"),
        values("resource"),
        values("resource-name"),
        values("non-resource-url"),
        value("aggregation-rule"),
    ],
];
const BINDING: Table = &[
    OUTCOME,
    &[
        value("clusterrole"),
        value("role"),
        values("user"),
        values("group"),
        values("serviceaccount"),
    ],
];
const OTHER: Table = &[
    OUTCOME,
    &[
        value("hard"),
        value("scopes"),
        value("min-available"),
        value("max-unavailable"),
        value("selector"),
        value("value"),
        switch("global-default"),
        value("description"),
        value("preemption-policy"),
    ],
];

/// What `create WORD [WORD]` makes.
pub(super) fn created(word: &str, kind: &str) -> Option<(OwnVerb, Table)> {
    Some(match (word, kind) {
        ("clusterrole", "") => (OwnVerb::New(NewObject::ClusterRole), RULES),
        ("clusterrolebinding", "") => (OwnVerb::New(NewObject::ClusterRoleBinding), BINDING),
        ("configmap" | "cm", "") => (OwnVerb::New(NewObject::ConfigMap), FROM),
        ("cronjob" | "cj", "") => (OwnVerb::New(NewObject::CronJob), WORKLOAD),
        ("deployment" | "deploy", "") => (OwnVerb::New(NewObject::Deployment), WORKLOAD),
        ("job", "") => (OwnVerb::New(NewObject::Job), WORKLOAD),
        ("namespace" | "ns", "") => (OwnVerb::New(NewObject::Namespace), OTHER),
        ("poddisruptionbudget" | "pdb", "") => {
            (OwnVerb::New(NewObject::PodDisruptionBudget), OTHER)
        }
        ("priorityclass" | "pc", "") => (OwnVerb::New(NewObject::PriorityClass), OTHER),
        ("quota" | "resourcequota", "") => (OwnVerb::New(NewObject::Quota), OTHER),
        ("role", "") => (OwnVerb::New(NewObject::Role), RULES),
        ("rolebinding", "") => (OwnVerb::New(NewObject::RoleBinding), BINDING),
        ("secret", "generic") => (OwnVerb::New(NewObject::SecretGeneric), FROM),
        ("service" | "svc", "clusterip") => (OwnVerb::New(NewObject::ServiceClusterIp), SERVICE),
        ("service" | "svc", "externalname") => {
            (OwnVerb::New(NewObject::ServiceExternalName), SERVICE)
        }
        ("service" | "svc", "loadbalancer") => {
            (OwnVerb::New(NewObject::ServiceLoadBalancer), SERVICE)
        }
        ("service" | "svc", "nodeport") => (OwnVerb::New(NewObject::ServiceNodePort), SERVICE),
        ("serviceaccount" | "sa", "") => (OwnVerb::New(NewObject::ServiceAccount), OTHER),
        _ => return None,
    })
}
