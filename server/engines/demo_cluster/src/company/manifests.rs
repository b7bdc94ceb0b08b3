//! The company's workloads as manifests, with every default the API server would fill in.

use serde_json::{Map, Value, json};

use super::{Blueprint, Kind, Resources};
use crate::registry::{self, KindId};

/// Everything that comes with a workload: the workload, its service, its settings and its account.
pub(super) fn first_release(blueprint: &Blueprint, image: &str) -> Vec<(KindId, Value)> {
    let mut objects = Vec::new();
    if !blueprint.settings.is_empty() {
        objects.push((registry::CONFIG_MAP, settings(blueprint)));
    }
    objects.push(workload(blueprint, image));
    if blueprint.kind != Kind::DaemonSet {
        objects.push((registry::SERVICE, service(blueprint)));
    }
    objects
}

/// The workload itself.
pub(super) fn workload(blueprint: &Blueprint, image: &str) -> (KindId, Value) {
    match blueprint.kind {
        Kind::Deployment => (registry::DEPLOYMENT, deployment(blueprint, image)),
        Kind::StatefulSet => (registry::STATEFUL_SET, stateful_set(blueprint, image)),
        Kind::DaemonSet => (registry::DAEMON_SET, daemon_set(blueprint, image)),
    }
}

fn labels(blueprint: &Blueprint) -> Value {
    let key = if blueprint.namespace == "kube-system" {
        "k8s-app"
    } else {
        "app"
    };
    json!({ key: blueprint.name })
}

fn metadata(blueprint: &Blueprint) -> Value {
    let mut labels = labels(blueprint);
    labels["app.kubernetes.io/name"] = json!(blueprint.name);
    labels["app.kubernetes.io/part-of"] = json!(blueprint.namespace);
    json!({"name": blueprint.name, "namespace": blueprint.namespace, "labels": labels})
}

fn deployment(blueprint: &Blueprint, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(blueprint),
        "spec": {
            "replicas": blueprint.replicas,
            "selector": {"matchLabels": labels(blueprint)},
            "template": template(blueprint, image),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
    })
}

fn stateful_set(blueprint: &Blueprint, image: &str) -> Value {
    let mut set = json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(blueprint),
        "spec": {
            "replicas": blueprint.replicas,
            "selector": {"matchLabels": labels(blueprint)},
            "serviceName": blueprint.name,
            "template": template(blueprint, image),
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "revisionHistoryLimit": 10,
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
    });
    if let Some((name, size)) = blueprint.volume {
        set["spec"]["volumeClaimTemplates"] = json!([{
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "creationTimestamp": null},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": size}},
                "storageClassName": "standard",
                "volumeMode": "Filesystem",
            },
            "status": {"phase": "Pending"},
        }]);
    }
    set
}

fn daemon_set(blueprint: &Blueprint, image: &str) -> Value {
    let mut template = template(blueprint, image);
    template["spec"]["hostNetwork"] = json!(true);
    template["spec"]["priorityClassName"] = json!("system-node-critical");
    template["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata(blueprint),
        "spec": {
            "selector": {"matchLabels": labels(blueprint)},
            "template": template,
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
            },
            "revisionHistoryLimit": 10,
        },
    })
}

fn template(blueprint: &Blueprint, image: &str) -> Value {
    let mut container = json!({
        "name": blueprint.name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": port_name(blueprint.port), "containerPort": blueprint.port, "protocol": "TCP"}],
        "resources": resources(blueprint.resources),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    });
    if blueprint.port != 53 {
        container["readinessProbe"] = probe(blueprint);
    }
    if !blueprint.settings.is_empty() {
        container["envFrom"] =
            json!([{"configMapRef": {"name": format!("{}-settings", blueprint.name)}}]);
    }
    if let Some((name, _)) = blueprint.volume {
        container["volumeMounts"] = json!([{"name": name, "mountPath": "/data"}]);
    }
    json!({
        "metadata": {"creationTimestamp": null, "labels": labels(blueprint)},
        "spec": {
            "containers": [container],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    })
}

fn port_name(port: u16) -> &'static str {
    match port {
        53 => "dns-tcp",
        5432 => "postgres",
        6379 => "redis",
        10250 => "https",
        10256 => "healthz",
        _ => "http",
    }
}

fn probe(blueprint: &Blueprint) -> Value {
    let mut probe = json!({
        "failureThreshold": 3,
        "initialDelaySeconds": 2,
        "periodSeconds": 5,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    });
    match blueprint.port {
        5432 | 6379 => probe["tcpSocket"] = json!({"port": blueprint.port}),
        _ => {
            probe["httpGet"] =
                json!({"path": "/healthz", "port": port_name(blueprint.port), "scheme": "HTTP"});
        }
    }
    probe
}

fn resources(resources: Resources) -> Value {
    let entry = |cpu: Option<u64>, memory: Option<u64>| {
        let mut map = Map::new();
        if let Some(cpu) = cpu.filter(|&cpu| cpu > 0) {
            map.insert("cpu".to_owned(), json!(cpu_quantity(cpu)));
        }
        if let Some(memory) = memory.filter(|&memory| memory > 0) {
            map.insert("memory".to_owned(), json!(memory_quantity(memory)));
        }
        map
    };
    let requests = entry(Some(resources.cpu_request), Some(resources.memory_request));
    let limits = entry(resources.cpu_limit, resources.memory_limit);
    let mut value = Map::new();
    if !limits.is_empty() {
        value.insert("limits".to_owned(), Value::Object(limits));
    }
    if !requests.is_empty() {
        value.insert("requests".to_owned(), Value::Object(requests));
    }
    Value::Object(value)
}

fn cpu_quantity(millicores: u64) -> String {
    if millicores.is_multiple_of(1000) {
        (millicores / 1000).to_string()
    } else {
        format!("{millicores}m")
    }
}

fn memory_quantity(mib: u64) -> String {
    if mib.is_multiple_of(1024) {
        format!("{}Gi", mib / 1024)
    } else {
        format!("{mib}Mi")
    }
}

fn settings(blueprint: &Blueprint) -> Value {
    let data: Map<String, Value> = blueprint
        .settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": format!("{}-settings", blueprint.name),
            "namespace": blueprint.namespace,
            "labels": {"app.kubernetes.io/name": blueprint.name},
        },
        "data": data,
    })
}

fn service(blueprint: &Blueprint) -> Value {
    let name = if blueprint.name == "coredns" {
        "kube-dns"
    } else {
        blueprint.name
    };
    let headless = blueprint.kind == Kind::StatefulSet;
    let mut port = json!({
        "name": port_name(blueprint.port),
        "port": blueprint.port,
        "protocol": "TCP",
        "targetPort": blueprint.port,
    });
    if blueprint.name == "metrics-server" {
        port["port"] = json!(443);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": blueprint.namespace,
            "labels": {"app.kubernetes.io/name": blueprint.name},
        },
        "spec": {
            "clusterIP": cluster_ip(name, headless),
            "clusterIPs": [cluster_ip(name, headless)],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [port],
            "selector": labels(blueprint),
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    })
}

/// An address in the service network, 10.96.0.0/16; DNS has its customary one.
fn cluster_ip(name: &str, headless: bool) -> String {
    if headless {
        return "None".to_owned();
    }
    if name == "kube-dns" {
        return "10.96.0.10".to_owned();
    }
    let chance = crate::chance::hash(0, &["service", name]);
    format!("10.96.{}.{}", 1 + chance % 250, 1 + (chance >> 16) % 250)
}
