//! Deleting, alone and with dependents.

use super::*;

#[test]
fn gives_running_pods_time_to_end() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("pending", ""));
    fixture.create(POD, pod("running", "n1"));
    let delete = |name| request(Verb::Delete, POD, Some(name), None);
    fixture.call(&delete("pending")).unwrap();
    let answer = fixture.call(&delete("running")).unwrap();
    assert_eq!(
        answer["metadata"]["deletionTimestamp"],
        "2025-11-23T20:35:26Z"
    );
    assert_eq!(answer["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(fixture.names(POD), ["running"]);
    finish_deletion(&mut fixture.0, POD, "shop", "running", NOW);
    assert!(fixture.names(POD).is_empty());
    fixture.create(POD, pod("now", "n1"));
    let mut at_once = delete("now");
    at_once.options.grace_period_seconds = Some(0);
    fixture.call(&at_once).unwrap();
    assert!(fixture.names(POD).is_empty());
}

/// A Deployment with a ReplicaSet with a pod.
fn family(fixture: &mut Fixture) {
    let owner = |object: &Value| {
        json!([{"apiVersion": object["apiVersion"], "kind": object["kind"], "name": value::name(object), "uid": value::uid(object),
            "controller": true, "blockOwnerDeletion": true}])
    };
    let parent = fixture.create(DEPLOYMENT, deployment());
    let mut replica_set = deployment();
    replica_set["kind"] = json!("ReplicaSet");
    replica_set["metadata"] = json!({"name": "web-1", "ownerReferences": owner(&parent)});
    let replica_set = fixture.create(REPLICA_SET, replica_set);
    let mut child = pod("web-1-x", "");
    child["metadata"]["ownerReferences"] = owner(&replica_set);
    fixture.create(POD, child);
}

#[test]
fn deletes_dependents_in_the_background() {
    let mut fixture = Fixture::new();
    family(&mut fixture);
    let answer = fixture
        .call(&request(Verb::Delete, DEPLOYMENT, Some("web"), None))
        .unwrap();
    assert_eq!(
        (&answer["status"], &answer["details"]["kind"]),
        (&json!("Success"), &json!("deployments"))
    );
    assert!(fixture.names(REPLICA_SET).is_empty() && fixture.names(POD).is_empty());
}

#[test]
fn orphans_dependents_when_asked() {
    let mut fixture = Fixture::new();
    family(&mut fixture);
    let mut delete = request(Verb::Delete, DEPLOYMENT, Some("web"), None);
    delete.options.propagation = Some(Propagation::Orphan);
    fixture.call(&delete).unwrap();
    assert!(fixture.names(DEPLOYMENT).is_empty());
    let replica_set = fixture.0.get(REPLICA_SET, "shop", "web-1").unwrap();
    assert!(replica_set["metadata"].get("ownerReferences").is_none());
    assert_eq!(fixture.names(POD), ["web-1-x"]);
}

#[test]
fn deletes_dependents_first_when_asked() {
    let mut fixture = Fixture::new();
    family(&mut fixture);
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    fixture
        .call(&request(
            Verb::Patch(PatchType::Merge),
            REPLICA_SET,
            Some("web-1"),
            Some(hold),
        ))
        .unwrap();
    let mut delete = request(Verb::Delete, DEPLOYMENT, Some("web"), None);
    delete.options.propagation = Some(Propagation::Foreground);
    let answer = fixture.call(&delete).unwrap();
    assert_eq!(
        answer["metadata"]["finalizers"],
        json!(["foregroundDeletion"])
    );
    let release = json!({"metadata": {"finalizers": null}});
    fixture
        .call(&request(
            Verb::Patch(PatchType::Merge),
            REPLICA_SET,
            Some("web-1"),
            Some(release),
        ))
        .unwrap();
    assert!(fixture.names(REPLICA_SET).is_empty() && fixture.names(DEPLOYMENT).is_empty());
}

#[test]
fn checks_what_must_hold_before_a_delete() {
    let mut fixture = Fixture::new();
    fixture.create(CONFIG_MAP, config_map("a"));
    let mut delete = request(Verb::Delete, CONFIG_MAP, Some("a"), None);
    delete.options.preconditions.uid = Some("other".to_owned());
    let refused = fixture.call(&delete).unwrap_err();
    assert_eq!(refused.code(), 409);
    assert!(
        refused
            .message()
            .contains("the UID in the precondition (other) does not match the UID in record")
    );
    delete.options.preconditions = Preconditions {
        resource_version: Some("1".to_owned()),
        uid: None,
    };
    assert_eq!(fixture.call(&delete).unwrap_err().code(), 409);
}

#[test]
fn deletes_collections_by_selector() {
    let mut fixture = Fixture::new();
    for name in ["a", "b"] {
        fixture.create(POD, pod(name, ""));
    }
    let mut delete = request(Verb::DeleteCollection, POD, None, None);
    delete.options.label_selector = "app=a".to_owned();
    let answer = fixture.call(&delete).unwrap();
    assert_eq!(answer["items"].as_array().unwrap().len(), 1);
    assert_eq!(fixture.names(POD), ["b"]);
}

#[test]
fn empties_namespaces_before_they_go() {
    let mut fixture = Fixture::new();
    fixture.create(CONFIG_MAP, config_map("a"));
    fixture.create(POD, pod("running", "n1"));
    let answer = fixture
        .call(&request(Verb::Delete, NAMESPACE, Some("shop"), None))
        .unwrap();
    assert_eq!(answer["status"]["phase"], "Terminating");
    assert!(fixture.names(CONFIG_MAP).is_empty());
    fixture.fails(
        &request(Verb::Create, CONFIG_MAP, None, Some(config_map("b"))),
        403,
        r#"configmaps "b" is forbidden: unable to create new content in namespace shop because it is being terminated"#,
    );
    finish_deletion(&mut fixture.0, POD, "shop", "running", NOW);
    collect_garbage(&mut fixture.0, NOW);
    assert!(fixture.names(NAMESPACE).is_empty());
}

#[test]
fn evicts_pods() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("a", "n1"));
    let mut evict = request(
        Verb::Create,
        POD,
        Some("a"),
        Some(json!({"kind": "Eviction", "apiVersion": "policy/v1"})),
    );
    evict.subresource = Some(Subresource::Eviction);
    evict.options.preconditions.uid = Some("other".to_owned());
    assert_eq!(fixture.call(&evict).unwrap_err().code(), 409);
    evict.options = Options {
        dry_run: true,
        ..Options::default()
    };
    fixture.call(&evict).unwrap();
    assert!(!value::is_terminating(
        fixture.0.get(POD, "shop", "a").unwrap()
    ));
    evict.options = Options {
        grace_period_seconds: Some(5),
        ..Options::default()
    };
    fixture.call(&evict).unwrap();
    let pod = fixture.0.get(POD, "shop", "a").unwrap();
    assert_eq!(pod["metadata"]["deletionGracePeriodSeconds"], 5);
    assert!(value::is_terminating(
        fixture.0.get(POD, "shop", "a").unwrap()
    ));
}

