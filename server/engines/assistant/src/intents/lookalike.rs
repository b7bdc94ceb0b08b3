//! “Why is the website slow?”: things that people call by what they are for, when no workload has that name.

use domain::{
    cluster::Severity,
    resources::{Pod, Workload},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::{HIGH_PERCENT, Measured, Reply, belongs, counted, percent, place, workloads_meant},
    lexicon::Concept,
    question::Question,
    usage::workload_cpu,
};

/// What people call the thing that visitors see.
const CALLED: &[&str] = &[
    "website",
    "websites",
    "site",
    "webpage",
    "homepage",
    "page",
    "pages",
    "frontend",
    "front-end",
    "webshop",
    "webapp",
    "ui",
];
/// Parts of names of workloads that visitors see.
const PARTS: &[&str] = &[
    "front",
    "frontend",
    "storefront",
    "web",
    "website",
    "webapp",
    "webshop",
    "www",
    "landing",
    "page",
    "site",
    "homepage",
    "home",
    "ui",
    "portal",
    "nginx",
];
/// The most that are shown.
const SHOWN: usize = 5;

/// Health and CPU pressure of what looks like the thing asked about; `None` where something is named, or nothing is
/// asked about its state.
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Option<Reply> {
    let names_one =
        !(question.workloads.is_empty() && question.pods.is_empty() && question.nodes.is_empty());
    let asks_state = question.concepts.has_any(&[
        Concept::Slow,
        Concept::Wrong,
        Concept::Crash,
        Concept::Health,
        Concept::Why,
    ]);
    let asks_state = asks_state
        || question
            .words
            .iter()
            .any(|word| matches!(word.as_str(), "up" | "online" | "offline" | "reachable"));
    let called = called(question)?;
    if names_one || !asks_state {
        return None;
    }
    let found: Vec<&Workload> = workloads_meant(question, snapshot)
        .into_iter()
        .filter(|workload| is_seen(workload))
        .collect();
    let missing = format!("No workload is called “{called}”{}", place(question));
    if found.is_empty() {
        return Some(
            Reply::failed(format!("{missing}, and none looks like one by its name.")).recommend(
                "Name the workload, or see what is wrong at all:",
                "what is wrong?",
            ),
        );
    }
    let reply = Reply::new(format!(
        "{missing}; by their names {} like it. What can be seen of each is below; response times are not measured here.",
        if found.len() == 1 {
            "1 workload looks".to_owned()
        } else {
            format!("{} workloads look", found.len())
        }
    ));
    let shown = &found[..found.len().min(SHOWN)];
    let reply = shown
        .iter()
        .fold(reply, |reply, workload| state(reply, workload, snapshot));
    let options = shown
        .iter()
        .map(|workload| {
            let reference = &workload.reference;
            (
                reference.to_string(),
                format!("why is {} slow in {}?", reference.name, reference.namespace),
            )
        })
        .collect();
    Some(
        reply
            .choice("Which one do you mean?", options)
            .tool("pods_list")
            .tool("pods_top"),
    )
}

/// What the thing asked about is called. “The app” is one only where it is slow: “which app …” asks for a list.
fn called<'q>(question: &'q Question<'_>) -> Option<&'q str> {
    let is_app = |at: usize| {
        matches!(question.word(at), "app" | "application")
            && at > 0
            && matches!(question.word(at - 1), "the" | "our" | "my")
            && question.concepts.has(Concept::Slow)
    };
    (0..question.words.len())
        .find(|&at| CALLED.contains(&question.word(at)) || is_app(at))
        .map(|at| question.word(at))
}

fn is_seen(workload: &Workload) -> bool {
    let name = workload.reference.name.as_str();
    name.split('-').any(|part| PARTS.contains(&part))
}

fn state(reply: Reply, workload: &Workload, snapshot: &ClusterSnapshot) -> Reply {
    let reference = &workload.reference;
    let pods: Vec<&Pod> = snapshot
        .pods
        .iter()
        .filter(|pod| belongs(pod, reference))
        .collect();
    let failing = pods.iter().filter(|pod| pod.is_failing()).count();
    let restarts: u32 = pods.iter().map(|pod| pod.restarts).sum();
    let share = cpu_share(workload, snapshot);
    let cpu = match (Measured::of(snapshot), share) {
        (Err(_), _) => "CPU not measured".to_owned(),
        (Ok(_), None) => "no CPU use or request to compare".to_owned(),
        (Ok(measured), Some(share)) => {
            let pressure = if share >= HIGH_PERCENT {
                ", which makes requests wait"
            } else {
                ""
            };
            format!(
                "CPU at {share:.0} % of its requests{pressure} ({})",
                measured.age()
            )
        }
    };
    let severity = if failing > 0 {
        Severity::Critical
    } else if workload.ready_replicas < workload.replicas
        || share.is_some_and(|share| share >= HIGH_PERCENT)
    {
        Severity::Warning
    } else {
        Severity::Ok
    };
    let text = format!(
        "{} of {} replicas ready, {failing} failing, {}; {cpu}",
        workload.ready_replicas,
        workload.replicas,
        counted(restarts as usize, "restart")
    );
    reply.finding(severity, reference.to_string(), text)
}

/// Use of CPU in percent of what the measured pods request together.
fn cpu_share(workload: &Workload, snapshot: &ClusterSnapshot) -> Option<f64> {
    let (used, pods) = workload_cpu(snapshot, &workload.reference)?;
    percent(used.0, workload.cpu_request?.0 * pods as u64)
}
