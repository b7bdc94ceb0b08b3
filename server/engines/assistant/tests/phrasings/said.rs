//! What an answer has to say, and what it must not, in many wordings and within conversations.

use assistant::{Focus, Reply, print_command, understand_in};
use domain::{
    chat::{Block, Message, Speaker},
    command::KubectlCommand,
    ids::MessageId,
    snapshot::ClusterSnapshot,
};

use crate::{cases::CASES, company};

/// Sentences after “scale storefront to 4” that ask for no other number.
const NO_CORRECTION: &[&str] = &[
    "don't make it 5",
    "do not change it to 5",
    "never make it 5",
    "what if we make it 5 instead?",
    "would you make it 5 instead?",
    "if it is slow make it 5",
    "should I make it 5 instead?",
    "make it 5 tomorrow instead",
    "he said make it 5",
    "make it 5 or 6",
    "make it 5, no wait",
    "make it 5? no",
    "make it -5",
    "make it 5000",
    "how do I make it 5 instead?",
    "yes",
    "approve",
    "do it",
    "yes, make it so",
];

fn message(speaker: Speaker, text: &str, blocks: Vec<Block>) -> Message {
    Message {
        id: "00000000-0000-0000-0000-000000000000"
            .parse::<MessageId>()
            .expect("an id"),
        speaker,
        text: text.to_owned(),
        blocks,
        provenance: None,
        error: None,
        at: company::now(),
    }
}

/// The answer to `question` after the answers to `before`.
pub(crate) fn ask_after(before: &[&str], question: &str, snapshot: &ClusterSnapshot) -> Reply {
    let mut messages = Vec::new();
    for earlier in before {
        let reply = understand_in(earlier, &Focus::of(&messages, snapshot), snapshot);
        messages.push(message(Speaker::User, earlier, Vec::new()));
        messages.push(message(Speaker::Assistant, "", reply.blocks));
    }
    understand_in(question, &Focus::of(&messages, snapshot), snapshot)
}

/// Blocks, command and proposal of an answer as one text.
pub(crate) fn shown(reply: &Reply) -> String {
    let run = reply
        .run
        .clone()
        .map(|run| print_command(&KubectlCommand::Read(run)));
    format!(
        "{:?} run: {run:?} proposal: {:?}",
        reply.blocks, reply.proposal
    )
}

#[test]
fn every_wording_is_answered_with_what_was_asked_for() {
    let snapshot = company::snapshot();
    let mut missed = Vec::new();
    for case in CASES {
        assert!(case.questions.len() >= 4, "{:?}", case.questions);
        for question in case.questions {
            let answer = shown(&ask_after(case.before, question, &snapshot));
            let lacks = case.says.iter().find(|part| !answer.contains(**part));
            let has = case.never.iter().find(|part| answer.contains(**part));
            if lacks.is_some() || has.is_some() {
                missed.push(format!(
                    "{question}: lacks {lacks:?}, has {has:?}: {answer}"
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}

#[test]
fn what_only_speaks_of_another_number_plans_none() {
    let snapshot = company::snapshot();
    for question in NO_CORRECTION {
        let reply = ask_after(&["scale storefront to 4"], question, &snapshot);
        assert_eq!(reply.proposal, None, "{question}");
    }
}

#[test]
fn an_approval_in_words_names_the_plan_and_its_button() {
    let snapshot = company::snapshot();
    let plan = Block::Plan {
        plan: "00000000-0000-0000-0000-000000000000"
            .parse()
            .expect("an id"),
    };
    let messages = [
        message(Speaker::User, "scale storefront to 4", Vec::new()),
        message(Speaker::Assistant, "", vec![plan]),
    ];
    let focus = Focus::of(&messages, &snapshot);
    for text in [
        "yes",
        "approve",
        "do it",
        "ok",
        "sounds good",
        "Yes, go ahead!",
        "sure, please",
    ] {
        let shown = shown(&understand_in(text, &focus, &snapshot));
        assert!(
            shown.contains("The plan for “scale storefront to 4”"),
            "{text}: {shown}"
        );
        assert!(shown.contains("button"), "{text}: {shown}");
        assert!(
            shown.contains("run: None proposal: None"),
            "{text}: {shown}"
        );
    }
    for text in ["no", "cancel it", "never mind", "reject the plan"] {
        let shown = shown(&understand_in(text, &focus, &snapshot));
        assert!(
            shown.contains("“Reject”") && shown.contains("proposal: None"),
            "{text}: {shown}"
        );
    }
}
