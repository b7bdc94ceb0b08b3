//! What the reader of a plan should know before saying yes.
//!
//! Each warning comes from what the cluster says. A check that the credentials do not allow is said to be
//! missing; it does not stop the plan.

use std::collections::BTreeMap;

use domain::{plan::ClusterAction, resources::WorkloadRef, time::Timestamp, units::Replicas};
use k8s_openapi::{
    api::{
        autoscaling::v2::HorizontalPodAutoscaler,
        core::v1::{Node, Pod, ResourceQuota},
    },
    apimachinery::pkg::api::resource::Quantity,
};
use kube::Client;

use super::{
    headroom::{self, Room},
    target::Live,
};
use crate::{
    objects, quantity,
    request::{FIELD_MANAGER, collection, list},
};

/// Another manager's change of the replica count is worth a word for this long, in seconds.
const RECENT_SECONDS: i64 = 600;

/// A scaling as its warnings see it.
struct Scaling<'p> {
    workload: &'p WorkloadRef,
    live: &'p Live,
    from: Replicas,
    to: Replicas,
}

/// The warnings of an action, most important first.
pub(super) async fn warnings(
    client: &Client,
    action: &ClusterAction,
    live: &Live,
    now: Timestamp,
) -> Vec<String> {
    let workload = action.workload();
    let mut warnings = Vec::new();
    match action {
        ClusterAction::Scale { replicas, .. } => {
            let scaling = Scaling {
                workload,
                live,
                from: live.replicas(),
                to: *replicas,
            };
            warnings.extend(scaling.on_its_own(now));
            warnings.extend(scaling.in_its_cluster(client).await);
        }
        ClusterAction::Restart { .. } => {
            if workload.kind.is_scalable() && live.replicas().0 == 1 {
                warnings.push(
                    "It has one replica: with its update strategy a restart may interrupt its service."
                        .to_owned(),
                );
            }
            warnings.extend(rolling(live));
        }
        ClusterAction::Annotate { .. } => {}
    }
    if matches!(
        action,
        ClusterAction::Scale { .. } | ClusterAction::Restart { .. }
    ) && workload.namespace.as_str().starts_with("kube-")
    {
        warnings.push(format!(
            "{} is a namespace of Kubernetes itself.",
            workload.namespace
        ));
    }
    warnings
}

impl Scaling<'_> {
    /// What the object alone says.
    fn on_its_own(&self, now: Timestamp) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.to == self.from {
            warnings.push(format!(
                "It has {} already: nothing changes.",
                replicas(self.from)
            ));
        }
        if self.to.0 == 0 {
            warnings.push(format!(
                "No pod of {} will be left: it stops serving.",
                self.workload.name
            ));
        }
        if self.live.is_paused() {
            warnings.push(
                "Its rollout is paused: new pods come from the template of the last rollout."
                    .to_owned(),
            );
        }
        warnings.extend(rolling(self.live));
        warnings.extend(other_manager(self.live, now));
        warnings
    }

    /// What its surroundings say, read side by side.
    async fn in_its_cluster(&self, client: &Client) -> Vec<String> {
        let (owner, room, quota) =
            tokio::join!(self.owner(client), self.room(client), self.quota(client));
        [owner, room, quota].into_iter().flatten().collect()
    }

    /// An autoscaler that owns the count will change it back.
    async fn owner(&self, client: &Client) -> Vec<String> {
        let path = collection(
            "autoscaling/v2",
            "horizontalpodautoscalers",
            Some(self.workload.namespace.as_str()),
        );
        let Ok(found) =
            list::<HorizontalPodAutoscaler>(client, &path, "look for autoscalers").await
        else {
            return vec![
                "Whether an autoscaler owns its replica count could not be checked.".to_owned(),
            ];
        };
        found
            .into_iter()
            .filter_map(objects::autoscaler)
            .filter(|hpa| {
                hpa.target_kind == self.workload.kind.as_str()
                    && hpa.target_name == self.workload.name.as_str()
            })
            .map(|hpa| {
                format!(
                    "The autoscaler {} keeps it between {} and {} and will change it back.",
                    hpa.name,
                    hpa.min,
                    replicas(hpa.max)
                )
            })
            .collect()
    }

    /// Whether the new pods fit onto the nodes by their requests.
    async fn room(&self, client: &Client) -> Vec<String> {
        let Some(more) = self.more() else {
            return Vec::new();
        };
        let Some(asks) = headroom::asks(&self.live.object) else {
            return vec![
                "Its pods have no requests, so whether more of them fit cannot be worked out."
                    .to_owned(),
            ];
        };
        let nodes_path = collection("v1", "nodes", None);
        let pods_path = collection("v1", "pods", None);
        let Ok((nodes, pods)) = tokio::try_join!(
            list::<Node>(client, &nodes_path, "list nodes"),
            list::<Pod>(client, &pods_path, "list pods"),
        ) else {
            return vec![
                "Whether its new pods fit onto the nodes could not be checked.".to_owned(),
            ];
        };
        match headroom::room(nodes, pods, asks) {
            Room { pods } if pods >= u64::from(more) => Vec::new(),
            Room { pods } => vec![format!(
                "By their requests, {pods} of the {more} new pods fit onto the nodes as they are; the others would stay Pending."
            )],
        }
    }

    /// Quotas of the namespace that the new pods would exceed; silent when they cannot be read.
    async fn quota(&self, client: &Client) -> Vec<String> {
        let Some(more) = self.more() else {
            return Vec::new();
        };
        let path = collection(
            "v1",
            "resourcequotas",
            Some(self.workload.namespace.as_str()),
        );
        let asks = headroom::asks(&self.live.object).unwrap_or_default();
        list::<ResourceQuota>(client, &path, "read quotas")
            .await
            .unwrap_or_default()
            .into_iter()
            .flat_map(|quota| exceeded(quota, u64::from(more), asks))
            .collect()
    }

    fn more(&self) -> Option<u32> {
        self.to.0.checked_sub(self.from.0).filter(|more| *more > 0)
    }
}