#[test]
fn keeps_the_namespaces_that_no_cluster_is_without() {
    let mut fixture = Fixture::new();
    fixture.create(NAMESPACE, json!({"metadata": {"name": "default"}}));
    fixture.fails(
        &request(Verb::Delete, NAMESPACE, Some("default"), None),
        403,
        r#"namespaces "default" is forbidden: this namespace may not be deleted"#,
    );
}

#[test]
fn answers_the_end_of_a_namespace_by_the_namespace() {
    let mut fixture = Fixture::new();
    let answer = fixture
        .call(&request(Verb::Delete, NAMESPACE, Some("shop"), None))
        .unwrap();
    assert_eq!(answer["kind"], "Namespace");
    assert_eq!(answer["status"]["phase"], "Terminating");
    let metadata = &answer["metadata"];
    assert!(metadata["deletionTimestamp"].is_string());
    assert!(metadata.get("deletionGracePeriodSeconds").is_none());
    assert!(fixture.names(NAMESPACE).is_empty());
}

#[test]
fn waits_for_whoever_finalizes_a_namespace() {
    let mut fixture = Fixture::new();
    let mut finalize = request(
        Verb::Update,
        NAMESPACE,
        Some("shop"),
        Some(
            json!({"metadata": {"name": "shop"}, "spec": {"finalizers": ["kubernetes", "example.com/hold"]}}),
        ),
    );
    finalize.subresource = Some(Subresource::Finalize);
    fixture.call(&finalize).unwrap();
    fixture
        .call(&request(Verb::Delete, NAMESPACE, Some("shop"), None))
        .unwrap();
    let left = fixture.0.get(NAMESPACE, "", "shop").unwrap();
    assert_eq!(left["spec"]["finalizers"], json!(["example.com/hold"]));
    finalize.body = Some(json!({"metadata": {"name": "shop"}, "spec": {}}));
    fixture.call(&finalize).unwrap();
    assert!(fixture.names(NAMESPACE).is_empty());
}

#[test]
fn changes_what_holds_a_namespace_below_its_own_path_alone() {
    let mut fixture = Fixture::new();
    let body = json!({"metadata": {"name": "shop"}, "spec": {"finalizers": []}});
    let updated = fixture
        .call(&request(Verb::Update, NAMESPACE, Some("shop"), Some(body)))
        .unwrap();
    assert_eq!(updated["spec"]["finalizers"], json!(["kubernetes"]));
}
