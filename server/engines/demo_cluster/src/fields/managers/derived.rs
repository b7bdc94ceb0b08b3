//! The record of objects that controllers and the cluster's founders wrote.

use super::*;
use crate::registry::{DEPLOYMENT, NAMESPACE, POD, SERVICE};

const CREATED: &str = "2025-11-20T08:00:00Z";

fn record(kind: KindId, object: &Value) -> Vec<Value> {
    let mut shown = object.clone();
    show(kind, &mut shown);
    value::items(&shown, "/metadata/managedFields").to_vec()
}

/// Manager, subresource and time of every entry.
fn writers(record: &[Value]) -> Vec<(&str, &str, &str)> {
    let word = |entry, pointer| value::text(entry, pointer);
    record
        .iter()
        .map(|it| {
            (
                word(it, "/manager"),
                word(it, "/subresource"),
                word(it, "/time"),
            )
        })
        .collect()
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": CREATED, "uid": "1",
            "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "nginx"}]}}},
        "status": {"replicas": 2, "conditions": [
            {"type": "Available", "status": "True", "lastTransitionTime": "2025-11-20T08:00:09Z"}]}})
}

fn write(manager: &str) -> Write<'_> {
    Write {
        kind: DEPLOYMENT,
        manager,
        subresource: None,
        now: Timestamp(1_763_930_096_000),
    }
}

#[test]
fn a_deployment_is_its_makers_but_for_revision_and_status() {
    let record = record(DEPLOYMENT, &deployment());
    assert_eq!(
        writers(&record),
        [
            ("kubectl-create", "", CREATED),
            ("kube-controller-manager", "status", "2025-11-20T08:00:09Z"),
        ]
    );
    assert_eq!(record[0]["fieldsV1"]["f:spec"]["f:replicas"], json!({}));
    assert!(record[0]["fieldsV1"].get("f:metadata").is_none());
    let annotations = json!({".": {}, "f:deployment.kubernetes.io/revision": {}});
    assert_eq!(
        record[1]["fieldsV1"]["f:metadata"]["f:annotations"],
        annotations
    );
    assert_eq!(record[1]["fieldsV1"]["f:status"]["f:replicas"], json!({}));
}

#[test]
fn an_apply_meets_the_maker_of_what_it_would_change() {
    let config = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 5}});
    let refused = apply(&deployment(), &config, write("me"), false).unwrap_err();
    assert_eq!(
        refused.message(),
        r#"Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas"#
    );
    let taken = apply(&deployment(), &config, write("me"), true).unwrap();
    let record = value::items(&taken, "/metadata/managedFields");
    let managers: Vec<&str> = writers(record).iter().map(|it| it.0).collect();
    assert_eq!(
        managers,
        ["me", "kubectl-create", "kube-controller-manager"]
    );
}

#[test]
fn sending_back_what_was_read_is_no_change() {
    let old = deployment();
    let mut sent = old.clone();
    show(DEPLOYMENT, &mut sent);
    track(&old, &mut sent, write("me"));
    assert_eq!(sent, old);
}

#[test]
fn what_a_controller_writes_after_the_record_was_made_is_added_to_its_entry() {
    let old = deployment();
    let mut scaled = old.clone();
    scaled["spec"]["replicas"] = json!(3);
    track(&old, &mut scaled, write("kubectl-edit"));
    scaled["status"] = json!({"readyReplicas": 3, "conditions": [
        {"type": "Available", "status": "True", "lastTransitionTime": "2025-12-01T00:00:00Z"}]});
    let record = record(DEPLOYMENT, &scaled);
    assert_eq!(
        writers(&record),
        [
            ("kubectl-create", "", CREATED),
            ("kubectl-edit", "", "2025-11-23T20:34:56Z"),
            ("kube-controller-manager", "status", "2025-12-01T00:00:00Z"),
        ]
    );
    let status = &record[2]["fieldsV1"]["f:status"];
    assert!(status.get("f:replicas").is_none());
    assert_eq!(status["f:readyReplicas"], json!({}));
}

