//! How far a job is, phase by phase.

use domain::job::{Job, JobEvent};
use leptos::prelude::*;

use super::{live::use_events, page};
use crate::components::{
    progress::Progress,
    status::{Status, job_status},
};

/// The job's progress while it runs. Once it has ended, the page shows what it came to.
#[island]
pub fn WatchJob(
    /// As it was when the page was asked for.
    job: Job,
    /// What had happened until then, oldest first.
    events: Vec<JobEvent>,
) -> impl IntoView {
    let id = job.id;
    let runs = !job.status.is_terminal();
    let job = RwSignal::new(job);
    let events = RwSignal::new(events);
    let url = Signal::stored(runs.then(|| format!("/api/v1/jobs/{id}/events")));
    use_events(url, &["message"], move |_, data| {
        if let Ok(event) = serde_json::from_str(&data) {
            events.update(|events| job.update(|job| take(job, events, event)));
            if job.with_untracked(|job| job.status.is_terminal()) {
                page::reload();
            }
        }
    });
    let status = move || {
        let (tone, word) = job_status(job.read().status);
        view! { <Status tone word /> }
    };
    view! {
        <p>{status}</p>
        <Progress
            percent=Signal::derive(move || job.read().progress)
            phase=Signal::derive(move || job.read().message.clone())
        />
        {move || phases(&events.read())}
    }
    .into_any()
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
