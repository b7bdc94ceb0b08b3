//! `ResourceQuota`s: what a namespace's objects use, and the refusal of what would exceed the limit.
//!
//! Follows <https://kubernetes.io/docs/concepts/policy/resource-quotas/>; counted resources are those of
//! `pkg/quota/v1/evaluator/core` and messages those of `k8s.io/apiserver/pkg/admission/plugin/resourcequota`.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    kinds,
    quantity::Quantity,
    registry::{self, KindId, PERSISTENT_VOLUME_CLAIM, POD, RESOURCE_QUOTA, SERVICE},
    status::Status,
    store::Store,
    value::{self, items, text},
};

/// Amounts by resource: `pods`, `requests.cpu`, `count/jobs.batch`.
type Usage = BTreeMap<String, Quantity>;

/// Resources of which every container of a pod must name its share once a quota limits them.
const EXPLICIT: [&str; 6] = [
    "cpu",
    "limits.cpu",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.memory",
];

/// Kinds that are also counted under their plural alone.
const COUNTED: [&str; 5] = [
    "configmaps",
    "persistentvolumeclaims",
    "resourcequotas",
    "secrets",
    "services",
];

/// Refuses a new object, or a change of `old`, that a quota of its namespace has no room for.
///
/// # Errors
/// 403 with the quota's name, what was requested, what is used and what is allowed.
pub(super) fn check(
    store: &Store,
    kind: KindId,
    object: &Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    let namespace = value::namespace(object);
    let after = usage_of(kind, object);
    let before = old.map(|old| usage_of(kind, old)).unwrap_or_default();
    for quota in store.list(RESOURCE_QUOTA, Some(namespace)) {
        if !is_in_scope(quota, kind, object) {
            continue;
        }
        let hard = limits(quota);
        let refuse = |why: String| Err(Status::forbidden(kind, value::name(object), &why));
        if kind == POD && old.is_none() {
            let missing = unnamed(object, &hard);
            if !missing.is_empty() {
                let name = value::name(quota);
                return refuse(format!("failed quota: {name}: must specify {missing}"));
            }
        }
        let used = usage(store, quota);
        let mut exceeded: Vec<(&str, Quantity, Quantity, Quantity)> = Vec::new();
        for (resource, limit) in &hard {
            let amount = |usage: &Usage| usage.get(resource).copied().unwrap_or_default();
            let requested = amount(&after) - amount(&before);
            let now = amount(&used);
            if requested > Quantity::default() && now + requested > *limit {
                exceeded.push((resource, requested, now, *limit));
            }
        }
        if !exceeded.is_empty() {
            return refuse(words(value::name(quota), &exceeded));
        }
    }
    Ok(())
}

fn words(quota: &str, exceeded: &[(&str, Quantity, Quantity, Quantity)]) -> String {
    let list = |pick: fn(&(&str, Quantity, Quantity, Quantity)) -> Quantity| {
        let words: Vec<String> = exceeded
            .iter()
            .map(|entry| format!("{}={}", entry.0, pick(entry)))
            .collect();
        words.join(",")
    };
    format!(
        "exceeded quota: {quota}, requested: {}, used: {}, limited: {}",
        list(|it| it.1),
        list(|it| it.2),
        list(|it| it.3)
    )
}

/// Writes what is used into the status of the namespace's quotas.
pub(crate) fn refresh(store: &mut Store, namespace: &str, now: Timestamp) {
    let quotas: Vec<_> = store
        .list(RESOURCE_QUOTA, Some(namespace))
        .cloned()
        .collect();
    for quota in quotas {
        let used = usage(store, &quota);
        let used: Map<String, Value> = limits(&quota)
            .keys()
            .map(|resource| {
                let amount = used.get(resource).copied().unwrap_or_default();
                (resource.clone(), json!(amount.to_string()))
            })
            .collect();
        let status = json!({"hard": quota["spec"]["hard"], "used": used});
        if quota["status"] != status {
            // The quota was listed a moment ago: it is there.
            drop(
                store.update(RESOURCE_QUOTA, namespace, value::name(&quota), now, |it| {
                    it["status"] = status;
                }),
            );
        }
    }
}

fn limits(quota: &Value) -> Usage {
    amounts(&quota["spec"]["hard"])
}

fn amounts(list: &Value) -> Usage {
    let entries = list.as_object().into_iter().flatten();
    entries
        .filter_map(|(resource, amount)| {
            let amount = Quantity::parse(amount.as_str()?).ok()?;
            Some((resource.clone(), amount))
        })
        .collect()
}

