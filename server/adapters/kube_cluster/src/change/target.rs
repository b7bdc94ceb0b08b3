//! The object a change is about, and the one request that changes it.

use std::collections::BTreeMap;

use domain::{
    ErrorCode, OpsError,
    plan::ClusterAction,
    resources::{WorkloadKind, WorkloadRef},
    units::Replicas,
};
use http::{
    Method, Request,
    header::{ACCEPT, CONTENT_TYPE},
};
use kube::Client;
use serde_json::{Value, json};

use crate::request::{FIELD_MANAGER, read, workload_path};

/// The annotation by which `kubectl rollout restart` changes a pod template.
pub(super) const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
/// Where a restart's stamp is found in [`domain::plan::PreparedChange::after`].
pub(super) const RESTARTED_AT_PATH: &str =
    "spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt";
/// Where a scaling's count is found in [`domain::plan::PreparedChange::after`].
pub(super) const REPLICAS_PATH: &str = "spec.replicas";

/// A workload as the API server has it now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Live {
    pub(super) object: Value,
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) generation: i64,
}

impl Live {
    pub(super) async fn read(client: &Client, reference: &WorkloadRef) -> Result<Self, OpsError> {
        let doing = format!("read {} {reference}", reference.kind);
        let object = read(client, &workload_path(reference), &doing).await?;
        Self::from_object(object).ok_or_else(|| {
            OpsError::new(
                ErrorCode::ClusterAnswer,
                format!("could not {doing}: the cluster’s answer has no uid or version"),
            )
        })
    }

    fn from_object(object: Value) -> Option<Self> {
        let meta = object.get("metadata")?;
        let text = |name: &str| meta.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            uid: text("uid")?,
            resource_version: text("resourceVersion")?,
            generation: meta.get("generation").and_then(Value::as_i64).unwrap_or(0),
            object,
        })
    }

    /// `spec.replicas`; the API's own default is 1.
    pub(super) fn replicas(&self) -> Replicas {
        Replicas(replicas_of(&self.object).unwrap_or(1))
    }

    pub(super) fn is_paused(&self) -> bool {
        self.object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true)
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.object
            .pointer("/metadata/annotations")?
            .get(key)?
            .as_str()
    }

    pub(super) fn restarted_at(&self) -> Option<&str> {
        restarted_at_of(&self.object)
    }
}

/// `spec.replicas`. A Scale leaves out a count of 0: Kubernetes, `autoscaling/v1`, `ScaleSpec` (`omitempty`).
pub(super) fn replicas_of(object: &Value) -> Option<u32> {
    match object.pointer("/spec/replicas") {
        Some(replicas) => u32::try_from(replicas.as_u64()?).ok(),
        None => (object["kind"] == "Scale").then_some(0),
    }
}

pub(super) fn restarted_at_of(object: &Value) -> Option<&str> {
    object
        .pointer("/spec/template/metadata/annotations")?
        .get(RESTARTED_AT)?
        .as_str()
}

/// What is sent: replicas through `/scale`, or a merge patch.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Scale(Replicas),
    Restart(String),
    Annotate(BTreeMap<String, Option<String>>),
}

impl Step {
    /// The step of an action; `stamp` is the time a restart is marked with.
    pub(super) fn of(action: &ClusterAction, stamp: &str) -> Self {
        match action {
            ClusterAction::Scale { replicas, .. } => Self::Scale(*replicas),
            ClusterAction::Restart { .. } => Self::Restart(stamp.to_owned()),
            ClusterAction::Annotate { annotations, .. } => Self::Annotate(annotations.clone()),
        }
    }

    /// Whether an object is as this step leaves it.
    pub(super) fn is_done_in(&self, live: &Live) -> bool {
        match self {
            Self::Scale(replicas) => live.replicas() == *replicas,
            Self::Restart(stamp) => live.restarted_at() == Some(stamp),
            Self::Annotate(annotations) => annotations
                .iter()
                .all(|(key, value)| live.annotation(key) == value.as_deref()),
        }
    }

    /// The method it is sent by.
    pub(super) const fn method(&self) -> Method {
        match self {
            Self::Scale(_) => Method::PUT,
            Self::Restart(_) | Self::Annotate(_) => Method::PATCH,
        }
    }

    /// The path it is sent to: the workload's own, or its `/scale`.
    pub(super) fn path(&self, reference: &WorkloadRef) -> String {
        let path = workload_path(reference);
        match self {
            Self::Scale(_) => format!("{path}/scale"),
            Self::Restart(_) | Self::Annotate(_) => path,
        }
    }

