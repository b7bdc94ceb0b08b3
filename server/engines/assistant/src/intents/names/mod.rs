//! Entity linking: which words of a question name something in the snapshot.
//!
//! Names come only from the snapshot and are matched against what the person typed; nothing in a name or
//! in any other text of the cluster is ever read as a request. Exact names are linked here, namespaces in
//! [`places`], numbers in [`numbers`], beginnings, parts and slips in [`guesses`].

mod guesses;
mod numbers;
mod places;

use domain::{
    resources::{Node, Pod, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
};

use super::{
    lexicon, qualifiers,
    question::{Elsewhere, Question, Role},
    words,
};

pub(super) use numbers::{number, other_numbers};

/// Reads a question against a snapshot.
pub(super) fn link<'a>(question: &str, snapshot: &'a ClusterSnapshot) -> Question<'a> {
    link_words(words::of(question), snapshot)
}

/// Reads the words of a question against a snapshot.
pub(super) fn link_words(words: Vec<String>, snapshot: &ClusterSnapshot) -> Question<'_> {
    let mut linker = Linker::new(words, snapshot);
    qualifiers::consume(&mut linker.question, snapshot);
    linker.link_introduced_namespaces();
    linker.link_qualified();
    linker.link_joined();
    linker.link_single();
    linker.link_numbers();
    linker.link_guesses();
    linker.finish()
}

struct Linker<'a> {
    snapshot: &'a ClusterSnapshot,
    question: Question<'a>,
    /// Namespaces named on their own, not as part of `shop/storefront`.
    scopes: Vec<&'a str>,
    /// What each word was linked to.
    mentions: Vec<Mention<'a>>,
}

/// A word and all that it may name, in whatever namespace.
struct Mention<'a> {
    typed: String,
    found: Vec<(&'a str, &'a str)>,
}

impl<'a> Linker<'a> {
    fn new(words: Vec<String>, snapshot: &'a ClusterSnapshot) -> Self {
        Self {
            snapshot,
            question: Question::new(split_alternatives(words, snapshot)),
            scopes: Vec::new(),
            mentions: Vec::new(),
        }
    }

