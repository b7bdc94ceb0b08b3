//! Conversations: a question is stored, answered in a task of its own, and the answer is streamed while it is made
//! and stored with where it came from.

mod answer;
mod rate;
mod running;

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    account::User,
    chat::{
        ChatEvent, Conversation, ConversationSummary, Message, ProcessingMethod, Provenance,
        Speaker,
    },
    ids::{ClusterId, ConversationId, MessageId},
    plan::Plan,
    ports::{Answer, ChatPort},
};
use futures::Stream;

use self::{
    answer::{Asked, Draft},
    rate::Turns,
    running::{Announcer, Answers},
};

use super::{SharedCore, stored};

/// Longest message, in bytes.
const LONGEST_MESSAGE: usize = 32 * 1024;

/// [`ChatPort`] over the assistant engine, the connections and the store.
pub struct Chat {
    core: SharedCore,
    answers: Arc<Answers>,
    turns: Turns,
}

impl Chat {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self {
            core,
            answers: Arc::default(),
            turns: Turns::default(),
        }
    }

    /// The events of the answer being made in a conversation of the user's, from its first one; of a conversation
    /// whose answer is complete, that answer.
    ///
    /// # Errors
    /// `NotFound` for a conversation that is not the user's.
    pub async fn events(
        &self,
        user: &User,
        conversation: ConversationId,
    ) -> Answer<impl Stream<Item = ChatEvent> + Send + use<>> {
        let running = self.answers.watch(conversation);
        let stored_answer = match running {
            Some(_) => None,
            None => self.conversation(user, conversation).await?.messages.pop(),
        };
        if running.is_some() {
            self.core
                .database
                .conversations()
                .summary(user.id, conversation)
                .await
                .map_err(stored)?;
        }
        Ok(running::replay(running, stored_answer))
    }

    async fn begin(
        &self,
        user: &User,
        cluster: ClusterId,
        conversation: Option<ConversationId>,
        message: &str,
    ) -> Answer<(ConversationId, tokio::task::JoinHandle<Answer<Message>>)> {
        let text = checked(message)?;
        let now = self.core.now();
        self.turns.take(user.id, now)?;
        let conversation = self
            .conversation_for(user, cluster, conversation, text)
            .await?;
        let announcer = self.answers.begin(conversation)?;
        let question = Message {
            id: MessageId(store::random_uuid().map_err(stored)?),
            speaker: Speaker::User,
            text: text.to_owned(),
            blocks: Vec::new(),
            provenance: None,
            error: None,
            at: now,
        };
        self.core
            .database
            .conversations()
            .append(user.id, conversation, &question)
            .await
            .map_err(stored)?;
        announcer.say(ChatEvent::Accepted {
            conversation,
            message: question.id,
        });
        let asked = Asked {
            core: SharedCore::clone(&self.core),
            user: user.clone(),
            cluster,
            text: text.to_owned(),
            earlier: self.earlier(user, conversation, question.id).await?,
        };
        let work = answer_and_store(asked, conversation, announcer);
        let work = self.core.tasks.spawn(work);
        Ok((conversation, work))
    }

    /// What was said in a conversation before a question.
    async fn earlier(
        &self,
        user: &User,
        conversation: ConversationId,
        question: MessageId,
    ) -> Answer<Vec<Message>> {
        let conversations = self.core.database.conversations();
        let found = conversations.get(user.id, conversation).await;
        let mut messages = found.map_err(stored)?.messages;
        messages.retain(|message| message.id != question);
        Ok(messages)
    }

    async fn conversation_for(
        &self,
        user: &User,
        cluster: ClusterId,
        conversation: Option<ConversationId>,
        text: &str,
    ) -> Answer<ConversationId> {
        let conversations = self.core.database.conversations();
        let Some(id) = conversation else {
            let created = conversations
                .create(user.id, cluster, text, self.core.now())
                .await
                .map_err(stored)?;
            return Ok(created.id);
        };
        let summary = conversations.summary(user.id, id).await.map_err(stored)?;
        if summary.cluster != cluster {
            return Err(OpsError::not_found("conversation about this cluster"));
        }
        Ok(id)
    }

    /// A question whose answer was cut off by a restart gets one that says so.
    async fn close_unanswered(&self, user: &User, conversation: &mut Conversation) -> Answer<()> {
        let id = conversation.summary.id;
        let waiting = conversation
            .messages
            .last()
            .is_some_and(|last| last.speaker == Speaker::User);
        if !waiting || self.answers.is_running(id) {
            return Ok(());
        }
        // It may have been answered since it was read: an answer is stored before it stops counting as running.
        let asked = conversation.messages.last().map(|last| last.id);
        let conversations = self.core.database.conversations();
        let fresh = conversations.get(user.id, id).await.map_err(stored)?;
        if fresh.messages.last().map(|last| last.id) != asked {
            *conversation = fresh;
            return Ok(());
        }
        let error = OpsError::new(
            ErrorCode::Unavailable,
            "the server stopped before this was answered",
        )
        .hint("Ask again.");
        let message = closing(&self.core, error, Instant::now())?;
        self.core
            .database
            .conversations()
            .append(user.id, id, &message)
            .await
            .map_err(stored)?;
        conversation.messages.push(message);
        Ok(())
    }
}

