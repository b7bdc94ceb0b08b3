//! What a cluster consists of before anybody deploys anything: nodes, namespaces, static pods, accounts.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::Arrival;
use crate::{
    chance::{hash, hex},
    controllers::heartbeat::HEALTHY,
    load::Demand,
    registry::{self, KindId},
    usage::Profile,
    value::wire_time,
};

const DAY: i64 = 86_400;
/// Nodes, the first of which also runs the control plane.
const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];
/// Namespaces with the age in days at which they were made.
const NAMESPACES: [(&str, i64); 9] = [
    ("default", 64),
    ("kube-system", 64),
    ("kube-node-lease", 64),
    ("kube-public", 64),
    ("data", 62),
    ("shop", 60),
    ("payments", 57),
    ("monitoring", 48),
    ("batch", 45),
];
const KUBELET: &str = "v1.33.4";

/// Static pods of the control plane: name, image, CPU request in millicores, millicores and MiB in use.
const CONTROL_PLANE: [(&str, &str, u64, f64, f64); 4] = [
    ("etcd", "registry.k8s.io/etcd:3.5.21-0", 100, 32.0, 96.0),
    (
        "kube-apiserver",
        "registry.k8s.io/kube-apiserver:v1.33.4",
        250,
        68.0,
        412.0,
    ),
    (
        "kube-controller-manager",
        "registry.k8s.io/kube-controller-manager:v1.33.4",
        200,
        21.0,
        71.0,
    ),
    (
        "kube-scheduler",
        "registry.k8s.io/kube-scheduler:v1.33.4",
        100,
        5.0,
        33.0,
    ),
];

/// Load of the static pods; `name` is the pod's.
pub(super) fn static_pod_profile(namespace: &str, name: &str) -> Option<Profile> {
    let component = name
        .strip_suffix("-node-1")
        .filter(|_| namespace == "kube-system")?;
    let row = CONTROL_PLANE.iter().find(|row| row.0 == component)?;
    Some(Profile {
        demand: Demand::steady(1.0, 0.25),
        received_per_unit: 9_000.0,
        sent_per_unit: 14_000.0,
        written_per_unit: if component == "etcd" { 90_000.0 } else { 900.0 },
        ..Profile::idle(row.3, row.4)
    })
}

/// Nodes, namespaces, static pods, accounts, secrets and the autoscaler, oldest first.
pub(super) fn arrivals(founded_at: Timestamp) -> Vec<Arrival> {
    let founding = founded_at - Seconds(64 * DAY);
    let mut arrivals: Vec<_> = NAMESPACES
        .iter()
        .map(|&(name, days)| Arrival {
            at: founded_at - Seconds(days * DAY),
            objects: namespace(name),
        })
        .collect();
    arrivals.push(Arrival {
        at: founding,
        objects: nodes(founding),
    });
    arrivals.push(Arrival {
        at: founding,
        objects: CONTROL_PLANE.iter().map(static_pod).collect(),
    });
    arrivals.push(Arrival {
        at: founding,
        objects: vec![
            storage_class(),
            kubernetes_service(),
            kubernetes_endpoints(),
            kubernetes_endpoint_slice(),
        ],
    });
    arrivals.push(Arrival {
        at: founded_at - Seconds(50 * DAY),
        objects: vec![
            (registry::HORIZONTAL_POD_AUTOSCALER, autoscaler()),
            secret("payments", "gateway-credentials", "api-key"),
            secret("data", "postgres-password", "password"),
            secret("monitoring", "grafana-admin", "admin-password"),
        ],
    });
    arrivals
}

fn nodes(founding: Timestamp) -> Vec<(KindId, Value)> {
    NODES
        .iter()
        .enumerate()
        .flat_map(|(index, name)| machine(index, name, founding))
        .collect()
}

/// The `index`-th node, counted from 0, with its lease. Addresses last for 60,000 of them.
pub(super) fn machine(index: usize, name: &str, since: Timestamp) -> [(KindId, Value); 2] {
    [
        (registry::NODE, node(index, name, since)),
        (registry::LEASE, lease(name)),
    ]
}

pub(super) fn namespace(name: &str) -> Vec<(KindId, Value)> {
    vec![(
        registry::NAMESPACE,
        json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }),
    )]
}

fn node(index: usize, name: &str, founding: Timestamp) -> Value {
    let mut labels = json!({
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "standard-4",
        "topology.kubernetes.io/region": "eu-central",
        "topology.kubernetes.io/zone": format!("eu-central-{}", ["a", "b", "c"][index % 3]),
    });
    let network = format!("10.{}.{}.0/24", 244 - index / 256, index % 256);
    if index == 0 {
        labels["node-role.kubernetes.io/control-plane"] = json!("");
    }
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": {
            "podCIDR": network,
            "podCIDRs": [network],
            "providerID": format!("demo://{name}"),
        },
        "status": node_status(index, name, founding),
    })
}

