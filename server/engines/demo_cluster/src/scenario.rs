//! Scenarios: trouble that unfolds by itself, for demonstrations and tests.
//!
//! A scenario is a list of what happens when, in simulated time. What follows from it (restarts,
//! evictions, scaling, events) is the controllers' doing and not written here.

mod scripts;

use std::{fmt, str::FromStr};

use domain::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api,
    controllers::nodes,
    disturbance::{Disturbance, Effect},
    ledger::WorkloadKey,
    registry::{self, KindId, Subresource},
    value,
    world::{World, key_of},
};

/// Trouble that can be had on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Three times the usual visitors for half an hour.
    TrafficSpike,
    /// A node loses power and gets it back a quarter of an hour later.
    NodeLoss,
    /// A release whose pods never get ready.
    BadRollout,
    /// A workload that keeps its memory until it is killed, again and again.
    MemoryLeak,
    /// A quota that a scale-out runs into.
    QuotaHit,
    /// A workload without requests or limits that takes all the CPU it can get.
    NoisyNeighbour,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
struct Act {
    /// Seconds after the scenario began.
    after: i64,
    happening: Happening,
}

/// What can happen.
#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A Deployment behaves differently for a while, or from now on.
    Disturb {
        namespace: &'static str,
        name: &'static str,
        effect: Effect,
        seconds: Option<i64>,
    },
    /// A node loses power.
    Lose(&'static str),
    /// A node gets its power back.
    Regain(&'static str),
    /// Somebody creates an object.
    Create(KindId, fn() -> Value),
    /// Somebody gives a Deployment's first container another image.
    Release {
        namespace: &'static str,
        name: &'static str,
        image: &'static str,
    },
    /// Somebody sets a Deployment's replicas.
    Scale {
        namespace: &'static str,
        name: &'static str,
        replicas: i64,
    },
}

/// A scenario under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Play {
    /// Which.
    pub scenario: Scenario,
    /// When it began.
    pub began_at: Timestamp,
    /// How many of its acts are over.
    pub done: usize,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 6] = [
        Self::TrafficSpike,
        Self::NodeLoss,
        Self::BadRollout,
        Self::MemoryLeak,
        Self::QuotaHit,
        Self::NoisyNeighbour,
    ];

    /// Its name, as people write it: `traffic-spike`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrafficSpike => "traffic-spike",
            Self::NodeLoss => "node-loss",
            Self::BadRollout => "bad-rollout",
            Self::MemoryLeak => "memory-leak",
            Self::QuotaHit => "quota-hit",
            Self::NoisyNeighbour => "noisy-neighbour",
        }
    }

    const fn acts(self) -> &'static [Act] {
        match self {
            Self::TrafficSpike => scripts::TRAFFIC_SPIKE,
            Self::NodeLoss => scripts::NODE_LOSS,
            Self::BadRollout => scripts::BAD_ROLLOUT,
            Self::MemoryLeak => scripts::MEMORY_LEAK,
            Self::QuotaHit => scripts::QUOTA_HIT,
            Self::NoisyNeighbour => scripts::NOISY_NEIGHBOUR,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no scenario of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scenario {0:?}")]
pub struct UnknownScenario(String);

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
            .ok_or_else(|| UnknownScenario(name.to_owned()))
    }
}

impl Play {
    /// When the next act is due; `None` after the last.
    fn next_due(self) -> Option<Timestamp> {
        let act = self.scenario.acts().get(self.done)?;
        Some(self.began_at + Seconds(act.after))
    }
}

/// Who gives a workload another image, and who another size, below which path.
pub(crate) const ROLLOUT: (&str, Option<Subresource>) = ("kubectl-set", None);
const SCALING: (&str, Option<Subresource>) = ("kubectl", Some(Subresource::Scale));

/// When something happens next.
pub(crate) fn next_due(world: &World) -> Option<Timestamp> {
    world.state.play?.next_due()
}

/// Lets everything happen that is due.
pub(crate) fn go_on(world: &mut World) {
    while let Some(mut play) = world.state.play
        && play.next_due().is_some_and(|at| at <= world.now)
    {
        let happening = play.scenario.acts()[play.done].happening;
        play.done += 1;
        world.state.play = Some(play);
        happen(world, happening);
    }
}

fn happen(world: &mut World, happening: Happening) {
    match happening {
        Happening::Disturb {
            namespace,
            name,
            effect,
            seconds,
        } => world.model.disturbances.push(Disturbance {
            workload: WorkloadKey::new("Deployment", namespace, name),
            from: world.now,
            until: seconds.map(|seconds| world.now + Seconds(seconds)),
            effect,
        }),
        Happening::Lose(node) => nodes::lose(world, node),
        Happening::Regain(node) => nodes::regain(world, node),
        Happening::Create(kind, object) => create(world, kind, object()),
        Happening::Release {
            namespace,
            name,
            image,
        } => drop(
            world.update_as(ROLLOUT, registry::DEPLOYMENT, namespace, name, |object| {
                object["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
            }),
        ),
        Happening::Scale {
            namespace,
            name,
            replicas,
        } => drop(
            world.update_as(SCALING, registry::DEPLOYMENT, namespace, name, |object| {
                value::set(object, &["spec", "replicas"], replicas);
            }),
        ),
    }
}

/// Creates an object as the API would store it; one that is there already stays.
fn create(world: &mut World, kind: KindId, mut object: Value) {
    let found = api::complete(kind, &mut object);
    debug_assert_eq!(found, crate::schema::check::Findings::default(), "{object}");
    let (namespace, name) = key_of(&object);
    if world.store.get(kind, &namespace, &name).is_none() {
        // The name is free, which is all an insertion asks for.
        drop(world.store.insert(kind, object, world.now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().parse(), Ok(scenario));
            assert_eq!(
                serde_json::to_value(scenario).unwrap(),
                scenario.name(),
                "snapshots use the same names"
            );
        }
        assert!("calm".parse::<Scenario>().is_err());
    }

    #[test]
    fn acts_are_in_order_and_leave_time_to_look_at_the_cluster_first() {
        for scenario in Scenario::ALL {
            let acts = scenario.acts();
            assert!(acts.is_sorted_by_key(|act| act.after), "{scenario}");
            assert!(
                acts.first().is_some_and(|act| act.after >= 60),
                "{scenario}"
            );
        }
    }
}
