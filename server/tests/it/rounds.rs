//! Whole rounds of what runs in the background, against the demo cluster and by a given clock.

use std::time::Duration;

use domain::{
    account::User,
    autoscaling::{Decided, ScalingAction},
    cluster::ClusterMode,
    ids::ClusterId,
    plan::{Plan, PlanOrigin, PlanState},
    series::{Metric, Subject},
    time::{Seconds, Timestamp},
};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use server::{
    background::{collect, evaluate, housekeeping},
    services::SharedCore,
};
use store::{intents::Intent, intents::IntentOutcome, samples::Sample};

use crate::support::{Client, MovedClock, TestApp, demo};

const HOUR: Seconds = Seconds(3600);

/// A product whose demo cluster has one workload under predictive autoscaling.
struct Scaled {
    app: TestApp,
    clock: MovedClock,
    ada: Client,
    user: User,
    cluster: ClusterId,
}

impl Scaled {
    /// The storefront with `replicas`, then switched on within 2 and `max`.
    async fn start(mode: ClusterMode, replicas: u32, max: u32) -> Self {
        let clock = MovedClock::default();
        let app = TestApp::by(clock.clock(), |_| {}).await;
        let ada = app.token("ada").await;
        let user = app.user("ada").await;
        let cluster = demo(&ada).await;
        let scaled = Self {
            cluster: cluster.parse().unwrap(),
            app,
            clock,
            ada,
            user,
        };
        scaled.set_replicas(replicas).await;
        let wanted = json!({"deployment": "storefront", "namespace": "shop", "min_replicas": 2, "max_replicas": max});
        let path = format!("/api/v1/clusters/{cluster}/autoscaling/predictive");
        let started = scaled.ada.post(&path, &wanted).await.json();
        let job = started["job_id"].as_str().unwrap();
        let path = format!("/api/v1/jobs/{job}/events");
        let events = scaled.ada.events(&path, None).await;
        assert_eq!(events.last().unwrap().data["status"], "completed");
        scaled.set_mode(mode).await;
        scaled
    }

    fn core(&self) -> SharedCore {
        SharedCore::clone(&self.app.product.app.core)
    }

    async fn set_mode(&self, mode: ClusterMode) {
        let clusters = &self.app.product.app.ports.clusters;
        clusters
            .set_mode(&self.user, self.cluster, mode)
            .await
            .unwrap();
    }

    async fn storefront(&self) -> Deployment {
        let deployments: kube::Api<Deployment> =
            kube::Api::namespaced(self.app.kube().await, "shop");
        deployments.get("storefront").await.unwrap()
    }

    async fn replicas(&self) -> u32 {
        let spec = self.storefront().await.spec.unwrap();
        spec.replicas.unwrap().try_into().unwrap()
    }

