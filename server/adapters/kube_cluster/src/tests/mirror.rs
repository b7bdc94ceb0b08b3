//! What is kept in memory of a cluster, while its API server behaves and while it does not.

use std::time::Duration;

use domain::{ErrorCode, ports::ClusterPort as _, time::Timestamp};
use serde_json::json;

use super::scripted::{Reply, Scripted, event, gone, is_watch, pods};
use crate::{KubeCluster, fake_api::QUICK, mirror::Pace, transport::Limits};

/// Paces too quick for a person and slow enough to be told apart.
const PACE: Pace = Pace {
    audience: Duration::from_secs(60),
    between_watches: Duration::from_millis(20),
    relist: Duration::from_secs(60),
    pauses: [Duration::from_millis(50); 4],
};

fn paced(pace: Pace) -> Limits {
    Limits { pace, ..QUICK }
}

async fn names(cluster: &KubeCluster) -> Vec<String> {
    let snapshot = cluster.snapshot(Timestamp(0)).await.unwrap();
    snapshot.pods.into_iter().map(|pod| pod.name).collect()
}

/// Looks until the pods are these; the test's own patience is the only clock.
async fn until_pods_are(cluster: &KubeCluster, expected: &[&str]) {
    let looking = async {
        while names(cluster).await != expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), looking)
        .await
        .unwrap_or_else(|_| panic!("the pods never were {expected:?}"));
}

#[tokio::test]
async fn a_second_look_lists_nothing_and_sees_what_changed() {
    let api = Scripted::start(|query, _| {
        if is_watch(query) {
            let changes = [event("ADDED", "c", 2), event("DELETED", "a", 3)];
            Reply::Open(changes.concat())
        } else {
            pods(1, &["a", "b"])
        }
    })
    .await;
    let cluster = api.cluster(paced(PACE));
    names(&cluster).await;
    until_pods_are(&cluster, &["b", "c"]).await;
    assert_eq!(api.lists_and_watches(), (1, 1));
}

#[tokio::test]
async fn a_version_that_is_gone_is_listed_anew() {
    let as_event = |_| {
        let line = json!({"type": "ERROR", "object": gone()});
        Reply::Ended(format!("{line}\n"))
    };
    let as_status = |_| Reply::Whole(410, gone());
    for expired in [as_event as fn(()) -> Reply, as_status] {
        let api = Scripted::start(move |query, before| match (is_watch(query), before) {
            (false, 0) => pods(1, &["old"]),
            (true, 1) => expired(()),
            (false, _) => pods(7, &["new"]),
            (true, _) => Reply::Open(String::new()),
        })
        .await;
        let cluster = api.cluster(paced(PACE));
        assert_eq!(names(&cluster).await, ["old"]);
        until_pods_are(&cluster, &["new"]).await;
    }
}

/// While every watch is refused, the pauses bound how often the cluster is listed without anybody looking.
#[tokio::test]
async fn a_cluster_that_forgets_at_once_is_not_listed_in_a_hurry() {
    let api = Scripted::start(|query, _| {
        if is_watch(query) {
            Reply::Whole(410, gone())
        } else {
            pods(1, &["a"])
        }
    })
    .await;
    let cluster = api.cluster(paced(Pace {
        pauses: [Duration::from_millis(200); 4],
        ..PACE
    }));
    names(&cluster).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let (lists, watches) = api.lists_and_watches();
    assert!((2..=5).contains(&lists), "{lists} lists");
    assert!(watches <= lists, "{watches} watches");
}

#[tokio::test]
async fn a_watch_that_ends_at_once_is_not_begun_again_at_once() {
    let api = Scripted::start(|query, _| {
        if is_watch(query) {
            Reply::Ended(String::new())
        } else {
            pods(1, &["a"])
        }
    })
    .await;
    let cluster = api.cluster(paced(Pace {
        between_watches: Duration::from_millis(100),
        ..PACE
    }));
    names(&cluster).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (lists, watches) = api.lists_and_watches();
    assert_eq!(lists, 1);
    assert!((1..=6).contains(&watches), "{watches} watches");
}

#[tokio::test]
async fn an_event_that_never_came_is_made_up_for_by_the_next_list() {
    let api = Scripted::start(|query, before| match (is_watch(query), before) {
        (false, 0) => pods(1, &["a"]),
        (false, _) => pods(9, &["a", "b"]),
        // Twice the same, out of order, and not what happened.
        (true, _) => Reply::Open([event("MODIFIED", "a", 5), event("ADDED", "a", 3)].concat()),
    })
    .await;
    let cluster = api.cluster(paced(Pace {
        relist: Duration::from_millis(100),
        ..PACE
    }));
    assert_eq!(names(&cluster).await, ["a"]);
    until_pods_are(&cluster, &["a", "b"]).await;
}

