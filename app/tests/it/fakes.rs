//! Ports that answer from the fixtures.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    account::{NewToken, Scope, SessionEntry, TokenEntry, User},
    autoscaling::{FleetRow, WorkloadOutlook},
    chat::{Conversation, ConversationSummary, Message},
    cluster::{Cluster, ClusterMode, ConnectionState, ConnectionTest, Overview, WorkloadUsage},
    ids::{ClusterId, ConversationId, JobId, NamespaceScope, PlanId, SessionId, TokenId},
    job::{Job, JobEvent},
    plan::{ClusterAction, Plan, PlanState},
    ports::{
        AccountsPort, Answer, AutoscalingPort, ChatPort, ClustersPort, JobsPort, KubeconfigText,
        ObservationsPort, PlansPort, Ports, SessionPort,
    },
    resources::{Availability, WorkloadRef},
    time::Seconds,
    units::ReplicaBounds,
};

use crate::fixtures;

/// A session that somebody is signed in with, or not.
pub(crate) struct FakeSession {
    signed_in: AtomicBool,
}

impl FakeSession {
    pub(crate) fn new(signed_in: bool) -> Self {
        Self {
            signed_in: AtomicBool::new(signed_in),
        }
    }

    /// Ends it, as time does.
    pub(crate) fn expire(&self) {
        self.signed_in.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl SessionPort for FakeSession {
    async fn user(&self) -> Option<User> {
        self.signed_in.load(Ordering::SeqCst).then(fixtures::user)
    }
    async fn login(&self, _: &str, password: &str) -> Answer<User> {
        if password != "correct horse" {
            return Err(OpsError::new(
                ErrorCode::Unauthenticated,
                "the name or the password is wrong",
            ));
        }
        self.signed_in.store(true, Ordering::SeqCst);
        Ok(fixtures::user())
    }
    async fn register(&self, name: &str, password: &str) -> Answer<User> {
        if name == "taken" {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                "the name “taken” is taken",
            ));
        }
        self.login(name, password).await
    }
    async fn logout(&self) -> Answer<()> {
        self.expire();
        Ok(())
    }
    async fn change_password(&self, _: &str, _: &str) -> Answer<()> {
        Ok(())
    }
    async fn sessions(&self) -> Answer<Vec<SessionEntry>> {
        let entry = |id: &str, is_current| SessionEntry {
            id: id.parse().unwrap(),
            user_agent: "Firefox on Linux".to_owned(),
            created_at: fixtures::now(),
            last_seen_at: fixtures::now(),
            is_current,
        };
        Ok(vec![
            entry("00000000-0000-4000-8000-00000000e001", true),
            entry("00000000-0000-4000-8000-00000000e002", false),
        ])
    }
    async fn revoke_session(&self, _: SessionId) -> Answer<()> {
        Ok(())
    }
}

/// Every port, answering from the fixtures.
struct Fake;

/// The ports of the fixtures.
pub(crate) fn ports() -> Ports {
    Ports {
        accounts: Arc::new(Fake),
        clusters: Arc::new(Fake),
        observations: Arc::new(Fake),
        chat: Arc::new(Fake),
        plans: Arc::new(Fake),
        autoscaling: Arc::new(Fake),
        jobs: Arc::new(Fake),
    }
}

fn token_entry() -> TokenEntry {
    TokenEntry {
        id: "00000000-0000-4000-8000-00000000e0e1".parse().unwrap(),
        name: "laptop".to_owned(),
        scopes: [Scope::Read].into(),
        created_at: fixtures::now(),
        last_used_at: None,
        expires_at: None,
    }
}

