//! Changes of CPU and memory settings: not made from here, so the answer is the line for the reader's own terminal.

use domain::{
    cluster::Severity,
    resources::Workload,
    snapshot::ClusterSnapshot,
    units::{Bytes, MilliCores},
};

use super::{
    compose::{Reply, counted},
    errands::kind_word,
    filters::Amount,
    guidance,
    lexicon::Concept,
    qualifiers::quantity,
    question::Question,
};

/// Verbs of change that nothing else is asked with.
const VERBS: &[&str] = &[
    "lower", "lift", "update", "patch", "edit", "modify", "extend", "limit", "cap", "grant",
];
/// Words that may stand before the verb.
const SKIPPED: &[&str] = &[
    "ok", "okay", "so", "and", "then", "i", "you", "we", "to", "the", "it", "help", "me",
];

/// “Raise its memory limit to 1Gi”; `None` for anything that is no wish for other CPU or memory settings.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    if question.concepts.has_any(&[Concept::Not, Concept::Network])
        || !begins_with_change(question)
        || !is_about_settings(question)
    {
        return None;
    }
    let targets = targets(question, snapshot);
    let is_unknown = |word: &&String| {
        !VERBS.contains(&word.as_str()) && !word.starts_with(|c: char| c.is_ascii_digit())
    };
    if let ([], Some(name)) = (targets.as_slice(), question.unknown.iter().find(is_unknown)) {
        return Some(guidance::unknown_name(name, question, snapshot));
    }
    let intro = "Nothing has been changed: CPU and memory settings cannot be changed from here yet, only replica counts and restarts.";
    let reply = Reply::new(intro).tool("resources_get");
    if targets.is_empty() {
        return Some(reply.text("Name the workload, and I write the line for your own terminal."));
    }
    let reply =
        reply.text("This does it in your own terminal; its pods are replaced one after the other:");
    Some(targets.into_iter().take(3).fold(reply, |reply, workload| {
        now(reply.text(line(workload, question)), workload)
    }))
}

/// Whether the first word that carries meaning is a verb of change.
fn begins_with_change(question: &Question<'_>) -> bool {
    const CHANGES: &[Concept] = &[
        Concept::ScaleUp,
        Concept::ScaleDown,
        Concept::SetTo,
        Concept::Multiply,
    ];
    const BEFORE: &[Concept] = &[Concept::Polite, Concept::HowTo, Concept::Suppose];
    let mut at = 0;
    while at < question.words.len() {
        let word = question.word(at);
        let mut here = question.spans.iter().filter(|(_, range)| range.start == at);
        let is_change = here.any(|(concept, _)| CHANGES.contains(concept));
        if is_change || VERBS.contains(&word) {
            return true;
        }
        let before = question
            .spans
            .iter()
            .find(|(concept, range)| range.start == at && BEFORE.contains(concept));
        at = match before {
            Some((_, range)) => range.end,
            None if SKIPPED.contains(&word) => at + 1,
            None => return false,
        };
    }
    false
}

fn says(question: &Question<'_>, known: &[&str]) -> bool {
    question
        .words
        .iter()
        .any(|word| known.contains(&word.as_str()))
}

/// Whether limits or requests are spoken of, or an amount of CPU or memory to be given.
fn is_about_settings(question: &Question<'_>) -> bool {
    let concepts = question.concepts;
    let names_setting = says(question, &["limit", "limits", "request", "requests"]);
    let is_given = says(question, &["more", "less", "to", "double"])
        || concepts.has_any(&[Concept::ScaleUp, Concept::ScaleDown, Concept::Multiply])
        || amount(question).is_some();
    let is_of_pods = concepts.has_any(&[Concept::Pod, Concept::Replicas]);
    let is_resource = concepts.has_any(&[Concept::Cpu, Concept::Memory]);
    if is_of_pods {
        names_setting && is_resource
    } else {
        names_setting || is_resource && is_given && !concepts.has(Concept::Cost)
    }
}

/// Workloads named, and owners of pods named.
fn targets<'a>(question: &Question<'a>, snapshot: &'a ClusterSnapshot) -> Vec<&'a Workload> {
    let mut found = question.workloads.clone();
    for owner in question.pods.iter().filter_map(|pod| pod.owner.as_ref()) {
        let workload = snapshot.workloads.iter().find(|w| w.reference == *owner);
        found.extend(workload.filter(|workload| !found.contains(workload)));
    }
    found
}

/// The amount of CPU or memory stated with its unit.
fn amount(question: &Question<'_>) -> Option<Amount> {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    (0..words.len()).find_map(|at| quantity(&words[at..]).map(|(amount, _)| amount))
}

/// `kubectl set resources deployment ledger --namespace=payments --limits=memory=1Gi`.
fn line(workload: &Workload, question: &Question<'_>) -> String {
    let flag = if says(question, &["request", "requests"]) {
        "requests"
    } else {
        "limits"
    };
    let setting = match (amount(question), question.concepts.has(Concept::Cpu)) {
        (Some(Amount::Cpu(cpu)), _) => format!("cpu={cpu}"),
        (Some(Amount::Memory(memory)), _) => format!("memory={}", in_kubernetes(memory)),
        (None, true) => "cpu=AMOUNT".to_owned(),
        (None, false) => "memory=AMOUNT".to_owned(),
    };
    let reference = &workload.reference;
    format!(
        "kubectl set resources {} {} --namespace={} --{flag}={setting}",
        kind_word(reference.kind),
        reference.name,
        reference.namespace
    )
}

/// A number of bytes as Kubernetes writes it: `1Gi`, `512Mi`, `500M` (Kubernetes, “Quantity”).
fn in_kubernetes(memory: Bytes) -> String {
    const UNITS: &[(u64, &str)] = &[
        (1 << 30, "Gi"),
        (1_000_000_000, "G"),
        (1 << 20, "Mi"),
        (1_000_000, "M"),
        (1 << 10, "Ki"),
    ];
    let fitting = UNITS
        .iter()
        .find(|(size, _)| memory.0 > 0 && memory.0.is_multiple_of(*size));
    match fitting {
        Some((size, unit)) => format!("{}{unit}", memory.0 / size),
        None => memory.0.to_string(),
    }
}

/// What is set now, and how many containers the line is about.
fn now(reply: Reply, workload: &Workload) -> Reply {
    let bytes = |amount: Option<Bytes>| amount.map_or("none".to_owned(), |b| b.to_string());
    let cpu = |amount: Option<MilliCores>| amount.map_or("none".to_owned(), |c| c.to_string());
    let containers = match workload.images.len() {
        0 | 1 => String::new(),
        several => format!(
            "; the line sets it for each of its {}, --containers=NAME for one",
            counted(several, "container")
        ),
    };
    let text = format!(
        "per pod now: CPU request {}, memory request {}, memory limit {}{containers}",
        cpu(workload.cpu_request),
        bytes(workload.memory_request),
        bytes(workload.memory_limit)
    );
    reply.finding(Severity::Info, workload.reference.to_string(), text)
}
