//! What every namespace has from its beginning. How one ends is the garbage collector's business:
//! [`crate::api::collect_garbage`].

use serde_json::json;

use crate::{registry, value, world::World};

/// Gives a namespace its default account and the cluster's certificate, unless it is ending.
pub(crate) fn furnish(world: &mut World, namespace: &str) {
    let open = world
        .get(registry::NAMESPACE, "", namespace)
        .is_some_and(|found| !value::is_terminating(&found));
    if !open {
        return;
    }
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace},
    });
    let authority = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "kube-root-ca.crt",
            "namespace": namespace,
            "annotations": {
                "kubernetes.io/description": "Contains a CA bundle that can be used to verify the \
                 kube-apiserver when using internal endpoints such as the internal service IP or \
                 kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes \
                 clusters.",
            },
        },
        "data": {"ca.crt": ""},
    });
    // Where they exist already they stay as they are.
    drop(
        world
            .store
            .insert(registry::SERVICE_ACCOUNT, account, world.now),
    );
    drop(
        world
            .store
            .insert(registry::CONFIG_MAP, authority, world.now),
    );
}
