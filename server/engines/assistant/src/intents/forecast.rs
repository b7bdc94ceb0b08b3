//! What is to come: not computed here, so the answer is the state now and where the forecasts are.

use domain::{
    chat::ClusterPage,
    cluster::Severity,
    resources::{Pod, Workload},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{HIGH_PERCENT, Measured, Reply, belongs, counted, joined, percent, pod_subject},
    lexicon::Concept,
    question::Question,
    usage::workload_cpu,
};

fn says(question: &Question<'_>, known: &[&str]) -> bool {
    question
        .words
        .iter()
        .any(|word| known.contains(&word.as_str()))
}

fn is_about_memory(question: &Question<'_>) -> bool {
    question.concepts.has(Concept::Memory)
        || says(question, &["memory", "ram", "oom", "ooms", "oomkilled"])
}

/// Whether a question about memory that ends is about one that has not ended yet: “will the ledger run out of memory?”
pub(super) fn is_about_memory_to_come(question: &Question<'_>) -> bool {
    let is_to_come = says(question, &["will", "soon", "until"])
        || question
            .words
            .windows(2)
            .any(|pair| matches!(pair[0].as_str(), "going" | "about") && pair[1] == "to");
    let asks_when = question.word(0) == "when" && says(question, &["do", "does"]);
    let is_past = question.concepts.has_any(&[Concept::Why, Concept::Not]);
    (is_to_come || asks_when) && is_about_memory(question) && !is_past
}

/// “Will we run out of memory tomorrow?”
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let subject = match question.workloads.as_slice() {
        [] => "the cluster".to_owned(),
        several => joined(
            &several
                .iter()
                .map(|workload| workload.reference.to_string())
                .collect::<Vec<_>>(),
        ),
    };
    let reply = Reply::new(format!(
        "I answer from what is measured now and make no forecast here: forecasts of {subject} with their intervals are on the Autoscaling page, computed from its history."
    ));
    let is_memory = is_about_memory(question);
    let reply = question.workloads.iter().fold(reply, |reply, workload| {
        if is_memory {
            memory_now(reply, workload, snapshot)
        } else {
            cpu_now(reply, workload, snapshot)
        }
    });
    let reply = match question.workloads.as_slice() {
        [one] => reply.page(
            format!(
                "The next six hours of {}, with 50, 80 and 95 % intervals",
                one.reference
            ),
            ClusterPage::Workload {
                workload: one.reference.clone(),
            },
        ),
        _ => reply.page(
            "Choose a workload to see its next six hours, with 50, 80 and 95 % intervals",
            ClusterPage::Autoscaling,
        ),
    };
    match question.workloads.as_slice() {
        [one] if is_memory => {
            let reference = &one.reference;
            reply.recommend(
                "For its use now, pod by pod:",
                format!(
                    "how much memory does {} use in {}?",
                    reference.name, reference.namespace
                ),
            )
        }
        _ => reply.recommend("For the state now:", "how much room is left on the nodes?"),
    }
    .tool("pods_top")
    .tool("nodes_top")
}

fn cpu_now(reply: Reply, workload: &Workload, snapshot: &ClusterSnapshot) -> Reply {
    match workload_cpu(snapshot, &workload.reference) {
        Some((cpu, pods)) => reply.finding(
            Severity::Info,
            workload.reference.to_string(),
            format!("{cpu} CPU in use over {} now", counted(pods, "pod")),
        ),
        None => reply,
    }
}

/// The pod that is nearest to its memory limit, at which it is killed.
fn memory_now(reply: Reply, workload: &Workload, snapshot: &ClusterSnapshot) -> Reply {
    let reference = &workload.reference;
    let measured = match Measured::of(snapshot) {
        Ok(measured) => measured,
        Err(why) => {
            let text = format!("its use is not measured: {}", super::compose::quote(why));
            return reply.finding(Severity::Info, reference.to_string(), text);
        }
    };
    let share = |pod: &Pod| {
        let used = measured.pod(pod)?.memory;
        let limit = pod.memory_limit?;
        Some((percent(used.0, limit.0)?, used, limit))
    };
    let pods = snapshot.pods.iter().filter(|pod| belongs(pod, reference));
    let nearest = pods
        .filter_map(|pod| Some((pod, share(pod)?)))
        .max_by(|(_, (a, ..)), (_, (b, ..))| a.total_cmp(b));
    match nearest {
        Some((pod, (share, used, limit))) => {
            let severity = if share >= HIGH_PERCENT {
                Severity::Warning
            } else {
                Severity::Info
            };
            let text = format!(
                "nearest to its limit now: {used} of {limit} memory ({share:.0} %, {})",
                measured.age()
            );
            reply.finding(severity, pod_subject(pod), text)
        }
        None => reply.finding(
            Severity::Info,
            reference.to_string(),
            "none of its pods has both a memory limit and a measurement, so there is nothing to compare",
        ),
    }
}
