//! `/clusters/{id}/chat`: ask, and be answered whole or event by event.

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{
    ErrorCode,
    chat::Message,
    ids::{ClusterId, ConversationId},
};
use http::{HeaderMap, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{auth::Identity, state::App};

use super::{
    super::{error::ApiError, events},
    Operation,
    document::{Document, Parameter, Place},
    extract::Body,
};

const ACCEPT: Parameter = Parameter {
    place: Place::Header,
    name: "Accept",
    meaning: "With text/event-stream the answer comes event by event while it is made",
    values: &["application/json", "text/event-stream"],
    example: "application/json",
};

pub(super) fn operations() -> Vec<Operation> {
    vec![Operation {
        alias: Some("/api/chat/{id}"),
        summary: "Asks about a cluster, or runs a kubectl command",
        remarks: "A write becomes a plan, which takes the scope plan; nothing is changed before that plan is approved. A question that \
                  was taken is answered with 200 even where there is no answer: “message.error” then says why (unsupported for \
                  a command that is never run, forbidden for a write without the scope plan, not_permitted_here in a \
                  read-only cluster, and whatever the cluster says), and “message.provenance.success” is false.",
        parameters: &[ACCEPT],
        request: Some(Document::of::<Question>(
            r#"{"message":"Show me pods with high CPU usage","conversation_id":null}"#,
        )),
        response: (200, Some(Document::of::<Answered>(ANSWER))),
        more_examples: &[("refused", REFUSED)],
        stream: Some(events::chat_events()),
        refusals: &[&[ErrorCode::RateLimited, ErrorCode::Conflict]],
        ..Operation::post("ask", "/api/v1/clusters/{id}/chat", || post(ask))
    }]
}

const ANSWER: &str = r#"{"conversation_id":"0c0c7c2e-55aa-4c0b-8d3e-6a3f4f0d7b11","response":"I found 1 pod with notable CPU usage.","message":{"id":"6f1c2a9e-7c3b-4c53-8a9b-3d2f1b6c7d20","speaker":"assistant","text":"I found 1 pod with notable CPU usage.","blocks":[{"block":"text","text":"I found 1 pod with notable CPU usage."},{"block":"finding","severity":"warning","subject":"shop/storefront-6d5f7c9b8d-x2x7k","text":"180m CPU, 90 % of its request (HIGH)"}],"provenance":{"method":"built_in","provider":null,"model":null,"tools":["pods_top"],"tokens":null,"duration_ms":41,"success":true},"error":null,"at":"2026-11-23T14:05:00Z"}}"#;

const REFUSED: &str = r#"{"conversation_id":"0c0c7c2e-55aa-4c0b-8d3e-6a3f4f0d7b11","response":"kubectl exec is not run here: it reaches into a container","message":{"id":"6f1c2a9e-7c3b-4c53-8a9b-3d2f1b6c7d21","speaker":"assistant","text":"kubectl exec is not run here: it reaches into a container","blocks":[],"provenance":{"method":"direct_command","provider":null,"model":null,"tools":[],"tokens":null,"duration_ms":1,"success":false},"error":{"code":"unsupported","message":"kubectl exec is not run here: it reaches into a container","hint":"Run it in a terminal."},"at":"2026-11-23T14:05:00Z"}}"#;

/// What is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// A question in words, or a kubectl command; 1 to 32,768 bytes.
    message: String,
    /// The conversation to go on with; a new one when left out.
    #[serde(default)]
    conversation_id: Option<String>,
}

/// What is answered.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// The conversation, new or continued.
    conversation_id: ConversationId,
    /// The answer as plain text.
    response: String,
    /// The answer in pieces, with where it came from.
    message: Message,
}

async fn ask(
    State(app): State<App>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(question): Body<Question>,
) -> Result<Response, ApiError> {
    let cluster: ClusterId = id.parse()?;
    let conversation = question
        .conversation_id
        .as_deref()
        .map(str::parse)
        .transpose()?;
    app.ports.clusters.get(&who.user, cluster).await?;
    if wants_events(&headers) {
        return Ok(events::ask(&app, who, cluster, conversation, &question.message).await?);
    }
    let (conversation_id, message) = app
        .ports
        .chat
        .ask(&who.user, cluster, conversation, &question.message)
        .await?;
    let answered = Answered {
        conversation_id,
        response: message.text.clone(),
        message,
    };
    Ok(Json(answered).into_response())
}

fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}
