//! Custom kinds end to end, on a store.

use super::*;
use crate::{
    api::{self, Options, Request, Verb},
    registry::{self, CUSTOM_RESOURCE_DEFINITION, NAMESPACE},
    status::Status,
    store::Store,
    table::{self, IncludeObject},
};

const NOW: Timestamp = Timestamp(1_763_930_096_000);

fn definition() -> Value {
    json!({"metadata": {"name": "ships.sea.example"}, "spec": {
        "group": "sea.example", "scope": "Namespaced", "names": {"plural": "ships", "kind": "Ship", "shortNames": ["sh"]},
        "versions": [{"name": "v1", "served": true, "storage": true,
            "subresources": {"status": {}},
            "additionalPrinterColumns": [{"name": "Crew", "type": "integer", "jsonPath": ".spec.crew"}, {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}],
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "required": ["crew"], "properties": {
                    "crew": {"type": "integer", "minimum": 1}, "flag": {"type": "string", "default": "none"}}},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})
}

fn request(verb: Verb, kind: KindId, name: Option<&str>, body: Option<Value>) -> Request {
    Request {
        verb,
        kind,
        namespace: kind.spec().namespaced.then(|| "shop".to_owned()),
        name: name.map(str::to_owned),
        subresource: None,
        body,
        options: Options::default(),
    }
}

fn create(store: &mut Store, kind: KindId, body: Value) -> Result<Value, Status> {
    api::call(store, &request(Verb::Create, kind, None, Some(body)), NOW)
}

/// A store with the namespace `shop` and the definition of ships.
fn store() -> (Store, KindId) {
    let mut store = Store::with_seed(1);
    create(&mut store, NAMESPACE, json!({"metadata": {"name": "shop"}})).unwrap();
    assert_eq!(store.find("sea.example", "v1", "ships"), None);
    create(&mut store, CUSTOM_RESOURCE_DEFINITION, definition()).unwrap();
    let ships = store.find("sea.example", "v1", "ships").unwrap();
    (store, ships)
}

#[test]
fn serves_the_kind_of_a_definition_by_its_schema() {
    let (mut store, ships) = store();
    let object = json!({"metadata": {"name": "argo"}, "spec": {"crew": 50, "sails": 2}});
    let stored = create(&mut store, ships, object).unwrap();
    assert_eq!(stored["apiVersion"], "sea.example/v1");
    assert_eq!(stored["spec"], json!({"crew": 50, "flag": "none"}));
    assert_eq!(stored["metadata"]["generation"], 1);
    let refused = create(
        &mut store,
        ships,
        json!({"metadata": {"name": "ghost"}, "spec": {"crew": 0}}),
    );
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), 422);
    assert_eq!(
        refused.message(),
        "Ship.sea.example \"ghost\" is invalid: spec.crew: Invalid value: 0: spec.crew in body should be greater than or equal to 1"
    );
    let wrong = json!({"metadata": {"name": "ghost"}, "spec": {"crew": "many"}});
    assert_eq!(create(&mut store, ships, wrong).unwrap_err().code(), 422);
}

#[test]
fn prints_the_columns_of_a_definition() {
    let (mut store, ships) = store();
    create(
        &mut store,
        ships,
        json!({"metadata": {"name": "argo"}, "spec": {"crew": 50}}),
    )
    .unwrap();
    let list = api::call(&mut store, &request(Verb::List, ships, None, None), NOW).unwrap();
    let table = table::of_response(ships, &list, NOW, IncludeObject::None);
    assert_eq!(table["columnDefinitions"][1]["name"], "Crew");
    assert_eq!(table["rows"][0]["cells"], json!(["argo", 50, "0s"]));
}

#[test]
fn keeps_objects_when_their_definition_changes() {
    let (mut store, ships) = store();
    create(
        &mut store,
        ships,
        json!({"metadata": {"name": "argo"}, "spec": {"crew": 50}}),
    )
    .unwrap();
    let mut wider = Value::clone(
        store
            .get(CUSTOM_RESOURCE_DEFINITION, "", "ships.sea.example")
            .unwrap(),
    );
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/sails";
    let parent = wider.pointer_mut(spec.trim_end_matches("/sails")).unwrap();
    parent["sails"] = json!({"type": "integer"});
    let update = request(
        Verb::Update,
        CUSTOM_RESOURCE_DEFINITION,
        Some("ships.sea.example"),
        Some(wider),
    );
    api::call(&mut store, &update, NOW).unwrap();
    let ships = store.find("sea.example", "v1", "ships").unwrap();
    assert!(store.get(ships, "shop", "argo").is_some());
    let object = json!({"metadata": {"name": "second"}, "spec": {"crew": 1, "sails": 2}});
    assert_eq!(
        create(&mut store, ships, object).unwrap()["spec"]["sails"],
        2
    );
}

#[test]
fn removes_objects_with_their_definition_and_their_namespace() {
    let (mut store, ships) = store();
    let ship = || json!({"metadata": {"name": "argo"}, "spec": {"crew": 50}});
    create(&mut store, ships, ship()).unwrap();
    api::call(
        &mut store,
        &request(Verb::Delete, NAMESPACE, Some("shop"), None),
        NOW,
    )
    .unwrap();
    assert_eq!(store.list(ships, None).count(), 0);
    create(&mut store, NAMESPACE, json!({"metadata": {"name": "shop"}})).unwrap();
    create(&mut store, ships, ship()).unwrap();
    let delete = request(
        Verb::Delete,
        CUSTOM_RESOURCE_DEFINITION,
        Some("ships.sea.example"),
        None,
    );
    api::call(&mut store, &delete, NOW).unwrap();
    assert_eq!(store.find("sea.example", "v1", "ships"), None);
    assert_eq!(store.list(ships, None).count(), 0);
}

#[test]
fn survives_a_snapshot_with_its_objects() {
    let (mut store, ships) = store();
    create(
        &mut store,
        ships,
        json!({"metadata": {"name": "argo"}, "spec": {"crew": 50}}),
    )
    .unwrap();
    let again = Store::from_json(store.to_json()).unwrap();
    assert_eq!(again.find("sea.example", "v1", "ships"), Some(ships));
    assert!(again.get(ships, "shop", "argo").is_some());
    assert_eq!(registry::find("sea.example", "v1", "ships"), None);
}