/// A half-open connection, bytes that are no object, a line without an end: nothing is answered from memory after it.
#[tokio::test]
async fn a_watch_that_falls_silent_or_breaks_is_not_believed() {
    let silent = || Reply::Open(String::new());
    let garbled = || Reply::Ended("{\"type\":\"ADDED\",\u{7f}}\n".to_owned());
    let endless = || Reply::Open("x".repeat(200_000));
    for broken in [silent as fn() -> Reply, garbled, endless] {
        let api = Scripted::start(move |query, before| match (is_watch(query), before) {
            (true, _) => broken(),
            (false, 0) => pods(1, &["before"]),
            (false, _) => pods(2, &["after"]),
        })
        .await;
        let limits = Limits {
            idle: Duration::from_millis(100),
            answer_bytes: 100_000,
            ..paced(PACE)
        };
        let cluster = api.cluster(limits);
        assert_eq!(names(&cluster).await, ["before"]);
        until_pods_are(&cluster, &["after"]).await;
    }
}

#[tokio::test]
async fn a_watch_that_is_cut_within_an_object_goes_on_from_the_last_whole_one() {
    let api = Scripted::start(|query, before| match (is_watch(query), before) {
        (false, _) => pods(1, &["a"]),
        (true, 1) => {
            Reply::Ended(event("ADDED", "b", 2) + r#"{"type":"ADDED","object":{"kind":"Po"#)
        }
        (true, _) if query.contains("resourceVersion=2") => Reply::Open(event("ADDED", "c", 3)),
        (true, _) => Reply::Open(String::new()),
    })
    .await;
    let cluster = api.cluster(paced(PACE));
    names(&cluster).await;
    until_pods_are(&cluster, &["a", "b", "c"]).await;
    assert_eq!(api.lists_and_watches(), (1, 2));
}

#[tokio::test]
async fn what_may_be_listed_and_not_watched_is_listed_by_whoever_looks() {
    let forbidden = json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
        "message": "pods is forbidden"});
    let api = Scripted::start(move |query, before| match is_watch(query) {
        true => Reply::Whole(403, forbidden.clone()),
        false if before == 0 => pods(1, &["a"]),
        false => pods(2, &["a", "b"]),
    })
    .await;
    let cluster = api.cluster(paced(PACE));
    assert_eq!(names(&cluster).await, ["a"]);
    until_pods_are(&cluster, &["a", "b"]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        api.lists_and_watches().1,
        1,
        "asked again what is forbidden"
    );
}

#[tokio::test]
async fn a_first_list_that_fails_is_the_answer_and_is_not_asked_for_twice() {
    let refused =
        json!({"kind": "Status", "status": "Failure", "code": 401, "reason": "Unauthorized"});
    let api = Scripted::start(move |_, _| Reply::Whole(401, refused.clone())).await;
    let cluster = api.cluster(paced(PACE));
    let error = cluster.snapshot(Timestamp(0)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::CredentialsRejected);
    assert_eq!(api.lists_and_watches(), (1, 0));
}

/// A token that expires after the first list: the watch is not begun again, and whoever looks is told why.
#[tokio::test]
async fn expired_credentials_are_not_tried_again_while_nobody_looks() {
    let refused =
        json!({"kind": "Status", "status": "Failure", "code": 401, "reason": "Unauthorized"});
    let api = Scripted::start(move |_, before| match before {
        0 => pods(1, &["a"]),
        _ => Reply::Whole(401, refused.clone()),
    })
    .await;
    let cluster = api.cluster(paced(PACE));
    assert_eq!(names(&cluster).await, ["a"]);
    let looking = async {
        loop {
            if let Err(error) = cluster.snapshot(Timestamp(0)).await {
                break error;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(10), looking).await;
    assert_eq!(error.unwrap().code, ErrorCode::CredentialsRejected);
    let asked = api.lists_and_watches();
    tokio::time::sleep(PACE.pauses[0] * 4).await;
    assert_eq!(api.lists_and_watches(), asked);
    assert_eq!(asked, (2, 1), "one list for each look, and one watch");
}

#[tokio::test]
async fn nobody_looking_ends_it() {
    let api = Scripted::start(|query, _| {
        if is_watch(query) {
            Reply::Ended(String::new())
        } else {
            pods(1, &["a"])
        }
    })
    .await;
    let cluster = api.cluster(paced(Pace {
        audience: Duration::from_millis(100),
        ..PACE
    }));
    names(&cluster).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = api.lists_and_watches();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(api.lists_and_watches(), asked);
    until_pods_are(&cluster, &["a"]).await;
    assert_eq!(api.lists_and_watches().0, asked.0 + 1, "it begins again");
}
