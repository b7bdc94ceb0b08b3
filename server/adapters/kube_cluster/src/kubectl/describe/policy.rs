//! Disruption budgets, priority classes, quotas and limit ranges.

use serde_json::Value;

use super::{
    common::{event_table, events_about, heading, joined_labels, or_none},
    config::limit_lines,
    containers::canonical,
    page::Page,
    selector_text,
};
use crate::kubectl::{
    json::{at, flag, has, members, name, number, shown, text, texts},
    request::{Outcome, Session},
};

pub(super) async fn disruption_budget(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    if has(object, "/spec/minAvailable") {
        page.field(0, "Min available", shown(at(object, "/spec/minAvailable")));
    } else if has(object, "/spec/maxUnavailable") {
        let most = shown(at(object, "/spec/maxUnavailable"));
        page.field(0, "Max unavailable", most);
    }
    let selector = at(object, "/spec/selector");
    let selector = if selector.is_null() {
        "<unset>".to_owned()
    } else {
        or_none(selector_text(selector))
    };
    page.field(0, "Selector", selector);
    page.line(0, "Status:");
    for (label, field) in [
        ("Allowed disruptions", "/status/disruptionsAllowed"),
        ("Current", "/status/currentHealthy"),
        ("Desired", "/status/desiredHealthy"),
        ("Total", "/status/expectedPods"),
    ] {
        page.field(2, label, number(object, field));
    }
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

pub(super) async fn priority_class(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    page.field(0, "Value", number(object, "/value"));
    page.field(0, "GlobalDefault", flag(object, "/globalDefault"));
    page.field(0, "PreemptionPolicy", text(object, "/preemptionPolicy"));
    page.field(0, "Description", text(object, "/description"));
    page.field(
        0,
        "Annotations",
        joined_labels(at(object, "/metadata/annotations")),
    );
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

pub(super) fn quota(object: &Value) -> String {
    let mut page = Page::default();
    heading(&mut page, object);
    let mut scopes = texts(object, "/spec/scopes");
    scopes.sort_unstable();
    page.field_if(0, "Scopes", &scopes.join(", "));
    for scope in scopes {
        if let Some(meaning) = scope_meaning(scope) {
            page.line(0, format_args!(" * {meaning}"));
        }
    }
    page.line(0, "Resource\tUsed\tHard");
    page.line(0, "--------\t----\t----");
    let used = members(object, "/status/used");
    for (resource, hard) in members(object, "/status/hard") {
        let used = used
            .get(resource)
            .map_or("0".to_owned(), |used| canonical(used));
        page.line(0, format_args!("{resource}\t{used}\t{}", canonical(hard)));
    }
    page.finish()
}

fn scope_meaning(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before \
             being actively terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods \
             whose container command is not expected to terminate."
        }
        "BestEffort" => {
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of \
             service."
        }
        "NotBestEffort" => {
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or \
             guaranteed quality of service."
        }
        _ => return None,
    })
}

pub(super) fn limit_range(object: &Value) -> String {
    let mut page = Page::default();
    heading(&mut page, object);
    page.line(
        0,
        "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio",
    );
    page.line(
        0,
        "----\t--------\t---\t---\t---------------\t-------------\t-----------------------",
    );
    limit_lines(&mut page, object, "");
    page.finish()
}
