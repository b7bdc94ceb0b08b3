//! The grammar of the owner's own terminal: words that a shell has split already.

use assistant::parse_words;
use domain::{
    ErrorCode, OpsError,
    command::{OutputFormat, ReadCommand},
    invocation::{Invocation, NewObject, OwnVerb, TerminalCommand},
};

fn parse(line: &str) -> Result<TerminalCommand, OpsError> {
    parse_words(line.split(' ').map(str::to_owned).collect())
}

#[track_caller]
fn own(line: &str) -> Invocation {
    match parse(line) {
        Ok(TerminalCommand::Own(invocation)) => invocation,
        other => panic!("{line} gave {other:?}"),
    }
}

#[track_caller]
fn check_refused(line: &str, code: ErrorCode, token: &str) {
    let error = match parse(line) {
        Err(error) => error,
        Ok(command) => panic!("{line} gave {command:?}"),
    };
    assert_eq!(error.code, code, "{line}: {error}");
    assert!(error.message.contains(token), "{line}: {error}");
}

#[test]
fn reads_are_the_same_as_everywhere() {
    let Ok(TerminalCommand::Read(ReadCommand::Get(get))) = parse("-n shop get pods -o wide") else {
        panic!("a get");
    };
    assert_eq!(get.output, OutputFormat::Wide);
    let read = parse("rollout history deploy/web");
    assert!(matches!(
        read,
        Ok(TerminalCommand::Read(ReadCommand::RolloutHistory { .. }))
    ));
}

#[test]
fn changes_carry_their_words_and_flags() {
    let scale = own("scale deploy/web --replicas=3 -n shop --dry-run=server");
    assert_eq!(scale.verb, OwnVerb::Scale);
    assert_eq!(scale.words, ["deploy/web"]);
    assert_eq!(scale.value("replicas"), Some("3"));
    assert_eq!(scale.value("namespace"), Some("shop"));
    assert_eq!(scale.value("dry-run"), Some("server"));
}

#[test]
fn a_flag_given_twice_counts_as_with_kubectl() {
    let create = own("create configmap c --from-literal=a=1 --from-literal=b=2 -o yaml -o json");
    assert_eq!(create.values("from-literal"), ["a=1", "b=2"]);
    assert_eq!(create.value("output"), Some("json"));
}

#[test]
fn a_flag_with_an_optional_value_takes_it_after_an_equals_sign_only() {
    let delete = own("delete pod web --cascade orphan");
    assert_eq!(delete.value("cascade"), Some("background"));
    assert_eq!(delete.words, ["pod", "web", "orphan"]);
}

#[test]
fn what_follows_two_dashes_is_a_containers_program() {
    let run = own("run web --image=busybox -- sleep -n 60");
    assert_eq!(run.words, ["web"]);
    assert_eq!(run.program, ["sleep", "-n", "60"]);
}

#[test]
fn kinds_of_two_words_are_one_verb() {
    assert_eq!(
        own("create secret generic s --from-literal=a=b").verb,
        OwnVerb::New(NewObject::SecretGeneric)
    );
    assert_eq!(
        own("create svc nodeport s --tcp=80").verb,
        OwnVerb::New(NewObject::ServiceNodePort)
    );
    check_refused("create nonsense x", ErrorCode::Invalid, "nonsense");
}

#[test]
fn raw_paths_and_manifests_are_the_owners() {
    assert_eq!(own("get --raw /healthz").verb, OwnVerb::GetRaw);
    assert_eq!(own("get -f - -o yaml").verb, OwnVerb::GetManifest);
}

#[test]
fn other_clusters_and_identities_are_refused_by_name() {
    for flag in [
        "--context x",
        "--token x",
        "--as x",
        "-s x",
        "--kubeconfig x",
    ] {
        check_refused(
            &format!("delete pod web {flag}"),
            ErrorCode::Unsupported,
            "not",
        );
        check_refused(&format!("{flag} get pods"), ErrorCode::Unsupported, "not");
    }
    // A verb's own flag of the same name is its own.
    let binding = own("create rolebinding b --role=r --user=jane");
    assert_eq!(binding.values("user"), ["jane"]);
}

#[test]
fn connections_editors_and_programs_are_refused() {
    for line in [
        "exec web -- date",
        "attach web",
        "cp web:/a b",
        "port-forward web 80",
        "proxy",
        "edit deploy/web",
        "debug node/n",
        "config view",
        "plugin list",
        "no-such-verb",
    ] {
        check_refused(
            line,
            ErrorCode::Unsupported,
            line.split(' ').next().unwrap(),
        );
    }
    check_refused("run x -it --image=a", ErrorCode::Unsupported, "-i");
    check_refused(
        "scale deploy/web --frobnicate",
        ErrorCode::Invalid,
        "--frobnicate",
    );
}
