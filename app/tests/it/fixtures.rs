//! One small cluster with something of everything.

use std::collections::BTreeMap;

use domain::{
    ErrorCode, OpsError,
    account::{Scope, User},
    autoscaling::{
        DecidedBy, FleetRow, PredictiveOutcome, ScalingAction, ScalingDecision, ScalingTiming,
        ScalingType, WorkloadOutlook,
    },
    chat::{
        Block, ClusterPage, Conversation, ConversationSummary, Message, ProcessingMethod,
        Provenance, Speaker,
    },
    cluster::{
        Attention, Cluster, ClusterMode, ConnectionState, Overview, PodCounts, Severity,
        Utilisation, WorkloadUsage,
    },
    forecast::{Forecast, ForecastMethod, Interval, Outlook, Trend, TrendDirection},
    ids::{ClusterId, ConversationId, ObjectName},
    job::{Job, JobEvent, JobRequest, JobResult, JobStatus},
    plan::{ClusterAction, Plan, PlanOrigin, PlanState, PreparedChange},
    resources::{Availability, Event, Workload, WorkloadKind, WorkloadRef},
    series::Series,
    time::{Seconds, Timestamp},
    units::{Bytes, ConfidenceLevel, MilliCores, ReplicaBounds, Replicas},
};

/// The cluster every page is about.
pub(crate) const CLUSTER: &str = "00000000-0000-4000-8000-00000000c001";
/// A cluster that does not answer.
pub(crate) const BROKEN: &str = "00000000-0000-4000-8000-00000000c002";
/// A conversation with every kind of block.
pub(crate) const CONVERSATION: &str = "00000000-0000-4000-8000-00000000a001";
/// A conversation whose last question has no answer yet.
pub(crate) const UNANSWERED: &str = "00000000-0000-4000-8000-00000000a002";
/// A plan that waits.
pub(crate) const PLAN: &str = "00000000-0000-4000-8000-00000000b001";
/// A plan that was carried out.
pub(crate) const DONE_PLAN: &str = "00000000-0000-4000-8000-00000000b002";
/// A job that runs.
pub(crate) const JOB: &str = "00000000-0000-4000-8000-00000000d001";
/// A job that is done.
pub(crate) const DONE_JOB: &str = "00000000-0000-4000-8000-00000000d002";

/// The time of all fixtures: now, because pages show ages.
pub(crate) fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp(since.as_millis() as i64)
}

fn id<T: std::str::FromStr<Err = OpsError>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn user() -> User {
    User {
        id: id("00000000-0000-4000-8000-0000000000f1"),
        name: "ada".to_owned(),
        is_admin: true,
        scopes: Scope::ALL.into(),
    }
}

pub(crate) fn cluster() -> Cluster {
    Cluster {
        id: id(CLUSTER),
        name: "demo".to_owned(),
        server: "https://127.0.0.1:6443".to_owned(),
        mode: ClusterMode::Approve,
        is_demo: true,
        fingerprint: "9f86d081".to_owned(),
        connection: ConnectionState::Connected {
            version: "v1.33.2".to_owned(),
        },
        checked_at: Some(now() - Seconds(40)),
        created_at: now() - Seconds(86_400),
    }
}

pub(crate) fn broken_cluster() -> Cluster {
    Cluster {
        id: id(BROKEN),
        name: "staging".to_owned(),
        server: "https://staging.example:6443".to_owned(),
        mode: ClusterMode::ReadOnly,
        is_demo: false,
        connection: ConnectionState::Failed {
            error: OpsError::new(
                ErrorCode::ClusterUnreachable,
                "the API server at staging.example:6443 did not answer within 5 s",
            )
            .hint("Check that it runs and that this machine can reach it."),
        },
        ..cluster()
    }
}

pub(crate) fn reference(namespace: &str, name: &str) -> WorkloadRef {
    WorkloadRef {
        kind: WorkloadKind::Deployment,
        namespace: ObjectName::new(namespace).unwrap(),
        name: ObjectName::new(name).unwrap(),
    }
}

