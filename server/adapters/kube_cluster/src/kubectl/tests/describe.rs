//! `kubectl describe`.

use domain::command::{DescribeCommand, ObjectWords, ReadCommand};
use serde_json::{Value, json};

use super::{check, check_remark, name, run, word};
use crate::kubectl::fixtures::Api;

fn describe(resource: &str, names: &[&str]) -> ReadCommand {
    ReadCommand::Describe(DescribeCommand {
        objects: ObjectWords {
            resources: vec![word(resource)],
            names: names.iter().map(|text| name(text)).collect(),
            pairs: Vec::new(),
        },
        ..DescribeCommand::default()
    })
}

fn pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u1",
            "labels": {"app": "web", "tier": "front"},
            "annotations": {"note": "short", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "controller": true}]},
        "spec": {"nodeName": "n1", "serviceAccountName": "default", "priority": 0,
            "containers": [{"name": "app", "image": "shop/web:1.2",
                "ports": [{"containerPort": 8080, "protocol": "TCP"}, {"containerPort": 9090, "protocol": "TCP"}],
                "args": ["--port", "8080"],
                "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "0.25"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"},
                    "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                "env": [{"name": "MODE", "value": "fast"},
                    {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                    {"name": "SELF", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
                    {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}],
                "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": true}]}],
            "volumes": [{"name": "data", "emptyDir": {}}],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists",
                "effect": "NoExecute", "tolerationSeconds": 300}]},
        "status": {"phase": "Running", "hostIP": "192.168.0.4", "podIP": "10.0.0.7",
            "podIPs": [{"ip": "10.0.0.7"}], "startTime": "2026-11-23T06:00:00Z", "qosClass": "Burstable",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 2,
                "containerID": "containerd://abc", "imageID": "shop/web@sha256:1",
                "state": {"running": {"startedAt": "2026-11-23T06:00:05Z"}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137,
                    "startedAt": "2026-11-23T05:00:00Z", "finishedAt": "2026-11-23T05:59:00Z"}}}]}})
}

const POD: &str = "\
Name:             web-1
Namespace:        shop
Priority:         0
Service Account:  default
Node:             n1/192.168.0.4
Start Time:       Mon, 23 Nov 2026 06:00:00 +0000
Labels:           app=web
                  tier=front
Annotations:      note: short
Status:           Running
IP:               10.0.0.7
IPs:
  IP:           10.0.0.7
Controlled By:  ReplicaSet/web
Containers:
  app:
    Container ID:  containerd://abc
    Image:         shop/web:1.2
    Image ID:      shop/web@sha256:1
    Ports:         8080/TCP, 9090/TCP
    Host Ports:    0/TCP, 0/TCP
    Args:
      --port
      8080
    State:          Running
      Started:      Mon, 23 Nov 2026 06:00:05 +0000
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Mon, 23 Nov 2026 05:00:00 +0000
      Finished:     Mon, 23 Nov 2026 05:59:00 +0000
    Ready:          True
    Restart Count:  2
    Limits:
      cpu:     500m
      memory:  256Mi
    Requests:
      cpu:      250m
    Readiness:  http-get http://:8080/ready delay=0s timeout=1s period=10s #success=1 #failure=3
    Environment:
      MODE:      fast
      PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false
      SELF:      web-1 (v1:metadata.name)
      CPUS:      1 (limits.cpu)
    Mounts:
      /data from data (ro)
Conditions:
  Type    Status
  Ready   True 
Volumes:
  data:
    Type:        EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:      
    SizeLimit:   <unset>
QoS Class:       Burstable
Node-Selectors:  <none>
Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
Events:
  Type     Reason   Age               From     Message
  ----     ------   ----              ----     -------
  Warning  BackOff  2m (x5 over 60m)  kubelet  Back-off restarting
";

#[test]
fn a_pod_with_everything() {
    let events = json!({"items": [{"type": "Warning", "reason": "BackOff", "count": 5,
        "firstTimestamp": "2026-11-24T11:00:00Z", "lastTimestamp": "2026-11-24T11:58:00Z",
        "source": {"component": "kubelet"}, "message": "Back-off restarting"}]});
    let selector = "involvedObject.name=web-1,involvedObject.namespace=shop,involvedObject.uid=u1";
    let api = Api::new()
        .with("/api/v1/namespaces/shop/pods/web-1", pod())
        .with(
            &format!("/api/v1/namespaces/shop/events?fieldSelector={selector}"),
            events,
        );
    check(api, &describe("pod", &["web-1"]), POD);
}