    fn namespace(&self, word: &str) -> Option<&'a str> {
        self.snapshot
            .namespaces
            .iter()
            .map(String::as_str)
            .find(|known| *known == word)
    }

    /// `shop/storefront`, `deployment/storefront`, `pod/storefront-1`.
    fn link_qualified(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.question.word(at).to_owned();
            let Some((left, right)) = word.split_once('/').filter(|_| self.question.is_free(at))
            else {
                continue;
            };
            let namespace = self.namespace(left);
            let kind = workload_kind(left);
            let workloads: Vec<_> = self
                .snapshot
                .workloads
                .iter()
                .filter(|w| w.reference.name.as_str() == right)
                .filter(|w| namespace.is_none_or(|ns| w.reference.namespace.as_str() == ns))
                .filter(|w| kind.is_none_or(|kind| w.reference.kind == kind))
                .collect();
            let pods: Vec<_> = self
                .snapshot
                .pods
                .iter()
                .filter(|pod| pod.name == right && namespace.is_none_or(|ns| pod.namespace == ns))
                .collect();
            let is_pod_type = matches!(left, "pod" | "pods" | "po");
            let is_typed = namespace.is_some() || kind.is_some() || is_pod_type;
            if !is_typed || (workloads.is_empty() && pods.is_empty()) {
                continue;
            }
            self.question.roles[at] = Role::Name;
            if let Some(namespace) = namespace {
                self.add_namespace(namespace, at);
            }
            if is_pod_type || workloads.is_empty() {
                self.add_pods(right, pods);
            } else {
                self.add_workloads(right, workloads);
            }
        }
    }

    fn add_pods(&mut self, typed: &str, found: Vec<&'a Pod>) {
        self.mentions.push(Mention {
            typed: typed.to_owned(),
            found: found
                .iter()
                .map(|pod| (pod.namespace.as_str(), pod.name.as_str()))
                .collect(),
        });
        self.question.pods.extend(found);
    }

    fn add_workloads(&mut self, typed: &str, found: Vec<&'a Workload>) {
        self.mentions.push(Mention {
            typed: typed.to_owned(),
            found: found
                .iter()
                .map(|w| (w.reference.namespace.as_str(), w.reference.name.as_str()))
                .collect(),
        });
        for workload in found {
            if !self
                .question
                .workloads
                .iter()
                .any(|known| known.reference == workload.reference)
            {
                self.question.workloads.push(workload);
            }
        }
    }

    /// “order service” for `order-service`, “node 1” for `node-1`.
    fn link_joined(&mut self) {
        for length in [3, 2] {
            for at in 0..(self.question.words.len() + 1).saturating_sub(length) {
                let range = at..at + length;
                if range.clone().all(|n| self.question.is_free(n)) {
                    let joined = self.question.words[range.clone()].join("-");
                    if self.link_exactly(&joined) {
                        self.question.roles[range].fill(Role::Name);
                    }
                }
            }
        }
    }

    fn link_single(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.question.word(at).to_owned();
            if self.question.is_free(at)
                && (!lexicon::is_vocabulary(&word) || self.is_introduced(at))
                && self.link_exactly(&word)
            {
                self.question.roles[at] = Role::Name;
            }
        }
    }

    /// Whether a word that also means something is meant as a name: beside the name of a kind, or where
    /// only a name can stand.
    fn is_introduced(&self, at: usize) -> bool {
        let is_kind = |word: &str| {
            workload_kind(word).is_some()
                || matches!(
                    word,
                    "pod" | "pods" | "node" | "workload" | "app" | "service" | "called" | "named"
                )
        };
        let is_verb = |word: &str| matches!(word, "restart" | "scale" | "of" | "for" | "describe");
        let before = at.checked_sub(1).map_or("", |n| self.question.word(n));
        is_kind(before) || is_kind(self.question.word(at + 1)) || is_verb(before)
    }

    /// Links a word that is a name, or the plural of one; workloads win over pods, nodes and namespaces.
    fn link_exactly(&mut self, word: &str) -> bool {
        let singular = word.strip_suffix('s').filter(|s| s.len() > 2);
        for name in std::iter::once(word).chain(singular) {
            let workloads: Vec<_> = self
                .snapshot
                .workloads
                .iter()
                .filter(|w| w.reference.name.as_str() == name)
                .collect();
            if !workloads.is_empty() {
                self.add_workloads(word, workloads);
                return true;
            }
            let pods: Vec<_> = self
                .snapshot
                .pods
                .iter()
                .filter(|pod| pod.name == name)
                .collect();
            if !pods.is_empty() {
                self.add_pods(word, pods);
                return true;
            }
            if let Some(node) = self.node(name) {
                self.question.nodes.push(node);
                return true;
            }
            if let Some(namespace) = self.namespace(name) {
                self.scopes.push(namespace);
                if !self.question.namespaces.contains(&namespace) {
                    self.question.namespaces.push(namespace);
                }
                return true;
            }
        }
        false
    }

    /// A node by its name or the last part of it (`node-1` for `demo-node-1`).
    fn node(&self, word: &str) -> Option<&'a Node> {
        let ending = format!("-{word}");
        let nodes = &self.snapshot.nodes;
        nodes.iter().find(|node| node.name == word).or_else(|| {
            let mut ends = nodes
                .iter()
                .filter(|node| word.len() > 3 && node.name.ends_with(&ending));
            ends.next().filter(|_| ends.next().is_none())
        })
    }

    fn finish(mut self) -> Question<'a> {
        self.narrow();
        self.question.read_concepts();
        self.question
    }

    /// Namespaces and kinds that were named choose among namesakes.
    fn narrow(&mut self) {
        let namespaces = self.question.namespaces.clone();
        let kinds: Vec<_> = self
            .question
            .words
            .iter()
            .filter_map(|word| workload_kind(word))
            .collect();
        let scopes = &self.scopes;
        let is_elsewhere = |mention: &&Mention<'_>| {
            !scopes.is_empty() && !mention.found.iter().any(|(ns, _)| scopes.contains(ns))
        };
        let elsewhere = self.mentions.iter().find(is_elsewhere);
        let question = &mut self.question;
        question.elsewhere = elsewhere.map(|mention| Elsewhere {
            typed: mention.typed.clone(),
            asked: scopes.clone(),
            found: mention.found.clone(),
        });
        if !namespaces.is_empty() {
            retain_if_any(&mut question.workloads, |w| {
                namespaces.contains(&w.reference.namespace.as_str())
            });
            retain_if_any(&mut question.pods, |pod| {
                namespaces.contains(&pod.namespace.as_str())
            });
        }
        if !kinds.is_empty() {
            retain_if_any(&mut question.workloads, |w| {
                kinds.contains(&w.reference.kind)
            });
        }
    }
}

/// `cpu/memory` is two words; `shop/web` is one.
fn split_alternatives(words: Vec<String>, snapshot: &ClusterSnapshot) -> Vec<String> {
    let is_namespace = |word: &str| snapshot.namespaces.iter().any(|known| known == word);
    let is_pair = |word: &String| {
        word.split_once('/').is_some_and(|(left, right)| {
            lexicon::is_vocabulary(left)
                && !is_namespace(left)
                && lexicon::is_vocabulary(right)
                && workload_kind(left).is_none()
        })
    };
    words
        .into_iter()
        .flat_map(|word| {
            if is_pair(&word) {
                word.split('/').map(str::to_owned).collect()
            } else {
                vec![word]
            }
        })
        .collect()
}

/// The workload kind a word stands for.
pub(super) fn workload_kind(word: &str) -> Option<WorkloadKind> {
    match word {
        "deployment" | "deployments" | "deploy" => Some(WorkloadKind::Deployment),
        "statefulset" | "statefulsets" | "sts" => Some(WorkloadKind::StatefulSet),
        "daemonset" | "daemonsets" | "ds" => Some(WorkloadKind::DaemonSet),
        _ => None,
    }
}
fn retain_if_any<T>(list: &mut Vec<&T>, keep: impl Fn(&T) -> bool) {
    if list.iter().any(|item| keep(item)) {
        list.retain(|item| keep(item));
    }
}
