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
        form::{Form, FormState, Problem, sentence},
        frame::{Crumbs, PageHead, current_cluster, id_param},
        live::use_events,
        progress::Progress,
        state::{Loaded, load},
        status::{Status, job_status},
    },
    error::AppError,
};

/// `/c/{cluster}/jobs/{job}`.
#[component]
pub fn JobPage() -> impl IntoView {
    let cluster = current_cluster();
    let id = id_param::<JobId>("job");
    let job = load(move || id.get(), with_events);
    view! {
        <Crumbs
            above=vec![(format!("/c/{}/jobs", cluster.get_untracked()), "Jobs")]
            here=Signal::stored("Job".to_owned())
        />
        <Loaded
            load=job
            title="Job"
            children={|(job, events): (Job, Vec<JobEvent>)| {
                view! { <Watch job events /> }.into_any()
            }}
        />
    }
    .into_any()
}

async fn with_events(id: JobId) -> Result<(Job, Vec<JobEvent>), AppError> {
    let job = get_job(id).await?;
    let events = job_events(id).await?;
    Ok((job, events))
}

/// Takes an event into the job and its list; a replayed one changes nothing.
fn take(job: &mut Job, events: &mut Vec<JobEvent>, event: JobEvent) {
    if events
        .last()
        .is_some_and(|last| last.sequence >= event.sequence)
    {
        return;
    }
    job.status = event.status;
    job.progress = event.progress;
    job.message.clone_from(&event.message);
    job.updated_at = event.at;
    if event.result.is_some() {
        job.result.clone_from(&event.result);
    }
    if event.error.is_some() {
        job.error.clone_from(&event.error);
    }
    events.push(event);
}

#[component]
fn Watch(job: Job, events: Vec<JobEvent>) -> impl IntoView {
    let cluster = job.request.cluster();
    let id = job.id;
    let title = job.request.title();
    let job = RwSignal::new(job);
    let events = RwSignal::new(events);
    let runs = Memo::new(move |_| !job.read().status.is_terminal());
    let url = Signal::derive(move || runs.get().then(|| format!("/api/v1/jobs/{id}/events")));
    use_events(url, &["message"], move |_, data| {
        if let Ok(event) = serde_json::from_str(&data) {
            events.update(|events| job.update(|job| take(job, events, event)));
        }
    });
    view! {
        <PageHead title=Signal::stored(sentence(&title).trim_end_matches('.').to_owned())>
            {move || {
                let (tone, word) = job_status(job.read().status);
                view! { <Status tone word /> }
            }}
        </PageHead>
        <section class="card" aria-label="Progress">
            <Progress
                percent=Signal::derive(move || job.read().progress)
                phase=Signal::derive(move || job.read().message.clone())
            />
            {move || phases(&events.read())}
            {move || runs.get().then(|| view! { <Running id /> })}
        </section>
        {move || end(cluster, &job.read())}
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

fn phases(events: &[JobEvent]) -> AnyView {
    let items = events
        .iter()
        .map(|event| {
            view! {
                <li>
                    <span class="num">{event.progress}"\u{202f}%"</span>
                    <span>{event.message.clone()}</span>
                    <time class="sub" datetime=event.at.to_string()>
                        {event.at.clock()}
                        " UTC"
                    </time>
                </li>
            }
        })
        .collect_view();
    view! {
        <ol class="phases" aria-label="Phases">
            {items}
        </ol>
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
