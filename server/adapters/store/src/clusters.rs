//! Registered clusters; their credentials are sealed and come out only by [`Clusters::credentials`].

use domain::{
    ErrorCode,
    cluster::{Cluster, ClusterMode, ConnectionState},
    ids::{ClusterId, UserId},
    text::is_invisible,
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    Database, Result, StoreError,
    entity::clusters,
    error::Doing,
    ids::random_uuid,
    rows::{from_json, insert, is_duplicate, to_json},
    vault::Place,
};

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct ClusterAccess {
    /// The API server's URL.
    pub server: String,
    /// First 8 hexadecimal digits of the SHA-256 of the credentials.
    pub fingerprint: String,
    /// What `kube_cluster` made of the kubeconfig; sealed before it is stored.
    pub credentials: SecretString,
}

/// A cluster to be added.
#[derive(Debug, Clone)]
pub struct NewCluster {
    /// Its name, 1–64 characters, unique per user.
    pub name: String,
    /// Its mode.
    pub mode: ClusterMode,
    /// How to reach it.
    pub access: ClusterAccess,
}

/// Registered clusters.
#[derive(Debug, Clone)]
pub struct Clusters {
    database: Database,
}

impl Clusters {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// A user's clusters, the demo cluster first, then by name.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId) -> Result<Vec<Cluster>> {
        let rows = clusters::Entity::find()
            .filter(clusters::Column::UserId.eq(user.0))
            .order_by_desc(clusters::Column::IsDemo)
            .order_by_asc(clusters::Column::NameKey)
            .all(self.database.reader())
            .await
            .doing("list clusters")?;
        rows.into_iter().map(cluster_from).collect()
    }

    /// Everybody's clusters with their owners, for the background loops.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn everyones(&self) -> Result<Vec<(UserId, Cluster)>> {
        let rows = clusters::Entity::find()
            .order_by_asc(clusters::Column::CreatedAt)
            .all(self.database.reader())
            .await
            .doing("list clusters")?;
        rows.into_iter()
            .map(|row| Ok((UserId(row.user_id), cluster_from(row)?)))
            .collect()
    }

    /// One cluster of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, user: UserId, cluster: ClusterId) -> Result<Cluster> {
        cluster_from(owned(self.database.reader(), user, cluster).await?)
    }

    /// The credentials of a cluster of the user's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Unseal`] when they were tampered with.
    pub async fn credentials(&self, user: UserId, cluster: ClusterId) -> Result<SecretString> {
        let row = owned(self.database.reader(), user, cluster).await?;
        let place = place(user, cluster.0);
        self.database
            .vault()
            .open_sealed(place, "cluster credential", &row.credentials)
    }

    /// Adds a cluster, never contacted so far.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a name that is taken or unusable.
    pub async fn add(&self, user: UserId, cluster: &NewCluster, now: Timestamp) -> Result<Cluster> {
        let row = self.new_row(user, cluster, now)?;
        insert(self.database.writer(), row.clone())
            .await
            .map_err(|error| taken(error, "add a cluster"))?;
        cluster_from(row)
    }

    /// Attaches the demo cluster, or brings the access of the one attached up to date; name and mode
    /// its user chose stay.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when one of the user's own clusters has its name.
    pub async fn ensure_demo(
        &self,
        user: UserId,
        demo: &NewCluster,
        now: Timestamp,
    ) -> Result<Cluster> {
        let transaction = self.database.begin().await?;
        let attached = clusters::Entity::find()
            .filter(clusters::Column::UserId.eq(user.0))
            .filter(clusters::Column::IsDemo.eq(true))
            .one(&transaction)
            .await
            .doing("read the demo cluster")?;
        let Some(attached) = attached else {
            let row = clusters::Model {
                is_demo: true,
                ..self.new_row(user, demo, now)?
            };
            insert(&transaction, row.clone())
                .await
                .map_err(|error| taken(error, "attach the demo cluster"))?;
            transaction
                .commit()
                .await
                .doing("attach the demo cluster")?;
            return cluster_from(row);
        };
        let current = (&attached.server, &attached.fingerprint);
        if current == (&demo.access.server, &demo.access.fingerprint) {
            return cluster_from(attached);
        }
        let change = self.access_change(user, attached.id, &demo.access)?;
        let changed = update(&transaction, user, ClusterId(attached.id), change).await?;
        transaction
            .commit()
            .await
            .doing("attach the demo cluster")?;
        Ok(changed)
    }

    /// Renames it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] for a name that is taken or unusable.
    pub async fn rename(&self, user: UserId, cluster: ClusterId, name: &str) -> Result<Cluster> {
        let name = usable_name(name)?;
        let change = clusters::ActiveModel {
            name: Set(name.to_owned()),
            name_key: Set(name.to_lowercase()),
            ..Default::default()
        };
        update(self.database.writer(), user, cluster, change).await
    }

    /// Changes its mode.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_mode(
        &self,
        user: UserId,
        cluster: ClusterId,
        mode: ClusterMode,
    ) -> Result<Cluster> {
        let change = clusters::ActiveModel {
            mode: Set(mode.as_str().to_owned()),
            ..Default::default()
        };
        update(self.database.writer(), user, cluster, change).await
    }

    /// Notes what the last contact said.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_connection(
        &self,
        user: UserId,
        cluster: ClusterId,
        connection: &ConnectionState,
        now: Timestamp,
    ) -> Result<Cluster> {
        let change = clusters::ActiveModel {
            connection: Set(to_json("connection state", connection)?),
            checked_at: Set(Some(now.0)),
            ..Default::default()
        };
        update(self.database.writer(), user, cluster, change).await
    }

    /// Replaces how it is reached; it counts as never contacted again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn replace_access(
        &self,
        user: UserId,
        cluster: ClusterId,
        access: &ClusterAccess,
    ) -> Result<Cluster> {
        let change = self.access_change(user, cluster.0, access)?;
        update(self.database.writer(), user, cluster, change).await
    }

    /// Removes a cluster with its credentials, conversations, jobs, plans and measurements.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Refused`] for the demo cluster.
    pub async fn delete(&self, user: UserId, cluster: ClusterId) -> Result<()> {
        let gone = clusters::Entity::delete_many()
            .filter(mine(user, cluster))
            .filter(clusters::Column::IsDemo.eq(false))
            .exec(self.database.writer())
            .await
            .doing("remove a cluster")?;
        if gone.rows_affected == 1 {
            return Ok(());
        }
        // Nothing was removed: it is not there, or it is the demo cluster.
        owned(self.database.reader(), user, cluster).await?;
        Err(StoreError::refused(
            ErrorCode::Forbidden,
            "the demo cluster cannot be removed",
        ))
    }

    fn new_row(&self, user: UserId, new: &NewCluster, now: Timestamp) -> Result<clusters::Model> {
        let name = usable_name(&new.name)?;
        let id = random_uuid()?;
        Ok(clusters::Model {
            id,
            user_id: user.0,
            name: name.to_owned(),
            name_key: name.to_lowercase(),
            server: new.access.server.clone(),
            mode: new.mode.as_str().to_owned(),
            is_demo: false,
            fingerprint: new.access.fingerprint.clone(),
            credentials: self.seal(user, id, &new.access)?,
            connection: to_json("connection state", &ConnectionState::Unverified)?,
            checked_at: None,
            created_at: now.0,
        })
    }

    fn access_change(
        &self,
        user: UserId,
        cluster: Uuid,
        access: &ClusterAccess,
    ) -> Result<clusters::ActiveModel> {
        Ok(clusters::ActiveModel {
            server: Set(access.server.clone()),
            fingerprint: Set(access.fingerprint.clone()),
            credentials: Set(self.seal(user, cluster, access)?),
            connection: Set(to_json("connection state", &ConnectionState::Unverified)?),
            checked_at: Set(None),
            ..Default::default()
        })
    }

    fn seal(&self, user: UserId, cluster: Uuid, access: &ClusterAccess) -> Result<Vec<u8>> {
        let plain = access.credentials.expose_secret().as_bytes();
        self.database.vault().seal(place(user, cluster), plain)
    }
}

