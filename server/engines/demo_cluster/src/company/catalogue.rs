//! What the people who run the cluster set up besides workloads: classes, rights, budgets, quotas, rules.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::Arrival;
use crate::registry::{self, KindId};

const DAY: i64 = 86_400;

/// Everything of the catalogue, oldest first.
pub(super) fn arrivals(founded_at: Timestamp) -> Vec<Arrival> {
    [
        (64, [classes(), rights(), api_services()].concat()),
        (52, [teams(), rules(), budgets()].concat()),
        (44, limits()),
    ]
    .into_iter()
    .map(|(days, objects)| Arrival {
        at: founded_at - Seconds(days * DAY),
        objects,
    })
    .collect()
}

/// Priorities, and who answers ingresses.
fn classes() -> Vec<(KindId, Value)> {
    let priority = |name: &str, value: i64, description: &str| {
        let class = json!({"metadata": {"name": name}, "value": value, "description": description});
        (registry::PRIORITY_CLASS, class)
    };
    vec![
        priority(
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        priority(
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
        (
            registry::INGRESS_CLASS,
            json!({
                "metadata": {
                    "name": "nginx",
                    "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"},
                },
                "spec": {"controller": "k8s.io/ingress-nginx"},
            }),
        ),
    ]
}

/// Roles that every cluster has.
fn rights() -> Vec<(KindId, Value)> {
    let defaults = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    let role = |name: &str, rules: Value| {
        let role = json!({"metadata": {"name": name, "labels": defaults}, "rules": rules});
        (registry::CLUSTER_ROLE, role)
    };
    let binding = |name: &str, groups: &[&str]| {
        let subjects: Vec<Value> = groups
            .iter()
            .map(|group| json!({"kind": "Group", "name": group}))
            .collect();
        let binding = json!({
            "metadata": {"name": name, "labels": defaults},
            "roleRef": {"kind": "ClusterRole", "name": name}, "subjects": subjects,
        });
        (registry::CLUSTER_ROLE_BINDING, binding)
    };
    let everything = json!([
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]);
    let reviews = json!([{
        "apiGroups": ["authorization.k8s.io", "authentication.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"],
        "verbs": ["create"],
    }]);
    let discovery = json!([{
        "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"],
        "verbs": ["get"],
    }]);
    vec![
        role("cluster-admin", everything),
        role(
            "admin",
            workload_rules(&[
                "create",
                "delete",
                "deletecollection",
                "get",
                "list",
                "patch",
                "update",
                "watch",
            ]),
        ),
        role(
            "edit",
            workload_rules(&[
                "create", "delete", "get", "list", "patch", "update", "watch",
            ]),
        ),
        role("view", workload_rules(&["get", "list", "watch"])),
        role("system:basic-user", reviews),
        role("system:discovery", discovery),
        binding("cluster-admin", &["system:masters"]),
        binding("system:basic-user", &["system:authenticated"]),
        binding("system:discovery", &["system:authenticated"]),
    ]
}

fn workload_rules(verbs: &[&str]) -> Value {
    let rule = |group: &str, resources: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    json!([
        rule(
            "",
            &[
                "configmaps",
                "endpoints",
                "persistentvolumeclaims",
                "pods",
                "services"
            ]
        ),
        rule(
            "apps",
            &[
                "daemonsets",
                "deployments",
                "deployments/scale",
                "replicasets",
                "statefulsets"
            ]
        ),
        rule("autoscaling", &["horizontalpodautoscalers"]),
        rule("batch", &["cronjobs", "jobs"]),
        rule("networking.k8s.io", &["ingresses", "networkpolicies"]),
        rule("policy", &["poddisruptionbudgets"]),
    ])
}

/// Who of the company may do what, and where.
fn teams() -> Vec<(KindId, Value)> {
    let bound = |namespace: &str, name: &str, kind: &str, role: &str, subject: Value| {
        let binding = json!({
            "metadata": {"name": name, "namespace": namespace},
            "roleRef": {"kind": kind, "name": role}, "subjects": [subject],
        });
        (registry::ROLE_BINDING, binding)
    };
    vec![
        (
            registry::ROLE,
            json!({
                "metadata": {"name": "deployer", "namespace": "shop"},
                "rules": [
                    {"apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"], "verbs": ["get", "list", "patch", "update", "watch"]},
                    {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]},
                ],
            }),
        ),
        bound(
            "shop",
            "release-pipeline",
            "Role",
            "deployer",
            json!({"kind": "ServiceAccount", "name": "default", "namespace": "shop"}),
        ),
        bound(
            "payments",
            "auditors",
            "ClusterRole",
            "view",
            json!({"kind": "Group", "name": "auditors"}),
        ),
    ]
}

