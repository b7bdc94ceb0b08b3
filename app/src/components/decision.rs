//! The card that ends an autoscaling job: from, to, how sure, why.

use domain::{
    autoscaling::{DecidedBy, PredictiveOutcome, ScalingDecision, ScalingTiming, ScalingType},
    ids::ClusterId,
};
use leptos::prelude::*;

use crate::components::{
    plan_card::target,
    text::sentence,
    usage::{cores, memory, percent},
    workloads::workload_path,
};

/// What was decided and what became of it.
#[component]
pub fn Outcome(cluster: ClusterId, outcome: PredictiveOutcome) -> impl IntoView {
    let PredictiveOutcome {
        workload,
        from,
        to,
        scaled,
        bounds,
        decision,
    } = outcome;
    let headline = if scaled {
        format!("Scaled from {from} to {to} replicas")
    } else {
        format!("Left at {from} replicas")
    };
    view! {
        <section class="card result" aria-label="Result">
            <div class="head">
                <h2>{headline}</h2>
                <span class="end">
                    <a class="btn" href=workload_path(cluster, &workload)>
                        "Open " {workload.name.to_string()}
                    </a>
                </span>
            </div>
            <p>{sentence(&decision.reasoning)}</p>
            <dl class="facts">
                <Fact label="Workload" value=target(&workload) />
                <Fact label="Decision" value=decision.action.to_string() />
                <Fact
                    label="Bounds"
                    value=format!("{} to {} replicas", bounds.min(), bounds.max())
                />
                {facts(decision)}
            </dl>
        </section>
    }
    .into_any()
}

fn facts(decision: ScalingDecision) -> AnyView {
    let requests = [
        decision.target_cpu.map(|cpu| format!("{} CPU", cores(cpu))),
        decision
            .target_memory
            .map(|bytes| format!("{} memory", memory(bytes))),
    ];
    let requests: Vec<_> = requests.into_iter().flatten().collect();
    view! {
        <Fact label="Confidence" value=percent(decision.confidence * 100.0) />
        <Fact label="Decided by" value=decided_by(&decision.decided_by) />
        <Fact label="Dial" value=dial(decision.scaling_type) />
        <Fact label="Timing" value=timing(decision.scaling_type, decision.recommended_timing) />
        {(!requests.is_empty())
            .then(|| view! { <Fact label="Requests per pod" value=requests.join(", ") /> })}
        <Fact label="Risk" value=decision.risk_assessment />
        <Fact label="Cost" value=decision.cost_impact />
        <Fact label="Performance" value=decision.performance_impact />
        <Fact label="Looked at" value=decision.factors_considered.join(" · ") />
    }
    .into_any()
}

/// A name and a value, left out when there is nothing to say.
#[component]
pub fn Fact(label: &'static str, #[prop(into)] value: String) -> impl IntoView {
    (!value.is_empty()).then(|| {
        view! {
            <div>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
    })
}

fn decided_by(who: &DecidedBy) -> String {
    match who {
        DecidedBy::Guard => "a guard: there was no choice".to_owned(),
        DecidedBy::Optimiser => "the built-in optimiser".to_owned(),
        DecidedBy::Provider(name) => format!("the language model {name}"),
        DecidedBy::Validator => "the validator, against the advice".to_owned(),
    }
}

const fn dial(dial: ScalingType) -> &'static str {
    match dial {
        ScalingType::Hpa => "replicas",
        ScalingType::Vpa => "requests",
        ScalingType::Both => "replicas and requests",
        ScalingType::Maintain => "none",
    }
}

/// When it is done; nothing where nothing is.
const fn timing(dial: ScalingType, timing: ScalingTiming) -> &'static str {
    match timing {
        _ if matches!(dial, ScalingType::Maintain) => "",
        ScalingTiming::Immediate => "at once",
        ScalingTiming::Gradual => "in steps",
        ScalingTiming::Scheduled => "at a known time",
    }
}
