//! A question and what was found in it.
//!
//! The linker of [`names`](super::names) marks the words that name something in the snapshot; the words it
//! leaves plain are read as concepts here.

use std::ops::Range;

use domain::resources::{Node, Pod, Workload};

use super::{
    filters::Filters,
    lexicon::{self, Concept, Concepts},
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
    /// Part of a qualifier that was understood: “not in shop”.
    Qualifier,
}

/// A name that was given with a namespace and exists in others only.
#[derive(Debug)]
pub(super) struct Elsewhere<'a> {
    /// The name as it was typed.
    pub(super) typed: String,
    /// The namespaces it was looked for in.
    pub(super) asked: Vec<&'a str>,
    /// Where it is: namespace and full name.
    pub(super) found: Vec<(&'a str, &'a str)>,
}

/// A question with everything found in it.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// Its words.
    pub(super) words: Vec<String>,
    /// What each word turned out to be; as long as `words`.
    pub(super) roles: Vec<Role>,
    /// Concepts with the words they cover.
    pub(super) spans: Vec<(Concept, Range<usize>)>,
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
    /// A numbered name of which only other numbers exist: `node-9`.
    pub(super) missing_number: Option<String>,
    /// The word after “on” that names nothing: no node has that name.
    pub(super) missing_node: Option<String>,
    /// What was asked for in a namespace that has nothing of that name.
    pub(super) elsewhere: Option<Elsewhere<'a>>,
    /// What a list is narrowed to.
    pub(super) filters: Filters<'a>,
    /// “read X as Y”.
    pub(super) notes: Vec<String>,
    /// Numbers in order.
    pub(super) numbers: Vec<u32>,
    /// The first percentage: “above 80%”.
    pub(super) percent: Option<u32>,
}

impl Question<'_> {
    /// A question of these words with nothing found in it yet.
    pub(super) fn new(words: Vec<String>) -> Self {
        Self {
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
            missing_number: None,
            missing_node: None,
            elsewhere: None,
            filters: Filters::default(),
            notes: Vec::new(),
            numbers: Vec::new(),
            percent: None,
        }
    }

    /// The word at a place; empty beyond both ends.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    /// Whether the word at a place names nothing and is no number.
    pub(super) fn is_free(&self, at: usize) -> bool {
        self.roles.get(at) == Some(&Role::Plain)
    }

    /// Finds what the words that name nothing mean.
    pub(super) fn read_concepts(&mut self) {
        let mut plain: Vec<String> = Vec::new();
        let mut origin = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            if self.roles[at] != Role::Plain {
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
            || lexicon::is_vocabulary(word)
            || word.contains('-') && word.split('-').all(lexicon::is_vocabulary);
        if is_clear {
            return word.to_owned();
        }
        lexicon::corrected(word).unwrap_or(word).to_owned()
    }

    fn set_concepts(&mut self, spans: Vec<(Concept, Range<usize>)>) {
        let is_covered = |at: usize| spans.iter().any(|(_, range)| range.contains(&at));
        let unknown = (0..self.words.len())
            .filter(|&at| self.is_free(at) && !is_covered(at))
            .map(|at| self.words[at].clone())
            .filter(|word| !lexicon::is_filler(word))
            .collect();
        self.unknown = unknown;
        for (concept, _) in &spans {
            self.concepts.insert(*concept);
        }
        self.spans = spans;
        let named = [
            (Concept::NamedWorkload, !self.workloads.is_empty()),
            (Concept::NamedPod, !self.pods.is_empty()),
            (Concept::NamedNode, !self.nodes.is_empty()),
            (Concept::NamedNamespace, !self.namespaces.is_empty()),
            (Concept::Number, !self.numbers.is_empty()),
        ];
        for (concept, _) in named.into_iter().filter(|(_, is_named)| *is_named) {
            self.concepts.insert(concept);
        }
    }
}