/// What the objects in a quota's scope use.
fn usage(store: &Store, quota: &Value) -> Usage {
    let hard = limits(quota);
    let kinds: BTreeSet<KindId> = hard.keys().filter_map(|name| counted_kind(name)).collect();
    let mut total = Usage::new();
    for kind in kinds {
        let objects = store.list(kind, Some(value::namespace(quota)));
        for object in objects.filter(|object| is_in_scope(quota, kind, object)) {
            for (resource, amount) in usage_of(kind, object) {
                let sum = total.entry(resource).or_default();
                *sum = *sum + amount;
            }
        }
    }
    total
}

/// The kind whose objects a resource counts.
fn counted_kind(resource: &str) -> Option<KindId> {
    if let Some(counted) = resource.strip_prefix("count/") {
        return registry::kinds()
            .find(|(_, spec)| spec.stored && spec.namespaced && spec.group_resource() == counted)
            .map(|(kind, _)| kind);
    }
    if resource.starts_with("services") {
        return Some(SERVICE);
    }
    if resource == "requests.storage" || resource.contains(".storageclass.storage.k8s.io/") {
        return Some(PERSISTENT_VOLUME_CLAIM);
    }
    if COUNTED.contains(&resource) {
        return registry::find("", "v1", resource);
    }
    Some(POD)
}

fn usage_of(kind: KindId, object: &Value) -> Usage {
    let one = Quantity::from_units(1);
    let spec = kind.spec();
    let mut usage = Usage::from([(format!("count/{}", spec.group_resource()), one)]);
    if spec.group.is_empty() && COUNTED.contains(&spec.plural) {
        usage.insert(spec.plural.to_owned(), one);
    }
    match kind {
        POD => usage.extend(pod_usage(object)),
        SERVICE => {
            let ports = items(object, "/spec/ports").len();
            let ports = Quantity::from_units(i64::try_from(ports).unwrap_or(i64::MAX));
            match text(object, "/spec/type") {
                "NodePort" => drop(usage.insert("services.nodeports".to_owned(), ports)),
                "LoadBalancer" => {
                    usage.insert("services.nodeports".to_owned(), ports);
                    usage.insert("services.loadbalancers".to_owned(), one);
                }
                _ => {}
            }
        }
        PERSISTENT_VOLUME_CLAIM => {
            let asked = Quantity::parse(text(object, "/spec/resources/requests/storage"));
            let class = text(object, "/spec/storageClassName");
            let of_class = format!("{class}.storageclass.storage.k8s.io");
            if let Ok(asked) = asked {
                usage.insert("requests.storage".to_owned(), asked);
                usage.insert(format!("{of_class}/requests.storage"), asked);
            }
            usage.insert(format!("{of_class}/persistentvolumeclaims"), one);
        }
        _ => {}
    }
    usage
}

/// What a pod uses; one that has ended uses nothing but its place among all pods.
fn pod_usage(pod: &Value) -> Usage {
    if matches!(text(pod, "/status/phase"), "Succeeded" | "Failed") {
        return Usage::new();
    }
    let mut usage = Usage::from([("pods".to_owned(), Quantity::from_units(1))]);
    for (side, prefix) in [("requests", "requests."), ("limits", "limits.")] {
        for (resource, amount) in summed(pod, side) {
            if side == "requests" && !resource.contains('/') {
                usage.insert(resource.clone(), amount);
            }
            usage.insert(format!("{prefix}{resource}"), amount);
        }
    }
    usage
}

/// A side of a pod's resources: its containers together, or its largest init container if that is more.
fn summed(pod: &Value, side: &str) -> Usage {
    let of = |container: &Value| amounts(&container["resources"][side]);
    let mut total = Usage::new();
    for (resource, amount) in items(pod, "/spec/containers").iter().flat_map(of) {
        let sum = total.entry(resource).or_default();
        *sum = *sum + amount;
    }
    for (resource, amount) in items(pod, "/spec/initContainers").iter().flat_map(of) {
        let most = total.entry(resource).or_default();
        *most = (*most).max(amount);
    }
    total
}

/// `limits.cpu for: web; requests.memory for: proxy,web`: what containers do not name and the quota limits.
fn unnamed(pod: &Value, hard: &Usage) -> String {
    let containers = || {
        let all = items(pod, "/spec/containers").iter();
        all.chain(items(pod, "/spec/initContainers"))
    };
    let wanted = EXPLICIT.into_iter().filter(|name| hard.contains_key(*name));
    let missing: Vec<String> = wanted
        .filter_map(|name| {
            let (side, resource) = name.split_once('.').unwrap_or(("requests", name));
            let without: BTreeSet<&str> = containers()
                .filter(|container| container["resources"][side].get(resource).is_none())
                .map(|container| text(container, "/name"))
                .collect();
            let listed = without.into_iter().collect::<Vec<_>>().join(",");
            (!listed.is_empty()).then(|| format!("{name} for: {listed}"))
        })
        .collect();
    missing.join("; ")
}

