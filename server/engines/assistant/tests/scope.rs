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

#[test]
fn leaves_out_the_namespaces_that_are_excluded() {
    for (question, namespace, others) in [
        ("pods not in shop", "shop/", 10),
        ("pods except those in shop", "shop/", 10),
        ("everything but the shop namespace", "shop/", 10),
        ("excluding kube-system", "kube-system/", 15),
        ("list all pods outside kube-system", "kube-system/", 15),
        ("show pods excluding kube-system and shop", "shop/", 8),
        ("deployments not in shop", "shop/", 5),
    ] {
        let reply = ask(question);
        let shown = subjects(&reply);
        assert_eq!(shown.len(), others, "{question}: {shown:?}");
        assert!(
            shown.iter().all(|subject| !subject.starts_with(namespace)),
            "{question}: {shown:?}"
        );
        assert!(first(&reply).contains("outside "), "{}", first(&reply));
    }
    let shown = format!("{:?}", ask("what is wrong except in payments").blocks);
    assert!(
        !shown.contains("ledger") && shown.contains("reports"),
        "{shown}"
    );
}

#[test]
fn narrows_pods_by_state_age_settings_and_use() {
    let mut snapshot = company::snapshot();
    snapshot.pods[0].created_at = company::now() - domain::time::Seconds(40 * 86_400);
    snapshot.pods[3].created_at = company::now() - domain::time::Seconds(600);
    snapshot.pods[4].memory_limit = None;
    snapshot.pods[5].cpu_request = None;
    let (old, young) = ("shop/storefront-7d9f-aaaaa", "shop/cart-55c-aaaaa");
    let (no_limit, no_request) = ("shop/cart-55c-bbbbb", "shop/web-1a-aaaaa");
    let busy = [
        old,
        "shop/storefront-7d9f-bbbbb",
        "shop/storefront-7d9f-ccccc",
    ];
    let cases: [(&str, &[&str]); 16] = [
        ("pods older than 30 days", &[old]),
        ("pods older than 30d", &[old]),
        ("pods younger than 1h", &[young]),
        ("which pods are newer than an hour", &[young]),
        ("the oldest pod", &[old]),
        ("newest pod", &[young]),
        ("which pods have no limits", &[no_limit]),
        ("pods without a memory limit", &[no_limit]),
        ("pods without requests", &[no_request]),
        ("without requests", &[no_request]),
        ("pods that don't have cpu requests", &[no_request]),
        ("pods using more than 200m cpu", &busy),
        ("pods with more than 0.2 cores", &busy),
        (
            "pods using over 450 MiB memory",
            &["payments/ledger-6c5d-m4n5o"],
        ),
        ("pods using more than 5 GB memory", &[]),
        ("pods older than 2 years", &[]),
    ];
    for (question, expected) in cases {
        let reply = understand(question, &snapshot);
        assert!(reply.success, "{question}: {}", first(&reply));
        assert_eq!(subjects(&reply), expected, "{question}: {}", first(&reply));
    }
    let two = understand("the 2 oldest pods", &snapshot);
    assert_eq!((subjects(&two).len(), subjects(&two)[0]), (2, old));
    assert!(first(&ask("pods using more than 5 GB memory")).starts_with("No pod using more than"));
    let reply = ask("all pods but not the running ones");
    assert_eq!(subjects(&reply).len(), 3, "{}", first(&reply));
}

/// Question, the qualifier that is named in the answer, and how the suggested command begins.
const NOT_FILTERED: &[(&str, &str, &str)] = &[
    (
        "pods running as root",
        "as root",
        "kubectl get pods --all-namespaces",
    ),
    (
        "services of type NodePort",
        "of type nodeport",
        "kubectl get services --all-namespaces",
    ),
    (
        "services without endpoints",
        "without endpoints",
        "kubectl get ",
    ),
    (
        "unused configmaps",
        "unused",
        "kubectl get configmaps --all-namespaces",
    ),
    (
        "pods without labels",
        "without labels",
        "kubectl get pods --all-namespaces",
    ),
    (
        "pods without a cpu limit",
        "without a cpu limit",
        "kubectl get pods --all-namespaces",
    ),
    (
        "services not in kube-system",
        "outside kube-system",
        "kubectl get services --all-namespaces",
    ),
    (
        "pods except the ledger",
        "except the ledger",
        "kubectl get pods --all-namespaces",
    ),
    ("oldest node", "oldest", "kubectl get nodes"),
    (
        "pods in shop not owned by a deployment",
        "not owned by a",
        "kubectl get ",
    ),
];

#[test]
fn says_plainly_what_it_cannot_filter_by() {
    for &(question, qualifier, command) in NOT_FILTERED {
        let reply = ask(question);
        assert!(
            !reply.success && reply.run.is_none(),
            "{question}: {}",
            first(&reply)
        );
        assert!(
            first(&reply).starts_with("I cannot filter by “") && first(&reply).contains(qualifier),
            "{question}: {}",
            first(&reply)
        );
        assert!(subjects(&reply).is_empty(), "{question}");
        assert!(
            reply.blocks.iter().any(
                |block| matches!(block, Block::Recommendation { command: shown, .. } if shown.starts_with(command))
            ),
            "{question}: {:?}",
            reply.blocks
        );
    }
}

#[test]
fn a_qualified_change_is_never_proposed() {
    for question in [
        "restart storefront but not in payments",
        "scale storefront to 5 except in blog",
        "restart all pods older than 30 days",
    ] {
        assert_eq!(ask(question).proposal, None, "{question}");
    }
}

#[test]
fn reads_since_as_a_time_and_not_as_lines() {
    for question in [
        "logs of cart since 10 minutes ago",
        "logs of cart from the last 10 minutes",
    ] {
        let run = ask(question).run.map(domain::command::KubectlCommand::Read);
        assert_eq!(
            run.as_ref().map(assistant::print_command).as_deref(),
            Some("kubectl logs cart-55c-aaaaa --namespace=shop --since=600s"),
            "{question}"
        );
    }
}
