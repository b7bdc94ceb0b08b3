//! `StatefulSet`: pods with names that stay, started and replaced in order.
//!
//! Source: Kubernetes documentation, "`StatefulSet`s", "Deployment and Scaling Guarantees" and "Update
//! strategies".

use std::{collections::BTreeMap, sync::Arc};

use domain::time::Seconds;
use serde_json::{Value, json};

use super::{adoption, deployment::template_hash, pods, revisions};
use crate::{
    api,
    events::{self, Report, component},
    registry, value,
    world::{Key, World, key_of},
};

const CONTROLLER: &str = "statefulset-controller";
/// How long after a pod was refused another is tried.
const RETRY: Seconds = Seconds(20);
const REVISION_LABEL: &str = "controller-revision-hash";

type Ordinals = BTreeMap<i64, Arc<Value>>;

/// Creates, replaces or deletes at most the pods its ordering allows, and writes the status.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(set) = world.get(registry::STATEFUL_SET, namespace, name) else {
        return;
    };
    if value::is_terminating(&set) {
        return;
    }
    drop(revisions::sync(world, &set));
    drop(adoption::claim(world, registry::POD, &set));
    let revision = format!("{name}-{}", template_hash(&set));
    let members = members(world, &set);
    step(world, &set, &members, &revision);
    write_status(world, &set, &revision);
    revisions::trim(world, registry::STATEFUL_SET, &set);
}

fn members(world: &World, set: &Value) -> Ordinals {
    let prefix = format!("{}-", value::name(set));
    world
        .controlled_by(registry::POD, value::namespace(set), value::uid(set))
        .into_iter()
        .filter_map(|pod| {
            let ordinal = value::name(&pod).strip_prefix(&prefix)?.parse().ok()?;
            Some((ordinal, pod))
        })
        .collect()
}

fn is_settled(pod: &Value) -> bool {
    pods::is_ready(pod) && !value::is_terminating(pod)
}

fn step(world: &mut World, set: &Value, members: &Ordinals, revision: &str) {
    let replicas = value::integer(set, "/spec/replicas").unwrap_or(1);
    let ordered = value::text(set, "/spec/podManagementPolicy") != "Parallel";
    for ordinal in 0..replicas {
        match members.get(&ordinal) {
            None => create(world, set, ordinal, revision),
            Some(pod) if is_ended(pod) => pods::delete(world, pod),
            Some(pod) if is_settled(pod) => continue,
            Some(_) => {}
        }
        if ordered {
            return;
        }
    }
    if let Some((_, pod)) = members
        .iter()
        .rev()
        .find(|(ordinal, _)| **ordinal >= replicas)
    {
        return remove(world, set, pod);
    }
    update_one(world, set, members, revision);
}

fn is_ended(pod: &Value) -> bool {
    !pods::is_active(pod) && !value::is_terminating(pod)
}

