//! A diagnosis reads the log of the container that ended and quotes the line that tells why.

mod company;

use assistant::{Reply, print_command, understand};
use domain::{chat::Block, command::KubectlCommand, snapshot::ClusterSnapshot};

const LOG: &str = "{\"level\":\"info\",\"msg\":\"settings read\"}\n\
    {\"level\":\"error\",\"error\":\"required setting STORE_URL is not set\",\"password\":\"hunter2hunter2\"}\n\
    panic: required setting STORE_URL is not set\n\n\
    goroutine 1 [running]:\n\tmain.go:41\n";

fn with_exits() -> ClusterSnapshot {
    let mut snapshot = company::snapshot();
    let sick = snapshot
        .pods
        .iter_mut()
        .find(|pod| pod.name == "ledger-6c5d-xk2lp");
    sick.expect("the sick pod").last_termination = Some("Error".to_owned());
    snapshot
}

fn run(reply: &Reply) -> Option<String> {
    let run = reply.run.clone()?;
    Some(print_command(&KubectlCommand::Read(run)))
}

#[test]
fn the_log_of_the_previous_container_is_read_and_its_telling_line_quoted() {
    let snapshot = with_exits();
    for question in [
        "Why is ledger crashing?",
        "why does the ledger keep restarting",
        "what's wrong with payments/ledger?",
        "diagnose the ledger",
        "why is the ledger-6c5d-xk2lp pod failing?",
        "why is anything crashing?",
    ] {
        let reply = understand(question, &snapshot);
        assert_eq!(
            run(&reply).as_deref(),
            Some("kubectl logs ledger-6c5d-xk2lp --namespace=payments --tail=30 --previous"),
            "{question}"
        );
        let blocks = reply.settings.expect("a log to read").blocks(LOG);
        let blocks = blocks.expect("evidence");
        assert!(
            matches!(&blocks[0], Block::Finding { subject, text, .. }
                if subject == "the log says" && text == "panic: required setting STORE_URL is not set"),
            "{question}: {blocks:?}"
        );
        let shown = format!("{blocks:?}");
        assert!(shown.contains("settings read"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn no_log_is_read_where_none_can_tell() {
    let snapshot = with_exits();
    for question in [
        "why is batch-runner pending?",
        "what is wrong with reports?",
        "why is cart crashing?",
        "why is cart slow?",
    ] {
        let reply = understand(question, &snapshot);
        assert_eq!((run(&reply), &reply.settings), (None, &None), "{question}");
    }
}

#[test]
fn an_empty_log_is_shown_as_it_is() {
    let reply = understand("why is the ledger crashing?", &with_exits());
    let wanted = reply.settings.expect("a log to read");
    assert_eq!(wanted.blocks(""), None);
}
