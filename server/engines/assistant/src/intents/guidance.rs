//! What can be asked, what is refused, and what to say when nothing fits.

use domain::{cluster::Severity, resources::Workload, snapshot::ClusterSnapshot};

use super::words;
use super::{
    compose::{
        Reply, are, belongs, counted, excerpt, get_command, joined, place, pod_subject, pods_meant,
        print_read, scope_meant,
    },
    lexicon::{self, Concept},
    names::other_numbers,
    question::{Elsewhere, Question},
    trouble,
};

/// The longest question that is offered with another name in it, in bytes.
const LONGEST_MESSAGE: usize = 200;

/// A workload to make examples with: one with trouble if there is one, else the first that can be scaled.
fn example(snapshot: &ClusterSnapshot) -> Option<&Workload> {
    let of_failing = snapshot
        .pods
        .iter()
        .find(|pod| pod.is_failing())
        .and_then(|pod| pod.owner.as_ref())
        .and_then(|owner| {
            snapshot
                .workloads
                .iter()
                .find(|workload| workload.reference == *owner)
        });
    of_failing.or_else(|| {
        snapshot
            .workloads
            .iter()
            .find(|workload| workload.reference.kind.is_scalable())
    })
}

/// Three questions that work in this cluster.
fn examples(snapshot: &ClusterSnapshot) -> Vec<String> {
    let Some(workload) = example(snapshot) else {
        return vec![
            "what is wrong?".to_owned(),
            "how many pods are there?".to_owned(),
            "how full are the nodes?".to_owned(),
        ];
    };
    let reference = &workload.reference;
    let restarts = snapshot
        .pods
        .iter()
        .any(|pod| belongs(pod, reference) && pod.restarts > 0);
    let is_failing = snapshot
        .pods
        .iter()
        .any(|pod| belongs(pod, reference) && pod.is_failing());
    let about = if restarts {
        format!(
            "why is {} restarting in {}?",
            reference.name, reference.namespace
        )
    } else if is_failing {
        format!(
            "why is {} failing in {}?",
            reference.name, reference.namespace
        )
    } else {
        format!(
            "tell me about {} in {}",
            reference.name, reference.namespace
        )
    };
    vec![
        about,
        format!("show pods with high CPU usage in {}", reference.namespace),
        "what is wrong?".to_owned(),
    ]
}

fn options(messages: Vec<String>) -> Vec<(String, String)> {
    messages
        .into_iter()
        .map(|message| (message.clone(), message))
        .collect()
}

/// “What can you do?”
pub(super) fn help(snapshot: &ClusterSnapshot) -> Reply {
    Reply::new("I answer questions about this cluster from what it reports at this moment, and I prepare changes that you approve.")
        .finding(Severity::Info, "state", "what is wrong? · is everything ok? · why is X crashing? · recent warnings · restarts")
        .finding(Severity::Info, "use", "pods with high CPU · top 5 by memory · how much memory does X use? · how much room is left?")
        .finding(Severity::Info, "lists", "pods on node N · deployments in namespace X · how many pods? · images in use · services")
        .finding(Severity::Info, "one workload", "tell me about X · logs of X · yaml of X · ports of X · compare X and Y · then “why?”, “show its logs”, “scale it to 4”")
        .finding(Severity::Info, "room", "would 3 more replicas of X fit? · network traffic of X")
        .finding(Severity::Info, "changes", "scale X to 3 · restart X: shown as a plan with its diff, made only when you approve")
        .finding(Severity::Info, "cost and scaling", "what is over-provisioned? · which workloads are autoscaled?")
        .finding(Severity::Info, "commands", "kubectl get, describe, logs, top, events, scale, rollout, typed as usual")
        .choice("For example:", options(examples(snapshot)))
}

/// Nothing fits: says so and offers what would work here.
pub(super) fn fallback(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    match question.unknown.first() {
        Some(word) if question.words.len() <= 4 => unknown_name(word, question, snapshot),
        _ => Reply::failed("I did not understand that well enough to answer. I can tell you about the state, the use and the settings of this cluster.")
            .choice("These work here:", options(examples(snapshot))),
    }
}

