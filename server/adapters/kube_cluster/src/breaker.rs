//! The rest a cluster is given that fails again and again: a circuit breaker for each connection.
//!
//! After [`FAILURES`] failures in a row nothing is sent for a while. Then one request tries, everybody else waits for
//! what becomes of it, and after another failure the next rest is longer. What counts as one is [`crate::retry`]'s
//! business.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{
    OpsError,
    time::{Seconds, Timestamp},
};
use tokio::{sync::watch, time::Instant};

use crate::fault::Fault;

/// Failures in a row after which a cluster is given a rest.
const FAILURES: u32 = 5;
/// The first, second … rest; the last one stays.
const RESTS: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
];

/// Lets requests to one cluster out, or not yet.
#[derive(Debug)]
pub(crate) struct Breaker {
    states: watch::Sender<State>,
    /// Why the last failure was one, unless the server itself said so.
    trouble: Mutex<Option<Fault>>,
}

/// How a request went, as far as the cluster's health is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// The API server answered.
    Answered,
    /// It did not, or it was not able to.
    Failed,
    /// It asked for a pause, which is longer than the request had time for.
    AskedFor(Duration),
    /// What failed may stand behind the API server.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    phase: Phase,
    /// Failures since the last answer.
    failures: u32,
    /// Rests since the last answer.
    rests: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Everything leaves.
    Closed,
    /// Nothing leaves before this time.
    Resting(Instant),
    /// One request is on its way; the others wait for it.
    Trying,
}

/// What is answered to somebody who wants to send something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Go,
    /// Go, as the one that tries.
    Try,
    Wait,
    NotBefore(Instant),
}

impl State {
    const fn new() -> Self {
        Self {
            phase: Phase::Closed,
            failures: 0,
            rests: 0,
        }
    }

    /// `tells` says whether the request's end can tell how the API server is: no other one tries it out.
    fn ask(&mut self, tells: bool, now: Instant) -> Verdict {
        match self.phase {
            Phase::Closed => Verdict::Go,
            Phase::Resting(until) if now < until => Verdict::NotBefore(until),
            Phase::Resting(_) | Phase::Trying if !tells => Verdict::Go,
            Phase::Resting(_) => {
                self.phase = Phase::Trying;
                Verdict::Try
            }
            Phase::Trying => Verdict::Wait,
        }
    }

    /// A request that left before the rest began neither ends it nor makes it longer, and requests that were on
    /// their way at the same time fail once: `failures` is what was counted when this one left.
    fn note(&mut self, health: Health, is_trial: bool, failures: u32, now: Instant) {
        if !is_trial && self.phase != Phase::Closed {
            return;
        }
        match health {
            Health::Answered => *self = Self::new(),
            Health::Failed if !is_trial && failures != self.failures => {}
            Health::Failed => {
                self.failures += 1;
                if is_trial || self.failures >= FAILURES {
                    let rest = RESTS[self.rests.min(RESTS.len() - 1)];
                    self.rests += 1;
                    self.phase = Phase::Resting(now + rest);
                }
            }
            Health::AskedFor(pause) => self.phase = Phase::Resting(now + pause),
            // Whoever comes next may try.
            Health::Unknown if is_trial => self.phase = Phase::Resting(now),
            Health::Unknown => {}
        }
    }
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self::in_state(State::new())
    }

    fn in_state(state: State) -> Self {
        Self {
            states: watch::Sender::new(state),
            trouble: Mutex::default(),
        }
    }

    /// Leave for one request; waits for one that is trying the cluster out.
    ///
    /// # Errors
    /// The rest the cluster is given.
    pub(crate) async fn leave(&self, tells: bool) -> Result<Leave<'_>, Rest> {
        let mut states = self.states.subscribe();
        loop {
            let mut verdict = Verdict::Wait;
            let mut failures = 0;
            self.states.send_if_modified(|state| {
                verdict = state.ask(tells, Instant::now());
                failures = state.failures;
                verdict == Verdict::Try
            });
            match verdict {
                Verdict::Go | Verdict::Try => {
                    return Ok(Leave {
                        breaker: self,
                        is_trial: verdict == Verdict::Try,
                        failures,
                    });
                }
                Verdict::NotBefore(until) => return Err(self.resting(until)),
                Verdict::Wait => {
                    // The sender is `self`'s: there is always a next state to wait for.
                    let _next = states.wait_for(|state| state.phase != Phase::Trying).await;
                }
            }
        }
    }

    /// What is said to somebody who ran out of time while another request tried the cluster out.
    pub(crate) fn tried(&self) -> Rest {
        self.resting(Instant::now())
    }

    fn resting(&self, until: Instant) -> Rest {
        let left = until.saturating_duration_since(Instant::now());
        let since = (SystemTime::now() + left).duration_since(UNIX_EPOCH);
        let seconds = since.unwrap_or_default().as_secs();
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        Rest {
            until: Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)),
            left: Seconds(i64::try_from(left.as_secs() + 1).unwrap_or(i64::MAX)),
            trouble: trouble.as_ref().map(|fault| Box::new(fault.again())),
        }
    }
}