pub(crate) fn usage(namespace: &str, name: &str, cpu: f64, memory: f64) -> WorkloadUsage {
    WorkloadUsage {
        workload: Workload {
            reference: reference(namespace, name),
            uid: "u-1".to_owned(),
            resource_version: "7".to_owned(),
            replicas: Replicas(3),
            ready_replicas: Replicas(if name == "ledger" { 2 } else { 3 }),
            updated_replicas: Replicas(3),
            cpu_request: Some(MilliCores(250)),
            memory_request: Some(Bytes(256 << 20)),
            memory_limit: Some(Bytes(512 << 20)),
            images: vec!["registry.example/shop/storefront:2.4.1".to_owned()],
            selector: BTreeMap::new(),
            annotations: BTreeMap::new(),
            paused: false,
            created_at: now() - Seconds(864_000),
        },
        cpu: Some(MilliCores(cpu as u64 * 7)),
        memory: Some(Bytes((memory * 7e6) as u64)),
        cpu_percent_of_request: Some(cpu),
        memory_percent_of_request: Some(memory),
        predictive: name == "search",
        owned_by: (name == "cart").then(|| "cart".to_owned()),
    }
}

/// A day of measurements with a daily rhythm and a gap.
fn day(base: f64, swing: f64) -> Series {
    let step = Seconds(300);
    let start = Timestamp::from_seconds((now().seconds() / 300 - 287) * 300);
    let values = (0..288)
        .map(|i| {
            let phase = f64::from(i) / 288.0 * std::f64::consts::TAU;
            let noise = f64::from((i * 7919) % 13) / 13.0 - 0.5;
            (!(100..110).contains(&i)).then(|| base + swing * phase.sin() + noise * swing * 0.1)
        })
        .collect();
    Series {
        start,
        step,
        values,
    }
}

pub(crate) fn overview() -> Overview {
    Overview {
        cluster: cluster(),
        taken_at: now(),
        stale: None,
        nodes_ready: 3,
        nodes_total: 3,
        pods: PodCounts {
            total: 42,
            running: 39,
            pending: 1,
            succeeded: 0,
            failing: 2,
        },
        cpu: Availability::Available(Utilisation {
            used: MilliCores(7_800),
            allocatable: MilliCores(12_000),
            percent: 65.0,
        }),
        memory: Availability::Available(Utilisation {
            used: Bytes(23 << 30),
            allocatable: Bytes(48 << 30),
            percent: 47.9,
        }),
        measured_at: Some(now() - Seconds(40)),
        cpu_history: Availability::Available(day(6.2, 2.6)),
        memory_history: Availability::Available(day(21.0, 2.0)),
        attention: vec![
            attention(
                Severity::Critical,
                "payments/ledger",
                "restarts: OOMKilled 6× in 1 h",
            ),
            attention(Severity::Warning, "batch/report", "pending 14 min"),
        ],
        workloads: vec![
            usage("shop", "storefront", 78.0, 41.0),
            usage("payments", "ledger", 22.0, 97.0),
            usage("shop", "search", 55.0, 63.0),
        ],
        warnings: vec![warning()],
    }
}

fn attention(severity: Severity, subject: &str, summary: &str) -> Attention {
    Attention {
        severity,
        subject: subject.to_owned(),
        summary: summary.to_owned(),
        detail: "memory grows 38 MiB/h, limit 512 MiB".to_owned(),
        question: format!("Why does {subject} restart?"),
    }
}

fn warning() -> Event {
    Event {
        namespace: "payments".to_owned(),
        kind: "Warning".to_owned(),
        reason: "BackOff".to_owned(),
        object_kind: "Pod".to_owned(),
        object_name: "ledger-7d9f8b6c5-x2x4q".to_owned(),
        message: "Back-off restarting failed container <script>alert(1)</script>".to_owned(),
        count: 6,
        last_seen: now() - Seconds(120),
    }
}

