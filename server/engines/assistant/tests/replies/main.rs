//! What the answers say: numbers with units and basis, causes, proposals, and what never happens.

mod changes;
#[path = "../company/mod.rs"]
mod company;

use assistant::{Intent, Reply, intent_of, print_command, understand};
use domain::{chat::Block, cluster::Severity, command::KubectlCommand, resources::Availability};

fn ask(question: &str) -> Reply {
    understand(question, &company::snapshot())
}

fn first(reply: &Reply) -> &str {
    match reply.blocks.first() {
        Some(Block::Text { text }) => text,
        other => panic!("begins with {other:?}"),
    }
}

fn findings(reply: &Reply) -> Vec<(Severity, &str, &str)> {
    reply
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Finding {
                severity,
                subject,
                text,
            } => Some((*severity, subject.as_str(), text.as_str())),
            Block::Text { .. }
            | Block::Recommendation { .. }
            | Block::Table { .. }
            | Block::Output { .. }
            | Block::Choice { .. }
            | Block::Plan { .. }
            | Block::Page { .. } => None,
        })
        .collect()
}

fn options(reply: &Reply) -> Vec<&str> {
    reply
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Choice { options, .. } => Some(options),
            Block::Text { .. }
            | Block::Recommendation { .. }
            | Block::Table { .. }
            | Block::Output { .. }
            | Block::Finding { .. }
            | Block::Plan { .. }
            | Block::Page { .. } => None,
        })
        .flatten()
        .map(|(_, message)| message.as_str())
        .collect()
}

fn commands(reply: &Reply) -> Vec<&str> {
    reply
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Recommendation { command, .. } => Some(command.as_str()),
            Block::Text { .. }
            | Block::Choice { .. }
            | Block::Table { .. }
            | Block::Output { .. }
            | Block::Finding { .. }
            | Block::Plan { .. }
            | Block::Page { .. } => None,
        })
        .collect()
}

fn rows(reply: &Reply) -> usize {
    reply
        .blocks
        .iter()
        .map(|block| match block {
            Block::Table { rows, .. } => rows.len(),
            Block::Text { .. }
            | Block::Choice { .. }
            | Block::Recommendation { .. }
            | Block::Output { .. }
            | Block::Finding { .. }
            | Block::Plan { .. }
            | Block::Page { .. } => 0,
        })
        .sum()
}

#[track_caller]
fn check_no_change(question: &str) -> Reply {
    let reply = ask(question);
    assert_eq!(reply.proposal, None, "{question}");
    assert!(
        !matches!(reply.run, Some(ref run) if print_command(&KubectlCommand::Read(run.clone())).contains("scale"))
    );
    reply
}

#[test]
fn marks_high_use_with_its_basis_and_age() {
    let reply = ask("Show me pods with high CPU usage");
    assert_eq!(
        first(&reply),
        "I found 3 pods with notable CPU usage: HIGH is 90 % of the CPU request or more, MODERATE from 70 % (measured 15s ago)."
    );
    assert_eq!(
        findings(&reply),
        [
            (
                Severity::Warning,
                "shop/storefront-7d9f-aaaaa",
                "480m CPU (HIGH): 96 % of its request"
            ),
            (
                Severity::Warning,
                "shop/storefront-7d9f-bbbbb",
                "470m CPU (HIGH): 94 % of its request"
            ),
            (
                Severity::Info,
                "shop/storefront-7d9f-ccccc",
                "380m CPU (MODERATE): 76 % of its request"
            ),
        ]
    );
    assert_eq!(commands(&reply), ["scale up storefront in shop by 1"]);
    assert_eq!(reply.tools, ["pods_top"]);
    assert!(reply.success);
}

#[test]
fn a_recommended_question_is_understood_as_meant() {
    changes::check_scale("scale up storefront in shop by 1", "shop", "storefront", 4);
}

#[test]
fn compares_memory_with_the_limit() {
    let reply = ask("pods with high memory");
    assert_eq!(
        findings(&reply)[0],
        (
            Severity::Warning,
            "payments/ledger-6c5d-m4n5o",
            "490 MiB memory (HIGH): 96 % of its limit"
        )
    );
}

#[test]
fn says_when_nothing_is_high_and_what_is_largest() {
    let reply = ask("high cpu in blog");
    assert!(
        first(&reply).starts_with("No pod is above 70 % of its CPU request in blog"),
        "{}",
        first(&reply)
    );
    assert_eq!(findings(&reply).len(), 1);
}

