//! What a write command means in this cluster: which kind its word names, which namespace, and whether it is
//! there. Never a guess: what is not found is said, with where a namesake is.

use domain::{
    ErrorCode, OpsError,
    command::{ResolvedWrite, ResourceWord, WriteCommand},
    ids::{NamespaceScope, ObjectName},
    plan::ClusterAction,
    resources::{WorkloadKind, WorkloadRef},
    units::Replicas,
};
use kube::Client;
use serde::Deserialize;

use crate::request::{collection, list, read, workload_path};

/// The words for the kinds that can be changed: plural, singular, short names.
const WORDS: [(WorkloadKind, [&str; 3]); 3] = [
    (
        WorkloadKind::Deployment,
        ["deployments", "deployment", "deploy"],
    ),
    (
        WorkloadKind::StatefulSet,
        ["statefulsets", "statefulset", "sts"],
    ),
    (WorkloadKind::DaemonSet, ["daemonsets", "daemonset", "ds"]),
];

/// Suffixes by which a word names its group too.
const GROUPS: [&str; 3] = ["", ".apps", ".v1.apps"];

#[derive(Deserialize)]
struct Named {
    metadata: NamedMeta,
}

#[derive(Deserialize)]
struct NamedMeta {
    name: String,
    #[serde(default)]
    namespace: String,
}

/// The action a command stands for.
pub(crate) async fn resolve(
    client: &Client,
    default_namespace: &str,
    command: &WriteCommand,
    typed: &str,
) -> Result<ResolvedWrite, OpsError> {
    let (resource, name, scope) = match command {
        WriteCommand::Scale {
            resource,
            name,
            scope,
            ..
        }
        | WriteCommand::RolloutRestart {
            resource,
            name,
            scope,
        } => (resource, name, scope),
    };
    let workload = WorkloadRef {
        kind: kind(resource)?,
        namespace: namespace(scope.as_ref(), default_namespace)?,
        name: name.clone(),
    };
    let action = match command {
        WriteCommand::Scale { replicas, .. } => {
            if !workload.kind.is_scalable() {
                return Err(not_scalable(workload.kind));
            }
            ClusterAction::Scale {
                workload: workload.clone(),
                replicas: Replicas(*replicas),
            }
        }
        WriteCommand::RolloutRestart { .. } => ClusterAction::Restart {
            workload: workload.clone(),
        },
    };
    exists(client, &workload).await?;
    Ok(ResolvedWrite {
        typed: typed.to_owned(),
        action,
    })
}

pub(crate) fn not_scalable(kind: WorkloadKind) -> OpsError {
    OpsError::new(
        ErrorCode::Unsupported,
        format!("a {kind} runs one pod on each of its nodes and has no replica count"),
    )
}

fn kind(word: &ResourceWord) -> Result<WorkloadKind, OpsError> {
    let word = word.0.to_ascii_lowercase();
    WORDS
        .iter()
        .find(|(_, names)| {
            names
                .iter()
                .any(|name| GROUPS.iter().any(|group| word == format!("{name}{group}")))
        })
        .map(|(kind, _)| *kind)
        .ok_or_else(|| {
            OpsError::new(
                ErrorCode::Unsupported,
                format!("“{word}” cannot be changed from here"),
            )
            .hint("Deployments, stateful sets and daemon sets can.")
        })
}

fn namespace(scope: Option<&NamespaceScope>, default: &str) -> Result<ObjectName, OpsError> {
    match scope {
        Some(NamespaceScope::One(namespace)) => Ok(namespace.clone()),
        None => ObjectName::new(default),
        Some(NamespaceScope::All) => Err(OpsError::new(
            ErrorCode::Invalid,
            "a change is made in one namespace, not in all of them",
        )
        .hint("Name it with -n NAMESPACE.")),
    }
}

/// Fails with the namespaces where a workload of that kind and name is, when it is not where it was looked for.
async fn exists(client: &Client, workload: &WorkloadRef) -> Result<(), OpsError> {
    let doing = format!("find {} {workload}", workload.kind);
    match read::<Named>(client, &workload_path(workload), &doing).await {
        Ok(_) => Ok(()),
        Err(error) if error.code == ErrorCode::NotFound => {
            Err(missing(workload, &namesakes(client, workload).await))
        }
        Err(error) => Err(error),
    }
}

/// Namespaces with a workload of the same kind and name; none when the credentials may not look.
async fn namesakes(client: &Client, workload: &WorkloadRef) -> Vec<String> {
    let everywhere = collection("apps/v1", workload.kind.plural(), None);
    let found: Vec<Named> = list(client, &everywhere, "look for namesakes")
        .await
        .unwrap_or_default();
    found
        .into_iter()
        .filter(|object| object.metadata.name == workload.name.as_str())
        .map(|object| object.metadata.namespace)
        .collect()
}

fn missing(workload: &WorkloadRef, elsewhere: &[String]) -> OpsError {
    let error = OpsError::new(
        ErrorCode::NotFound,
        format!(
            "there is no {} {} in namespace {}",
            workload.kind, workload.name, workload.namespace
        ),
    );
    match elsewhere {
        [] => error.hint("Check the name; the workloads page lists what there is."),
        [one] => error.hint(format!("There is one in namespace {one}: add -n {one}.")),
        many => error.hint(format!(
            "There are namesakes in the namespaces {}: say which with -n.",
            many.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_words_kubectl_knows() {
        for (word, expected) in [
            ("deploy", Some(WorkloadKind::Deployment)),
            ("deployments.apps", Some(WorkloadKind::Deployment)),
            ("Deployment.v1.apps", Some(WorkloadKind::Deployment)),
            ("sts", Some(WorkloadKind::StatefulSet)),
            ("ds", Some(WorkloadKind::DaemonSet)),
            ("po", None),
            ("deployments.evil.io", None),
        ] {
            assert_eq!(
                kind(&ResourceWord(word.to_owned())).ok(),
                expected,
                "{word}"
            );
        }
    }
    #[test]
    fn names_namesakes_and_does_not_choose() {
        let workload = WorkloadRef {
            kind: WorkloadKind::Deployment,
            namespace: ObjectName::new("default").unwrap(),
            name: ObjectName::new("web").unwrap(),
        };
        let error = missing(&workload, &["shop".to_owned(), "blog".to_owned()]);
        assert_eq!(error.code, ErrorCode::NotFound);
        assert!(error.hint.contains("shop, blog"));
    }

    #[test]
    fn a_change_in_all_namespaces_is_refused() {
        assert!(namespace(Some(&NamespaceScope::All), "default").is_err());
    }
}
