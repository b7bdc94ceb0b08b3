//! Entity linking: which words of a question name something in the snapshot.
//!
//! Names come only from the snapshot and are matched against what the person typed; nothing in a name or
//! in any other text of the cluster is ever read as a request.

use domain::{
    resources::{Node, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
};

use super::{
    lexicon,
    question::{Certainty, Question, Role},
    words,
};

/// Reads a question against a snapshot.
pub(super) fn link<'a>(question: &str, snapshot: &'a ClusterSnapshot) -> Question<'a> {
    let mut linker = Linker::new(words::of(question), snapshot);
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
}

impl<'a> Linker<'a> {
    fn new(words: Vec<String>, snapshot: &'a ClusterSnapshot) -> Self {
        Self {
            snapshot,
            question: Question::new(split_alternatives(words)),
        }
    }

    fn namespace(&self, word: &str) -> Option<&'a str> {
        self.snapshot
            .namespaces
            .iter()
            .map(String::as_str)
            .find(|known| *known == word)
    }

    /// “namespace shop”, “the shop namespace”, “in shop”, “-n shop”.
    fn link_introduced_namespaces(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.question.word(at).to_owned();
            let before = at
                .checked_sub(1)
                .map_or("", |n| self.question.word(n))
                .to_owned();
            let after = self.question.word(at + 1).to_owned();
            let is_kind = |word: &str| matches!(word, "namespace" | "namespaces" | "ns" | "n");
            let is_named_so = is_kind(&before) || (is_kind(&after) && !lexicon::is_known(&word));
            let is_inside = matches!(
                before.as_str(),
                "in" | "from" | "within" | "inside" | "across"
            ) || (before == "the" && at >= 2 && self.question.word(at - 2) == "in");
            if !self.question.is_free(at) || !(is_named_so || is_inside) {
                continue;
            }
            match self.namespace(&word) {
                Some(name) => self.add_namespace(name, at),
                None if is_named_so => self.guess_namespace(&word, at),
                None => {}
            }
        }
    }

    fn add_namespace(&mut self, name: &'a str, at: usize) {
        self.question.roles[at] = Role::Name;
        if !self.question.namespaces.contains(&name) {
            self.question.namespaces.push(name);
        }
    }

    fn guess_namespace(&mut self, word: &str, at: usize) {
        if lexicon::is_filler(word) || lexicon::is_known(word) {
            return;
        }
        let near = self
            .snapshot
            .namespaces
            .iter()
            .find(|known| words::is_slip(word, known));
        self.question.roles[at] = Role::Name;
        match near {
            Some(name) => {
                self.note(word, name);
                self.add_namespace(name, at);
            }
            None => self.question.missing_namespace = Some(word.to_owned()),
        }
    }

    fn note(&mut self, typed: &str, meant: &str) {
        self.question.certainty = Certainty::Guess;
        self.question
            .notes
            .push(format!("read “{typed}” as {meant}"));
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
                self.question.pods.extend(pods);
            } else {
                self.add_workloads(workloads);
            }
        }
    }

    fn add_workloads(&mut self, found: Vec<&'a Workload>) {
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
                self.add_workloads(workloads);
                return true;
            }
            let pods: Vec<_> = self
                .snapshot
                .pods
                .iter()
                .filter(|pod| pod.name == name)
                .collect();
            if !pods.is_empty() {
                self.question.pods.extend(pods);
                return true;
            }
            if let Some(node) = self.node(name) {
                self.question.nodes.push(node);
                return true;
            }
            if let Some(namespace) = self.namespace(name) {
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

    fn link_numbers(&mut self) {
        for at in 0..self.question.words.len() {
            if !self.question.is_free(at) {
                continue;
            }
            let percent = self.question.word(at).strip_suffix('%').and_then(number);
            if let Some(percent) = percent.filter(|percent| (1..=100).contains(percent)) {
                self.question.roles[at] = Role::Number;
                self.question.percent.get_or_insert(percent);
            } else if let Some(number) = number(self.question.word(at)) {
                self.question.roles[at] = Role::Number;
                self.question.numbers.push(number);
            }
        }
    }

    /// Beginnings, parts and slips of names, for words that mean nothing else.
    fn link_guesses(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.question.word(at).to_owned();
            if !self.question.is_free(at) || word.len() < 3 || lexicon::is_vocabulary(&word) {
                continue;
            }
            if self.link_pod_beginning(&word) || self.link_part(&word) {
                self.question.roles[at] = Role::Name;
                self.question.certainty = Certainty::Guess;
            } else if lexicon::corrected(&word).is_none() && self.link_slip(&word) {
                self.question.roles[at] = Role::Name;
            }
        }
    }

    fn link_pod_beginning(&mut self, word: &str) -> bool {
        let bare = word.split_once('/').map_or(word, |(_, name)| name);
        if !bare.contains('-') {
            return false;
        }
        let pods: Vec<_> = self
            .snapshot
            .pods
            .iter()
            .filter(|pod| pod.name.starts_with(bare))
            .collect();
        let is_found = !pods.is_empty();
        self.question.pods.extend(pods);
        is_found
    }

    /// `ledger` for `ledger-api` and `ledger-db`.
    fn link_part(&mut self, word: &str) -> bool {
        let singular = word
            .strip_suffix('s')
            .filter(|s| s.len() > 2)
            .unwrap_or(word);
        let has_part = |name: &str| name.split('-').any(|part| part == word || part == singular);
        let found: Vec<_> = self
            .snapshot
            .workloads
            .iter()
            .filter(|w| has_part(w.reference.name.as_str()))
            .collect();
        let is_found = !found.is_empty();
        self.add_workloads(found);
        is_found
    }

    fn link_slip(&mut self, word: &str) -> bool {
        let names = self
            .snapshot
            .workloads
            .iter()
            .map(|w| w.reference.name.as_str());
        let others = self
            .snapshot
            .namespaces
            .iter()
            .map(String::as_str)
            .chain(self.snapshot.nodes.iter().map(|node| node.name.as_str()));
        let nearest = names
            .chain(others)
            .filter(|name| words::is_slip(word, name))
            .min_by_key(|name| words::distance(word, name))
            .map(str::to_owned);
        let Some(name) = nearest else {
            return false;
        };
        self.note(word, &name);
        self.link_exactly(&name)
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
        let question = &mut self.question;
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
fn split_alternatives(words: Vec<String>) -> Vec<String> {
    let is_pair = |word: &String| {
        word.split_once('/').is_some_and(|(left, right)| {
            lexicon::is_vocabulary(left)
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

/// A whole number in ASCII digits or as a word up to twelve.
pub(super) fn number(word: &str) -> Option<u32> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    if !word.is_empty() && word.len() <= 9 && word.bytes().all(|b| b.is_ascii_digit()) {
        return word.parse().ok();
    }
    WORDS
        .iter()
        .position(|known| *known == word)
        .and_then(|n| u32::try_from(n).ok())
}

fn retain_if_any<T>(list: &mut Vec<&T>, keep: impl Fn(&T) -> bool) {
    if list.iter().any(|item| keep(item)) {
        list.retain(|item| keep(item));
    }
}
