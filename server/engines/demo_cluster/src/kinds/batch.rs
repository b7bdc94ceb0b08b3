//! The group `batch/v1`: Jobs and `CronJob`s.
//!
//! Follows `pkg/apis/batch/v1/defaults.go`, `pkg/apis/batch/validation/validation.go` and
//! `pkg/registry/batch/job/strategy.go`.

use serde_json::{Value, json};

use super::{BASE, NO_RULES, cron, pod_spec, selectable, zone::Zone};
use crate::{
    registry::{KindSpec, Rules, Subresource::Status},
    status::Cause,
    table,
    value::{self, set_default, text},
};

const BATCH: KindSpec = KindSpec {
    group: "batch",
    categories: &["all"],
    subresources: &[Status],
    has_generation: true,
    ..BASE
};

pub(crate) const JOB: KindSpec = KindSpec {
    kind: "Job",
    plural: "jobs",
    singular: "job",
    definition: "Job",
    selectable: &[selectable("status.successful", "/status/succeeded")],
    rules: Rules {
        defaults: job_defaults,
        begin: job_begin,
        validate: job_rules,
        validate_update: job_update_rules,
        ..NO_RULES
    },
    printer: table::JOB,
    ..BATCH
};

pub(crate) const CRON_JOB: KindSpec = KindSpec {
    kind: "CronJob",
    plural: "cronjobs",
    singular: "cronjob",
    short_names: &["cj"],
    definition: "CronJob",
    rules: Rules {
        defaults: cron_job_defaults,
        begin: cron_job_begin,
        validate: cron_job_rules,
        ..NO_RULES
    },
    printer: table::CRON_JOB,
    ..BATCH
};

/// Labels by which a Job finds its pods, in the old and the present spelling.
const JOB_NAME: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const CONTROLLER_UID: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

fn job_defaults(job: &mut Value) {
    if let Some(spec) = job.get_mut("spec") {
        job_spec_defaults(spec);
    }
    let labels = job.pointer("/spec/template/metadata/labels").cloned();
    if let Some(labels) =
        labels.filter(|_| value::map(job, "/metadata/labels").is_none_or(serde_json::Map::is_empty))
    {
        value::set(job, &["metadata", "labels"], labels);
    }
}

fn job_spec_defaults(spec: &mut Value) {
    if spec.get("parallelism").is_none() && spec.get("completions").is_none() {
        spec["completions"] = json!(1);
    }
    set_default(spec, &["parallelism"], 1);
    let retries = if spec.get("backoffLimitPerIndex").is_some() {
        i32::MAX
    } else {
        6
    };
    set_default(spec, &["backoffLimit"], retries);
    set_default(spec, &["completionMode"], "NonIndexed");
    set_default(spec, &["suspend"], false);
    set_default(spec, &["manualSelector"], false);
    let replacement = match spec.get("podFailurePolicy") {
        Some(_) => "Failed",
        None => "TerminatingOrFailed",
    };
    set_default(spec, &["podReplacementPolicy"], replacement);
    if let Some(template) = spec.get_mut("template") {
        pod_spec::fill_template(template);
    }
}

/// Gives a new Job the selector and labels that tie its pods to it; needs the Job's uid.
fn job_begin(job: &mut Value) {
    set_default(job, &["status"], json!({}));
    if value::truth(job, "/spec/manualSelector") {
        return;
    }
    let had_labels = job["metadata"]["labels"] != job["spec"]["template"]["metadata"]["labels"];
    let (name, uid) = (value::name(job).to_owned(), value::uid(job).to_owned());
    for key in JOB_NAME {
        set_default(
            job,
            &["spec", "template", "metadata", "labels", key],
            name.clone(),
        );
    }
    for key in CONTROLLER_UID {
        set_default(
            job,
            &["spec", "template", "metadata", "labels", key],
            uid.clone(),
        );
    }
    set_default(
        job,
        &["spec", "selector", "matchLabels", CONTROLLER_UID[1]],
        uid,
    );
    if !had_labels {
        // Labels a Job takes from its template are the template's, these included.
        let labels = job["spec"]["template"]["metadata"]["labels"].clone();
        value::set(job, &["metadata", "labels"], labels);
    }
}

fn job_rules(job: &Value) -> Vec<Cause> {
    job_spec_rules(&job["spec"], "spec")
}

