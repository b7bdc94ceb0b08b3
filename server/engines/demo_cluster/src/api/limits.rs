//! `LimitRange`s: what containers get that name nothing, and the refusal of what is too small or too large.
//!
//! Follows <https://kubernetes.io/docs/concepts/policy/limit-range/> and, for order and words,
//! `plugin/pkg/admission/limitranger/admission.go`.

use serde_json::{Value, json};

use crate::{
    quantity::Quantity,
    registry::{KindId, LIMIT_RANGE, PERSISTENT_VOLUME_CLAIM, POD},
    status::Status,
    store::Store,
    value::{self, items, set_default, text},
};

/// Gives the containers of a pod the defaults of its namespace, and notes them as the API server does.
pub(super) fn fill(store: &Store, kind: KindId, pod: &mut Value) {
    if kind != POD {
        return;
    }
    let namespace = value::namespace(pod).to_owned();
    for range in store.list(LIMIT_RANGE, Some(&namespace)) {
        let mut notes = Vec::new();
        for item in items(range, "/spec/limits") {
            if text(item, "/type") == "Container" {
                fill_containers(pod, item, &mut notes);
            }
        }
        if !notes.is_empty() {
            let note = format!("LimitRanger plugin set: {}", notes.join("; "));
            let path = ["metadata", "annotations", "kubernetes.io/limit-ranger"];
            value::set(pod, &path, note);
        }
    }
}

fn fill_containers(pod: &mut Value, item: &Value, notes: &mut Vec<String>) {
    for (list, prefix) in [
        ("containers", "container"),
        ("initContainers", "init container"),
    ] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            for (from, side, word) in [
                ("defaultRequest", "requests", "request"),
                ("default", "limits", "limit"),
            ] {
                let set = fill_side(container, &item[from], side);
                if !set.is_empty() {
                    let name = text(container, "/name");
                    notes.push(format!("{} {word} for {prefix} {name}", set.join(", ")));
                }
            }
        }
    }
}

/// The resources that were missing and are there now.
fn fill_side(container: &mut Value, defaults: &Value, side: &str) -> Vec<String> {
    let mut set = Vec::new();
    for (resource, amount) in defaults.as_object().into_iter().flatten() {
        if container["resources"][side].get(resource).is_none() {
            set_default(container, &["resources", side, resource], amount.clone());
            set.push(resource.clone());
        }
    }
    set.sort();
    set
}

/// Refuses what is outside a range of the namespace.
///
/// # Errors
/// 403 with every rule that is broken.
pub(super) fn check(store: &Store, kind: KindId, object: &Value) -> Result<(), Status> {
    if kind != POD && kind != PERSISTENT_VOLUME_CLAIM {
        return Ok(());
    }
    let mut problems = Vec::new();
    for range in store.list(LIMIT_RANGE, Some(value::namespace(object))) {
        for item in items(range, "/spec/limits") {
            problems.extend(item_problems(item, kind, object));
        }
    }
    let why = match problems.as_slice() {
        [] => return Ok(()),
        [only] => only.clone(),
        [..] => format!("[{}]", problems.join(", ")),
    };
    Err(Status::forbidden(kind, value::name(object), &why))
}

fn item_problems(item: &Value, kind: KindId, object: &Value) -> Vec<String> {
    match (text(item, "/type"), kind) {
        ("Container", POD) => items(object, "/spec/containers")
            .iter()
            .chain(items(object, "/spec/initContainers"))
            .flat_map(|container| problems(item, &container["resources"]))
            .collect(),
        ("Pod", POD) => problems(item, &together(object)),
        ("PersistentVolumeClaim", PERSISTENT_VOLUME_CLAIM) => {
            let asked = &object["spec"]["resources"]["requests"];
            problems(item, &json!({"requests": asked, "limits": asked}))
        }
        _ => Vec::new(),
    }
}

/// The resources of a pod: those of its containers added up.
fn together(pod: &Value) -> Value {
    let mut total = json!({});
    for side in ["requests", "limits"] {
        for container in items(pod, "/spec/containers") {
            let amounts = container["resources"][side].as_object();
            for resource in amounts.into_iter().flatten().map(|(name, _)| name) {
                let sum = amount(&total[side][resource]).unwrap_or_default()
                    + amount(&container["resources"][side][resource]).unwrap_or_default();
                value::set(&mut total, &[side, resource], sum.to_string());
            }
        }
    }
    total
}

fn amount(value: &Value) -> Option<Quantity> {
    Quantity::parse(value.as_str()?).ok()
}

fn problems(item: &Value, resources: &Value) -> Vec<String> {
    let rules: [(&str, Rule); 3] = [
        ("min", below),
        ("max", above),
        ("maxLimitRequestRatio", ratio),
    ];
    let kind = text(item, "/type");
    let mut found = Vec::new();
    for (field, rule) in rules {
        for (resource, bound) in item[field].as_object().into_iter().flatten() {
            let Some(bound) = amount(bound) else {
                continue;
            };
            let asked = Asked {
                request: amount(&resources["requests"][resource]),
                limit: amount(&resources["limits"][resource]),
            };
            found.extend(rule(&asked, bound, &format!("{resource} {kind}")));
        }
    }
    found
}

