//! The tables as sea-orm sees them. Times are milliseconds since the epoch; JSON is text.
//!
//! The schema itself, with its constraints, is in `migrations`.

/// One table: a module with the names sea-orm's derive asks for.
macro_rules! table {
    ($module:ident, $name:tt { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* }) => {
        pub(crate) mod $module {
            #![expect(unreachable_pub, reason = "sea-orm's derive makes its items public")]
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model {
                $($(#[$attribute])* pub $field: $kind,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(users, "users" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    name: String,
    name_key: String,
    password_hash: String,
    is_admin: bool,
    session_epoch: i64,
    created_at: i64,
});

table!(sessions, "sessions" {
    #[sea_orm(primary_key, auto_increment = false)]
    digest: Vec<u8>,
    user_id: Option<Uuid>,
    public_id: Option<Uuid>,
    user_agent: String,
    data: String,
    created_at: i64,
    last_seen_at: i64,
});

table!(api_tokens, "api_tokens" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    name: String,
    secret_digest: Vec<u8>,
    scopes: String,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
});

table!(login_attempts, "login_attempts" {
    #[sea_orm(primary_key, auto_increment = false)]
    kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    subject_digest: Vec<u8>,
    failures: i64,
    last_at: i64,
});

table!(clusters, "clusters" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    name: String,
    name_key: String,
    server: String,
    mode: String,
    is_demo: bool,
    fingerprint: String,
    credentials: Vec<u8>,
    connection: String,
    checked_at: Option<i64>,
    created_at: i64,
});

table!(conversations, "conversations" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    cluster_id: Uuid,
    title: String,
    message_count: i64,
    created_at: i64,
    updated_at: i64,
});

table!(messages, "messages" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    conversation_id: Uuid,
    position: i64,
    speaker: String,
    text: String,
    blocks: String,
    provenance: Option<String>,
    error: Option<String>,
    at: i64,
});

table!(jobs, "jobs" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    cluster_id: Uuid,
    subject: String,
    request: String,
    status: String,
    progress: i64,
    message: String,
    result: Option<String>,
    error: Option<String>,
    cancel_requested: bool,
    claimed_at: Option<i64>,
    last_sequence: i64,
    created_at: i64,
    updated_at: i64,
});

table!(job_events, "job_events" {
    #[sea_orm(primary_key, auto_increment = false)]
    job_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    sequence: i64,
    progress: i64,
    message: String,
    status: String,
    result: Option<String>,
    error: Option<String>,
    at: i64,
});

table!(plans, "plans" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    cluster_id: Uuid,
    origin: String,
    change: String,
    digest: String,
    state: String,
    state_at: Option<i64>,
    error: Option<String>,
    created_at: i64,
    expires_at: i64,
});

table!(intents, "intents" {
    #[sea_orm(primary_key, auto_increment = false)]
    action_id: Uuid,
    user_id: Uuid,
    cluster_id: Uuid,
    job_id: Option<Uuid>,
    plan_id: Option<Uuid>,
    target_uid: String,
    change: String,
    observed_version: String,
    from_value: String,
    to_value: String,
    reason: String,
    deadline: i64,
    created_at: i64,
    outcome: Option<String>,
    settled_at: Option<i64>,
});

table!(sample_series, "sample_series" {
    #[sea_orm(primary_key)]
    id: i64,
    cluster_id: Uuid,
    subject: String,
    metric: String,
});

table!(samples, "samples" {
    #[sea_orm(primary_key, auto_increment = false)]
    series_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    at: i64,
    value: f64,
});

table!(autoscaling_policies, "autoscaling_policies" {
    #[sea_orm(primary_key, auto_increment = false)]
    cluster_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    workload: String,
    user_id: Uuid,
    min_replicas: i64,
    max_replicas: i64,
    mode: String,
    enabled_at: i64,
});

table!(decisions, "decisions" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    user_id: Uuid,
    cluster_id: Uuid,
    workload: String,
    decision: String,
    job_id: Option<Uuid>,
    at: i64,
});

table!(audit_log, "audit_log" {
    #[sea_orm(primary_key, auto_increment = false)]
    sequence: i64,
    user_id: Option<Uuid>,
    action: String,
    target: String,
    outcome: String,
    detail: String,
    request: String,
    at: i64,
    hash: Vec<u8>,
});

table!(settings, "settings" {
    #[sea_orm(primary_key, auto_increment = false)]
    name: String,
    value: String,
});
