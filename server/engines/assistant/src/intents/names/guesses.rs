//! Beginnings, parts and slips of names.

use super::{Linker, lexicon, words};
use crate::intents::question::{Certainty, Role};

impl Linker<'_> {
    /// Beginnings, parts and slips of names, for words that mean nothing else.
    pub(super) fn link_guesses(&mut self) {
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
            } else if self.is_a_place(at) {
                self.question.missing_node.get_or_insert(word);
            }
        }
    }

    /// “pods on worker-7”, “node worker-7”: only a node can stand there.
    fn is_a_place(&self, at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).map_or("", |n| self.question.word(n));
        let is_node = matches!(before(1), "node" | "host" | "machine");
        let is_on = before(1) == "on" || before(1) == "the" && before(2) == "on";
        let word = self.question.word(at);
        let is_phrase = lexicon::is_part_of_phrase(word) || lexicon::corrected(word).is_some();
        (is_on || is_node && word.contains(['-', '.'])) && !is_phrase
    }

    /// “ledger in staging”: with its subject named before, the word after “in” can only be a namespace.
    pub(super) fn is_in_an_unknown_namespace(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |n| self.question.word(n));
        matches!(before, "in" | "within" | "inside")
            && !self.mentions.is_empty()
            && self.scopes.is_empty()
    }

    pub(super) fn link_pod_beginning(&mut self, word: &str) -> bool {
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
    pub(super) fn link_part(&mut self, word: &str) -> bool {
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

    pub(super) fn link_slip(&mut self, word: &str) -> bool {
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
}

/// Whether `name` begins with `beginning`, whose last number is not cut off: `db-1` does not begin `db-10`.
fn begins_with_whole_number(name: &str, beginning: &str) -> bool {
    let Some(rest) = name.strip_prefix(beginning) else {
        return false;
    };
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !(is_digit(beginning.chars().last()) && is_digit(rest.chars().next()))
}