/// One service for each group and version that is served; the metrics are somebody else's.
fn api_services() -> Vec<(KindId, Value)> {
    let versions: std::collections::BTreeSet<(&str, &str)> = registry::kinds()
        .map(|(_, spec)| (spec.group, spec.version))
        .collect();
    versions
        .into_iter()
        .map(|(group, version)| (registry::API_SERVICE, api_service(group, version)))
        .collect()
}

fn api_service(group: &str, version: &str) -> Value {
    let mut service = json!({
        "metadata": {"name": format!("{version}.{group}")},
        "spec": {"version": version, "versionPriority": 15, "groupPriorityMinimum": 17_000},
    });
    let (reason, message) = match group {
        "metrics.k8s.io" => {
            service["spec"]["service"] =
                json!({"namespace": "kube-system", "name": "metrics-server", "port": 443});
            service["spec"]["insecureSkipTLSVerify"] = json!(true);
            service["spec"]["groupPriorityMinimum"] = json!(100);
            service["spec"]["versionPriority"] = json!(100);
            ("Passed", "all checks passed")
        }
        _ => {
            service["metadata"]["labels"] =
                json!({"kube-aggregator.kubernetes.io/automanaged": "onstart"});
            ("Local", "Local APIServices are always available")
        }
    };
    if !group.is_empty() {
        service["spec"]["group"] = json!(group);
    }
    service["status"] = json!({"conditions": [
        {"type": "Available", "status": "True", "reason": reason, "message": message},
    ]});
    service
}

/// How requests come in, and who may talk to whom.
fn rules() -> Vec<(KindId, Value)> {
    let path = |path: &str, service: &str| {
        let backend = json!({"service": {"name": service, "port": {"name": "http"}}});
        json!({"path": path, "pathType": "Prefix", "backend": backend})
    };
    vec![
        (
            registry::INGRESS,
            json!({
                "metadata": {"name": "storefront", "namespace": "shop"},
                "spec": {
                    "ingressClassName": "nginx",
                    "tls": [{"hosts": ["shop.demo.example"], "secretName": "shop-tls"}],
                    "rules": [{
                        "host": "shop.demo.example",
                        "http": {"paths": [path("/checkout", "checkout"), path("/", "storefront")]},
                    }],
                },
                "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}},
            }),
        ),
        (
            registry::NETWORK_POLICY,
            json!({
                "metadata": {"name": "default-deny", "namespace": "payments"},
                "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
            }),
        ),
        (
            registry::NETWORK_POLICY,
            json!({
                "metadata": {"name": "gateway-from-shop", "namespace": "payments"},
                "spec": {
                    "podSelector": {"matchLabels": {"app": "gateway"}},
                    "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]}],
                },
            }),
        ),
    ]
}

/// What workloads keep through disruptions.
fn budgets() -> Vec<(KindId, Value)> {
    let budget = |namespace: &str, name: &str, (bound, pods): (&str, i64), label: (&str, &str)| {
        let spec = json!({bound: pods, "selector": {"matchLabels": {label.0: label.1}}});
        let budget = json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec});
        (registry::POD_DISRUPTION_BUDGET, budget)
    };
    vec![
        budget(
            "kube-system",
            "coredns",
            ("maxUnavailable", 1),
            ("k8s-app", "coredns"),
        ),
        budget(
            "shop",
            "storefront",
            ("maxUnavailable", 1),
            ("app", "storefront"),
        ),
        budget("data", "postgres", ("minAvailable", 2), ("app", "postgres")),
    ]
}

/// What namespaces may use.
fn limits() -> Vec<(KindId, Value)> {
    vec![
        (
            registry::RESOURCE_QUOTA,
            json!({
                "metadata": {"name": "batch", "namespace": "batch"},
                "spec": {"hard": {"pods": "40", "requests.cpu": "8", "requests.memory": "16Gi", "count/jobs.batch": "60"}},
            }),
        ),
        (
            registry::LIMIT_RANGE,
            json!({
                "metadata": {"name": "volume-sizes", "namespace": "data"},
                "spec": {"limits": [{"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "500Gi"}}]},
            }),
        ),
    ]
}