#[test]
fn takes_a_threshold_from_the_question() {
    assert_eq!(findings(&ask("pods above 95% cpu")).len(), 1);
}

#[test]
fn keeps_to_the_namespace_node_and_number_asked_for() {
    assert_eq!(rows(&ask("top 2 pods by memory")), 2);
    assert_eq!(rows(&ask("pods on node-2")), 8);
    assert_eq!(rows(&ask("list pods in payments")), 4);
    assert_eq!(rows(&ask("pods of storefront on node-1")), 2);
    assert!(first(&ask("how many pods are there in shop?")).starts_with("7 pods in shop"));
    assert!(
        first(&ask("how many pods are pending?")).starts_with("1 pending pod"),
        "{}",
        first(&ask("how many pods are pending?"))
    );
    assert_eq!(
        first(&ask("how many replicas does storefront have?")),
        "shop/storefront has 3 of 3 replicas ready."
    );
}

#[test]
fn says_that_metrics_are_missing_instead_of_zero() {
    let mut snapshot = company::snapshot();
    snapshot.pod_usage = Availability::Unavailable("the cluster has no metrics API".to_owned());
    snapshot.node_usage = Availability::Unavailable("the cluster has no metrics API".to_owned());
    for question in [
        "pods with high cpu",
        "top pods by memory",
        "how much cpu does storefront use?",
        "what is over-provisioned?",
    ] {
        let reply = understand(question, &snapshot);
        assert!(!reply.success, "{question}");
        assert!(
            first(&reply).contains("no metrics API"),
            "{question}: {}",
            first(&reply)
        );
    }
    let nodes = understand("how full are the nodes?", &snapshot);
    assert!(
        first(&nodes).contains("Use is not shown"),
        "{}",
        first(&nodes)
    );
    assert!(understand("what is wrong?", &snapshot).success);
}

#[test]
fn finds_the_cause_of_a_crash() {
    let reply = ask("why is the ledger crashing?");
    assert!(
        first(&reply).contains("ran out of memory"),
        "{}",
        first(&reply)
    );
    assert!(first(&reply).contains("512 MiB"), "{}", first(&reply));
    assert_eq!(
        commands(&reply),
        ["kubectl logs ledger-6c5d-xk2lp --namespace=payments --tail=100 --previous"]
    );
    assert!(
        findings(&reply)
            .iter()
            .any(|(_, subject, _)| *subject == "event BackOff")
    );
}

#[test]
fn finds_why_a_pod_waits_or_cannot_start() {
    let pending = ask("why is batch-runner pending?");
    assert!(
        first(&pending).contains("no node has enough unrequested CPU"),
        "{}",
        first(&pending)
    );
    assert!(first(&ask("what's wrong with reports")).contains("image cannot be pulled"));
    let slow = ask("why is storefront slow?");
    assert!(
        first(&slow).contains("short of CPU") && first(&slow).contains("89 %")
            || first(&slow).contains("nothing is wrong"),
        "{}",
        first(&slow)
    );
    assert!(first(&ask("why is cart crashing?")).contains("nothing is wrong"));
}

#[test]
fn reads_slips_of_names_and_says_so() {
    let reply = ask("why is ledgr crashing");
    assert!(first(&reply).contains("ran out of memory"));
    assert!(reply.blocks.iter().any(
        |block| matches!(block, Block::Text { text } if text.contains("read “ledgr” as ledger"))
    ));
}

#[test]
fn says_what_does_not_exist_and_what_is_near() {
    let reply = ask("list pods in namespace paymets");
    assert_eq!(rows(&reply), 4, "{}", first(&reply));
    let reply = ask("list pods in namespace staging");
    assert!(!reply.success);
    assert!(first(&reply).contains("no namespace called “staging”"));
    let reply = ask("why is frontend-api crashing?");
    assert!(!reply.success);
    assert!(
        first(&reply).contains("“frontend-api”"),
        "{}",
        first(&reply)
    );
}

#[test]
fn lists_all_that_is_wrong_most_urgent_first() {
    let reply = ask("what is wrong?");
    let found = findings(&reply);
    assert!(found.len() >= 4, "{found:?}");
    assert_eq!(found[0].0, Severity::Critical);
    assert!(found.windows(2).all(|pair| pair[0].0 >= pair[1].0));
    assert!(first(&ask("anything wrong in blog?")).starts_with("Nothing is wrong in blog"));
}

