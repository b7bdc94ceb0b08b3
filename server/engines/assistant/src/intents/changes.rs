//! Requests for changes, answered with a proposal that somebody has to approve, or with a question back.

use domain::{
    cluster::Severity,
    plan::ClusterAction,
    resources::{Autoscaler, Workload},
    snapshot::ClusterSnapshot,
    units::{MilliCores, ReplicaBounds, Replicas},
};

use super::{
    autoscaling,
    compose::{Reply, counted, excerpt, restart_command, scale_command},
    guidance,
    lexicon::Concept,
    question::{Certainty, Question},
    replicas,
    request::{Amount, Request},
    usage::workload_cpu,
};

/// Answers a request.
pub(super) fn answer(
    request: &Request,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    match target(request, question, snapshot) {
        Err(reply) => *reply,
        Ok(workload) => match request {
            Request::Restart => restart(workload),
            Request::Scale(amount) => scale(workload, amount, snapshot),
        },
    }
}

/// The one workload meant beyond doubt, or the question to ask.
fn target<'a>(
    request: &Request,
    question: &Question<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Result<&'a Workload, Box<Reply>> {
    let candidates = candidates(question, snapshot);
    let is_sure = question.certainty == Certainty::Exact
        && unknown(request, question).is_none()
        && question.pods.is_empty();
    match candidates.as_slice() {
        [] => Err(Box::new(no_target(question, snapshot))),
        [one] if is_sure => Ok(one),
        several => Err(Box::new(ask(request, several, question))),
    }
}

/// The first word that was not understood; a bad number has an answer of its own.
fn unknown<'q>(request: &Request, question: &'q Question<'_>) -> Option<&'q str> {
    let is_answered =
        |word: &&String| matches!(request, Request::Scale(Amount::NotANumber(bad)) if bad == *word);
    question
        .unknown
        .iter()
        .find(|word| !is_answered(word))
        .map(String::as_str)
}

/// Workloads named, and owners of pods named.
fn candidates<'a>(question: &Question<'a>, snapshot: &'a ClusterSnapshot) -> Vec<&'a Workload> {
    let mut found = question.workloads.clone();
    for owner in question.pods.iter().filter_map(|pod| pod.owner.as_ref()) {
        let workload = snapshot
            .workloads
            .iter()
            .find(|workload| workload.reference == *owner);
        found.extend(workload.filter(|workload| {
            !found
                .iter()
                .any(|known| known.reference == workload.reference)
        }));
    }
    found
}

fn no_target(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    match question.unknown.first() {
        Some(word) => guidance::unknown_name(word, question, snapshot),
        None => Reply::failed(
            "Nothing has been changed: one workload at a time is changed, and it has to be named.",
        )
        .recommend(
            "Name the workload and, if it is not the only one of its name, its namespace.",
            "",
        ),
    }
}

/// One option per candidate, each a whole command; nothing is proposed before one is chosen.
fn ask(request: &Request, candidates: &[&Workload], question: &Question<'_>) -> Reply {
    let options: Vec<_> = candidates
        .iter()
        .filter_map(|workload| {
            let command = match request {
                Request::Restart => restart_command(&workload.reference),
                Request::Scale(amount) => {
                    let count = wanted(workload, amount)?;
                    if count == workload.replicas.0 {
                        return None;
                    }
                    scale_command(&workload.reference, count)
                }
            };
            Some((
                format!(
                    "{} ({}, {})",
                    workload.reference,
                    workload.reference.kind,
                    counted(workload.replicas.0 as usize, "replica")
                ),
                command,
            ))
        })
        .take(8)
        .collect();
    let mut reasons = question.notes.clone();
    if let Some(word) = unknown(request, question) {
        reasons.push(format!("did not understand “{}”", excerpt(word)));
    }
    let text = match (candidates.len(), reasons.as_slice()) {
        (1, []) => {
            "That is not the name of a workload itself; nothing has been changed.".to_owned()
        }
        (1, reasons) => format!(
            "I {}, so I ask before planning anything.",
            reasons.join(" and ")
        ),
        (count, _) => format!(
            "{} fit that; nothing has been changed.",
            counted(count, "workload")
        ),
    };
    let is_done = |workload: &&Workload| matches!(request, Request::Scale(amount) if wanted(workload, amount) == Some(workload.replicas.0));
    let done: Vec<_> = candidates.iter().copied().filter(is_done).collect();
    if options.is_empty() && !done.is_empty() {
        let text = done.into_iter().map(already).collect::<Vec<_>>().join(" ");
        return Reply::new(text).tool("resources_get");
    }
    if options.is_empty() {
        return Reply::new(text).text(format!(
            "Say the name, the namespace and the number of replicas, 0 to {}.",
            ReplicaBounds::CEILING
        ));
    }
    Reply::new(text).choice("Which change do you want?", options)
}