fn expected(base: f64) -> Forecast {
    let steps = 72;
    let mean: Vec<f64> = (0..steps).map(|i| base + f64::from(i) * 0.02).collect();
    let band = |level: f64, spread: f64| Interval {
        level: ConfidenceLevel::new(level).unwrap(),
        lower: mean
            .iter()
            .enumerate()
            .map(|(i, m)| m - spread * (1.0 + i as f64 / 20.0))
            .collect(),
        upper: mean
            .iter()
            .enumerate()
            .map(|(i, m)| m + spread * (1.0 + i as f64 / 20.0))
            .collect(),
    };
    Forecast {
        method: ForecastMethod::LinearTrendDailySeason,
        start: Timestamp::from_seconds((now().seconds() / 300 + 1) * 300),
        step: Seconds(300),
        intervals: vec![band(0.5, 0.1), band(0.8, 0.2), band(0.95, 0.3)],
        mean: mean.clone(),
        trend: Trend {
            direction: TrendDirection::Increasing,
            slope_per_hour: 0.24,
        },
        history: Seconds(14 * 86_400),
    }
}

pub(crate) fn fleet_row(name: &str) -> FleetRow {
    FleetRow {
        usage: usage("shop", name, 78.0, 41.0),
        bounds: (name == "search").then(|| ReplicaBounds::new(2, 8).unwrap()),
        hindrance: (name == "cart")
            .then(|| "the HorizontalPodAutoscaler cart sets its replica count".to_owned()),
        last_job: (name == "search").then(|| id(DONE_JOB)),
        last_decision: None,
    }
}

pub(crate) fn outlook(name: &str) -> WorkloadOutlook {
    WorkloadOutlook {
        row: fleet_row(name),
        cpu: Outlook {
            unit: "cores".to_owned(),
            history: day(1.4, 0.5),
            forecast: Availability::Available(expected(1.4)),
        },
        memory: Outlook {
            unit: "GiB".to_owned(),
            history: day(0.6, 0.1),
            forecast: Availability::Unavailable(
                "there is less than an hour of measurements".to_owned(),
            ),
        },
        suggested_bounds: ReplicaBounds::new(2, 10).unwrap(),
    }
}

pub(crate) fn plan(text: &str, state: PlanState) -> Plan {
    let scale = |replicas| ClusterAction::Scale {
        workload: reference("shop", "storefront"),
        replicas: Replicas(replicas),
    };
    Plan {
        id: id(text),
        cluster: id(CLUSTER),
        origin: PlanOrigin::Person,
        change: PreparedChange {
            action: scale(8),
            target_uid: "5c1d".to_owned(),
            target_generation: 4,
            before: [("spec.replicas".to_owned(), "3".to_owned())].into(),
            after: [("spec.replicas".to_owned(), "8".to_owned())].into(),
            diff: "--- live\n+++ dry run\n@@ -8,3 +8,3 @@\n spec:\n-  replicas: 3\n+  replicas: 8\n   selector:\n".to_owned(),
            warnings: vec!["The cluster has room for 6 more pods of this size.".to_owned()],
            undo: Some(scale(3)),
        },
        digest: "ab".repeat(32),
        state,
        created_at: now() - Seconds(60),
        expires_at: now() + Seconds(840),
    }
}

pub(crate) fn summary(conversation: &str) -> ConversationSummary {
    ConversationSummary {
        id: id(conversation),
        cluster: id(CLUSTER),
        title: "Show me pods with high CPU usage".to_owned(),
        updated_at: now() - Seconds(30),
    }
}

fn message(number: u8, speaker: Speaker, text: &str, blocks: Vec<Block>) -> Message {
    let answered = speaker == Speaker::Assistant;
    Message {
        id: id(&format!("00000000-0000-4000-8000-0000000001{number:02}")),
        speaker,
        text: text.to_owned(),
        blocks,
        provenance: answered.then(|| Provenance {
            method: ProcessingMethod::BuiltIn,
            provider: None,
            model: None,
            tools: vec!["pods_top".to_owned()],
            tokens: None,
            duration_ms: 120,
            success: true,
        }),
        error: None,
        at: now() - Seconds(30),
    }
}

