//! Autoscaling as it is, switching predictive autoscaling on, and what is to come.

use domain::{
    autoscaling::{CONFIG_ANNOTATION, ENABLED_ANNOTATION},
    chat::ClusterPage,
    cluster::Severity,
    resources::{Autoscaler, Workload, WorkloadRef},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{Reply, counted, place, quote, workloads_meant},
    guidance,
    lexicon::Concept,
    question::Question,
};

/// Whether predictive autoscaling is on, by the annotation in the cluster.
pub(super) fn is_predictive(workload: &Workload) -> bool {
    workload
        .annotations
        .get(ENABLED_ANNOTATION)
        .is_some_and(|value| value == "true")
}

/// The autoscaler that owns a workload's replica count.
pub(super) fn owner<'a>(
    workload: &WorkloadRef,
    snapshot: &'a ClusterSnapshot,
) -> Option<&'a Autoscaler> {
    snapshot.autoscalers.iter().find(|autoscaler| {
        autoscaler.namespace == workload.namespace.as_str()
            && autoscaler.target_kind == workload.kind.as_str()
            && autoscaler.target_name == workload.name.as_str()
    })
}

/// “Which workloads are autoscaled?”
pub(super) fn status(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let workloads: Vec<_> = workloads_meant(question, snapshot)
        .into_iter()
        .filter(|workload| workload.reference.kind.is_scalable())
        .collect();
    let scaled: Vec<_> = workloads
        .iter()
        .filter(|workload| {
            is_predictive(workload) || owner(&workload.reference, snapshot).is_some()
        })
        .collect();
    let predictive = workloads
        .iter()
        .filter(|workload| is_predictive(workload))
        .count();
    let horizontal = workloads
        .iter()
        .filter(|workload| owner(&workload.reference, snapshot).is_some())
        .count();
    let text = match (question.workloads.as_slice(), scaled.as_slice()) {
        ([one], []) => format!(
            "{} is not autoscaled: its count of {} stays until somebody changes it.",
            one.reference,
            counted(one.replicas.0 as usize, "replica")
        ),
        _ => format!(
            "{} of {} that can be scaled{}: {predictive} by predictive autoscaling, {horizontal} by a HorizontalPodAutoscaler.",
            scaled.len(),
            counted(workloads.len(), "workload"),
            match place(question) {
                empty if empty.is_empty() => " are autoscaled".to_owned(),
                place => format!("{place} are autoscaled"),
            }
        ),
    };
    let cells = scaled
        .iter()
        .map(|workload| cells(workload, snapshot))
        .collect();
    let reply = Reply::new(text)
        .table(&["Workload", "By", "Bounds", "Replicas"], cells)
        .tool("resources_list");
    reply.page(
        "Workloads by pressure, and predictive autoscaling for those that want it",
        ClusterPage::Autoscaling,
    )
}

fn cells(workload: &Workload, snapshot: &ClusterSnapshot) -> Vec<String> {
    let (by, bounds) = match owner(&workload.reference, snapshot) {
        Some(autoscaler) => (
            format!("HorizontalPodAutoscaler {}", autoscaler.name),
            format!("{} to {}", autoscaler.min, autoscaler.max),
        ),
        None => (
            "predictive autoscaling".to_owned(),
            workload
                .annotations
                .get(CONFIG_ANNOTATION)
                .map_or_else(|| "not stated".to_owned(), |config| bounds(config)),
        ),
    };
    vec![
        workload.reference.to_string(),
        by,
        bounds,
        format!("{} of {} ready", workload.ready_replicas, workload.replicas),
    ]
}

/// `{"min":2,"max":10}` as “2 to 10”.
fn bounds(config: &str) -> String {
    match serde_json::from_str::<domain::units::ReplicaBounds>(config) {
        Ok(bounds) => format!("{} to {}", bounds.min(), bounds.max()),
        Err(_) => quote(config),
    }
}

/// “Enable predictive autoscaling for the storefront”.
pub(super) fn switch(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let is_off = question.concepts.has(Concept::Disable);
    let verb = if is_off { "off" } else { "on" };
    let [workload] = question.workloads.as_slice() else {
        return which(question, verb, snapshot);
    };
    let reference = &workload.reference;
    if !reference.kind.is_scalable() {
        return Reply::new(format!(
            "{reference} is a {}, which runs one pod per node and has no replica count to scale.",
            reference.kind
        ));
    }
    let state = if is_predictive(workload) { "on" } else { "off" };
    if state == verb {
        return Reply::new(format!(
            "Predictive autoscaling of {reference} is {state} already; nothing has been changed."
        ))
        .page(
            format!("What scales {reference}, and where it is heading"),
            ClusterPage::Workload {
                workload: reference.clone(),
            },
        )
        .tool("resources_list");
    }
    let reply = Reply::new(format!(
        "Predictive autoscaling of {reference} is {state}. It is switched {verb} on the Autoscaling page, not from here; nothing has been changed."
    ));
    let reply = match owner(reference, snapshot) {
        Some(autoscaler) if !is_off => reply.finding(
            Severity::Warning,
            reference.to_string(),
            format!("the HorizontalPodAutoscaler {} ({} to {}) already sets its replicas; two autoscalers would work against each other", autoscaler.name, autoscaler.min, autoscaler.max),
        ),
        _ => reply,
    };
    let workload = reference.clone();
    let reply = if is_off {
        reply.page(
            format!("Switch it off for {reference}; its replica count stays as it is"),
            ClusterPage::Workload { workload },
        )
    } else {
        reply.page(
            format!("Choose the bounds of {reference}, see its forecast, and switch it on"),
            ClusterPage::EnableAutoscaling { workload },
        )
    };
    reply.tool("resources_list")
}

fn which(question: &Question<'_>, verb: &str, snapshot: &ClusterSnapshot) -> Reply {
    if let Some(unknown) = question
        .unknown
        .first()
        .filter(|_| question.workloads.is_empty())
    {
        return guidance::unknown_name(unknown, question, snapshot);
    }
    let word = if verb == "off" { "disable" } else { "enable" };
    let options = workloads_meant(question, snapshot)
        .into_iter()
        .filter(|workload| workload.reference.kind.is_scalable())
        .take(8)
        .map(|workload| {
            let reference = &workload.reference;
            let message = format!(
                "{word} predictive autoscaling for {}/{}",
                reference.namespace, reference.name
            );
            (format!("{reference} ({})", reference.kind), message)
        })
        .collect();
    Reply::new(format!(
        "Predictive autoscaling is switched {verb} for one workload at a time."
    ))
    .choice("For which workload?", options)
    .page(
        "All of them, with their use and forecast",
        ClusterPage::Autoscaling,
    )
}
