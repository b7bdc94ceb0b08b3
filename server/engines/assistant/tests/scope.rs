//! Namespaces, numbers and qualifiers of a question are kept to, or the answer says that they cannot be.

mod company;

use assistant::{Reply, understand};
use domain::chat::Block;

fn ask(question: &str) -> Reply {
    understand(question, &company::snapshot())
}

fn first(reply: &Reply) -> &str {
    match reply.blocks.first() {
        Some(Block::Text { text }) => text,
        other => panic!("begins with {other:?}"),
    }
}

fn options(reply: &Reply) -> Vec<&str> {
    let mut found = Vec::new();
    for block in &reply.blocks {
        if let Block::Choice { options, .. } = block {
            found.extend(options.iter().map(|(_, message)| message.as_str()));
        }
    }
    found
}

/// First cells of all tables.
fn subjects(reply: &Reply) -> Vec<&str> {
    let mut found = Vec::new();
    for block in &reply.blocks {
        if let Block::Table { rows, .. } = block {
            found.extend(rows.iter().map(|row| row[0].as_str()));
        }
    }
    found
}

#[test]
fn a_name_in_the_wrong_namespace_is_never_its_namesake_elsewhere() {
    for (question, sentence, option) in [
        (
            "scale storefront in payments to 3",
            "There is no storefront in payments; there is one in shop.",
            "scale storefront in shop to 3",
        ),
        (
            "restart storefront in payments",
            "There is no storefront in payments; there is one in shop.",
            "restart storefront in shop",
        ),
        (
            "describe gateway in shop",
            "There is no gateway in shop; there is one in payments.",
            "describe payment-gateway in payments",
        ),
        (
            "logs of ledger in shop",
            "There is no ledger in shop; there is one in payments.",
            "logs of ledger in payments",
        ),
        (
            "cpu of ledger in analytics",
            "There is no ledger in analytics; there is one in payments.",
            "cpu of ledger in payments",
        ),
        (
            "restart storefront and ledger in shop",
            "There is no ledger in shop; there is one in payments.",
            "restart storefront and ledger in payments",
        ),
        (
            "logs of ledger-6c5d in shop",
            "There is no ledger-6c5d in shop; there is one in payments.",
            "logs of ledger-6c5d-m4n5o in payments",
        ),
    ] {
        let reply = ask(question);
        assert_eq!((&reply.proposal, &reply.run), (&None, &None), "{question}");
        assert!(!reply.success, "{question}");
        assert!(
            first(&reply).starts_with(sentence),
            "{question}: {}",
            first(&reply)
        );
        assert_eq!(options(&reply)[0], option, "{question}");
    }
}

#[test]
fn a_namespace_that_does_not_exist_is_not_ignored() {
    for question in [
        "scale storefront in staging to 5",
        "logs of ledger in batch",
    ] {
        let reply = ask(question);
        assert_eq!((&reply.proposal, &reply.run), (&None, &None), "{question}");
        assert!(
            first(&reply).starts_with("There is no namespace called"),
            "{question}: {}",
            first(&reply)
        );
    }
}

#[test]
fn another_number_is_another_name() {
    for (question, sentence) in [
        (
            "why is node-9 down",
            "There is no node-9; there are node-1 and node-2.",
        ),
        (
            "memory of node-7",
            "There is no node-7; there are node-1 and node-2.",
        ),
        (
            "pods on node 9",
            "There is no node-9; there are node-1 and node-2.",
        ),
        (
            "logs of orders-db-7",
            "There is no orders-db-7; there is orders-db-0.",
        ),
        (
            "restart orders-db-7",
            "There is no orders-db-7; there is orders-db-0.",
        ),
    ] {
        let reply = ask(question);
        assert_eq!((&reply.proposal, &reply.run), (&None, &None), "{question}");
        assert!(!reply.success, "{question}");
        assert_eq!(first(&reply), sentence, "{question}");
        assert!(subjects(&reply).is_empty(), "{question}");
        assert!(!options(&reply).is_empty(), "{question}");
    }
    assert_eq!(
        options(&ask("pods on node 9")),
        ["pods on node-1", "pods on node-2"]
    );
}

#[test]
fn repeats_no_more_than_sixty_characters_of_a_question() {
    for question in [
        format!("why is {}-x crashing", "a".repeat(900)),
        format!("pods in namespace {}", "b".repeat(900)),
        format!("scale storefront to 5{}", "c".repeat(900)),
        "d".repeat(900),
    ] {
        let shown = format!("{:?}", ask(&question).blocks);
        assert!(
            !shown.contains(&question[question.len() / 2..][..61]),
            "{shown}"
        );
    }
}

#[test]
fn an_autoscaler_is_inactive_at_no_replicas() {
    let shown = format!("{:?}", ask("scale cart to 0").blocks);
    assert!(shown.contains("is inactive at 0 replicas"), "{shown}");
    assert!(!shown.contains("change it back"), "{shown}");
}
