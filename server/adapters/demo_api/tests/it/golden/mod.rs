//! What a real API server answered, word for word, and whether the demo cluster answers the same.
//!
//! Each file in `tests/golden` is a conversation: requests in order, and the answers of a real API server with
//! what is different every time (uids, times, addresses) masked. Without `AI4K8S_TEST_KUBECONFIG` the requests
//! are sent to the demo cluster and the answers compared; `make golden` sends them to a real control plane and
//! writes its answers down.

mod compare;
mod exchange;
mod known;

use std::{fs, path::PathBuf};

use compare::{Difference, differences};
use exchange::Conversation;
use known::Known;
use kube::Client;

const CONVERSATIONS: [&str; 7] = [
    "discovery",
    "dry-runs",
    "errors",
    "patches",
    "tables",
    "views",
    "watches",
];

fn path_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
        .with_extension("json")
}

fn read(name: &str) -> Conversation {
    let text = fs::read_to_string(path_of(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

async fn compared(client: Client, name: &str) -> Vec<(String, Difference)> {
    let golden = read(name);
    let here = golden.held_with(&client).await;
    let pairs = golden.exchanges.iter().zip(&here.exchanges);
    pairs
        .flat_map(|(real, demo)| {
            let found = differences(real.answer.as_ref(), demo.answer.as_ref());
            found.into_iter().map(|found| (real.name.clone(), found))
        })
        .collect()
}

#[tokio::test]
async fn the_demo_cluster_answers_as_a_real_api_server_did() {
    // Controllers that run at their own pace would answer in between, now and then.
    let demo = crate::support::still_demo();
    let client = crate::support::client_of(&demo.kubeconfig()).await;
    let mut known = Known::read(&path_of("DIFFERENCES").with_extension("md"));
    let mut unforeseen = Vec::new();
    for conversation in CONVERSATIONS {
        for (exchange, found) in compared(client.clone(), conversation).await {
            if !known.covers(conversation, &exchange, &found.at) {
                unforeseen.push(format!("{conversation}: {exchange}: {found}"));
            }
        }
    }
    assert!(unforeseen.is_empty(), "{}", unforeseen.join("\n"));
    assert_eq!(known.stale(), Vec::<&str>::new(), "no longer different");
}

/// Holds every conversation with the cluster that `AI4K8S_TEST_KUBECONFIG` names and writes the answers down.
#[tokio::test]
#[ignore = "writes files; run by `make golden` against a real control plane"]
async fn record() {
    assert!(
        std::env::var_os("AI4K8S_TEST_KUBECONFIG").is_some(),
        "AI4K8S_TEST_KUBECONFIG names the control plane to listen to"
    );
    let client = crate::support::client().await;
    for conversation in CONVERSATIONS {
        let held = read(conversation).held_with(&client).await;
        let mut text = serde_json::to_string_pretty(&held).unwrap();
        text.push('\n');
        fs::write(path_of(conversation), text).unwrap();
    }
}
