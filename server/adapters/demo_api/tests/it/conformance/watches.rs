//! Streams of changes.

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, WatchEvent, WatchParams},
};
use serde_json::json;

use crate::support::{Scratch, config_map};

/// A word per event: `+name`, `~name`, `-name`, `bookmark`, or the code of an error.
fn word(event: &WatchEvent<ConfigMap>) -> String {
    match event {
        WatchEvent::Added(object) => format!("+{}", object.name_any()),
        WatchEvent::Modified(object) => format!("~{}", object.name_any()),
        WatchEvent::Deleted(object) => format!("-{}", object.name_any()),
        WatchEvent::Bookmark(_) => "bookmark".to_owned(),
        WatchEvent::Error(status) => status.code.to_string(),
    }
}

async fn current_version(api: &Api<ConfigMap>) -> String {
    let list = api.list(&ListParams::default()).await.unwrap();
    list.metadata.resource_version.unwrap()
}

async fn next(
    events: &mut (impl Stream<Item = kube::Result<WatchEvent<ConfigMap>>> + Unpin),
) -> WatchEvent<ConfigMap> {
    events.try_next().await.unwrap().expect("the watch goes on")
}

pub(super) async fn tells_of_every_change(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    let parameters = WatchParams::default()
        .timeout(60)
        .disable_bookmarks()
        .fields("metadata.name=settings");
    let version = current_version(&api).await;
    let mut events = api.watch(&parameters, &version).await.unwrap().boxed();
    scratch
        .create::<ConfigMap>(config_map("settings", "old"))
        .await;
    scratch
        .create::<ConfigMap>(config_map("other", "old"))
        .await;
    let patch = Patch::Merge(json!({"data": {"key": "new"}}));
    api.patch("settings", &PatchParams::default(), &patch)
        .await
        .unwrap();
    api.delete("settings", &DeleteParams::default())
        .await
        .unwrap();
    for expected in ["+settings", "~settings", "-settings"] {
        assert_eq!(word(&next(&mut events).await), expected);
    }
    scratch.remove().await;
}

pub(super) async fn deletes_what_ceases_to_match(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    scratch
        .create::<ConfigMap>(config_map("settings", "x"))
        .await;
    let parameters = WatchParams::default()
        .timeout(60)
        .disable_bookmarks()
        .labels("app=settings");
    let mut events = api.watch(&parameters, "0").await.unwrap().boxed();
    assert_eq!(word(&next(&mut events).await), "+settings");
    for (label, expected) in [("gone", "-settings"), ("settings", "+settings")] {
        let patch = Patch::Merge(json!({"metadata": {"labels": {"app": label}}}));
        api.patch("settings", &PatchParams::default(), &patch)
            .await
            .unwrap();
        assert_eq!(word(&next(&mut events).await), expected);
    }
    scratch.remove().await;
}

pub(super) async fn refuses_to_start_too_far_back(client: Client) {
    let api: Api<ConfigMap> = Api::all(client);
    let mut events = api
        .watch(&WatchParams::default(), "1")
        .await
        .unwrap()
        .boxed();
    assert_eq!(word(&next(&mut events).await), "410");
    assert!(events.next().await.is_none(), "nothing follows the error");
}

pub(super) async fn ends_the_initial_events_with_a_bookmark(client: Client) {
    let scratch = Scratch::new(client).await;
    let created: ConfigMap = scratch.create(config_map("settings", "x")).await;
    let version = created.resource_version().unwrap();
    let api = scratch.api::<ConfigMap>();
    let parameters = WatchParams::default()
        .timeout(60)
        .labels("app=settings")
        .initial_events();
    let mut events = api.watch(&parameters, &version).await.unwrap().boxed();
    assert_eq!(word(&next(&mut events).await), "+settings");
    let WatchEvent::Bookmark(bookmark) = next(&mut events).await else {
        panic!("not a bookmark");
    };
    assert_eq!(
        bookmark.metadata.annotations["k8s.io/initial-events-end"],
        "true"
    );
    scratch.remove().await;
}

pub(super) async fn ends_in_time(client: Client) {
    let scratch = Scratch::new(client).await;
    let api = scratch.api::<ConfigMap>();
    let version = current_version(&api).await;
    let parameters = WatchParams::default()
        .timeout(1)
        .disable_bookmarks()
        .labels("app=none");
    let events = api.watch(&parameters, &version).await.unwrap();
    let events: Vec<_> = events.try_collect().await.unwrap();
    assert!(events.is_empty());
    scratch.remove().await;
}