#[test]
fn a_name_that_is_a_prefix_describes_what_begins_with_it() {
    let list = json!({"items": [pod(), {"metadata": {"name": "api-1"}}]});
    let api = Api::new().with("/api/v1/namespaces/shop/pods", list);
    let output = run(api, &describe("pod", &["web"]));
    assert!(output.stdout.starts_with("Name:             web-1\n"));
    assert!(output.stdout.ends_with("Events:          <none>\n\n"));
    assert!(!output.stdout.contains("api-1"));
}

#[test]
fn what_does_not_exist_is_said() {
    let api = Api::new().with("/api/v1/namespaces/shop/pods", json!({"items": []}));
    check_remark(
        api.clone(),
        &describe("pod", &["nope"]),
        "Error from server (NotFound): pods \"nope\" not found\n",
        1,
    );
    check_remark(
        api,
        &describe("pods", &[]),
        "No resources found in shop namespace.\n",
        0,
    );
}

#[test]
fn several_objects_are_two_lines_apart() {
    let secret = |name: &str| json!({"metadata": {"name": name, "namespace": "shop"}});
    let list = json!({"items": [secret("a"), secret("b")]});
    let output = run(
        Api::new().with("/api/v1/namespaces/shop/secrets", list),
        &describe("secrets", &[]),
    );
    assert!(
        output.stdout.contains("Data\n====\n\n\nName:         b\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_secret_shows_sizes_only() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "db", "namespace": "shop"},
        "data": {"token": "aHVudGVyMg==", "user": "YWRtaW4="}});
    check(
        Api::new().with("/api/v1/namespaces/shop/secrets/db", secret),
        &describe("secret", &["db"]),
        "\
Name:         db
Namespace:    shop
Labels:       <none>
Annotations:  <none>

Type:  kubernetes.io/service-account-token

Data
====
token:  7 bytes
user:   5 bytes
",
    );
}

#[test]
fn a_config_map_shows_its_data() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"},
        "data": {"a.conf": "x=1\ny=2"}, "binaryData": {"b": "AAECAw=="}});
    check(
        Api::new().with("/api/v1/namespaces/shop/configmaps/c", map),
        &describe("cm", &["c"]),
        "\
Name:         c
Namespace:    shop
Labels:       <none>
Annotations:  <none>

Data
====
a.conf:
----
x=1
y=2


BinaryData
====
b: 4 bytes

Events:  <none>
",
    );
}

#[test]
fn a_deployment_names_its_replica_sets() {
    let template = json!({"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "shop/web:2"}]}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "creationTimestamp": "2026-11-20T00:00:00Z"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}},
        "status": {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 1, "unavailableReplicas": 1,
            "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}]}});
    let set = |name: &str, image: &str, replicas: u32| {
        json!({"metadata": {"name": name, "ownerReferences": [{"uid": "u1", "controller": true}]},
            "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": "web", "pod-template-hash": "x"}},
                "spec": {"containers": [{"name": "app", "image": image}]}}},
            "status": {"replicas": replicas}})
    };
    let sets = json!({"items": [set("web-old", "shop/web:1", 0), set("web-new", "shop/web:2", 2)]});
    let api = Api::new()
        .with("/apis/apps/v1/namespaces/shop/deployments/web", deployment)
        .with("/apis/apps/v1/namespaces/shop/replicasets", sets);
    check(
        api,
        &describe("deploy", &["web"]),
        "\
Name:                   web
Namespace:              shop
CreationTimestamp:      Fri, 20 Nov 2026 00:00:00 +0000
Labels:                 <none>
Annotations:            <none>
Selector:               app=web
Replicas:               2 desired | 2 updated | 2 total | 1 available | 1 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  1 max unavailable, 25% max surge
Pod Template:
  Labels:  app=web
  Containers:
   app:
    Image:         shop/web:2
    Port:          <none>
    Host Port:     <none>
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
Conditions:
  Type           Status  Reason
  ----           ------  ------
  Available      True    MinimumReplicasAvailable
OldReplicaSets:  web-old (0/0 replicas created)
NewReplicaSet:   web-new (2/2 replicas created)
Events:          <none>
",
    );
}

