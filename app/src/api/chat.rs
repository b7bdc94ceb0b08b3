//! Conversations about a cluster.

use domain::{
    chat::{Conversation, ConversationSummary},
    ids::{ClusterId, ConversationId},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::api::{gate, request::redirect};
use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::{ErrorCode, OpsError};

/// The id of the last message on a conversation's page.
pub const LATEST: &str = "latest";

/// Conversations about a cluster, newest first.
#[server(prefix = "/api/fn", endpoint = "list_conversations")]
pub async fn list_conversations(cluster: ClusterId) -> Result<Vec<ConversationSummary>, AppError> {
    gate::as_user::<ListConversations, _, _>(|ports, user| async move {
        ports.chat.conversations(&user, cluster).await
    })
    .await
}

/// One conversation.
#[server(prefix = "/api/fn", endpoint = "get_conversation")]
pub async fn get_conversation(conversation: ConversationId) -> Result<Conversation, AppError> {
    gate::as_user::<GetConversation, _, _>(|ports, user| async move {
        ports.chat.conversation(&user, conversation).await
    })
    .await
}

/// Stores a question, starts its answer, and goes to the conversation, where the answer arrives.
///
/// `conversation` is empty for a new one.
#[server(prefix = "/api/fn", endpoint = "ask_question")]
pub async fn ask_question(
    cluster: ClusterId,
    #[server(default)] conversation: String,
    message: String,
) -> Result<ConversationId, AppError> {
    gate::as_user::<AskQuestion, _, _>(|ports, user| async move {
        let message = message.trim();
        if message.is_empty() {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                "there is no question yet",
            ));
        }
        let continued = match conversation.as_str() {
            "" => None,
            id => Some(id.parse()?),
        };
        let id = ports.chat.start(&user, cluster, continued, message).await?;
        redirect(&format!("/c/{cluster}/ask/{id}#{LATEST}"));
        Ok(id)
    })
    .await
}

/// Stops the answer being made in a conversation.
#[server(prefix = "/api/fn", endpoint = "stop_answer")]
pub async fn stop_answer(conversation: ConversationId) -> Result<(), AppError> {
    gate::as_user::<StopAnswer, _, _>(|ports, user| async move {
        ports.chat.stop(&user, conversation).await
    })
    .await
}