#[test]
fn a_record_that_a_client_brings_is_taken_for_the_objects_own() {
    let old = deployment();
    let mut sent = old.clone();
    show(DEPLOYMENT, &mut sent);
    sent["metadata"]["managedFields"][0]["manager"] = json!("kubectl");
    sent["metadata"]["managedFields"][0]["operation"] = json!("Apply");
    track(&old, &mut sent, write("kubectl"));
    let record = record(DEPLOYMENT, &sent);
    assert_eq!(
        (writers(&record)[0].0, &record[0]["operation"]),
        ("kubectl", &json!("Apply"))
    );
    assert_eq!(record.len(), 2);
    sent["metadata"]["managedFields"] = json!([{}]);
    track(&old, &mut sent, write("kubectl"));
    assert_eq!(self::record(DEPLOYMENT, &sent), Vec::<Value>::new());
}

#[test]
fn nobody_manages_what_admission_and_binding_put_into_a_pod() {
    let pod = json!({"metadata": {"name": "web-1", "namespace": "shop", "creationTimestamp": CREATED,
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "1", "controller": true}]},
        "spec": {"nodeName": "node-1", "priority": 0, "serviceAccountName": "default",
            "containers": [{"name": "web", "image": "nginx",
                "volumeMounts": [{"name": "kube-api-access-x", "mountPath": "/var"}]}],
            "volumes": [{"name": "kube-api-access-x"}],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "tolerationSeconds": 300}]},
        "status": {"phase": "Running", "qosClass": "BestEffort", "startTime": "2025-11-20T08:00:02Z",
            "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True"}]}});
    let record = record(POD, &pod);
    assert_eq!(
        writers(&record),
        [
            ("kube-controller-manager", "", CREATED),
            ("kubelet", "status", "2025-11-20T08:00:02Z"),
        ]
    );
    let container = json!({r#"k:{"name":"web"}"#: {".": {}, "f:image": {}, "f:name": {}}});
    assert_eq!(
        record[0]["fieldsV1"]["f:spec"],
        json!({"f:containers": container})
    );
    let status = &record[1]["fieldsV1"]["f:status"];
    assert!(status.get("f:qosClass").is_none());
    assert!(
        status["f:conditions"]
            .get(r#"k:{"type":"PodScheduled"}"#)
            .is_none()
    );
    assert!(
        status["f:conditions"]
            .get(r#"k:{"type":"Ready"}"#)
            .is_some()
    );
}

#[test]
fn the_scheduler_says_why_a_pod_waits() {
    let pod = json!({"metadata": {"name": "a", "creationTimestamp": CREATED}, "spec": {"containers": []},
        "status": {"phase": "Pending", "qosClass": "BestEffort", "conditions": [
            {"type": "PodScheduled", "status": "False", "lastTransitionTime": CREATED}]}});
    let record = record(POD, &pod);
    assert!(writers(&record).contains(&("kube-scheduler", "status", CREATED)));
    assert!(record.iter().all(|entry| entry["manager"] != "kubelet"));
}

#[test]
fn nobody_manages_what_the_server_gives_out() {
    let service = json!({"metadata": {"name": "web", "namespace": "shop", "creationTimestamp": CREATED},
        "spec": {"type": "NodePort", "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"],
            "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]},
        "status": {"loadBalancer": {}}});
    let text = record(SERVICE, &service)[0].to_string();
    assert!(
        text.contains("f:port\"") && !text.contains("nodePort") && !text.contains("IP"),
        "{text}"
    );
    let namespace = json!({"metadata": {"name": "kube-system", "creationTimestamp": CREATED,
        "labels": {"kubernetes.io/metadata.name": "kube-system"}},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
    let record = record(NAMESPACE, &namespace);
    assert_eq!(writers(&record), [("kube-apiserver", "", CREATED)]);
    assert!(record[0]["fieldsV1"].get("f:spec").is_none());
}
