//! Plans: proposed by a dry run, approved once by their digest, carried out exactly as read.

use std::sync::Arc;

use crate::request_id;
use async_trait::async_trait;
use domain::{
    OpsError,
    account::User,
    ids::{ClusterId, PlanId, UserId},
    plan::{ClusterAction, Plan, PlanOrigin, PlanState, PreparedChange},
    ports::{Answer, PlansPort},
    resources::WorkloadRef,
    time::Seconds,
};

use super::{
    Core, SharedCore,
    apply::{self, Act},
    connections::Connection,
    stored,
};

/// A plan that a person asked for and does not approve within this time is void: the cluster has moved on.
pub const VALID_FOR: Seconds = Seconds(300);
/// What the autoscaler proposes waits for somebody who is not looking at the moment. It is bound to the target's
/// generation all the same, and taken back as soon as the autoscaler thinks otherwise.
pub const PROPOSAL_VALID_FOR: Seconds = Seconds(3_600);

/// [`PlansPort`] over the store and the connections.
pub struct Plans {
    core: SharedCore,
}

impl Plans {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self { core }
    }
}

/// Makes a plan by a server-side dry run.
///
/// # Errors
/// `NotPermittedHere` in a read-only cluster; whatever the cluster answers to the dry run.
pub async fn propose(
    core: &Core,
    user: UserId,
    connection: &Connection,
    action: &ClusterAction,
    origin: PlanOrigin,
) -> Answer<Plan> {
    let filed = file(core, user, connection, action, origin).await;
    let plan = filed
        .as_ref()
        .ok()
        .map(|plan| format!(" (plan {})", plan.id));
    let particulars = format!("{action}{}", plan.unwrap_or_default());
    let target = action.workload();
    core.audit_end(user, ("plan.propose", target), particulars, &filed)
        .await?;
    filed
}

/// Takes back what the autoscaler proposed for a workload, except what says the same of it as `unless`; how many plans
/// for it wait for approval then, whoever asked for them.
///
/// # Errors
/// Faults of the store only.
pub async fn withdraw_proposals(
    core: &Core,
    (user, cluster, workload): (UserId, ClusterId, &WorkloadRef),
    unless: Option<&PreparedChange>,
) -> Answer<usize> {
    let plans = core.database.plans();
    plans.expire(core.now()).await.map_err(stored)?;
    let mut waiting = 0;
    for plan in plans.list(user, cluster).await.map_err(stored)? {
        let change = &plan.change;
        if plan.state != PlanState::Proposed || change.action.workload() != workload {
            continue;
        }
        let is_same = unless.is_some_and(|fresh| {
            fresh.action == change.action
                && fresh.target_uid == change.target_uid
                && fresh.target_generation == change.target_generation
        });
        if matches!(plan.origin, PlanOrigin::Autoscaler { .. }) && !is_same {
            plans.withdraw(plan.id).await.map_err(stored)?;
        } else {
            waiting += 1;
        }
    }
    Ok(waiting)
}

async fn file(
    core: &Core,
    user: UserId,
    connection: &Connection,
    action: &ClusterAction,
    origin: PlanOrigin,
) -> Answer<Plan> {
    apply::refuse_read_only(connection)?;
    let change = connection.port.prepare(action).await?;
    let now = core.now();
    let expires_at = now
        + match origin {
            PlanOrigin::Person => VALID_FOR,
            PlanOrigin::Autoscaler { .. } => PROPOSAL_VALID_FOR,
        };
    let plan = Plan {
        id: PlanId(store::random_uuid().map_err(stored)?),
        cluster: connection.cluster.id,
        digest: store::plans::digest(user, connection.cluster.id, &change, expires_at)
            .map_err(stored)?,
        origin,
        change,
        state: PlanState::Proposed,
        created_at: now,
        expires_at,
    };
    core.database
        .plans()
        .insert(user, &plan)
        .await
        .map_err(stored)?;
    Ok(plan)
}

/// Claims a plan for the approval with this digest, and carries it out.
async fn claim_and_carry_out(
    core: SharedCore,
    user: UserId,
    plan: PlanId,
    digest: String,
) -> Answer<Plan> {
    let claimed = core
        .database
        .plans()
        .claim_for_execution(user, plan, &digest, core.now())
        .await
        .map_err(stored);
    core.audit_end(user, ("plan.approve", &plan), digest, &claimed)
        .await?;
    carry_out(core, user, claimed?).await
}

/// Carries out a plan that was claimed, and notes how it ended.
async fn carry_out(core: SharedCore, user: UserId, plan: Plan) -> Answer<Plan> {
    let executed = execute(&core, user, &plan).await;
    let intents = core
        .database
        .intents()
        .of_plan(plan.id)
        .await
        .map_err(stored)?;
    if intents
        .last()
        .is_some_and(|intent| intent.outcome.is_none())
    {
        // The answer was lost and the target cannot be read: housekeeping reads it when it can.
        return executed.map(|()| plan);
    }
    let finished = core
        .database
        .plans()
        .finish(plan.id, executed.clone(), core.now())
        .await
        .map_err(stored)?;
    executed.map(|()| finished)
}

async fn execute(core: &Core, user: UserId, plan: &Plan) -> Answer<()> {
    let connection = core
        .connections
        .open(&core.database, user, plan.cluster)
        .await?;
    let act = Act {
        user,
        connection: &connection,
        change: &plan.change,
        job: None,
        plan: Some(plan.id),
        reason: format!("plan {} was approved", plan.id),
    };
    apply::apply(core, act).await.map(drop)
}

#[async_trait]
impl PlansPort for Plans {
    async fn list(&self, user: &User, cluster: ClusterId) -> Answer<Vec<Plan>> {
        let database = &self.core.database;
        let clusters = database.clusters();
        clusters.get(user.id, cluster).await.map_err(stored)?;
        let plans = database.plans();
        plans.expire(self.core.now()).await.map_err(stored)?;
        plans.list(user.id, cluster).await.map_err(stored)
    }

    async fn get(&self, user: &User, plan: PlanId) -> Answer<Plan> {
        self.core
            .database
            .plans()
            .expire(self.core.now())
            .await
            .map_err(stored)?;
        self.core
            .database
            .plans()
            .get(user.id, plan)
            .await
            .map_err(stored)
    }

    async fn propose(
        &self,
        user: &User,
        cluster: ClusterId,
        action: ClusterAction,
    ) -> Answer<Plan> {
        let core = &self.core;
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        propose(core, user.id, &connection, &action, PlanOrigin::Person).await
    }

    async fn approve(&self, user: &User, plan: PlanId, digest: &str) -> Answer<Plan> {
        // A task of its own, from the claim on: the plan is carried out to its end even when whoever approved it hangs up.
        let work = claim_and_carry_out(Arc::clone(&self.core), user.id, plan, digest.to_owned());
        self.core
            .tasks
            .spawn(request_id::scope(request_id::current(), work))
            .await
            .map_err(|_| OpsError::internal())?
    }

    async fn reject(&self, user: &User, plan: PlanId) -> Answer<Plan> {
        self.get(user, plan).await?;
        let plans = self.core.database.plans();
        let rejected = plans.reject(user.id, plan).await.map_err(stored);
        self.core
            .audit_end(user.id, ("plan.reject", &plan), "", &rejected)
            .await?;
        rejected
    }
}
