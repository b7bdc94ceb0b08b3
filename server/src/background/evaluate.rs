//! Looks again at every workload under predictive autoscaling and proposes, or under policy `automatic` makes, what has
//! become right since.
//!
//! The annotations in the cluster say which workloads those are: a policy switched off by `kubectl annotate` is off.

use std::collections::HashMap;

use domain::{
    autoscaling::{Decided, ScalingAction, ScalingDecision},
    cluster::{Cluster, ClusterMode},
    ids::{NamespaceScope, UserId},
    plan::{ClusterAction, PlanOrigin},
    ports::Answer,
    resources::{Workload, WorkloadRef},
    time::Seconds,
    units::ReplicaBounds,
};
use store::{
    autoscaling::{Policy, PolicyMode, PolicyTerms},
    intents::IntentOutcome,
};

use crate::services::{
    Core, SharedCore,
    apply::{self, Act},
    autoscaling::{bounds_of, observe},
    connections::Connection,
    plans, stored,
};

/// After a scaling, replicas are not taken away alone for this long: what was added has to show its effect first.
///
/// Adding more is not held up. Three rounds; the Kubernetes autoscaler's own pause is five minutes
/// (`--horizontal-pod-autoscaler-downscale-stabilization`).
const COOLDOWN: Seconds = Seconds(900);

/// One round over everybody's clusters.
pub async fn all(core: SharedCore) {
    let known = async {
        let policies = core.database.policies().everyones().await?;
        let clusters = core.database.clusters().everyones().await?;
        Ok((policies, clusters))
    };
    let (policies, clusters) = match known.await {
        Ok(known) => known,
        Err(error) => {
            stored(error);
            return;
        }
    };
    for (user, cluster) in clusters {
        let id = cluster.id;
        let policies: HashMap<_, _> = policies
            .iter()
            .filter(|policy| policy.cluster == id)
            .map(|policy| (&policy.workload, policy))
            .collect();
        if policies.is_empty() {
            continue;
        }
        if let Err(error) = cluster_of(&core, user, cluster, &policies).await {
            tracing::warn!(cluster = %id, error = error.message, "autoscaled workloads could not be looked at");
        }
    }
}

async fn cluster_of(
    core: &Core,
    user: UserId,
    cluster: Cluster,
    policies: &HashMap<&WorkloadRef, &Policy>,
) -> Answer<()> {
    let connection = core
        .connections
        .open_known(&core.database, user, cluster)
        .await?;
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
    let observation = observe::observe(core, user, connection, &workload.reference, bounds).await?;
    let decision = autoscale::decide(&observation, None);
    let kept = Decided {
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
        ScalingAction::Maintain | ScalingAction::AtMax => withdraw(core, policy).await,
        ScalingAction::ScaleUp | ScalingAction::ScaleDown => {
            act(core, connection, policy, workload, &decision).await
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

/// As far as policy and cluster mode allow, the lesser of the two.
async fn act(
    core: &Core,
    connection: &Connection,
    policy: &Policy,
    workload: &Workload,
    decision: &ScalingDecision,
) -> Answer<()> {
    let action = ClusterAction::Scale {
        workload: policy.workload.clone(),
        replicas: decision.target_replicas,
    };
    match (policy.mode, connection.cluster.mode) {
        (PolicyMode::Shadow, _) | (_, ClusterMode::ReadOnly) => withdraw(core, policy).await,
        (PolicyMode::Automatic, ClusterMode::Automatic) => {
            withdraw(core, policy).await?;
            if decision.action == ScalingAction::ScaleDown
                && scaled_lately(core, connection, workload).await?
            {
                let workload = &workload.reference;
                tracing::info!(%workload, "nothing is taken away so soon after a scaling");
                return Ok(());
            }
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
        ) => suggest(core, connection, policy, &action, decision).await,
    }
}

/// Whether this server has scaled the workload within [`COOLDOWN`].
async fn scaled_lately(core: &Core, connection: &Connection, workload: &Workload) -> Answer<bool> {
    let intents = core
        .database
        .intents()
        .of_target(connection.cluster.id, &workload.uid, core.now() - COOLDOWN)
        .await
        .map_err(stored)?;
    Ok(intents.iter().any(|intent| {
        let is_scaling = matches!(intent.intent.change.action, ClusterAction::Scale { .. });
        let may_be_made = match &intent.outcome {
            None | Some(IntentOutcome::Applied { .. }) => true,
            Some(IntentOutcome::Superseded | IntentOutcome::Failed { .. }) => false,
        };
        is_scaling && may_be_made
    }))
}

/// Files a plan, unless one that says the same of the workload as it is now already waits.
async fn suggest(
    core: &Core,
    connection: &Connection,
    policy: &Policy,
    action: &ClusterAction,
    decision: &ScalingDecision,
) -> Answer<()> {
    let fresh = connection.port.prepare(action).await?;
    let place = (policy.owner, policy.cluster, &policy.workload);
    let waiting = plans::withdraw_proposals(core, place, Some(&fresh)).await?;
    if waiting > 0 {
        return Ok(());
    }
    let origin = PlanOrigin::Autoscaler {
        reasoning: decision.reasoning.clone(),
        confidence: decision.confidence,
    };
    plans::propose(core, policy.owner, connection, action, origin)
        .await
        .map(drop)
}

/// Takes back what the autoscaler proposed for a workload earlier.
async fn withdraw(core: &Core, policy: &Policy) -> Answer<()> {
    let place = (policy.owner, policy.cluster, &policy.workload);
    plans::withdraw_proposals(core, place, None).await.map(drop)
}
