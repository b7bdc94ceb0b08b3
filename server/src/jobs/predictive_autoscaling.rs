//! Switching predictive autoscaling on for one workload: measure, forecast, decide, annotate, scale.
//!
//! Phases and percentages are those of the reference document. Enabling is the approval of this one run within its
//! bounds. After a restart the job runs again from the start, except that a scaling which was already sent is
//! looked up in the cluster and never sent twice.

use std::cmp::Ordering;

use autoscale::Observation;
use domain::{
    ErrorCode, OpsError,
    autoscaling::{Decided, PredictiveOutcome, ScalingAction, ScalingDecision},
    forecast::Outlook,
    ids::{ClusterId, JobId, UserId},
    job::JobResult,
    plan::ClusterAction,
    ports::Answer,
    resources::{Availability, WorkloadRef},
    units::{ReplicaBounds, Replicas},
};
use store::{
    autoscaling::{PolicyMode, PolicyTerms},
    intents::{Intent, IntentOutcome},
};

use crate::services::{
    SharedCore,
    apply::{self, Act},
    autoscaling::{annotations, observe},
    connections::Connection,
    stored,
};

use super::{Progress, Stop};

/// Another writer may get in between so many times before we give way.
const TRIES: usize = 3;

/// One run of the job.
pub(super) struct Run<'a> {
    pub core: &'a SharedCore,
    pub owner: UserId,
    pub job: JobId,
    pub cluster: ClusterId,
    pub workload: WorkloadRef,
    pub bounds: ReplicaBounds,
}

impl Run<'_> {
    /// The closing message and the outcome.
    pub(super) async fn to_its_end(
        &self,
        progress: &Progress,
    ) -> Result<(String, JobResult), Stop> {
        progress
            .step(10, "initializing: collecting current metrics")
            .await?;
        let already = self.already_applied().await?;
        let connection = self
            .core
            .connections
            .open(&self.core.database, self.owner, self.cluster)
            .await?;
        apply::refuse_read_only(&connection)?;
        let observation = self.observe(&connection, progress).await?;
        progress.step(70, "analysing patterns and trends").await?;
        let decision = autoscale::decide(&observation, None);
        progress.step(90, decided(&decision)).await?;
        progress.step(95, "applying").await?;
        self.annotate(&connection).await?;
        let (from, decision) = match already {
            // The cluster already carries the scaling of this very job: what is decided now is the next one's business.
            Some(applied) => (applied.from, applied.into_decision(decision)),
            None => self.scale(&connection, observation, decision).await?,
        };
        self.remember(&decision).await?;
        let outcome = PredictiveOutcome {
            workload: self.workload.clone(),
            from,
            to: decision.target_replicas,
            scaled: from != decision.target_replicas,
            bounds: self.bounds,
            decision,
        };
        Ok((ended(&outcome), JobResult::PredictiveAutoscaling(outcome)))
    }

    /// Metrics (30 %), then the forecast (40 to 60 %).
    async fn observe(
        &self,
        connection: &Connection,
        progress: &Progress,
    ) -> Result<Observation, Stop> {
        let observation =
            observe::observe_now(self.core, connection, &self.workload, self.bounds).await?;
        progress.step(30, collected(&observation)).await?;
        progress.step(40, "generating 6-hour forecast").await?;
        let outlooks = observe::outlooks(self.core, self.owner, connection, &self.workload).await?;
        progress.step(60, forecast_words(&outlooks.cpu)).await?;
        Ok(observe::with_forecast(observation, outlooks))
    }

    /// The scaling, when an earlier life of this job has made it already. Intents left open are settled by reading the
    /// target.
    async fn already_applied(&self) -> Answer<Option<Applied>> {
        let intents = self.core.database.intents();
        for intent in intents.of_job(self.job).await.map_err(stored)? {
            let ClusterAction::Scale { replicas, .. } = intent.intent.change.action else {
                continue;
            };
            let outcome = match &intent.outcome {
                Some(outcome) => outcome.clone(),
                None => apply::settle_open(self.core, &intent).await?,
            };
            if matches!(outcome, IntentOutcome::Applied { .. }) {
                return Ok(Some(Applied {
                    from: replicas_before(&intent).unwrap_or(replicas),
                    to: replicas,
                    reasoning: intent.intent.reason,
                }));
            }
        }
        Ok(None)
    }

    async fn annotate(&self, connection: &Connection) -> Answer<()> {
        let action = ClusterAction::Annotate {
            workload: self.workload.clone(),
            annotations: annotations(Some(self.bounds)),
        };
        self.apply(
            connection,
            &action,
            "predictive autoscaling was switched on",
        )
        .await
    }

    /// Replicas before, and the decision carried out. Scales by compare-and-swap; when another writer got in between, looks again and decides anew.
    async fn scale(
        &self,
        connection: &Connection,
        mut observation: Observation,
        mut decision: ScalingDecision,
    ) -> Answer<(Replicas, ScalingDecision)> {
        for _ in 0..TRIES {
            if decision.target_replicas == observation.replicas {
                return Ok((observation.replicas, decision));
            }
            let action = ClusterAction::Scale {
                workload: self.workload.clone(),
                replicas: decision.target_replicas,
            };
            match self.apply(connection, &action, &decision.reasoning).await {
                Err(error) if error.code == ErrorCode::Conflict => {
                    let fresh =
                        observe::observe_now(self.core, connection, &self.workload, self.bounds)
                            .await?;
                    observation = Observation {
                        cpu_forecast: observation.cpu_forecast,
                        memory_forecast: observation.memory_forecast,
                        ..fresh
                    };
                    decision = autoscale::decide(&observation, None);
                }
                applied => return applied.map(|()| (observation.replicas, decision)),
            }
        }
        Err(OpsError::new(
            ErrorCode::Conflict,
            format!("something else keeps changing {}", self.workload),
        )
        .hint("Find out who else scales it before switching predictive autoscaling on."))
    }

    async fn apply(
        &self,
        connection: &Connection,
        action: &ClusterAction,
        reason: &str,
    ) -> Answer<()> {
        let change = connection.port.prepare(action).await?;
        if change.before == change.after {
            return Ok(());
        }
        let act = Act {
            user: self.owner,
            connection,
            change: &change,
            job: Some(self.job),
            plan: None,
            reason: reason.to_owned(),
        };
        apply::apply(self.core, act).await.map(drop)
    }

    /// Keeps the policy and what was decided.
    async fn remember(&self, decision: &ScalingDecision) -> Answer<()> {
        let terms = PolicyTerms {
            workload: self.workload.clone(),
            bounds: self.bounds,
            // Capped by the cluster's mode: only in a cluster in mode automatic do later rounds act alone.
            mode: PolicyMode::Automatic,
        };
        let kept = Decided {
            decision: decision.clone(),
            job: Some(self.job),
            at: self.core.now(),
        };
        let policies = self.core.database.policies();
        policies
            .enable(self.owner, self.cluster, &terms, self.core.now())
            .await
            .map_err(stored)?;
        policies
            .record(self.owner, self.cluster, &self.workload, &kept)
            .await
            .map_err(stored)
    }
}

