//! Jobs and cron jobs.

use domain::time::{Seconds, Timestamp};
use serde_json::Value;

use super::{
    common::{controlled_by, event_table, events_about, heading, labels_and_annotations, truth},
    page::Page,
    selector_text,
    workloads::template,
};
use crate::kubectl::{
    json::{at, has, items, number, shown, text},
    request::{Outcome, Session},
    when,
};

/// Characters of the list of completed indexes that are shown in any case.
const MOST_INDEXES: usize = 50;

pub(super) async fn job(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    page.field(0, "Selector", selector_text(at(object, "/spec/selector")));
    labels_and_annotations(&mut page, object);
    controlled_by(&mut page, object);
    field_if_set(&mut page, "Parallelism", at(object, "/spec/parallelism"));
    page.field(0, "Completions", or_unset(at(object, "/spec/completions")));
    for (label, field) in [
        ("Completion Mode", "/spec/completionMode"),
        ("Suspend", "/spec/suspend"),
        ("Backoff Limit", "/spec/backoffLimit"),
        (
            "TTL Seconds After Finished",
            "/spec/ttlSecondsAfterFinished",
        ),
    ] {
        field_if_set(&mut page, label, at(object, field));
    }
    times(&mut page, object);
    if has(object, "/spec/activeDeadlineSeconds") {
        let seconds = number(object, "/spec/activeDeadlineSeconds");
        page.field(0, "Active Deadline Seconds", format_args!("{seconds}s"));
    }
    page.field(0, "Pods Statuses", pods(object));
    if text(object, "/spec/completionMode") == "Indexed" {
        let indexes = completed(text(object, "/status/completedIndexes"));
        page.field(0, "Completed Indexes", indexes);
    }
    template(&mut page, at(object, "/spec/template"));
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn field_if_set(page: &mut Page, label: &str, value: &Value) {
    if !value.is_null() {
        page.field(0, label, shown(value));
    }
}

fn or_unset(value: &Value) -> String {
    if value.is_null() {
        "<unset>".to_owned()
    } else {
        shown(value)
    }
}

fn times(page: &mut Page, object: &Value) {
    let (started, ended) = (
        text(object, "/status/startTime"),
        text(object, "/status/completionTime"),
    );
    if !started.is_empty() {
        page.field(0, "Start Time", when::rfc1123(started));
    }
    if !ended.is_empty() {
        page.field(0, "Completed At", when::rfc1123(ended));
    }
    if let (Some(started), Some(ended)) = (Timestamp::parse(started), Timestamp::parse(ended)) {
        let took = Seconds(ended.seconds_since(started));
        page.field(0, "Duration", took.human());
    }
}

fn pods(object: &Value) -> String {
    let count = |field: &str| number(object, &format!("/status/{field}"));
    let ready = if has(object, "/status/ready") {
        format!(" ({} Ready)", count("ready"))
    } else {
        String::new()
    };
    format!(
        "{} Active{ready} / {} Succeeded / {} Failed",
        count("active"),
        count("succeeded"),
        count("failed")
    )
}

/// A long list of indexes is cut at a comma.
fn completed(indexes: &str) -> String {
    if indexes.is_empty() {
        return "<none>".to_owned();
    }
    let rest = indexes.get(MOST_INDEXES..).unwrap_or_default();
    match rest.find(',') {
        Some(at) => format!("{}...", &indexes[..=MOST_INDEXES + at]),
        None => indexes.to_owned(),
    }
}

pub(super) async fn cron_job(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    labels_and_annotations(&mut page, object);
    page.field(0, "Schedule", text(object, "/spec/schedule"));
    page.field(
        0,
        "Concurrency Policy",
        text(object, "/spec/concurrencyPolicy"),
    );
    let suspended = at(object, "/spec/suspend").as_bool();
    page.field(0, "Suspend", suspended.map_or("<unset>", truth));
    for (label, field) in [
        (
            "Successful Job History Limit",
            "/spec/successfulJobsHistoryLimit",
        ),
        ("Failed Job History Limit", "/spec/failedJobsHistoryLimit"),
    ] {
        page.field(0, label, or_unset(at(object, field)));
    }
    let deadline = at(object, "/spec/startingDeadlineSeconds");
    let unit = if deadline.is_null() { "" } else { "s" };
    page.field(
        0,
        "Starting Deadline Seconds",
        format_args!("{}{unit}", or_unset(deadline)),
    );
    job_template(&mut page, at(object, "/spec/jobTemplate"));
    match text(object, "/status/lastScheduleTime") {
        "" => page.field(0, "Last Schedule Time", "<unset>"),
        at => page.field(0, "Last Schedule Time", when::rfc1123(at)),
    }
    let active: Vec<&str> = items(object, "/status/active")
        .iter()
        .map(|job| text(job, "/name"))
        .collect();
    let active = if active.is_empty() {
        "<none>".to_owned()
    } else {
        active.join(", ")
    };
    page.field(0, "Active Jobs", active);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn job_template(page: &mut Page, job: &Value) {
    let selector = at(job, "/spec/selector");
    if selector.is_null() {
        page.field(0, "Selector", "<unset>");
    } else {
        page.field(0, "Selector", selector_text(selector));
    }
    page.field(0, "Parallelism", or_unset(at(job, "/spec/parallelism")));
    page.field(0, "Completions", or_unset(at(job, "/spec/completions")));
    if has(job, "/spec/activeDeadlineSeconds") {
        let seconds = number(job, "/spec/activeDeadlineSeconds");
        page.field(0, "Active Deadline Seconds", format_args!("{seconds}s"));
    }
    template(page, at(job, "/spec/template"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_indexes_is_cut_at_a_comma() {
        assert_eq!(completed(""), "<none>");
        assert_eq!(completed("0-3,7"), "0-3,7");
        let long = "123456789,".repeat(8);
        assert_eq!(completed(&long), format!("{}...", "123456789,".repeat(6)));
    }
}
