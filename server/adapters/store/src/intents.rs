//! Intents: what is about to be written to a cluster, committed before the request leaves, and what
//! came of it. After a crash they say which writes have to be looked up in the cluster.

use domain::{
    OpsError,
    ids::{ClusterId, JobId, PlanId, UserId},
    plan::PreparedChange,
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    sea_query::SimpleExpr,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Database, Result, StoreError,
    clusters::owned,
    entity::intents,
    error::Doing,
    ids::random_uuid,
    rows::{from_json, from_json_option, insert, to_json},
};

/// A write about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// For whom.
    pub user: UserId,
    /// To which cluster.
    pub cluster: ClusterId,
    /// The job it belongs to, if any.
    pub job: Option<JobId>,
    /// The plan it carries out, if any.
    pub plan: Option<PlanId>,
    /// The change as prepared: target UID, fields before and after.
    pub change: PreparedChange,
    /// resourceVersion (or generation) the write is bound to by compare-and-swap.
    pub observed_version: String,
    /// What is replaced: `3`.
    pub from: String,
    /// By what: `8`.
    pub to: String,
    /// Why.
    pub reason: String,
    /// After this it must not be sent any more.
    pub deadline: Timestamp,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum IntentOutcome {
    /// The cluster took it.
    Applied {
        /// The target's resourceVersion afterwards.
        resource_version: String,
    },
    /// Somebody else changed the target first; nothing was written.
    Superseded,
    /// The cluster refused it, or it was never sent.
    Failed {
        /// Why.
        error: OpsError,
    },
}

/// An intent as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The action's id; unique for ever.
    pub action: Uuid,
    /// What was about to be sent.
    pub intent: NewIntent,
    /// When it was filed.
    pub created_at: Timestamp,
    /// What came of it; `None` while that is unknown.
    pub outcome: Option<IntentOutcome>,
}

/// Intents and their outcomes.
#[derive(Debug, Clone)]
pub struct Intents {
    database: Database,
}

impl Intents {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Files an intent. When this returns it is on disk; only then send the write.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn file(&self, intent: NewIntent, now: Timestamp) -> Result<Intent> {
        let transaction = self.database.begin().await?;
        owned(&transaction, intent.user, intent.cluster).await?;
        let action = random_uuid()?;
        let row = row_of(action, &intent, now)?;
        insert(&transaction, row).await.doing("file an intent")?;
        transaction.commit().await.doing("file an intent")?;
        Ok(Intent {
            action,
            intent,
            created_at: now,
            outcome: None,
        })
    }

    /// Notes what came of a write. `false` when that was noted before; the first note stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn settle(
        &self,
        action: Uuid,
        outcome: &IntentOutcome,
        now: Timestamp,
    ) -> Result<bool> {
        let change = intents::ActiveModel {
            outcome: Set(Some(to_json("intent outcome", outcome)?)),
            settled_at: Set(Some(now.0)),
            ..Default::default()
        };
        let settled = intents::Entity::update_many()
            .set(change)
            .filter(intents::Column::ActionId.eq(action))
            .filter(intents::Column::Outcome.is_null())
            .exec(self.database.writer())
            .await
            .doing("settle an intent")?;
        if settled.rows_affected == 1 {
            return Ok(true);
        }
        let known = self.find(intents::Column::ActionId.eq(action)).await?;
        if known.is_empty() {
            return Err(StoreError::NotFound { thing: "intent" });
        }
        Ok(false)
    }

    /// Intents whose outcome is unknown, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn unsettled(&self) -> Result<Vec<Intent>> {
        self.find(intents::Column::Outcome.is_null()).await
    }

    /// Intents of a job, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn of_job(&self, job: JobId) -> Result<Vec<Intent>> {
        self.find(intents::Column::JobId.eq(job.0)).await
    }

    /// Intents of a plan, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn of_plan(&self, plan: PlanId) -> Result<Vec<Intent>> {
        self.find(intents::Column::PlanId.eq(plan.0)).await
    }

    /// Intents to change the object with a UID in a cluster, filed at or after `since`, oldest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn of_target(
        &self,
        cluster: ClusterId,
        uid: &str,
        since: Timestamp,
    ) -> Result<Vec<Intent>> {
        let lately = intents::Column::CreatedAt.gte(since.0);
        let target = intents::Column::ClusterId
            .eq(cluster.0)
            .and(intents::Column::TargetUid.eq(uid));
        self.find(target.and(lately)).await
    }

    async fn find(&self, which: SimpleExpr) -> Result<Vec<Intent>> {
        let rows = intents::Entity::find()
            .filter(which)
            .order_by_asc(intents::Column::CreatedAt)
            .order_by_asc(intents::Column::ActionId)
            .all(self.database.reader())
            .await
            .doing("read intents")?;
        rows.into_iter().map(intent_from).collect()
    }
}

