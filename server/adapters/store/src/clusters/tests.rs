use domain::time::Seconds;

use super::*;
use crate::test_support::{NOW, access, fixture, new_cluster};

fn is_missing<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(StoreError::NotFound { .. }))
}

#[tokio::test]
async fn gives_the_credentials_back_to_their_owner_only() {
    let fixture = fixture().await;
    let (clusters, cluster) = (fixture.database.clusters(), fixture.cluster);
    let opened = clusters.credentials(fixture.ada, cluster).await.unwrap();
    assert_eq!(opened.expose_secret(), "a token");
    assert!(is_missing(
        &clusters.credentials(fixture.bob, cluster).await
    ));
}

/// Somebody else's id is answered as an unknown one.
#[tokio::test]
async fn hides_a_cluster_from_everybody_else() {
    let fixture = fixture().await;
    let (clusters, cluster, bob) = (fixture.database.clusters(), fixture.cluster, fixture.bob);
    let failed = ConnectionState::Unverified;
    assert!(is_missing(&clusters.get(bob, cluster).await));
    assert!(is_missing(&clusters.rename(bob, cluster, "mine").await));
    assert!(is_missing(
        &clusters
            .set_mode(bob, cluster, ClusterMode::Automatic)
            .await
    ));
    assert!(is_missing(
        &clusters.set_connection(bob, cluster, &failed, NOW).await
    ));
    assert!(is_missing(
        &clusters.replace_access(bob, cluster, &access("x")).await
    ));
    assert!(is_missing(&clusters.delete(bob, cluster).await));
    let seen = clusters.get(fixture.ada, cluster).await.unwrap();
    assert_eq!(
        (seen.name.as_str(), seen.mode),
        ("prod", ClusterMode::Approve)
    );
    assert_eq!(clusters.everyones().await.unwrap().len(), 2);
}

#[tokio::test]
async fn takes_a_name_once_per_user_without_regard_to_case() {
    let fixture = fixture().await;
    let clusters = fixture.database.clusters();
    let again = clusters.add(fixture.ada, &new_cluster(" PROD"), NOW).await;
    assert!(matches!(again, Err(StoreError::Refused(_))));
    let other = clusters
        .add(fixture.ada, &new_cluster("test"), NOW)
        .await
        .unwrap();
    let renamed = clusters.rename(fixture.ada, other.id, "Prod").await;
    assert!(matches!(renamed, Err(StoreError::Refused(_))));
    for name in ["", " ", "a\nb", &"é".repeat(65)] {
        assert!(clusters.rename(fixture.ada, other.id, name).await.is_err());
    }
    assert!(clusters.rename(fixture.ada, other.id, "Test").await.is_ok());
}

#[tokio::test]
async fn notes_contact_and_forgets_it_with_new_credentials() {
    let fixture = fixture().await;
    let (clusters, ada, id) = (fixture.database.clusters(), fixture.ada, fixture.cluster);
    let connected = ConnectionState::Connected {
        version: "v1.33.2".to_owned(),
    };
    let seen = clusters
        .set_connection(ada, id, &connected, NOW)
        .await
        .unwrap();
    assert_eq!((seen.connection, seen.checked_at), (connected, Some(NOW)));
    let replaced = clusters
        .replace_access(ada, id, &access("new token"))
        .await
        .unwrap();
    assert_eq!(replaced.connection, ConnectionState::Unverified);
    assert_eq!(
        (replaced.checked_at, replaced.fingerprint.as_str()),
        (None, "new toke")
    );
    let opened = clusters.credentials(ada, id).await.unwrap();
    assert_eq!(opened.expose_secret(), "new token");
}

#[tokio::test]
async fn attaches_one_demo_cluster_and_keeps_what_its_user_chose() {
    let fixture = fixture().await;
    let (clusters, ada) = (fixture.database.clusters(), fixture.ada);
    let demo = new_cluster("demo");
    let (one, two) = tokio::join!(
        clusters.ensure_demo(ada, &demo, NOW),
        clusters.ensure_demo(ada, &demo, NOW)
    );
    let first = one.unwrap();
    assert_eq!(first, two.unwrap());
    clusters.rename(ada, first.id, "playground").await.unwrap();
    let moved = NewCluster {
        access: access("another token"),
        ..demo
    };
    let later = clusters
        .ensure_demo(ada, &moved, NOW + Seconds(1))
        .await
        .unwrap();
    assert_eq!((later.id, later.name.as_str()), (first.id, "playground"));
    let opened = clusters.credentials(ada, first.id).await.unwrap();
    assert_eq!(opened.expose_secret(), "another token");
    let names: Vec<_> = clusters
        .list(ada)
        .await
        .unwrap()
        .into_iter()
        .map(|c| c.name)
        .collect();
    assert_eq!(names, ["playground", "prod"]);
    let refusal = clusters.delete(ada, first.id).await;
    assert!(matches!(refusal, Err(StoreError::Refused(_))));
}

/// A row copied over another user's does not open, nor does a changed bit.
#[tokio::test]
async fn fails_closed_when_sealed_rows_are_swapped_or_changed() {
    let fixture = fixture().await;
    let clusters = fixture.database.clusters();
    let sealed = owned(fixture.database.reader(), fixture.ada, fixture.cluster)
        .await
        .unwrap()
        .credentials;
    let set = |credentials: Vec<u8>| clusters::ActiveModel {
        credentials: Set(credentials),
        ..Default::default()
    };
    let writer = fixture.database.writer();
    update(
        writer,
        fixture.bob,
        fixture.other_cluster,
        set(sealed.clone()),
    )
    .await
    .unwrap();
    let swapped = clusters
        .credentials(fixture.bob, fixture.other_cluster)
        .await;
    assert!(matches!(swapped, Err(StoreError::Unseal { .. })));
    let mut changed = sealed;
    changed[40] ^= 1;
    update(writer, fixture.ada, fixture.cluster, set(changed))
        .await
        .unwrap();
    let flipped = clusters.credentials(fixture.ada, fixture.cluster).await;
    assert!(matches!(flipped, Err(StoreError::Unseal { .. })));
}