/// Whether a quota counts this object. Scopes are about pods; a quota with scopes counts nothing else.
fn is_in_scope(quota: &Value, kind: KindId, object: &Value) -> bool {
    let scopes = items(quota, "/spec/scopes");
    let selected = items(quota, "/spec/scopeSelector/matchExpressions");
    if kind != POD {
        return scopes.is_empty() && selected.is_empty();
    }
    let has = |scope: &str| {
        let is_best_effort = kinds::quality_of_service(&object["spec"]) == "BestEffort";
        let ends = object.pointer("/spec/activeDeadlineSeconds").is_some();
        match scope {
            "BestEffort" => is_best_effort,
            "NotBestEffort" => !is_best_effort,
            "Terminating" => ends,
            "NotTerminating" => !ends,
            _ => false,
        }
    };
    let scoped = scopes.iter().filter_map(Value::as_str).all(has);
    scoped
        && selected.iter().all(|term| {
            let scope = text(term, "/scopeName");
            if scope != "PriorityClass" {
                return has(scope);
            }
            let class = &object["spec"]["priorityClassName"];
            let is_listed = items(term, "/values").contains(class);
            match text(term, "/operator") {
                "In" => is_listed,
                "NotIn" => !is_listed,
                "Exists" => class.is_string(),
                "DoesNotExist" => !class.is_string(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::CONFIG_MAP;

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    fn store(quota: Value) -> Store {
        let mut store = Store::new();
        let quota = json!({"metadata": {"name": "all", "namespace": "shop"}, "spec": quota});
        store.insert(RESOURCE_QUOTA, quota, NOW).unwrap();
        store
    }

    fn pod(name: &str, resources: &Value) -> Value {
        json!({"metadata": {"name": name, "namespace": "shop"},
            "spec": {"containers": [{"name": "web", "resources": resources}]}})
    }

    #[test]
    fn refuses_what_there_is_no_room_for_in_the_words_of_the_api() {
        let mut store =
            store(json!({"hard": {"pods": "1", "requests.cpu": "1", "limits.memory": "1Gi"}}));
        let resources = json!({"requests": {"cpu": "600m"}, "limits": {"memory": "512Mi"}});
        assert_eq!(check(&store, POD, &pod("a", &resources), None), Ok(()));
        store.insert(POD, pod("a", &resources), NOW).unwrap();
        let refused = check(&store, POD, &pod("b", &resources), None).unwrap_err();
        assert_eq!(refused.code(), 403);
        assert_eq!(
            refused.message(),
            "pods \"b\" is forbidden: exceeded quota: all, requested: pods=1,requests.cpu=600m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1"
        );
    }

    #[test]
    fn wants_containers_to_name_what_is_limited() {
        let store = store(json!({"hard": {"limits.cpu": "1", "requests.memory": "1Gi"}}));
        let refused = check(&store, POD, &pod("b", &json!({})), None).unwrap_err();
        assert_eq!(
            refused.message(),
            "pods \"b\" is forbidden: failed quota: all: must specify limits.cpu for: web; requests.memory for: web"
        );
    }

    #[test]
    fn counts_objects_of_every_kind() {
        let mut store = store(
            json!({"hard": {"configmaps": "2", "count/configmaps": "5", "services.nodeports": "3", "requests.storage": "10Gi"}}),
        );
        let object = json!({"metadata": {"name": "a", "namespace": "shop"}});
        store.insert(CONFIG_MAP, object, NOW).unwrap();
        let service = json!({"metadata": {"name": "a", "namespace": "shop"}, "spec": {"type": "NodePort", "ports": [{}, {}]}});
        store.insert(SERVICE, service, NOW).unwrap();
        refresh(&mut store, "shop", NOW);
        let quota = store.get(RESOURCE_QUOTA, "shop", "all").unwrap();
        assert_eq!(
            quota["status"]["used"],
            json!({"configmaps": "1", "count/configmaps": "1", "services.nodeports": "2", "requests.storage": "0"})
        );
    }

    #[test]
    fn counts_only_pods_in_scope_that_still_run() {
        let mut store = store(json!({"hard": {"pods": "1"}, "scopes": ["NotBestEffort"]}));
        let asks = json!({"requests": {"cpu": "1"}});
        store.insert(POD, pod("idle", &json!({})), NOW).unwrap();
        let mut ended = pod("ended", &asks);
        ended["status"] = json!({"phase": "Succeeded"});
        store.insert(POD, ended, NOW).unwrap();
        assert_eq!(check(&store, POD, &pod("a", &asks), None), Ok(()));
        store.insert(POD, pod("a", &asks), NOW).unwrap();
        assert!(check(&store, POD, &pod("b", &asks), None).is_err());
        assert_eq!(check(&store, POD, &pod("c", &json!({})), None), Ok(()));
        let same = pod("a", &asks);
        assert_eq!(check(&store, POD, &same, Some(&same)), Ok(()));
    }
}
