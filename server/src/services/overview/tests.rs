use std::collections::BTreeMap;

use domain::{
    cluster::{ClusterMode, ConnectionState, Severity},
    ids::{ClusterId, ObjectName},
    resources::{Node, WorkloadKind},
    units::Replicas,
};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_763_900_000);

fn cluster() -> Cluster {
    Cluster {
        id: ClusterId(uuid::Uuid::nil()),
        name: "test".to_owned(),
        server: "https://127.0.0.1:6443".to_owned(),
        mode: ClusterMode::Approve,
        is_demo: false,
        fingerprint: "00000000".to_owned(),
        connection: ConnectionState::Unverified,
        checked_at: None,
        created_at: NOW,
    }
}

fn web() -> WorkloadRef {
    WorkloadRef {
        kind: WorkloadKind::Deployment,
        namespace: ObjectName::new("shop").unwrap(),
        name: ObjectName::new("web").unwrap(),
    }
}

fn pod(name: &str, status: &str) -> Pod {
    Pod {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        phase: if status == "Pending" {
            PodPhase::Pending
        } else {
            PodPhase::Running
        },
        status: status.to_owned(),
        ready_containers: 1,
        containers: 1,
        restarts: 4,
        last_restart_at: None,
        last_termination: Some("OOMKilled".to_owned()),
        message: None,
        node: Some("node-1".to_owned()),
        owner: Some(web()),
        cpu_request: Some(MilliCores(200)),
        memory_request: Some(Bytes(100)),
        memory_limit: Some(Bytes(200)),
        labels: BTreeMap::new(),
        created_at: NOW - Seconds(600),
    }
}

fn usage(name: &str, cpu: u64, memory: u64) -> PodUsage {
    PodUsage {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        cpu: MilliCores(cpu),
        memory: Bytes(memory),
        measured_at: NOW,
    }
}

fn snapshot(pods: Vec<Pod>, pod_usage: Vec<PodUsage>) -> ClusterSnapshot {
    ClusterSnapshot {
        taken_at: NOW,
        default_namespace: "default".to_owned(),
        namespaces: vec!["shop".to_owned()],
        nodes: vec![Node {
            name: "node-1".to_owned(),
            ready: true,
            unschedulable: false,
            allocatable_cpu: MilliCores(4000),
            allocatable_memory: Bytes(1000),
            version: "v1.33.0".to_owned(),
            created_at: NOW,
        }],
        pods,
        workloads: vec![Workload {
            reference: web(),
            uid: "u".to_owned(),
            resource_version: "1".to_owned(),
            replicas: Replicas(2),
            ready_replicas: Replicas(2),
            updated_replicas: Replicas(2),
            cpu_request: Some(MilliCores(200)),
            memory_request: Some(Bytes(100)),
            memory_limit: Some(Bytes(200)),
            images: vec![],
            selector: BTreeMap::new(),
            annotations: BTreeMap::new(),
            paused: false,
            created_at: NOW,
        }],
        autoscalers: vec![],
        events: vec![],
        node_usage: Availability::Available(vec![NodeUsage {
            name: "node-1".to_owned(),
            cpu: MilliCores(1000),
            memory: Bytes(500),
            measured_at: NOW,
        }]),
        pod_usage: Availability::Available(pod_usage),
    }
}

fn composed(snapshot: &ClusterSnapshot) -> Overview {
    let none = || Availability::Unavailable("none".to_owned());
    compose(cluster(), snapshot, none(), none())
}

#[test]
fn adds_up_the_pods_of_a_workload_against_their_requests() {
    let overview = composed(&snapshot(
        vec![pod("web-1", "Running"), pod("web-2", "Running")],
        vec![usage("web-1", 100, 50), usage("web-2", 200, 70)],
    ));
    let web = &overview.workloads[0];
    assert_eq!(web.cpu, Some(MilliCores(300)));
    assert_eq!(web.cpu_percent_of_request, Some(75.0));
    assert_eq!(web.memory_percent_of_request, Some(60.0));
}

#[test]
fn says_nothing_about_a_workload_that_is_not_measured() {
    let overview = composed(&snapshot(vec![pod("web-1", "Running")], vec![]));
    assert_eq!(overview.workloads[0].cpu, None);
    assert_eq!(overview.workloads[0].cpu_percent_of_request, None);
}

#[test]
fn gives_use_as_a_share_of_allocatable() {
    let overview = composed(&snapshot(vec![], vec![]));
    assert_eq!(overview.cpu.as_option().unwrap().percent, 25.0);
    assert_eq!(overview.memory.as_option().unwrap().percent, 50.0);
}

#[test]
fn counts_a_crash_loop_as_failing_and_not_as_running() {
    let overview = composed(&snapshot(
        vec![
            pod("web-1", "CrashLoopBackOff"),
            pod("web-2", "Running"),
            pod("web-3", "Pending"),
        ],
        vec![],
    ));
    let counts = overview.pods;
    assert_eq!(
        (counts.failing, counts.running, counts.pending, counts.total),
        (1, 1, 1, 3)
    );
}

#[test]
fn cuts_a_long_message_at_the_end_of_a_word() {
    let mut waiting = pod("web-1", "ImagePullBackOff");
    waiting.restarts = 0;
    waiting.message = Some("pulling an image ".repeat(20));
    let overview = composed(&snapshot(vec![waiting], vec![]));
    let detail = &overview.attention[0].detail;
    assert!(
        detail.chars().count() <= 142 && detail.ends_with(" …"),
        "{detail}"
    );
}

#[test]
fn puts_failing_before_pending_before_nearly_full() {
    let overview = composed(&snapshot(
        vec![
            pod("web-2", "Running"),
            pod("web-3", "Pending"),
            pod("web-1", "CrashLoopBackOff"),
        ],
        vec![usage("web-2", 1, 190)],
    ));
    let severities: Vec<_> = overview.attention.iter().map(|a| a.severity).collect();
    assert_eq!(
        severities,
        [Severity::Critical, Severity::Warning, Severity::Warning]
    );
    assert!(overview.attention[0].detail.contains("OOMKilled"));
    assert!(overview.attention[2].summary.contains("95 %"));
}

#[test]
fn names_a_workload_once_however_many_of_its_pods_are_nearly_full() {
    let overview = composed(&snapshot(
        vec![pod("web-1", "Running"), pod("web-2", "Running")],
        vec![usage("web-1", 1, 184), usage("web-2", 1, 190)],
    ));
    let [entry] = overview.attention.as_slice() else {
        panic!("{:?}", overview.attention);
    };
    assert_eq!(entry.summary, "memory at 95 % of its limit (2 of its pods)");
}
