//! Between rows and domain types: JSON texts, numbers, and the words workloads are stored under.

use domain::{
    ids::ObjectName,
    resources::{WorkloadKind, WorkloadRef},
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, SqlErr};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Result, StoreError};

/// Inserts a row as it is.
pub(crate) async fn insert<M, C>(connection: &C, row: M) -> std::result::Result<(), DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    C: ConnectionTrait,
{
    M::Entity::insert(row.into_active_model())
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// Whether a statement failed because such a row exists.
pub(crate) fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Whether a statement failed because a row it refers to does not exist.
pub(crate) fn is_dangling(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(SqlErr::ForeignKeyConstraintViolation(_))
    )
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|source| StoreError::Decode { what, source })
}

/// A value from its JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|source| StoreError::Decode { what, source })
}

/// An optional value as JSON text.
pub(crate) fn to_json_option<T: Serialize>(
    what: &'static str,
    value: Option<&T>,
) -> Result<Option<String>> {
    value.map(|value| to_json(what, value)).transpose()
}

/// An optional value from its JSON text.
pub(crate) fn from_json_option<T: DeserializeOwned>(
    what: &'static str,
    text: Option<&str>,
) -> Result<Option<T>> {
    text.map(|text| from_json(what, text)).transpose()
}

/// A stored number in its own range.
pub(crate) fn ranged<T: TryFrom<i64>>(what: &'static str, value: i64) -> Result<T> {
    T::try_from(value).map_err(|_| StoreError::OutOfRange { what })
}

/// A number for storing; what no column can hold becomes the largest one that it can.
pub(crate) fn stored(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The text a workload is stored under: `Deployment/shop/storefront`. Names hold no slash.
pub(crate) fn workload_key(workload: &WorkloadRef) -> String {
    format!("{}/{workload}", workload.kind)
}

/// A workload from the text it is stored under.
pub(crate) fn workload_from_key(key: &str) -> Result<WorkloadRef> {
    let damaged = || StoreError::OutOfRange { what: "workload" };
    let mut parts = key.split('/');
    let mut next = || parts.next().ok_or_else(damaged);
    let (kind, namespace, name) = (next()?, next()?, next()?);
    let kind = [
        WorkloadKind::Deployment,
        WorkloadKind::StatefulSet,
        WorkloadKind::DaemonSet,
    ]
    .into_iter()
    .find(|known| known.as_str() == kind)
    .ok_or_else(damaged)?;
    Ok(WorkloadRef {
        kind,
        namespace: ObjectName::new(namespace).map_err(|_| damaged())?,
        name: ObjectName::new(name).map_err(|_| damaged())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_workload_again_under_its_key() {
        let workload = WorkloadRef {
            kind: WorkloadKind::StatefulSet,
            namespace: ObjectName::new("payments").unwrap(),
            name: ObjectName::new("ledger-db").unwrap(),
        };
        let key = workload_key(&workload);
        assert_eq!(key, "StatefulSet/payments/ledger-db");
        assert_eq!(workload_from_key(&key).unwrap(), workload);
        assert!(workload_from_key("Pod/a/b").is_err());
    }
}
