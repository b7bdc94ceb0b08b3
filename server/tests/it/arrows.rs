//! The arrows between crates, as ARCHITECTURE.md draws them.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

/// Every edge of the workspace, development dependencies apart. A new one is argued there first.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("assistant", &["domain"]),
    ("autoscale", &["domain"]),
    ("demo_cluster", &["domain"]),
    ("timeseries", &["domain"]),
    ("app", &["domain"]),
    ("frontend", &["app"]),
    ("migrations", &[]),
    ("demo_api", &["demo_cluster", "domain"]),
    ("kube_cluster", &["domain"]),
    ("prometheus", &["domain"]),
    ("store", &["domain", "migrations"]),
    (
        "server",
        &[
            "app",
            "assistant",
            "autoscale",
            "demo_api",
            "domain",
            "kube_cluster",
            "prometheus",
            "store",
            "timeseries",
        ],
    ),
];

/// Crates that must never meet an async runtime, a socket, a file or a clock.
const PURE: &[&str] = &[
    "domain",
    "assistant",
    "autoscale",
    "demo_cluster",
    "timeseries",
];
const IMPURE: &[&str] = &[
    "tokio",
    "reqwest",
    "hyper",
    "kube",
    "sea-orm",
    "axum",
    "getrandom",
    "rand",
    "chrono",
];

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn dependencies(package: &Value) -> BTreeSet<String> {
    package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let packages = packages();
    let members: BTreeSet<_> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        members,
        ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect()
    );
    for (name, drawn) in ARROWS {
        let package = packages.iter().find(|p| p["name"] == *name).unwrap();
        let found: BTreeSet<_> = dependencies(package)
            .intersection(&members)
            .cloned()
            .collect();
        let drawn: BTreeSet<_> = drawn.iter().map(|to| (*to).to_owned()).collect();
        assert_eq!(found, drawn, "arrows of {name}");
    }
}

#[test]
fn engines_and_vocabulary_name_nothing_impure() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if !PURE.contains(&name) {
            continue;
        }
        let named = dependencies(&package);
        let impure: Vec<_> = IMPURE
            .iter()
            .filter(|crate_name| named.contains(**crate_name))
            .collect();
        assert!(impure.is_empty(), "{name} names {impure:?}");
    }
}

/// Every source file of the server and of `app` that has one of the words in it.
fn files_with(words: &[&str]) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("../app/src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if words.iter().any(|word| text.contains(word)) {
                let shown = path.strip_prefix(root).unwrap_or(&path);
                found.insert(shown.display().to_string());
            }
        }
    }
    found
}

/// What a kubeconfig's owner does at a terminal is masked, planned and approved by nobody: no page, route, job or
/// model may come near it.
#[test]
fn only_the_command_line_names_the_owners_terminal() {
    let expected = BTreeSet::from(["src/cli/kubectl.rs".to_owned()]);
    for words in [
        &["kube_cluster::Terminal", "{Terminal"],
        &["parse_words", "TerminalCommand"],
    ] {
        assert_eq!(files_with(words), expected, "{words:?}");
    }
}
