//! Registered clusters; their credentials are sealed and come out only by [`Clusters::credentials`].

use domain::{
    ErrorCode,
    cluster::{Cluster, ClusterMode, ConnectionState},
    ids::{ClusterId, UserId},
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
    if name.is_empty() || name.chars().count() > 64 || name.contains(char::is_control) {
        let why = "a cluster's name has 1 to 64 characters";
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
mod tests {
    use domain::time::Seconds;

    use super::*;
    use crate::test_support::{NOW, access, fixture, new_cluster};

    fn is_missing<T>(answer: &Result<T>) -> bool {
        matches!(answer, Err(StoreError::NotFound { .. }))
    }

    #[tokio::test]
    async fn gives_the_credentials_back_to_their_owner_only() {
        let fixture = fixture().await;
        let (clusters, cluster) = (fixture.database.clusters(), fixture.cluster);
        let opened = clusters.credentials(fixture.ada, cluster).await.unwrap();
        assert_eq!(opened.expose_secret(), "a token");
        assert!(is_missing(
            &clusters.credentials(fixture.bob, cluster).await
        ));
    }

    /// T01, T02: somebody else's id is answered as an unknown one.
    #[tokio::test]
    async fn hides_a_cluster_from_everybody_else() {
        let fixture = fixture().await;
        let (clusters, cluster, bob) = (fixture.database.clusters(), fixture.cluster, fixture.bob);
        let failed = ConnectionState::Unverified;
        assert!(is_missing(&clusters.get(bob, cluster).await));
        assert!(is_missing(&clusters.rename(bob, cluster, "mine").await));
        assert!(is_missing(
            &clusters
                .set_mode(bob, cluster, ClusterMode::Automatic)
                .await
        ));
        assert!(is_missing(
            &clusters.set_connection(bob, cluster, &failed, NOW).await
        ));
        assert!(is_missing(
            &clusters.replace_access(bob, cluster, &access("x")).await
        ));
        assert!(is_missing(&clusters.delete(bob, cluster).await));
        let seen = clusters.get(fixture.ada, cluster).await.unwrap();
        assert_eq!(
            (seen.name.as_str(), seen.mode),
            ("prod", ClusterMode::Approve)
        );
        assert_eq!(clusters.everyones().await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn takes_a_name_once_per_user_without_regard_to_case() {
        let fixture = fixture().await;
        let clusters = fixture.database.clusters();
        let again = clusters.add(fixture.ada, &new_cluster(" PROD"), NOW).await;
        assert!(matches!(again, Err(StoreError::Refused(_))));
        let other = clusters
            .add(fixture.ada, &new_cluster("test"), NOW)
            .await
            .unwrap();
        let renamed = clusters.rename(fixture.ada, other.id, "Prod").await;
        assert!(matches!(renamed, Err(StoreError::Refused(_))));
        for name in ["", " ", "a\nb", &"é".repeat(65)] {
            assert!(clusters.rename(fixture.ada, other.id, name).await.is_err());
        }
        assert!(clusters.rename(fixture.ada, other.id, "Test").await.is_ok());
    }

    #[tokio::test]
    async fn notes_contact_and_forgets_it_with_new_credentials() {
        let fixture = fixture().await;
        let (clusters, ada, id) = (fixture.database.clusters(), fixture.ada, fixture.cluster);
        let connected = ConnectionState::Connected {
            version: "v1.33.2".to_owned(),
        };
        let seen = clusters
            .set_connection(ada, id, &connected, NOW)
            .await
            .unwrap();
        assert_eq!((seen.connection, seen.checked_at), (connected, Some(NOW)));
        let replaced = clusters
            .replace_access(ada, id, &access("new token"))
            .await
            .unwrap();
        assert_eq!(replaced.connection, ConnectionState::Unverified);
        assert_eq!(
            (replaced.checked_at, replaced.fingerprint.as_str()),
            (None, "new toke")
        );
        let opened = clusters.credentials(ada, id).await.unwrap();
        assert_eq!(opened.expose_secret(), "new token");
    }

    #[tokio::test]
    async fn attaches_one_demo_cluster_and_keeps_what_its_user_chose() {
        let fixture = fixture().await;
        let (clusters, ada) = (fixture.database.clusters(), fixture.ada);
        let demo = new_cluster("demo");
        let (one, two) = tokio::join!(
            clusters.ensure_demo(ada, &demo, NOW),
            clusters.ensure_demo(ada, &demo, NOW)
        );
        let first = one.unwrap();
        assert_eq!(first, two.unwrap());
        clusters.rename(ada, first.id, "playground").await.unwrap();
        let moved = NewCluster {
            access: access("another token"),
            ..demo
        };
        let later = clusters
            .ensure_demo(ada, &moved, NOW + Seconds(1))
            .await
            .unwrap();
        assert_eq!((later.id, later.name.as_str()), (first.id, "playground"));
        let opened = clusters.credentials(ada, first.id).await.unwrap();
        assert_eq!(opened.expose_secret(), "another token");
        let names: Vec<_> = clusters
            .list(ada)
            .await
            .unwrap()
            .into_iter()
            .map(|c| c.name)
            .collect();
        assert_eq!(names, ["playground", "prod"]);
        let refusal = clusters.delete(ada, first.id).await;
        assert!(matches!(refusal, Err(StoreError::Refused(_))));
    }

    /// D02: a row copied over another user's does not open, nor does a changed bit.
    #[tokio::test]
    async fn fails_closed_when_sealed_rows_are_swapped_or_changed() {
        let fixture = fixture().await;
        let clusters = fixture.database.clusters();
        let sealed = owned(fixture.database.reader(), fixture.ada, fixture.cluster)
            .await
            .unwrap()
            .credentials;
        let set = |credentials: Vec<u8>| clusters::ActiveModel {
            credentials: Set(credentials),
            ..Default::default()
        };
        let writer = fixture.database.writer();
        update(
            writer,
            fixture.bob,
            fixture.other_cluster,
            set(sealed.clone()),
        )
        .await
        .unwrap();
        let swapped = clusters
            .credentials(fixture.bob, fixture.other_cluster)
            .await;
        assert!(matches!(swapped, Err(StoreError::Unseal { .. })));
        let mut changed = sealed;
        changed[40] ^= 1;
        update(writer, fixture.ada, fixture.cluster, set(changed))
            .await
            .unwrap();
        let flipped = clusters.credentials(fixture.ada, fixture.cluster).await;
        assert!(matches!(flipped, Err(StoreError::Unseal { .. })));
    }
}
