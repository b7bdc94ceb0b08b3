//! Phrasings and the intents they have: a corpus of ways people ask.
//!
//! `TUNED` was at hand while the lexicon was written; `HELD_OUT` was written afterwards in other words and
//! may miss a few, which the test counts.

#[path = "../company/mod.rs"]
mod company;
mod corpus;

use assistant::{Intent, intent_of, understand};
use corpus::{HELD_OUT, TUNED};
use domain::snapshot::ClusterSnapshot;

fn tuned() -> impl Iterator<Item = (Intent, &'static str)> {
    TUNED
        .iter()
        .flat_map(|(intent, questions)| questions.iter().map(|question| (*intent, *question)))
}

fn missed(
    cases: impl Iterator<Item = (Intent, &'static str)>,
    snapshot: &ClusterSnapshot,
) -> Vec<(&'static str, Intent, Intent)> {
    cases
        .map(|(expected, question)| (question, expected, intent_of(question, snapshot)))
        .filter(|(_, expected, found)| expected != found)
        .collect()
}

#[test]
fn understands_every_phrasing_of_the_corpus() {
    let snapshot = company::snapshot();
    assert!(tuned().count() + HELD_OUT.len() >= 150);
    let missed = missed(tuned(), &snapshot);
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}

#[test]
fn understands_nine_in_ten_phrasings_it_was_not_tuned_on() {
    let snapshot = company::snapshot();
    let missed = missed(HELD_OUT.iter().copied(), &snapshot);
    assert!(
        missed.len() * 10 <= HELD_OUT.len(),
        "{} of {} missed: {missed:#?}",
        missed.len(),
        HELD_OUT.len()
    );
}

#[test]
fn only_requests_for_changes_propose_one() {
    let snapshot = company::snapshot();
    for (intent, question) in tuned().chain(HELD_OUT.iter().copied()) {
        let is_change = matches!(intent, Intent::Scale | Intent::Restart);
        let reply = understand(question, &snapshot);
        assert!(
            is_change || reply.proposal.is_none(),
            "{question}: {:?}",
            reply.proposal
        );
    }
}

#[test]
fn every_answer_begins_with_a_sentence_and_has_even_tables() {
    use domain::chat::Block;
    let snapshot = company::snapshot();
    for (_, question) in tuned().chain(HELD_OUT.iter().copied()) {
        let reply = understand(question, &snapshot);
        assert!(
            matches!(reply.blocks.first(), Some(Block::Text { text }) if text.len() > 5),
            "{question}"
        );
        for block in &reply.blocks {
            if let Block::Table { columns, rows } = block {
                assert!(
                    !rows.is_empty() && rows.iter().all(|row| row.len() == columns.len()),
                    "{question}"
                );
            }
        }
    }
}

#[test]
fn every_command_it_offers_can_be_understood() {
    use domain::chat::Block;
    let snapshot = company::snapshot();
    let offered = |block: &Block| match block {
        Block::Recommendation { command, .. } => vec![command.clone()],
        Block::Choice { options, .. } => {
            options.iter().map(|(_, message)| message.clone()).collect()
        }
        Block::Text { .. }
        | Block::Finding { .. }
        | Block::Table { .. }
        | Block::Output { .. }
        | Block::Plan { .. }
        | Block::Page { .. } => Vec::new(),
    };
    for (_, question) in tuned().chain(HELD_OUT.iter().copied()) {
        for message in understand(question, &snapshot)
            .blocks
            .iter()
            .flat_map(offered)
            .filter(|message| !message.is_empty())
        {
            match assistant::parse_command(&message) {
                Some(command) => assert!(command.is_ok(), "{question}: {message}: {command:?}"),
                None => assert_ne!(
                    intent_of(&message, &snapshot),
                    Intent::Unknown,
                    "{question}: {message}"
                ),
            }
        }
    }
}
