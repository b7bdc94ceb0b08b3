//! The command grammar from outside: what is read, what is refused and in which words, and properties.

use assistant::{parse_command, print_command};
use domain::{
    ErrorCode, OpsError,
    command::{KubectlCommand, LogTarget, OutputFormat, ReadCommand, WriteCommand},
    ids::NamespaceScope,
};
use proptest::prelude::*;

#[track_caller]
fn parsed(line: &str) -> KubectlCommand {
    parse_command(line)
        .unwrap_or_else(|| panic!("not a kubectl line: {line}"))
        .unwrap_or_else(|error| panic!("{line}: {error} {}", error.hint))
}

#[track_caller]
fn refused(line: &str) -> OpsError {
    match parse_command(line) {
        Some(Err(error)) => error,
        other => panic!("{line} gave {other:?}"),
    }
}

/// The canonical form of a line.
#[track_caller]
fn check(line: &str, canonical: &str) {
    let command = parsed(line);
    assert_eq!(print_command(&command), canonical, "{line}");
    assert_eq!(parsed(canonical), command, "{canonical}");
}

/// A refusal with its code that names `token` and says what to do.
#[track_caller]
fn check_refused(line: &str, code: ErrorCode, token: &str) {
    let error = refused(line);
    assert_eq!(error.code, code, "{line}: {error}");
    assert!(error.message.contains(token), "{line}: {error}");
    assert!(!error.hint.is_empty(), "{line}: no hint");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of spellings")]
fn reads_get_in_all_its_spellings() {
    check("kubectl get pods", "kubectl get pods");
    check("k get po", "kubectl get po");
    check("$ kubectl get PODS -A", "kubectl get pods --all-namespaces");
    check(
        "Kubectl get pods --all_namespaces",
        "kubectl get pods --all-namespaces",
    );
    check(
        "kubectl -n shop get deploy",
        "kubectl get deploy --namespace=shop",
    );
    check(
        "kubectl get --namespace=shop deploy/web",
        "kubectl get deploy web --namespace=shop",
    );
    check(
        "kubectl get pod a b -nshop",
        "kubectl get pod a b --namespace=shop",
    );
    check("kubectl get pod/a pod/b", "kubectl get pod a b");
    check(
        "kubectl get pods,svc -Aowide",
        "kubectl get pods,svc --all-namespaces --output=wide",
    );
    check(
        "kubectl get pods -ojson -n=shop",
        "kubectl get pods --namespace=shop --output=json",
    );
    check(
        "kubectl get deployments.apps -o yaml",
        "kubectl get deployments.apps --output=yaml",
    );
    check(
        "kubectl get po -l app=web,tier!=cache",
        "kubectl get po --selector='app=web,tier!=cache'",
    );
    check(
        "kubectl get po -l 'env in (prod, test)'",
        "kubectl get po --selector='env in (prod, test)'",
    );
    check(
        "kubectl get po --field-selector status.phase=Pending",
        "kubectl get po --field-selector=status.phase=Pending",
    );
    check(
        "kubectl get po --sort-by={.metadata.name} --show-labels --no-headers",
        "kubectl get po --sort-by=.metadata.name --show-labels --no-headers",
    );
    check(
        "kubectl get po --sort-by='.status.containerStatuses[0].restartCount'",
        "kubectl get po --sort-by=.status.containerStatuses[0].restartCount",
    );
    check(
        "kubectl get pods \\\n  -n shop",
        "kubectl get pods --namespace=shop",
    );
    check("`kubectl get pods`", "kubectl get pods");
    check("```bash\nkubectl get pods\n```", "kubectl get pods");
    check(
        "kubectl get pods --show-labels=false --chunk-size=100",
        "kubectl get pods",
    );
}

#[test]
fn reads_the_other_reading_verbs() {
    check(
        "kubectl describe deploy/web -n shop",
        "kubectl describe deploy web --namespace=shop",
    );
    check("kubectl describe nodes", "kubectl describe nodes");
    check(
        "kubectl logs web-1 app --tail 20 --since=1h30m -p --timestamps",
        "kubectl logs web-1 --container=app --tail=20 --since=5400s --previous --timestamps",
    );
    check("kubectl logs deployment/web", "kubectl logs deployment/web");
    check("kubectl logs pod/web-1", "kubectl logs web-1");
    check(
        "kubectl logs -l app=web -c app",
        "kubectl logs --selector=app=web --container=app",
    );
    check(
        "kubectl logs web --since=1500ms",
        "kubectl logs web --since=2s",
    );
    check(
        "kubectl top po -A --sort-by cpu",
        "kubectl top pods --all-namespaces --sort-by=cpu",
    );
    check(
        "kubectl top nodes --sort-by=memory --no-headers",
        "kubectl top nodes --sort-by=memory --no-headers",
    );
    check("kubectl top node node-1", "kubectl top nodes node-1");
    check(
        "kubectl events -n shop --for=pod/web-1 --types warning,Normal",
        "kubectl events --namespace=shop --for=pod/web-1 --types=Warning,Normal",
    );
    check(
        "kubectl rollout status deploy web",
        "kubectl rollout status deploy/web",
    );
    check(
        "kubectl rollout status deploy/web -w=false",
        "kubectl rollout status deploy/web",
    );
    check(
        "kubectl rollout history sts/db -n data",
        "kubectl rollout history sts/db --namespace=data",
    );
    check("kubectl version", "kubectl version");
    check("kubectl api-resources", "kubectl api-resources");
    check("kubectl cluster-info", "kubectl cluster-info");
}

#[test]
fn reads_changes_of_one_workload() {
    check(
        "kubectl scale deployment/web --replicas=3",
        "kubectl scale deployment/web --replicas=3",
    );
    check(
        "kubectl scale --replicas 0 -n shop deploy web",
        "kubectl scale deploy/web --replicas=0 --namespace=shop",
    );
    check(
        "kubectl rollout restart deployment/web",
        "kubectl rollout restart deployment/web",
    );
    let KubectlCommand::Write(WriteCommand::Scale {
        replicas, scope, ..
    }) = parsed("k scale sts/db --replicas=1000 -n data")
    else {
        panic!("a scaling");
    };
    assert_eq!(
        (replicas, scope.as_ref().and_then(NamespaceScope::namespace)),
        (1000, Some("data"))
    );
}

#[test]
fn keeps_what_each_flag_says() {
    let KubectlCommand::Read(ReadCommand::Get {
        output,
        scope,
        no_headers,
        ..
    }) = parsed("kubectl get po -A -o name --no-headers")
    else {
        panic!("a get");
    };
    assert_eq!(
        (output, scope, no_headers),
        (OutputFormat::Name, Some(NamespaceScope::All), true)
    );
    let KubectlCommand::Read(ReadCommand::Logs { target, tail, .. }) =
        parsed("kubectl logs -l 'app in (a,b)'")
    else {
        panic!("logs");
    };
    assert_eq!(
        (target, tail),
        (LogTarget::Selector("app in (a,b)".to_owned()), None)
    );
}

#[test]
fn leaves_what_is_no_command_to_others() {
    for line in [
        "why is web slow?",
        "",
        "k",
        "k thanks",
        "get pods",
        "kubectlx get pods",
        "[kubectl get pods](http://x)",
        "**kubectl get pods**",
    ] {
        assert!(parse_command(line).is_none(), "{line}");
    }
}

#[test]
fn refuses_shell_syntax() {
    for line in [
        "kubectl get pods; kubectl delete ns prod",
        "kubectl get pods && kubectl delete ns prod",
        "kubectl get pods || true",
        "kubectl get pods | grep web",
        "kubectl get pods `id`",
        "kubectl get pods $(id)",
        "kubectl get pods $HOME",
        "kubectl get pods \"$(id)\"",
        "kubectl get pods \"`id`\"",
        "kubectl get pods\nkubectl delete ns prod",
        "kubectl get pods\r\nkubectl delete ns prod",
        "kubectl get pods &",
        "kubectl get pods > /etc/passwd",
        "kubectl get pods < /etc/passwd",
        "kubectl get pods <<EOF",
        "kubectl;id",
        "kubectl get pods # comment",
        "kubectl get pods (id)",
    ] {
        check_refused(line, ErrorCode::Unsupported, "shell");
    }
}

#[test]
fn refuses_what_would_redirect_the_connection_or_change_the_identity() {
    let names = [
        "server",
        "kubeconfig",
        "token",
        "context",
        "cluster",
        "user",
        "as",
        "as-group",
        "as-uid",
        "tls-server-name",
        "certificate-authority",
        "cache-dir",
        "profile-output",
        "log-file",
        "insecure-skip-tls-verify",
        "client-key",
        "username",
        "password",
        "request-timeout",
    ];
    for name in names {
        let underscored = name.replace('-', "_");
        let upper = name.to_uppercase();
        for flag in [
            format!("--{name}=x"),
            format!("--{name} x"),
            format!("--{underscored}=x"),
            format!("--{upper}=x"),
        ] {
            for line in [
                format!("kubectl get pods {flag}"),
                format!("kubectl {flag} get pods"),
                format!("kubectl scale deploy/web --replicas=2 {flag}"),
            ] {
                let error = refused(&line);
                assert_eq!(error.code, ErrorCode::Unsupported, "{line}: {error}");
                assert!(
                    error.message.contains("not accepted here"),
                    "{line}: {error}"
                );
            }
        }
    }
    for line in [
        "kubectl get pods -s https://evil",
        "kubectl get pods -shttps://evil",
        "kubectl get pods -As",
        "kubectl -s x get pods",
        "kubectl get pods -As https://evil",
    ] {
        check_refused(line, ErrorCode::Unsupported, "-s");
    }
}

#[test]
fn refuses_other_verbs_with_a_reason() {
    for verb in [
        "delete pod x",
        "delete --all",
        "apply -f /etc/passwd",
        "apply -f https://evil/x.yaml",
        "create secret generic s --from-file=/etc/shadow",
        "exec -it web -- sh",
        "edit deploy/web",
        "proxy",
        "port-forward --address 0.0.0.0 web 80",
        "cp /etc/passwd web:/",
        "debug node/n1",
        "attach web",
        "run x --image=a",
        "drain node-1",
        "patch deploy/web -p {}",
        "auth reconcile -f -",
        "config view --flatten",
        "plugin list",
        "foo",
        "Get pods",
        "delete pod x --dry-run=client",
        "rollout undo deploy/web",
        "cordon n",
        "label pod a b=c",
        "annotate pod a b=c",
        "autoscale deploy/web",
        "explain pods",
    ] {
        let error = refused(&format!("kubectl {verb}"));
        assert_eq!(error.code, ErrorCode::Unsupported, "{verb}: {error}");
        assert!(!error.hint.is_empty(), "{verb}");
    }
    check_refused("kubectl", ErrorCode::Invalid, "no verb");
}

#[test]
fn names_the_flag_that_is_unknown_or_refused() {
    check_refused(
        "kubectl get pods --frobnicate",
        ErrorCode::Invalid,
        "--frobnicate",
    );
    check_refused("kubectl get pods -Z", ErrorCode::Invalid, "-Z");
    check_refused("kubectl logs web -A", ErrorCode::Invalid, "-A");
    check_refused("kubectl get pods -w", ErrorCode::Unsupported, "-w");
    check_refused("kubectl logs web -f", ErrorCode::Unsupported, "-f");
    check_refused(
        "kubectl get --raw /api/v1/secrets",
        ErrorCode::Unsupported,
        "--raw",
    );
    check_refused(
        "kubectl get secret db -o jsonpath={.data}",
        ErrorCode::Unsupported,
        "jsonpath",
    );
    check_refused(
        "kubectl get secret db -o go-template='{{.data}}'",
        ErrorCode::Unsupported,
        "go-template",
    );
    check_refused(
        "kubectl get pods -o custom-columns=A:.b",
        ErrorCode::Unsupported,
        "custom-columns",
    );
    check_refused("kubectl get pods -o xml", ErrorCode::Invalid, "xml");
    check_refused(
        "kubectl scale deploy/web --replicas=2 --dry-run=client",
        ErrorCode::Unsupported,
        "--dry-run",
    );
    check_refused(
        "kubectl scale deploy/web --replicas=2 --help",
        ErrorCode::Unsupported,
        "--help",
    );
    check_refused(
        "kubectl scale deploy --all --replicas=0",
        ErrorCode::Unsupported,
        "--all",
    );
    check_refused(
        "kubectl scale deploy/web --replicas=2 --replicas=3",
        ErrorCode::Invalid,
        "--replicas",
    );
    check_refused("kubectl get pods -n", ErrorCode::Invalid, "-n");
    check_refused("kubectl get pods -A=maybe", ErrorCode::Invalid, "maybe");
    check_refused(
        "kubectl scale deploy/web –-replicas=3 --replicas=3",
        ErrorCode::Invalid,
        "U+2013",
    );
    check_refused("kubectl get pods -- sh", ErrorCode::Unsupported, "--");
}

#[test]
fn accepts_replica_counts_in_plain_digits_up_to_the_ceiling() {
    for count in [
        "1000000",
        "1001",
        "-1",
        "1e9",
        "٣",
        "0x10",
        "2147483648",
        "4294967297",
        "+3",
        "3.0",
        "",
        "NaN",
        "９",
    ] {
        let error = refused(&format!("kubectl scale deploy/x --replicas='{count}'"));
        assert_eq!(error.code, ErrorCode::Invalid, "{count}: {error}");
        assert!(error.message.contains("0 to 1000"), "{error}");
    }
}

#[test]
fn refuses_names_that_are_none_with_their_code_points() {
    check_refused("kubectl get pod prоd", ErrorCode::Invalid, "U+043E");
    check_refused(
        "kubectl get pod 'we\u{202e}b'",
        ErrorCode::Invalid,
        "U+202E",
    );
    check_refused("kubectl get pod we\u{200b}b", ErrorCode::Invalid, "U+200B");
    check_refused(
        "kubectl get https://user:pw@evil/x",
        ErrorCode::Invalid,
        "U+003A",
    );
    check_refused("kubectl get a/b/c", ErrorCode::Invalid, "U+002F");
    check_refused("kubectl get 'po\u{7}ds'", ErrorCode::Invalid, "U+0007");
    check_refused("kubectl get pods -n ../kube-system", ErrorCode::Invalid, "");
}

#[test]
fn refuses_mixed_and_incomplete_forms() {
    check_refused("kubectl get", ErrorCode::Invalid, "no resource type");
    check_refused("kubectl get pod/a b", ErrorCode::Invalid, "b");
    check_refused(
        "kubectl get pod/a svc/b",
        ErrorCode::Unsupported,
        "different types",
    );
    check_refused("kubectl get pod a -A", ErrorCode::Invalid, "a");
    check_refused(
        "kubectl get pod a -l app=web",
        ErrorCode::Invalid,
        "selector",
    );
    check_refused("kubectl logs", ErrorCode::Invalid, "no pod");
    check_refused("kubectl logs pod web-1", ErrorCode::Invalid, "web-1");
    check_refused("kubectl logs web a b", ErrorCode::Invalid, "b");
    check_refused("kubectl logs web --since=2d", ErrorCode::Invalid, "2d");
    check_refused("kubectl logs web --tail=-1", ErrorCode::Invalid, "-1");
    check_refused("kubectl top", ErrorCode::Invalid, "pods");
    check_refused("kubectl top services", ErrorCode::Invalid, "services");
    check_refused("kubectl events --types=Bad", ErrorCode::Invalid, "Bad");
    check_refused("kubectl events web", ErrorCode::Invalid, "web");
    check_refused("kubectl scale deploy/web", ErrorCode::Invalid, "--replicas");
    check_refused(
        "kubectl scale --replicas=2",
        ErrorCode::Invalid,
        "no resource type",
    );
    check_refused(
        "kubectl scale deploy a b --replicas=2",
        ErrorCode::Unsupported,
        "one object",
    );
    check_refused("kubectl rollout", ErrorCode::Invalid, "status");
    check_refused("kubectl cluster-info dump", ErrorCode::Invalid, "dump");
    check_refused("kubectl get pods 'x", ErrorCode::Invalid, "quote");
    check_refused("kubectl get pods -l 'a=b$'", ErrorCode::Invalid, "U+0024");
    check_refused(
        "kubectl get pods --sort-by='.a[?(@.x)]'",
        ErrorCode::Invalid,
        "--sort-by",
    );
}

#[test]
fn refuses_huge_input() {
    for line in [
        format!("kubectl get pods {}", "x".repeat(1 << 20)),
        format!("kubectl get pods {}", "-A ".repeat(10_000)),
        format!("kubectl get pods {}", "'\"".repeat(100_000)),
        format!("kubectl get pods {}", "(".repeat(7_000)),
        format!("kubectl get pods -l '{}'", "(".repeat(7_000)),
        format!("kubectl {}", "a ".repeat(3_000)),
    ] {
        refused(&line);
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?"
}

fn line() -> impl Strategy<Value = String> {
    let scope = prop_oneof![
        Just(String::new()),
        Just(" -A".to_owned()),
        name().prop_map(|n| format!(" -n {n}"))
    ];
    let namespace = prop_oneof![
        Just(String::new()),
        name().prop_map(|n| format!(" --namespace={n}"))
    ];
    let kind = prop_oneof![
        Just("po"),
        Just("deploy"),
        Just("statefulsets.apps"),
        Just("nodes")
    ];
    let output = prop_oneof![
        Just(""),
        Just(" -o wide"),
        Just(" -ojson"),
        Just(" -o=yaml"),
        Just(" --output name")
    ];
    prop_oneof![
        (kind.clone(), scope.clone(), output, any::<bool>()).prop_map(
            |(kind, scope, output, labels)| {
                let labels = if labels { " --show-labels" } else { "" };
                format!("kubectl get {kind}{scope}{output}{labels}")
            }
        ),
        (kind.clone(), name(), namespace.clone())
            .prop_map(|(kind, name, ns)| format!("kubectl describe {kind} {name}{ns}")),
        (
            name(),
            namespace.clone(),
            0..1000_u32,
            1..9999_u64,
            any::<bool>()
        )
            .prop_map(|(name, ns, tail, since, previous)| {
                let previous = if previous { " -p" } else { "" };
                format!("kubectl logs {name}{ns} --tail={tail} --since={since}s{previous}")
            }),
        (kind.clone(), name(), namespace.clone(), 0..=1000_u32).prop_map(
            |(kind, name, ns, n)| format!("kubectl scale {kind}/{name} --replicas={n}{ns}")
        ),
        (
            kind,
            name(),
            namespace,
            prop_oneof![Just("status"), Just("history"), Just("restart")]
        )
            .prop_map(|(kind, name, ns, verb)| format!("kubectl rollout {verb} {kind}/{name}{ns}")),
        (
            scope,
            prop_oneof![Just(""), Just(" --sort-by=cpu"), Just(" --sort-by memory")]
        )
            .prop_map(|(scope, sort)| format!("kubectl top pods{scope}{sort}")),
    ]
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        name(),
        prop_oneof![
            Just("get"),
            Just("describe"),
            Just("logs"),
            Just("top"),
            Just("pods"),
            Just("events"),
            Just("status"),
            Just("history"),
            Just("version"),
            Just("--dry-run=client"),
            Just("--dry-run=server"),
            Just("--help"),
            Just("-h"),
            Just("-A"),
            Just("-o"),
            Just("yaml"),
            Just("-o=yaml"),
            Just("--watch"),
            Just("-n"),
            Just("--namespace"),
            Just("-l"),
            Just("--selector=a=b"),
            Just("--"),
            Just("kubectl"),
            Just("\"\""),
            Just("cluster-info"),
            Just("--for=pod/x"),
            Just("--tail=1"),
            Just("api-resources"),
            Just("rollout"),
        ]
        .prop_map(str::to_owned),
    ]
}

fn is_read(line: &str) -> bool {
    matches!(parse_command(line), Some(Ok(KubectlCommand::Read(_))))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn printing_and_parsing_again_gives_the_same_command(line in line()) {
        let command = parse_command(&line).unwrap().unwrap();
        let printed = print_command(&command);
        prop_assert_eq!(parse_command(&printed).unwrap().unwrap(), command, "{}", printed);
    }

    #[test]
    fn an_added_word_never_turns_a_change_into_a_read(
        kind in prop_oneof![Just("scale deployment/web --replicas=3"), Just("scale deployment web --replicas 3"), Just("rollout restart deployment web"), Just("rollout restart deploy/web"), Just("delete pod web"), Just("drain node-1")],
        added in token(),
        place in 0_usize..6,
    ) {
        let mut words: Vec<&str> = kind.split(' ').collect();
        words.insert(place.min(words.len()), &added);
        let line = format!("kubectl {}", words.join(" "));
        prop_assert!(!is_read(&line), "{}", line);
    }

    #[test]
    fn never_panics(line in "(kubectl|k) ?.{0,80}") {
        let _ = parse_command(&line);
    }
}
