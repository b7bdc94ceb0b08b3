//! Answers being made: their events so far for whoever joins late, and a way to stop them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    ErrorCode, OpsError,
    chat::{ChatEvent, Message, Speaker},
    ids::ConversationId,
    ports::Answer,
};
use futures::{Stream, StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The answers being made now, at most one in each conversation.
#[derive(Default)]
pub(super) struct Answers {
    running: Mutex<HashMap<ConversationId, Running>>,
}

struct Running {
    events: watch::Receiver<Vec<ChatEvent>>,
    stop: CancellationToken,
}

/// Says what happens to one answer; the answer counts as running until this is dropped.
pub(super) struct Announcer {
    answers: Arc<Answers>,
    conversation: ConversationId,
    events: watch::Sender<Vec<ChatEvent>>,
    stop: CancellationToken,
}

impl Answers {
    /// Registers an answer about to be made.
    ///
    /// # Errors
    /// `Conflict` while another one is being made in the same conversation.
    pub(super) fn begin(self: &Arc<Self>, conversation: ConversationId) -> Answer<Announcer> {
        let mut running = self.lock();
        if running.contains_key(&conversation) {
            return Err(OpsError::new(
                ErrorCode::Conflict,
                "the previous question is still being answered",
            )
            .hint("Wait for it, or stop it, and ask again."));
        }
        let (sender, receiver) = watch::channel(Vec::new());
        let stop = CancellationToken::new();
        running.insert(
            conversation,
            Running {
                events: receiver,
                stop: stop.clone(),
            },
        );
        Ok(Announcer {
            answers: Arc::clone(self),
            conversation,
            events: sender,
            stop,
        })
    }

    /// The events of the answer being made, if one is.
    pub(super) fn watch(
        &self,
        conversation: ConversationId,
    ) -> Option<watch::Receiver<Vec<ChatEvent>>> {
        self.lock()
            .get(&conversation)
            .map(|running| running.events.clone())
    }

    pub(super) fn is_running(&self, conversation: ConversationId) -> bool {
        self.lock().contains_key(&conversation)
    }

    /// Stops the answer being made; nothing happens when there is none.
    pub(super) fn stop(&self, conversation: ConversationId) {
        if let Some(running) = self.lock().get(&conversation) {
            running.stop.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Announcer {
    /// Tells everybody who watches.
    pub(super) fn say(&self, event: ChatEvent) {
        self.events.send_modify(|events| events.push(event));
    }

    /// Resolves when somebody stops the answer.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.answers.lock().remove(&self.conversation);
    }
}

/// All events of a running answer, past ones first, until it ends; else the stored answer as one event.
pub(super) fn replay(
    running: Option<watch::Receiver<Vec<ChatEvent>>>,
    stored: Option<Message>,
) -> impl Stream<Item = ChatEvent> + Send {
    let finished = stored
        .filter(|message| message.speaker == Speaker::Assistant)
        .map(|message| match &message.error {
            Some(error) => ChatEvent::Error {
                error: error.clone(),
            },
            None => ChatEvent::Done { message },
        });
    let live = running.map(|events| {
        stream::unfold((events, 0), |(mut events, told)| async move {
            let fresh = events.wait_for(|all| all.len() > told).await;
            let fresh: Vec<_> = fresh.ok()?[told..].to_vec();
            let told = told + fresh.len();
            Some((stream::iter(fresh), (events, told)))
        })
        .flatten()
    });
    stream::iter(finished).chain(stream::iter(live).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> ChatEvent {
        ChatEvent::Token {
            text: text.to_owned(),
        }
    }

    fn conversation() -> ConversationId {
        ConversationId(uuid::Uuid::nil())
    }

    #[tokio::test]
    async fn whoever_joins_late_hears_everything_from_the_start() {
        let answers = Arc::new(Answers::default());
        let announcer = answers.begin(conversation()).unwrap();
        announcer.say(token("a"));
        let late = replay(answers.watch(conversation()), None);
        announcer.say(token("b"));
        drop(announcer);
        assert_eq!(late.collect::<Vec<_>>().await, [token("a"), token("b")]);
    }

    #[tokio::test]
    async fn one_answer_at_a_time() {
        let answers = Arc::new(Answers::default());
        let first = answers.begin(conversation()).unwrap();
        assert!(answers.begin(conversation()).is_err());
        drop(first);
        assert!(answers.begin(conversation()).is_ok());
    }

    #[tokio::test]
    async fn can_be_stopped() {
        let answers = Arc::new(Answers::default());
        let announcer = answers.begin(conversation()).unwrap();
        answers.stop(conversation());
        announcer.stopped().await;
    }
}