fn job_spec_rules(spec: &Value, at: &str) -> Vec<Cause> {
    let mut causes = not_negative(
        spec,
        at,
        &[
            "parallelism",
            "completions",
            "activeDeadlineSeconds",
            "backoffLimit",
            "ttlSecondsAfterFinished",
        ],
    );
    let modes = ["Indexed", "NonIndexed"];
    let mode = text(spec, "/completionMode");
    if !modes.contains(&mode) {
        causes.push(Cause::not_supported(
            format!("{at}.completionMode"),
            mode,
            &modes,
        ));
    }
    if mode == "Indexed" && spec.get("completions").is_none() {
        let detail = "when completion mode is Indexed";
        causes.push(Cause::required(format!("{at}.completions"), detail));
    }
    let template = format!("{at}.template.spec");
    causes.extend(pod_spec::check(
        &spec["template"]["spec"],
        &template,
        &["Always", "Never", "OnFailure"],
    ));
    if text(spec, "/template/spec/restartPolicy") == "Always" {
        let detail = "valid values: \"OnFailure\", \"Never\"";
        causes.push(Cause::required(format!("{template}.restartPolicy"), detail));
    }
    causes
}

fn not_negative(spec: &Value, at: &str, fields: &[&str]) -> Vec<Cause> {
    fields
        .iter()
        .filter_map(|field| {
            let number = spec.get(field)?.as_i64().filter(|number| *number < 0)?;
            let detail = "must be greater than or equal to 0";
            Some(Cause::invalid(
                format!("{at}.{field}"),
                &json!(number),
                detail,
            ))
        })
        .collect()
}

/// What cannot change: how pods are found, what they are, and how completions are counted. A suspended Job
/// that never started may still change where its pods are to run.
fn job_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let mut fixed = vec![
        "selector",
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "successPolicy",
    ];
    if text(new, "/spec/completionMode") != "Indexed" {
        fixed.push("completions");
    }
    let has_begun =
        !value::truth(old, "/spec/suspend") || old.pointer("/status/startTime").is_some();
    if has_begun {
        fixed.push("template");
    }
    fixed
        .into_iter()
        .filter(|field| new["spec"].get(field) != old["spec"].get(field))
        .map(|field| {
            let shown = &new["spec"][field];
            Cause::invalid(format!("spec.{field}"), shown, "field is immutable")
        })
        .collect()
}

fn cron_job_defaults(cron_job: &mut Value) {
    set_default(cron_job, &["spec", "concurrencyPolicy"], "Allow");
    set_default(cron_job, &["spec", "suspend"], false);
    set_default(cron_job, &["spec", "successfulJobsHistoryLimit"], 3);
    set_default(cron_job, &["spec", "failedJobsHistoryLimit"], 1);
    // The template's Job gets its own defaults when it is made; its pods have theirs already.
    if let Some(job) = cron_job.pointer_mut("/spec/jobTemplate") {
        set_default(job, &["metadata", "creationTimestamp"], Value::Null);
        if let Some(template) = job.pointer_mut("/spec/template") {
            pod_spec::fill_template(template);
        }
    }
}

fn cron_job_begin(cron_job: &mut Value) {
    set_default(cron_job, &["status"], json!({}));
}

