//! Pods that have just been made are normal, and changes that change nothing are not planned.

mod company;

use assistant::{Reply, understand};
use domain::{
    chat::Block,
    cluster::Severity,
    resources::{Pod, PodPhase},
    snapshot::ClusterSnapshot,
    time::Seconds,
    units::Replicas,
};

/// The company with a third pod of cart, made `age` seconds ago and still creating its container.
fn with_new_pod(age: i64) -> ClusterSnapshot {
    let mut snapshot = company::snapshot();
    let model = snapshot
        .pods
        .iter()
        .find(|pod| pod.name == "cart-55c-aaaaa");
    let pod = Pod {
        name: "cart-55c-fresh".to_owned(),
        phase: PodPhase::Pending,
        status: "ContainerCreating".to_owned(),
        ready_containers: 0,
        created_at: company::now() - Seconds(age),
        ..model.expect("a pod of cart").clone()
    };
    snapshot.pods.push(pod);
    let cart = snapshot
        .workloads
        .iter_mut()
        .find(|workload| workload.reference.name.as_str() == "cart")
        .expect("cart");
    cart.replicas = Replicas(3);
    snapshot
}

fn warnings(reply: &Reply) -> Vec<&str> {
    let mut found = Vec::new();
    for block in &reply.blocks {
        if let Block::Finding {
            severity: Severity::Warning | Severity::Critical,
            subject,
            ..
        } = block
        {
            found.push(subject.as_str());
        }
    }
    found
}

fn text(reply: &Reply) -> String {
    format!("{:?}", reply.blocks)
}

#[test]
fn a_pod_just_made_is_no_warning() {
    let snapshot = with_new_pod(0);
    for question in [
        "what is wrong in shop?",
        "is everything ok in shop?",
        "which pods in shop are pending?",
        "is anything wrong with cart?",
    ] {
        let reply = understand(question, &snapshot);
        assert!(warnings(&reply).is_empty(), "{question}: {reply:#?}");
    }
    assert!(
        text(&understand("which pods in shop are pending?", &snapshot)).contains("it is starting")
    );
}

#[test]
fn a_pod_that_takes_more_than_a_minute_is_one() {
    for question in ["what is wrong in shop?", "which pods in shop are pending?"] {
        assert!(
            warnings(&understand(question, &with_new_pod(61))).contains(&"shop/cart-55c-fresh"),
            "{question}"
        );
    }
}

#[test]
fn a_young_pod_that_cannot_be_placed_is_one_at_once() {
    let mut snapshot = with_new_pod(5);
    let fresh = snapshot.pods.last_mut().expect("a pod");
    fresh.status = "Pending".to_owned();
    fresh.message = Some("0/2 nodes are available: 2 Insufficient cpu.".to_owned());
    assert_eq!(
        warnings(&understand("what is wrong in shop?", &snapshot)),
        ["shop/cart-55c-fresh"]
    );
}

#[test]
fn a_change_to_what_is_there_already_is_not_offered() {
    let snapshot = company::snapshot();
    for question in [
        "scale storefront to 3",
        "set storefront to 3 replicas",
        "what if I scale storefront to 3",
        "start storefront",
        "scale storefrnt to 3",
    ] {
        let reply = understand(question, &snapshot);
        assert_eq!(reply.proposal, None, "{question}");
        let shown = text(&reply);
        assert!(
            shown.contains("already has 3 replicas"),
            "{question}: {shown}"
        );
        assert!(!shown.contains("kubectl scale"), "{question}: {shown}");
    }
    let namesakes = text(&understand("scale web to 1", &snapshot));
    assert!(
        namesakes.contains("--replicas=1 --namespace=shop"),
        "{namesakes}"
    );
    assert!(
        !namesakes.contains("--replicas=1 --namespace=blog"),
        "{namesakes}"
    );
}
