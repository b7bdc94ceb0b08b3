//! `/c/{cluster}/jobs/{job}`: how far it is, phase by phase, and what it came to.

use domain::{
    autoscaling::PredictiveOutcome,
    ids::{ClusterId, JobId},
    job::{Job, JobEvent, JobResult, JobStatus},
};
use leptos::prelude::*;

use crate::{
    api::jobs::{CancelJob, get_job, job_events},
    components::{
        decision::Outcome,
        form::{Form, FormState},
        frame::{Crumbs, PageHead, current_cluster, id_param},
        load::{Loaded, load},
        problem::Problem,
        text::sentence,
    },
    error::AppError,
    islands::job::WatchJob,
};

/// `/c/{cluster}/jobs/{job}`.
#[component]
pub fn JobPage() -> impl IntoView {
    let cluster = current_cluster();
    let id = id_param::<JobId>("job");
    let job = load(with_events(id));
    view! {
        <Crumbs
            above=vec![(format!("/c/{cluster}/jobs"), "Jobs")]
            here="Job"
        />
        <Loaded
            load=job
            title="Job"
            children={|(job, events): (Job, Vec<JobEvent>)| watch(job, events)}
        />
    }
    .into_any()
}

async fn with_events(id: JobId) -> Result<(Job, Vec<JobEvent>), AppError> {
    let job = get_job(id).await?;
    let events = job_events(id).await?;
    Ok((job, events))
}

fn watch(job: Job, events: Vec<JobEvent>) -> AnyView {
    let title = sentence(&job.request.title());
    let end = end(job.request.cluster(), &job);
    let running = (!job.status.is_terminal()).then(|| view! { <Running id=job.id /> });
    view! {
        <PageHead title=title.trim_end_matches('.') />
        <section class="card" aria-label="Progress">
            <WatchJob id=job.id runs=!job.status.is_terminal() events />
            {running}
        </section>
        {end}
    }
    .into_any()
}

#[component]
fn Running(id: JobId) -> impl IntoView {
    let cancel = FormState::<CancelJob>::new();
    view! {
        <p class="sub">"You can leave this page; the job goes on and its result stays here."</p>
        <Form state=cancel class="inline" label="Cancel">
            <input type="hidden" name="job" value=id.to_string() />
            <button class="btn">"Cancel the job"</button>
        </Form>
        <noscript inner_html="<meta http-equiv=\"refresh\" content=\"2\">"></noscript>
    }
    .into_any()
}

fn end(cluster: ClusterId, job: &Job) -> AnyView {
    match (job.status, &job.result, &job.error) {
        (JobStatus::Completed, Some(result), _) => {
            let outcome = outcome(result);
            view! { <Outcome cluster outcome /> }.into_any()
        }
        (JobStatus::Failed, _, Some(error)) => {
            let error = error.clone().into();
            view! {
                <section class="card" aria-label="Result">
                    <h2>"It did not work"</h2>
                    <Problem error />
                </section>
            }
            .into_any()
        }
        (JobStatus::Cancelled, _, _) => view! {
            <section class="card" aria-label="Result">
                <h2>"It was cancelled"</h2>
                <p>{sentence(&job.message)}</p>
            </section>
        }
        .into_any(),
        (JobStatus::Processing | JobStatus::Completed | JobStatus::Failed, _, _) => ().into_any(),
    }
}

fn outcome(result: &JobResult) -> PredictiveOutcome {
    match result {
        JobResult::PredictiveAutoscaling(outcome) => outcome.clone(),
    }
}