/// Source: `validateScheduleFormat` of `pkg/apis/batch/validation`.
fn schedule_rules(spec: &Value) -> Vec<Cause> {
    let schedule = text(spec, "/schedule");
    if schedule.is_empty() {
        return vec![Cause::required("spec.schedule", "")];
    }
    let zone = schedule
        .strip_prefix("CRON_TZ=")
        .or(schedule.strip_prefix("TZ="));
    let fields = zone
        .and_then(|rest| rest.split_once(' '))
        .map(|(_, fields)| fields);
    let unreadable = cron::Schedule::parse(fields.unwrap_or(schedule)).err();
    let zoned = match (schedule.contains("TZ"), spec.get("timeZone")) {
        (false, _) => None,
        (true, Some(_)) => Some("cannot use both timeZone field and TZ or CRON_TZ in schedule"),
        (true, None) => Some("cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    };
    let problems = unreadable.into_iter().chain(zoned.map(str::to_owned));
    problems
        .map(|problem| Cause::invalid("spec.schedule", &json!(schedule), &problem))
        .collect()
}

/// Source: `validateTimeZone` of `pkg/apis/batch/validation`.
fn zone_rules(spec: &Value) -> Option<Cause> {
    let problem = match spec.get("timeZone")?.as_str()? {
        "" => "timeZone must be nil or non-empty string".to_owned(),
        name if name.eq_ignore_ascii_case("local") => {
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
                .to_owned()
        }
        name if Zone::named(name).is_none() => format!("unknown time zone {name}"),
        _ => return None,
    };
    Some(Cause::invalid("spec.timeZone", &spec["timeZone"], &problem))
}

fn cron_job_rules(cron_job: &Value) -> Vec<Cause> {
    /// A Job's name adds a dash and ten digits, and may have 63 characters.
    const LONGEST_NAME: usize = 52;
    let spec = &cron_job["spec"];
    let mut causes = schedule_rules(spec);
    causes.extend(not_negative(spec, "spec", &["startingDeadlineSeconds"]));
    causes.extend(zone_rules(spec));
    let policies = ["Allow", "Forbid", "Replace"];
    let policy = text(spec, "/concurrencyPolicy");
    if !policies.contains(&policy) {
        causes.push(Cause::not_supported(
            "spec.concurrencyPolicy",
            policy,
            &policies,
        ));
    }
    let mut job = spec["jobTemplate"]["spec"].clone();
    job_spec_defaults(&mut job);
    causes.extend(job_spec_rules(&job, "spec.jobTemplate.spec"));
    if spec.pointer("/jobTemplate/spec/selector").is_some() {
        let field = "spec.jobTemplate.spec.selector";
        let shown = &spec["jobTemplate"]["spec"]["selector"];
        causes.push(Cause::invalid(
            field,
            shown,
            "`selector` will be auto-generated",
        ));
    }
    let kept = ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
    causes.extend(not_negative(spec, "spec", &kept));
    let name = value::name(cron_job);
    if name.len() > LONGEST_NAME {
        let detail = "must be no more than 52 characters";
        causes.push(Cause::invalid("metadata.name", &json!(name), detail));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(policy: &str) -> Value {
        json!({"metadata": {"name": "pi", "uid": "u-1"},
            "spec": {"template": {"spec": {"restartPolicy": policy, "containers": [{"name": "pi", "image": "perl:5.34"}]}}}})
    }

    fn words(causes: &[Cause]) -> Vec<String> {
        causes.iter().map(Cause::to_string).collect()
    }

    #[test]
    fn ties_pods_to_their_job_by_uid() {
        let mut object = job("Never");
        job_defaults(&mut object);
        job_begin(&mut object);
        let uid = json!({"batch.kubernetes.io/controller-uid": "u-1"});
        assert_eq!(object["spec"]["selector"]["matchLabels"], uid);
        assert_eq!(
            object["spec"]["template"]["metadata"]["labels"]["job-name"],
            "pi"
        );
        assert_eq!(
            object["metadata"]["labels"],
            object["spec"]["template"]["metadata"]["labels"]
        );
        assert_eq!(object["spec"]["completions"], 1);
        assert_eq!(job_rules(&object), []);
    }

    #[test]
    fn refuses_jobs_whose_pods_never_end() {
        let mut object = job("Always");
        object["spec"]["parallelism"] = json!(-1);
        job_defaults(&mut object);
        assert_eq!(
            words(&job_rules(&object)),
            [
                "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
                "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
            ]
        );
    }

    #[test]
    fn keeps_the_template_of_a_job_that_runs() {
        let mut old = job("Never");
        job_defaults(&mut old);
        let mut new = old.clone();
        new["spec"]["template"]["spec"]["containers"][0]["image"] = json!("perl:6");
        new["spec"]["parallelism"] = json!(5);
        let found = job_update_rules(&new, &old);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].field, "spec.template");
        old["spec"]["suspend"] = json!(true);
        assert_eq!(job_update_rules(&new, &old), []);
    }

    #[test]
    fn refuses_schedules_that_are_none() {
        let mut object = json!({"metadata": {"name": "nightly"}, "spec": {"schedule": "every day", "jobTemplate": {"spec": job("OnFailure")["spec"]}}});
        cron_job_defaults(&mut object);
        let found = words(&cron_job_rules(&object));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("spec.schedule: Invalid value: \"every day\": "),
            "{found:?}"
        );
        object["spec"]["schedule"] = json!("*/5 0-6 1,15 * mon-fri");
        assert_eq!(cron_job_rules(&object), []);
    }
}
