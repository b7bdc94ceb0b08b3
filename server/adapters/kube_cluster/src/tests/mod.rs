//! The connection as a whole, from a kubeconfig to an API server that keeps a ledger.

mod changes;
mod connections;
mod faults;
mod faulty;
mod hostile;
mod mirror;
mod policy;
mod reads;
mod rests;
mod scripted;
mod writes;

use domain::{
    ids::ObjectName,
    resources::{WorkloadKind, WorkloadRef},
};
use serde_json::{Value, json};

use crate::fake_api::FakeApi;

const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

fn web() -> WorkloadRef {
    WorkloadRef {
        kind: WorkloadKind::Deployment,
        namespace: ObjectName::new("shop").unwrap(),
        name: ObjectName::new("web").unwrap(),
    }
}

/// The Deployment `shop/web` at a version, with its replicas.
fn deployment(resource_version: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "u1", "generation": 7,
            "resourceVersion": resource_version, "creationTimestamp": "2026-11-01T00:00:00Z",
            "annotations": {"ai4k8s.io/predictive-autoscaling-enabled": "true", "other": "x"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "web", "image": "web:1",
                    "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                }]},
            },
        },
        "status": {"replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas},
    })
}

fn scale(resource_version: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": resource_version},
        "spec": {"replicas": replicas},
    })
}

fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message})
}

fn list(items: &[Value]) -> Value {
    json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items})
}

async fn allow(api: &FakeApi, allowed: bool) {
    let body = json!({"status": {"allowed": allowed, "reason": if allowed { "" } else { "no RBAC policy matched" }}});
    api.on("POST", REVIEWS, 201, body).await;
}