fn blocks() -> Vec<Block> {
    let text = |text: &str| text.to_owned();
    vec![
        Block::Text {
            text: text("Two of 42 pods use more than 80 % of their CPU request."),
        },
        Block::Finding {
            severity: Severity::Critical,
            subject: text("shop/storefront-7d9f"),
            text: text("uses 312m of 250m requested"),
        },
        Block::Finding {
            severity: Severity::Ok,
            subject: String::new(),
            text: text("All other pods are below 80 %."),
        },
        Block::Table {
            columns: vec![text("NAMESPACE"), text("NAME"), text("CPU(cores)")],
            rows: vec![vec![text("shop"), text("storefront-7d9f"), text("312m")]],
        },
        Block::Output {
            command: text("kubectl get nodes"),
            text: text("NAME     STATUS   AGE\nnode-1   Ready    14d"),
        },
        Block::Recommendation {
            text: text("Give storefront more replicas."),
            command: text("kubectl scale deploy/storefront -n shop --replicas=8"),
        },
        Block::Choice {
            question: text("Which one do you mean?"),
            options: vec![(text("shop/storefront"), text("scale shop/storefront to 8"))],
        },
        Block::Plan { plan: id(PLAN) },
        Block::Page {
            text: text("Choose its bounds and see its forecast"),
            page: ClusterPage::Autoscaling,
        },
    ]
}

pub(crate) fn conversation(asked: ConversationId) -> Conversation {
    let question = message(
        1,
        Speaker::User,
        "Show me pods with high CPU usage",
        Vec::new(),
    );
    let mut messages = vec![question];
    if asked == id(CONVERSATION) {
        messages.push(message(2, Speaker::Assistant, "Two of 42 pods …", blocks()));
    }
    Conversation {
        summary: summary(&asked.to_string()),
        messages,
        plans: vec![plan(PLAN, PlanState::Proposed)],
    }
}

fn decision() -> ScalingDecision {
    ScalingDecision {
        action: ScalingAction::ScaleUp,
        scaling_type: ScalingType::Hpa,
        target_replicas: Replicas(5),
        target_cpu: None,
        target_memory: None,
        confidence: 0.82,
        reasoning: "CPU is expected to reach 1.9 cores by 21:00, 152 % of the requests of 3 pods"
            .to_owned(),
        risk_assessment: "low: the change is within the bounds and can be undone".to_owned(),
        cost_impact: "2 replicas more, 0.5 cores requested".to_owned(),
        performance_impact: "CPU per pod falls to 78 % of its request".to_owned(),
        recommended_timing: ScalingTiming::Immediate,
        factors_considered: vec!["CPU forecast".to_owned(), "memory".to_owned()],
        decided_by: DecidedBy::Optimiser,
    }
}

pub(crate) fn job(text: &str) -> Job {
    let is_done = text == DONE_JOB;
    let bounds = ReplicaBounds::new(2, 10).unwrap();
    let workload = reference("shop", "storefront");
    Job {
        id: id(text),
        request: JobRequest::PredictiveAutoscaling {
            cluster: id::<ClusterId>(CLUSTER),
            workload: workload.clone(),
            bounds,
        },
        status: if is_done {
            JobStatus::Completed
        } else {
            JobStatus::Processing
        },
        progress: if is_done { 100 } else { 40 },
        message: if is_done {
            "done"
        } else {
            "generating 6-hour forecast"
        }
        .to_owned(),
        result: is_done.then(|| {
            JobResult::PredictiveAutoscaling(PredictiveOutcome {
                workload,
                from: Replicas(3),
                to: Replicas(5),
                scaled: true,
                bounds,
                decision: decision(),
            })
        }),
        error: None,
        created_at: now() - Seconds(30),
        updated_at: now() - Seconds(2),
    }
}

pub(crate) fn job_events() -> Vec<JobEvent> {
    [
        (10, "collecting metrics"),
        (30, "metrics collected"),
        (40, "generating 6-hour forecast"),
    ]
    .into_iter()
    .zip(1..)
    .map(|((progress, message), sequence)| JobEvent {
        sequence,
        progress,
        message: message.to_owned(),
        status: JobStatus::Processing,
        at: now() - Seconds(10),
        result: None,
        error: None,
    })
    .collect()
}
