//! `/c/{cluster}/plans`: what waits for approval, and what was done.

use domain::plan::{Plan, PlanState};
use leptos::prelude::*;

use crate::{
    api::plans::{list_plans, plan_path},
    components::{
        frame::{PageHead, current_cluster},
        load::{Loaded, load},
        plan_card::{PlanCard, UndoForm, target},
        state::Empty,
        status::{Status, plan_status},
        table::Table,
        time::Ago,
    },
};

/// `/c/{cluster}/plans`.
#[component]
pub fn PlansPage() -> impl IntoView {
    let cluster = current_cluster();
    let plans = load(list_plans(cluster));
    view! {
        <PageHead title="Plans">
            "Every change to the cluster, before and after it was made"
        </PageHead>
        <Loaded load=plans children={|plans: Vec<Plan>| sections(plans)} />
    }
    .into_any()
}

fn sections(plans: Vec<Plan>) -> AnyView {
    if plans.is_empty() {
        return view! {
            <Empty title="No plans yet">
                <p>"Ask for a change, for instance “scale storefront to 4”, and its plan appears here."</p>
            </Empty>
        }
        .into_any();
    }
    let (open, past): (Vec<_>, Vec<_>) = plans
        .into_iter()
        .partition(|plan| plan.state == PlanState::Proposed);
    let none_open = open
        .is_empty()
        .then(|| view! { <p class="sub">"Nothing waits for approval."</p> });
    let cards = open
        .into_iter()
        .map(|plan| view! { <PlanCard plan /> })
        .collect_view();
    view! {
        <section class="stack" aria-label="Waiting for approval">
            {none_open}
            {cards}
        </section>
        {(!past.is_empty()).then(|| past_table(past))}
    }
    .into_any()
}

fn past_table(plans: Vec<Plan>) -> AnyView {
    let rows = plans.into_iter().map(row).collect_view();
    view! {
        <section class="card" aria-label="Past plans">
            <h2>"Past plans"</h2>
            <Table label="Past plans" columns=&["Change", "Workload", "State", "Made", ""] class="rows">
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

fn row(plan: Plan) -> AnyView {
    let (tone, word) = plan_status(&plan.state);
    view! {
        <tr>
            <td>
                <a href=plan_path(plan.cluster, plan.id)>
                    <b>{plan.change.action.to_string()}</b>
                </a>
            </td>
            <td>{target(plan.change.action.workload())}</td>
            <td>
                <Status tone word />
            </td>
            <td>
                <Ago at=plan.created_at />
            </td>
            <td class="r">{undo(&plan)}</td>
        </tr>
    }
    .into_any()
}

fn undo(plan: &Plan) -> Option<AnyView> {
    let undo = plan.change.undo.as_ref()?;
    let name = format!("Plan undo: {undo}");
    let form = view! { <UndoForm plan=plan.id label="Plan undo" name /> };
    matches!(plan.state, PlanState::Executed { .. }).then(|| form.into_any())
}
