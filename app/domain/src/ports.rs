//! Ports: what the pages, the HTTP API and the jobs ask for, without saying who answers.
//!
//! Two rings. The outer traits are what `app` and the HTTP API call, always on behalf of a [`User`], who
//! sees only what is theirs. The inner ones ([`ClusterPort`], [`HistoryPort`], [`LlmPort`]) are implemented by adapters, one
//! for each outside system.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use crate::{
    OpsError,
    account::{NewToken, Scope, SessionEntry, TokenEntry, User},
    autoscaling::{FleetRow, WorkloadOutlook},
    chat::{Conversation, ConversationSummary, Message},
    cluster::{Cluster, ClusterMode, ConnectionTest, Overview, WorkloadUsage},
    command::{CommandOutput, ReadCommand, ResolvedWrite, WriteCommand},
    ids::{ClusterId, ConversationId, JobId, NamespaceScope, PlanId, SessionId, TokenId},
    job::{Job, JobEvent},
    plan::{ClusterAction, Plan, PreparedChange},
    resources::{
        Autoscaler, Event, Node, NodeCounters, NodeUsage, Pod, PodUsage, Workload, WorkloadRef,
    },
    series::{Metric, Series, Subject},
    snapshot::ClusterSnapshot,
    time::{Seconds, Timestamp},
    units::{ReplicaBounds, Replicas},
};

/// What a port answers.
pub type Answer<T> = Result<T, OpsError>;

/// Everything a page or an API route may ask for.
#[derive(Clone)]
pub struct Ports {
    /// Accounts, sessions and tokens.
    pub accounts: Arc<dyn AccountsPort>,
    /// Registered clusters.
    pub clusters: Arc<dyn ClustersPort>,
    /// What is to be seen in a cluster.
    pub observations: Arc<dyn ObservationsPort>,
    /// Conversations.
    pub chat: Arc<dyn ChatPort>,
    /// Plans.
    pub plans: Arc<dyn PlansPort>,
    /// Predictive autoscaling.
    pub autoscaling: Arc<dyn AutoscalingPort>,
    /// Background jobs.
    pub jobs: Arc<dyn JobsPort>,
}

/// The browser session of the request at hand.
#[async_trait]
pub trait SessionPort: Send + Sync {
    /// Who is signed in, if anyone.
    async fn user(&self) -> Option<User>;
    /// Signs in; the session gets a new id.
    ///
    /// # Errors
    /// `Unauthenticated` with the same words whether the name or the password is wrong; `RateLimited`.
    async fn login(&self, name: &str, password: &str) -> Answer<User>;
    /// Makes an account and signs in.
    ///
    /// # Errors
    /// `Invalid` for a name that is taken or a password that is too weak; `Forbidden` when registration is closed.
    async fn register(&self, name: &str, password: &str) -> Answer<User>;
    /// Signs out.
    async fn logout(&self) -> Answer<()>;
    /// Changes the password; every other session of the user ends.
    async fn change_password(&self, current: &str, new: &str) -> Answer<()>;
    /// The user's sessions, newest first.
    async fn sessions(&self) -> Answer<Vec<SessionEntry>>;
    /// Ends one of the user's sessions.
    async fn revoke_session(&self, session: SessionId) -> Answer<()>;
}

/// Tokens of a user.
#[async_trait]
pub trait AccountsPort: Send + Sync {
    /// The user's tokens, newest first.
    async fn tokens(&self, user: &User) -> Answer<Vec<TokenEntry>>;
    /// Makes a token. `name` is 1–64 characters.
    async fn create_token(
        &self,
        user: &User,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Answer<NewToken>;
    /// Ends a token.
    async fn revoke_token(&self, user: &User, token: TokenId) -> Answer<()>;
    /// Who a token speaks for; `None` when it is unknown or dead.
    async fn authenticate_token(&self, secret: &str) -> Answer<Option<User>>;
    /// Notes in the audit log, at most once a minute, that a token of `user` without the scope `needed` was turned away
    /// from `target` (method and path).
    async fn note_refusal(&self, user: &User, needed: Scope, target: &str) -> Answer<()>;
}

/// A kubeconfig on its way in: text typed or uploaded by a person, with secrets in it.
#[derive(Clone)]
pub struct KubeconfigText(pub String);

impl std::fmt::Debug for KubeconfigText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KubeconfigText({} bytes)", self.0.len())
    }
}

