//! Autoscaling policies: which workloads are looked after, within which bounds, and what was decided.

use domain::{
    autoscaling::ScalingDecision,
    ids::{ClusterId, JobId, UserId},
    resources::WorkloadRef,
    time::Timestamp,
    units::ReplicaBounds,
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};

use crate::{
    Database, Result, StoreError,
    clusters::owned,
    entity::{autoscaling_policies, decisions},
    error::Doing,
    ids::random_uuid,
    rows::{from_json, insert, ranged, to_json, workload_from_key, workload_key},
};

/// How far a policy goes by itself; capped by the cluster's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyMode {
    /// It only writes down what it would do.
    Shadow,
    /// It files plans.
    #[default]
    Suggest,
    /// It acts.
    Automatic,
}

impl PolicyMode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Suggest => "suggest",
            Self::Automatic => "automatic",
        }
    }

    fn from_word(word: &str) -> Result<Self> {
        [Self::Shadow, Self::Suggest, Self::Automatic]
            .into_iter()
            .find(|mode| mode.as_str() == word)
            .ok_or(StoreError::OutOfRange {
                what: "policy mode",
            })
    }
}

/// A workload that is looked after.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Whose.
    pub owner: UserId,
    /// In which cluster.
    pub cluster: ClusterId,
    /// The workload.
    pub workload: WorkloadRef,
    /// Within these replicas.
    pub bounds: ReplicaBounds,
    /// How far it goes.
    pub mode: PolicyMode,
    /// Since when.
    pub enabled_at: Timestamp,
    /// The newest decision.
    pub last_decision: Option<Decision>,
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What and why.
    pub decision: ScalingDecision,
    /// By which job.
    pub job: Option<JobId>,
    /// When.
    pub at: Timestamp,
}

/// Autoscaling policies and decisions.
#[derive(Debug, Clone)]
pub struct Policies {
    database: Database,
}

impl Policies {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Switches a workload of the user's on, or changes its bounds and mode.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn enable(
        &self,
        user: UserId,
        cluster: ClusterId,
        policy: &PolicyTerms,
        now: Timestamp,
    ) -> Result<Policy> {
        let transaction = self.database.begin().await?;
        owned(&transaction, user, cluster).await?;
        let row = autoscaling_policies::Model {
            cluster_id: cluster.0,
            workload: workload_key(&policy.workload),
            user_id: user.0,
            min_replicas: i64::from(policy.bounds.min().0),
            max_replicas: i64::from(policy.bounds.max().0),
            mode: policy.mode.as_str().to_owned(),
            enabled_at: now.0,
        };
        let stored = autoscaling_policies::Entity::insert(row.into_active_model())
            .on_conflict(keep_enabled_at())
            .exec_with_returning(&transaction)
            .await
            .doing("enable a policy")?;
        transaction.commit().await.doing("enable a policy")?;
        self.policy_from(stored).await
    }

    /// Switches a workload of the user's off; past decisions stay. `false` when it was off.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn disable(
        &self,
        user: UserId,
        cluster: ClusterId,
        workload: &WorkloadRef,
    ) -> Result<bool> {
        let gone = autoscaling_policies::Entity::delete_many()
            .filter(autoscaling_policies::Column::UserId.eq(user.0))
            .filter(autoscaling_policies::Column::ClusterId.eq(cluster.0))
            .filter(autoscaling_policies::Column::Workload.eq(workload_key(workload)))
            .exec(self.database.writer())
            .await
            .doing("disable a policy")?;
        Ok(gone.rows_affected > 0)
    }

    /// Policies in a cluster of the user's, by workload.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<Policy>> {
        let wanted = autoscaling_policies::Entity::find()
            .filter(autoscaling_policies::Column::UserId.eq(user.0))
            .filter(autoscaling_policies::Column::ClusterId.eq(cluster.0));
        self.find(wanted).await
    }

    /// Everybody's policies, for the background loop.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn everyones(&self) -> Result<Vec<Policy>> {
        self.find(autoscaling_policies::Entity::find()).await
    }

    /// Writes a decision down.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn record(
        &self,
        user: UserId,
        cluster: ClusterId,
        workload: &WorkloadRef,
        decision: &Decision,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        owned(&transaction, user, cluster).await?;
        let row = decisions::Model {
            id: random_uuid()?,
            user_id: user.0,
            cluster_id: cluster.0,
            workload: workload_key(workload),
            decision: to_json("decision", &decision.decision)?,
            job_id: decision.job.map(|job| job.0),
            at: decision.at.0,
        };
        insert(&transaction, row).await.doing("record a decision")?;
        transaction.commit().await.doing("record a decision")
    }

    /// Decisions about a workload of the user's, newest first, at most `limit`.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn decisions(
        &self,
        user: UserId,
        cluster: ClusterId,
        workload: &WorkloadRef,
        limit: u64,
    ) -> Result<Vec<Decision>> {
        let rows = decisions::Entity::find()
            .filter(decisions::Column::UserId.eq(user.0))
            .filter(decisions::Column::ClusterId.eq(cluster.0))
            .filter(decisions::Column::Workload.eq(workload_key(workload)))
            .order_by_desc(decisions::Column::At)
            .order_by_asc(decisions::Column::Id)
            .limit(limit)
            .all(self.database.reader())
            .await
            .doing("read decisions")?;
        rows.into_iter().map(decision_from).collect()
    }

    async fn find(&self, wanted: Select<autoscaling_policies::Entity>) -> Result<Vec<Policy>> {
        let rows = wanted
            .order_by_asc(autoscaling_policies::Column::ClusterId)
            .order_by_asc(autoscaling_policies::Column::Workload)
            .all(self.database.reader())
            .await
            .doing("read policies")?;
        let mut policies = Vec::with_capacity(rows.len());
        for row in rows {
            policies.push(self.policy_from(row).await?);
        }
        Ok(policies)
    }

    async fn policy_from(&self, row: autoscaling_policies::Model) -> Result<Policy> {
        let (owner, cluster) = (UserId(row.user_id), ClusterId(row.cluster_id));
        let workload = workload_from_key(&row.workload)?;
        let newest = self.decisions(owner, cluster, &workload, 1).await?;
        Ok(Policy {
            owner,
            cluster,
            workload,
            bounds: bounds_from(&row)?,
            mode: PolicyMode::from_word(&row.mode)?,
            enabled_at: Timestamp(row.enabled_at),
            last_decision: newest.into_iter().next(),
        })
    }
}

