//! What an operation says about itself besides its path: parameters, bodies with their schema and an example, and why
//! it may fail.

use domain::ErrorCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// A JSON document that is taken or answered.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// An example, JSON.
    pub example: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Document {
    /// A document of type `T`.
    #[must_use]
    pub fn of<T: JsonSchema>(example: &'static str) -> Self {
        Self {
            example,
            schema: SchemaGenerator::subschema_for::<T>,
        }
    }

    /// Its schema; what it refers to is left in `generator`.
    #[must_use]
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After the `?`.
    Query,
    /// Among the headers.
    Header,
}

/// A parameter that may be left out.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Where.
    pub place: Place,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// The only values it may have; empty where there are too many to list.
    pub values: &'static [&'static str],
    /// An example.
    pub example: &'static str,
}

/// What every operation may answer instead.
pub(super) const EVERYWHERE: &[ErrorCode] = &[
    ErrorCode::Unauthenticated,
    ErrorCode::Forbidden,
    ErrorCode::Internal,
    ErrorCode::Unavailable,
];

/// What an operation may answer that asks a cluster.
pub(super) const CLUSTER: &[ErrorCode] = &[
    ErrorCode::Expired,
    ErrorCode::TooLarge,
    ErrorCode::RateLimited,
    ErrorCode::CredentialsRejected,
    ErrorCode::ClusterForbids,
    ErrorCode::NameNotFound,
    ErrorCode::ConnectionRefused,
    ErrorCode::ClusterUnreachable,
    ErrorCode::NotTls,
    ErrorCode::CertificateNotTrusted,
    ErrorCode::CertificateNameMismatch,
    ErrorCode::CertificateExpired,
    ErrorCode::TlsUnverified,
    ErrorCode::NotKubernetes,
    ErrorCode::ClusterAnswer,
    ErrorCode::ClusterTimeout,
];

/// What an operation may answer that changes a cluster, besides [`CLUSTER`].
pub(super) const CHANGE: &[ErrorCode] = &[
    ErrorCode::NotPermittedHere,
    ErrorCode::Conflict,
    ErrorCode::Invalid,
    ErrorCode::NotSent,
];
