//! Namespaces that a question names as such: “in shop”, “the shop namespace”, “-n shop”.

use super::{Linker, lexicon, words};
use crate::intents::{
    compose::excerpt,
    question::{Certainty, Role},
};

impl<'a> Linker<'a> {
    /// “namespace shop”, “the shop namespace”, “in shop”, “-n shop”.
    pub(super) fn link_introduced_namespaces(&mut self) {
        for at in 0..self.question.words.len() {
            let word = self.question.word(at).to_owned();
            let before = at
                .checked_sub(1)
                .map_or("", |n| self.question.word(n))
                .to_owned();
            let after = self.question.word(at + 1).to_owned();
            let is_kind = |word: &str| matches!(word, "namespace" | "namespaces" | "ns" | "n");
            // “storefront namespace shop” and “storefront -n shop” introduce shop, not storefront.
            let introduces_next =
                after == "n" || self.namespace(self.question.word(at + 2)).is_some();
            let is_named_so = is_kind(&before)
                || (is_kind(&after) && !introduces_next && !lexicon::is_known(&word));
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
    pub(super) fn add_scope(&mut self, name: &'a str, at: usize) {
        self.scopes.push(name);
        self.add_namespace(name, at);
    }

    pub(super) fn add_namespace(&mut self, name: &'a str, at: usize) {
        self.question.roles[at] = Role::Name;
        if !self.question.namespaces.contains(&name) {
            self.question.namespaces.push(name);
        }
    }

    pub(super) fn guess_namespace(&mut self, word: &str, at: usize) {
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

    pub(super) fn note(&mut self, typed: &str, meant: &str) {
        self.question.certainty = Certainty::Guess;
        self.question
            .notes
            .push(format!("read “{}” as {meant}", excerpt(typed)));
    }
}