fn replicas_before(intent: &Intent) -> Option<Replicas> {
    let before = intent.intent.change.before.get("spec.replicas")?;
    before.parse().ok().map(Replicas)
}

/// A scaling that an earlier life of a job made.
struct Applied {
    from: Replicas,
    to: Replicas,
    reasoning: String,
}

impl Applied {
    /// What was decided then, as far as the intent kept it; the rest is what is decided now.
    fn into_decision(self, decision: ScalingDecision) -> ScalingDecision {
        let action = match self.to.cmp(&self.from) {
            Ordering::Greater => ScalingAction::ScaleUp,
            Ordering::Less => ScalingAction::ScaleDown,
            Ordering::Equal => ScalingAction::Maintain,
        };
        ScalingDecision {
            action,
            target_replicas: self.to,
            reasoning: self.reasoning,
            ..decision
        }
    }
}

fn collected(observation: &Observation) -> String {
    match &observation.usage {
        Some(usage) => format!(
            "metrics collected: {} pods use {} CPU and {}",
            usage.measured_pods, usage.cpu, usage.memory
        ),
        None => "metrics collected: none of its pods could be measured".to_owned(),
    }
}

fn forecast_words(cpu: &Outlook) -> String {
    match &cpu.forecast {
        Availability::Available(forecast) => format!(
            "forecast generated: CPU {} by {}",
            forecast.trend.direction.as_str(),
            forecast.method.label()
        ),
        Availability::Unavailable(why) => format!("no forecast: {why}"),
    }
}

fn decided(decision: &ScalingDecision) -> String {
    match decision.action {
        ScalingAction::ScaleUp | ScalingAction::ScaleDown => {
            format!(
                "decision made: {} to {} replicas",
                decision.action, decision.target_replicas
            )
        }
        ScalingAction::Maintain | ScalingAction::AtMax => {
            format!(
                "decision made: {} at {} replicas",
                decision.action, decision.target_replicas
            )
        }
    }
}

fn ended(outcome: &PredictiveOutcome) -> String {
    let workload = &outcome.workload;
    if outcome.scaled {
        format!(
            "predictive autoscaling enabled for {workload}: scaled to {} replicas (from {})",
            outcome.to, outcome.from
        )
    } else {
        format!(
            "predictive autoscaling enabled for {workload}: {} replicas stay",
            outcome.to
        )
    }
}
