use domain::time::Seconds;

use super::*;
use crate::test_support::{Fixture, NOW, fixture, job_request};

async fn filed(fixture: &Fixture) -> Job {
    let request = job_request(fixture.cluster, "storefront");
    let jobs = fixture.database.jobs();
    jobs.create(fixture.ada, &request, 10, NOW).await.unwrap()
}

fn failure() -> OpsError {
    OpsError::new(ErrorCode::ClusterUnreachable, "no answer")
}

#[tokio::test]
async fn tells_its_story_in_numbered_events() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    for (progress, after) in [(10, 1), (30, 2)] {
        let step = JobStep::processing(progress, "working");
        jobs.append_event(job.id, &step, NOW + Seconds(after))
            .await
            .unwrap();
    }
    let step = JobStep::failed(30, failure());
    let last = jobs
        .append_event(job.id, &step, NOW + Seconds(3))
        .await
        .unwrap();
    let events = jobs.events(fixture.ada, job.id, 0).await.unwrap();
    let numbers: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(events.last(), last.as_ref());
    assert_eq!(
        jobs.events(fixture.ada, job.id, 2).await.unwrap(),
        events[2..]
    );
    let job = jobs.get(fixture.ada, job.id).await.unwrap();
    assert_eq!((job.status, job.progress), (JobStatus::Failed, 30));
    assert_eq!(
        (job.error, job.updated_at),
        (Some(failure()), NOW + Seconds(3))
    );
}

#[tokio::test]
async fn ends_once_however_many_try_to_end_it() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let (jobs, id) = (jobs.clone(), job.id);
            let step = match number % 2 {
                0 => JobStep::cancelled(5),
                _ => JobStep::failed(5, failure()),
            };
            tokio::spawn(async move { jobs.append_event(id, &step, NOW).await.unwrap() })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        written += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(written, 1);
    assert_eq!(jobs.events(fixture.ada, job.id, 0).await.unwrap().len(), 2);
    let late = jobs
        .append_event(job.id, &JobStep::processing(50, "late"), NOW)
        .await;
    assert_eq!(late.unwrap(), None);
}

/// The schema itself forbids a second end, should the code above ever fail to.
#[tokio::test]
async fn cannot_be_given_a_second_end_even_by_hand() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    jobs.append_event(job.id, &JobStep::cancelled(5), NOW)
        .await
        .unwrap();
    let end = job_events::Entity::find_by_id((job.id.0, 2))
        .one(fixture.database.reader())
        .await
        .unwrap()
        .unwrap();
    let second = job_events::Model { sequence: 3, ..end };
    let error = insert(fixture.database.writer(), second).await.unwrap_err();
    assert!(is_duplicate(&error));
}

#[tokio::test]
async fn numbers_events_without_gaps_under_concurrency() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    let tasks: Vec<_> = (1..=30)
        .map(|progress| {
            let (jobs, id) = (jobs.clone(), job.id);
            let step = JobStep::processing(progress, "working");
            tokio::spawn(async move { jobs.append_event(id, &step, NOW).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let events = jobs.events(fixture.ada, job.id, 0).await.unwrap();
    assert!(events.iter().map(|event| event.sequence).eq(1..=31));
    assert!(events.is_sorted_by_key(|event| event.progress));
}

#[tokio::test]
async fn is_claimed_by_exactly_one_worker_per_run() {
    let fixture = fixture().await;
    let job = filed(&fixture).await;
    assert_eq!(claims(&fixture, job.id).await, 1);
    let fixture = fixture.reopened().await;
    assert_eq!(claims(&fixture, job.id).await, 0);
    fixture.database.jobs().release_claims().await.unwrap();
    assert_eq!(claims(&fixture, job.id).await, 1);
}

async fn claims(fixture: &Fixture, job: JobId) -> usize {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let jobs = fixture.database.jobs();
            tokio::spawn(async move { jobs.claim(job, NOW).await.unwrap() })
        })
        .collect();
    let mut claimed = 0;
    for task in tasks {
        claimed += usize::from(task.await.unwrap().is_some());
    }
    claimed
}

#[tokio::test]
async fn waits_for_another_job_on_the_same_workload() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    let again = job_request(fixture.cluster, "storefront");
    let refusal = jobs.create(fixture.ada, &again, 10, NOW).await.unwrap_err();
    assert_eq!(OpsError::from(refusal).code, ErrorCode::Conflict);
    jobs.append_event(job.id, &JobStep::cancelled(0), NOW)
        .await
        .unwrap();
    assert!(jobs.create(fixture.ada, &again, 10, NOW).await.is_ok());
}

#[tokio::test]
async fn limits_how_many_jobs_a_user_has_unfinished() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    let other = job_request(fixture.cluster, "cart");
    let refusal = jobs.create(fixture.ada, &other, 1, NOW).await.unwrap_err();
    assert_eq!(OpsError::from(refusal).code, ErrorCode::RateLimited);
    let unfinished = jobs.unfinished().await.unwrap();
    assert_eq!(
        (unfinished[0].owner, unfinished[0].job.id),
        (fixture.ada, job.id)
    );
}

#[tokio::test]
async fn notes_a_wish_to_cancel_and_leaves_an_ended_job_alone() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    assert!(!jobs.is_cancel_requested(job.id).await.unwrap());
    jobs.request_cancel(fixture.ada, job.id).await.unwrap();
    assert!(jobs.is_cancel_requested(job.id).await.unwrap());
    jobs.append_event(job.id, &JobStep::cancelled(0), NOW)
        .await
        .unwrap();
    let job = jobs.request_cancel(fixture.ada, job.id).await.unwrap();
    assert_eq!(job.status, JobStatus::Cancelled);
    assert!(jobs.unfinished().await.unwrap().is_empty());
}

#[tokio::test]
async fn hides_a_job_from_everybody_else() {
    let fixture = fixture().await;
    let (jobs, job, bob) = (fixture.database.jobs(), filed(&fixture).await, fixture.bob);
    let missing = |error: StoreError| matches!(error, StoreError::NotFound { .. });
    assert!(missing(jobs.get(bob, job.id).await.unwrap_err()));
    assert!(missing(jobs.events(bob, job.id, 0).await.unwrap_err()));
    assert!(missing(jobs.request_cancel(bob, job.id).await.unwrap_err()));
    let request = job_request(fixture.cluster, "cart");
    assert!(missing(
        jobs.create(bob, &request, 10, NOW).await.unwrap_err()
    ));
    assert!(jobs.list(bob, fixture.cluster).await.unwrap().is_empty());
    assert!(!jobs.is_cancel_requested(job.id).await.unwrap());
    assert_eq!(
        jobs.list(fixture.ada, fixture.cluster).await.unwrap().len(),
        1
    );
}

/// A job whose cluster is removed is gone with it, and says so to whoever runs it.
#[tokio::test]
async fn goes_with_its_cluster() {
    let fixture = fixture().await;
    let (jobs, job) = (fixture.database.jobs(), filed(&fixture).await);
    fixture
        .database
        .clusters()
        .delete(fixture.ada, fixture.cluster)
        .await
        .unwrap();
    let step = jobs
        .append_event(job.id, &JobStep::processing(1, "on"), NOW)
        .await;
    assert!(matches!(step, Err(StoreError::NotFound { .. })));
    assert!(jobs.is_cancel_requested(job.id).await.unwrap());
}