fn row_of(action: Uuid, intent: &NewIntent, now: Timestamp) -> Result<intents::Model> {
    Ok(intents::Model {
        action_id: action,
        user_id: intent.user.0,
        cluster_id: intent.cluster.0,
        job_id: intent.job.map(|job| job.0),
        plan_id: intent.plan.map(|plan| plan.0),
        target_uid: intent.change.target_uid.clone(),
        change: to_json("prepared change", &intent.change)?,
        observed_version: intent.observed_version.clone(),
        from_value: intent.from.clone(),
        to_value: intent.to.clone(),
        reason: intent.reason.clone(),
        deadline: intent.deadline.0,
        created_at: now.0,
        outcome: None,
        settled_at: None,
    })
}

fn intent_from(row: intents::Model) -> Result<Intent> {
    Ok(Intent {
        action: row.action_id,
        created_at: Timestamp(row.created_at),
        outcome: from_json_option("intent outcome", row.outcome.as_deref())?,
        intent: NewIntent {
            user: UserId(row.user_id),
            cluster: ClusterId(row.cluster_id),
            job: row.job_id.map(JobId),
            plan: row.plan_id.map(PlanId),
            change: from_json("prepared change", &row.change)?,
            observed_version: row.observed_version,
            from: row.from_value,
            to: row.to_value,
            reason: row.reason,
            deadline: Timestamp(row.deadline),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Fixture, NOW, change, fixture};

    fn intent(fixture: &Fixture) -> NewIntent {
        NewIntent {
            user: fixture.ada,
            cluster: fixture.cluster,
            job: Some(JobId(random_uuid().unwrap())),
            plan: None,
            change: change(8),
            observed_version: "4711".to_owned(),
            from: "3".to_owned(),
            to: "8".to_owned(),
            reason: "the evening peak".to_owned(),
            deadline: Timestamp(NOW.0 + 30_000),
        }
    }

    fn applied(version: &str) -> IntentOutcome {
        IntentOutcome::Applied {
            resource_version: version.to_owned(),
        }
    }

    #[tokio::test]
    async fn stays_unsettled_across_a_restart_until_its_outcome_is_noted() {
        let fixture = fixture().await;
        let filed = fixture
            .database
            .intents()
            .file(intent(&fixture), NOW)
            .await
            .unwrap();
        let fixture = fixture.reopened().await;
        let intents = fixture.database.intents();
        assert_eq!(
            intents.unsettled().await.unwrap(),
            std::slice::from_ref(&filed)
        );
        assert!(
            intents
                .settle(filed.action, &applied("4712"), NOW)
                .await
                .unwrap()
        );
        assert!(intents.unsettled().await.unwrap().is_empty());
        let job = filed.intent.job.unwrap();
        let kept = intents.of_job(job).await.unwrap();
        assert_eq!(kept[0].outcome, Some(applied("4712")));
    }

    #[tokio::test]
    async fn keeps_its_first_outcome() {
        let fixture = fixture().await;
        let intents = fixture.database.intents();
        let action = intents.file(intent(&fixture), NOW).await.unwrap().action;
        let (one, two) = (applied("1"), IntentOutcome::Superseded);
        assert!(intents.settle(action, &one, NOW).await.unwrap());
        assert!(!intents.settle(action, &two, NOW).await.unwrap());
        let unknown = intents.settle(random_uuid().unwrap(), &one, NOW).await;
        assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    }

    #[tokio::test]
    async fn cannot_be_filed_against_somebody_elses_cluster() {
        let fixture = fixture().await;
        let foreign = NewIntent {
            user: fixture.bob,
            ..intent(&fixture)
        };
        let filed = fixture.database.intents().file(foreign, NOW).await;
        assert!(matches!(filed, Err(StoreError::NotFound { .. })));
    }
}
