//! Conversations and their messages.

use domain::{
    chat::{Block, Conversation, ConversationSummary, Message, Speaker},
    ids::{ClusterId, ConversationId, MessageId, PlanId, UserId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use crate::{
    Database, Result, StoreError,
    clusters::owned,
    entity::{conversations, messages},
    error::Doing,
    ids::random_uuid,
    rows::{from_json, from_json_option, insert, to_json, to_json_option},
};

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
        let transaction = self.database.begin().await?;
        owned(&transaction, user, cluster).await?;
        let row = conversations::Model {
            id: random_uuid()?,
            user_id: user.0,
            cluster_id: cluster.0,
            title: title(question),
            message_count: 0,
            created_at: now.0,
            updated_at: now.0,
        };
        insert(&transaction, row.clone())
            .await
            .doing("begin a conversation")?;
        transaction.commit().await.doing("begin a conversation")?;
        Ok(summary(row))
    }

    /// Conversations about a cluster of the user's, newest first, at most 200.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId, cluster: ClusterId) -> Result<Vec<ConversationSummary>> {
        let rows = conversations::Entity::find()
            .filter(conversations::Column::UserId.eq(user.0))
            .filter(conversations::Column::ClusterId.eq(cluster.0))
            .order_by_desc(conversations::Column::UpdatedAt)
            .order_by_asc(conversations::Column::Id)
            .limit(200)
            .all(self.database.reader())
            .await
            .doing("list conversations")?;
        Ok(rows.into_iter().map(summary).collect())
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
        conversations::Entity::find()
            .filter(mine(user, conversation))
            .one(self.database.reader())
            .await
            .doing("read a conversation")?
            .map(summary)
            .ok_or_else(no_such_conversation)
    }

    /// One conversation of the user's with its messages, oldest first, and the plans they mention.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, conversation: ConversationId) -> Result<Conversation> {
        let summary = self.summary(user, conversation).await?;
        let rows = messages::Entity::find()
            .filter(messages::Column::ConversationId.eq(conversation.0))
            .order_by_asc(messages::Column::Position)
            .all(self.database.reader())
            .await
            .doing("read messages")?;
        let messages: Vec<_> = rows.into_iter().map(message_from).collect::<Result<_>>()?;
        let mentioned = mentioned_plans(&messages);
        Ok(Conversation {
            summary,
            plans: self.database.plans().among(user, &mentioned).await?,
            messages,
        })
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
        let transaction = self.database.begin().await?;
        let change = conversations::ActiveModel {
            updated_at: Set(message.at.0),
            ..Default::default()
        };
        let one_more = Expr::col(conversations::Column::MessageCount).add(1);
        let changed = conversations::Entity::update_many()
            .set(change)
            .col_expr(conversations::Column::MessageCount, one_more)
            .filter(mine(user, conversation))
            .exec_with_returning(&transaction)
            .await
            .doing("add a message")?;
        let position = changed
            .first()
            .ok_or_else(no_such_conversation)?
            .message_count;
        let row = message_row(conversation, position, message)?;
        insert(&transaction, row).await.doing("add a message")?;
        transaction.commit().await.doing("add a message")
    }
}

fn mine(user: UserId, conversation: ConversationId) -> Condition {
    Condition::all()
        .add(conversations::Column::Id.eq(conversation.0))
        .add(conversations::Column::UserId.eq(user.0))
}

fn no_such_conversation() -> StoreError {
    StoreError::NotFound {
        thing: "conversation",
    }
}

/// The question on one line, cut with an ellipsis.
fn title(question: &str) -> String {
    let words: Vec<_> = question.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= TITLE_CHARACTERS {
        return line;
    }
    let kept: String = line.chars().take(TITLE_CHARACTERS - 1).collect();
    format!("{kept}…")
}

fn mentioned_plans(messages: &[Message]) -> Vec<PlanId> {
    let blocks = messages.iter().flat_map(|message| &message.blocks);
    blocks
        .filter_map(|block| match block {
            Block::Plan { plan } => Some(*plan),
            Block::Text { .. }
            | Block::Finding { .. }
            | Block::Recommendation { .. }
            | Block::Table { .. }
            | Block::Output { .. }
            | Block::Choice { .. }
            | Block::Page { .. } => None,
        })
        .collect()
}

fn summary(row: conversations::Model) -> ConversationSummary {
    ConversationSummary {
        id: ConversationId(row.id),
        cluster: ClusterId(row.cluster_id),
        title: row.title,
        updated_at: Timestamp(row.updated_at),
    }
}

fn message_row(
    conversation: ConversationId,
    position: i64,
    message: &Message,
) -> Result<messages::Model> {
    Ok(messages::Model {
        id: message.id.0,
        conversation_id: conversation.0,
        position,
        speaker: speaker_word(message.speaker).to_owned(),
        text: message.text.clone(),
        blocks: to_json("answer", &message.blocks)?,
        provenance: to_json_option("provenance", message.provenance.as_ref())?,
        error: to_json_option("error", message.error.as_ref())?,
        at: message.at.0,
    })
}

fn message_from(row: messages::Model) -> Result<Message> {
    let speaker = [Speaker::User, Speaker::Assistant]
        .into_iter()
        .find(|speaker| speaker_word(*speaker) == row.speaker)
        .ok_or(StoreError::OutOfRange { what: "speaker" })?;
    Ok(Message {
        id: MessageId(row.id),
        speaker,
        blocks: from_json("answer", &row.blocks)?,
        provenance: from_json_option("provenance", row.provenance.as_deref())?,
        error: from_json_option("error", row.error.as_deref())?,
        text: row.text,
        at: Timestamp(row.at),
    })
}

const fn speaker_word(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

#[cfg(test)]
mod tests;
