//! What is refused, with which code, and in which words.

use assistant::parse_command;
use domain::{ErrorCode, OpsError};

#[track_caller]
pub(crate) fn refused(line: &str) -> OpsError {
    match parse_command(line) {
        Some(Err(error)) => error,
        other => panic!("{line} gave {other:?}"),
    }
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
        "wait deploy/web --for=delete",
        "diff -f -",
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
        "kubectl get secret db -o go-template='{{.data}}'",
        ErrorCode::Unsupported,
        "go-template",
    );
    check_refused(
        "kubectl get pods -o jsonpath",
        ErrorCode::Invalid,
        "jsonpath",
    );
    check_refused(
        "kubectl get pods -L 'a b'",
        ErrorCode::Invalid,
        "not the key of a label",
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
    check_refused("kubectl logs web --tail=-2", ErrorCode::Invalid, "-2");
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

#[test]
fn names_the_flag_whose_number_is_none() {
    check_refused(
        "kubectl logs web-1 --limit-bytes=4k",
        ErrorCode::Invalid,
        "--limit-bytes",
    );
    check_refused(
        "kubectl logs web-1 --tail=many",
        ErrorCode::Invalid,
        "--tail",
    );
}
