CREATE TABLE users (
    id {uuid} NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    is_admin {boolean} NOT NULL,
    session_epoch {integer} NOT NULL,
    created_at {integer} NOT NULL
) {table};

CREATE TABLE sessions (
    digest {bytes} NOT NULL PRIMARY KEY,
    user_id {uuid} REFERENCES users (id) ON DELETE CASCADE,
    public_id {uuid} UNIQUE,
    user_agent TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at {integer} NOT NULL,
    last_seen_at {integer} NOT NULL
) {table};
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_last_seen ON sessions (last_seen_at);

CREATE TABLE api_tokens (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    secret_digest {bytes} NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at {integer} NOT NULL,
    last_used_at {integer},
    expires_at {integer}
) {table};
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE login_attempts (
    kind TEXT NOT NULL CHECK (kind IN ('account', 'address')),
    subject_digest {bytes} NOT NULL,
    failures {integer} NOT NULL CHECK (failures > 0),
    last_at {integer} NOT NULL,
    PRIMARY KEY (kind, subject_digest)
) {narrow table};
CREATE INDEX login_attempts_mildest ON login_attempts (kind, failures, last_at);

CREATE TABLE clusters (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    server TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('read-only', 'approve', 'automatic')),
    is_demo {boolean} NOT NULL,
    fingerprint TEXT NOT NULL,
    credentials {bytes} NOT NULL,
    connection TEXT NOT NULL,
    checked_at {integer},
    created_at {integer} NOT NULL,
    UNIQUE (user_id, name_key)
) {table};
CREATE UNIQUE INDEX clusters_one_demo ON clusters (user_id) WHERE is_demo;

CREATE TABLE conversations (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    message_count {integer} NOT NULL,
    created_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
) {table};
CREATE INDEX conversations_newest ON conversations (cluster_id, updated_at);

CREATE TABLE messages (
    id {uuid} NOT NULL PRIMARY KEY,
    conversation_id {uuid} NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position {integer} NOT NULL,
    speaker TEXT NOT NULL CHECK (speaker IN ('user', 'assistant')),
    text TEXT NOT NULL,
    blocks TEXT NOT NULL,
    provenance TEXT,
    error TEXT,
    at {integer} NOT NULL,
    UNIQUE (conversation_id, position)
) {table};

CREATE TABLE jobs (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    request TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed', 'cancelled')),
    progress {integer} NOT NULL CHECK (progress BETWEEN 0 AND 100),
    message TEXT NOT NULL,
    result TEXT,
    error TEXT,
    cancel_requested {boolean} NOT NULL,
    claimed_at {integer},
    last_sequence {integer} NOT NULL,
    created_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
) {table};
CREATE INDEX jobs_newest ON jobs (cluster_id, created_at);
CREATE INDEX jobs_unfinished ON jobs (user_id) WHERE status = 'processing';
CREATE UNIQUE INDEX jobs_one_per_subject ON jobs (cluster_id, subject) WHERE status = 'processing';

CREATE TABLE job_events (
    job_id {uuid} NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    sequence {integer} NOT NULL CHECK (sequence > 0),
    progress {integer} NOT NULL CHECK (progress BETWEEN 0 AND 100),
    message TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed', 'cancelled')),
    result TEXT,
    error TEXT,
    at {integer} NOT NULL,
    PRIMARY KEY (job_id, sequence)
) {table};
CREATE UNIQUE INDEX job_events_one_end ON job_events (job_id) WHERE status <> 'processing';

CREATE TABLE plans (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    change TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'executing', 'executed', 'failed', 'rejected', 'expired')),
    state_at {integer},
    error TEXT,
    created_at {integer} NOT NULL,
    expires_at {integer} NOT NULL
) {table};
CREATE INDEX plans_newest ON plans (cluster_id, created_at);
CREATE INDEX plans_open ON plans (state, expires_at) WHERE state IN ('proposed', 'executing');

CREATE TABLE intents (
    action_id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    job_id {uuid},
    plan_id {uuid},
    target_uid TEXT NOT NULL,
    change TEXT NOT NULL,
    observed_version TEXT NOT NULL,
    from_value TEXT NOT NULL,
    to_value TEXT NOT NULL,
    reason TEXT NOT NULL,
    deadline {integer} NOT NULL,
    created_at {integer} NOT NULL,
    outcome TEXT,
    settled_at {integer}
) {table};
CREATE INDEX intents_unsettled ON intents (created_at) WHERE outcome IS NULL;
CREATE INDEX intents_job ON intents (job_id);
CREATE INDEX intents_plan ON intents (plan_id);

CREATE TABLE sample_series (
    id {counter},
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    metric TEXT NOT NULL,
    UNIQUE (cluster_id, subject, metric)
) {table};

CREATE TABLE samples (
    series_id {integer} NOT NULL REFERENCES sample_series (id) ON DELETE CASCADE,
    at {integer} NOT NULL,
    value {number} NOT NULL,
    PRIMARY KEY (series_id, at)
) {narrow table};

CREATE TABLE autoscaling_policies (
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    workload TEXT NOT NULL,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    min_replicas {integer} NOT NULL,
    max_replicas {integer} NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('shadow', 'suggest', 'automatic')),
    enabled_at {integer} NOT NULL,
    PRIMARY KEY (cluster_id, workload)
) {table};

CREATE TABLE decisions (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cluster_id {uuid} NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    workload TEXT NOT NULL,
    decision TEXT NOT NULL,
    job_id {uuid},
    at {integer} NOT NULL
) {table};
CREATE INDEX decisions_newest ON decisions (cluster_id, workload, at);

CREATE TABLE audit_log (
    sequence {integer} NOT NULL PRIMARY KEY,
    user_id {uuid},
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    request TEXT NOT NULL,
    at {integer} NOT NULL,
    hash {bytes} NOT NULL
) {table};
CREATE INDEX audit_log_user ON audit_log (user_id, sequence);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {narrow table};
