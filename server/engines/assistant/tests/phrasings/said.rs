//! What an answer has to say, and what it must not, in many wordings and within conversations.

use assistant::{Focus, Reply, print_command, understand_in};
use domain::{
    chat::{Block, Message, Speaker},
    command::KubectlCommand,
    ids::MessageId,
    snapshot::ClusterSnapshot,
};

use crate::company;

/// Questions asked before, wordings of the last one, what each answer shows, and what none shows.
type Case = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[(
    &[],
    &[
        "Which pods restart and why?",
        "which pods keep restarting, and why?",
        "why do pods restart?",
        "why are pods restarting",
        "tell me which containers restart and the reason",
        "what pods are restarting and why",
    ],
    &[
        "1 pod restarted",
        "payments/ledger-6c5d-xk2lp",
        "7 restarts, the last 3m ago: it reached its memory limit of 512 MiB",
        "Raise the memory limit",
        "why is ledger-6c5d-xk2lp restarting in payments?",
    ],
    &["storefront"],
)];

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
    for (before, questions, wanted, unwanted) in CASES {
        assert!(questions.len() >= 4, "{questions:?}");
        for question in *questions {
            let answer = shown(&ask_after(before, question, &snapshot));
            let lacks = wanted.iter().find(|part| !answer.contains(**part));
            let has = unwanted.iter().find(|part| answer.contains(**part));
            if lacks.is_some() || has.is_some() {
                missed.push(format!(
                    "{question}: lacks {lacks:?}, has {has:?}: {answer}"
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}
