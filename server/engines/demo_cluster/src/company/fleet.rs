//! A cluster of any size: nodes and Deployments beside the company's, to measure with.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::{Arrival, infrastructure};
use crate::{
    chance::{between, hash},
    registry::{self, KindId},
};

/// Pods of the company itself, those of its nodes included.
const COMPANY: usize = 40;
/// Pods for each further node, its `kube-proxy` among them: room for every one's requests.
const PER_NODE: usize = 30;
/// Deployments in one namespace.
const PER_NAMESPACE: usize = 12;
/// How long the fleet has been there: past the time events are kept, so that founding leaves none.
const AGE: i64 = 2 * 3600;

/// What makes a cluster of about `pods` pods out of the company's.
pub(super) fn arrivals(founded_at: Timestamp, pods: usize) -> Vec<Arrival> {
    let further = pods.saturating_sub(COMPANY);
    let nodes = further.div_ceil(PER_NODE);
    let since = founded_at - Seconds(AGE);
    if further == 0 {
        return Vec::new();
    }
    let machines = (0..nodes)
        .flat_map(|index| {
            infrastructure::machine(3 + index, &format!("worker-{:04}", index + 1), since)
        })
        .collect();
    let mut arrivals = vec![Arrival {
        at: since,
        objects: machines,
    }];
    arrivals.extend(
        teams(further - nodes)
            .into_iter()
            .map(|objects| Arrival { at: since, objects }),
    );
    arrivals
}

/// Namespaces with Deployments of together `pods` pods.
fn teams(pods: usize) -> Vec<Vec<(KindId, Value)>> {
    let mut teams = Vec::new();
    let mut left = pods;
    while left > 0 {
        let namespace = format!("team-{:03}", teams.len() + 1);
        let mut objects = infrastructure::namespace(&namespace);
        for index in 0..PER_NAMESPACE {
            let name = format!("service-{:02}", index + 1);
            let wanted = between(hash(0, &[&namespace, &name]), 3, 14).unsigned_abs() as usize;
            let replicas = wanted.min(left);
            left -= replicas;
            if replicas > 0 {
                let number = teams.len() * PER_NAMESPACE + index;
                objects.extend(deployment(&namespace, &name, replicas, number));
            }
        }
        teams.push(objects);
    }
    teams
}

/// The `number`-th Deployment with its service.
fn deployment(namespace: &str, name: &str, replicas: usize, number: usize) -> [(KindId, Value); 2] {
    let address = format!("10.97.{}.{}", number / 250, 1 + number % 250);
    let metadata = json!({"name": name, "namespace": namespace, "labels": {"app": name}});
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{
                    "name": name,
                    "image": format!("registry.example.com/{namespace}/{name}:1.0.0"),
                    "ports": [{"name": "http", "containerPort": 8080}],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "128Mi"},
                        "limits": {"cpu": "400m", "memory": "256Mi"},
                    },
                    "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
                }]},
            },
        },
    });
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "clusterIP": address,
            "clusterIPs": [address],
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            "selector": {"app": name},
        },
        "status": {"loadBalancer": {}},
    });
    [
        (registry::DEPLOYMENT, deployment),
        (registry::SERVICE, service),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(pods: usize) -> (usize, i64) {
        let arrivals = arrivals(Timestamp::from_seconds(1_763_990_000), pods);
        let objects: Vec<_> = arrivals
            .iter()
            .flat_map(|arrival| &arrival.objects)
            .collect();
        let nodes = objects.iter().filter(|(kind, _)| *kind == registry::NODE);
        let replicas = objects
            .iter()
            .filter(|(kind, _)| *kind == registry::DEPLOYMENT)
            .filter_map(|(_, object)| object["spec"]["replicas"].as_i64());
        (nodes.count(), replicas.sum())
    }

    #[test]
    fn adds_exactly_what_is_missing() {
        assert_eq!(count(40), (0, 0));
        assert_eq!(count(1_000), (32, 928));
        assert_eq!(count(10_000), (332, 9_628));
    }
}
