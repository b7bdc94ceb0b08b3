//! What admission plug-ins put into new objects. Nobody manages these fields: whoever created the object has not
//! written them.
//!
//! Follows `plugin/pkg/admission/serviceaccount`, `priority`, `defaulttolerationseconds` and
//! `storage/storageobjectinuseprotection`.

use serde_json::{Value, json};

use super::limits;
use crate::{
    registry::{KindId, PERSISTENT_VOLUME_CLAIM, POD, PRIORITY_CLASS, SERVICE_ACCOUNT},
    status::Status,
    store::Store,
    value::{self, items, set_default, text},
};

/// Where a pod's account is found inside its containers.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the volume of a pod's account is called, before a random suffix.
const VOLUME: &str = "kube-api-access-";
/// Marks a pod that a kubelet runs by itself, without an account.
const MIRROR: &str = "kubernetes.io/config.mirror";
/// Holds a claim, until no pod uses it.
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";

/// Completes a new object.
///
/// # Errors
/// 403 for a pod whose account or priority class is not there.
pub(super) fn admit(store: &mut Store, kind: KindId, object: &mut Value) -> Result<(), Status> {
    match kind {
        POD => {
            if object["metadata"]["annotations"].get(MIRROR).is_none() {
                join_account(store, object)?;
            }
            limits::fill(store, kind, object);
            prioritise(store, object)?;
            tolerate_node_trouble(&mut object["spec"]);
        }
        PERSISTENT_VOLUME_CLAIM => {
            set_default(object, &["metadata", "finalizers"], json!([]));
            let list = object["metadata"]["finalizers"].as_array_mut();
            if let Some(list) = list.filter(|list| !list.contains(&json!(CLAIM_PROTECTION))) {
                list.push(json!(CLAIM_PROTECTION));
            }
        }
        _ => {}
    }
    Ok(())
}

/// A pod runs as an account of its namespace, whose token its containers find in a volume.
fn join_account(store: &mut Store, pod: &mut Value) -> Result<(), Status> {
    set_default(pod, &["spec", "serviceAccountName"], "default");
    let name = text(pod, "/spec/serviceAccountName").to_owned();
    set_default(pod, &["spec", "serviceAccount"], name.as_str());
    let namespace = value::namespace(pod).to_owned();
    let Some(account) = store.get(SERVICE_ACCOUNT, &namespace, &name) else {
        let why = format!(
            "error looking up service account {namespace}/{name}: serviceaccount {name:?} not found"
        );
        return Err(Status::forbidden(POD, value::name(pod), &why));
    };
    let own = pod.pointer("/spec/automountServiceAccountToken");
    let mounts = own.or(account.get("automountServiceAccountToken"));
    let secrets = account.get("imagePullSecrets").cloned();
    if mounts != Some(&json!(false)) {
        mount_token(store, pod);
    }
    if let Some(secrets) = secrets {
        set_default(pod, &["spec", "imagePullSecrets"], secrets);
    }
    Ok(())
}

fn mount_token(store: &mut Store, pod: &mut Value) {
    let given = items(pod, "/spec/volumes").iter().map(value_name);
    let given = given.into_iter().find(|name| name.starts_with(VOLUME));
    let is_given = given.is_some();
    let name = given.map_or_else(|| format!("{VOLUME}{}", store.name_suffix()), str::to_owned);
    let mut is_needed = false;
    for list in ["initContainers", "containers"] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let mounts = items(container, "/volumeMounts");
            if mounts.iter().any(|mount| mount["mountPath"] == MOUNT_PATH) {
                continue;
            }
            is_needed = true;
            let mount = json!({"name": name, "readOnly": true, "mountPath": MOUNT_PATH});
            append(container, "volumeMounts", mount);
        }
    }
    if is_needed && !is_given {
        append(&mut pod["spec"], "volumes", token_volume(&name));
    }
}

fn value_name(named: &Value) -> &str {
    text(named, "/name")
}

fn append(object: &mut Value, field: &str, item: Value) {
    set_default(object, &[field], json!([]));
    if let Some(list) = object[field].as_array_mut() {
        list.push(item);
    }
}

/// Token, certificate and namespace, as every pod finds them.
fn token_volume(name: &str) -> Value {
    json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{
            "path": "namespace",
            "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
        }]}},
    ]}})
}

/// The number that the name of a priority class stands for.
fn prioritise(store: &Store, pod: &mut Value) -> Result<(), Status> {
    let name = text(pod, "/spec/priorityClassName").to_owned();
    let class = store.get(PRIORITY_CLASS, "", &name);
    if class.is_none() && !name.is_empty() {
        let why = format!("no PriorityClass with name {name} was found");
        return Err(Status::forbidden(POD, value::name(pod), &why));
    }
    let of_class = |field: &str| class.and_then(|class| class.get(field)).cloned();
    let priority = of_class("value").unwrap_or_else(|| json!(0));
    let policy = of_class("preemptionPolicy").unwrap_or_else(|| json!("PreemptLowerPriority"));
    value::set(pod, &["spec", "priority"], priority);
    set_default(pod, &["spec", "preemptionPolicy"], policy);
    Ok(())
}

/// Every pod bears five minutes of a node in trouble. Source: the admission plug-in `DefaultTolerationSeconds`.
fn tolerate_node_trouble(spec: &mut Value) {
    for key in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let is_tolerated = items(spec, "/tolerations").iter().any(|toleration| {
            let given = text(toleration, "/key");
            (given == key || given.is_empty())
                && matches!(text(toleration, "/effect"), "" | "NoExecute")
        });
        if is_tolerated {
            continue;
        }
        set_default(spec, &["tolerations"], json!([]));
        if let Some(list) = spec["tolerations"].as_array_mut() {
            list.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    fn store() -> Store {
        let mut store = Store::new();
        let account = json!({"metadata": {"namespace": "shop", "name": "default"}});
        store
            .insert(SERVICE_ACCOUNT, account, Timestamp(0))
            .unwrap();
        store
    }

    fn pod() -> Value {
        json!({"metadata": {"namespace": "shop", "name": "web"}, "spec": {"containers": [{"name": "web"}]}})
    }

    #[test]
    fn gives_a_pod_the_token_of_its_account() {
        let mut pod = pod();
        admit(&mut store(), POD, &mut pod).unwrap();
        let volume = &pod["spec"]["volumes"][0];
        assert!(text(volume, "/name").starts_with(VOLUME));
        assert_eq!(
            volume["projected"]["sources"][0]["serviceAccountToken"]["path"],
            "token"
        );
        let mount = &pod["spec"]["containers"][0]["volumeMounts"][0];
        assert_eq!(
            (&mount["name"], &mount["mountPath"]),
            (&volume["name"], &json!(MOUNT_PATH))
        );
        assert_eq!(pod["spec"]["serviceAccount"], "default");
    }

    #[test]
    fn mounts_no_token_where_the_pod_wants_none() {
        let mut pod = pod();
        pod["spec"]["automountServiceAccountToken"] = json!(false);
        admit(&mut store(), POD, &mut pod).unwrap();
        assert!(pod["spec"].get("volumes").is_none());
    }

    #[test]
    fn refuses_a_pod_whose_account_is_not_there() {
        let mut pod = pod();
        pod["spec"]["serviceAccountName"] = json!("robot");
        let refused = admit(&mut store(), POD, &mut pod).unwrap_err();
        assert_eq!(
            (refused.code(), refused.message()),
            (
                403,
                r#"pods "web" is forbidden: error looking up service account shop/robot: serviceaccount "robot" not found"#
            )
        );
    }
}