/// Registered clusters of a user.
#[async_trait]
pub trait ClustersPort: Send + Sync {
    /// The user's clusters, the demo cluster first.
    async fn list(&self, user: &User) -> Answer<Vec<Cluster>>;
    /// One cluster of the user's.
    async fn get(&self, user: &User, cluster: ClusterId) -> Answer<Cluster>;
    /// Adds a cluster after checking the kubeconfig and trying it; saved as unverified or failed when it does not answer.
    async fn add(
        &self,
        user: &User,
        name: &str,
        kubeconfig: KubeconfigText,
        mode: ClusterMode,
    ) -> Answer<Cluster>;
    /// Tries the connection now.
    async fn test(&self, user: &User, cluster: ClusterId) -> Answer<ConnectionTest>;
    /// Replaces the credentials by those of another kubeconfig.
    async fn replace_credentials(
        &self,
        user: &User,
        cluster: ClusterId,
        kubeconfig: KubeconfigText,
    ) -> Answer<Cluster>;
    /// Renames it.
    async fn rename(&self, user: &User, cluster: ClusterId, name: &str) -> Answer<Cluster>;
    /// Changes its mode.
    async fn set_mode(&self, user: &User, cluster: ClusterId, mode: ClusterMode)
    -> Answer<Cluster>;
    /// Removes it with its history and credentials. The demo cluster cannot be removed.
    async fn delete(&self, user: &User, cluster: ClusterId) -> Answer<()>;
}

/// What is to be seen in a cluster.
#[async_trait]
pub trait ObservationsPort: Send + Sync {
    /// Everything the overview shows.
    async fn overview(&self, user: &User, cluster: ClusterId) -> Answer<Overview>;
    /// Workloads with their use.
    async fn workloads(
        &self,
        user: &User,
        cluster: ClusterId,
        scope: &NamespaceScope,
    ) -> Answer<Vec<WorkloadUsage>>;
}

/// Conversations about a cluster.
#[async_trait]
pub trait ChatPort: Send + Sync {
    /// Conversations about a cluster, newest first.
    async fn conversations(
        &self,
        user: &User,
        cluster: ClusterId,
    ) -> Answer<Vec<ConversationSummary>>;
    /// One conversation.
    async fn conversation(&self, user: &User, conversation: ConversationId)
    -> Answer<Conversation>;
    /// Asks and waits for the whole answer (the streaming way is the SSE route). `message` is 1 to 32,768 bytes.
    async fn ask(
        &self,
        user: &User,
        cluster: ClusterId,
        conversation: Option<ConversationId>,
        message: &str,
    ) -> Answer<(ConversationId, Message)>;
    /// Stores the question and starts the answer; its events are streamed by the SSE route of the conversation.
    async fn start(
        &self,
        user: &User,
        cluster: ClusterId,
        conversation: Option<ConversationId>,
        message: &str,
    ) -> Answer<ConversationId>;
    /// Stops the answer being made in a conversation; nothing happens when there is none.
    async fn stop(&self, user: &User, conversation: ConversationId) -> Answer<()>;
}

/// Plans of a user.
#[async_trait]
pub trait PlansPort: Send + Sync {
    /// Plans for a cluster, newest first, at most 100.
    async fn list(&self, user: &User, cluster: ClusterId) -> Answer<Vec<Plan>>;
    /// One plan.
    async fn get(&self, user: &User, plan: PlanId) -> Answer<Plan>;
    /// Makes a plan by a server-side dry run.
    async fn propose(&self, user: &User, cluster: ClusterId, action: ClusterAction)
    -> Answer<Plan>;
    /// Approves and carries out exactly the plan with this digest, once.
    ///
    /// # Errors
    /// `Conflict` for another digest, a plan already used or a target that changed; `Expired` after its time.
    async fn approve(&self, user: &User, plan: PlanId, digest: &str) -> Answer<Plan>;
    /// Turns a plan down.
    async fn reject(&self, user: &User, plan: PlanId) -> Answer<Plan>;
}

/// Predictive autoscaling of a user's clusters.
#[async_trait]
pub trait AutoscalingPort: Send + Sync {
    /// Scalable workloads with their autoscaling state.
    async fn fleet(&self, user: &User, cluster: ClusterId) -> Answer<Vec<FleetRow>>;
    /// History and forecast of one workload.
    async fn outlook(
        &self,
        user: &User,
        cluster: ClusterId,
        workload: &WorkloadRef,
    ) -> Answer<WorkloadOutlook>;
    /// Starts the job that decides, annotates and scales once, within `bounds`.
    async fn enable(
        &self,
        user: &User,
        cluster: ClusterId,
        workload: WorkloadRef,
        bounds: ReplicaBounds,
    ) -> Answer<Job>;
    /// Removes the annotations; the replica count stays.
    async fn disable(&self, user: &User, cluster: ClusterId, workload: WorkloadRef) -> Answer<()>;
}

/// Background jobs of a user.
#[async_trait]
pub trait JobsPort: Send + Sync {
    /// Jobs on a cluster, newest first, at most 100.
    async fn list(&self, user: &User, cluster: ClusterId) -> Answer<Vec<Job>>;
    /// One job.
    async fn get(&self, user: &User, job: JobId) -> Answer<Job>;
    /// Events of a job after `after` (0 for all), in order.
    async fn events(&self, user: &User, job: JobId, after: u64) -> Answer<Vec<JobEvent>>;
    /// Asks a job to stop; it ends as cancelled unless it ended first.
    async fn cancel(&self, user: &User, job: JobId) -> Answer<Job>;
}

