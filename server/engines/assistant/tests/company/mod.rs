//! A small cluster to ask about: nodes, namespaces, healthy and sick workloads, measured use.

use std::collections::BTreeMap;

use domain::{
    ids::ObjectName,
    resources::{
        Autoscaler, Availability, Event, Node, NodeUsage, Pod, PodPhase, PodUsage, Workload,
        WorkloadKind, WorkloadRef,
    },
    snapshot::ClusterSnapshot,
    time::{Seconds, Timestamp},
    units::{Bytes, MilliCores, Replicas},
};

pub(crate) const MIB: u64 = 1 << 20;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(1_764_000_000)
}

pub(crate) fn reference(kind: WorkloadKind, namespace: &str, name: &str) -> WorkloadRef {
    WorkloadRef {
        kind,
        namespace: ObjectName::new(namespace).expect("a valid name"),
        name: ObjectName::new(name).expect("a valid name"),
    }
}

fn workload(
    kind: WorkloadKind,
    namespace: &str,
    name: &str,
    replicas: u32,
    ready: u32,
) -> Workload {
    Workload {
        reference: reference(kind, namespace, name),
        uid: format!("uid-{namespace}-{name}"),
        resource_version: "1".to_owned(),
        replicas: Replicas(replicas),
        ready_replicas: Replicas(ready),
        updated_replicas: Replicas(replicas),
        cpu_request: Some(MilliCores(500)),
        memory_request: Some(Bytes(256 * MIB)),
        memory_limit: Some(Bytes(512 * MIB)),
        images: vec![format!("registry.example/{name}:1.4.2")],
        selector: BTreeMap::from([("app".to_owned(), name.to_owned())]),
        annotations: BTreeMap::new(),
        paused: false,
        created_at: now() - Seconds(864_000),
    }
}

fn pod(owner: &Workload, suffix: &str, node: &str) -> Pod {
    Pod {
        namespace: owner.reference.namespace.to_string(),
        name: format!("{}-{suffix}", owner.reference.name),
        phase: PodPhase::Running,
        status: "Running".to_owned(),
        ready_containers: 1,
        containers: 1,
        restarts: 0,
        last_restart_at: None,
        last_termination: None,
        message: None,
        node: Some(node.to_owned()),
        owner: Some(owner.reference.clone()),
        cpu_request: owner.cpu_request,
        memory_request: owner.memory_request,
        memory_limit: owner.memory_limit,
        labels: owner.selector.clone(),
        created_at: now() - Seconds(7200),
    }
}

fn usage(pod: &Pod, cpu: u64, memory_mib: u64) -> PodUsage {
    PodUsage {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        cpu: MilliCores(cpu),
        memory: Bytes(memory_mib * MIB),
        measured_at: now() - Seconds(15),
    }
}

fn warning(namespace: &str, kind: &str, name: &str, reason: &str, message: &str) -> Event {
    Event {
        namespace: namespace.to_owned(),
        kind: "Warning".to_owned(),
        reason: reason.to_owned(),
        object_kind: kind.to_owned(),
        object_name: name.to_owned(),
        message: message.to_owned(),
        count: 4,
        last_seen: now() - Seconds(120),
    }
}

fn node(name: &str, ready: bool) -> Node {
    Node {
        name: name.to_owned(),
        ready,
        unschedulable: false,
        allocatable_cpu: MilliCores(4000),
        allocatable_memory: Bytes(8192 * MIB),
        version: "v1.33.2".to_owned(),
        created_at: now() - Seconds(8_640_000),
    }
}

