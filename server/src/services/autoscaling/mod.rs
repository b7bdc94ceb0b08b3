//! Predictive autoscaling: the fleet, one workload's outlook, switching on and off.

pub mod observe;
mod outlook;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    account::User,
    autoscaling::{CONFIG_ANNOTATION, ENABLED_ANNOTATION, FleetRow, WorkloadOutlook},
    cluster::{ClusterMode, WorkloadUsage},
    ids::{ClusterId, NamespaceScope},
    job::{Job, JobRequest},
    plan::ClusterAction,
    ports::{Answer, AutoscalingPort},
    resources::{Workload, WorkloadRef},
    units::ReplicaBounds,
};
use store::autoscaling::Policy;

use crate::jobs::Runner;

use super::{
    SharedCore,
    apply::{self, Act},
    connections::Connection,
    overview, plans, stored,
};

/// Unfinished jobs one user may have.
const JOBS_PER_USER: u64 = 20;

/// [`AutoscalingPort`] over the connections, the engines and the job runner.
pub struct Autoscaling {
    core: SharedCore,
    runner: Runner,
}

impl Autoscaling {
    /// Over `core`; jobs run in `runner`.
    #[must_use]
    pub fn new(core: SharedCore, runner: Runner) -> Self {
        Self { core, runner }
    }

    async fn rows(&self, user: &User, cluster: ClusterId) -> Answer<Vec<FleetRow>> {
        let core = &self.core;
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        let snapshot = connection.port.snapshot(core.now()).await?;
        let jobs = core
            .database
            .jobs()
            .list(user.id, cluster)
            .await
            .map_err(stored)?;
        let policies = core
            .database
            .policies()
            .list(user.id, cluster)
            .await
            .map_err(stored)?;
        Ok(overview::usage_of_workloads(&snapshot)
            .into_iter()
            .filter(|usage| usage.workload.reference.kind.is_scalable())
            .map(|usage| row(usage, connection.cluster.mode, &jobs, &policies))
            .collect())
    }
}

fn row(usage: WorkloadUsage, mode: ClusterMode, jobs: &[Job], policies: &[Policy]) -> FleetRow {
    let reference = &usage.workload.reference;
    let last_job = jobs.iter().find(|job| match &job.request {
        JobRequest::PredictiveAutoscaling { workload, .. } => workload == reference,
    });
    FleetRow {
        bounds: bounds_of(&usage.workload),
        hindrance: hindrance(mode, &usage),
        last_job: last_job.map(|job| job.id),
        last_decision: policies
            .iter()
            .find(|policy| &policy.workload == reference)
            .and_then(|policy| policy.last_decision.clone()),
        usage,
    }
}

/// Why [`AutoscalingPort::enable`] would refuse, as far as that is known beforehand.
fn hindrance(mode: ClusterMode, usage: &WorkloadUsage) -> Option<String> {
    let reference = &usage.workload.reference;
    if mode == ClusterMode::ReadOnly {
        return Some("this cluster is read-only here".to_owned());
    }
    if autoscale::is_system_namespace(reference.namespace.as_str()) {
        return Some("it belongs to the control plane".to_owned());
    }
    let owner = usage.owned_by.as_ref()?;
    Some(format!(
        "the HorizontalPodAutoscaler {owner} sets its replica count"
    ))
}

/// Bounds from the annotations in the cluster; `None` when predictive autoscaling is off or they cannot be read.
#[must_use]
pub fn bounds_of(workload: &Workload) -> Option<ReplicaBounds> {
    let enabled = workload.annotations.get(ENABLED_ANNOTATION)?;
    let config = workload.annotations.get(CONFIG_ANNOTATION)?;
    (enabled == "true")
        .then(|| serde_json::from_str(config).ok())
        .flatten()
}

