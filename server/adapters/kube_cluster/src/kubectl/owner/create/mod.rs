//! `kubectl create`: from manifests, or of one kind from flags.
//!
//! Objects are written with the fields that Go's types write even when they are empty, because a client-side dry
//! run prints them. Source: `k8s.io/kubectl/pkg/cmd/create`.

mod config;
mod policy;
mod rights;
mod service;
pub(super) mod workload;

use domain::{command::CommandOutput, invocation::NewObject};
use serde_json::{Value, json};

use super::{
    apply,
    run::{DryRun, Run, blank, fail},
    targets::Target,
};
use crate::kubectl::request::{Failure, Outcome};

const MANAGER: &str = "kubectl-create";

/// `kubectl create -f`.
pub(super) async fn from_manifests(run: &Run<'_>) -> Outcome<CommandOutput> {
    if run.line.values("filename").is_empty() {
        return Err(Failure::message("must specify one of -f and -k"));
    }
    let mut output = blank();
    for target in run.manifests_to_create().await? {
        if let Err(failure) = one(run, &target, &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

async fn one(run: &Run<'_>, target: &Target, output: &mut CommandOutput) -> Outcome<()> {
    let object = apply::saved(run, &target.object);
    let made = match run.dry_run {
        DryRun::Client => object,
        DryRun::No | DryRun::Server => run.create(&target.resource, &object, MANAGER).await?,
    };
    run.report(output, &made, "created")
}

/// `kubectl create KIND NAME`.
pub(super) async fn by_flags(run: &Run<'_>, kind: NewObject) -> Outcome<CommandOutput> {
    let name = match run.line.words.as_slice() {
        [name] => name.as_str(),
        words => {
            return Err(Failure::message(format!(
                "exactly one NAME is required, got {}",
                words.len()
            )));
        }
    };
    let mut object = object(run, kind, name).await?;
    let resource = run.resource_of(&object).await?;
    if run.names_namespace() && resource.namespaced {
        object["metadata"]["namespace"] = run.namespace().into();
    }
    let mut output = blank();
    let object = apply::saved(run, &object);
    let made = match run.dry_run {
        DryRun::Client => object,
        DryRun::No | DryRun::Server => run.create(&resource, &object, MANAGER).await?,
    };
    run.report(&mut output, &made, "created")?;
    Ok(output)
}

/// The object that flags describe.
async fn object(run: &Run<'_>, kind: NewObject, name: &str) -> Outcome<Value> {
    match kind {
        NewObject::Deployment => workload::deployment(run, name),
        NewObject::Job => workload::job(run, name).await,
        NewObject::CronJob => workload::cron_job(run, name),
        NewObject::ConfigMap => config::config_map(run, name),
        NewObject::SecretGeneric => config::secret(run, name),
        NewObject::Namespace => Ok(json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": metadata(name), "spec": {}, "status": {}})),
        NewObject::ServiceAccount => Ok(json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": metadata(name)})),
        NewObject::ServiceClusterIp => service::service(run, name, "ClusterIP"),
        NewObject::ServiceExternalName => service::service(run, name, "ExternalName"),
        NewObject::ServiceLoadBalancer => service::service(run, name, "LoadBalancer"),
        NewObject::ServiceNodePort => service::service(run, name, "NodePort"),
        NewObject::Quota => policy::quota(run, name),
        NewObject::PodDisruptionBudget => policy::disruption_budget(run, name),
        NewObject::PriorityClass => policy::priority_class(run, name),
        NewObject::Role => rights::role(run, name, "Role").await,
        NewObject::ClusterRole => rights::role(run, name, "ClusterRole").await,
        NewObject::RoleBinding => rights::binding(run, name, "RoleBinding"),
        NewObject::ClusterRoleBinding => rights::binding(run, name, "ClusterRoleBinding"),
    }
}

/// The metadata of an object that has not been made yet.
pub(super) fn metadata(name: &str) -> Value {
    json!({"creationTimestamp": null, "name": name})
}

/// A flag that has to be there.
fn required<'a>(run: &Run<'a>, flag: &str) -> Outcome<&'a str> {
    run.line
        .value(flag)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Failure::message(format!("required flag(s) \"{flag}\" not set")))
}

/// The pairs of `KEY=VALUE,KEY=VALUE`.
fn pairs(text: &str) -> Outcome<Vec<(&str, &str)>> {
    text.split(',')
        .map(|pair| {
            pair.split_once('=')
                .filter(|(key, _)| !key.is_empty())
                .ok_or_else(|| {
                    Failure::message(format!(
                        "invalid argument syntax {pair}, expected <resource>=<value>"
                    ))
                })
        })
        .collect()
}