fn checked(message: &str) -> Answer<&str> {
    let text = message.trim();
    if text.is_empty() {
        return Err(
            OpsError::new(ErrorCode::Invalid, "the message is empty").hint(
                "Ask something, for instance “What needs attention?”, or type “kubectl get pods”.",
            ),
        );
    }
    if text.len() > LONGEST_MESSAGE {
        return Err(OpsError::new(
            ErrorCode::TooLarge,
            format!(
                "the message has {} bytes; at most {LONGEST_MESSAGE} are accepted",
                text.len()
            ),
        ));
    }
    Ok(text)
}

/// Makes the answer, stores it, and only then says that it is done.
async fn answer_and_store(
    asked: Asked,
    conversation: ConversationId,
    announcer: Announcer,
) -> Answer<Message> {
    let began = Instant::now();
    let core = SharedCore::clone(&asked.core);
    let user = asked.user.id;
    let drafted = tokio::select! {
        () = announcer.stopped() => Err(OpsError::new(ErrorCode::Unavailable, "the answer was stopped")),
        drafted = asked.answer(&announcer) => drafted,
    };
    let message = match drafted {
        Ok(draft) => message(&core, draft, began)?,
        Err(error) => closing(&core, error, began)?,
    };
    let kept = core
        .database
        .conversations()
        .append(user, conversation, &message)
        .await;
    match (kept.map_err(stored), message.error.clone()) {
        (Err(error), _) | (Ok(()), Some(error)) => announcer.say(ChatEvent::Error { error }),
        (Ok(()), None) => announcer.say(ChatEvent::Done {
            message: message.clone(),
        }),
    }
    Ok(message)
}

fn message(core: &SharedCore, draft: Draft, began: Instant) -> Answer<Message> {
    Ok(Message {
        id: MessageId(store::random_uuid().map_err(stored)?),
        speaker: Speaker::Assistant,
        text: draft.text(),
        provenance: Some(Provenance {
            method: draft.method,
            provider: None,
            model: None,
            tools: draft.tools,
            tokens: None,
            duration_ms: elapsed_ms(began),
            success: draft.success,
        }),
        blocks: draft.blocks,
        error: draft.error,
        at: core.now(),
    })
}

fn closing(core: &SharedCore, error: OpsError, began: Instant) -> Answer<Message> {
    let draft = Draft::refusal(ProcessingMethod::BuiltIn, error);
    message(core, draft, began)
}

fn elapsed_ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[async_trait]
impl ChatPort for Chat {
    async fn conversations(
        &self,
        user: &User,
        cluster: ClusterId,
    ) -> Answer<Vec<ConversationSummary>> {
        let database = &self.core.database;
        let clusters = database.clusters();
        clusters.get(user.id, cluster).await.map_err(stored)?;
        database
            .conversations()
            .list(user.id, cluster)
            .await
            .map_err(stored)
    }

    async fn conversation(
        &self,
        user: &User,
        conversation: ConversationId,
    ) -> Answer<Conversation> {
        let database = &self.core.database;
        database
            .plans()
            .expire(self.core.now())
            .await
            .map_err(stored)?;
        let mut found = database
            .conversations()
            .get(user.id, conversation)
            .await
            .map_err(stored)?;
        self.close_unanswered(user, &mut found).await?;
        Ok(found)
    }

    async fn ask(
        &self,
        user: &User,
        cluster: ClusterId,
        conversation: Option<ConversationId>,
        message: &str,
    ) -> Answer<(ConversationId, Message)> {
        let (conversation, work) = self.begin(user, cluster, conversation, message).await?;
        let message = work.await.map_err(|_| OpsError::internal())??;
        Ok((conversation, message))
    }

    async fn start(
        &self,
        user: &User,
        cluster: ClusterId,
        conversation: Option<ConversationId>,
        message: &str,
    ) -> Answer<ConversationId> {
        Ok(self.begin(user, cluster, conversation, message).await?.0)
    }

    async fn stop(&self, user: &User, conversation: ConversationId) -> Answer<()> {
        self.core
            .database
            .conversations()
            .summary(user.id, conversation)
            .await
            .map_err(stored)?;
        self.answers.stop(conversation);
        Ok(())
    }
}

/// A plan that an answer made, for the event stream.
fn plan_event(plan: &Plan) -> ChatEvent {
    ChatEvent::Plan {
        plan: Box::new(plan.clone()),
    }
}