/// Why a request has to wait.
#[derive(Debug, thiserror::Error)]
#[error("the cluster is given a rest until {until}")]
pub(crate) struct Rest {
    until: Timestamp,
    left: Seconds,
    /// The last failure; `None` when the server itself said that it can do no more.
    trouble: Option<Box<Fault>>,
}

impl Rest {
    pub(crate) fn again(&self) -> Self {
        Self {
            until: self.until,
            left: self.left,
            trouble: self.trouble.as_ref().map(|fault| Box::new(fault.again())),
        }
    }

    pub(crate) fn without_trouble(self) -> Self {
        Self {
            trouble: None,
            ..self
        }
    }

    /// The rest for people. The last failure's kind and advice stay: they say what is wrong.
    pub(crate) fn ops_error(&self, doing: &str) -> OpsError {
        let Some(trouble) = &self.trouble else {
            let message = format!("could not {doing}: the cluster takes no more, and {self}");
            return OpsError::rate_limited(message, self.left);
        };
        let trouble = trouble.ops_error(doing);
        OpsError {
            message: format!("{}; {self}", trouble.message),
            retry_after: Some(self.left),
            ..trouble
        }
    }
}

/// Leave for one request. Dropped without a word on the request's end, it lets the next one try.
#[derive(Debug)]
pub(crate) struct Leave<'b> {
    breaker: &'b Breaker,
    is_trial: bool,
    failures: u32,
}