/// The replica count an amount means for a workload; `None` when it is not stated or out of range.
fn wanted(workload: &Workload, amount: &Amount) -> Option<u32> {
    let current = workload.replicas.0;
    let count = match amount {
        Amount::To(count) => *count,
        Amount::More(count) => current.checked_add(*count)?,
        Amount::Fewer(count) => current.checked_sub(*count)?,
        Amount::Times(factor) => current.checked_mul(*factor)?,
        Amount::Half => current.div_ceil(2),
        Amount::Up | Amount::Down | Amount::Unstated | Amount::NotANumber(_) => return None,
    };
    (count <= ReplicaBounds::CEILING).then_some(count)
}

fn restart(workload: &Workload) -> Reply {
    let reference = &workload.reference;
    let mut reply = Reply::new(format!(
        "Restarting {reference} replaces its {} by a rolling update; nothing happens until you approve the plan.",
        counted(workload.replicas.0 as usize, "pod")
    ))
    .tool("resources_get");
    if workload.replicas.0 == 1 {
        reply = reply.finding(
            Severity::Info,
            reference.to_string(),
            "has a single replica; whether there is a gap depends on its update strategy",
        );
    }
    if workload.paused {
        reply = reply.finding(
            Severity::Warning,
            reference.to_string(),
            "its rollout is paused, so a restart takes effect only when it is resumed",
        );
    }
    reply.proposal = Some(ClusterAction::Restart {
        workload: reference.clone(),
    });
    reply
}

fn scale(workload: &Workload, amount: &Amount, snapshot: &ClusterSnapshot) -> Reply {
    let reference = &workload.reference;
    let current = workload.replicas.0;
    if !reference.kind.is_scalable() {
        return Reply::new(format!(
            "{reference} is a {}: it runs one pod per node and cannot be scaled. Nothing has been changed.",
            reference.kind
        ));
    }
    let Some(count) = wanted(workload, amount) else {
        let reply = ask_amount(workload, amount);
        let is_fewer = matches!(amount, Amount::Down | Amount::Fewer(_));
        return match replicas::keeps_state(reference, Some(workload)) {
            Some(state) if !is_fewer => warned_of_state(reply, workload, &state),
            Some(_) | None => reply,
        };
    };
    if count == current {
        return Reply::new(already(workload)).tool("resources_get");
    }
    let reply = Reply::new(format!(
        "Scaling {reference} ({}) from {current} to {}; nothing happens until you approve the plan.",
        reference.kind,
        counted(count as usize, "replica")
    ))
    .tool("resources_get");
    let mut reply = consequences(reply, workload, count, snapshot);
    reply.proposal = Some(ClusterAction::Scale {
        workload: reference.clone(),
        replicas: Replicas(count),
    });
    reply
}

/// That a workload has the replicas asked for: such a plan would change nothing, so none is made.
fn already(workload: &Workload) -> String {
    format!(
        "{} already has {}; there is nothing to change.",
        workload.reference,
        counted(workload.replicas.0 as usize, "replica")
    )
}

fn ask_amount(workload: &Workload, amount: &Amount) -> Reply {
    let reference = &workload.reference;
    let current = workload.replicas.0;
    let text = match amount {
        Amount::NotANumber(word) => format!(
            "“{}” is not a number of replicas from 0 to {}.",
            excerpt(word),
            ReplicaBounds::CEILING
        ),
        Amount::To(count) => format!(
            "{count} is above the limit of {} replicas.",
            ReplicaBounds::CEILING
        ),
        Amount::Fewer(count) => {
            format!(
                "{reference} has {}, so it cannot have {count} fewer.",
                counted(current as usize, "replica")
            )
        }
        Amount::More(_) | Amount::Times(_) => format!(
            "That is more than the limit of {} replicas.",
            ReplicaBounds::CEILING
        ),
        Amount::Half | Amount::Up | Amount::Down | Amount::Unstated => format!(
            "{reference} has {}; to how many?",
            counted(current as usize, "replica")
        ),
    };
    let counts: Vec<u32> = match amount {
        Amount::Down | Amount::Fewer(_) => vec![current.saturating_sub(1), current.div_ceil(2)],
        Amount::To(_)
        | Amount::More(_)
        | Amount::Times(_)
        | Amount::Half
        | Amount::Up
        | Amount::Unstated
        | Amount::NotANumber(_) => vec![current + 1, current * 2],
    };
    let mut options: Vec<(String, String)> = counts
        .into_iter()
        .filter(|&count| count != current && (1..=ReplicaBounds::CEILING).contains(&count))
        .map(|count| {
            (
                format!("{reference} to {count}"),
                scale_command(reference, count),
            )
        })
        .collect();
    options.dedup();
    Reply::new(format!("{text} Nothing has been changed."))
        .choice("To how many replicas?", options)
        .tool("resources_get")
}

