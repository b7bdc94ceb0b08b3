//! The command grammar from outside: what is read and what is left to others.

mod properties;
mod refusals;
mod terminal;

use assistant::{parse_command, print_command};
use domain::{
    ErrorCode,
    command::{KubectlCommand, LogTarget, OutputFormat, ReadCommand, WriteCommand},
    ids::NamespaceScope,
};

#[track_caller]
fn parsed(line: &str) -> KubectlCommand {
    parse_command(line)
        .unwrap_or_else(|| panic!("not a kubectl line: {line}"))
        .unwrap_or_else(|error| panic!("{line}: {error} {}", error.hint))
}

/// The canonical form of a line.
#[track_caller]
fn check(line: &str, canonical: &str) {
    let command = parsed(line);
    assert_eq!(print_command(&command), canonical, "{line}");
    assert_eq!(parsed(canonical), command, "{canonical}");
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
    check("kubectl get pod/a svc/b", "kubectl get pod/a svc/b");
    check(
        "kubectl get po -o jsonpath='{.items[*].metadata.name}' -L app -L tier,x",
        "kubectl get po --output='jsonpath={.items[*].metadata.name}' --label-columns=app,tier,x",
    );
    check(
        "kubectl get po --show-kind --ignore-not-found -o custom-columns=N:.metadata.name",
        "kubectl get po --output=custom-columns=N:.metadata.name --show-kind --ignore-not-found",
    );
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
    check(
        "kubectl rollout history deploy web --revision 2",
        "kubectl rollout history deploy/web --revision=2",
    );
    check("kubectl version", "kubectl version");
    check("kubectl api-resources", "kubectl api-resources");
    check("kubectl cluster-info", "kubectl cluster-info");
}

#[test]
fn reads_questions_about_the_api_and_ones_own_rights() {
    check(
        "kubectl explain pod.spec.containers --recursive",
        "kubectl explain pod.spec.containers --recursive",
    );
    check(
        "kubectl auth can-i get pods/web --subresource=log -q -n shop",
        "kubectl auth can-i get pods web --subresource=log --namespace=shop --quiet",
    );
    check(
        "kubectl auth can-i --list -A",
        "kubectl auth can-i --list --all-namespaces",
    );
    check(
        "kubectl auth whoami -o yaml",
        "kubectl auth whoami --output=yaml",
    );
    check(
        "kubectl api-resources --verbs=list --verbs get --namespaced=false -o wide",
        "kubectl api-resources --namespaced=false --verbs=list,get --output=wide",
    );
    check("kubectl api-versions", "kubectl api-versions");
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
    let KubectlCommand::Read(ReadCommand::Get(get)) =
        parsed("kubectl get po -A -o name --no-headers")
    else {
        panic!("a get");
    };
    assert_eq!(
        (get.output, get.scope, get.no_headers),
        (OutputFormat::Name, Some(NamespaceScope::All), true)
    );
    let KubectlCommand::Read(ReadCommand::Logs(logs)) = parsed("kubectl logs -l 'app in (a,b)'")
    else {
        panic!("logs");
    };
    assert_eq!(
        (logs.target, logs.tail),
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
        let error = refusals::refused(&format!("kubectl scale deploy/x --replicas='{count}'"));
        assert_eq!(error.code, ErrorCode::Invalid, "{count}: {error}");
        assert!(error.message.contains("0 to 1000"), "{error}");
    }
}
