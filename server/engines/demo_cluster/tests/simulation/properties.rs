//! What holds whatever users do: proptest drives the cluster with random requests.

use demo_cluster::{
    Cluster,
    api::{Propagation, Verb},
    registry::{self, DEPLOYMENT, NODE, POD, REPLICA_SET},
    value,
};
use proptest::prelude::*;
use serde_json::json;

use crate::common::{change, company, live, request, scale, watch};

/// What a user or the world may do to the shop.
#[derive(Debug, Clone)]
enum Deed {
    Scale(&'static str, i64),
    Release(&'static str, u8),
    DeletePod(usize),
    Cordon(&'static str, bool),
    Wait(i64),
}

const WORKLOADS: [&str; 3] = ["storefront", "catalog", "recommendations"];
const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

fn deed() -> impl Strategy<Value = Deed> {
    let workload = || prop::sample::select(WORKLOADS.as_slice());
    prop_oneof![
        (workload(), 0..5_i64).prop_map(|(name, replicas)| Deed::Scale(name, replicas)),
        (workload(), 1..4_u8).prop_map(|(name, tag)| Deed::Release(name, tag)),
        (0..8_usize).prop_map(Deed::DeletePod),
        (prop::sample::select(NODES.as_slice()), any::<bool>())
            .prop_map(|(node, cordoned)| Deed::Cordon(node, cordoned)),
        (1..20_i64).prop_map(Deed::Wait),
    ]
}

fn perform(cluster: &mut Cluster, deed: &Deed) {
    match deed {
        Deed::Scale(name, replicas) => scale(cluster, DEPLOYMENT, "shop", name, *replicas),
        Deed::Release(name, tag) => change(cluster, DEPLOYMENT, "shop", name, |object| {
            object["spec"]["template"]["spec"]["containers"][0]["image"] =
                json!(format!("registry.example.com/shop/{name}:{tag}.0.0"));
        }),
        Deed::DeletePod(place) => {
            let victim = cluster
                .store()
                .list(POD, Some("shop"))
                .nth(*place)
                .map(|pod| value::name(pod).to_owned());
            if let Some(name) = victim {
                let delete = request(Verb::Delete, POD, Some("shop"), Some(&name));
                cluster.call(&delete).expect("the pod is there");
            }
        }
        Deed::Cordon(node, cordoned) => change(cluster, NODE, "", node, |node| {
            node["spec"]["unschedulable"] = json!(cordoned);
        }),
        Deed::Wait(seconds) => live(cluster, *seconds),
    }
}

/// The revision of a workload's newest set.
fn newest_revision(cluster: &Cluster, name: &str) -> i64 {
    cluster
        .store()
        .list(REPLICA_SET, Some("shop"))
        .filter(|set| value::controller_of(set).is_some_and(|owner| owner["name"] == name))
        .filter_map(|set| {
            set["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
                .as_str()?
                .parse()
                .ok()
        })
        .max()
        .unwrap_or(0)
}

/// Uids of pods bound to a node.
fn bound(cluster: &Cluster, node: &str) -> Vec<String> {
    cluster
        .store()
        .list(POD, None)
        .filter(|pod| pod["spec"]["nodeName"] == node)
        .map(|pod| value::uid(pod).to_owned())
        .collect()
}

/// Nodes that are cordoned, with what is bound to them.
fn closed(cluster: &Cluster) -> Vec<(&'static str, Vec<String>)> {
    NODES
        .into_iter()
        .filter(|name| {
            let node = cluster
                .store()
                .get(NODE, "", name)
                .expect("the node is there");
            value::truth(node, "/spec/unschedulable")
        })
        .map(|name| (name, bound(cluster, name)))
        .collect()
}

/// The owners that objects name and that are not there.
fn missing_owners(cluster: &Cluster) -> Vec<String> {
    let objects: Vec<_> = registry::kinds()
        .flat_map(|(kind, _)| cluster.store().list(kind, None))
        .collect();
    let uids: std::collections::BTreeSet<_> =
        objects.iter().map(|object| value::uid(object)).collect();
    objects
        .iter()
        .flat_map(|object| value::items(object, "/metadata/ownerReferences"))
        .filter(|owner| !uids.contains(value::text(owner, "/uid")))
        .map(|owner| value::name(owner).to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn replicas_converge_and_revisions_only_grow(deeds in prop::collection::vec(deed(), 1..10)) {
        let mut cluster = company();
        let mut revisions = WORKLOADS.map(|name| newest_revision(&cluster, name));
        for deed in &deeds {
            let before = closed(&cluster);
            perform(&mut cluster, deed);
            live(&mut cluster, 1);
            for (node, pods) in before.iter().filter(|(node, _)| closed(&cluster).iter().any(|(it, _)| it == node)) {
                let is_new = |uid: &String| !pods.contains(uid);
                let daemons = cluster.store().list(POD, Some("kube-system"));
                let allowed: Vec<_> = daemons.map(|pod| value::uid(pod).to_owned()).collect();
                let fresh: Vec<_> = bound(&cluster, node).into_iter().filter(is_new).collect();
                prop_assert!(fresh.iter().all(|uid| allowed.contains(uid)), "{node}: {fresh:?}");
            }
            let now = WORKLOADS.map(|name| newest_revision(&cluster, name));
            prop_assert!(now.iter().zip(&revisions).all(|(now, before)| now >= before));
            revisions = now;
        }
        for node in NODES {
            perform(&mut cluster, &Deed::Cordon(node, false));
        }
        watch(&mut cluster, 240);
        for name in WORKLOADS {
            let found = cluster.store().get(DEPLOYMENT, "shop", name).expect("it is there");
            let wanted = value::integer(found, "/spec/replicas");
            for field in ["/status/replicas", "/status/updatedReplicas"] {
                prop_assert_eq!(value::integer(found, field).or(Some(0)), wanted, "{} of {}", field, name);
            }
        }
        prop_assert_eq!(missing_owners(&cluster), Vec::<String>::new());
    }

    #[test]
    fn what_belongs_to_nothing_any_more_goes(how in prop::sample::select(vec![Propagation::Background, Propagation::Foreground]),
                                             name in prop::sample::select(WORKLOADS.as_slice())) {
        let mut cluster = company();
        let mut delete = request(Verb::Delete, DEPLOYMENT, Some("shop"), Some(name));
        delete.options.propagation = Some(how);
        cluster.call(&delete).expect("it is there");
        watch(&mut cluster, 60);
        let is_left = |object: &std::sync::Arc<serde_json::Value>| value::name(object).starts_with(name);
        for kind in [DEPLOYMENT, REPLICA_SET, POD] {
            prop_assert!(!cluster.store().list(kind, Some("shop")).any(is_left));
        }
        prop_assert_eq!(missing_owners(&cluster), Vec::<String>::new());
    }

    #[test]
    fn the_same_deeds_lead_to_the_same_cluster(deeds in prop::collection::vec(deed(), 1..5)) {
        let lived = || {
            let mut cluster = company();
            for deed in &deeds {
                perform(&mut cluster, deed);
            }
            live(&mut cluster, 30);
            cluster.snapshot()
        };
        prop_assert_eq!(lived(), lived());
    }
}