    /// What somebody else does; returns when as many pods are there as can be.
    async fn set_replicas(&self, replicas: u32) {
        let deployments: kube::Api<Deployment> =
            kube::Api::namespaced(self.app.kube().await, "shop");
        let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
        deployments
            .patch("storefront", &PatchParams::default(), &patch)
            .await
            .unwrap();
        for _ in 0..100 {
            let status = deployments.get("storefront").await.unwrap().status.unwrap();
            if status.replicas == i32::try_from(replicas).ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the demo cluster does not follow");
    }

    async fn last_decision(&self) -> Decided {
        let policies = self.core().database.policies();
        let known = policies.list(self.user.id, self.cluster).await.unwrap();
        known[0].last_decision.clone().unwrap()
    }

    /// Scalings of rounds, which belong to no job and no plan.
    async fn scalings(&self) -> Vec<Intent> {
        let uid = self.storefront().await.metadata.uid.unwrap();
        let intents = self.core().database.intents();
        let all = intents
            .of_target(self.cluster, &uid, Timestamp(0))
            .await
            .unwrap();
        all.into_iter()
            .filter(|intent| intent.intent.job.is_none() && intent.intent.plan.is_none())
            .collect()
    }

    async fn plans(&self) -> Vec<Plan> {
        let plans = &self.app.product.app.ports.plans;
        plans.list(&self.user, self.cluster).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_in_mode_automatic_scales_within_the_bounds_and_leaves_its_traces() {
    let scaled = Scaled::start(ClusterMode::Automatic, 3, 4).await;
    scaled.set_replicas(2).await;
    evaluate::all(scaled.core()).await;
    let decided = scaled.last_decision().await;
    assert_eq!(decided.job, None);
    assert_eq!(
        decided.decision.action,
        ScalingAction::ScaleUp,
        "{decided:?}"
    );
    let replicas = scaled.replicas().await;
    assert_eq!(replicas, decided.decision.target_replicas.0);
    assert!((3..=4).contains(&replicas), "{replicas}");
    let scalings = scaled.scalings().await;
    assert_eq!(scalings.len(), 1);
    assert!(matches!(
        scalings[0].outcome,
        Some(IntentOutcome::Applied { .. })
    ));
    assert_eq!(scalings[0].intent.reason, decided.decision.reasoning);
    let audit = scaled.core().database.audit();
    let rows = audit.newest(scaled.user.id, 1).await.unwrap();
    assert_eq!(rows[0].entry.action, "cluster.write");
    assert_eq!(rows[0].entry.target, "shop/storefront");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_takes_nothing_away_soon_after_a_scaling() {
    let scaled = Scaled::start(ClusterMode::Automatic, 20, 30).await;
    let by_the_job = scaled.last_decision().await;
    assert_eq!(
        by_the_job.decision.action,
        ScalingAction::ScaleDown,
        "{by_the_job:?}"
    );
    scaled.set_replicas(20).await;
    evaluate::all(scaled.core()).await;
    let decided = scaled.last_decision().await;
    assert_eq!(decided.job, None);
    assert_eq!(
        decided.decision.action,
        ScalingAction::ScaleDown,
        "{decided:?}"
    );
    assert_eq!(scaled.replicas().await, 20);
    assert_eq!(scaled.scalings().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_does_nothing_while_metrics_are_stale() {
    let scaled = Scaled::start(ClusterMode::Automatic, 3, 10).await;
    scaled.set_replicas(2).await;
    scaled.clock.forward(HOUR);
    evaluate::all(scaled.core()).await;
    let decided = scaled.last_decision().await;
    assert_eq!(decided.job, None);
    assert_eq!(decided.decision.action, ScalingAction::Maintain);
    assert!(decided.decision.reasoning.contains("old"), "{decided:?}");
    assert_eq!(scaled.replicas().await, 2);
    assert_eq!(scaled.scalings().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_changes_and_plans_nothing_in_a_read_only_cluster() {
    let scaled = Scaled::start(ClusterMode::ReadOnly, 3, 10).await;
    scaled.set_replicas(2).await;
    evaluate::all(scaled.core()).await;
    let decided = scaled.last_decision().await;
    assert_eq!(decided.job, None);
    assert_eq!(
        decided.decision.action,
        ScalingAction::ScaleUp,
        "{decided:?}"
    );
    assert_eq!(scaled.replicas().await, 2);
    assert_eq!(
        (scaled.scalings().await.len(), scaled.plans().await.len()),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_files_one_plan_where_changes_are_approved() {
    let scaled = Scaled::start(ClusterMode::Approve, 3, 10).await;
    scaled.set_replicas(2).await;
    for _ in 0..2 {
        evaluate::all(scaled.core()).await;
    }
    assert_eq!(scaled.replicas().await, 2);
    assert_eq!(scaled.scalings().await.len(), 0);
    let [plan] = scaled.plans().await.try_into().unwrap();
    let PlanOrigin::Autoscaler { reasoning, .. } = &plan.origin else {
        panic!("{plan:?}");
    };
    assert!(reasoning.contains("CPU"), "{reasoning}");
    assert_eq!(plan.expires_at, plan.created_at + HOUR);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_no_longer_right_is_taken_back() {
    let scaled = Scaled::start(ClusterMode::Approve, 3, 10).await;
    let right = scaled.replicas().await;
    scaled.set_replicas(2).await;
    evaluate::all(scaled.core()).await;
    scaled.set_replicas(right).await;
    evaluate::all(scaled.core()).await;
    let [plan] = scaled.plans().await.try_into().unwrap();
    assert_eq!(plan.state, PlanState::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_measures_registered_clusters_and_not_the_one_that_keeps_its_own_past() {
    let app = TestApp::start().await;
    let ada = app.token("ada").await;
    let kubeconfig = std::fs::read_to_string(app.data_dir().join("demo.kubeconfig")).unwrap();
    let new = json!({"name": "staging", "kubeconfig": kubeconfig, "mode": "read-only"});
    let added = ada.post("/api/v1/clusters", &new).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let staging: ClusterId = added.json()["id"].as_str().unwrap().parse().unwrap();
    let own: ClusterId = demo(&ada).await.parse().unwrap();
    let core = SharedCore::clone(&app.product.app.core);
    collect::all(SharedCore::clone(&core)).await;
    let kept = async |cluster, subject: &Subject, metric| {
        let now = core.now();
        let samples = core.database.samples();
        let range = samples.range(cluster, subject, metric, now - HOUR, now + HOUR);
        range.await.unwrap()
    };
    let storefront = Subject::Workload(
        domain::resources::WorkloadRef::scalable(None, "shop", "storefront").unwrap(),
    );
    for (subject, metric) in [
        (&Subject::Cluster, Metric::Cpu),
        (&Subject::Cluster, Metric::Memory),
        (&Subject::Cluster, Metric::Pods),
        (&Subject::Cluster, Metric::Nodes),
        (&storefront, Metric::Cpu),
    ] {
        let samples = kept(staging, subject, metric).await;
        assert_eq!(samples.len(), 1, "{subject:?} {metric:?}");
        assert!(samples[0].1 > 0.0);
        assert_eq!(kept(own, subject, metric).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn housekeeping_forgets_what_is_past_its_time() {
    let scaled = Scaled::start(ClusterMode::Approve, 3, 10).await;
    let (core, user, cluster) = (scaled.core(), scaled.user.id, scaled.cluster);
    let old = core.now() - Seconds(15 * 86_400);
    let sample = |at| Sample {
        subject: Subject::Cluster,
        metric: Metric::Cpu,
        at,
        value: 1.0,
    };
    let (samples, policies) = (core.database.samples(), core.database.policies());
    samples
        .insert(cluster, &[sample(old), sample(core.now())])
        .await
        .unwrap();
    let newest = scaled.last_decision().await;
    let workload = policies.list(user, cluster).await.unwrap()[0]
        .workload
        .clone();
    let before = Decided {
        at: old,
        ..newest.clone()
    };
    policies
        .record(user, cluster, &workload, &before)
        .await
        .unwrap();
    let plans = &scaled.app.product.app.ports.plans;
    let restart = domain::plan::ClusterAction::Restart { workload };
    let plan = plans.propose(&scaled.user, cluster, restart).await.unwrap();
    scaled.clock.forward(HOUR);
    housekeeping::all(SharedCore::clone(&core)).await;
    let kept = samples.range(cluster, &Subject::Cluster, Metric::Cpu, old, core.now());
    assert_eq!(kept.await.unwrap().len(), 1);
    let plan = core.database.plans().get(user, plan.id).await.unwrap();
    assert_eq!(plan.state, PlanState::Expired);
    assert_eq!(scaled.last_decision().await, newest);
    assert_eq!(
        policies.prune_decisions(core.now()).await.unwrap(),
        0,
        "pruned already"
    );
}
