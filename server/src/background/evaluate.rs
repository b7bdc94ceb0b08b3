//! Looks again at every workload under predictive autoscaling and proposes, or under policy `automatic` makes, what has
//! become right since.
//!
//! The annotations in the cluster say which workloads those are: a policy switched off by `kubectl annotate` is off.

use std::collections::HashMap;

use autoscale::Observation;
use domain::{
    autoscaling::{ScalingAction, ScalingDecision},
    cluster::{Cluster, ClusterMode},
    ids::{NamespaceScope, UserId},
    plan::{ClusterAction, PlanState},
    ports::Answer,
    resources::{Availability, Workload, WorkloadRef},
    units::ReplicaBounds,
};
use store::autoscaling::{Decision, Policy, PolicyMode, PolicyTerms};

use crate::services::{
    Core, SharedCore,
    apply::{self, Act},
    autoscaling::{bounds_of, observe},
    connections::Connection,
    plans, stored,
};

pub(super) async fn all(core: SharedCore) {
    let clusters = match core.database.clusters().everyones().await {
        Ok(clusters) => clusters,
        Err(error) => {
            stored(error);
            return;
        }
    };
    for (user, cluster) in clusters {
        let id = cluster.id;
        if let Err(error) = cluster_of(&core, user, cluster).await {
            tracing::warn!(cluster = %id, error = error.message, "autoscaled workloads could not be looked at");
        }
    }
}

async fn cluster_of(core: &Core, user: UserId, cluster: Cluster) -> Answer<()> {
    let policies = core
        .database
        .policies()
        .list(user, cluster.id)
        .await
        .map_err(stored)?;
    if policies.is_empty() {
        return Ok(());
    }
    let connection = core
        .connections
        .open_known(&core.database, user, cluster)
        .await?;
    let policies: HashMap<_, _> = policies
        .into_iter()
        .map(|policy| (policy.workload.clone(), policy))
        .collect();
    for workload in connection.port.workloads(&NamespaceScope::All).await? {
        let Some(policy) = policies.get(&workload.reference) else {
            continue;
        };
        if let Some(bounds) = bounds_of(&workload) {
            let looked = one(core, &connection, policy, &workload, bounds).await;
            if let Err(error) = looked {
                let workload = &workload.reference;
                tracing::warn!(%workload, error = error.message, "an autoscaled workload was passed over");
            }
        }
    }
    Ok(())
}

async fn one(
    core: &Core,
    connection: &Connection,
    policy: &Policy,
    workload: &Workload,
    bounds: ReplicaBounds,
) -> Answer<()> {
    if bounds != policy.bounds {
        keep_bounds(core, policy, bounds).await?;
    }
    let user = policy.owner;
    let observation = observed(core, user, connection, &workload.reference, bounds).await?;
    let decision = autoscale::decide(&observation, None);
    let kept = Decision {
        decision: decision.clone(),
        job: None,
        at: core.now(),
    };
    core.database
        .policies()
        .record(user, policy.cluster, &policy.workload, &kept)
        .await
        .map_err(stored)?;
    match decision.action {
        ScalingAction::Maintain | ScalingAction::AtMax => Ok(()),
        ScalingAction::ScaleUp | ScalingAction::ScaleDown => {
            act(core, connection, policy, &decision).await
        }
    }
}

/// The bounds in the cluster are the ones that count.
async fn keep_bounds(core: &Core, policy: &Policy, bounds: ReplicaBounds) -> Answer<()> {
    let terms = PolicyTerms {
        workload: policy.workload.clone(),
        bounds,
        mode: policy.mode,
    };
    core.database
        .policies()
        .enable(policy.owner, policy.cluster, &terms, core.now())
        .await
        .map(drop)
        .map_err(stored)
}

async fn observed(
    core: &Core,
    user: UserId,
    connection: &Connection,
    workload: &WorkloadRef,
    bounds: ReplicaBounds,
) -> Answer<Observation> {
    let observation = observe::observe_now(core, connection, workload, bounds).await?;
    let outlooks = observe::outlooks(core, user, connection, workload).await?;
    let forecast = |availability| match availability {
        Availability::Available(forecast) => Some(forecast),
        Availability::Unavailable(_) => None,
    };
    Ok(Observation {
        cpu_forecast: forecast(outlooks.cpu.forecast),
        memory_forecast: forecast(outlooks.memory.forecast),
        ..observation
    })
}

/// As far as policy and cluster mode allow, the lesser of the two.
async fn act(
    core: &Core,
    connection: &Connection,
    policy: &Policy,
    decision: &ScalingDecision,
) -> Answer<()> {
    let action = ClusterAction::Scale {
        workload: policy.workload.clone(),
        replicas: decision.target_replicas,
    };
    match (policy.mode, connection.cluster.mode) {
        (PolicyMode::Shadow, _) | (_, ClusterMode::ReadOnly) => Ok(()),
        (PolicyMode::Automatic, ClusterMode::Automatic) => {
            let change = connection.port.prepare(&action).await?;
            let act = Act {
                user: policy.owner,
                connection,
                change: &change,
                job: None,
                plan: None,
                reason: decision.reasoning.clone(),
            };
            apply::apply(core, act).await.map(drop)
        }
        (
            PolicyMode::Suggest | PolicyMode::Automatic,
            ClusterMode::Approve | ClusterMode::Automatic,
        ) => suggest(core, connection, policy, &action).await,
    }
}

/// Files a plan, unless one for the same workload already waits.
async fn suggest(
    core: &Core,
    connection: &Connection,
    policy: &Policy,
    action: &ClusterAction,
) -> Answer<()> {
    let plans = core.database.plans();
    plans.expire(core.now()).await.map_err(stored)?;
    let waiting = plans
        .list(policy.owner, policy.cluster)
        .await
        .map_err(stored)?;
    let already = waiting.iter().any(|plan| {
        plan.state == PlanState::Proposed && plan.change.action.workload() == &policy.workload
    });
    if already {
        return Ok(());
    }
    plans::propose(core, policy.owner, connection, action)
        .await
        .map(drop)
}