#[async_trait]
impl AccountsPort for Fake {
    async fn tokens(&self, _: &User) -> Answer<Vec<TokenEntry>> {
        Ok(vec![token_entry()])
    }
    async fn create_token(&self, _: &User, _: &str, _: BTreeSet<Scope>) -> Answer<NewToken> {
        Ok(NewToken {
            entry: token_entry(),
            secret: "ai4k8s_the_secret".to_owned(),
        })
    }
    async fn revoke_token(&self, _: &User, _: TokenId) -> Answer<()> {
        Ok(())
    }
    async fn authenticate_token(&self, _: &str) -> Answer<Option<User>> {
        Ok(None)
    }
    async fn note_refusal(&self, _: &User, _: Scope, _: &str) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl ClustersPort for Fake {
    async fn list(&self, _: &User) -> Answer<Vec<Cluster>> {
        Ok(vec![fixtures::cluster(), fixtures::broken_cluster()])
    }
    async fn get(&self, user: &User, cluster: ClusterId) -> Answer<Cluster> {
        let mut known = ClustersPort::list(self, user).await?.into_iter();
        known
            .find(|known| known.id == cluster)
            .ok_or_else(|| OpsError::not_found("cluster"))
    }
    async fn add(
        &self,
        _: &User,
        _: &str,
        kubeconfig: KubeconfigText,
        _: ClusterMode,
    ) -> Answer<Cluster> {
        if kubeconfig.0.contains("exec") {
            return Err(OpsError::new(
                ErrorCode::KubeconfigRejected,
                "users[0].user.exec: commands are not run",
            )
            .hint("Use a ServiceAccount's token."));
        }
        Ok(fixtures::cluster())
    }
    async fn test(&self, user: &User, cluster: ClusterId) -> Answer<ConnectionTest> {
        ClustersPort::get(self, user, cluster).await?;
        Ok(ConnectionTest {
            connection: ConnectionState::Connected {
                version: "v1.33.2".to_owned(),
            },
            metrics: Availability::Unavailable("metrics.k8s.io is not served here".to_owned()),
            can_read: true,
            can_scale: false,
            duration_ms: 12,
        })
    }
    async fn replace_credentials(
        &self,
        user: &User,
        cluster: ClusterId,
        _: KubeconfigText,
    ) -> Answer<Cluster> {
        ClustersPort::get(self, user, cluster).await
    }
    async fn rename(&self, user: &User, cluster: ClusterId, _: &str) -> Answer<Cluster> {
        ClustersPort::get(self, user, cluster).await
    }
    async fn set_mode(&self, user: &User, cluster: ClusterId, _: ClusterMode) -> Answer<Cluster> {
        ClustersPort::get(self, user, cluster).await
    }
    async fn delete(&self, _: &User, _: ClusterId) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl ObservationsPort for Fake {
    async fn overview(&self, user: &User, cluster: ClusterId) -> Answer<Overview> {
        let known = ClustersPort::get(self, user, cluster).await?;
        match known.connection {
            ConnectionState::Failed { error } => Err(error),
            ConnectionState::Unverified | ConnectionState::Connected { .. } => {
                Ok(fixtures::overview())
            }
        }
    }
    async fn workloads(
        &self,
        _: &User,
        _: ClusterId,
        _: &NamespaceScope,
    ) -> Answer<Vec<WorkloadUsage>> {
        Ok(fixtures::overview().workloads)
    }
}

#[async_trait]
impl ChatPort for Fake {
    async fn conversations(&self, _: &User, _: ClusterId) -> Answer<Vec<ConversationSummary>> {
        Ok(vec![fixtures::summary(fixtures::CONVERSATION)])
    }
    async fn conversation(&self, _: &User, conversation: ConversationId) -> Answer<Conversation> {
        Ok(fixtures::conversation(conversation))
    }
    async fn ask(
        &self,
        _: &User,
        _: ClusterId,
        _: Option<ConversationId>,
        _: &str,
    ) -> Answer<(ConversationId, Message)> {
        Err(OpsError::internal())
    }
    async fn start(
        &self,
        _: &User,
        _: ClusterId,
        _: Option<ConversationId>,
        message: &str,
    ) -> Answer<ConversationId> {
        if message == "too much" {
            return Err(OpsError::new(
                ErrorCode::RateLimited,
                "too many questions at once",
            ));
        }
        Ok(fixtures::UNANSWERED.parse().unwrap())
    }
    async fn stop(&self, _: &User, _: ConversationId) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl PlansPort for Fake {
    async fn list(&self, user: &User, _: ClusterId) -> Answer<Vec<Plan>> {
        Ok(vec![
            PlansPort::get(self, user, fixtures::PLAN.parse().unwrap()).await?,
            PlansPort::get(self, user, fixtures::DONE_PLAN.parse().unwrap()).await?,
        ])
    }
    async fn get(&self, _: &User, plan: PlanId) -> Answer<Plan> {
        match plan.to_string().as_str() {
            fixtures::PLAN => Ok(fixtures::plan(fixtures::PLAN, PlanState::Proposed)),
            fixtures::DONE_PLAN => {
                let at = fixtures::now() - Seconds(5);
                Ok(fixtures::plan(
                    fixtures::DONE_PLAN,
                    PlanState::Executed { at },
                ))
            }
            _ => Err(OpsError::not_found("plan")),
        }
    }
    async fn propose(&self, user: &User, _: ClusterId, _: ClusterAction) -> Answer<Plan> {
        PlansPort::get(self, user, fixtures::PLAN.parse().unwrap()).await
    }
    async fn approve(&self, user: &User, plan: PlanId, digest: &str) -> Answer<Plan> {
        let plan = PlansPort::get(self, user, plan).await?;
        if plan.digest == digest {
            Ok(plan)
        } else {
            Err(OpsError::new(
                ErrorCode::Conflict,
                "the plan is another one",
            ))
        }
    }
    async fn reject(&self, user: &User, plan: PlanId) -> Answer<Plan> {
        PlansPort::get(self, user, plan).await
    }
}

#[async_trait]
impl AutoscalingPort for Fake {
    async fn fleet(&self, _: &User, _: ClusterId) -> Answer<Vec<FleetRow>> {
        Ok(["storefront", "search", "cart"]
            .map(fixtures::fleet_row)
            .into())
    }
    async fn outlook(
        &self,
        _: &User,
        _: ClusterId,
        workload: &WorkloadRef,
    ) -> Answer<WorkloadOutlook> {
        Ok(fixtures::outlook(workload.name.as_str()))
    }
    async fn enable(
        &self,
        _: &User,
        _: ClusterId,
        _: WorkloadRef,
        _: ReplicaBounds,
    ) -> Answer<Job> {
        Ok(fixtures::job(fixtures::JOB))
    }
    async fn disable(&self, _: &User, _: ClusterId, _: WorkloadRef) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl JobsPort for Fake {
    async fn list(&self, _: &User, _: ClusterId) -> Answer<Vec<Job>> {
        Ok([fixtures::JOB, fixtures::DONE_JOB]
            .map(fixtures::job)
            .into())
    }
    async fn get(&self, _: &User, job: JobId) -> Answer<Job> {
        Ok(fixtures::job(&job.to_string()))
    }
    async fn events(&self, _: &User, _: JobId, _: u64) -> Answer<Vec<JobEvent>> {
        Ok(fixtures::job_events())
    }
    async fn cancel(&self, user: &User, job: JobId) -> Answer<Job> {
        JobsPort::get(self, user, job).await
    }
}
