//! kubectl's other verbs: each refused with the reason and the next step.

use domain::OpsError;

use super::unsupported;

const RUN_OUTSIDE: &str = "Run it with your own kubectl, where your own credentials apply.";
const MANIFESTS: &str = "Changes made here are scaling and restarts, each as a plan: kubectl scale deployment/web --replicas=3. For manifests use your own kubectl or your deployment pipeline.";
const STREAMS: &str = "It needs an open connection into the cluster, which this product never makes. To look into a pod: kubectl logs POD, kubectl describe pod POD.";
const NODES: &str = "It moves other people's pods. Look first: kubectl top nodes, kubectl get pods -A -o wide; then run it with your own kubectl.";
const CONFIG: &str =
    "Credentials are kept by this product and never shown. Manage them on the Clusters page.";
const DELETION: &str = "Nothing is deleted from here. To stop a workload for now: kubectl scale deployment/web --replicas=0; to delete it, use your own kubectl.";

struct Verb {
    name: &'static str,
    reason: &'static str,
    next: &'static str,
}

const fn verb(name: &'static str, reason: &'static str, next: &'static str) -> Verb {
    Verb { name, reason, next }
}

const VERBS: &[Verb] = &[
    verb("delete", "deletes objects", DELETION),
    verb("apply", "applies a manifest", MANIFESTS),
    verb("create", "creates objects", MANIFESTS),
    verb("replace", "replaces objects", MANIFESTS),
    verb("patch", "changes fields of objects", MANIFESTS),
    verb("edit", "opens an editor", MANIFESTS),
    verb("set", "changes fields of objects", MANIFESTS),
    verb("label", "changes labels", MANIFESTS),
    verb("annotate", "changes annotations", MANIFESTS),
    verb("expose", "creates a Service", MANIFESTS),
    verb("run", "starts a pod from an image", MANIFESTS),
    verb(
        "autoscale",
        "creates a HorizontalPodAutoscaler",
        "Predictive autoscaling is switched on on the Autoscaling page, with a forecast before you decide.",
    ),
    verb("diff", "reads a manifest file", MANIFESTS),
    verb("kustomize", "reads files and URLs", MANIFESTS),
    verb("exec", "runs a program inside a container", STREAMS),
    verb("attach", "connects to a running container", STREAMS),
    verb("debug", "starts a debugging container", STREAMS),
    verb("cp", "copies files into or out of a container", STREAMS),
    verb("port-forward", "opens a port into the cluster", STREAMS),
    verb("proxy", "opens the whole API to the network", STREAMS),
    verb("drain", "evicts every pod of a node", NODES),
    verb("cordon", "keeps new pods off a node", NODES),
    verb("uncordon", "lets new pods onto a node", NODES),
    verb("taint", "changes which pods a node accepts", NODES),
    verb("config", "shows or changes a kubeconfig", CONFIG),
    verb("certificate", "approves certificates", RUN_OUTSIDE),
    verb(
        "wait",
        "waits for a condition",
        "See where a rollout stands now: kubectl rollout status deployment/web",
    ),
    verb("completion", "prints a shell script", RUN_OUTSIDE),
    verb("plugin", "lists programs on the machine", RUN_OUTSIDE),
    verb("alpha", "is not stable", RUN_OUTSIDE),
    verb("options", "lists global flags", RUN_OUTSIDE),
    verb(
        "help",
        "prints kubectl's own help",
        "Ask “help” to see what can be done here.",
    ),
];

const SUPPORTED: &str = "get, describe, logs, top, events, explain, auth can-i|whoami, scale, rollout status|history|restart, version, api-resources, api-versions and cluster-info are understood here: kubectl get pods -n shop";

/// Whether `word` is a kubectl verb that is refused.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.iter().any(|verb| verb.name == word)
}

/// Why the verb is refused; a word that is no verb of kubectl's would be a plugin, a program on the machine.
pub(super) fn refusal(word: &str) -> OpsError {
    match VERBS.iter().find(|verb| verb.name == word) {
        Some(verb) => unsupported(
            format!(
                "“kubectl {}” is refused here: it {}",
                verb.name, verb.reason
            ),
            verb.next,
        ),
        None => unsupported(
            format!("“{}” is not a kubectl verb known here", word.escape_debug()),
            SUPPORTED,
        ),
    }
}

/// `kubectl auth` with anything that is not a question.
pub(super) fn auth(word: &str) -> OpsError {
    unsupported(
        format!(
            "“kubectl auth {}” is refused here: it changes access rights",
            word.escape_debug()
        ),
        RUN_OUTSIDE,
    )
}

/// `kubectl` alone.
pub(super) fn no_verb() -> OpsError {
    super::invalid("the command has no verb", "kubectl get pods -n shop").hint(SUPPORTED)
}
