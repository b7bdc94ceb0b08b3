//! Jobs and `CronJob`s.

use domain::time::{Seconds, Timestamp};
use serde_json::{Value, json};

use super::{AGE, NAME, age, column, integer, name, number, or, since, wide};
use crate::{
    registry::{
        Column,
        Description::{Field, Text},
        Printer,
    },
    selector::LabelSelector,
    table::workloads::{CONTAINERS, IMAGES, containers_at},
    value::{self, items, text},
};

const SELECTOR: Column = wide(column("Selector", Field("JobSpec", "selector")));

pub(crate) const JOB: Printer = Printer {
    columns: &[
        NAME,
        column("Status", Text("Status of the job.")),
        column("Completions", Field("JobStatus", "succeeded")),
        column("Duration", Text("Time required to complete the job.")),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |job, now| {
        let [containers, images] = containers_at(job, "/spec/template/spec/containers");
        vec![
            name(job),
            json!(status(job)),
            json!(completions(job)),
            json!(duration(job, now)),
            age(job, now),
            containers,
            images,
            selector(job, "/spec/selector"),
        ]
    },
};

fn status(job: &Value) -> &'static str {
    let is = |kind: &str| {
        items(job, "/status/conditions").iter().any(|condition| {
            text(condition, "/type") == kind && text(condition, "/status") == "True"
        })
    };
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if value::is_terminating(job) => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () => "Running",
    }
}

fn completions(job: &Value) -> String {
    let succeeded = number(job, "/status/succeeded");
    match value::integer(job, "/spec/completions") {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None => match number(job, "/spec/parallelism") {
            parallel @ 2.. => format!("{succeeded}/1 of {parallel}"),
            _ => format!("{succeeded}/1"),
        },
    }
}

fn duration(job: &Value, now: Timestamp) -> String {
    let Some(start) = value::time(job, "/status/startTime") else {
        return String::new();
    };
    let end = value::time(job, "/status/completionTime").unwrap_or(now);
    Seconds(end.seconds_since(start)).human()
}

pub(crate) const CRON_JOB: Printer = Printer {
    columns: &[
        NAME,
        column("Schedule", Field("CronJobSpec", "schedule")),
        column("Timezone", Field("CronJobSpec", "timeZone")),
        Column {
            kind: "boolean",
            ..column("Suspend", Field("CronJobSpec", "suspend"))
        },
        integer(column("Active", Field("CronJobStatus", "active"))),
        column("Last Schedule", Field("CronJobStatus", "lastScheduleTime")),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |cron_job, now| {
        let template = "/spec/jobTemplate/spec/template/spec/containers";
        let [containers, images] = containers_at(cron_job, template);
        let suspend = cron_job.pointer("/spec/suspend").map(Value::to_string);
        let last = cron_job.pointer("/status/lastScheduleTime");
        vec![
            name(cron_job),
            json!(text(cron_job, "/spec/schedule")),
            json!(or(text(cron_job, "/spec/timeZone"), "<none>")),
            json!(suspend.unwrap_or_else(|| "<unset>".to_owned())),
            json!(items(cron_job, "/status/active").len()),
            json!(last.map_or_else(
                || "<none>".to_owned(),
                |_| since(cron_job, "/status/lastScheduleTime", now)
            )),
            age(cron_job, now),
            containers,
            images,
            selector(cron_job, "/spec/jobTemplate/spec/selector"),
        ]
    },
};

fn selector(object: &Value, pointer: &str) -> Value {
    let selector = LabelSelector::from_object(object.pointer(pointer)).to_string();
    json!(or(&selector, "<none>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    #[track_caller]
    fn check(printer: Printer, mut object: Value, expected: Value) {
        object["metadata"]["name"] = json!("x");
        object["metadata"]["creationTimestamp"] = json!("2025-11-23T20:24:56Z");
        assert_eq!(json!((printer.cells)(&object, NOW)), expected);
    }

    #[test]
    fn shows_jobs_by_how_far_they_came() {
        let template = json!({"spec": {"containers": [{"name": "pi", "image": "perl:5"}]}});
        let selector = json!({"matchLabels": {"job": "x"}});
        check(
            JOB,
            json!({"spec": {"completions": 3, "template": template, "selector": selector},
                "status": {"succeeded": 3, "startTime": "2025-11-23T20:25:00Z", "completionTime": "2025-11-23T20:25:42Z", "conditions": [{"type": "Complete", "status": "True"}]}}),
            json!([
                "x", "Complete", "3/3", "42s", "10m", "pi", "perl:5", "job=x"
            ]),
        );
        check(
            JOB,
            json!({"spec": {"parallelism": 2}, "status": {"startTime": "2025-11-23T20:34:50Z"}}),
            json!(["x", "Running", "0/1 of 2", "6s", "10m", "", "", "<none>"]),
        );
        check(
            JOB,
            json!({"spec": {"parallelism": 0}, "status": {"conditions": [{"type": "Suspended", "status": "True"}]}}),
            json!(["x", "Suspended", "0/1", "", "10m", "", "", "<none>"]),
        );
    }

    #[test]
    fn shows_cron_jobs() {
        check(
            CRON_JOB,
            json!({"spec": {"schedule": "0 3 * * *", "suspend": false}, "status": {"active": [{}], "lastScheduleTime": "2025-11-23T03:00:00Z"}}),
            json!([
                "x",
                "0 3 * * *",
                "<none>",
                "false",
                1,
                "17h",
                "10m",
                "",
                "",
                "<none>"
            ]),
        );
        check(
            CRON_JOB,
            json!({"spec": {"schedule": "@daily", "timeZone": "Etc/UTC"}}),
            json!([
                "x", "@daily", "Etc/UTC", "<unset>", 0, "<none>", "10m", "", "", "<none>"
            ]),
        );
    }
}