/// A connection to one cluster with one set of credentials, in one mode.
#[async_trait]
pub trait ClusterPort: Send + Sync {
    /// The API server's version, for instance `v1.33.2`.
    async fn version(&self) -> Answer<String>;
    /// The namespace a bare name means.
    fn default_namespace(&self) -> &str;
    /// Namespaces, by name.
    async fn namespaces(&self) -> Answer<Vec<String>>;
    /// Nodes, by name.
    async fn nodes(&self) -> Answer<Vec<Node>>;
    /// Pods.
    async fn pods(&self, scope: &NamespaceScope) -> Answer<Vec<Pod>>;
    /// Deployments, stateful sets and daemon sets.
    async fn workloads(&self, scope: &NamespaceScope) -> Answer<Vec<Workload>>;
    /// One workload.
    async fn workload(&self, reference: &WorkloadRef) -> Answer<Workload>;
    /// Horizontal pod autoscalers.
    async fn autoscalers(&self, scope: &NamespaceScope) -> Answer<Vec<Autoscaler>>;
    /// Events, newest first.
    async fn events(&self, scope: &NamespaceScope) -> Answer<Vec<Event>>;
    /// Use of nodes.
    ///
    /// # Errors
    /// `MetricsUnavailable` when there is no metrics API.
    async fn node_usage(&self) -> Answer<Vec<NodeUsage>>;
    /// Use of pods.
    ///
    /// # Errors
    /// `MetricsUnavailable` when there is no metrics API.
    async fn pod_usage(&self, scope: &NamespaceScope) -> Answer<Vec<PodUsage>>;
    /// Network and disk counters from the kubelet's summary through the node proxy.
    async fn node_counters(&self, nodes: &[String]) -> Answer<Vec<NodeCounters>>;
    /// Everything the assistant may need, read side by side.
    async fn snapshot(&self, now: Timestamp) -> Answer<ClusterSnapshot>;
    /// Runs a command that changes nothing, printing what kubectl would.
    async fn read(&self, command: &ReadCommand, now: Timestamp) -> Answer<CommandOutput>;
    /// Finds what a write command means in this cluster.
    async fn resolve(&self, command: &WriteCommand, typed: &str) -> Answer<ResolvedWrite>;
    /// Tries an action as a server-side dry run after asking whether the credentials may.
    async fn prepare(&self, action: &ClusterAction) -> Answer<PreparedChange>;
    /// Carries out a prepared change, once, by compare-and-swap on what was prepared.
    ///
    /// # Errors
    /// `Conflict` when the target was recreated or its spec changed since; `NotPermittedHere` in a read-only cluster.
    async fn execute(&self, change: &PreparedChange) -> Answer<Execution>;
    /// What became of a prepared change whose answer was lost, by what its target says.
    ///
    /// # Errors
    /// Whatever the cluster answers; nothing is known then.
    async fn settle(&self, change: &PreparedChange) -> Answer<Settlement>;
    /// Whether the credentials may read pods everywhere, and scale Deployments (`SelfSubjectAccessReview`).
    async fn abilities(&self) -> Answer<Abilities>;
}

/// What the credentials of a cluster may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// List pods in all namespaces.
    pub read_pods: bool,
    /// Update `deployments/scale`.
    pub scale_deployments: bool,
}

/// What executing a change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The target's resourceVersion afterwards.
    pub resource_version: String,
    /// Replicas after it, for a scaling.
    pub replicas: Option<Replicas>,
}

/// What became of a change whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It was made, and by us.
    Made(Execution),
    /// It was not: the target is as it was when the change was prepared.
    NotMade,
    /// The target was removed, made again, or changed by somebody else.
    Superseded,
}

/// Past measurements of a cluster that something outside has kept (a Prometheus).
#[async_trait]
pub trait HistoryPort: Send + Sync {
    /// A series over `[from, to]` at `step`, in the metric's own unit; empty when nothing is known.
    async fn range(
        &self,
        subject: &Subject,
        metric: Metric,
        from: Timestamp,
        to: Timestamp,
        step: Seconds,
    ) -> Answer<Series>;
}

/// A language model behind some endpoint. None is needed, and none is asked yet: the place for one is here.
#[async_trait]
pub trait LlmPort: Send + Sync {
    /// The provider's name as shown to people.
    fn provider(&self) -> &str;
    /// The model's name.
    fn model(&self) -> &str;
    /// The model's answer to a prompt, whole.
    async fn complete(&self, prompt: &Prompt) -> Answer<Completion>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Who it is and what it may do.
    pub system: String,
    /// The question with its context; never a secret.
    pub user: String,
    /// JSON schema the answer must satisfy, when it must be JSON.
    pub schema: Option<String>,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Tokens in and out, when counted.
    pub tokens: Option<u32>,
}
