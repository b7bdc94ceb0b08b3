//! Numbers, percentages, and numbered names of which only other numbers exist.

use domain::snapshot::ClusterSnapshot;

use super::{Linker, Role};

impl Linker<'_> {
    pub(super) fn link_numbers(&mut self) {
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
    pub(super) fn missing_node(&self, at: usize) -> Option<String> {
        let word = self.question.word(at);
        let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let before = at.checked_sub(1).map_or("", |n| self.question.word(n));
        let name = format!("node-{word}");
        (is_number && before == "node" && self.has_other_number(&name)).then_some(name)
    }

    /// Whether names exist that differ from `word` in their number only.
    pub(super) fn has_other_number(&self, word: &str) -> bool {
        other_numbers(word, self.snapshot).next().is_some()
    }
}

/// Names of nodes, pods and workloads that differ from `word` in the number at their end only.
pub(in crate::intents) fn other_numbers<'a>(
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

/// A whole number in ASCII digits or as a word up to twelve.
pub(in crate::intents) fn number(word: &str) -> Option<u32> {
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