fn node_status(index: usize, name: &str, founding: Timestamp) -> Value {
    let resources = |cpu: &str, memory: &str, disk: &str| {
        json!({
            "cpu": cpu,
            "ephemeral-storage": disk,
            "hugepages-1Gi": "0",
            "hugepages-2Mi": "0",
            "memory": memory,
            "pods": "110",
        })
    };
    json!({
        "addresses": [
            {"type": "InternalIP", "address": format!("10.0.{}.{}", (11 + index) / 256, (11 + index) % 256)},
            {"type": "Hostname", "address": name},
        ],
        "capacity": resources("4", "16384Mi", "102400Mi"),
        "allocatable": resources("3800m", "14848Mi", "94371840Ki"),
        "conditions": node_conditions(founding),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": [],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": uuid(&["boot", name]),
            "containerRuntimeVersion": "containerd://2.0.5",
            "kernelVersion": "6.8.0-60-generic",
            "kubeProxyVersion": "",
            "kubeletVersion": KUBELET,
            "machineID": hex(hash(0, &["machine", name]), 32),
            "operatingSystem": "linux",
            "osImage": "Ubuntu 24.04.2 LTS",
            "systemUUID": uuid(&["system", name]),
        },
    })
}

fn node_conditions(founding: Timestamp) -> Value {
    let at = wire_time(founding);
    HEALTHY
        .iter()
        .map(|(kind, status, reason, message)| {
            json!({
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": at,
                "lastTransitionTime": at,
            })
        })
        .collect()
}

fn uuid(words: &[&str]) -> String {
    let digits = hex(hash(0, words), 32);
    format!(
        "{}-{}-4{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..]
    )
}

fn lease(node: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": node, "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": node, "leaseDurationSeconds": 40},
    })
}

fn static_pod(row: &(&str, &str, u64, f64, f64)) -> (KindId, Value) {
    let (component, image, cpu, ..) = *row;
    let digest = hex(hash(0, &["static", component]), 32);
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{component}-{}", NODES[0]),
            "namespace": "kube-system",
            "labels": {"component": component, "tier": "control-plane"},
            "annotations": {
                "kubernetes.io/config.hash": digest,
                "kubernetes.io/config.mirror": digest,
                "kubernetes.io/config.source": "file",
            },
        },
        "spec": {
            "containers": [{
                "name": component,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": [component],
                "resources": {"requests": {"cpu": format!("{cpu}m")}},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }],
            "dnsPolicy": "ClusterFirst",
            "enableServiceLinks": true,
            "hostNetwork": true,
            "nodeName": NODES[0],
            "priority": 2_000_001_000,
            "priorityClassName": "system-node-critical",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "terminationGracePeriodSeconds": 30,
            "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
        },
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    });
    (registry::POD, pod)
}

/// The default class: volumes are made on the node's zone once a pod that uses them is scheduled.
fn storage_class() -> (KindId, Value) {
    let class = json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "disk.csi.example.com",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": true,
    });
    (registry::STORAGE_CLASS, class)
}

fn kubernetes_service() -> (KindId, Value) {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": "10.96.0.1",
            "clusterIPs": ["10.96.0.1"],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    });
    (registry::SERVICE, service)
}

fn kubernetes_endpoints() -> (KindId, Value) {
    let endpoints = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "kubernetes", "namespace": "default"},
        "subsets": [{
            "addresses": [{"ip": "10.0.0.11"}],
            "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
        }],
    });
    (registry::ENDPOINTS, endpoints)
}

/// Kept by the API server itself, under the service's own name.
fn kubernetes_endpoint_slice() -> (KindId, Value) {
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.11"], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
    });
    (registry::ENDPOINT_SLICE, slice)
}

fn autoscaler() -> Value {
    json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
            "minReplicas": 2,
            "maxReplicas": 8,
            "metrics": [{
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 60},
                },
            }],
        },
        "status": {"currentMetrics": null, "desiredReplicas": 0},
    })
}

fn secret(namespace: &str, name: &str, key: &str) -> (KindId, Value) {
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        // The words "demo value, not a secret" in base64: nothing here opens anything.
        "data": {key: "ZGVtbyB2YWx1ZSwgbm90IGEgc2VjcmV0"},
    });
    (registry::SECRET, secret)
}
