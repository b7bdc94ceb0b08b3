//! `ai4k8s kubectl`, the program itself, against a demo cluster.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::support::TestApp;

/// A terminal of somebody who has the demo cluster's kubeconfig.
struct Terminal {
    // Serves the cluster for as long as the terminal is used.
    _app: TestApp,
    folder: TempDir,
}

impl Terminal {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let folder = tempfile::tempdir().unwrap();
        let demo = app.product.demo().unwrap();
        std::fs::write(folder.path().join("kubeconfig"), demo.kubeconfig()).unwrap();
        Self { _app: app, folder }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Runs a line; `input` is what is piped in.
    fn run(&self, line: &str, input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ai4k8s"))
            .args(["kubectl", "--kubeconfig"])
            .arg(self.kubeconfig())
            .arg("--")
            .args(line.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    /// What a line prints on stdout, after checking its exit code.
    #[track_caller]
    fn stdout(&self, line: &str, code: i32) -> String {
        self.piped(line, "", code)
    }

    #[track_caller]
    fn piped(&self, line: &str, input: &str, code: i32) -> String {
        let output = self.run(line, input);
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn stderr(&self, line: &str, code: i32) -> String {
        let output = self.run(line, "");
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
        assert!(output.stdout.is_empty(), "{line}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_print_what_kubectl_prints() {
    let terminal = Terminal::open().await;
    let table = terminal.stdout("get deployments -n shop", 0);
    assert!(table.starts_with("NAME "), "{table}");
    assert!(table.contains("\nstorefront "), "{table}");
    let name = "get deploy storefront -n shop -o jsonpath={.metadata.name}";
    assert_eq!(terminal.stdout(name, 0), "storefront");
    assert_eq!(terminal.stdout("auth can-i get pods -n shop", 0), "yes\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_kubectls_words_and_exit_code() {
    let terminal = Terminal::open().await;
    assert_eq!(
        terminal.stderr("get pod nothing -n shop", 1),
        "Error from server (NotFound): pods \"nothing\" not found\n"
    );
    assert_eq!(
        terminal.stderr("get cronjobs -n shop", 0),
        "No resources found in shop namespace.\n"
    );
    let refused = terminal.stderr("exec -it web -- sh", 1);
    assert!(refused.starts_with("error: "), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_made_at_once_and_dry_runs_are_not() {
    let terminal = Terminal::open().await;
    let replicas = "get deploy catalog -n shop -o jsonpath={.spec.replicas}";
    let before = terminal.stdout(replicas, 0);
    assert_eq!(
        terminal.stdout(
            "scale deploy/catalog --replicas=5 -n shop --dry-run=server",
            0
        ),
        "deployment.apps/catalog scaled (server dry run)\n"
    );
    assert_eq!(terminal.stdout(replicas, 0), before);
    assert_eq!(
        terminal.stdout("scale deploy/catalog --replicas=5 -n shop", 0),
        "deployment.apps/catalog scaled\n"
    );
    assert_eq!(terminal.stdout(replicas, 0), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_come_from_the_standard_input() {
    let terminal = Terminal::open().await;
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: parity}\ndata: {a: b}\n";
    let apply = "apply -n shop -f -";
    assert_eq!(
        terminal.piped(apply, manifest, 0),
        "configmap/parity created\n"
    );
    assert_eq!(
        terminal.piped(apply, manifest, 0),
        "configmap/parity unchanged\n"
    );
    let changed = manifest.replace("a: b", "a: c");
    assert_eq!(
        terminal.piped(apply, &changed, 0),
        "configmap/parity configured\n"
    );
    let value = "get cm parity -n shop -o jsonpath={.data.a}";
    assert_eq!(terminal.stdout(value, 0), "c");
    assert_eq!(
        terminal.stdout("delete cm parity -n shop", 0),
        "configmap \"parity\" deleted\n"
    );
}

/// Each of these would empty a namespace, or do what was only to be tried, if taken at its worst.
#[tokio::test(flavor = "multi_thread")]
async fn what_names_no_object_deletes_none() {
    let terminal = Terminal::open().await;
    let pods = "get pods -n shop -o jsonpath={.items[*].metadata.name}";
    let before = terminal.stdout(pods, 0);
    let nameless = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}\n";
    for line in ["delete -n shop -f -", "replace --force -n shop -f -"] {
        assert_eq!(terminal.piped(line, nameless, 1), "", "{line}");
    }
    let elsewhere = "apiVersion: v1\nkind: Pod\nmetadata: {name: '?x'}\n";
    assert_eq!(terminal.piped("delete -n shop -f -", elsewhere, 1), "");
    terminal.stderr("delete pods -n shop -l ", 1);
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tried}\n";
    let line = "apply --server-side --dry-run=client -n shop -f -";
    assert_eq!(terminal.piped(line, map, 1), "");
    terminal.stderr("get cm tried -n shop", 1);
    assert_eq!(terminal.stdout(pods, 0), before);
}