/// What is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTerms {
    /// For which workload.
    pub workload: WorkloadRef,
    /// Within these replicas.
    pub bounds: ReplicaBounds,
    /// How far it goes by itself.
    pub mode: PolicyMode,
}

/// Switching on again changes the terms, not since when.
fn keep_enabled_at() -> OnConflict {
    let key = [
        autoscaling_policies::Column::ClusterId,
        autoscaling_policies::Column::Workload,
    ];
    let terms = [
        autoscaling_policies::Column::MinReplicas,
        autoscaling_policies::Column::MaxReplicas,
        autoscaling_policies::Column::Mode,
    ];
    OnConflict::columns(key).update_columns(terms).to_owned()
}

fn bounds_from(row: &autoscaling_policies::Model) -> Result<ReplicaBounds> {
    let (min, max) = (
        ranged("replica bound", row.min_replicas)?,
        ranged("replica bound", row.max_replicas)?,
    );
    ReplicaBounds::new(min, max).map_err(|_| StoreError::OutOfRange {
        what: "replica bound",
    })
}

fn decision_from(row: decisions::Model) -> Result<Decision> {
    Ok(Decision {
        decision: from_json("decision", &row.decision)?,
        job: row.job_id.map(JobId),
        at: Timestamp(row.at),
    })
}

#[cfg(test)]
mod tests {
    use domain::time::Seconds;

    use super::*;
    use crate::test_support::{NOW, decision, fixture, workload};

    fn terms(max: u32, mode: PolicyMode) -> PolicyTerms {
        PolicyTerms {
            workload: workload("storefront"),
            bounds: ReplicaBounds::new(2, max).unwrap(),
            mode,
        }
    }

    fn made(replicas: u32, after: i64) -> Decision {
        Decision {
            decision: decision(replicas),
            job: None,
            at: NOW + Seconds(after),
        }
    }

    #[tokio::test]
    async fn changes_terms_but_not_since_when() {
        let fixture = fixture().await;
        let (policies, ada, cluster) = (fixture.database.policies(), fixture.ada, fixture.cluster);
        let first = terms(5, PolicyMode::Suggest);
        policies.enable(ada, cluster, &first, NOW).await.unwrap();
        let second = terms(9, PolicyMode::Automatic);
        let policy = policies
            .enable(ada, cluster, &second, NOW + Seconds(5))
            .await
            .unwrap();
        assert_eq!((policy.bounds, policy.mode), (second.bounds, second.mode));
        assert_eq!(policy.enabled_at, NOW);
        assert_eq!(policies.list(ada, cluster).await.unwrap(), [policy]);
    }

    #[tokio::test]
    async fn shows_its_newest_decision_and_keeps_the_others() {
        let fixture = fixture().await;
        let (policies, ada, cluster) = (fixture.database.policies(), fixture.ada, fixture.cluster);
        let terms = terms(9, PolicyMode::Shadow);
        policies.enable(ada, cluster, &terms, NOW).await.unwrap();
        for decision in [made(4, 1), made(6, 2)] {
            policies
                .record(ada, cluster, &terms.workload, &decision)
                .await
                .unwrap();
        }
        let everyones = policies.everyones().await.unwrap();
        assert_eq!(everyones[0].last_decision, Some(made(6, 2)));
        assert!(
            policies
                .disable(ada, cluster, &terms.workload)
                .await
                .unwrap()
        );
        assert!(
            !policies
                .disable(ada, cluster, &terms.workload)
                .await
                .unwrap()
        );
        let kept = policies
            .decisions(ada, cluster, &terms.workload, 10)
            .await
            .unwrap();
        assert_eq!(kept, [made(6, 2), made(4, 1)]);
    }

    #[tokio::test]
    async fn is_hidden_from_everybody_else() {
        let fixture = fixture().await;
        let (policies, bob, cluster) = (fixture.database.policies(), fixture.bob, fixture.cluster);
        let terms = terms(9, PolicyMode::Shadow);
        policies
            .enable(fixture.ada, cluster, &terms, NOW)
            .await
            .unwrap();
        let missing = |error: StoreError| matches!(error, StoreError::NotFound { .. });
        assert!(missing(
            policies
                .enable(bob, cluster, &terms, NOW)
                .await
                .unwrap_err()
        ));
        let recorded = policies
            .record(bob, cluster, &terms.workload, &made(4, 1))
            .await;
        assert!(missing(recorded.unwrap_err()));
        assert!(
            !policies
                .disable(bob, cluster, &terms.workload)
                .await
                .unwrap()
        );
        assert!(policies.list(bob, cluster).await.unwrap().is_empty());
        assert_eq!(policies.everyones().await.unwrap().len(), 1);
    }
}