/// Replaces the highest outdated pod at or above the partition, once all above it are ready again.
fn update_one(world: &mut World, set: &Value, members: &Ordinals, revision: &str) {
    if value::text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    let partition =
        value::integer(set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    for (ordinal, pod) in members.iter().rev() {
        if *ordinal < partition || !is_settled(pod) {
            return;
        }
        if pod["metadata"]["labels"][REVISION_LABEL] != revision {
            return remove(world, set, pod);
        }
    }
}

/// The revision a new pod of this ordinal gets: below the partition still the one before the update.
fn revision_for<'a>(set: &'a Value, ordinal: i64, revision: &'a str) -> &'a str {
    let partition =
        value::integer(set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    match value::text(set, "/status/currentRevision") {
        "" => revision,
        current if ordinal < partition => current,
        _ => revision,
    }
}

fn create(world: &mut World, set: &Value, ordinal: i64, revision: &str) {
    let name = format!("{}-{ordinal}", value::name(set));
    let revision = revision_for(set, ordinal, revision);
    let template = revisions::template(world, set, revision)
        .unwrap_or_else(|| set["spec"]["template"].clone());
    let mut pod = pods::from_template(set, &template, &name);
    pod["metadata"]["generateName"] = json!(format!("{}-", value::name(set)));
    let labels = &mut pod["metadata"]["labels"];
    labels[REVISION_LABEL] = json!(revision);
    labels["statefulset.kubernetes.io/pod-name"] = json!(name);
    labels["apps.kubernetes.io/pod-index"] = json!(ordinal.to_string());
    pod["spec"]["hostname"] = json!(name);
    pod["spec"]["subdomain"] = set["spec"]["serviceName"].clone();
    claim_volumes(world, set, &mut pod, &name);
    let added = api::install(&mut world.store, registry::POD, pod, world.now);
    let what = format!("create Pod {name} in StatefulSet {}", value::name(set));
    match added {
        Ok(_) => {
            let message = format!("{what} successful");
            let report = Report::normal("SuccessfulCreate", &message);
            events::record(world, set, component(CONTROLLER), report);
        }
        Err(refusal) => {
            let message = format!("{what} failed error: {}", refusal.message());
            let report = Report::warning("FailedCreate", &message);
            events::record(world, set, component(CONTROLLER), report);
            world.wake_at(world.now + RETRY, registry::STATEFUL_SET, set);
        }
    }
}

/// Gives the pod a claim for each template; claims of an earlier pod of the name are kept.
fn claim_volumes(world: &mut World, set: &Value, pod: &mut Value, pod_name: &str) {
    let mut volumes = value::items(pod, "/spec/volumes").to_vec();
    for template in value::items(set, "/spec/volumeClaimTemplates") {
        let volume = value::name(template);
        let claim = format!("{volume}-{pod_name}");
        // A claim wins over a volume of the template with its name.
        volumes.retain(|other| value::text(other, "/name") != volume);
        volumes.push(json!({"name": volume, "persistentVolumeClaim": {"claimName": claim}}));
        let object = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": claim,
                "namespace": value::namespace(set),
                "labels": set["spec"]["selector"]["matchLabels"],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        });
        // An existing claim is the one to use.
        let kind = registry::PERSISTENT_VOLUME_CLAIM;
        drop(api::install(&mut world.store, kind, object, world.now));
    }
    if !volumes.is_empty() {
        pod["spec"]["volumes"] = json!(volumes);
    }
}

fn remove(world: &mut World, set: &Value, pod: &Value) {
    if value::is_terminating(pod) {
        return;
    }
    pods::delete(world, pod);
    let message = format!(
        "delete Pod {} in StatefulSet {} successful",
        value::name(pod),
        value::name(set)
    );
    let report = Report::normal("SuccessfulDelete", &message);
    events::record(world, set, component(CONTROLLER), report);
}

fn write_status(world: &mut World, set: &Value, revision: &str) {
    let members = members(world, set);
    let min_ready = value::integer(set, "/spec/minReadySeconds").unwrap_or(0);
    let count = |test: &dyn Fn(&Value) -> bool| members.values().filter(|pod| test(pod)).count();
    let is_new = |pod: &Value| pod["metadata"]["labels"][REVISION_LABEL] == revision;
    let updated = count(&is_new);
    let ready = count(&|pod| pods::is_ready(pod));
    let replicas = value::integer(set, "/spec/replicas").unwrap_or(1);
    let settled = updated == members.len() && ready as i64 == replicas;
    let current = match value::text(set, "/status/currentRevision") {
        "" => revision,
        _ if settled => revision,
        earlier => earlier,
    };
    let in_current = count(&|pod: &Value| pod["metadata"]["labels"][REVISION_LABEL] == current);
    let status = json!({
        "observedGeneration": set["metadata"]["generation"],
        "replicas": members.len(),
        "readyReplicas": ready,
        "availableReplicas": count(&|pod| pods::is_available(pod, min_ready, world.now)),
        "currentReplicas": in_current,
        "updatedReplicas": updated,
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    });
    let (namespace, name) = key_of(set);
    world.update(registry::STATEFUL_SET, &namespace, &name, |set| {
        set["status"] = status
    });
}
