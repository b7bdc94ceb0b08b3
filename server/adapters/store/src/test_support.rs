//! A database in a temporary folder with two people, each with a cluster.

use std::collections::BTreeMap;

use domain::{
    autoscaling::{DecidedBy, ScalingAction, ScalingDecision, ScalingTiming, ScalingType},
    cluster::ClusterMode,
    ids::{ClusterId, ObjectName, PlanId, UserId},
    job::JobRequest,
    plan::{ClusterAction, Plan, PlanOrigin, PlanState, PreparedChange},
    resources::{WorkloadKind, WorkloadRef},
    time::{Seconds, Timestamp},
    units::{ReplicaBounds, Replicas},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tempfile::TempDir;

use crate::{
    Database, DatabaseOptions,
    clusters::{ClusterAccess, NewCluster},
    entity::users,
    plans, random_uuid,
    rows::insert,
};

/// When everything happens.
pub(crate) const NOW: Timestamp = Timestamp(1_764_000_000_000);

pub(crate) struct Fixture {
    pub(crate) database: Database,
    pub(crate) ada: UserId,
    pub(crate) bob: UserId,
    /// Ada's.
    pub(crate) cluster: ClusterId,
    /// Bob's.
    pub(crate) other_cluster: ClusterId,
    folder: TempDir,
}

pub(crate) async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let database = open(&folder).await;
    let (ada, bob) = (user(&database, "ada").await, user(&database, "bob").await);
    let clusters = database.clusters();
    let cluster = clusters
        .add(ada, &new_cluster("prod"), NOW)
        .await
        .unwrap()
        .id;
    let other_cluster = clusters
        .add(bob, &new_cluster("prod"), NOW)
        .await
        .unwrap()
        .id;
    Fixture {
        database,
        ada,
        bob,
        cluster,
        other_cluster,
        folder,
    }
}

impl Fixture {
    /// The same data after a restart.
    pub(crate) async fn reopened(self) -> Self {
        self.database.close().await.unwrap();
        Self {
            database: open(&self.folder).await,
            ..self
        }
    }

    /// Changes rows behind the store's back.
    pub(crate) async fn tamper(&self, sql: &str) {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        self.database.writer().execute_raw(statement).await.unwrap();
    }
}

async fn open(folder: &TempDir) -> Database {
    let options = DatabaseOptions {
        url: None,
        data_dir: folder.path().to_owned(),
    };
    Database::open(&options).await.unwrap()
}

/// An account without the work of hashing a password.
async fn user(database: &Database, name: &str) -> UserId {
    let id = random_uuid().unwrap();
    let row = users::Model {
        id,
        name: name.to_owned(),
        name_key: name.to_owned(),
        password_hash: "none".to_owned(),
        is_admin: false,
        session_epoch: 0,
        created_at: NOW.0,
    };
    insert(database.writer(), row).await.unwrap();
    UserId(id)
}

pub(crate) fn access(credentials: &str) -> ClusterAccess {
    ClusterAccess {
        server: "https://10.0.0.1:6443".to_owned(),
        fingerprint: credentials.chars().take(8).collect(),
        credentials: credentials.to_owned().into(),
    }
}

pub(crate) fn new_cluster(name: &str) -> NewCluster {
    NewCluster {
        name: name.to_owned(),
        mode: ClusterMode::Approve,
        access: access("a token"),
    }
}

pub(crate) fn workload(name: &str) -> WorkloadRef {
    WorkloadRef {
        kind: WorkloadKind::Deployment,
        namespace: ObjectName::new("shop").unwrap(),
        name: ObjectName::new(name).unwrap(),
    }
}

pub(crate) fn job_request(cluster: ClusterId, name: &str) -> JobRequest {
    JobRequest::PredictiveAutoscaling {
        cluster,
        workload: workload(name),
        bounds: ReplicaBounds::new(1, 5).unwrap(),
    }
}

pub(crate) fn change(replicas: u32) -> PreparedChange {
    let action = |replicas| ClusterAction::Scale {
        workload: workload("storefront"),
        replicas: Replicas(replicas),
    };
    let spec = |value: &str| BTreeMap::from([("spec.replicas".to_owned(), value.to_owned())]);
    PreparedChange {
        action: action(replicas),
        target_uid: "c0ffee".to_owned(),
        target_generation: 4,
        before: spec("3"),
        after: spec(&replicas.to_string()),
        diff: "-  replicas: 3".to_owned(),
        warnings: Vec::new(),
        undo: Some(action(3)),
    }
}

/// A proposed plan that lives for ten minutes.
pub(crate) fn plan(user: UserId, cluster: ClusterId, replicas: u32) -> Plan {
    let expires_at = NOW + Seconds(600);
    Plan {
        id: PlanId(random_uuid().unwrap()),
        cluster,
        origin: PlanOrigin::Person,
        digest: plans::digest(user, cluster, &change(replicas), expires_at).unwrap(),
        change: change(replicas),
        state: PlanState::Proposed,
        created_at: NOW,
        expires_at,
    }
}

pub(crate) fn decision(replicas: u32) -> ScalingDecision {
    ScalingDecision {
        action: ScalingAction::ScaleUp,
        scaling_type: ScalingType::Hpa,
        target_replicas: Replicas(replicas),
        target_cpu: None,
        target_memory: None,
        confidence: 0.8,
        reasoning: "the peak needs more".to_owned(),
        risk_assessment: "low".to_owned(),
        cost_impact: "2 replicas more".to_owned(),
        performance_impact: "shorter queues".to_owned(),
        recommended_timing: ScalingTiming::Immediate,
        factors_considered: vec!["cpu".to_owned()],
        decided_by: DecidedBy::Optimiser,
    }
}