#[test]
fn a_service_shows_ready_endpoints() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"type": "ClusterIP", "clusterIP": "10.1.0.1", "clusterIPs": ["10.1.0.1"],
            "selector": {"app": "web"}, "sessionAffinity": "None",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]}});
    let endpoint =
        |ip: &str, ready: bool| json!({"addresses": [ip], "conditions": {"ready": ready}});
    let slices = json!({"items": [{"ports": [{"name": "http", "port": 8080}], "endpoints": [
        endpoint("10.0.0.1", true), endpoint("10.0.0.2", false), endpoint("10.0.0.3", true),
        endpoint("10.0.0.4", true), endpoint("10.0.0.5", true)]}]});
    let api = Api::new()
        .with("/api/v1/namespaces/shop/services/web", service)
        .with(
            "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
            slices,
        );
    check(
        api,
        &describe("svc", &["web"]),
        "\
Name:              web
Namespace:         shop
Labels:            <none>
Annotations:       <none>
Selector:          app=web
Type:              ClusterIP
IP Families:       <none>
IP:                10.1.0.1
IPs:               10.1.0.1
Port:              http  80/TCP
TargetPort:        8080/TCP
Endpoints:         10.0.0.1:8080,10.0.0.3:8080,10.0.0.4:8080 + 1 more...
Session Affinity:  None
Events:            <none>
",
    );
}

#[test]
fn an_autoscaler_shows_current_and_target() {
    let hpa = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-11-20T00:00:00Z"},
        "spec": {"minReplicas": 2, "maxReplicas": 10, "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 70}}}]},
        "status": {"currentReplicas": 3, "desiredReplicas": 3, "currentMetrics": [{"type": "Resource",
            "resource": {"name": "cpu", "current": {"averageUtilization": 45, "averageValue": "91m"}}}],
            "conditions": [{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale", "message": "ok"}]}});
    let path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web";
    check(
        Api::new().with(path, hpa),
        &describe("hpa", &["web"]),
        "\
Name:                                                  web
Namespace:                                             shop
Labels:                                                <none>
Annotations:                                           <none>
CreationTimestamp:                                     Fri, 20 Nov 2026 00:00:00 +0000
Reference:                                             Deployment/web
Metrics:                                               ( current / target )
  resource cpu on pods  (as a percentage of request):  45% (91m) / 70%
Min replicas:                                          2
Max replicas:                                          10
Deployment pods:                                       3 current / 3 desired
Conditions:
  Type         Status  Reason            Message
  ----         ------  ------            -------
  AbleToScale  True    ReadyForNewScale  ok
Events:        <none>
",
    );
}

#[test]
fn any_other_kind_shows_its_fields() {
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop", "uid": "u1", "managedFields": [{}]},
        "spec": {"size": 3, "partNumbers": ["a", "b"], "rules": [{"apiVersion": "v1"}]}});
    check(
        Api::new().with("/apis/example.com/v1/namespaces/shop/widgets/w", widget),
        &describe("widgets", &["w"]),
        "\
Name:         w
Namespace:    shop
Labels:       <none>
Annotations:  <none>
API Version:  example.com/v1
Kind:         Widget
Metadata:
  UID:  u1
Spec:
  Part Numbers:
    a
    b
  Rules:
    API Version:  v1
  Size:           3
Events:           <none>
",
    );
}

#[test]
fn a_node_adds_up_what_its_pods_ask_for() {
    let node = json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n1", "uid": "u1", "creationTimestamp": "2026-11-20T00:00:00Z"},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"}}});
    let pod = |name: &str| {
        json!({"metadata": {"name": name, "namespace": "shop",
            "creationTimestamp": "2026-11-24T10:00:00Z"},
        "spec": {"containers": [{"resources": {"requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"memory": "1Gi"}}}]}})
    };
    let api = Api::new()
        .with("/api/v1/nodes/n1", node)
        .with("/api/v1/pods", json!({"items": [pod("a"), pod("b")]}));
    let output = run(api, &describe("node", &["n1"]));
    let expected = "\
Non-terminated Pods:          (2 in total)
  Namespace                   Name    CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
  ---------                   ----    ------------  ----------  ---------------  -------------  ---
  shop                        a       250m (6%)     0 (0%)      512Mi (6%)       1Gi (12%)      120m
  shop                        b       250m (6%)     0 (0%)      512Mi (6%)       1Gi (12%)      120m
Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  Resource           Requests    Limits
  --------           --------    ------
  cpu                500m (12%)  0 (0%)
  memory             1Gi (12%)   2Gi (25%)
  ephemeral-storage  0 (0%)      0 (0%)
Events:              <none>
";
    assert!(output.stdout.ends_with(expected), "{}", output.stdout);
    assert!(
        output
            .stdout
            .contains("Lease:              Failed to get lease: leases \"n1\" not found\n"),
        "{}",
        output.stdout
    );
}