/// Storefront busy, ledger out of memory, reports without an image, batch pending, the rest fine.
#[expect(clippy::too_many_lines, reason = "one cluster, written out")]
pub(crate) fn snapshot() -> ClusterSnapshot {
    use WorkloadKind::{DaemonSet, Deployment, StatefulSet};
    let storefront = workload(Deployment, "shop", "storefront", 3, 3);
    let cart = workload(Deployment, "shop", "cart", 2, 2);
    let web_shop = workload(Deployment, "shop", "web", 2, 2);
    let web_blog = workload(Deployment, "blog", "web", 1, 1);
    let ledger = workload(Deployment, "payments", "ledger", 2, 1);
    let gateway = workload(Deployment, "payments", "payment-gateway", 2, 2);
    let reports = workload(Deployment, "analytics", "reports", 1, 0);
    let batch = workload(Deployment, "analytics", "batch-runner", 1, 0);
    let database = workload(StatefulSet, "data", "orders-db", 1, 1);
    let agent = workload(DaemonSet, "kube-system", "log-agent", 2, 2);

    let mut ledger_sick = pod(&ledger, "6c5d-xk2lp", "node-1");
    ledger_sick.status = "CrashLoopBackOff".to_owned();
    ledger_sick.ready_containers = 0;
    ledger_sick.restarts = 7;
    ledger_sick.last_restart_at = Some(now() - Seconds(180));
    ledger_sick.last_termination = Some("OOMKilled".to_owned());
    let mut reports_sick = pod(&reports, "77f-abcde", "node-2");
    reports_sick.phase = PodPhase::Pending;
    reports_sick.status = "ImagePullBackOff".to_owned();
    reports_sick.ready_containers = 0;
    reports_sick.message =
        Some("Back-off pulling image \"registry.example/reports:1.4.2\"".to_owned());
    let mut batch_pending = pod(&batch, "5b-zzzzz", "none");
    batch_pending.phase = PodPhase::Pending;
    batch_pending.status = "Pending".to_owned();
    batch_pending.ready_containers = 0;
    batch_pending.node = None;
    batch_pending.message = Some("0/2 nodes are available: 2 Insufficient cpu.".to_owned());

    let running = vec![
        pod(&storefront, "7d9f-aaaaa", "node-1"),
        pod(&storefront, "7d9f-bbbbb", "node-2"),
        pod(&storefront, "7d9f-ccccc", "node-1"),
        pod(&cart, "55c-aaaaa", "node-2"),
        pod(&cart, "55c-bbbbb", "node-1"),
        pod(&web_shop, "1a-aaaaa", "node-1"),
        pod(&web_shop, "1a-bbbbb", "node-2"),
        pod(&web_blog, "2b-aaaaa", "node-2"),
        pod(&ledger, "6c5d-m4n5o", "node-2"),
        pod(&gateway, "9f-aaaaa", "node-1"),
        pod(&gateway, "9f-bbbbb", "node-2"),
        pod(&database, "0", "node-1"),
        pod(&agent, "n1aaa", "node-1"),
        pod(&agent, "n2bbb", "node-2"),
    ];
    let cpu = [
        480, 470, 380, 90, 80, 100, 110, 40, 120, 60, 55, 150, 20, 20,
    ];
    let memory = [
        200, 210, 190, 120, 110, 90, 95, 80, 490, 100, 100, 300, 40, 40,
    ];
    let pod_usage = running
        .iter()
        .zip(cpu.iter().zip(memory))
        .map(|(pod, (&cpu, memory))| usage(pod, cpu, memory))
        .collect();
    let mut pods = running;
    let events = vec![
        warning(
            "payments",
            "Pod",
            &ledger_sick.name,
            "BackOff",
            "Back-off restarting failed container ledger",
        ),
        warning(
            "analytics",
            "Pod",
            &batch_pending.name,
            "FailedScheduling",
            "0/2 nodes are available: 2 Insufficient cpu.",
        ),
        Event {
            kind: "Normal".to_owned(),
            reason: "ScalingReplicaSet".to_owned(),
            ..warning(
                "shop",
                "Deployment",
                "storefront",
                "",
                "Scaled up replica set storefront-7d9f to 3",
            )
        },
    ];
    pods.extend([ledger_sick, reports_sick, batch_pending]);
    let node_usage = ["node-1", "node-2"].map(|name| NodeUsage {
        name: name.to_owned(),
        cpu: MilliCores(1200),
        memory: Bytes(3072 * MIB),
        measured_at: now() - Seconds(20),
    });
    ClusterSnapshot {
        taken_at: now(),
        default_namespace: "default".to_owned(),
        namespaces: [
            "analytics",
            "blog",
            "data",
            "default",
            "kube-system",
            "payments",
            "shop",
        ]
        .map(str::to_owned)
        .to_vec(),
        nodes: vec![node("node-1", true), node("node-2", true)],
        pods,
        workloads: vec![
            reports, batch, web_blog, database, agent, ledger, gateway, storefront, cart, web_shop,
        ],
        autoscalers: vec![Autoscaler {
            namespace: "shop".to_owned(),
            name: "cart".to_owned(),
            target_kind: "Deployment".to_owned(),
            target_name: "cart".to_owned(),
            min: Replicas(2),
            max: Replicas(6),
        }],
        events,
        node_usage: Availability::Available(node_usage.to_vec()),
        pod_usage: Availability::Available(pod_usage),
    }
}
