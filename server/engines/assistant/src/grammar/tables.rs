//! Which flags each verb has, and why some are refused.
//!
//! They are those of kubectl 1.32–1.35 (`kubectl VERB --help`); the ones without a use here are listed too,
//! so that the answer can say why. What the values mean is decided by the rules in [`verbs`](super::verbs).

use super::flags::{Flag, idle_switch, idle_value, refused, switch, value};

const NO_FILES: &str = "Files and URLs are not read on the server; name the objects instead: kubectl get deployment/web";
const NO_WATCH: &str = "The answer shows the state now; the cluster's overview page is live.";
pub(super) const NO_TEMPLATES: &str = "Use -o wide, -o json, -o yaml or -o name.";
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
    TEMPLATE_KEYS,
    MANAGED_FIELDS,
    refused("watch", NO_WATCH).or('w'),
    refused("watch-only", NO_WATCH),
    refused("output-watch-events", NO_WATCH),
    refused(
        "raw",
        "Ask for the objects by type: kubectl get pods -o json",
    ),
    refused(
        "subresource",
        "Ask for the object itself: kubectl get deployment/web -o yaml",
    ),
    refused("label-columns", "Show all labels with --show-labels.").or('L'),
    refused("show-kind", "Print type/name lines with -o name."),
    refused("ignore-not-found", LEAVE_OUT),
    refused("export", "It was removed from Kubernetes; use -o yaml."),
];

pub(super) const DESCRIBE: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    CHUNK_SIZE,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    refused(
        "show-events",
        "Events are always shown; leave the flag out.",
    ),
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
    refused("all-containers", "Name one container: -c CONTAINER"),
    refused("all-pods", "Choose pods by label: kubectl logs -l app=web"),
    refused("since-time", "Give a duration instead: --since=10m"),
    refused("limit-bytes", "Limit the lines instead: --tail=100"),
    refused("prefix", LEAVE_OUT),
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
    refused("containers", "Use is shown per pod; leave the flag out."),
    refused(
        "field-selector",
        "Choose pods by label: kubectl top pods -l app=web",
    ),
    refused(
        "sum",
        "Ask “how much CPU does namespace shop use?” for a sum.",
    ),
];

pub(super) const TOP_NODES: &[Flag] = &[
    value("sort-by"),
    switch("no-headers"),
    idle_switch("use-protocol-buffers"),
    refused(
        "selector",
        "Name a node, or leave the flag out for all of them.",
    )
    .or('l'),
    refused(
        "show-capacity",
        "Ask “how much room is left on the nodes?” for capacity.",
    ),
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
    refused("output", "For other formats: kubectl get events -o yaml").or('o'),
    refused(
        "no-headers",
        "To print without heads: kubectl get events --no-headers",
    ),
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
    refused("revision", "All revisions are shown; leave the flag out."),
    refused("timeout", LEAVE_OUT),
    refused("field-manager", LEAVE_OUT),
    refused("dry-run", PLANNED),
];

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
    NO_OUTPUT,
    refused("api-group", LEAVE_OUT),
    refused("cached", LEAVE_OUT),
    refused("categories", LEAVE_OUT),
    refused("namespaced", LEAVE_OUT),
    refused("no-headers", LEAVE_OUT),
    refused("sort-by", LEAVE_OUT),
    refused("verbs", LEAVE_OUT),
];