/// What the reader should know before approving.
fn consequences(
    reply: Reply,
    workload: &Workload,
    count: u32,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let reference = &workload.reference;
    let mut reply = reply;
    if count == 0 {
        reply = reply.finding(Severity::Critical, reference.to_string(), "0 replicas stop it altogether: nothing answers its requests until it is scaled up again");
    }
    if let Some(autoscaler) = autoscaling::owner(reference, snapshot) {
        reply = reply.finding(
            Severity::Warning,
            reference.to_string(),
            autoscaler_words(autoscaler, count),
        );
    }
    let state = replicas::keeps_state(reference, Some(workload));
    if let Some(state) = state.filter(|_| count > workload.replicas.0) {
        reply = warned_of_state(reply, workload, &state);
    }
    match effect(workload, count, snapshot) {
        Some(text) => reply
            .finding(Severity::Info, reference.to_string(), text)
            .tool("pods_top"),
        None => reply,
    }
}

fn warned_of_state(reply: Reply, workload: &Workload, state: &str) -> Reply {
    let text = format!("{state}: another replica does not share its load by itself");
    reply.finding(Severity::Warning, workload.reference.to_string(), text)
}

/// What an autoscaler does about the new count. At 0 replicas it is switched off
/// (Kubernetes, “Horizontal Pod Autoscaling”, implicit maintenance-mode deactivation).
fn autoscaler_words(autoscaler: &Autoscaler, count: u32) -> String {
    let bounds = format!("{} to {}", autoscaler.min, autoscaler.max);
    let name = &autoscaler.name;
    if count == 0 {
        format!(
            "the HorizontalPodAutoscaler {name} ({bounds}) is inactive at 0 replicas and starts again when somebody scales it up"
        )
    } else {
        format!(
            "the HorizontalPodAutoscaler {name} ({bounds}) owns its replica count and will change it back"
        )
    }
}

/// CPU per pod before and after, if the load stays as it is.
fn effect(workload: &Workload, count: u32, snapshot: &ClusterSnapshot) -> Option<String> {
    let (used, pods) = workload_cpu(snapshot, &workload.reference)?;
    let after = used.0.checked_div(u64::from(count))?;
    let before = MilliCores(used.0 / pods as u64);
    Some(format!(
        "its {} use {used} CPU together, {before} each; at the same load that is about {} for each of {count}",
        counted(pods, "pod"),
        MilliCores(after)
    ))
}

/// A change spoken of, not asked for: says what would be, and changes nothing.
pub(super) fn not_asked(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    if question.concepts.has(Concept::Undo) {
        return Reply::new(
            "Nothing has been changed. A plan that was carried out has a button “Plan the undo” on its card in this conversation, and “Plan undo” in the list on the Plans page; it makes a new plan, which is approved like any other.",
        );
    }
    let intro = if question.concepts.has(Concept::Not) {
        "Understood: nothing is changed."
    } else {
        "Nothing has been changed; this only says what would be."
    };
    let reply = Reply::new(intro);
    let count = question
        .numbers
        .first()
        .copied()
        .filter(|count| *count <= ReplicaBounds::CEILING);
    candidates(question, snapshot)
        .into_iter()
        .take(3)
        .fold(reply, |reply, workload| {
            suppose(reply, workload, count, question, snapshot)
        })
}

fn suppose(
    reply: Reply,
    workload: &Workload,
    count: Option<u32>,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let reference = &workload.reference;
    let reply = reply
        .finding(
            Severity::Info,
            reference.to_string(),
            format!(
                "{} of {} replicas ready now",
                workload.ready_replicas, workload.replicas
            ),
        )
        .tool("resources_get");
    if question.concepts.has(Concept::Not) {
        return reply;
    }
    if question.concepts.has(Concept::RestartVerb) {
        return reply.recommend(
            "A restart replaces its pods one after the other. To have it planned:",
            restart_command(reference),
        );
    }
    match count {
        Some(count) if count == workload.replicas.0 => reply.text(already(workload)),
        Some(count) => {
            let reply = consequences(reply, workload, count, snapshot);
            let instead = replicas::instead_of_more(reference, snapshot);
            match instead.filter(|_| count > workload.replicas.0) {
                Some(step) => reply.recommend(step.text, step.command),
                None => reply.recommend(
                    "To have it planned (a plan changes nothing until you approve it):",
                    scale_command(reference, count),
                ),
            }
        }
        None => match workload_cpu(snapshot, reference) {
            Some((cpu, pods)) => {
                let step = replicas::for_more_cpu(reference, snapshot);
                let text = format!("{cpu} CPU in use over {}", counted(pods, "pod"));
                reply
                    .finding(Severity::Info, reference.to_string(), text)
                    .recommend(step.text, step.command)
            }
            None => reply,
        },
    }
}
