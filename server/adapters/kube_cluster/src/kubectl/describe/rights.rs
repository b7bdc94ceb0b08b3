//! Service accounts, roles and their bindings.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    common::{event_table, events_about, heading, labels_and_annotations},
    page::Page,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{items, name, namespace, pairs, text},
    request::{Failure, Outcome, Selectors, Session},
    rules,
};

pub(super) fn role(object: &Value) -> String {
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    labels_and_annotations(&mut page, object);
    page.line(0, "PolicyRule:");
    page.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs");
    page.line(1, "---------\t-----------------\t--------------\t-----");
    for rule in rules::compacted(items(object, "/rules").iter()) {
        page.line(1, rule.line());
    }
    page.finish()
}

pub(super) fn binding(object: &Value) -> String {
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    labels_and_annotations(&mut page, object);
    page.line(0, "Role:");
    page.field(1, "Kind", text(object, "/roleRef/kind"));
    page.field(1, "Name", text(object, "/roleRef/name"));
    page.line(0, "Subjects:");
    page.line(1, "Kind\tName\tNamespace");
    page.line(1, "----\t----\t---------");
    for subject in items(object, "/subjects") {
        page.line(
            1,
            format_args!(
                "{}\t{}\t{}",
                text(subject, "/kind"),
                text(subject, "/name"),
                text(subject, "/namespace")
            ),
        );
    }
    page.finish()
}

pub(super) async fn service_account(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let known = Secrets::read(session, object).await?;
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    labels_and_annotations(&mut page, object);
    let names = |field: &str| -> Vec<String> {
        items(object, field)
            .iter()
            .map(|secret| text(secret, "/name").to_owned())
            .collect()
    };
    known.lines(
        &mut page,
        "Image pull secrets:",
        &names("/imagePullSecrets"),
    );
    known.lines(&mut page, "Mountable secrets: ", &names("/secrets"));
    known.lines(&mut page, "Tokens:            ", &known.tokens);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// The Secrets of an account's namespace, where they may be read.
struct Secrets {
    /// All names; `None` when they cannot be read, and then none is said to be missing.
    all: Option<BTreeSet<String>>,
    /// Those that hold a token of the account.
    tokens: Vec<String>,
}

impl Secrets {
    async fn read(session: &Session<'_>, account: &Value) -> Outcome<Self> {
        let resource = ApiResource::known("", "v1", "secrets", "Secret");
        let listed = session
            .list(&resource, Some(namespace(account)), Selectors::default())
            .await;
        let found = match listed {
            Ok(found) => found,
            Err(failure @ Failure::Cluster(_)) => return Err(failure),
            Err(_) => {
                return Ok(Self {
                    all: None,
                    tokens: Vec::new(),
                });
            }
        };
        let is_token = |secret: &&Value| {
            let annotations = pairs(secret, "/metadata/annotations");
            let says = |key: &str| annotations.get(key).copied().unwrap_or_default();
            text(secret, "/type") == "kubernetes.io/service-account-token"
                && says("kubernetes.io/service-account.name") == name(account)
                && says("kubernetes.io/service-account.uid") == text(account, "/metadata/uid")
        };
        let tokens = found.iter().filter(is_token);
        Ok(Self {
            tokens: tokens.map(|secret| name(secret).to_owned()).collect(),
            all: Some(found.iter().map(|secret| name(secret).to_owned()).collect()),
        })
    }

    fn lines(&self, page: &mut Page, head: &str, names: &[String]) {
        if names.is_empty() {
            page.line(0, format_args!("{head}\t<none>"));
        }
        let mut head = head;
        for name in names {
            let is_missing = self.all.as_ref().is_some_and(|all| !all.contains(name));
            let note = if is_missing { " (not found)" } else { "" };
            page.line(0, format_args!("{head}\t{name}{note}"));
            head = "                   ";
        }
    }
}
