use domain::time::Seconds;

use super::*;
use crate::test_support::{Fixture, NOW, change, fixture, plan};

async fn proposed(fixture: &Fixture) -> Plan {
    let plan = plan(fixture.ada, fixture.cluster, 8);
    fixture
        .database
        .plans()
        .insert(fixture.ada, &plan)
        .await
        .unwrap();
    plan
}

#[track_caller]
fn refused_as<T: std::fmt::Debug>(answer: Result<T>, code: ErrorCode) {
    let refusal = answer.unwrap_err();
    assert!(!refusal.is_fault(), "{refusal:?}");
    assert_eq!(OpsError::from(refusal).code, code);
}

#[tokio::test]
async fn is_carried_out_once_however_many_approve() {
    let fixture = fixture().await;
    let plan = proposed(&fixture).await;
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (plans, ada, plan) = (fixture.database.plans(), fixture.ada, plan.clone());
            tokio::spawn(async move {
                plans
                    .claim_for_execution(ada, plan.id, &plan.digest, NOW)
                    .await
            })
        })
        .collect();
    let mut claimed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(plan) => {
                assert_eq!(plan.state, PlanState::Executing);
                claimed += 1;
            }
            refusal => refused_as(refusal, ErrorCode::Conflict),
        }
    }
    assert_eq!(claimed, 1);
}

#[tokio::test]
async fn ends_executed_or_failed_and_stays_so() {
    let fixture = fixture().await;
    let (plans, ada) = (fixture.database.plans(), fixture.ada);
    let error = OpsError::new(ErrorCode::Conflict, "it changed");
    let outcomes = [
        (Ok(()), PlanState::Executed { at: NOW }),
        (Err(error.clone()), PlanState::Failed { error }),
    ];
    for (outcome, state) in outcomes {
        let plan = proposed(&fixture).await;
        let early = plans.finish(plan.id, Ok(()), NOW).await;
        assert!(matches!(early, Err(StoreError::NotFound { .. })));
        plans
            .claim_for_execution(ada, plan.id, &plan.digest, NOW)
            .await
            .unwrap();
        assert_eq!(plans.executing().await.unwrap()[0].1.id, plan.id);
        let ended = plans.finish(plan.id, outcome, NOW).await.unwrap();
        assert_eq!(ended.state, state);
        assert!(plans.finish(plan.id, Ok(()), NOW).await.is_err());
        let again = plans
            .claim_for_execution(ada, plan.id, &plan.digest, NOW)
            .await;
        refused_as(again, ErrorCode::Conflict);
        assert_eq!(plans.get(ada, plan.id).await.unwrap(), ended);
    }
}

#[tokio::test]
async fn refuses_an_approval_of_something_else() {
    let fixture = fixture().await;
    let (plans, plan) = (fixture.database.plans(), proposed(&fixture).await);
    let other = digest(fixture.ada, fixture.cluster, &change(9), plan.expires_at).unwrap();
    let claim = plans
        .claim_for_execution(fixture.ada, plan.id, &other, NOW)
        .await;
    refused_as(claim, ErrorCode::Conflict);
    let kept = plans.get(fixture.ada, plan.id).await.unwrap();
    assert_eq!(kept.state, PlanState::Proposed);
}

#[tokio::test]
async fn expires() {
    let fixture = fixture().await;
    let (plans, ada) = (fixture.database.plans(), fixture.ada);
    let (one, two) = (proposed(&fixture).await, proposed(&fixture).await);
    let late = one.expires_at;
    let claim = plans
        .claim_for_execution(ada, one.id, &one.digest, late)
        .await;
    refused_as(claim, ErrorCode::Expired);
    assert_eq!(plans.expire(late - Seconds(1)).await.unwrap(), 0);
    assert_eq!(plans.expire(late).await.unwrap(), 1);
    for id in [one.id, two.id] {
        assert_eq!(plans.get(ada, id).await.unwrap().state, PlanState::Expired);
    }
    let claim = plans
        .claim_for_execution(ada, two.id, &two.digest, NOW)
        .await;
    refused_as(claim, ErrorCode::Expired);
}

#[tokio::test]
async fn can_be_turned_down_once() {
    let fixture = fixture().await;
    let (plans, plan) = (fixture.database.plans(), proposed(&fixture).await);
    let rejected = plans.reject(fixture.ada, plan.id).await.unwrap();
    assert_eq!(rejected.state, PlanState::Rejected);
    refused_as(
        plans.reject(fixture.ada, plan.id).await,
        ErrorCode::Conflict,
    );
    let claim = plans
        .claim_for_execution(fixture.ada, plan.id, &plan.digest, NOW)
        .await;
    refused_as(claim, ErrorCode::Conflict);
}

#[tokio::test]
async fn is_hidden_from_everybody_else() {
    let fixture = fixture().await;
    let (plans, plan, bob) = (
        fixture.database.plans(),
        proposed(&fixture).await,
        fixture.bob,
    );
    let missing = |error: StoreError| matches!(error, StoreError::NotFound { .. });
    assert!(missing(plans.get(bob, plan.id).await.unwrap_err()));
    assert!(missing(plans.reject(bob, plan.id).await.unwrap_err()));
    let claim = plans
        .claim_for_execution(bob, plan.id, &plan.digest, NOW)
        .await;
    assert!(missing(claim.unwrap_err()));
    assert!(missing(plans.insert(bob, &plan).await.unwrap_err()));
    assert!(plans.list(bob, fixture.cluster).await.unwrap().is_empty());
    assert!(plans.among(bob, &[plan.id]).await.unwrap().is_empty());
    assert_eq!(
        plans.list(fixture.ada, fixture.cluster).await.unwrap(),
        [plan]
    );
}

#[test]
fn binds_a_digest_to_everything_that_matters() {
    use crate::random_uuid;
    let id = || random_uuid().unwrap();
    let (user, cluster) = (UserId(id()), ClusterId(id()));
    let base = digest(user, cluster, &change(8), NOW).unwrap();
    let mut namesake = change(8);
    namesake.target_uid = "other".to_owned();
    for other in [
        digest(UserId(id()), cluster, &change(8), NOW),
        digest(user, ClusterId(id()), &change(8), NOW),
        digest(user, cluster, &change(9), NOW),
        digest(user, cluster, &namesake, NOW),
        digest(user, cluster, &change(8), NOW + Seconds(1)),
    ] {
        assert_ne!(other.unwrap(), base);
    }
    assert_eq!(base.len(), 64);
}
