//! How far a job is, phase by phase.

use domain::{ids::JobId, job::JobEvent};
use leptos::prelude::*;

use super::{live::use_events, page};
use crate::components::{
    progress::Progress,
    status::{Status, job_status},
};

/// The job's progress while it runs. Once it has ended, the page shows what it came to.
#[island]
pub fn WatchJob(
    /// The job.
    id: JobId,
    /// Whether it ran when the page was asked for.
    runs: bool,
    /// What had happened until then, oldest first.
    events: Vec<JobEvent>,
) -> impl IntoView {
    let events = RwSignal::new(events);
    let url = Signal::stored(runs.then(|| format!("/api/v1/jobs/{id}/events")));
    use_events(url, &["message"], move |_, data| {
        if let Ok(event) = serde_json::from_str::<JobEvent>(&data) {
            // Asked of the event: the end may be among those that the page came with.
            let has_ended = event.status.is_terminal();
            events.update(|events| take(events, event));
            if has_ended {
                page::reload();
            }
        }
    });
    let last = move || events.read().last().cloned();
    let status = move || {
        last().map(|event| {
            let (tone, word) = job_status(event.status);
            view! { <Status tone word /> }
        })
    };
    view! {
        <p>{status}</p>
        <Progress
            percent=Signal::derive(move || last().map_or(0, |event| event.progress))
            phase=Signal::derive(move || last().map(|event| event.message).unwrap_or_default())
        />
        {move || phases(&events.read())}
    }
    .into_any()
}

/// Takes an event into the list; a replayed one changes nothing.
fn take(events: &mut Vec<JobEvent>, event: JobEvent) {
    let is_new = events
        .last()
        .is_none_or(|last| last.sequence < event.sequence);
    if is_new {
        events.push(event);
    }
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

#[cfg(test)]
mod tests {
    use domain::{job::JobStatus, time::Timestamp};

    use super::*;

    fn event(sequence: u64) -> JobEvent {
        JobEvent {
            sequence,
            at: Timestamp(0),
            status: JobStatus::Processing,
            progress: 10,
            message: "metrics collected".to_owned(),
            result: None,
            error: None,
        }
    }

    #[test]
    fn takes_each_event_once() {
        let mut events = vec![event(1)];
        take(&mut events, event(2));
        take(&mut events, event(1));
        take(&mut events, event(2));
        let taken: Vec<_> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(taken, [1, 2]);
    }
}