struct Asked {
    request: Option<Quantity>,
    limit: Option<Quantity>,
}

/// What is wrong, given the bound and `cpu Container`: resource and what the range is about.
type Rule = fn(&Asked, Quantity, &str) -> Option<String>;

fn below(asked: &Asked, bound: Quantity, what: &str) -> Option<String> {
    let (resource, kind) = what.split_once(' ')?;
    let head = format!("minimum {resource} usage per {kind} is {bound}");
    match (asked.request, asked.limit) {
        (None, _) => Some(format!("{head}.  No request is specified")),
        (Some(request), _) if request < bound => Some(format!("{head}, but request is {request}")),
        (_, Some(limit)) if limit < bound => Some(format!("{head}, but limit is {limit}")),
        _ => None,
    }
}

fn above(asked: &Asked, bound: Quantity, what: &str) -> Option<String> {
    let (resource, kind) = what.split_once(' ')?;
    let head = format!("maximum {resource} usage per {kind} is {bound}");
    match (asked.request, asked.limit) {
        (_, None) => Some(format!("{head}.  No limit is specified")),
        (_, Some(limit)) if limit > bound => Some(format!("{head}, but limit is {limit}")),
        (Some(request), _) if request > bound => Some(format!("{head}, but request is {request}")),
        _ => None,
    }
}

fn ratio(asked: &Asked, bound: Quantity, what: &str) -> Option<String> {
    let (resource, kind) = what.split_once(' ')?;
    let head = format!("{resource} max limit to request ratio per {kind} is {bound}");
    let given = |amount: Option<Quantity>| amount.filter(|amount| !amount.is_zero());
    let Some(request) = given(asked.request) else {
        return Some(format!(
            "{head}, but no request is specified or request is 0"
        ));
    };
    let Some(limit) = given(asked.limit) else {
        return Some(format!("{head}, but no limit is specified or limit is 0"));
    };
    let observed = limit.millis() as f64 / request.millis() as f64;
    (observed > bound.millis() as f64 / 1000.0)
        .then(|| format!("{head}, but provided ratio is {observed:.6}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    fn store(limits: Value) -> Store {
        let mut store = Store::new();
        let range =
            json!({"metadata": {"name": "sizes", "namespace": "shop"}, "spec": {"limits": limits}});
        store.insert(LIMIT_RANGE, range, Timestamp(0)).unwrap();
        store
    }

    fn pod(resources: Value) -> Value {
        json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [{"name": "web", "resources": resources}]}})
    }

    #[test]
    fn gives_containers_what_they_do_not_name() {
        let store = store(
            json!([{"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}, "defaultRequest": {"cpu": "100m"}}]),
        );
        let mut web = pod(json!({"limits": {"cpu": "1"}}));
        fill(&store, POD, &mut web);
        assert_eq!(
            web["spec"]["containers"][0]["resources"],
            json!({"limits": {"cpu": "1", "memory": "256Mi"}, "requests": {"cpu": "100m"}})
        );
        assert_eq!(
            web["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
            "LimitRanger plugin set: cpu request for container web; memory limit for container web"
        );
    }

    #[test]
    fn refuses_what_is_too_large_in_the_words_of_the_api() {
        let store = store(
            json!([{"type": "Container", "max": {"memory": "1Gi"}, "min": {"cpu": "50m"}, "maxLimitRequestRatio": {"cpu": "2"}}]),
        );
        let refused = check(&store, POD, &pod(json!({"limits": {"memory": "2Gi"}}))).unwrap_err();
        assert_eq!(
            refused.message(),
            "pods \"web\" is forbidden: [minimum cpu usage per Container is 50m.  No request is specified, \
             maximum memory usage per Container is 1Gi, but limit is 2Gi, \
             cpu max limit to request ratio per Container is 2, but no request is specified or request is 0]"
        );
        let wide =
            pod(json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "500m", "memory": "1Gi"}}));
        assert_eq!(
            check(&store, POD, &wide).unwrap_err().message(),
            "pods \"web\" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000"
        );
    }

    #[test]
    fn adds_up_the_containers_of_a_pod_and_looks_at_claims() {
        let store = store(
            json!([{"type": "Pod", "max": {"cpu": "1"}}, {"type": "PersistentVolumeClaim", "max": {"storage": "5Gi"}}]),
        );
        let mut two = pod(json!({"limits": {"cpu": "600m"}}));
        assert_eq!(check(&store, POD, &two), Ok(()));
        let again = two["spec"]["containers"][0].clone();
        two["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .push(again);
        assert_eq!(
            check(&store, POD, &two).unwrap_err().message(),
            "pods \"web\" is forbidden: maximum cpu usage per Pod is 1, but limit is 1200m"
        );
        let claim = json!({"metadata": {"name": "disk", "namespace": "shop"}, "spec": {"resources": {"requests": {"storage": "6Gi"}}}});
        assert!(check(&store, PERSISTENT_VOLUME_CLAIM, &claim).is_err());
    }
}
