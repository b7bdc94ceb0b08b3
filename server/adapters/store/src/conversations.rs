//! Conversations and their messages.

use domain::{
    chat::{Block, Conversation, ConversationSummary, Message},
    ids::{ClusterId, ConversationId, UserId},
    time::Timestamp,
};

use crate::{Database, Result, StoreError};

/// Characters kept of the first question as a conversation's title.
const TITLE_CHARACTERS: usize = 80;

/// Conversations.
#[derive(Debug, Clone)]
pub struct Conversations {
    database: Database,
}

impl Conversations {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Begins a conversation about a cluster of the user's, titled by its first question.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the cluster is not the user's.
    pub async fn create(
        &self,
        user: UserId,
        cluster: ClusterId,
        question: &str,
        now: Timestamp,
    ) -> Result<ConversationSummary> {
        todo!("conversations.create")
    }

    /// Conversations about a cluster of the user's, newest first, at most 200.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<ConversationSummary>> {
        todo!("conversations.list")
    }

    /// The head of one conversation of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn summary(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<ConversationSummary> {
        todo!("conversations.summary")
    }

    /// One conversation of the user's with its messages, oldest first, and the plans they mention.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, conversation: ConversationId) -> Result<Conversation> {
        todo!("conversations.get")
    }

    /// Adds a message; the conversation moves to the top of the list.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn append(
        &self,
        user: UserId,
        conversation: ConversationId,
        message: &Message,
    ) -> Result<()> {
        todo!("conversations.append")
    }
}
