//! Who owns what after creations, updates and applies.

use super::*;
use crate::registry::DEPLOYMENT;

fn write(manager: &str) -> Write<'_> {
    Write {
        kind: DEPLOYMENT,
        manager,
        subresource: None,
        now: Timestamp(1_763_930_096_000),
    }
}

fn config(replicas: i64, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}})
}

#[test]
fn records_what_an_applier_gave() {
    let object = apply(&Value::Null, &config(2, "nginx"), write("me"), false).unwrap();
    let entry = &object["metadata"]["managedFields"][0];
    assert_eq!(entry["operation"], "Apply");
    assert_eq!(entry["fieldsV1"]["f:spec"]["f:replicas"], json!({}));
    assert!(entry["fieldsV1"]["f:metadata"].get("f:name").is_none());
    assert!(entry["fieldsV1"].get("f:kind").is_none());
}

#[test]
fn refuses_to_change_what_others_own() {
    let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
    let refused = apply(&first, &config(3, "nginx"), write("b"), false).unwrap_err();
    assert_eq!(refused.code(), 409);
    assert_eq!(
        refused.message(),
        r#"Apply failed with 1 conflict: conflict with "a": .spec.replicas"#
    );
    assert_eq!(refused.causes()[0].reason, "FieldManagerConflict");
    let both = apply(&first, &config(3, "caddy"), write("b"), false).unwrap_err();
    assert_eq!(
        both.message(),
        "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.replicas\n- .spec.template.spec.containers[name=\"web\"].image"
    );
}

#[test]
fn takes_fields_over_by_force() {
    let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
    let second = apply(&first, &config(3, "nginx"), write("b"), true).unwrap();
    assert_eq!(second["spec"]["replicas"], 3);
    let refused = apply(&second, &config(2, "nginx"), write("a"), false).unwrap_err();
    assert!(
        refused
            .message()
            .contains(r#"conflict with "b": .spec.replicas"#)
    );
}

#[test]
fn removes_what_is_no_longer_applied() {
    let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
    let mut less = config(2, "nginx");
    value::remove(&mut less, &["metadata", "labels"]);
    value::remove(&mut less, &["spec", "replicas"]);
    let second = apply(&first, &less, write("a"), false).unwrap();
    assert!(second["metadata"].get("labels").is_none());
    assert!(second["spec"].get("replicas").is_none());
    assert_eq!(second["spec"]["template"], first["spec"]["template"]);
}

#[test]
fn leaves_shared_fields_to_the_other_owner() {
    let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
    let shared = apply(&first, &config(2, "nginx"), write("b"), false).unwrap();
    let mut less = config(2, "nginx");
    value::remove(&mut less, &["spec", "replicas"]);
    let third = apply(&shared, &less, write("a"), false).unwrap();
    assert_eq!(third["spec"]["replicas"], 2);
}

#[test]
fn moves_fields_to_whoever_updates_them() {
    let mut created = config(2, "nginx");
    track(&Value::Null, &mut created, write("kubectl-create"));
    let mut scaled = created.clone();
    scaled["spec"]["replicas"] = json!(5);
    track(&created, &mut scaled, write("kubectl-edit"));
    let entries = Managers::of(&scaled).entries;
    assert_eq!(entries.len(), 2);
    let owner = entries
        .iter()
        .find(|entry| entry.manager == "kubectl-edit")
        .unwrap();
    assert_eq!(owner.fields.paths(), [".spec.replicas"]);
    let refused = apply(&scaled, &config(2, "nginx"), write("a"), false).unwrap_err();
    assert_eq!(
        refused.message(),
        r#"Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas"#
    );
}

#[test]
fn protects_objects_whose_record_was_emptied() {
    let mut emptied = config(1, "nginx");
    emptied["metadata"]["managedFields"] = json!([]);
    let mut untracked = config(2, "nginx");
    track(&emptied, &mut untracked, write("x"));
    show(DEPLOYMENT, &mut untracked.clone());
    assert_eq!(untracked["metadata"]["managedFields"], json!([]));
    let refused = apply(&untracked, &config(3, "nginx"), write("a"), false).unwrap_err();
    assert!(refused.message().contains("before-first-apply"));
}

#[test]
fn merges_the_oldest_of_many_writers() {
    let mut object = config(0, "nginx");
    track(&Value::Null, &mut object, write("first"));
    for number in 1..30 {
        let mut next = object.clone();
        next["metadata"]["annotations"][format!("a{number}")] = json!("x");
        track(&object, &mut next, write(&format!("writer-{number}")));
        object = next;
    }
    let managers = Managers::of(&object);
    assert_eq!(managers.entries.len(), MAX_UPDATERS);
    assert!(
        managers
            .entries
            .iter()
            .any(|entry| entry.manager == ANCIENT)
    );
    let all = others(&managers, usize::MAX).paths();
    assert!((1..30).all(|number| all.contains(&format!(".metadata.annotations.a{number}"))));
}

#[test]
fn owns_what_was_added_whole_and_not_what_every_object_has() {
    let mut created = config(2, "nginx");
    created["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = json!(1);
    let container = &mut created["spec"]["template"]["spec"]["containers"][0];
    container["resources"]["requests"]["cpu"] = json!("1");
    track(&Value::Null, &mut created, write("me"));
    let spec = &created["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    let has_itself = |pointer: &str| spec.pointer(pointer).unwrap().get(".").is_some();
    assert!(has_itself("/f:strategy/f:rollingUpdate"));
    assert!(!has_itself("/f:strategy"));
    assert!(!has_itself("/f:template/f:spec/f:containers"));
    let container = r#"/f:template/f:spec/f:containers/k:{"name":"web"}"#;
    assert!(has_itself(container));
    assert!(has_itself(&format!("{container}/f:resources")));
}

#[test]
fn notes_no_time_for_a_manager_whose_first_apply_changes_nothing() {
    let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
    let second = apply(&first, &config(2, "nginx"), write("b"), false).unwrap();
    let managers = &second["metadata"]["managedFields"];
    assert_eq!(
        (&managers[0]["manager"], managers[0].get("time")),
        (&json!("b"), None)
    );
    assert!(managers[1]["time"].is_string());
}

#[test]
fn changes_nothing_when_the_same_is_applied_again() {
    let first = apply(&Value::Null, &config(2, "nginx"), write("a"), false).unwrap();
    let later = Write {
        now: Timestamp(1_900_000_000_000),
        ..write("a")
    };
    assert_eq!(
        apply(&first, &config(2, "nginx"), later, false).unwrap(),
        first
    );
}
