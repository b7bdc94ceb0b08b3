//! A plan to read and to decide on: what, where, before → after, who else is affected, how to undo.

use domain::{
    ids::PlanId,
    plan::{ClusterAction, Plan, PlanOrigin, PlanState},
    resources::WorkloadRef,
};
use leptos::prelude::*;

use crate::{
    api::plans::{ApprovePlan, ProposeUndo, RejectPlan, plan_path},
    components::{
        diff::Diff,
        form::{Form, FormState},
        problem::Problem,
        status::{Status, plan_status},
        time::{At, Until},
        usage::percent,
    },
};

/// The plan, and what can be done with it now.
#[component]
pub fn PlanCard(plan: Plan) -> impl IntoView {
    let end = match plan.state {
        PlanState::Proposed => decide(&plan),
        PlanState::Executing
        | PlanState::Executed { .. }
        | PlanState::Failed { .. }
        | PlanState::Rejected
        | PlanState::Expired => outcome(&plan),
    };
    view! {
        <article class="card plan" aria-label=plan.change.action.to_string()>
            {head(&plan)}
            {change(&plan)}
            {end}
        </article>
    }
    .into_any()
}

fn head(plan: &Plan) -> AnyView {
    let (tone, word) = plan_status(&plan.state);
    view! {
        <div class="head">
            <h2>
                <a href=plan_path(plan.cluster, plan.id)>{plan.change.action.to_string()}</a>
            </h2>
            <span class="end">
                <Status tone word />
            </span>
        </div>
        <p class="sub">{target(plan.change.action.workload())}</p>
        {origin(&plan.origin)}
    }
    .into_any()
}

/// Why a plan is there that nobody typed.
fn origin(origin: &PlanOrigin) -> AnyView {
    match origin {
        PlanOrigin::Person => ().into_any(),
        PlanOrigin::Autoscaler {
            reasoning,
            confidence,
        } => view! {
            <p>
                "Proposed by the predictive autoscaler, confidence "
                {percent(confidence * 100.0)} ": " {reasoning.clone()}
            </p>
        }
        .into_any(),
    }
}

/// `Deployment shop/storefront`.
#[must_use]
pub fn target(workload: &WorkloadRef) -> String {
    format!("{} {workload}", workload.kind)
}

fn change(plan: &Plan) -> AnyView {
    let change = &plan.change;
    let fields = change
        .after
        .iter()
        .map(|(field, after)| {
            let before = change.before.get(field).cloned();
            view! {
                <tr>
                    <th scope="row" class="mono">{field.clone()}</th>
                    <td class="mono">{before.unwrap_or_else(|| "not set".to_owned())}</td>
                    <td class="mono">
                        <b>{after.clone()}</b>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Fields">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        <th scope="col">"Before"</th>
                        <th scope="col">"After"</th>
                    </tr>
                </thead>
                <tbody>{fields}</tbody>
            </table>
        </div>
        {warnings(&change.warnings)}
        {(!change.diff.is_empty())
            .then(|| {
                view! {
                    <details open>
                        <summary>"Diff from the server-side dry run"</summary>
                        <Diff text=change.diff.clone() />
                    </details>
                }
            })}
        <p class="sub">{undo_words(change.undo.as_ref())}</p>
    }
    .into_any()
}

fn warnings(warnings: &[String]) -> AnyView {
    let items = warnings
        .iter()
        .map(|warning| {
            view! {
                <li>
                    <span class="shape warn" aria-hidden="true">"▲ "</span>
                    {warning.clone()}
                </li>
            }
        })
        .collect_view();
    (!warnings.is_empty())
        .then(|| view! { <ul class="warnings" aria-label="Warnings">{items}</ul> })
        .into_any()
}

fn undo_words(undo: Option<&ClusterAction>) -> String {
    match undo {
        Some(action) => format!("To undo it: {action}."),
        None => "It cannot be undone by a plan.".to_owned(),
    }
}

fn decide(plan: &Plan) -> AnyView {
    let id = plan.id;
    let approve = FormState::<ApprovePlan>::about("plan", &id.to_string());
    let reject = FormState::<RejectPlan>::about("plan", &id.to_string());
    let digest = plan.digest.clone();
    let verb = plan.change.action.to_string();
    let expires_at = plan.expires_at;
    view! {
        <div class="actions">
            <Form state=approve>
                <input type="hidden" name="plan" value=id.to_string() />
                <input type="hidden" name="digest" value=digest />
                <button class="btn p">{verb}</button>
            </Form>
            <Form state=reject>
                <input type="hidden" name="plan" value=id.to_string() />
                <button class="btn">"Reject"</button>
            </Form>
            <span class="sub">
                "Can be approved until it expires " <Until at=expires_at /> "."
            </span>
        </div>
    }
    .into_any()
}

fn outcome(plan: &Plan) -> AnyView {
    match &plan.state {
        PlanState::Proposed => ().into_any(),
        PlanState::Executing => view! { <p>"It is being carried out."</p> }.into_any(),
        PlanState::Executed { at } => {
            let at = *at;
            let approved = FormState::<ApprovePlan>::new().outcome();
            let is_news = approved.is_some_and(|approved| approved.id == plan.id);
            let undo = plan.change.undo.as_ref().map(|undo| {
                view! { <UndoForm plan=plan.id label=format!("Plan the undo: {undo}") /> }
            });
            view! {
                <p tabindex=is_news.then_some("-1") autofocus=is_news>
                    "Carried out "
                    <At at />
                    "."
                </p>
                {undo}
            }
            .into_any()
        }
        PlanState::Failed { error } => view! { <Problem error=error.clone().into() /> }.into_any(),
        PlanState::Rejected => view! { <p>"It was rejected; nothing was changed."</p> }.into_any(),
        PlanState::Expired => {
            view! { <p>"Nobody approved it in time; nothing was changed."</p> }.into_any()
        }
    }
}

/// Proposes the plan that undoes one that was carried out.
#[component]
pub fn UndoForm(
    /// What is to be undone.
    plan: PlanId,
    /// The button's words.
    #[prop(into)]
    label: String,
    /// Its name for those who do not see what it stands beside.
    #[prop(optional, into)]
    name: Option<String>,
) -> impl IntoView {
    let state = FormState::<ProposeUndo>::about("plan", &plan.to_string());
    view! {
        <Form state class="actions">
            <input type="hidden" name="plan" value=plan.to_string() />
            <button class="btn" aria-label=name>{label}</button>
        </Form>
    }
    .into_any()
}