/// What enabling writes on the workload, or (without bounds) what disabling takes away.
#[must_use]
pub fn annotations(bounds: Option<ReplicaBounds>) -> BTreeMap<String, Option<String>> {
    let config =
        bounds.map(|bounds| format!(r#"{{"min":{},"max":{}}}"#, bounds.min(), bounds.max()));
    BTreeMap::from([
        (
            ENABLED_ANNOTATION.to_owned(),
            bounds.map(|_| "true".to_owned()),
        ),
        (CONFIG_ANNOTATION.to_owned(), config),
    ])
}

/// Two autoscalers of one replica count would fight.
async fn refuse_owned(connection: &Connection, workload: &WorkloadRef) -> Answer<()> {
    let scope = NamespaceScope::One(workload.namespace.clone());
    let autoscalers = connection.port.autoscalers(&scope).await?;
    let Some(owner) = overview::owner_of(&autoscalers, workload) else {
        return Ok(());
    };
    Err(OpsError::new(
        ErrorCode::Conflict,
        format!("the HorizontalPodAutoscaler {owner} already sets the replica count of {workload}"),
    )
    .hint(format!(
        "Change its bounds instead, or delete it first: kubectl edit hpa {owner} -n {}",
        workload.namespace
    )))
}

/// From half of what runs (at least 2 where more than one runs) to ten, or twice what runs.
fn suggested_bounds(replicas: u32) -> ReplicaBounds {
    let min = if replicas <= 1 {
        1
    } else {
        (replicas / 2).max(2)
    };
    let max = (replicas.saturating_mul(2))
        .clamp(10, ReplicaBounds::CEILING)
        .max(min);
    ReplicaBounds::new(min.min(max), max).expect("1 <= min <= max <= ceiling by construction")
}

#[async_trait]
impl AutoscalingPort for Autoscaling {
    async fn fleet(&self, user: &User, cluster: ClusterId) -> Answer<Vec<FleetRow>> {
        self.rows(user, cluster).await
    }

    async fn outlook(
        &self,
        user: &User,
        cluster: ClusterId,
        workload: &WorkloadRef,
    ) -> Answer<WorkloadOutlook> {
        let core = &self.core;
        let rows = self.rows(user, cluster).await?;
        let row = rows
            .into_iter()
            .find(|row| &row.usage.workload.reference == workload)
            .ok_or_else(|| OpsError::not_found("workload that can be scaled"))?;
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        let outlooks = observe::outlooks(core, user.id, &connection, workload).await?;
        Ok(WorkloadOutlook {
            suggested_bounds: row
                .bounds
                .unwrap_or_else(|| suggested_bounds(row.usage.workload.replicas.0)),
            row,
            cpu: outlooks.cpu,
            memory: outlooks.memory,
        })
    }

    async fn enable(
        &self,
        user: &User,
        cluster: ClusterId,
        workload: WorkloadRef,
        bounds: ReplicaBounds,
    ) -> Answer<Job> {
        let words = format!("{} to {} replicas", bounds.min(), bounds.max());
        let begun = self.begin(user, cluster, &workload, bounds).await;
        self.core
            .audit_end(user.id, ("autoscaling.enable", &workload), words, &begun)
            .await?;
        begun
    }

    async fn disable(&self, user: &User, cluster: ClusterId, workload: WorkloadRef) -> Answer<()> {
        let ended = self.end(user, cluster, &workload).await;
        self.core
            .audit_end(user.id, ("autoscaling.disable", &workload), "", &ended)
            .await?;
        ended
    }
}

impl Autoscaling {
    /// Starts the job that decides for the first time.
    async fn begin(
        &self,
        user: &User,
        cluster: ClusterId,
        workload: &WorkloadRef,
        bounds: ReplicaBounds,
    ) -> Answer<Job> {
        let core = &self.core;
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        apply::refuse_read_only(&connection)?;
        if autoscale::is_system_namespace(workload.namespace.as_str()) {
            return Err(OpsError::new(
                ErrorCode::NotPermittedHere,
                format!("{workload} belongs to the control plane and is not autoscaled"),
            ));
        }
        connection.port.workload(workload).await?;
        refuse_owned(&connection, workload).await?;
        let request = JobRequest::PredictiveAutoscaling {
            cluster,
            workload: workload.clone(),
            bounds,
        };
        let job = core
            .database
            .jobs()
            .create(user.id, &request, JOBS_PER_USER, core.now())
            .await
            .map_err(stored)?;
        self.runner.start(job.id);
        Ok(job)
    }

    /// Takes the annotations away and forgets the policy.
    async fn end(&self, user: &User, cluster: ClusterId, workload: &WorkloadRef) -> Answer<()> {
        let core = &self.core;
        let connection = core
            .connections
            .open(&core.database, user.id, cluster)
            .await?;
        apply::refuse_read_only(&connection)?;
        let action = ClusterAction::Annotate {
            workload: workload.clone(),
            annotations: annotations(None),
        };
        let change = connection.port.prepare(&action).await?;
        let act = Act {
            user: user.id,
            connection: &connection,
            change: &change,
            job: None,
            plan: None,
            reason: "predictive autoscaling was switched off".to_owned(),
        };
        apply::apply(core, act).await?;
        plans::withdraw_proposals(core, (user.id, cluster, workload), None).await?;
        core.database
            .policies()
            .disable(user.id, cluster, workload)
            .await
            .map_err(stored)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_bounds_around_what_runs() {
        for (replicas, min, max) in [
            (0, 1, 10),
            (1, 1, 10),
            (3, 2, 10),
            (8, 4, 16),
            (900, 450, 1000),
        ] {
            let bounds = suggested_bounds(replicas);
            assert_eq!((bounds.min().0, bounds.max().0), (min, max), "{replicas}");
        }
    }

    #[test]
    fn writes_the_config_as_the_reference_document_does() {
        let annotations = annotations(Some(ReplicaBounds::new(2, 10).unwrap()));
        assert_eq!(
            annotations[CONFIG_ANNOTATION].as_deref(),
            Some(r#"{"min":2,"max":10}"#)
        );
        assert_eq!(annotations[ENABLED_ANNOTATION].as_deref(), Some("true"));
    }
}
