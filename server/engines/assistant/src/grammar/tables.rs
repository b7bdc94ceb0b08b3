//! Which flags each verb has, and why some are refused.
//!
//! They are those of kubectl 1.32–1.35 (`kubectl VERB --help`); the ones without a use here are listed too,
//! so that the answer can say why. What the values mean is decided by the rules in [`verbs`](super::verbs).

use super::flags::{Flag, idle_switch, idle_value, refused, switch, value, values};

const NO_FILES: &str = "Files and URLs are not read on the server; name the objects instead: kubectl get deployment/web";
const NO_WATCH: &str = "The answer shows the state now; the cluster's overview page is live.";
pub(super) const NO_TEMPLATES: &str =
    "Use -o jsonpath=TEMPLATE or -o custom-columns=HEAD:PATH,… instead.";
const LEAVE_OUT: &str = "Leave it out.";
const ONE_WORKLOAD: &str =
    "Change one workload at a time, by name: kubectl scale deployment/web --replicas=3";
const PLANNED: &str =
    "Every change is first tried as a server-side dry run and shown as a plan; leave the flag out.";

const ALL_NAMESPACES: Flag = switch("all-namespaces").or('A');
const SELECTOR: Flag = value("selector").or('l');
const NO_SELECTOR: Flag = refused("selector", ONE_WORKLOAD).or('l');
const FILENAME: Flag = refused("filename", NO_FILES).or('f');
const KUSTOMIZE: Flag = refused("kustomize", NO_FILES).or('k');
const RECURSIVE: Flag = refused("recursive", NO_FILES).or('R');
const CHUNK_SIZE: Flag = idle_value("chunk-size");
const TEMPLATE: Flag = refused("template", NO_TEMPLATES);
const TEMPLATE_KEYS: Flag = refused("allow-missing-template-keys", NO_TEMPLATES);
const MANAGED_FIELDS: Flag = refused("show-managed-fields", LEAVE_OUT);
const NO_OUTPUT: Flag = refused(
    "output",
    "This command prints text only; leave the flag out.",
)
.or('o');

pub(super) const GET: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    value("field-selector"),
    value("output").or('o'),
    value("sort-by"),
    switch("show-labels"),
    switch("no-headers"),
    CHUNK_SIZE,
    idle_switch("server-print"),
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    TEMPLATE,
    idle_switch("allow-missing-template-keys"),
    switch("show-managed-fields"),
    switch("show-kind"),
    switch("ignore-not-found"),
    values("label-columns").or('L'),
    value("subresource"),
    refused("watch", NO_WATCH).or('w'),
    refused("watch-only", NO_WATCH),
    refused("output-watch-events", NO_WATCH),
    refused(
        "raw",
        "Ask for the objects by type: kubectl get pods -o json",
    ),
    refused("export", "It was removed from Kubernetes; use -o yaml."),
];

pub(super) const DESCRIBE: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    CHUNK_SIZE,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    switch("show-events"),
];

pub(super) const LOGS: &[Flag] = &[
    SELECTOR,
    value("container").or('c'),
    value("tail"),
    value("since"),
    switch("previous").or('p'),
    switch("timestamps"),
    idle_switch("ignore-errors"),
    idle_value("max-log-requests"),
    idle_value("pod-running-timeout"),
    refused(
        "follow",
        "The answer shows the lines up to now; ask again for newer ones.",
    )
    .or('f'),
    switch("all-containers"),
    value("since-time"),
    value("limit-bytes"),
    switch("prefix"),
    refused("all-pods", "Choose pods by label: kubectl logs -l app=web"),
    refused(
        "insecure-skip-tls-verify-backend",
        "Certificates are always verified; leave the flag out.",
    ),
];

pub(super) const TOP_PODS: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    value("sort-by"),
    switch("no-headers"),
    idle_switch("use-protocol-buffers"),
    switch("containers"),
    value("field-selector"),
    switch("sum"),
];

pub(super) const TOP_NODES: &[Flag] = &[
    value("sort-by"),
    switch("no-headers"),
    idle_switch("use-protocol-buffers"),
    SELECTOR,
    switch("show-capacity"),
];

pub(super) const EVENTS: &[Flag] = &[
    ALL_NAMESPACES,
    value("for"),
    value("types"),
    CHUNK_SIZE,
    TEMPLATE,
    TEMPLATE_KEYS,
    MANAGED_FIELDS,
    refused("watch", NO_WATCH).or('w'),
    value("output").or('o'),
    switch("no-headers"),
];

pub(super) const SCALE: &[Flag] = &[
    value("replicas"),
    NO_SELECTOR,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    TEMPLATE,
    TEMPLATE_KEYS,
    MANAGED_FIELDS,
    NO_OUTPUT,
    refused("all", ONE_WORKLOAD),
    refused("current-replicas", PLANNED),
    refused("resource-version", PLANNED),
    refused("dry-run", PLANNED),
    refused("timeout", LEAVE_OUT),
    refused(
        "record",
        "Changes are recorded in the audit log; leave the flag out.",
    ),
];

pub(super) const ROLLOUT: &[Flag] = &[
    NO_SELECTOR,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    TEMPLATE,
    TEMPLATE_KEYS,
    MANAGED_FIELDS,
    NO_OUTPUT,
    refused("timeout", LEAVE_OUT),
    refused("field-manager", LEAVE_OUT),
    refused("dry-run", PLANNED),
];

/// `rollout history` also takes one revision to show in full.
pub(super) const ROLLOUT_HISTORY_REVISION: Flag = value("revision");

/// `rollout status` also takes `--watch`, on by default with kubectl; here it prints once either way.
pub(super) const ROLLOUT_STATUS_WATCH: Flag = idle_switch("watch").or('w');

pub(super) const VERSION: &[Flag] = &[
    NO_OUTPUT,
    refused(
        "client",
        "No kubectl is run here; kubectl version shows the server's version.",
    ),
    refused("short", "It was removed from kubectl; leave it out."),
];

pub(super) const API_RESOURCES: &[Flag] = &[
    value("output").or('o'),
    value("api-group"),
    values("categories"),
    switch("namespaced"),
    switch("no-headers"),
    value("sort-by"),
    values("verbs"),
    idle_switch("cached"),
    TEMPLATE,
    TEMPLATE_KEYS,
    MANAGED_FIELDS,
];

pub(super) const EXPLAIN: &[Flag] = &[
    switch("recursive"),
    value("api-version"),
    refused(
        "output",
        "Fields are explained as text only; leave the flag out.",
    )
    .or('o'),
];

pub(super) const CAN_I: &[Flag] = &[
    ALL_NAMESPACES,
    switch("list"),
    switch("quiet").or('q'),
    switch("no-headers"),
    value("subresource"),
];

pub(super) const WHO_AM_I: &[Flag] = &[
    value("output").or('o'),
    TEMPLATE,
    TEMPLATE_KEYS,
    MANAGED_FIELDS,
];
