//! Kinds that are other versions of stored ones.

use super::*;
use crate::{
    registry::{EVENT, EVENT_V1, HORIZONTAL_POD_AUTOSCALER_V1},
    table::{self, IncludeObject},
};

fn autoscaler() -> Value {
    json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {
        "maxReplicas": 5, "targetCPUUtilizationPercentage": 60,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}})
}

fn event() -> Value {
    json!({"metadata": {"name": "web.1"}, "eventTime": "2025-11-23T20:34:56.000000Z", "note": "hello",
        "reason": "Said", "type": "Normal", "action": "Saying", "reportingController": "example.com/me",
        "reportingInstance": "me-1", "regarding": {"kind": "Pod", "namespace": "shop", "name": "web"}})
}

#[test]
fn stores_an_autoscaler_of_the_older_version_in_the_newer() {
    let mut fixture = Fixture::new();
    let made = fixture.create(HORIZONTAL_POD_AUTOSCALER_V1, autoscaler());
    assert_eq!(made["apiVersion"], "autoscaling/v1");
    assert_eq!(made["spec"]["targetCPUUtilizationPercentage"], 60);
    let get = request(Verb::Get, HORIZONTAL_POD_AUTOSCALER, Some("web"), None);
    let stored = fixture.call(&get).unwrap();
    assert_eq!(stored["apiVersion"], "autoscaling/v2");
    let target = &stored["spec"]["metrics"][0]["resource"]["target"];
    assert_eq!(
        target,
        &json!({"type": "Utilization", "averageUtilization": 60})
    );
    let owner = &stored["metadata"]["managedFields"][0];
    assert_eq!(owner["apiVersion"], "autoscaling/v1");
    assert_eq!(
        owner["fieldsV1"]["f:spec"]["f:targetCPUUtilizationPercentage"],
        json!({})
    );
}

#[test]
fn patches_an_autoscaler_of_the_older_version_in_its_own_fields() {
    let mut fixture = Fixture::new();
    fixture.create(HORIZONTAL_POD_AUTOSCALER_V1, autoscaler());
    for (how, percent) in [(PatchType::Merge, 70), (PatchType::Strategic, 75)] {
        let body = json!({"spec": {"targetCPUUtilizationPercentage": percent}});
        let patch = request(
            Verb::Patch(how),
            HORIZONTAL_POD_AUTOSCALER_V1,
            Some("web"),
            Some(body),
        );
        let patched = fixture.call(&patch).unwrap();
        assert_eq!(patched["spec"]["targetCPUUtilizationPercentage"], percent);
    }
    let mut list = request(Verb::List, HORIZONTAL_POD_AUTOSCALER_V1, None, None);
    let listed = fixture.call(&list).unwrap();
    assert_eq!(listed["apiVersion"], "autoscaling/v1");
    assert_eq!(
        listed["items"][0]["spec"]["targetCPUUtilizationPercentage"],
        75
    );
    list.verb = Verb::Delete;
    list.name = Some("web".to_owned());
    fixture.call(&list).unwrap();
    assert!(fixture.names(HORIZONTAL_POD_AUTOSCALER).is_empty());
}

#[test]
fn takes_fields_from_owners_who_know_them_by_another_version() {
    let mut fixture = Fixture::new();
    fixture.create(HORIZONTAL_POD_AUTOSCALER_V1, autoscaler());
    let body = json!({"spec": {"minReplicas": 2}});
    let patch = request(
        Verb::Patch(PatchType::Merge),
        HORIZONTAL_POD_AUTOSCALER,
        Some("web"),
        Some(body),
    );
    let mut patch = patch;
    patch.options.field_manager = "other".to_owned();
    let patched = fixture.call(&patch).unwrap();
    let managers = patched["metadata"]["managedFields"].as_array().unwrap();
    let of = |name: &str| {
        managers
            .iter()
            .find(|entry| entry["manager"] == name)
            .unwrap()
    };
    assert_eq!(
        of("other")["fieldsV1"],
        json!({"f:spec": {"f:minReplicas": {}}})
    );
    assert!(
        of("kubectl")["fieldsV1"]["f:spec"]
            .get("f:minReplicas")
            .is_none()
    );
    assert!(
        of("kubectl")["fieldsV1"]["f:spec"]
            .get("f:maxReplicas")
            .is_some()
    );
}

#[test]
fn applies_an_autoscaler_of_the_older_version() {
    let mut fixture = Fixture::new();
    let mut apply = request(
        Verb::Patch(PatchType::Apply),
        HORIZONTAL_POD_AUTOSCALER_V1,
        Some("web"),
        Some(autoscaler()),
    );
    apply.options.field_manager = "me".to_owned();
    let made = fixture.call(&apply).unwrap();
    assert_eq!(made["spec"]["targetCPUUtilizationPercentage"], 60);
    if let Some(body) = &mut apply.body {
        body["spec"]["targetCPUUtilizationPercentage"] = json!(50);
    }
    let changed = fixture.call(&apply).unwrap();
    assert_eq!(changed["spec"]["targetCPUUtilizationPercentage"], 50);
}

#[test]
fn shows_events_under_both_names_of_their_fields() {
    let mut fixture = Fixture::new();
    fixture.create(EVENT_V1, event());
    let older = fixture
        .call(&request(Verb::Get, EVENT, Some("web.1"), None))
        .unwrap();
    assert_eq!(
        (&older["apiVersion"], &older["message"]),
        (&json!("v1"), &json!("hello"))
    );
    assert_eq!(older["involvedObject"]["name"], "web");
    assert_eq!(
        (&older["firstTimestamp"], &older["source"]),
        (&Value::Null, &json!({}))
    );
    let mut list = request(Verb::List, EVENT_V1, None, None);
    list.options.field_selector = "regarding.name=web,reason=Said".to_owned();
    let newer = fixture.call(&list).unwrap();
    assert_eq!(newer["kind"], "EventList");
    assert_eq!(newer["items"][0]["note"], "hello");
    list.options.field_selector = "regarding.name=other".to_owned();
    assert_eq!(fixture.call(&list).unwrap()["items"], json!([]));
}

#[test]
fn prints_a_view_as_the_kind_that_is_stored() {
    let mut fixture = Fixture::new();
    fixture.create(EVENT_V1, event());
    let rows = |kind, fixture: &mut Fixture| {
        let list = fixture
            .call(&request(Verb::List, kind, None, None))
            .unwrap();
        table::of_response(kind, &list, NOW, IncludeObject::None)["rows"].clone()
    };
    assert_eq!(rows(EVENT_V1, &mut fixture), rows(EVENT, &mut fixture));
}
