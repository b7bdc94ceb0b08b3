//! `kubectl create deployment`, `job` and `cronjob`.

use serde_json::{Value, json};

use super::{
    super::{run::Run, targets::valid},
    metadata, required,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, name as name_of, text},
    request::{Failure, Outcome},
};

pub(super) fn deployment(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let images = run.line.list("image");
    if images.is_empty() {
        return Err(Failure::message("required flag(s) \"image\" not set"));
    }
    let program = &run.line.program;
    if images.len() > 1 && !program.is_empty() {
        return Err(Failure::message(
            "cannot specify multiple --image options and command",
        ));
    }
    let port = number(run, "port")?.filter(|&port| port > 0);
    let containers: Vec<Value> = images
        .iter()
        .map(|image| {
            let mut container = container(image, &container_name(image), program);
            if let Some(port) = port {
                container["ports"] = json!([{"containerPort": port}]);
            }
            container
        })
        .collect();
    let labels = json!({"app": name});
    let mut meta = metadata(name);
    meta["labels"] = labels.clone();
    Ok(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
        "spec": {
            "replicas": number(run, "replicas")?.unwrap_or(1),
            "selector": {"matchLabels": labels},
            "strategy": {},
            "template": {
                "metadata": {"creationTimestamp": null, "labels": labels},
                "spec": {"containers": containers},
            },
        },
        "status": {},
    }))
}

pub(super) async fn job(run: &Run<'_>, name: &str) -> Outcome<Value> {
    match (run.line.value("from"), run.line.value("image")) {
        (Some(_), Some(_)) | (None, None) => Err(Failure::message(
            "either --image or --from must be specified",
        )),
        (Some(from), None) => job_of(run, name, from).await,
        (None, Some(image)) => {
            let container = container(image, name, &run.line.program);
            Ok(json!({
                "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata(name),
                "spec": pod_of(container, "Never"),
                "status": {},
            }))
        }
    }
}

/// A Job as a cron job would make it now.
async fn job_of(run: &Run<'_>, name: &str, from: &str) -> Outcome<Value> {
    let cron = from
        .strip_prefix("cronjob/")
        .or_else(|| from.strip_prefix("cj/"))
        .ok_or_else(|| Failure::message(format!("from must be an existing cronjob: {from}")))?;
    let known = ApiResource::known("batch", "v1", "cronjobs", "CronJob");
    let cron = run
        .session
        .object(&known, Some(run.namespace()), valid(cron)?.as_str())
        .await?;
    let template = at(&cron, "/spec/jobTemplate");
    let mut meta = metadata(name);
    meta["annotations"] = at(template, "/metadata/annotations").clone();
    meta["annotations"]["cronjob.kubernetes.io/instantiate"] = "manual".into();
    if !at(template, "/metadata/labels").is_null() {
        meta["labels"] = at(template, "/metadata/labels").clone();
    }
    meta["ownerReferences"] = json!([{"apiVersion": "batch/v1", "kind": "CronJob", "controller": true,
        "name": name_of(&cron), "uid": text(&cron, "/metadata/uid")}]);
    Ok(
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta,
        "spec": at(template, "/spec"), "status": {}}),
    )
}

pub(super) fn cron_job(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let (image, schedule) = (required(run, "image")?, required(run, "schedule")?);
    let restart = run.line.value("restart").unwrap_or("OnFailure");
    let container = container(image, name, &run.line.program);
    Ok(json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(name),
        "spec": {
            "jobTemplate": {"metadata": metadata(name), "spec": pod_of(container, restart)},
            "schedule": schedule,
        },
        "status": {},
    }))
}

fn pod_of(container: Value, restart: &str) -> Value {
    json!({"template": {
        "metadata": {"creationTimestamp": null},
        "spec": {"containers": [container], "restartPolicy": restart},
    }})
}

/// A container that runs an image, with a program of its own when one is given.
fn container(image: &str, name: &str, program: &[String]) -> Value {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !program.is_empty() {
        container["command"] = program.into();
    }
    container
}

/// The last part of an image's name, without tag and digest: `busybox` of `docker.io/library/busybox:1.36`.
fn container_name(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split(['@', ':']).next().unwrap_or(name);
    name.to_lowercase().replace('_', "-")
}

/// A flag that is a number.
pub(in crate::kubectl::owner) fn number(run: &Run<'_>, flag: &str) -> Outcome<Option<i64>> {
    run.line
        .value(flag)
        .map(|text| {
            text.parse().map_err(|_| {
                Failure::message(format!("invalid argument \"{text}\" for \"--{flag}\" flag"))
            })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_container_after_its_image() {
        for (image, name) in [
            ("nginx", "nginx"),
            ("registry.example.com:5000/shop/web_api:1.2", "web-api"),
            ("busybox@sha256:abc", "busybox"),
        ] {
            assert_eq!(container_name(image), name, "{image}");
        }
    }
}
