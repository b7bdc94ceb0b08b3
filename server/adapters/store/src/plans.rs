//! Plans: proposed, approved once, carried out once.

use domain::{
    ErrorCode, OpsError,
    ids::{ClusterId, PlanId, UserId},
    plan::{Plan, PlanState, PreparedChange},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};

use crate::{
    Database, Result, StoreError,
    clusters::owned,
    entity::plans,
    error::Doing,
    rows::{from_json, from_json_option, insert, to_json, to_json_option},
    vault::to_hex,
};

/// What an approval is bound to: SHA-256 over user, cluster, the whole prepared change (target UID,
/// before, after, diff) and expiry, in hexadecimal.
///
/// # Errors
/// [`StoreError::Decode`] when the change cannot be written as JSON.
pub fn digest(
    user: UserId,
    cluster: ClusterId,
    change: &PreparedChange,
    expires_at: Timestamp,
) -> Result<String> {
    let bound = to_json("prepared change", &(user, cluster, change, expires_at))?;
    let digest = Sha256::new_with_prefix(b"ai4k8s plan\n")
        .chain_update(bound.as_bytes())
        .finalize();
    Ok(to_hex(&digest))
}

/// Plans.
#[derive(Debug, Clone)]
pub struct Plans {
    database: Database,
}

impl Plans {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a plan.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when its cluster is not the user's.
    pub async fn insert(&self, user: UserId, plan: &Plan) -> Result<()> {
        let transaction = self.database.begin().await?;
        owned(&transaction, user, plan.cluster).await?;
        let row = row_of(user, plan)?;
        insert(&transaction, row).await.doing("store a plan")?;
        transaction.commit().await.doing("store a plan")
    }

    /// One plan of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, plan: PlanId) -> Result<Plan> {
        plan_from(find(self.database.reader(), user, plan).await?)
    }

    /// Plans for a cluster of the user's, newest first, at most 100.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<Plan>> {
        let rows = plans::Entity::find()
            .filter(plans::Column::UserId.eq(user.0))
            .filter(plans::Column::ClusterId.eq(cluster.0))
            .order_by_desc(plans::Column::CreatedAt)
            .order_by_asc(plans::Column::Id)
            .limit(100)
            .all(self.database.reader())
            .await
            .doing("list plans")?;
        rows.into_iter().map(plan_from).collect()
    }

    /// Those of the user's plans among `plans` that exist.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn among(&self, user: UserId, plans: &[PlanId]) -> Result<Vec<Plan>> {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        let rows = plans::Entity::find()
            .filter(plans::Column::UserId.eq(user.0))
            .filter(plans::Column::Id.is_in(plans.iter().map(|plan| plan.0)))
            .order_by_asc(plans::Column::CreatedAt)
            .all(self.database.reader())
            .await
            .doing("read plans")?;
        rows.into_iter().map(plan_from).collect()
    }

    /// Approves a plan and takes it for execution: of any number of callers exactly one gets it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] with `Conflict` for another digest or a plan
    /// already used, with `Expired` after its time.
    pub async fn claim_for_execution(
        &self,
        user: UserId,
        plan: PlanId,
        digest: &str,
        now: Timestamp,
    ) -> Result<Plan> {
        let transaction = self.database.begin().await?;
        let row = find(&transaction, user, plan).await?;
        refuse_used(&row)?;
        if row.digest != digest {
            return Err(StoreError::Refused(
                OpsError::new(
                    ErrorCode::Conflict,
                    "the approval is for another version of this plan",
                )
                .hint("Look at the plan again before you approve it."),
            ));
        }
        let is_late = row.expires_at <= now.0;
        let next = if is_late { "expired" } else { "executing" };
        let row = set_state(&transaction, row, state_change(next)).await?;
        transaction.commit().await.doing("claim a plan")?;
        if is_late {
            return Err(StoreError::Refused(expired()));
        }
        plan_from(row)
    }

    /// Notes how the execution ended: executed at `now`, or failed. Only an executing plan moves.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such plan being executed.
    pub async fn finish(
        &self,
        plan: PlanId,
        outcome: std::result::Result<(), OpsError>,
        now: Timestamp,
    ) -> Result<Plan> {
        let change = match &outcome {
            Ok(()) => state_change("executed"),
            Err(error) => plans::ActiveModel {
                error: Set(Some(to_json("plan error", error)?)),
                ..state_change("failed")
            },
        };
        let changed = plans::Entity::update_many()
            .set(plans::ActiveModel {
                state_at: Set(Some(now.0)),
                ..change
            })
            .filter(plans::Column::Id.eq(plan.0))
            .filter(plans::Column::State.eq("executing"))
            .exec_with_returning(self.database.writer())
            .await
            .doing("finish a plan")?;
        plan_from(changed.into_iter().next().ok_or_else(no_such_plan)?)
    }

    /// Turns a plan down.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] with `Conflict` for a plan already used.
    pub async fn reject(&self, user: UserId, plan: PlanId) -> Result<Plan> {
        let transaction = self.database.begin().await?;
        let row = find(&transaction, user, plan).await?;
        refuse_used(&row)?;
        let row = set_state(&transaction, row, state_change("rejected")).await?;
        transaction.commit().await.doing("reject a plan")?;
        plan_from(row)
    }

    /// Takes back a plan that nobody has decided on yet: it expires now.
    ///
    /// # Errors
    /// Faults of the database only; a plan that was decided on meanwhile stays as it is.
    pub async fn withdraw(&self, plan: PlanId) -> Result<()> {
        plans::Entity::update_many()
            .set(state_change("expired"))
            .filter(plans::Column::Id.eq(plan.0))
            .filter(plans::Column::State.eq("proposed"))
            .exec(self.database.writer())
            .await
            .doing("withdraw a plan")?;
        Ok(())
    }

    /// Marks proposed plans past their time as expired; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn expire(&self, now: Timestamp) -> Result<u64> {
        let expired = plans::Entity::update_many()
            .set(state_change("expired"))
            .filter(plans::Column::State.eq("proposed"))
            .filter(plans::Column::ExpiresAt.lte(now.0))
            .exec(self.database.writer())
            .await
            .doing("expire plans")?;
        Ok(expired.rows_affected)
    }

    /// Plans being executed, with their owners: after a crash, those to look up in the cluster.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn executing(&self) -> Result<Vec<(UserId, Plan)>> {
        let rows = plans::Entity::find()
            .filter(plans::Column::State.eq("executing"))
            .order_by_asc(plans::Column::CreatedAt)
            .all(self.database.reader())
            .await
            .doing("read plans")?;
        rows.into_iter()
            .map(|row| Ok((UserId(row.user_id), plan_from(row)?)))
            .collect()
    }
}

