//! `/c/{cluster}/jobs`: what runs, and what ran.

use domain::{ids::ClusterId, job::Job};
use leptos::prelude::*;

use crate::{
    api::jobs::list_jobs,
    components::{
        frame::{PageHead, current_cluster},
        state::{Empty, Loaded, load},
        status::{Status, job_status},
        time::Ago,
    },
};

/// `/c/{cluster}/jobs`.
#[component]
pub fn JobsPage() -> impl IntoView {
    let cluster = current_cluster();
    let jobs = load(move || cluster.get(), list_jobs);
    view! {
        <PageHead title=Signal::stored("Jobs".to_owned())>
            "Long work, which goes on when you leave"
        </PageHead>
        <Loaded load=jobs children={move |jobs: Vec<Job>| table(cluster.get_untracked(), jobs)} />
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
            <div class="scroll" tabindex="0" role="group" aria-label="Jobs">
                <table class="rows">
                    <thead>
                        <tr>
                            <th scope="col">"Job"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Phase"</th>
                            <th scope="col">"Moved"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
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
