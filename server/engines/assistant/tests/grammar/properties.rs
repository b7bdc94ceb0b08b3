//! Properties of every line.

use assistant::{parse_command, print_command};
use domain::command::KubectlCommand;
use proptest::prelude::*;

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