#[test]
fn a_single_trouble_is_one_thing() {
    let mut snapshot = company::snapshot();
    snapshot.pods.retain(|pod| !pod.name.starts_with("batch"));
    snapshot
        .workloads
        .retain(|workload| workload.reference.name.as_str() != "batch-runner");
    let reply = understand("what is wrong in analytics?", &snapshot);
    assert!(
        first(&reply).starts_with("I found 1 thing in analytics to look at, and it is critical"),
        "{}",
        first(&reply)
    );
    for pod in &mut snapshot.pods {
        pod.status = "Pending".to_owned();
    }
    let reply = understand("what is wrong in analytics?", &snapshot);
    assert!(
        first(&reply).contains("1 thing in analytics to look at, and it is not critical"),
        "{}",
        first(&reply)
    );
}

#[test]
fn leaves_what_only_a_command_knows_to_a_command() {
    let run = |question: &str| {
        ask(question)
            .run
            .map(|command| print_command(&KubectlCommand::Read(command)))
    };
    assert_eq!(
        run("list services in shop").as_deref(),
        Some("kubectl get services --namespace=shop")
    );
    assert_eq!(
        run("show ingresses").as_deref(),
        Some("kubectl get ingresses --all-namespaces")
    );
    assert_eq!(
        run("last 50 log lines of cart").as_deref(),
        Some("kubectl logs cart-55c-aaaaa --namespace=shop --tail=50")
    );
    assert_eq!(
        run("logs of ledger").as_deref(),
        Some("kubectl logs ledger-6c5d-xk2lp --namespace=payments --tail=100 --previous")
    );
    assert_eq!(
        run("describe storefront").as_deref(),
        Some("kubectl describe deployment storefront --namespace=shop")
    );
    assert_eq!(
        run("which kubernetes version is this?").as_deref(),
        Some("kubectl version")
    );
}

#[test]
fn quotes_of_the_cluster_have_no_secrets_escapes_or_length() {
    let mut snapshot = company::snapshot();
    snapshot.events[0].message = format!(
        "\u{1b}[31mfailed\u{202e} with password=hunter22 {}",
        "x".repeat(5_000)
    );
    let reply = understand("recent warnings in payments", &snapshot);
    let shown = format!("{:?}", reply.blocks);
    assert!(
        shown.contains("password=[redacted]") && !shown.contains("hunter22"),
        "{shown}"
    );
    assert!(!shown.contains("[31m") && shown.len() < 2_000, "{shown}");
}

#[test]
fn points_to_the_wizard_and_stays_honest_about_forecasts() {
    let reply = check_no_change("enable predictive autoscaling for storefront");
    assert!(
        first(&reply).contains("Predictive autoscaling of shop/storefront is off"),
        "{}",
        first(&reply)
    );
    assert!(first(&ask("will we run out of memory tomorrow?")).contains("no forecast here"));
    assert!(
        first(&ask("which workloads are autoscaled?")).contains("1 of 9 workloads"),
        "{}",
        first(&ask("which workloads are autoscaled?"))
    );
}

#[test]
fn finds_what_is_over_provisioned() {
    let reply = ask("what is over-provisioned?");
    assert!(
        findings(&reply)
            .iter()
            .any(|(_, subject, text)| *subject == "shop/cart"
                && text.contains("170m of 1 requested CPU")),
        "{:?}",
        findings(&reply)
    );
    assert!(
        !findings(&reply)
            .iter()
            .any(|(_, subject, _)| *subject == "shop/storefront")
    );
}

#[test]
fn offers_questions_that_work_here_when_it_does_not_understand() {
    let reply = ask("please compute the airspeed of an unladen swallow");
    assert!(!reply.success);
    assert_eq!(options(&reply).len(), 3);
    for option in options(&reply) {
        assert_ne!(
            intent_of(option, &company::snapshot()),
            Intent::Unknown,
            "{option}"
        );
    }
}

#[test]
fn answers_about_an_empty_cluster() {
    let mut snapshot = company::snapshot();
    snapshot.pods.clear();
    snapshot.workloads.clear();
    snapshot.nodes.clear();
    snapshot.events.clear();
    snapshot.namespaces.clear();
    snapshot.pod_usage = Availability::Available(Vec::new());
    for question in [
        "what is wrong?",
        "high cpu pods",
        "top pods",
        "list pods",
        "nodes",
        "help",
        "xyzzy plugh",
        "is everything ok?",
        "scale web to 3",
        "what is over-provisioned?",
        "logs of web",
    ] {
        assert!(
            !understand(question, &snapshot).blocks.is_empty(),
            "{question}"
        );
    }
}
