//! The company whose cluster this is: a web shop with payments, data, batch, monitoring and the usual trouble.
//!
//! [`timeline`] lists what was created when, as manifests with every default filled in; the controllers then
//! bring it to life exactly as they would anything a user creates. Load shapes are in the blueprints.

mod blueprints;
mod catalogue;
mod fleet;
mod infrastructure;
mod manifests;
mod vertical;

use domain::time::{Seconds, Timestamp};
use serde_json::Value;

use crate::{registry::KindId, usage::Profile};

/// Which controller runs a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
}

/// What one container asks for: CPU in millicores, memory in MiB; 0 requests nothing.
#[derive(Debug, Clone, Copy)]
struct Resources {
    cpu_request: u64,
    cpu_limit: Option<u64>,
    memory_request: u64,
    memory_limit: Option<u64>,
}

/// How the containers of a workload fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They run.
    Healthy,
    /// They run and never give memory back.
    Leaks,
    /// They end soon after starting.
    Crashes {
        /// Seconds from start to end.
        after_seconds: i64,
        /// What they end with.
        exit_code: i64,
    },
}

/// One workload of the company.
#[derive(Debug, Clone, Copy)]
struct Blueprint {
    kind: Kind,
    namespace: &'static str,
    name: &'static str,
    replicas: i64,
    image: &'static str,
    /// The image it ran before its last update.
    earlier_image: Option<&'static str>,
    port: u16,
    resources: Resources,
    /// Seconds it is old when the cluster is founded.
    age: i64,
    /// Seconds since its image was last changed when the cluster is founded.
    updated: i64,
    /// Seconds from start of the container to ready.
    ready_after: i64,
    fate: Fate,
    /// Name and size of the claim a `StatefulSet` makes for each pod.
    volume: Option<(&'static str, &'static str)>,
    /// Environment variables.
    settings: &'static [(&'static str, &'static str)],
    profile: Profile,
}

/// Something that happened before the cluster was handed over.
pub(crate) struct Arrival {
    /// When.
    pub at: Timestamp,
    /// What was created or, when it was there already, replaced in `spec`.
    pub objects: Vec<(KindId, Value)>,
}

fn blueprint(namespace: &str, name: &str) -> Option<&'static Blueprint> {
    blueprints::BLUEPRINTS
        .iter()
        .find(|blueprint| blueprint.name == name && blueprint.namespace == namespace)
}

/// How the load of a workload behaves; `None` for workloads that are not the company's.
pub(crate) fn profile(namespace: &str, name: &str) -> Option<Profile> {
    match blueprint(namespace, name) {
        Some(blueprint) => Some(blueprint.profile),
        None => infrastructure::static_pod_profile(namespace, name),
    }
}

/// How the containers of a workload fare, given the image they run: a rollback to an image that worked works.
pub(crate) fn fate(namespace: &str, name: &str, image: &str) -> Fate {
    blueprint(namespace, name)
        .filter(|blueprint| blueprint.image == image)
        .map_or(Fate::Healthy, |blueprint| blueprint.fate)
}

/// Seconds from a container's start to its readiness; `None` for workloads that are not the company's.
pub(crate) fn ready_after(namespace: &str, name: &str) -> Option<i64> {
    blueprint(namespace, name).map(|blueprint| blueprint.ready_after)
}

/// Everything that was created before `founded_at`, oldest first: the company, and what else it takes to
/// run about `pods` pods.
pub(crate) fn timeline(founded_at: Timestamp, pods: usize) -> Vec<Arrival> {
    // The classes come before the pods that name them.
    let mut arrivals = catalogue::arrivals(founded_at);
    arrivals.extend(infrastructure::arrivals(founded_at));
    let adopted_at = founded_at - Seconds(40 * 86_400);
    arrivals.push(Arrival {
        at: adopted_at,
        objects: vertical::objects(adopted_at),
    });
    arrivals.extend(fleet::arrivals(founded_at, pods));
    for blueprint in blueprints::BLUEPRINTS {
        let created = blueprint.earlier_image.unwrap_or(blueprint.image);
        arrivals.push(Arrival {
            at: founded_at - Seconds(blueprint.age),
            objects: manifests::first_release(blueprint, created),
        });
        if blueprint.earlier_image.is_some() {
            arrivals.push(Arrival {
                at: founded_at - Seconds(blueprint.updated),
                objects: vec![manifests::workload(blueprint, blueprint.image)],
            });
        }
    }
    arrivals.sort_by_key(|arrival| arrival.at);
    arrivals
}
