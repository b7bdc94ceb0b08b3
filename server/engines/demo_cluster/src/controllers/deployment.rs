//! `Deployment`: one `ReplicaSet` per pod template, rolled from the old to the new.
//!
//! Follows `k8s.io/kubernetes/pkg/controller/deployment`. The rollout is in [`rollout`], scaling in the middle of
//! one in [`proportion`], the status and its conditions in [`status`].

mod proportion;
mod rollout;
mod status;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{adoption, pods};
use crate::{
    chance::hash,
    events::{self, Report, component},
    kinds::pod_template,
    registry, value,
    world::{Key, World},
};

const CONTROLLER: &str = "deployment-controller";
const REVISION: &str = "deployment.kubernetes.io/revision";
/// Revisions a set had before it was made the newest again, oldest first, separated by commas.
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";

/// A deployment with its sets: the one of the present template, when it exists, and the others by age.
struct Fleet {
    deployment: Arc<Value>,
    new: Option<Arc<Value>>,
    old: Vec<Arc<Value>>,
}

impl Fleet {
    fn read(world: &World, deployment: &Arc<Value>) -> Self {
        let namespace = value::namespace(deployment);
        let mut sets =
            world.controlled_by(registry::REPLICA_SET, namespace, value::uid(deployment));
        sets.sort_by_key(|set| {
            (
                value::text(set, "/metadata/creationTimestamp").to_owned(),
                value::name(set).to_owned(),
            )
        });
        let template = pod_template(deployment);
        let place = sets.iter().position(|set| same_template(set, &template));
        Self {
            deployment: Arc::clone(deployment),
            new: place.map(|place| sets.remove(place)),
            old: sets,
        }
    }

    fn replicas(&self) -> i64 {
        value::integer(&self.deployment, "/spec/replicas").unwrap_or(1)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.old.iter().chain(&self.new)
    }

    fn is_recreate(&self) -> bool {
        value::text(&self.deployment, "/spec/strategy/type") == "Recreate"
    }

    fn max_surge(&self) -> i64 {
        if self.is_recreate() {
            return 0;
        }
        let surge = &self.deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"];
        let surge = if surge.is_null() {
            &json!("25%")
        } else {
            surge
        };
        pods::int_or_percent(surge, self.replicas(), true)
    }

    /// Never 0 together with a surge of 0: the rollout could not move.
    fn max_unavailable(&self) -> i64 {
        if self.is_recreate() {
            return 0;
        }
        let amount = &self.deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
        let amount = if amount.is_null() {
            &json!("25%")
        } else {
            amount
        };
        let unavailable = pods::int_or_percent(amount, self.replicas(), false);
        let least = i64::from(self.max_surge() == 0);
        unavailable.max(least).min(self.replicas())
    }
}

/// Moves the deployment one step towards its spec and writes its status.
pub(crate) fn reconcile(world: &mut World, (namespace, name): &Key) {
    let Some(deployment) = world.get(registry::DEPLOYMENT, namespace, name) else {
        return;
    };
    if value::is_terminating(&deployment) {
        return;
    }
    // Sets that match and belong to nobody, of a deployment that was deleted without them, are taken over.
    drop(adoption::claim(world, registry::REPLICA_SET, &deployment));
    let mut fleet = Fleet::read(world, &deployment);
    if value::truth(&deployment, "/spec/paused") || proportion::is_due(&fleet) {
        proportion::scale(world, &fleet);
    } else {
        if fleet.new.is_none() && !(fleet.is_recreate() && rollout::old_pods_remain(world, &fleet))
        {
            fleet.new = create_set(world, &fleet);
        }
        adopt_revision(world, &mut fleet);
        rollout::advance(world, &fleet);
        clean_up(world, &fleet);
    }
    let fleet = Fleet::read(world, &deployment);
    status::write(world, &fleet);
}

/// Whether the set's template is this one, apart from the label the controller adds.
fn same_template(set: &Value, template: &Value) -> bool {
    let mut own = pod_template(set);
    value::remove(&mut own, &["metadata", "labels", "pod-template-hash"]);
    own == *template
}

/// The hash of a workload's template, in the letters Kubernetes writes it with.
/// Source: `k8s.io/apimachinery/pkg/util/rand`, `SafeEncodeString`.
pub(crate) fn template_hash(workload: &Value) -> String {
    let digest = hash(0, &[&pod_template(workload).to_string()]) as u32;
    digest
        .to_string()
        .bytes()
        .map(|digit| char::from(b"bcdfghjklmnpqrstvwxz2456789"[usize::from(digit) % 27]))
        .collect()
}

fn create_set(world: &mut World, fleet: &Fleet) -> Option<Arc<Value>> {
    let deployment = &fleet.deployment;
    let hash = template_hash(deployment);
    let name = format!("{}-{hash}", value::name(deployment));
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = json!(hash);
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"]["pod-template-hash"] = json!(hash);
    let replicas = rollout::replicas_of_new(fleet, 0);
    let mut set = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": value::namespace(deployment),
            "labels": template["metadata"]["labels"],
            "annotations": annotations(fleet, next_revision(fleet)),
            "ownerReferences": [pods::owner_reference(deployment)],
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
        "status": {"replicas": 0},
    });
    if let Some(seconds) = deployment["spec"].get("minReadySeconds") {
        set["spec"]["minReadySeconds"] = seconds.clone();
    }
    let set = world
        .store
        .insert(registry::REPLICA_SET, set, world.now)
        .ok()?;
    status::note_new_set(world, deployment, &set);
    if replicas > 0 {
        announce_scaling(world, fleet, &name, "up", 0, replicas);
    }
    Some(set)
}

