//! `/c/{cluster}/plans/{plan}`: one change, to read and decide on.

use domain::{ids::PlanId, plan::Plan};
use leptos::prelude::*;

use crate::{
    api::plans::get_plan,
    components::{
        decision::Fact,
        frame::{Crumbs, PageHead, current_cluster, id_param},
        load::{Loaded, load},
        plan_card::PlanCard,
        time::At,
    },
};

/// `/c/{cluster}/plans/{plan}`.
#[component]
pub fn PlanPage() -> impl IntoView {
    let cluster = current_cluster();
    let id = id_param::<PlanId>("plan");
    let plan = load(get_plan(id));
    view! {
        <Crumbs
            above=vec![(format!("/c/{cluster}/plans"), "Plans")]
            here="Plan"
        />
        <PageHead title="Plan" />
        <Loaded
            load=plan
            children={|plan: Plan| {
                view! {
                    <PlanCard plan=plan.clone() />
                    {facts(&plan)}
                }
                    .into_any()
            }}
        />
    }
    .into_any()
}

fn facts(plan: &Plan) -> AnyView {
    view! {
        <details class="card">
            <summary>"What an approval is bound to"</summary>
            <dl class="facts">
                <Fact label="Digest" value=plan.digest.clone() />
                <Fact label="UID of the target" value=plan.change.target_uid.clone() />
                <Fact label="Generation" value=plan.change.target_generation.to_string() />
                <div>
                    <dt>"Made"</dt>
                    <dd>
                        <At at=plan.created_at />
                    </dd>
                </div>
                <div>
                    <dt>"Expires"</dt>
                    <dd>
                        <At at=plan.expires_at />
                    </dd>
                </div>
            </dl>
        </details>
    }
    .into_any()
}
