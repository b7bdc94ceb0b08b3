//! What a namespace allows: quotas, ranges and disruption budgets.

use super::*;
use crate::registry::{LIMIT_RANGE, POD_DISRUPTION_BUDGET, RESOURCE_QUOTA};

#[test]
fn counts_against_a_quota_as_soon_as_an_object_is_there() {
    let mut fixture = Fixture::new();
    fixture.create(
        RESOURCE_QUOTA,
        json!({"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1", "count/deployments.apps": "0"}}}),
    );
    fixture.create(POD, pod("a", ""));
    let quota = fixture.0.get(RESOURCE_QUOTA, "shop", "few").unwrap();
    assert_eq!(quota["status"]["used"]["pods"], "1");
    fixture.fails(
        &request(Verb::Create, POD, None, Some(pod("b", ""))),
        403,
        "pods \"b\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1",
    );
    fixture.fails(
        &request(Verb::Create, DEPLOYMENT, None, Some(deployment())),
        403,
        "deployments.apps \"web\" is forbidden: exceeded quota: few, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0",
    );
}

#[test]
fn gives_new_pods_the_defaults_of_their_namespace_before_judging_them() {
    let mut fixture = Fixture::new();
    let limits = json!([{"type": "Container", "default": {"cpu": "200m"}, "defaultRequest": {"cpu": "200m"}, "max": {"cpu": "1"}}]);
    fixture.create(
        LIMIT_RANGE,
        json!({"metadata": {"name": "sizes"}, "spec": {"limits": limits}}),
    );
    let created = fixture.create(POD, pod("a", ""));
    assert_eq!(
        created["spec"]["containers"][0]["resources"],
        json!({"limits": {"cpu": "200m"}, "requests": {"cpu": "200m"}})
    );
    assert_eq!(created["status"]["qosClass"], "Burstable");
    let mut large = pod("b", "");
    large["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "2"}});
    fixture.fails(
        &request(Verb::Create, POD, None, Some(large)),
        403,
        "pods \"b\" is forbidden: maximum cpu usage per Container is 1, but limit is 2",
    );
}

fn evict(name: &str) -> Request {
    Request {
        subresource: Some(Subresource::Eviction),
        ..request(
            Verb::Create,
            POD,
            Some(name),
            Some(json!({"metadata": {"name": name}})),
        )
    }
}

/// A running, ready pod.
fn serving(fixture: &mut Fixture, name: &str) {
    fixture.create(POD, pod(name, "n1"));
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
    let written = fixture
        .0
        .update(POD, "shop", name, NOW, |pod| pod["status"] = status);
    assert!(written.is_ok());
}

#[test]
fn evicts_as_many_pods_as_their_budget_allows() {
    let mut fixture = Fixture::new();
    serving(&mut fixture, "a");
    serving(&mut fixture, "b");
    fixture.create(
        POD_DISRUPTION_BUDGET,
        json!({"metadata": {"name": "most"}, "spec": {"minAvailable": 1, "selector": {}}}),
    );
    let refused = fixture.call(&evict("a")).unwrap_err();
    assert_eq!(refused.code(), 429);
    assert_eq!(
        refused.causes()[0].message,
        "The disruption budget most is still being processed by the server."
    );
    let status = json!({"currentHealthy": 2, "desiredHealthy": 1, "disruptionsAllowed": 1, "expectedPods": 2, "observedGeneration": 1});
    let kept = fixture
        .0
        .update(POD_DISRUPTION_BUDGET, "shop", "most", NOW, |budget| {
            budget["status"] = status;
        });
    assert!(kept.is_ok());
    assert_eq!(fixture.call(&evict("a")).unwrap()["status"], "Success");
    let budget = fixture
        .0
        .get(POD_DISRUPTION_BUDGET, "shop", "most")
        .unwrap();
    assert_eq!(
        budget["status"]["disruptedPods"]["a"],
        "2025-11-23T20:34:56Z"
    );
    fixture.fails(
        &evict("b"),
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    let refused = fixture.call(&evict("b")).unwrap_err();
    assert_eq!(
        refused.causes()[0].message,
        "The disruption budget most needs 1 healthy pods and has 2 currently"
    );
}

#[test]
fn evicts_pods_that_serve_nobody_whatever_the_budget() {
    let mut fixture = Fixture::new();
    fixture.create(
        POD_DISRUPTION_BUDGET,
        json!({"metadata": {"name": "all"}, "spec": {"maxUnavailable": 0, "selector": {}}}),
    );
    fixture.create(POD, pod("pending", ""));
    assert_eq!(
        fixture.call(&evict("pending")).unwrap()["status"],
        "Success"
    );
    assert!(fixture.names(POD).is_empty());
}