impl Leave<'_> {
    /// Says how the request went, with its fault when it has one.
    pub(crate) fn end(mut self, health: Health, fault: Option<&Fault>) {
        if matches!(health, Health::Failed | Health::AskedFor(_)) {
            let trouble = &self.breaker.trouble;
            *trouble.lock().unwrap_or_else(PoisonError::into_inner) = fault.map(Fault::again);
        }
        self.note(health);
        self.is_trial = false;
    }

    fn note(&self, health: Health) {
        self.breaker
            .states
            .send_modify(|state| state.note(health, self.is_trial, self.failures, Instant::now()));
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.note(Health::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A state, and a clock that moves when told to.
    struct Clocked(State, Instant);

    impl Clocked {
        fn new() -> Self {
            Self(State::new(), Instant::now())
        }

        /// One request that is let out and ends so.
        fn request(&mut self, health: Health) {
            let verdict = self.0.ask(true, self.1);
            assert!(matches!(verdict, Verdict::Go | Verdict::Try), "{verdict:?}");
            let failures = self.0.failures;
            self.0
                .note(health, verdict == Verdict::Try, failures, self.1);
        }

        fn fail(&mut self, times: u32) {
            for _ in 0..times {
                self.request(Health::Failed);
            }
        }

        fn rest(&mut self) -> Option<Duration> {
            match self.0.ask(true, self.1) {
                Verdict::NotBefore(until) => Some(until - self.1),
                Verdict::Go | Verdict::Try | Verdict::Wait => None,
            }
        }
    }

    #[test]
    fn five_failures_in_a_row_and_no_fewer_are_followed_by_a_rest() {
        let mut cluster = Clocked::new();
        for _ in 0..3 {
            cluster.fail(FAILURES - 1);
            cluster.request(Health::Answered);
        }
        assert_eq!(cluster.rest(), None);
        cluster.fail(FAILURES);
        assert_eq!(cluster.rest(), Some(RESTS[0]));
    }

    #[test]
    fn requests_that_were_on_their_way_at_the_same_time_fail_once() {
        let mut cluster = Clocked::new();
        for _ in 0..10 * FAILURES {
            assert_eq!(cluster.0.ask(true, cluster.1), Verdict::Go);
            cluster.0.note(Health::Failed, false, 0, cluster.1);
        }
        assert_eq!(cluster.0.failures, 1);
        assert_eq!(cluster.rest(), None);
    }

    #[test]
    fn what_cannot_tell_how_the_api_server_is_does_not_try_it_out() {
        let mut cluster = Clocked::new();
        cluster.fail(FAILURES);
        assert_ne!(cluster.rest(), None);
        assert_eq!(
            cluster.0.ask(false, cluster.1),
            Verdict::NotBefore(cluster.1 + RESTS[0])
        );
        cluster.1 += RESTS[0];
        assert_eq!(cluster.0.ask(false, cluster.1), Verdict::Go);
        cluster.0.note(Health::Unknown, false, FAILURES, cluster.1);
        assert_eq!(cluster.0.ask(true, cluster.1), Verdict::Try);
        assert_eq!(cluster.0.ask(false, cluster.1), Verdict::Go);
    }

    #[test]
    fn each_trial_that_fails_makes_the_rest_longer_and_one_that_succeeds_ends_it() {
        let mut cluster = Clocked::new();
        cluster.fail(FAILURES);
        for rest in RESTS.into_iter().chain([RESTS[3]]) {
            assert_eq!(cluster.rest(), Some(rest));
            cluster.1 += rest;
            cluster.fail(1);
        }
        cluster.1 += RESTS[3];
        cluster.request(Health::Answered);
        cluster.fail(FAILURES);
        assert_eq!(cluster.rest(), Some(RESTS[0]));
    }

    #[test]
    fn only_one_request_tries() {
        let mut cluster = Clocked::new();
        cluster.fail(FAILURES);
        cluster.1 += RESTS[0];
        assert_eq!(cluster.0.ask(true, cluster.1), Verdict::Try);
        assert_eq!(cluster.0.ask(true, cluster.1), Verdict::Wait);
        assert_eq!(cluster.0.ask(true, cluster.1), Verdict::Wait);
    }

    #[test]
    fn a_late_answer_from_before_the_rest_does_not_end_it() {
        let mut cluster = Clocked::new();
        cluster.fail(FAILURES);
        for late in [Health::Answered, Health::Failed] {
            cluster.0.note(late, false, 0, cluster.1);
            assert_eq!(cluster.rest(), Some(RESTS[0]), "{late:?}");
        }
    }

    #[test]
    fn a_pause_that_was_asked_for_is_given_at_once() {
        let mut cluster = Clocked::new();
        let pause = Duration::from_secs(30);
        cluster.request(Health::AskedFor(pause));
        assert_eq!(cluster.rest(), Some(pause));
    }

    /// A hundred requests a second are wanted, for ten minutes.
    #[test]
    fn a_cluster_at_rest_is_asked_less_than_once_a_second() {
        let mut cluster = Clocked::new();
        cluster.fail(FAILURES);
        let mut sent = vec![cluster.1];
        for _ in 0..60_000 {
            cluster.1 += Duration::from_millis(10);
            if cluster.rest().is_none() {
                cluster.0.note(Health::Failed, true, 0, cluster.1);
                sent.push(cluster.1);
            }
        }
        let pauses: Vec<Duration> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.iter().all(|pause| *pause >= RESTS[0]), "{pauses:?}");
        // After 5, 10 and 20 s, and then every 30 s.
        assert_eq!(pauses.len(), 3 + (600 - 35) / 30);
    }

    /// A breaker whose rest is over.
    fn rested() -> Arc<Breaker> {
        Arc::new(Breaker::in_state(State {
            phase: Phase::Resting(Instant::now()),
            failures: FAILURES,
            rests: 1,
        }))
    }

    #[tokio::test]
    async fn everybody_else_waits_for_the_one_that_tries() {
        for health in [Health::Answered, Health::Failed] {
            let breaker = rested();
            let trial = breaker.leave(true).await.unwrap();
            let waiting = tokio::spawn({
                let breaker = Arc::clone(&breaker);
                async move { breaker.leave(true).await.is_ok() }
            });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            trial.end(health, None);
            assert_eq!(waiting.await.unwrap(), health == Health::Answered);
        }
    }

    #[tokio::test]
    async fn whoever_gives_up_trying_lets_the_next_one_try() {
        let breaker = rested();
        drop(breaker.leave(true).await.unwrap());
        let trial = breaker.leave(true).await.unwrap();
        assert!(trial.is_trial);
        trial.end(Health::Answered, None);
        assert!(!breaker.leave(true).await.unwrap().is_trial);
    }
}