fn no_such_plan() -> StoreError {
    StoreError::NotFound { thing: "plan" }
}

fn expired() -> OpsError {
    OpsError::new(ErrorCode::Expired, "the plan has expired").hint("Ask for it again.")
}

/// Only a proposed plan can still be decided on.
fn refuse_used(row: &plans::Model) -> Result<()> {
    let refusal = match row.state.as_str() {
        "proposed" => return Ok(()),
        "expired" => expired(),
        "executing" => OpsError::new(ErrorCode::Conflict, "the plan is being carried out"),
        "rejected" => OpsError::new(ErrorCode::Conflict, "the plan was turned down"),
        _ => OpsError::new(ErrorCode::Conflict, "the plan was already carried out"),
    };
    Err(StoreError::Refused(refusal))
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    plan: PlanId,
) -> Result<plans::Model> {
    let mine = Condition::all()
        .add(plans::Column::Id.eq(plan.0))
        .add(plans::Column::UserId.eq(user.0));
    plans::Entity::find()
        .filter(mine)
        .one(connection)
        .await
        .doing("read a plan")?
        .ok_or_else(no_such_plan)
}

fn state_change(state: &str) -> plans::ActiveModel {
    plans::ActiveModel {
        state: Set(state.to_owned()),
        ..Default::default()
    }
}

/// Moves a plan on from the state it was read in.
async fn set_state<C: ConnectionTrait>(
    connection: &C,
    row: plans::Model,
    change: plans::ActiveModel,
) -> Result<plans::Model> {
    let changed = plans::Entity::update_many()
        .set(change)
        .filter(plans::Column::Id.eq(row.id))
        .filter(plans::Column::State.eq(row.state))
        .exec_with_returning(connection)
        .await
        .doing("decide on a plan")?;
    changed.into_iter().next().ok_or_else(no_such_plan)
}

fn row_of(user: UserId, plan: &Plan) -> Result<plans::Model> {
    let (state, state_at, error) = match &plan.state {
        PlanState::Proposed => ("proposed", None, None),
        PlanState::Executing => ("executing", None, None),
        PlanState::Executed { at } => ("executed", Some(at.0), None),
        PlanState::Failed { error } => ("failed", None, Some(error)),
        PlanState::Rejected => ("rejected", None, None),
        PlanState::Expired => ("expired", None, None),
    };
    Ok(plans::Model {
        id: plan.id.0,
        user_id: user.0,
        cluster_id: plan.cluster.0,
        origin: to_json("plan origin", &plan.origin)?,
        change: to_json("prepared change", &plan.change)?,
        digest: plan.digest.clone(),
        state: state.to_owned(),
        state_at,
        error: to_json_option("plan error", error)?,
        created_at: plan.created_at.0,
        expires_at: plan.expires_at.0,
    })
}

fn plan_from(row: plans::Model) -> Result<Plan> {
    Ok(Plan {
        id: PlanId(row.id),
        cluster: ClusterId(row.cluster_id),
        origin: from_json("plan origin", &row.origin)?,
        change: from_json("prepared change", &row.change)?,
        state: state_from(&row)?,
        digest: row.digest,
        created_at: Timestamp(row.created_at),
        expires_at: Timestamp(row.expires_at),
    })
}

fn state_from(row: &plans::Model) -> Result<PlanState> {
    let damaged = StoreError::OutOfRange { what: "plan state" };
    match (row.state.as_str(), row.state_at) {
        ("proposed", _) => Ok(PlanState::Proposed),
        ("executing", _) => Ok(PlanState::Executing),
        ("executed", Some(at)) => Ok(PlanState::Executed { at: Timestamp(at) }),
        ("failed", _) => from_json_option("plan error", row.error.as_deref())?
            .map(|error| PlanState::Failed { error })
            .ok_or(damaged),
        ("rejected", _) => Ok(PlanState::Rejected),
        ("expired", _) => Ok(PlanState::Expired),
        _ => Err(damaged),
    }
}

#[cfg(test)]
mod tests;
