//! Autoscaling policies: which workloads are looked after, within which bounds, and what was decided.

use std::collections::{BTreeSet, HashMap};

use domain::{
    autoscaling::Decided,
    ids::{ClusterId, JobId, UserId},
    resources::WorkloadRef,
    time::{Seconds, Timestamp},
    units::ReplicaBounds,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, Select,
    sea_query::{Expr, OnConflict, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Database, Result, StoreError,
    clusters::owned,
    entity::{autoscaling_policies, decisions},
    error::Doing,
    ids::random_uuid,
    rows::{from_json, insert, ranged, to_json, workload_from_key, workload_key},
};

/// How long decisions are kept: as long as the measurements they rest on.
pub const DECISIONS_KEPT_FOR: Seconds = crate::samples::RETENTION;
/// So many decisions about a workload are kept at most: three and a half days of one every five minutes.
pub const DECISIONS_KEPT: u32 = 1_000;

/// Name of a decision's place among those about its workload.
const RANK: &str = "place";

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
    pub last_decision: Option<Decided>,
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
        let mut newest = self.newest_decisions([cluster.0].into()).await?;
        let newest = newest.remove(&(stored.cluster_id, stored.workload.clone()));
        policy_from(stored, newest)
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
        decision: &Decided,
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

    /// Deletes decisions older than [`DECISIONS_KEPT_FOR`], and of each workload all but the newest
    /// [`DECISIONS_KEPT`]; how many.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn prune_decisions(&self, now: Timestamp) -> Result<u64> {
        let old = decisions::Column::At.lt((now - DECISIONS_KEPT_FOR).0);
        let many = decisions::Column::Id.in_subquery(beyond(DECISIONS_KEPT));
        let gone = decisions::Entity::delete_many()
            .filter(old.or(many))
            .exec(self.database.writer())
            .await
            .doing("delete old decisions")?;
        Ok(gone.rows_affected)
    }

    async fn find(&self, wanted: Select<autoscaling_policies::Entity>) -> Result<Vec<Policy>> {
        let rows = wanted
            .order_by_asc(autoscaling_policies::Column::ClusterId)
            .order_by_asc(autoscaling_policies::Column::Workload)
            .all(self.database.reader())
            .await
            .doing("read policies")?;
        let clusters: BTreeSet<Uuid> = rows.iter().map(|row| row.cluster_id).collect();
        let mut newest = self.newest_decisions(clusters).await?;
        rows.into_iter()
            .map(|row| {
                let newest = newest.remove(&(row.cluster_id, row.workload.clone()));
                policy_from(row, newest)
            })
            .collect()
    }

    /// The newest decision about each workload in some clusters, in one query.
    async fn newest_decisions(
        &self,
        clusters: BTreeSet<Uuid>,
    ) -> Result<HashMap<(Uuid, String), Decided>> {
        let key = [
            decisions::Column::ClusterId,
            decisions::Column::Workload,
            decisions::Column::At,
        ];
        let rows = decisions::Entity::find()
            .filter(Expr::tuple(key.map(Expr::col)).in_subquery(newest_of(clusters)))
            // Of two at the same time the one with the greater id, as everywhere.
            .order_by_asc(decisions::Column::Id)
            .all(self.database.reader())
            .await
            .doing("read decisions")?;
        rows.into_iter()
            .map(|row| Ok(((row.cluster_id, row.workload.clone()), decided_from(row)?)))
            .collect()
    }
}

/// Cluster, workload and time of the newest decision about each workload.
fn newest_of(clusters: BTreeSet<Uuid>) -> SelectStatement {
    let workload = [decisions::Column::ClusterId, decisions::Column::Workload];
    Query::select()
        .columns(workload)
        .expr(Expr::col(decisions::Column::At).max())
        .from(decisions::Entity)
        .and_where(decisions::Column::ClusterId.is_in(clusters))
        .group_by_columns(workload)
        .to_owned()
}

/// Ids of the decisions about each workload that are older than its newest `kept`.
fn beyond(kept: u32) -> SelectStatement {
    let rank = Expr::cust(
        "ROW_NUMBER() OVER (PARTITION BY cluster_id, workload ORDER BY at DESC, id DESC)",
    );
    let ranked = Query::select()
        .column(decisions::Column::Id)
        .expr_as(rank, RANK)
        .from(decisions::Entity)
        .to_owned();
    Query::select()
        .column(decisions::Column::Id)
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col(RANK).gt(kept))
        .to_owned()
}

fn policy_from(row: autoscaling_policies::Model, newest: Option<Decided>) -> Result<Policy> {
    Ok(Policy {
        owner: UserId(row.user_id),
        cluster: ClusterId(row.cluster_id),
        workload: workload_from_key(&row.workload)?,
        bounds: bounds_from(&row)?,
        mode: PolicyMode::from_word(&row.mode)?,
        enabled_at: Timestamp(row.enabled_at),
        last_decision: newest,
    })
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

fn decided_from(row: decisions::Model) -> Result<Decided> {
    Ok(Decided {
        decision: from_json("decision", &row.decision)?,
        job: row.job_id.map(JobId),
        at: Timestamp(row.at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{NOW, decision, fixture, workload};

    fn terms(max: u32, mode: PolicyMode) -> PolicyTerms {
        PolicyTerms {
            workload: workload("storefront"),
            bounds: ReplicaBounds::new(2, max).unwrap(),
            mode,
        }
    }

    fn made(replicas: u32, after: i64) -> Decided {
        Decided {
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
    async fn shows_its_newest_decision_and_keeps_it_when_switched_off() {
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
        let again = policies.enable(ada, cluster, &terms, NOW).await.unwrap();
        assert_eq!(again.last_decision, Some(made(6, 2)), "past decisions stay");
    }

    #[tokio::test]
    async fn forgets_decisions_that_are_too_old() {
        let fixture = fixture().await;
        let policies = fixture.database.policies();
        let workload = workload("storefront");
        for after in [0, 1] {
            policies
                .record(fixture.ada, fixture.cluster, &workload, &made(4, after))
                .await
                .unwrap();
        }
        let a_fortnight_later = NOW + DECISIONS_KEPT_FOR + Seconds(1);
        let gone = policies.prune_decisions(a_fortnight_later).await.unwrap();
        assert_eq!(gone, 1);
        assert_eq!(kept(&fixture.database).await, [made(4, 1).at]);
    }

    #[tokio::test]
    async fn keeps_the_newest_decisions_of_each_workload() {
        let fixture = fixture().await;
        let database = &fixture.database;
        for name in ["storefront", "cart"] {
            for after in [1, 3, 2] {
                let workload = workload(name);
                database
                    .policies()
                    .record(fixture.ada, fixture.cluster, &workload, &made(4, after))
                    .await
                    .unwrap();
            }
        }
        decisions::Entity::delete_many()
            .filter(decisions::Column::Id.in_subquery(beyond(2)))
            .exec(database.writer())
            .await
            .unwrap();
        let two = [made(4, 2).at, made(4, 3).at];
        assert_eq!(kept(database).await, [two[0], two[0], two[1], two[1]]);
    }

    async fn kept(database: &Database) -> Vec<Timestamp> {
        let rows = decisions::Entity::find()
            .order_by_asc(decisions::Column::At)
            .all(database.reader())
            .await
            .unwrap();
        rows.into_iter().map(|row| Timestamp(row.at)).collect()
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