fn place(user: UserId, cluster: Uuid) -> Place {
    Place {
        table: "clusters",
        user: user.0,
        row: cluster,
    }
}

fn mine(user: UserId, cluster: ClusterId) -> Condition {
    Condition::all()
        .add(clusters::Column::Id.eq(cluster.0))
        .add(clusters::Column::UserId.eq(user.0))
}

/// A cluster's row if it is the user's: what other aggregates ask before they hang something on it.
pub(crate) async fn owned<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    cluster: ClusterId,
) -> Result<clusters::Model> {
    clusters::Entity::find()
        .filter(mine(user, cluster))
        .one(connection)
        .await
        .doing("read a cluster")?
        .ok_or(StoreError::NotFound { thing: "cluster" })
}

async fn update<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    cluster: ClusterId,
    change: clusters::ActiveModel,
) -> Result<Cluster> {
    let changed = clusters::Entity::update_many()
        .set(change)
        .filter(mine(user, cluster))
        .exec_with_returning(connection)
        .await
        .map_err(|error| taken(error, "change a cluster"))?;
    let row = changed.into_iter().next();
    cluster_from(row.ok_or(StoreError::NotFound { thing: "cluster" })?)
}

fn taken(error: DbErr, doing: &'static str) -> StoreError {
    if is_duplicate(&error) {
        let why = "another of your clusters has this name";
        return StoreError::refused(ErrorCode::Invalid, why);
    }
    StoreError::Query {
        doing,
        source: error,
    }
}

fn usable_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let is_hidden = |character: char| character.is_control() || is_invisible(character);
    if name.is_empty() || name.chars().count() > 64 || name.contains(is_hidden) {
        let why = "a cluster's name has 1 to 64 characters, all of which can be seen";
        return Err(StoreError::refused(ErrorCode::Invalid, why));
    }
    Ok(name)
}

fn cluster_from(row: clusters::Model) -> Result<Cluster> {
    let mode = ClusterMode::parse(&row.mode);
    Ok(Cluster {
        id: ClusterId(row.id),
        name: row.name,
        server: row.server,
        mode: mode.map_err(|_| StoreError::OutOfRange {
            what: "cluster mode",
        })?,
        is_demo: row.is_demo,
        fingerprint: row.fingerprint,
        connection: from_json("connection state", &row.connection)?,
        checked_at: row.checked_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
    })
}

#[cfg(test)]
mod tests;
