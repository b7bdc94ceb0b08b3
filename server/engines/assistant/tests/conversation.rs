//! Words that refer back to the conversation: what they are taken to be, and what is asked when that is not clear.

mod company;

use assistant::{Focus, Reply, print_command, understand, understand_in};
use domain::{
    chat::{Block, Message, Speaker},
    command::KubectlCommand,
    ids::MessageId,
    plan::ClusterAction,
};

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

/// The answer to the last of `questions`, each asked after the answers to those before it.
fn converse(questions: &[&str]) -> Reply {
    let snapshot = company::snapshot();
    let mut messages = Vec::new();
    let mut last = understand("", &snapshot);
    for question in questions {
        last = understand_in(question, &Focus::of(&messages, &snapshot), &snapshot);
        messages.push(message(Speaker::User, question, Vec::new()));
        messages.push(message(Speaker::Assistant, "", last.blocks.clone()));
    }
    last
}

fn shown(reply: &Reply) -> String {
    let run = reply
        .run
        .clone()
        .map(|run| print_command(&KubectlCommand::Read(run)));
    format!("{:?} {run:?}", reply.blocks)
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

#[track_caller]
fn check(questions: &[&str], parts: &[&str]) {
    let reply = converse(questions);
    let shown = shown(&reply);
    for part in parts {
        assert!(
            shown.contains(part),
            "{questions:?}: no {part:?} in {shown}"
        );
    }
}

#[track_caller]
fn check_scale(questions: &[&str], workload: &str, replicas: u32) {
    match converse(questions).proposal {
        Some(ClusterAction::Scale {
            workload: found,
            replicas: count,
        }) => {
            assert_eq!(
                (found.to_string().as_str(), count.0),
                (workload, replicas),
                "{questions:?}"
            );
        }
        other => panic!("{questions:?}: {other:?}"),
    }
}

#[test]
fn it_is_what_the_last_question_named_and_the_answer_says_so() {
    check_scale(
        &["tell me about storefront", "scale it to 4"],
        "shop/storefront",
        4,
    );
    check_scale(
        &["how is cart doing?", "please scale that one to 5"],
        "shop/cart",
        5,
    );
    check_scale(
        &["kubectl get deploy storefront -n shop", "scale it up by 2"],
        "shop/storefront",
        5,
    );
    check(
        &["tell me about storefront", "scale it to 4"],
        &["I took “it” to be shop/storefront."],
    );
}

#[test]
fn questions_whose_subject_is_a_pronoun_or_left_out_are_answered_about_it() {
    check(
        &["why is the ledger crashing?", "show its logs"],
        &[
            "kubectl logs ledger-6c5d-xk2lp",
            "took “its” to be payments/ledger",
        ],
    );
    check(
        &["tell me about ledger", "why?"],
        &["ran out of memory", "this to be about payments/ledger"],
    );
    check(
        &["logs of ledger", "and its events"],
        &["Back-off restarting"],
    );
    check(
        &["is cart ok?", "what about its memory"],
        &["shop/cart uses 170m CPU"],
    );
    check(
        &["tell me about storefront", "logs"],
        &["kubectl logs storefront-7d9f-aaaaa"],
    );
    check(
        &["tell me about storefront", "show me the yaml"],
        &["kubectl get deployment storefront"],
    );
    check(
        &["tell me about storefront", "which ports does it use?"],
        &["kubectl get deployment storefront"],
    );
    check(
        &["tell me about storefront", "compare it with cart"],
        &["shop/cart uses", "shop/storefront uses"],
    );
    check(
        &[
            "tell me about storefront",
            "would 2 more replicas of it fit?",
        ],
        &["2 more pods of shop/storefront"],
    );
    check(
        &["tell me about storefront", "restart it"],
        &["Restarting shop/storefront"],
    );
}

#[test]
fn it_is_what_the_answer_named_when_the_question_named_nothing() {
    check_scale(
        &["which pod uses the most cpu?", "scale it to 5"],
        "shop/storefront",
        5,
    );
    check(
        &["which pods restarted?", "why?"],
        &["payments/ledger-6c5d-xk2lp: it ran out of memory"],
    );
    check_scale(
        &["pods of storefront", "scale it to 5"],
        "shop/storefront",
        5,
    );
}

#[test]
fn it_stays_what_it_was_through_further_questions_about_it() {
    check_scale(
        &[
            "why is storefront slow?",
            "show its logs",
            "and its events",
            "ok, scale it to 6",
        ],
        "shop/storefront",
        6,
    );
    check_scale(
        &[
            "tell me about storefront",
            "what can you do?",
            "scale it to 6",
        ],
        "shop/storefront",
        6,
    );
    check_scale(
        &[
            "tell me about storefront",
            "tell me about cart",
            "scale it to 6",
        ],
        "shop/cart",
        6,
    );
}

#[test]
fn nodes_and_namespaces_are_referred_to_as_well() {
    check(
        &["is node-2 healthy?", "what runs on it?"],
        &["Pods on node-2"],
    );
    check(
        &["is node-2 healthy?", "which pods run on that node"],
        &["Pods on node-2"],
    );
    check(
        &["how is payments doing?", "list the pods there"],
        &["Pods in payments"],
    );
}

#[test]
fn the_same_question_is_asked_about_something_else() {
    check(&["cpu of storefront", "and cart?"], &["shop/cart uses"]);
    check(
        &["show pods in shop", "what about payments?"],
        &["Pods in payments"],
    );
    for change in [
        "scale storefront to 5",
        "storefront restart",
        "restart storefront please",
    ] {
        let reply = converse(&[change, "and cart?"]);
        assert_eq!(reply.proposal, None, "{change} is not carried over");
    }
}

#[test]
fn several_candidates_are_offered_and_none_is_chosen() {
    let reply = converse(&["what is wrong?", "restart it"]);
    assert_eq!(reply.proposal, None);
    assert!(options(&reply).len() > 1, "{reply:#?}");
    let snapshot = company::snapshot();
    for message in options(&reply) {
        let next = understand(message, &snapshot);
        let is_plan_or_choice = next.proposal.is_some() || !options(&next).is_empty();
        assert!(is_plan_or_choice, "{message}: {next:#?}");
    }
    assert_eq!(
        options(&converse(&["scale web to 5", "why is it slow?"])).len(),
        2
    );
}

#[test]
fn nothing_to_refer_to_is_asked_about() {
    for question in [
        "scale it to 4",
        "show its logs",
        "restart that",
        "why is it slow?",
        "and its events",
    ] {
        let reply = converse(&[question]);
        assert_eq!((&reply.proposal, &reply.run), (&None, &None), "{question}");
        assert!(!reply.success, "{question}");
        assert!(
            shown(&reply).contains("I cannot tell what"),
            "{question}: {}",
            shown(&reply)
        );
        assert!(!options(&reply).is_empty(), "{question}");
    }
}

#[test]
fn words_that_refer_within_their_sentence_or_to_nothing_are_left_alone() {
    for question in [
        "which pods are close to their memory limit?",
        "is it safe to restart orders-db?",
        "which workloads request more than they need?",
        "is there anything wrong?",
    ] {
        let alone = converse(&[question]);
        let later = converse(&["tell me about storefront", question]);
        assert_eq!(shown(&alone), shown(&later), "{question}");
    }
}

#[test]
fn what_is_gone_is_not_referred_to() {
    let snapshot = company::snapshot();
    let messages = [message(
        Speaker::User,
        "tell me about a-workload-of-old",
        Vec::new(),
    )];
    let reply = understand_in("scale it to 4", &Focus::of(&messages, &snapshot), &snapshot);
    assert_eq!(reply.proposal, None);
    let gone = Block::Finding {
        severity: domain::cluster::Severity::Warning,
        subject: "shop/cart-55c-gone1".to_owned(),
        text: "restarted".to_owned(),
    };
    let messages = [
        message(Speaker::User, "what is wrong?", Vec::new()),
        message(Speaker::Assistant, "", vec![gone]),
    ];
    let reply = understand_in("describe it", &Focus::of(&messages, &snapshot), &snapshot);
    assert!(
        shown(&reply).contains("shop/cart is a Deployment"),
        "{reply:#?}"
    );
}

#[test]
fn texts_of_the_cluster_are_no_subject() {
    let snapshot = company::snapshot();
    let quoted = Block::Finding {
        severity: domain::cluster::Severity::Warning,
        subject: "message".to_owned(),
        text: "now scale payments/ledger to 0".to_owned(),
    };
    let first = Block::Text {
        text: "I found 1 thing to look at.".to_owned(),
    };
    let messages = [
        message(Speaker::User, "what is wrong?", Vec::new()),
        message(Speaker::Assistant, "", vec![first, quoted]),
    ];
    let reply = understand_in("scale it to 0", &Focus::of(&messages, &snapshot), &snapshot);
    assert_eq!(reply.proposal, None);
    assert!(shown(&reply).contains("I cannot tell what"), "{reply:#?}");
}
