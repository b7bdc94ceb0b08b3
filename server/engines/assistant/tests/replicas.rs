//! More replicas are recommended only where they share the load.

mod company;

use assistant::{Reply, understand};
use domain::{
    chat::Block,
    resources::{Availability, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
    units::{MilliCores, Replicas},
};

/// Ways to ask that lead to advice about CPU.
const QUESTIONS: &[&str] = &[
    "Show me pods with high CPU usage",
    "which pods are burning cpu?",
    "pods above 80% cpu",
    "what is eating my CPU?",
    "why is storefront slow?",
    "should I scale storefront?",
    "would it help to scale up storefront?",
    "what if I scale storefront to 9?",
    "would 1 more replica of storefront fit?",
];

fn offered(reply: &Reply) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for block in &reply.blocks {
        if let Block::Recommendation { text, command } = block {
            found.push((text.as_str(), command.as_str()));
        }
        if let Block::Choice { options, .. } = block {
            found.extend(
                options
                    .iter()
                    .map(|(text, message)| (text.as_str(), message.as_str())),
            );
        }
    }
    found
}

fn scales(command: &str) -> bool {
    command.starts_with("scale") || command.starts_with("kubectl scale")
}

fn storefront(snapshot: &mut ClusterSnapshot) -> &mut Workload {
    let is_it = |workload: &&mut Workload| workload.reference.name.as_str() == "storefront";
    snapshot
        .workloads
        .iter_mut()
        .find(is_it)
        .expect("storefront")
}

/// The company with its busiest workload of another kind, and room on its nodes.
fn with_kind(kind: WorkloadKind) -> ClusterSnapshot {
    let mut snapshot = company::snapshot();
    let reference = company::reference(kind, "shop", "storefront");
    storefront(&mut snapshot).reference = reference.clone();
    for pod in &mut snapshot.pods {
        if pod.name.starts_with("storefront") {
            pod.owner = Some(reference.clone());
        }
    }
    if let Availability::Available(usage) = &mut snapshot.pod_usage {
        for usage in usage
            .iter_mut()
            .filter(|usage| usage.name.starts_with("storefront"))
        {
            usage.cpu = MilliCores(490);
        }
    }
    for node in &mut snapshot.nodes {
        node.allocatable_cpu = MilliCores(40_000);
    }
    snapshot
}

#[track_caller]
fn check(snapshot: &ClusterSnapshot, part: &str) {
    for question in QUESTIONS {
        let reply = understand(question, snapshot);
        let offered = offered(&reply);
        assert_eq!(reply.proposal, None, "{question}");
        assert!(
            !offered.iter().any(|(_, command)| scales(command)),
            "{question}: {offered:?}"
        );
        let says = |(text, _): &(&str, &str)| text.contains(part);
        assert!(offered.iter().any(says), "{question}: {offered:?}");
    }
}

#[test]
fn a_busy_deployment_is_offered_another_replica() {
    let snapshot = with_kind(WorkloadKind::Deployment);
    for question in QUESTIONS {
        let reply = understand(question, &snapshot);
        let offered = offered(&reply);
        assert!(
            offered.iter().any(|(_, command)| scales(command)),
            "{question}: {offered:?}"
        );
    }
}

#[test]
fn a_stateful_set_is_never_offered_more_replicas() {
    check(&with_kind(WorkloadKind::StatefulSet), "is a StatefulSet");
}

#[test]
fn neither_is_a_deployment_of_a_database_or_queue() {
    for (image, what) in [
        ("registry.example:5000/library/postgres:16.4", "PostgreSQL"),
        ("bitnami/mysql@sha256:0f", "MySQL"),
        ("docker.io/mongo:7", "MongoDB"),
        ("redis:7-alpine", "Redis"),
        ("confluentinc/cp-kafka:7.6", "Kafka"),
        ("rabbitmq:3-management", "RabbitMQ"),
        (
            "docker.elastic.co/elasticsearch/elasticsearch:8.14",
            "Elasticsearch",
        ),
        ("quay.io/coreos/etcd:v3.5", "etcd"),
    ] {
        let mut snapshot = with_kind(WorkloadKind::Deployment);
        storefront(&mut snapshot).images = vec![image.to_owned()];
        check(&snapshot, what);
    }
}

#[test]
fn what_only_talks_to_a_queue_may_be_scaled() {
    let mut snapshot = with_kind(WorkloadKind::Deployment);
    storefront(&mut snapshot).images = vec!["shop/kafka-consumer:2".to_owned()];
    let reply = understand("show me pods with high cpu usage", &snapshot);
    assert_eq!(offered(&reply)[0].1, "scale up storefront in shop by 1");
}

#[test]
fn an_autoscaler_is_named_instead() {
    let mut snapshot = with_kind(WorkloadKind::Deployment);
    snapshot.autoscalers[0].target_name = "storefront".to_owned();
    check(
        &snapshot,
        "set by the HorizontalPodAutoscaler cart (2 to 6): let it work",
    );
    snapshot.autoscalers[0].max = Replicas(3);
    check(&snapshot, "it is at its maximum");
    snapshot.autoscalers.clear();
    let on = (
        domain::autoscaling::ENABLED_ANNOTATION.to_owned(),
        "true".to_owned(),
    );
    storefront(&mut snapshot).annotations.extend([on]);
    check(&snapshot, "set by predictive autoscaling");
}

#[test]
fn a_failing_workload_is_to_be_diagnosed_first() {
    let mut snapshot = with_kind(WorkloadKind::Deployment);
    let sick = snapshot
        .pods
        .iter_mut()
        .find(|pod| pod.name == "storefront-7d9f-ccccc");
    sick.expect("a pod").status = "CrashLoopBackOff".to_owned();
    let reply = understand("show me pods with high cpu usage", &snapshot);
    assert_eq!(offered(&reply)[0].1, "why is storefront failing in shop?");
}

#[test]
fn scaling_a_stateful_set_on_request_is_planned_with_a_warning() {
    let reply = understand("scale orders-db to 3", &company::snapshot());
    assert!(reply.proposal.is_some());
    let shown = format!("{:?}", reply.blocks);
    assert!(
        shown.contains("does not share its load by itself"),
        "{shown}"
    );
    let fewer = format!(
        "{:?}",
        understand("scale orders-db to 0", &company::snapshot()).blocks
    );
    assert!(!fewer.contains("does not share its load"), "{fewer}");
}
