use domain::{
    OpsError,
    chat::{ProcessingMethod, Provenance},
    time::Seconds,
};

use super::*;
use crate::test_support::{NOW, fixture, plan};

fn question(text: &str, after: i64) -> Message {
    Message {
        id: MessageId(random_uuid().unwrap()),
        speaker: Speaker::User,
        text: text.to_owned(),
        blocks: Vec::new(),
        provenance: None,
        error: None,
        at: NOW + Seconds(after),
    }
}

fn answer(plan: PlanId) -> Message {
    Message {
        speaker: Speaker::Assistant,
        blocks: vec![Block::Plan { plan }],
        provenance: Some(Provenance {
            method: ProcessingMethod::BuiltIn,
            provider: None,
            model: None,
            tools: vec!["pods_top".to_owned()],
            tokens: None,
            duration_ms: 12,
            success: true,
        }),
        error: Some(OpsError::not_found("pod")),
        ..question("done", 1)
    }
}

#[tokio::test]
async fn keeps_messages_in_order_with_their_provenance_and_plans() {
    let fixture = fixture().await;
    let (talks, ada) = (fixture.database.conversations(), fixture.ada);
    let proposed = plan(ada, fixture.cluster, 8);
    fixture
        .database
        .plans()
        .insert(ada, &proposed)
        .await
        .unwrap();
    let id = talks
        .create(ada, fixture.cluster, "scale it", NOW)
        .await
        .unwrap()
        .id;
    let messages = [
        question("scale it", 0),
        answer(proposed.id),
        question("thanks", 1),
    ];
    for message in &messages {
        talks.append(ada, id, message).await.unwrap();
    }
    let fixture = fixture.reopened().await;
    let read = fixture.database.conversations().get(ada, id).await.unwrap();
    assert_eq!(read.messages, messages);
    assert_eq!(read.plans, [proposed]);
    assert_eq!(read.summary.updated_at, NOW + Seconds(1));
}

#[tokio::test]
async fn hides_a_conversation_from_everybody_else() {
    let fixture = fixture().await;
    let (talks, bob) = (fixture.database.conversations(), fixture.bob);
    let id = talks
        .create(fixture.ada, fixture.cluster, "hello", NOW)
        .await
        .unwrap()
        .id;
    let missing = |error: StoreError| matches!(error, StoreError::NotFound { .. });
    assert!(missing(talks.get(bob, id).await.unwrap_err()));
    assert!(missing(talks.summary(bob, id).await.unwrap_err()));
    assert!(missing(
        talks.append(bob, id, &question("hi", 0)).await.unwrap_err()
    ));
    let begun = talks.create(bob, fixture.cluster, "hello", NOW).await;
    assert!(missing(begun.unwrap_err()));
    assert!(talks.list(bob, fixture.cluster).await.unwrap().is_empty());
    assert!(
        talks
            .get(fixture.ada, id)
            .await
            .unwrap()
            .messages
            .is_empty()
    );
}

#[tokio::test]
async fn numbers_messages_that_arrive_side_by_side() {
    let fixture = fixture().await;
    let (talks, ada) = (fixture.database.conversations(), fixture.ada);
    let id = talks
        .create(ada, fixture.cluster, "hello", NOW)
        .await
        .unwrap()
        .id;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let talks = talks.clone();
            tokio::spawn(async move { talks.append(ada, id, &question("hi", number)).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(talks.get(ada, id).await.unwrap().messages.len(), 20);
}

#[tokio::test]
async fn lists_the_one_added_to_last_first() {
    let fixture = fixture().await;
    let (talks, ada) = (fixture.database.conversations(), fixture.ada);
    let one = talks
        .create(ada, fixture.cluster, "one", NOW)
        .await
        .unwrap()
        .id;
    talks
        .create(ada, fixture.cluster, "two", NOW + Seconds(1))
        .await
        .unwrap();
    talks.append(ada, one, &question("again", 2)).await.unwrap();
    let listed = talks.list(ada, fixture.cluster).await.unwrap();
    let titles: Vec<_> = listed.into_iter().map(|summary| summary.title).collect();
    assert_eq!(titles, ["one", "two"]);
}

#[test]
fn cuts_a_long_title_at_eighty_characters() {
    assert_eq!(title(" why  is\nit slow? "), "why is it slow?");
    let cut = title(&"é".repeat(100));
    assert_eq!(cut.chars().count(), 80);
    assert!(cut.ends_with('…'));
}
