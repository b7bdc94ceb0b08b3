//! Identity, revisions, the log and snapshots.

use super::{changes::LOG_LENGTH, *};
use crate::registry::{CONFIG_MAP, DEPLOYMENT};

const NOW: Timestamp = Timestamp(1_763_930_096_000);

fn config_map(name: &str, data: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop"}, "data": {"key": data}})
}

#[test]
fn gives_new_objects_identity_and_revision() {
    let mut store = Store::with_seed(7);
    let object = store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
    assert_eq!(object["kind"], "ConfigMap");
    assert_eq!(
        object["metadata"]["creationTimestamp"],
        "2025-11-23T20:34:56Z"
    );
    assert_eq!(
        object["metadata"]["resourceVersion"],
        store.revision().to_string()
    );
    assert_eq!(value::uid(&object).len(), 36);
    assert_eq!(
        store
            .insert(CONFIG_MAP, config_map("a", "2"), NOW)
            .unwrap_err()
            .code(),
        409
    );
}

#[test]
fn gives_the_same_uids_for_the_same_seed() {
    let uid = |seed| {
        let mut store = Store::with_seed(seed);
        let object = store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
        value::uid(&object).to_owned()
    };
    assert_eq!(uid(1), uid(1));
    assert_ne!(uid(1), uid(2));
}

#[test]
fn writes_nothing_when_nothing_changed() {
    let mut store = Store::new();
    store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
    let before = store.revision();
    store
        .replace(CONFIG_MAP, config_map("a", "1"), NOW)
        .unwrap();
    assert_eq!(store.revision(), before);
    store
        .replace(CONFIG_MAP, config_map("a", "2"), NOW)
        .unwrap();
    assert_eq!(store.revision(), before + 1);
}

#[test]
fn raises_the_generation_for_spec_changes_only() {
    let mut store = Store::new();
    let object = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 1}});
    store.insert(DEPLOYMENT, object, NOW).unwrap();
    let mut change = |change: fn(&mut Value)| {
        let object = store
            .update(DEPLOYMENT, "shop", "web", NOW, change)
            .unwrap();
        value::integer(&object, "/metadata/generation")
    };
    assert_eq!(
        change(|object| object["status"] = json!({"replicas": 1})),
        Some(1)
    );
    assert_eq!(
        change(|object| object["spec"]["replicas"] = json!(2)),
        Some(2)
    );
}

#[test]
fn refuses_watches_older_than_the_log() {
    let mut store = Store::new();
    store.insert(CONFIG_MAP, config_map("a", "0"), NOW).unwrap();
    let first = store.revision();
    for i in 0..=LOG_LENGTH {
        let object = config_map("a", &(i + 1).to_string());
        store.replace(CONFIG_MAP, object, NOW).unwrap();
    }
    let expired = store.changes_after(first).err().unwrap();
    assert_eq!(Status::from(expired).code(), 410);
    assert_eq!(
        store
            .changes_after(store.oldest_revision())
            .unwrap()
            .count(),
        LOG_LENGTH
    );
    assert_eq!(store.changes_after(store.revision()).unwrap().count(), 0);
}

#[test]
fn lists_the_past_from_the_log() {
    let mut store = Store::new();
    store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
    store.insert(CONFIG_MAP, config_map("b", "1"), NOW).unwrap();
    let then = store.revision();
    store.remove(CONFIG_MAP, "shop", "a").unwrap();
    store
        .replace(CONFIG_MAP, config_map("b", "2"), NOW)
        .unwrap();
    store.insert(CONFIG_MAP, config_map("c", "1"), NOW).unwrap();
    let past = store.list_at(CONFIG_MAP, Some("shop"), then).unwrap();
    let seen: Vec<_> = past
        .iter()
        .map(|object| (value::name(object), value::text(object, "/data/key")))
        .collect();
    assert_eq!(seen, [("a", "1"), ("b", "1")]);
}

#[test]
fn survives_a_snapshot() {
    let mut store = Store::with_seed(3);
    store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
    let mut again = Store::from_json(store.to_json()).unwrap();
    assert_eq!(again.to_json(), store.to_json());
    assert_eq!(again.name_suffix(), store.name_suffix());
    assert!(again.changes_after(again.revision() - 1).is_err());
    assert_eq!(
        Store::from_json(json!({})).unwrap_err(),
        SnapshotError::Field("seed")
    );
}
