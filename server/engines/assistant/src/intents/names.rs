//! Entity linking: which words of a question name something in the snapshot.
//!
//! Names come only from the snapshot and are matched against what the person typed; nothing in a name or
//! in any other text of the cluster is ever read as a request.

use domain::{
    resources::{Node, Pod, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
};

use super::{
    lexicon::{self, Concept, Concepts},
    words,
};

/// How sure a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// Part of the name, or a slip of it.
    Guess,
    /// The name itself, its plural, or its words joined.
    Exact,
}

/// What one word turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Not looked at by the linker.
    Plain,
    /// A name, or part of one, or the word that introduces it.
    Name,
    /// A number.
    Number,
}

/// A question with everything found in it.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// Its words.
    pub(super) words: Vec<String>,
    /// What each word turned out to be; as long as `words`.
    pub(super) roles: Vec<Role>,
    /// Concepts with the words they cover.
    pub(super) spans: Vec<(Concept, std::ops::Range<usize>)>,
    /// Which concepts there are.
    pub(super) concepts: Concepts,
    /// Namespaces named.
    pub(super) namespaces: Vec<&'a str>,
    /// Workloads named, all candidates.
    pub(super) workloads: Vec<&'a Workload>,
    /// Pods named by their own name or its beginning.
    pub(super) pods: Vec<&'a Pod>,
    /// Nodes named.
    pub(super) nodes: Vec<&'a Node>,
    /// The least sure link.
    pub(super) certainty: Certainty,
    /// Words that name nothing known and mean nothing known.
    pub(super) unknown: Vec<String>,
    /// A namespace that was asked for and does not exist.
    pub(super) missing_namespace: Option<String>,
    /// “read X as Y”.
    pub(super) notes: Vec<String>,
    /// Numbers in order.
    pub(super) numbers: Vec<u32>,
    /// The first percentage: “above 80%”.
    pub(super) percent: Option<u32>,
}

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
        let words = split_alternatives(words);
        Self {
            snapshot,
            question: Question {
                roles: vec![Role::Plain; words.len()],
                words,
                spans: Vec::new(),
                concepts: Concepts::default(),
                namespaces: Vec::new(),
                workloads: Vec::new(),
                pods: Vec::new(),
                nodes: Vec::new(),
                certainty: Certainty::Exact,
                unknown: Vec::new(),
                missing_namespace: None,
                notes: Vec::new(),
                numbers: Vec::new(),
                percent: None,
            },
        }
    }

    fn word(&self, at: usize) -> &str {
        self.question.words.get(at).map_or("", String::as_str)
    }

    fn is_free(&self, at: usize) -> bool {
        self.question.roles.get(at) == Some(&Role::Plain)
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
            let word = self.word(at).to_owned();
            let before = at.checked_sub(1).map_or("", |n| self.word(n)).to_owned();
            let after = self.word(at + 1).to_owned();
            let is_kind = |word: &str| matches!(word, "namespace" | "namespaces" | "ns" | "n");
            let is_named_so = is_kind(&before) || (is_kind(&after) && !lexicon::is_known(&word));
            let is_inside = matches!(
                before.as_str(),
                "in" | "from" | "within" | "inside" | "across"
            ) || (before == "the" && at >= 2 && self.word(at - 2) == "in");
            if !self.is_free(at) || !(is_named_so || is_inside) {
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
            let word = self.word(at).to_owned();
            let Some((left, right)) = word.split_once('/').filter(|_| self.is_free(at)) else {
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
                if range.clone().all(|n| self.is_free(n)) {
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
            let word = self.word(at).to_owned();
            if self.is_free(at)
                && (!is_vocabulary(&word) || self.is_introduced(at))
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
        let before = at.checked_sub(1).map_or("", |n| self.word(n));
        is_kind(before) || is_kind(self.word(at + 1)) || is_verb(before)
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
            if !self.is_free(at) {
                continue;
            }
            let percent = self.word(at).strip_suffix('%').and_then(number);
            if let Some(percent) = percent.filter(|percent| (1..=100).contains(percent)) {
                self.question.roles[at] = Role::Number;
                self.question.percent.get_or_insert(percent);
            } else if let Some(number) = number(self.word(at)) {
                self.question.roles[at] = Role::Number;
                self.question.numbers.push(number);
            }
        }
    }

    /// Beginnings, parts and slips of names, for words that mean nothing else.
    fn link_guesses(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.word(at).to_owned();
            if !self.is_free(at) || word.len() < 3 || is_vocabulary(&word) {
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
        self.read_concepts();
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

    fn read_concepts(&mut self) {
        let mut plain: Vec<String> = Vec::new();
        let mut origin = Vec::new();
        for (at, word) in self.question.words.iter().enumerate() {
            if self.question.roles[at] != Role::Plain {
                // A name ends a phrase: no phrase reaches across it.
                plain.push(String::from("\u{0}"));
                origin.push(at);
                continue;
            }
            let meant = self.meaning(word);
            for part in meant.split(['-', ' ']) {
                plain.push(part.to_owned());
                origin.push(at);
            }
        }
        let parts: Vec<&str> = plain.iter().map(String::as_str).collect();
        let spans: Vec<_> = lexicon::concepts_of(&parts)
            .into_iter()
            .map(|(concept, range)| (concept, origin[range.start]..origin[range.end - 1] + 1))
            .collect();
        self.set_concepts(spans);
    }

    /// The word itself, or the known word it is a slip of.
    fn meaning(&self, word: &str) -> String {
        let is_clear = lexicon::is_part_of_phrase(word)
            || is_vocabulary(word)
            || word.contains('-') && word.split('-').all(is_vocabulary);
        if is_clear {
            return word.to_owned();
        }
        lexicon::corrected(word).unwrap_or(word).to_owned()
    }

    fn set_concepts(&mut self, spans: Vec<(Concept, std::ops::Range<usize>)>) {
        let is_covered = |at: usize| spans.iter().any(|(_, range)| range.contains(&at));
        let unknown = (0..self.question.words.len())
            .filter(|&at| self.is_free(at) && !is_covered(at))
            .map(|at| self.question.words[at].clone())
            .filter(|word| !lexicon::is_filler(word))
            .collect();
        let question = &mut self.question;
        question.unknown = unknown;
        for (concept, _) in &spans {
            question.concepts.insert(*concept);
        }
        question.spans = spans;
        let named = [
            (Concept::NamedWorkload, !question.workloads.is_empty()),
            (Concept::NamedPod, !question.pods.is_empty()),
            (Concept::NamedNode, !question.nodes.is_empty()),
            (Concept::NamedNamespace, !question.namespaces.is_empty()),
            (Concept::Number, !question.numbers.is_empty()),
        ];
        for (concept, _) in named.into_iter().filter(|(_, is_named)| *is_named) {
            question.concepts.insert(concept);
        }
    }
}

fn is_vocabulary(word: &str) -> bool {
    lexicon::is_known(word) || lexicon::is_filler(word)
}

/// `cpu/memory` is two words; `shop/web` is one.
fn split_alternatives(words: Vec<String>) -> Vec<String> {
    let is_pair = |word: &String| {
        word.split_once('/').is_some_and(|(left, right)| {
            is_vocabulary(left) && is_vocabulary(right) && workload_kind(left).is_none()
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
