//! `/c/{cluster}/jobs`: what runs, and what ran.

use domain::{ids::ClusterId, job::Job};
use leptos::prelude::*;

use crate::{
    api::jobs::list_jobs,
    components::{
        frame::{PageHead, current_cluster},
        load::{Loaded, load},
        state::Empty,
        status::{Status, job_status},
        table::Table,
        time::Ago,
    },
};

/// `/c/{cluster}/jobs`.
#[component]
pub fn JobsPage() -> impl IntoView {
    let cluster = current_cluster();
    let jobs = load(list_jobs(cluster));
    view! {
        <PageHead title="Jobs">
            "Long work, which goes on when you leave"
        </PageHead>
        <Loaded load=jobs children={move |jobs: Vec<Job>| table(cluster, jobs)} />
    }
    .into_any()
}

fn table(cluster: ClusterId, jobs: Vec<Job>) -> AnyView {
    if jobs.is_empty() {
        return view! {
            <Empty title="No jobs yet">
                <p>
                    <a href=format!(
                        "/c/{cluster}/autoscaling/new",
                    )>"Turn on predictive autoscaling"</a> " for a workload to start one."
                </p>
            </Empty>
        }
        .into_any();
    }
    let rows = jobs.into_iter().map(|job| row(cluster, job)).collect_view();
    view! {
        <section class="card" aria-label="Jobs">
            <Table label="Jobs" columns=&["Job", "State", "Phase", "Moved"] class="rows">
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

fn row(cluster: ClusterId, job: Job) -> AnyView {
    let (tone, word) = job_status(job.status);
    view! {
        <tr>
            <td>
                <a href=format!("/c/{cluster}/jobs/{}", job.id)>
                    <b>{job.request.title()}</b>
                </a>
            </td>
            <td>
                <Status tone word />
            </td>
            <td>{format!("{}\u{202f}% {}", job.progress, job.message)}</td>
            <td>
                <Ago at=job.updated_at />
            </td>
        </tr>
    }
    .into_any()
}
