//! Lists, selections and reviews.

use super::*;

#[test]
fn lists_in_pages_that_agree_with_each_other() {
    let mut fixture = Fixture::new();
    for name in ["a", "b", "c"] {
        fixture.create(CONFIG_MAP, config_map(name));
    }
    let mut list = request(Verb::List, CONFIG_MAP, None, None);
    list.options.limit = Some(2);
    let first = fixture.call(&list).unwrap();
    assert_eq!(first["kind"], "ConfigMapList");
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    assert!(first["items"][0].get("kind").is_none());
    fixture
        .call(&request(Verb::Delete, CONFIG_MAP, Some("c"), None))
        .unwrap();
    fixture.create(CONFIG_MAP, config_map("d"));
    list.options.continue_token = first["metadata"]["continue"].as_str().map(str::to_owned);
    let second = fixture.call(&list).unwrap();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["items"][0]["metadata"]["name"], "c");
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    assert!(second["metadata"].get("continue").is_none());
    list.options.continue_token = Some("nonsense".to_owned());
    assert_eq!(fixture.call(&list).unwrap_err().code(), 400);
}

#[test]
fn lists_by_selector_and_version() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("a", "n1"));
    let then = fixture.0.revision();
    fixture.create(POD, pod("b", "n2"));
    let mut list = request(Verb::List, POD, None, None);
    list.namespace = None;
    let mut count = |change: &dyn Fn(&mut Options)| {
        list.options = Options::default();
        change(&mut list.options);
        fixture
            .call(&list)
            .map(|list| list["items"].as_array().unwrap().len())
    };
    assert_eq!(count(&|_| ()), Ok(2));
    assert_eq!(
        count(&|options| options.label_selector = "app in (a)".to_owned()),
        Ok(1)
    );
    assert_eq!(
        count(&|options| options.field_selector = "spec.nodeName=n2".to_owned()),
        Ok(1)
    );
    assert_eq!(
        count(&|options| {
            options.resource_version = Some(then);
            options.version_match = VersionMatch::Exact;
        }),
        Ok(1)
    );
    assert_eq!(
        count(&|options| options.resource_version = Some(9999))
            .unwrap_err()
            .code(),
        504
    );
    assert_eq!(
        count(&|options| options.label_selector = "(".to_owned())
            .unwrap_err()
            .code(),
        400
    );
}

#[test]
fn shows_watches_what_enters_and_leaves_a_selection() {
    let mut fixture = Fixture::new();
    fixture.create(POD, pod("a", "n1"));
    let start = fixture.0.revision();
    let mut watch = request(Verb::List, POD, None, None);
    watch.options.label_selector = "app=a".to_owned();
    let selection = Selection::of(&watch).unwrap();
    for label in ["b", "a"] {
        let body = json!({"metadata": {"labels": {"app": label}}});
        fixture
            .call(&request(
                Verb::Patch(PatchType::Merge),
                POD,
                Some("a"),
                Some(body),
            ))
            .unwrap();
    }
    fixture.create(POD, pod("other", ""));
    let events: Vec<_> = fixture
        .0
        .changes_after(start)
        .unwrap()
        .filter_map(|change| selection.event(change))
        .map(|(event, object)| (event, object["metadata"]["labels"]["app"].clone()))
        .collect();
    // What leaves is told as it was while it was selected.
    assert_eq!(
        events,
        [
            (crate::store::ChangeKind::Deleted, json!("a")),
            (crate::store::ChangeKind::Added, json!("a")),
        ]
    );
}

#[test]
fn answers_access_reviews() {
    let mut fixture = Fixture::new();
    let body = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let answer = fixture.create(SELF_SUBJECT_ACCESS_REVIEW, body);
    assert_eq!(answer["status"]["allowed"], true);
}
