//! Namespaces, config maps and secrets.

use serde_json::Value;

use super::{
    common::{
        annotations, event_table, events_about, heading, labels, labels_and_annotations, or_none,
    },
    containers::canonical,
    page::Page,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, has, items, members, name, pairs, text, texts},
    objects::byte_count,
    request::{Outcome, Selectors, Session},
    when,
};

pub(super) async fn namespace(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let quotas = within(session, object, "resourcequotas", "ResourceQuota").await?;
    let limits = within(session, object, "limitranges", "LimitRange").await?;
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    labels_and_annotations(&mut page, object);
    page.field(0, "Status", text(object, "/status/phase"));
    namespace_conditions(&mut page, object);
    if let Some(quotas) = quotas {
        page.line(0, "");
        quota_table(&mut page, &quotas);
    }
    if let Some(limits) = limits {
        page.line(0, "");
        limit_table(&mut page, &limits);
    }
    Ok(page.finish())
}

/// Objects of a kind in a namespace; `None` when the server has no such kind.
async fn within(
    session: &Session<'_>,
    namespace: &Value,
    plural: &str,
    kind: &str,
) -> Outcome<Option<Vec<Value>>> {
    let resource = ApiResource::known("", "v1", plural, kind);
    let listed = session
        .list(&resource, Some(name(namespace)), Selectors::default())
        .await;
    match listed {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn namespace_conditions(page: &mut Page, object: &Value) {
    let conditions = items(object, "/status/conditions");
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
    page.line(1, "----\t------\t------------------\t------\t-------");
    for condition in conditions {
        page.line(
            1,
            format_args!(
                "{}\t{}\t{}\t{}\t{}",
                text(condition, "/type"),
                text(condition, "/status"),
                when::rfc1123(text(condition, "/lastTransitionTime")),
                text(condition, "/reason"),
                text(condition, "/message")
            ),
        );
    }
}

fn quota_table(page: &mut Page, quotas: &[Value]) {
    if quotas.is_empty() {
        return page.line(0, "No resource quota.");
    }
    let mut quotas: Vec<&Value> = quotas.iter().collect();
    quotas.sort_by_key(|quota| name(quota));
    page.line(0, "Resource Quotas");
    for quota in quotas {
        page.field(1, "Name", name(quota));
        let mut scopes = texts(quota, "/spec/scopes");
        scopes.sort_unstable();
        page.field_if(1, "Scopes", &scopes.join(", "));
        page.line(1, "Resource\tUsed\tHard");
        page.line(1, "--------\t---\t---");
        let used = members(quota, "/status/used");
        for (resource, hard) in members(quota, "/status/hard") {
            let used = used
                .get(resource)
                .map_or("0".to_owned(), |used| canonical(used));
            page.line(1, format_args!("{resource}\t{used}\t{}", canonical(hard)));
        }
    }
}

fn limit_table(page: &mut Page, ranges: &[Value]) {
    if ranges.is_empty() {
        return page.line(0, "No LimitRange resource.");
    }
    page.line(
        0,
        "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio",
    );
    page.line(
        0,
        " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------",
    );
    for range in ranges {
        limit_lines(page, range, " ");
    }
}

/// A line for each resource that a limit range says something about.
pub(super) fn limit_lines(page: &mut Page, range: &Value, indent: &str) {
    const COLUMNS: [&str; 5] = [
        "/min",
        "/max",
        "/defaultRequest",
        "/default",
        "/maxLimitRequestRatio",
    ];
    for item in items(range, "/spec/limits") {
        let mut resources: Vec<&str> = COLUMNS
            .iter()
            .flat_map(|column| members(item, column).into_keys())
            .collect();
        resources.sort_unstable();
        resources.dedup();
        for resource in resources {
            let cells: Vec<String> = COLUMNS
                .iter()
                .map(|column| {
                    let amounts = members(item, column);
                    amounts
                        .get(resource)
                        .map_or("-".to_owned(), |amount| canonical(amount))
                })
                .collect();
            let kind = text(item, "/type");
            page.line(
                0,
                format_args!("{indent}{kind}\t{resource}\t{}", cells.join("\t")),
            );
        }
    }
}

pub(super) async fn config_map(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    labels_and_annotations(&mut page, object);
    page.line(0, "\nData\n====");
    for (key, value) in pairs(object, "/data") {
        page.line(0, format_args!("{key}:\n----\n{value}\n"));
    }
    page.line(0, "\nBinaryData\n====");
    for (key, value) in pairs(object, "/binaryData") {
        page.line(0, format_args!("{key}: {} bytes", byte_count(value, true)));
    }
    page.line(0, "");
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// A secret's keys with their sizes. Values are never printed, tokens of service accounts included.
pub(super) fn secret(object: &Value) -> String {
    let mut page = Page::default();
    heading(&mut page, object);
    labels(&mut page, "Labels", at(object, "/metadata/labels"));
    annotations(
        &mut page,
        "Annotations",
        at(object, "/metadata/annotations"),
    );
    page.field(0, "\nType", or_none(text(object, "/type").to_owned()));
    page.line(0, "\nData\n====");
    if has(object, "/data") {
        for (key, value) in pairs(object, "/data") {
            page.field(0, key, format_args!("{} bytes", byte_count(value, true)));
        }
    }
    page.finish()
}