    /// The request, bound to the resourceVersion of `live`: the cluster refuses it (409) for any other.
    pub(super) fn request(
        &self,
        reference: &WorkloadRef,
        live: &Live,
        send: Send,
    ) -> Result<Request<Vec<u8>>, OpsError> {
        let identity = json!({
            "name": reference.name,
            "namespace": reference.namespace,
            "uid": live.uid,
            "resourceVersion": live.resource_version,
        });
        let (content, body) = match self {
            Self::Scale(replicas) => (
                "application/json",
                json!({
                    "apiVersion": "autoscaling/v1",
                    "kind": "Scale",
                    "metadata": identity,
                    "spec": {"replicas": replicas},
                }),
            ),
            Self::Restart(_) | Self::Annotate(_) => (
                "application/merge-patch+json",
                self.patch(reference.kind, identity),
            ),
        };
        let dry_run = match send {
            Send::DryRun => "&dryRun=All",
            Send::ForReal => "",
        };
        Request::builder()
            .method(self.method())
            .uri(format!(
                "{}?fieldManager={FIELD_MANAGER}{dry_run}",
                self.path(reference)
            ))
            .header(CONTENT_TYPE, content)
            .header(ACCEPT, "application/json")
            .body(serde_json::to_vec(&body).map_err(|_| OpsError::internal())?)
            .map_err(|_| OpsError::internal())
    }

    fn patch(&self, kind: WorkloadKind, identity: Value) -> Value {
        let mut patch = json!({
            "apiVersion": "apps/v1",
            "kind": kind.as_str(),
            "metadata": identity,
        });
        match self {
            Self::Scale(_) => {}
            Self::Restart(stamp) => {
                patch["spec"] =
                    json!({"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}});
            }
            Self::Annotate(annotations) => {
                patch["metadata"]["annotations"] = json!(annotations);
            }
        }
        patch
    }
}

/// Whether the cluster keeps what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Send {
    DryRun,
    ForReal,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::ObjectName;

    fn web() -> WorkloadRef {
        WorkloadRef {
            kind: WorkloadKind::Deployment,
            namespace: ObjectName::new("shop").unwrap(),
            name: ObjectName::new("web").unwrap(),
        }
    }

    fn live() -> Live {
        Live::from_object(json!({
            "metadata": {"uid": "u1", "resourceVersion": "41", "generation": 3, "annotations": {"a": "1"}},
            "spec": {"replicas": 3},
        }))
        .unwrap()
    }

    fn sent(step: &Step, send: Send) -> (String, Value) {
        let request = step.request(&web(), &live(), send).unwrap();
        let line = format!("{} {}", request.method(), request.uri());
        (line, serde_json::from_slice(request.body()).unwrap())
    }

    #[test]
    fn scaling_is_a_put_bound_to_the_version_read() {
        let (line, body) = sent(&Step::Scale(Replicas(8)), Send::ForReal);
        assert_eq!(
            line,
            "PUT /apis/apps/v1/namespaces/shop/deployments/web/scale?fieldManager=ai4k8s"
        );
        assert_eq!(body["metadata"]["resourceVersion"], "41");
        assert_eq!(body["metadata"]["uid"], "u1");
        assert_eq!(body["spec"]["replicas"], 8);
    }

    #[test]
    fn a_dry_run_differs_in_nothing_but_saying_so() {
        let step = Step::Annotate([("a".to_owned(), None)].into());
        let (line, body) = sent(&step, Send::ForReal);
        let (dry_line, dry_body) = sent(&step, Send::DryRun);
        assert_eq!(dry_line, format!("{line}&dryRun=All"));
        assert_eq!(dry_body, body);
        assert_eq!(body["metadata"]["annotations"]["a"], Value::Null);
        assert_eq!(body["metadata"]["resourceVersion"], "41");
    }

    #[test]
    fn a_restart_stamps_the_template_as_kubectl_does() {
        let (_, body) = sent(
            &Step::Restart("2026-11-24T06:00:00Z".to_owned()),
            Send::ForReal,
        );
        assert_eq!(
            body["spec"]["template"]["metadata"]["annotations"],
            json!({RESTARTED_AT: "2026-11-24T06:00:00Z"})
        );
    }

    #[test]
    fn knows_when_a_step_is_done() {
        assert!(Step::Scale(Replicas(3)).is_done_in(&live()));
        assert!(!Step::Scale(Replicas(4)).is_done_in(&live()));
        let annotate = |value: Option<&str>| {
            Step::Annotate([("a".to_owned(), value.map(str::to_owned))].into()).is_done_in(&live())
        };
        assert!(annotate(Some("1")) && !annotate(None));
    }
}
