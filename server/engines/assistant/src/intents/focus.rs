//! What a conversation is about: the workloads, pods, nodes and namespaces its messages named or were answered with.
//!
//! Derived anew from the stored messages for every question, so that nothing is remembered beside them. Which words of
//! a question refer back to it is decided in [`super::reference`].

use domain::{
    chat::{Block, Message, Speaker},
    command::{KubectlCommand, WriteCommand},
    resources::{Node, Pod, Workload},
    snapshot::ClusterSnapshot,
};

use super::{
    compose::excerpt,
    names,
    question::{Certainty, Question, Role},
    reference,
    request::{self, Request},
};

/// Messages that are looked back on; what was said before them is forgotten.
const REMEMBERED: usize = 16;

/// Something that is there now and that a conversation spoke of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Subject<'a> {
    Workload(&'a Workload),
    Pod(&'a Pod),
    Node(&'a Node),
    Namespace(&'a str),
}

impl Subject<'_> {
    /// As the linker of names reads it: `shop/storefront`, `node-1`, `namespace shop`.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Workload(workload) => workload.reference.to_string(),
            Self::Pod(pod) => format!("{}/{}", pod.namespace, pod.name),
            Self::Node(node) => node.name.clone(),
            Self::Namespace(name) => format!("namespace {name}"),
        }
    }
}

/// What a conversation is about, newest turn first. The default is a conversation that has not begun.
#[derive(Debug, Clone, Default)]
pub struct Focus<'a> {
    turns: Vec<Vec<Subject<'a>>>,
    /// The namespaces that were named last: “there”.
    places: Vec<&'a str>,
    /// The words of the last question that named nothing, when it asked for no change.
    asked: Vec<String>,
    /// The workload whose scaling was asked for last, while nothing else is spoken of.
    scaled: Option<&'a Workload>,
    /// The words that led to the last plan.
    planned: Option<String>,
    /// What the last list showed, in its order.
    listed: Vec<Subject<'a>>,
}

impl<'a> Focus<'a> {
    /// The focus after `messages`, oldest first; what `snapshot` no longer has is left out.
    #[must_use]
    pub fn of(messages: &[Message], snapshot: &'a ClusterSnapshot) -> Self {
        let recent = &messages[messages.len().saturating_sub(REMEMBERED)..];
        let mut focus = Self::default();
        for (at, message) in recent.iter().enumerate() {
            if message.speaker == Speaker::User {
                let answer = recent.get(at + 1);
                let answer = answer.filter(|next| next.speaker == Speaker::Assistant);
                focus.hear(
                    &message.text,
                    answer.map_or(&[], |answer| &answer.blocks),
                    snapshot,
                );
            }
        }
        focus
    }

    /// The subjects of the newest turn that has any which fit.
    pub(super) fn latest(&self, fits: impl Fn(&Subject<'a>) -> bool) -> Vec<Subject<'a>> {
        let of_turn = |turn: &Vec<Subject<'a>>| -> Vec<Subject<'a>> {
            turn.iter()
                .copied()
                .filter(|subject| fits(subject))
                .collect()
        };
        let places = self.places.iter().copied().map(Subject::Namespace);
        let mut fitting = self.turns.iter().map(of_turn);
        let found = fitting.find(|turn| !turn.is_empty());
        found.unwrap_or_else(|| places.filter(|place| fits(place)).collect())
    }

    /// The last question without its names: what “and cart?” asks again.
    pub(super) fn asked(&self) -> &[String] {
        &self.asked
    }

    /// The workload whose scaling was asked for last.
    pub(super) fn scaled(&self) -> Option<&'a Workload> {
        self.scaled
    }

    /// What the last plan of the conversation was asked for with.
    pub(super) fn planned(&self) -> Option<&str> {
        self.planned.as_deref()
    }

    /// What the last list showed and fits, in its order.
    pub(super) fn listed(&self, fits: impl Fn(&Subject<'a>) -> bool) -> Vec<Subject<'a>> {
        self.listed.iter().copied().filter(|s| fits(s)).collect()
    }

    fn hear(&mut self, text: &str, answer: &[Block], snapshot: &'a ClusterSnapshot) {
        self.see(text, answer, snapshot);
        let is_command = crate::grammar::parse_command(text).is_some();
        let question = if is_command {
            names::link(text, snapshot)
        } else {
            match reference::read(text, self, snapshot) {
                Ok(question) => question,
                Err(_) => return,
            }
        };
        self.asked = if is_command || reference::asks_for_change(&question) {
            Vec::new()
        } else {
            unnamed_words(&question)
        };
        if !question.namespaces.is_empty() {
            self.places.clone_from(&question.namespaces);
        }
        let is_sure = !is_command || question.certainty == Certainty::Exact;
        let mut subjects = if is_sure {
            named(&question)
        } else {
            Vec::new()
        };
        if subjects.len() != 1 {
            let mentioned = mentioned(answer, snapshot);
            if subjects.is_empty() || mentioned.len() == 1 {
                subjects = mentioned;
            }
        }
        self.scaled = match subjects.as_slice() {
            [Subject::Workload(workload)] if is_scaling(text, &question) => Some(workload),
            [] => self.scaled,
            [Subject::Workload(workload)] if self.scaled == Some(*workload) => self.scaled,
            _ => None,
        };
        if !subjects.is_empty() {
            self.turns.insert(0, subjects);
        }
    }

    /// Remembers what an answer shows, whatever the question was: its plan and its list.
    fn see(&mut self, text: &str, answer: &[Block], snapshot: &'a ClusterSnapshot) {
        if answer
            .iter()
            .any(|block| matches!(block, Block::Plan { .. }))
        {
            self.planned = Some(excerpt(text));
        }
        let listed = found(listed(answer).chain(offered(answer)), snapshot);
        if !listed.is_empty() {
            self.listed = listed;
        }
    }
}

fn unnamed_words(question: &Question<'_>) -> Vec<String> {
    let words = question.words.iter().zip(&question.roles);
    words
        .filter(|(_, role)| **role != Role::Name)
        .map(|(word, _)| word.clone())
        .collect()
}

fn named<'a>(question: &Question<'a>) -> Vec<Subject<'a>> {
    let pods = question.pods.iter().copied().map(Subject::Pod);
    let workloads = question.workloads.iter().copied().map(Subject::Workload);
    let nodes = question.nodes.iter().copied().map(Subject::Node);
    let running: Vec<_> = workloads.chain(pods).collect();
    if running.is_empty() {
        nodes.collect()
    } else {
        running
    }
}

/// What an answer spoke of: the one thing its first sentence names, else all that it lists.
fn mentioned<'a>(answer: &[Block], snapshot: &'a ClusterSnapshot) -> Vec<Subject<'a>> {
    if let Some(Block::Text { text }) = answer.first() {
        let found = found(text.split_whitespace(), snapshot);
        if found.len() == 1 {
            return found;
        }
    }
    found(listed(answer), snapshot)
}

