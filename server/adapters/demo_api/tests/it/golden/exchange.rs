//! A conversation with an API server: requests as data, answers with what changes every time masked.

use std::{collections::BTreeMap, time::Duration};

use kube::{Client, client::Body};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Headers that are part of an answer's meaning.
const HEADERS: [&str; 3] = ["content-type", "retry-after", "warning"];
/// Fields whose value is made anew for every object, or is prose. They are masked, not dropped: whether they are
/// there counts.
const MADE_ANEW: [&str; 14] = [
    "clusterIP",
    "clusterIPs",
    "creationTimestamp",
    "deletionTimestamp",
    "description",
    "lastHeartbeatTime",
    "lastTransitionTime",
    "lastUpdateTime",
    "nodePort",
    "resourceVersion",
    "serverAddress",
    "storageVersionHash",
    "time",
    "uid",
];
/// What a masked value reads.
const MASK: &str = "*";
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests in order; later ones may use what earlier answers held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Conversation {
    /// What it is about.
    pub(super) about: String,
    /// Question and answer, one after the other.
    pub(super) exchanges: Vec<Exchange>,
}

/// A request and what was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Exchange {
    /// Unique within its conversation.
    pub(super) name: String,
    request: Request,
    /// Names for values of the answer by JSON pointer, for `${name}` in paths and bodies of later requests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    keep: BTreeMap<String, String>,
    /// `None` until it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Answer>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Request {
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// Sent as JSON, or as it is when it is a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    /// JSON; an array for a watch; a string for anything else.
    pub(super) body: Value,
}

impl Conversation {
    /// The same requests with the answers of this cluster.
    pub(super) async fn held_with(&self, client: &Client) -> Self {
        let mut kept = BTreeMap::new();
        let mut exchanges = Vec::new();
        for exchange in &self.exchanges {
            let answer = exchange.request.sent(client, &kept).await;
            for (name, pointer) in &exchange.keep {
                let value = answer.body.pointer(pointer).and_then(Value::as_str);
                let value = value.unwrap_or_else(|| panic!("{}: no {pointer}", exchange.name));
                kept.insert(name.clone(), value.to_owned());
            }
            exchanges.push(Exchange {
                answer: Some(answer.masked()),
                ..exchange.clone()
            });
        }
        Self {
            about: self.about.clone(),
            exchanges,
        }
    }
}

impl Request {
    async fn sent(&self, client: &Client, kept: &BTreeMap<String, String>) -> Answer {
        let body = match &self.body {
            None => Vec::new(),
            Some(Value::String(text)) => filled(text, kept).into_bytes(),
            Some(value) => filled(&value.to_string(), kept).into_bytes(),
        };
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(filled(&self.path, kept));
        if self.body.is_some() && !self.headers.contains_key("content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let answering = async {
            let response = client.send(request).await.unwrap();
            let (parts, body) = response.into_parts();
            (parts, body.collect_bytes().await.unwrap())
        };
        let (parts, bytes) = tokio::time::timeout(PATIENCE, answering)
            .await
            .unwrap_or_else(|_| panic!("{} {}: no answer", self.method, self.path));
        let headers = HEADERS.into_iter().filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.to_owned()))
        });
        Answer {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: parsed(&bytes),
        }
    }
}

impl Answer {
    fn masked(mut self) -> Self {
        mask(&mut self.body);
        self
    }
}

fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    })
}

fn parsed(bytes: &[u8]) -> Value {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes)
        .into_iter()
        .collect();
    match values {
        Ok(mut values) if values.len() == 1 => values.remove(0),
        Ok(values) => Value::Array(values),
        Err(_) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let is_schema = field.is_object() || field.is_null();
                if MADE_ANEW.contains(&name.as_str()) && !is_schema {
                    *field = MASK.into();
                } else {
                    mask(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::String(text) if is_age(text) => *text = MASK.to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Ages in table cells: `0s`, `12s`, `3m20s`.
fn is_age(text: &str) -> bool {
    text.len() <= 8
        && text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h', 'd'])
        && text
            .chars()
            .all(|letter| letter.is_ascii_digit() || "smhd".contains(letter))
}