/// A name that is not in the cluster, with the nearest ones that are.
pub(super) fn unknown_name(
    name: &str,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let near = nearest(name, snapshot);
    let messages: Vec<_> = near
        .iter()
        .map(|known| (known.clone(), reworded(question, name, known)))
        .collect();
    let reply = Reply::failed(format!(
        "There is no workload, pod, node or namespace called “{}”{} that these credentials can see.",
        excerpt(name),
        place(question)
    ));
    if messages.is_empty() {
        reply.choice("These work here:", options(examples(snapshot)))
    } else {
        reply.choice("Did you mean one of these?", messages)
    }
}

/// The question with another name in it; of a very long one only the name.
fn reworded(question: &Question<'_>, name: &str, known: &str) -> String {
    let words: Vec<&str> = question
        .words
        .iter()
        .map(|word| if word == name { known } else { word.as_str() })
        .collect();
    let sentence = words.join(" ");
    if sentence.len() > LONGEST_MESSAGE {
        known.to_owned()
    } else {
        sentence
    }
}

/// A number that no node, pod or workload of that name has: says which there are.
pub(super) fn missing_number(
    name: &str,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let mut known: Vec<&str> = other_numbers(name, snapshot).collect();
    known.sort_unstable();
    known.dedup();
    let shown = &known[..known.len().min(8)];
    let more = match known.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let messages = shown
        .iter()
        .map(|known| ((*known).to_owned(), numbered_anew(question, name, known)))
        .collect();
    Reply::failed(format!(
        "There is no {}; there {} {}{more}.",
        excerpt(name),
        are(known.len()),
        joined(shown)
    ))
    .choice("Which one do you mean?", messages)
}

/// A node that does not exist: says which there are, the nearest first.
pub(super) fn missing_node(
    name: &str,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let mut known: Vec<&str> = snapshot
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    known.sort_by_key(|known| words::distance(name, known));
    known.truncate(8);
    let messages = known
        .iter()
        .map(|known| ((*known).to_owned(), reworded(question, name, known)))
        .collect();
    let others = match known.as_slice() {
        [] => "these credentials see no node at all".to_owned(),
        known => format!("there {} {}", are(known.len()), joined(known)),
    };
    Reply::failed(format!(
        "There is no node called “{}”; {others}.",
        excerpt(name)
    ))
    .choice("Which node do you mean?", messages)
    .tool("nodes_top")
}

/// The question about `known` instead of `name`, which may have been typed as two words (“node 9”).
fn numbered_anew(question: &Question<'_>, name: &str, known: &str) -> String {
    let spaced = name.replace('-', " ");
    let sentence = question.words.join(" ").replace(&spaced, name);
    if sentence.len() > LONGEST_MESSAGE {
        return known.to_owned();
    }
    sentence.replace(name, known)
}

/// A list narrowed by what is not known here: says so, and how to list all of them.
pub(super) fn cannot_filter(qualifier: &str, question: &Question<'_>) -> Reply {
    let words: Vec<&str> = question.words.iter().map(String::as_str).collect();
    let concepts = question.concepts;
    let kind = if concepts.has_any(&[Concept::OtherKind, Concept::Service]) {
        lexicon::other_kind(&words).unwrap_or("services")
    } else if concepts.has(Concept::Node) && !concepts.has(Concept::Pod) {
        "nodes"
    } else if concepts.has(Concept::Deployment) {
        "deployments"
    } else {
        "pods"
    };
    let scope = (kind != "nodes").then(|| scope_meant(question));
    Reply::failed(format!(
        "I cannot filter by “{}”, so I show no list rather than a wrong one.",
        excerpt(qualifier)
    ))
    .recommend(
        format!("This lists all {kind}, without that filter:"),
        print_read(&get_command(kind, scope)),
    )
}