/// Subjects of findings and first cells of rows.
fn listed(answer: &[Block]) -> impl Iterator<Item = &str> {
    answer.iter().flat_map(|block| match block {
        Block::Finding { subject, .. } => vec![subject.as_str()],
        Block::Table { rows, .. } => rows
            .iter()
            .filter_map(|row| row.first().map(String::as_str))
            .collect(),
        Block::Text { .. }
        | Block::Recommendation { .. }
        | Block::Output { .. }
        | Block::Choice { .. }
        | Block::Plan { .. }
        | Block::Page { .. } => Vec::new(),
    })
}

/// First words of what is offered to choose from.
fn offered(answer: &[Block]) -> impl Iterator<Item = &str> {
    let options = answer.iter().filter_map(|block| match block {
        Block::Choice { options, .. } => Some(options),
        Block::Text { .. }
        | Block::Finding { .. }
        | Block::Table { .. }
        | Block::Recommendation { .. }
        | Block::Output { .. }
        | Block::Plan { .. }
        | Block::Page { .. } => None,
    });
    options
        .flatten()
        .filter_map(|(label, _)| label.split_whitespace().next())
}

/// Whether a message asks for another number of replicas.
fn is_scaling(text: &str, question: &Question<'_>) -> bool {
    match crate::grammar::parse_command(text) {
        Some(command) => matches!(
            command,
            Ok(KubectlCommand::Write(WriteCommand::Scale { .. }))
        ),
        None => matches!(request::of(question), Some(Request::Scale(_))),
    }
}

fn found<'a, 'w>(
    words: impl Iterator<Item = &'w str>,
    snapshot: &'a ClusterSnapshot,
) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for word in words {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if let Some(subject) = subject(word, snapshot).filter(|known| !subjects.contains(known)) {
            subjects.push(subject);
        }
    }
    subjects
}

/// The pod, workload or node of a name as answers write it. A pod that is gone stands for its workload.
fn subject<'a>(word: &str, snapshot: &'a ClusterSnapshot) -> Option<Subject<'a>> {
    let Some((namespace, name)) = word.split_once('/') else {
        let node = snapshot.nodes.iter().find(|node| node.name == word);
        return node.map(Subject::Node);
    };
    let pod = |pod: &&Pod| pod.namespace == namespace && pod.name == name;
    if let Some(pod) = snapshot.pods.iter().find(pod) {
        return Some(Subject::Pod(pod));
    }
    let begins = |workload: &&Workload| {
        let known = workload.reference.name.as_str();
        let rest = name.strip_prefix(known);
        workload.reference.namespace.as_str() == namespace
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let workloads = snapshot.workloads.iter().filter(begins);
    workloads
        .max_by_key(|workload| workload.reference.name.as_str().len())
        .map(Subject::Workload)
}