/// The deployment's annotations that its sets carry too, with the controller's own.
fn annotations(fleet: &Fleet, revision: i64) -> Value {
    let mut annotations = json!({});
    for (key, text) in value::map(&fleet.deployment, "/metadata/annotations")
        .into_iter()
        .flatten()
    {
        if key != "kubectl.kubernetes.io/last-applied-configuration" && key != REVISION {
            annotations[key] = text.clone();
        }
    }
    annotations[REVISION] = json!(revision.to_string());
    for (key, size) in sizes(fleet) {
        annotations[key] = json!(size);
    }
    annotations
}

fn revision_of(set: &Value) -> i64 {
    set["metadata"]["annotations"][REVISION]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The earlier revisions of a set that has `revision` from now on.
fn history_of(set: &Value, revision: i64) -> String {
    let history = set["metadata"]["annotations"][REVISION_HISTORY]
        .as_str()
        .unwrap_or_default();
    let own = revision_of(set);
    match (own == revision || own == 0, history) {
        (true, _) => history.to_owned(),
        (false, "") => own.to_string(),
        (false, _) => format!("{history},{own}"),
    }
}

fn next_revision(fleet: &Fleet) -> i64 {
    fleet
        .old
        .iter()
        .map(|set| revision_of(set))
        .max()
        .unwrap_or(0)
        + 1
}

/// Gives the newest set the highest revision, as a rollback makes an old set the newest, and the deployment
/// the same.
fn adopt_revision(world: &mut World, fleet: &mut Fleet) {
    let Some(new) = &fleet.new else {
        return;
    };
    let (namespace, name) = crate::world::key_of(new);
    let revision = revision_of(new).max(next_revision(fleet));
    let mut annotations = annotations(fleet, revision);
    for key in [DESIRED, MAX] {
        // What the set was sized for stays until it is sized anew.
        if let Some(kept) = new["metadata"]["annotations"].get(key) {
            annotations[key] = kept.clone();
        }
    }
    let history = history_of(new, revision);
    if !history.is_empty() {
        annotations[REVISION_HISTORY] = json!(history);
    }
    fleet.new = world.update(registry::REPLICA_SET, &namespace, &name, |set| {
        set["metadata"]["annotations"] = annotations;
    });
    let (namespace, name) = crate::world::key_of(&fleet.deployment);
    world.update(registry::DEPLOYMENT, &namespace, &name, |deployment| {
        value::set(
            deployment,
            &["metadata", "annotations", REVISION],
            revision.to_string(),
        );
    });
}

/// Sets the replicas of a set, with the event that says so.
fn scale(world: &mut World, fleet: &Fleet, set: &Value, replicas: i64) {
    if value::integer(set, "/spec/replicas").unwrap_or(0) != replicas {
        resize(world, fleet, set, replicas);
    }
}

/// Like [`scale`]; notes for what size of the deployment the set has its replicas, also where these stay.
fn resize(world: &mut World, fleet: &Fleet, set: &Value, replicas: i64) {
    let before = value::integer(set, "/spec/replicas").unwrap_or(0);
    let (namespace, name) = crate::world::key_of(set);
    world.update(registry::REPLICA_SET, &namespace, &name, |set| {
        set["spec"]["replicas"] = json!(replicas);
        for (key, size) in sizes(fleet) {
            value::set(set, &["metadata", "annotations", key], size);
        }
    });
    if before != replicas {
        let direction = if replicas > before { "up" } else { "down" };
        announce_scaling(world, fleet, &name, direction, before, replicas);
    }
}

/// How large the deployment is to be, and how large it may be meanwhile.
fn sizes(fleet: &Fleet) -> [(&'static str, String); 2] {
    let replicas = fleet.replicas();
    [
        (DESIRED, replicas.to_string()),
        (MAX, (replicas + fleet.max_surge()).to_string()),
    ]
}

fn announce_scaling(
    world: &mut World,
    fleet: &Fleet,
    set: &str,
    direction: &str,
    from: i64,
    to: i64,
) {
    let message = format!("Scaled {direction} replica set {set} from {from} to {to}");
    let report = Report::normal("ScalingReplicaSet", &message);
    events::record(world, &fleet.deployment, component(CONTROLLER), report);
}

/// Removes the oldest empty sets beyond `revisionHistoryLimit`, once the rollout is complete.
fn clean_up(world: &mut World, fleet: &Fleet) {
    let limit = value::integer(&fleet.deployment, "/spec/revisionHistoryLimit").unwrap_or(10);
    let mut empty: Vec<_> = fleet
        .old
        .iter()
        .filter(|set| {
            ["/spec/replicas", "/status/replicas"]
                .iter()
                .all(|field| value::integer(set, field).unwrap_or(0) == 0)
        })
        .collect();
    empty.sort_by_key(|set| revision_of(set));
    let surplus = empty.len().saturating_sub(limit.max(0) as usize);
    for set in empty.into_iter().take(surplus) {
        let (namespace, name) = crate::world::key_of(set);
        world.store.remove(registry::REPLICA_SET, &namespace, &name);
    }
}