fn exceeded(quota: ResourceQuota, more: u64, asks: headroom::Asks) -> Vec<String> {
    let name = quota.metadata.name.unwrap_or_default();
    let status = quota.status.unwrap_or_default();
    let (hard, used) = (
        status.hard.unwrap_or_default(),
        status.used.unwrap_or_default(),
    );
    type Reading = fn(&Quantity) -> Option<u64>;
    let milli: Reading = |quantity| quantity::millicores(quantity).map(|cpu| cpu.0);
    let bytes: Reading = |quantity| quantity::bytes(quantity).map(|bytes| bytes.0);
    let whole: Reading = quantity::count;
    [
        ("pods", whole, 1),
        ("count/pods", whole, 1),
        ("cpu", milli, asks.cpu.0),
        ("requests.cpu", milli, asks.cpu.0),
        ("memory", bytes, asks.memory.0),
        ("requests.memory", bytes, asks.memory.0),
    ]
    .into_iter()
    .filter(|(resource, reading, each)| {
        let amount = |of: &BTreeMap<String, Quantity>| reading(of.get(*resource)?);
        let wanted = amount(&used).map(|used| used.saturating_add(each.saturating_mul(more)));
        wanted > amount(&hard) && amount(&hard).is_some()
    })
    .map(|(resource, ..)| {
        format!("The quota {name} does not leave enough {resource} for {more} more pods.")
    })
    .collect()
}

/// A rollout under way: fewer pods of the newest template than asked for.
fn rolling(live: &Live) -> Option<String> {
    let status = |name: &str| live.object.get("status")?.get(name)?.as_u64();
    let wanted = u64::from(live.replicas().0);
    let updated = status("updatedReplicas").unwrap_or(0);
    (status("replicas").is_some() && updated < wanted).then(|| {
        format!("A rollout is under way: {updated} of {wanted} pods have the newest template.")
    })
}

/// Who else set the replica count lately.
fn other_manager(live: &Live, now: Timestamp) -> Option<String> {
    let entries = live.object.pointer("/metadata/managedFields")?.as_array()?;
    entries.iter().find_map(|entry| {
        let manager = entry["manager"].as_str()?;
        entry.pointer("/fieldsV1/f:spec/f:replicas")?;
        let at = Timestamp::parse(entry["time"].as_str()?)?;
        let is_recent = now.seconds_since(at) <= RECENT_SECONDS;
        (is_recent && manager != FIELD_MANAGER).then(|| {
            format!(
                "{} set its replica count at {} UTC.",
                crate::error::server_text(manager),
                at.clock()
            )
        })
    })
}

fn replicas(count: Replicas) -> String {
    match count.0 {
        1 => "1 replica".to_owned(),
        many => format!("{many} replicas"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::units::{Bytes, MilliCores};
    use serde_json::{from_value, json};

    #[test]
    fn a_quota_is_named_when_the_new_pods_would_exceed_it() {
        let quota: ResourceQuota = from_value(json!({
            "metadata": {"name": "team"},
            "status": {"hard": {"pods": "10", "requests.cpu": "2", "requests.memory": "8Gi"},
                       "used": {"pods": "8", "requests.cpu": "1500m", "requests.memory": "1Gi"}},
        }))
        .unwrap();
        let asks = headroom::Asks {
            cpu: MilliCores(300),
            memory: Bytes(1 << 20),
        };
        let warnings = exceeded(quota, 2, asks);
        assert_eq!(
            warnings,
            ["The quota team does not leave enough requests.cpu for 2 more pods."]
        );
    }

    fn managed(manager: &str, at: &str) -> Live {
        Live {
            uid: "u".to_owned(),
            resource_version: "1".to_owned(),
            generation: 1,
            object: json!({
                "metadata": {"managedFields": [
                    {"manager": manager, "time": at, "fieldsV1": {"f:spec": {"f:replicas": {}}}},
                ]},
                "spec": {"replicas": 3},
                "status": {"replicas": 3, "updatedReplicas": 1},
            }),
        }
    }
    #[test]
    fn says_who_else_set_the_count_lately() {
        let now = Timestamp::parse("2026-11-24T06:05:00Z").unwrap();
        let said = |manager: &str, at: &str| other_manager(&managed(manager, at), now);
        assert_eq!(
            said("argocd", "2026-11-24T06:00:00Z").as_deref(),
            Some("argocd set its replica count at 06:00 UTC.")
        );
        assert_eq!(said("argocd", "2026-11-24T05:00:00Z"), None);
        assert_eq!(said(FIELD_MANAGER, "2026-11-24T06:00:00Z"), None);
    }
    #[test]
    fn says_that_a_rollout_is_under_way() {
        let live = managed("x", "2026-11-24T06:00:00Z");
        assert!(rolling(&live).unwrap().contains("1 of 3 pods"));
    }
}