/// A name that exists, but not in the namespace it was asked for in.
pub(super) fn elsewhere(question: &Question<'_>, elsewhere: &Elsewhere<'_>) -> Reply {
    let typed = elsewhere.typed.as_str();
    let mut places: Vec<&str> = elsewhere.found.iter().map(|(ns, _)| *ns).collect();
    places.sort_unstable();
    places.dedup();
    let options = elsewhere
        .found
        .iter()
        .take(5)
        .map(|(namespace, name)| {
            (
                format!("{namespace}/{name}"),
                moved(question, elsewhere, namespace, name),
            )
        })
        .collect();
    Reply::failed(format!(
        "There is no {} in {}; there is one in {}. Nothing has been changed.",
        excerpt(typed),
        joined(&elsewhere.asked),
        joined(&places)
    ))
    .choice("Did you mean that one?", options)
    .tool("resources_list")
}

/// The question with the namespace, and the whole name, of what exists.
fn moved(
    question: &Question<'_>,
    elsewhere: &Elsewhere<'_>,
    namespace: &str,
    name: &str,
) -> String {
    let is_asked = |word: &str| elsewhere.asked.contains(&word);
    let mut words: Vec<&str> = question
        .words
        .iter()
        .map(|word| match word.as_str() {
            word if is_asked(word) => namespace,
            word if word == elsewhere.typed => name,
            word => word,
        })
        .collect();
    if !words.contains(&namespace) {
        words.extend(["in", namespace]);
    }
    let sentence = words.join(" ");
    if sentence.len() > LONGEST_MESSAGE {
        format!("{namespace}/{name}")
    } else {
        sentence
    }
}

/// Names like `name`: containing it, or at most three edits away; the nearest three.
fn nearest(name: &str, snapshot: &ClusterSnapshot) -> Vec<String> {
    let names = snapshot
        .workloads
        .iter()
        .map(|workload| workload.reference.name.as_str())
        .chain(snapshot.namespaces.iter().map(String::as_str))
        .chain(snapshot.nodes.iter().map(|node| node.name.as_str()));
    let mut near: Vec<(usize, String)> = names
        .filter_map(|known| {
            let edits = words::distance(name, known);
            let is_like = name.len() >= 3 && known.contains(name)
                || edits <= 3 && edits * 2 < known.len().max(4);
            is_like.then(|| (edits, known.to_owned()))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, known)| known).collect()
}

/// A namespace that does not exist.
pub(super) fn missing_namespace(
    name: &str,
    question: &Question<'_>,
    snapshot: &ClusterSnapshot,
) -> Reply {
    let near = nearest(name, snapshot);
    let known: Vec<_> = if near.is_empty() {
        snapshot.namespaces.clone()
    } else {
        near
    };
    let messages = known
        .into_iter()
        .filter(|known| snapshot.namespaces.contains(known))
        .take(8)
        .map(|known| (known.clone(), reworded(question, name, &known)))
        .collect();
    Reply::failed(format!(
        "There is no namespace called “{}” that these credentials can see.",
        excerpt(name)
    ))
    .choice("Which namespace?", messages)
    .tool("namespaces_list")
}

/// Deleting, draining, editing: refused, with what it would have hit.
pub(super) fn refused(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let asks_failing =
        question
            .concepts
            .has_any(&[Concept::Wrong, Concept::Crash, Concept::Pending]);
    let pods: Vec<_> = pods_meant(question, snapshot)
        .into_iter()
        .filter(|pod| !asks_failing || pod.is_failing() || trouble::is_pending(pod))
        .collect();
    let reply = Reply::new(
        "Nothing has been changed: I do not delete, drain or edit anything. I scale and restart workloads, each as a plan you approve.",
    );
    let reply = if pods.is_empty() {
        reply
    } else {
        let words = if asks_failing {
            "failing or pending "
        } else {
            ""
        };
        let cells = pods
            .iter()
            .map(|pod| vec![pod_subject(pod), super::compose::quote(&pod.status)])
            .collect();
        reply
            .text(format!(
                "It would concern {}{}:",
                counted(pods.len(), &format!("{words}pod")),
                place(question)
            ))
            .table(&["Pod", "Status"], cells)
            .tool("pods_list")
    };
    reply.recommend(
        "To stop a workload for now, scale it to 0; to delete something, use your own kubectl.",
        "what is wrong?",
    )
}
