//! Entity linking: which words of a question name something in the snapshot.
//!
//! Names come only from the snapshot and are matched against what the person typed; nothing in a name or
//! in any other text of the cluster is ever read as a request.

use domain::{
    resources::{Node, Pod, Workload, WorkloadKind},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::excerpt,
    lexicon, qualifiers,
    question::{Certainty, Elsewhere, Question, Role},
    words,
};

/// Reads a question against a snapshot.
pub(super) fn link<'a>(question: &str, snapshot: &'a ClusterSnapshot) -> Question<'a> {
    let mut linker = Linker::new(words::of(question), snapshot);
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
            question: Question::new(split_alternatives(words)),
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
                Some(name) => self.add_scope(name, at),
                None if is_named_so => self.guess_namespace(&word, at),
                None => {}
            }
        }
    }

    /// A namespace that everything named has to be in.
    fn add_scope(&mut self, name: &'a str, at: usize) {
        self.scopes.push(name);
        self.add_namespace(name, at);
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
                self.add_scope(name, at);
            }
            None => self.question.missing_namespace = Some(word.to_owned()),
        }
    }

    fn note(&mut self, typed: &str, meant: &str) {
        self.question.certainty = Certainty::Guess;
        self.question
            .notes
            .push(format!("read “{}” as {meant}", excerpt(typed)));
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

    fn link_numbers(&mut self) {
        for at in 0..self.question.words.len() {
            if !self.question.is_free(at) {
                continue;
            }
            let percent = self.question.word(at).strip_suffix('%').and_then(number);
            if let Some(percent) = percent.filter(|percent| (1..=100).contains(percent)) {
                self.question.roles[at] = Role::Number;
                self.question.percent.get_or_insert(percent);
            } else if let Some(node) = self.missing_node(at) {
                self.question.roles[at] = Role::Name;
                self.question.missing_number.get_or_insert(node);
            } else if let Some(number) = number(self.question.word(at)) {
                self.question.roles[at] = Role::Number;
                self.question.numbers.push(number);
            }
        }
    }

    /// “node 9” when nodes are numbered and none has that number.
    fn missing_node(&self, at: usize) -> Option<String> {
        let word = self.question.word(at);
        let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let before = at.checked_sub(1).map_or("", |n| self.question.word(n));
        let name = format!("node-{word}");
        (is_number && before == "node" && self.has_other_number(&name)).then_some(name)
    }

    /// Whether names exist that differ from `word` in their number only.
    fn has_other_number(&self, word: &str) -> bool {
        other_numbers(word, self.snapshot).next().is_some()
    }

    /// Beginnings, parts and slips of names, for words that mean nothing else.
    fn link_guesses(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.question.word(at).to_owned();
            if !self.question.is_free(at) || word.len() < 3 || lexicon::is_vocabulary(&word) {
                continue;
            }
            if self.is_in_an_unknown_namespace(at) {
                self.guess_namespace(&word, at);
            } else if self.link_pod_beginning(&word) || self.link_part(&word) {
                self.question.roles[at] = Role::Name;
                self.question.certainty = Certainty::Guess;
            } else if lexicon::corrected(&word).is_none() && self.link_slip(&word) {
                self.question.roles[at] = Role::Name;
            } else if self.has_other_number(&word) {
                self.question.missing_number.get_or_insert(word);
            }
        }
    }

    /// “ledger in staging”: with its subject named before, the word after “in” can only be a namespace.
    fn is_in_an_unknown_namespace(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |n| self.question.word(n));
        matches!(before, "in" | "within" | "inside")
            && !self.mentions.is_empty()
            && self.scopes.is_empty()
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
            .filter(|pod| begins_with_whole_number(&pod.name, bare))
            .collect();
        if pods.is_empty() {
            return false;
        }
        self.add_pods(bare, pods);
        true
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
        if found.is_empty() {
            return false;
        }
        self.add_workloads(word, found);
        true
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

/// Whether `name` begins with `beginning`, whose last number is not cut off: `db-1` does not begin `db-10`.
fn begins_with_whole_number(name: &str, beginning: &str) -> bool {
    let Some(rest) = name.strip_prefix(beginning) else {
        return false;
    };
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !(is_digit(beginning.chars().last()) && is_digit(rest.chars().next()))
}

/// Names of nodes, pods and workloads that differ from `word` in the number at their end only.
pub(super) fn other_numbers<'a>(
    word: &str,
    snapshot: &'a ClusterSnapshot,
) -> impl Iterator<Item = &'a str> {
    let stem = numbered(word).map(str::to_owned);
    let nodes = snapshot.nodes.iter().map(|node| node.name.as_str());
    let pods = snapshot.pods.iter().map(|pod| pod.name.as_str());
    let workloads = snapshot.workloads.iter().map(|w| w.reference.name.as_str());
    nodes.chain(pods).chain(workloads).filter(move |name| {
        stem.as_deref().is_some_and(|stem| {
            numbered(name)
                .is_some_and(|known| known == stem || known.ends_with(&format!("-{stem}")))
        })
    })
}

/// `node` of `node-9`.
fn numbered(name: &str) -> Option<&str> {
    let (stem, number) = name.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (is_number && !stem.is_empty()).then_some(stem)
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
