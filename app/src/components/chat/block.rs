//! One piece of an answer.

use domain::{
    chat::{Block, ClusterPage},
    cluster::Severity,
    ids::PlanId,
    plan::Plan,
};
use leptos::prelude::*;

use super::Place;
use crate::{
    api::plans::plan_path,
    components::{
        ask_button::AskButton,
        plan_card::PlanCard,
        status::SeverityMark,
        workloads::{wizard_path, workload_path},
    },
};

/// The piece as it is shown.
pub(super) fn view(place: Place, block: &Block, plans: &[Plan]) -> AnyView {
    match block {
        Block::Text { text } => view! { <p class="pre">{text.clone()}</p> }.into_any(),
        Block::Finding {
            severity,
            subject,
            text,
        } => finding(*severity, subject, text),
        Block::Recommendation { text, command } => recommendation(place, text, command),
        Block::Table { columns, rows } => table(columns, rows),
        Block::Output { command, text } => output(command, text),
        Block::Choice { question, options } => choice(place, question, options),
        Block::Plan { plan } => plan_block(place, *plan, plans),
        Block::Page { text, page } => page_link(place, text, page),
    }
}

fn finding(severity: Severity, subject: &str, text: &str) -> AnyView {
    let subject = (!subject.is_empty()).then(|| view! { <b>{subject.to_owned()}" "</b> });
    view! {
        <div class="finding">
            <SeverityMark severity />
            <p>{subject} {text.to_owned()}</p>
        </div>
    }
    .into_any()
}

/// What to do; its command fills the box, so that it is the person who sends it.
fn recommendation(place: Place, text: &str, command: &str) -> AnyView {
    let link = (!command.is_empty()).then(|| {
        let Place {
            cluster,
            conversation,
        } = place;
        let query = encoded(command);
        view! {
            <a class="btn mono" href=format!("/c/{cluster}/ask/{conversation}?q={query}")>
                <span class="hidden">"Put in the box: "</span>
                {command.to_owned()}
            </a>
        }
    });
    view! {
        <div class="recommendation">
            <p>
                <span class="shape info" aria-hidden="true">"→ "</span>
                {text.to_owned()}
            </p>
            {link}
        </div>
    }
    .into_any()
}

/// `text` as it stands in a query: everything but letters and digits as percent codes.
fn encoded(text: &str) -> String {
    let mut query = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            query.push(char::from(byte));
        } else {
            query.push_str(&format!("%{byte:02X}"));
        }
    }
    query
}

fn table(columns: &[String], rows: &[Vec<String>]) -> AnyView {
    let head = columns
        .iter()
        .map(|column| view! { <th scope="col">{column.clone()}</th> })
        .collect_view();
    let body = rows
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .map(|cell| view! { <td>{cell.clone()}</td> })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Table">
            <table class="mono">
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn output(command: &str, text: &str) -> AnyView {
    let command =
        (!command.is_empty()).then(|| view! { <p class="mono sub">"$ "{command.to_owned()}</p> });
    view! {
        {command}
        <pre class="output scroll" tabindex="0" role="group" aria-label="Output">
            {text.to_owned()}
        </pre>
    }
    .into_any()
}

fn choice(place: Place, question: &str, options: &[(String, String)]) -> AnyView {
    let buttons = options
        .iter()
        .map(|(label, message)| {
            view! {
                <AskButton
                    cluster=place.cluster
                    conversation=place.conversation.to_string()
                    message=message.clone()
                    label=label.clone()
                />
            }
        })
        .collect_view();
    view! {
        <p>{question.to_owned()}</p>
        <div class="actions">{buttons}</div>
    }
    .into_any()
}

fn plan_block(place: Place, id: PlanId, plans: &[Plan]) -> AnyView {
    match plans.iter().find(|plan| plan.id == id) {
        Some(plan) => view! { <PlanCard plan=plan.clone() /> }.into_any(),
        None => view! { <a class="btn" href=plan_path(place.cluster, id)>"Open the plan"</a> }
            .into_any(),
    }
}

fn page_link(place: Place, text: &str, page: &ClusterPage) -> AnyView {
    let href = match page {
        ClusterPage::Autoscaling => format!("/c/{}/autoscaling", place.cluster),
        ClusterPage::Workload { workload } => workload_path(place.cluster, workload),
        ClusterPage::EnableAutoscaling { workload } => wizard_path(place.cluster, workload),
    };
    view! {
        <p>
            <a class="btn" href=href>
                {text.to_owned()}
            </a>
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_no_sign_of_a_query_in_a_query() {
        assert_eq!(encoded("kubectl get po -A"), "kubectl%20get%20po%20%2DA");
        assert_eq!(encoded("a&b=c#é"), "a%26b%3Dc%23%C3%A9");
    }
}
