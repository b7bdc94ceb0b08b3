//! Identifiers: random UUIDs for what we store, names for what Kubernetes stores.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ErrorCode, OpsError};

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident, $word:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(
            #[cfg_attr(
                feature = "schema",
                schemars(with = "String", extend("format" = "uuid"))
            )]
            pub Uuid,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = OpsError;

            /// # Errors
            /// [`ErrorCode::NotFound`]: an id that cannot exist names nothing.
            fn from_str(text: &str) -> Result<Self, OpsError> {
                Uuid::parse_str(text).map(Self).map_err(|_| {
                    OpsError::new(ErrorCode::NotFound, concat!("there is no such ", $word))
                })
            }
        }
    )*};
}

uuid_id! {
    /// A registered cluster.
    ClusterId, "cluster";
    /// An account.
    UserId, "user";
    /// A background job.
    JobId, "job";
    /// A plan: a change somebody may approve.
    PlanId, "plan";
    /// A chat conversation.
    ConversationId, "conversation";
    /// One message of a conversation.
    MessageId, "message";
    /// A personal access token (its name, never its secret).
    TokenId, "token";
    /// A signed-in browser, as its user sees it in the list of sessions (never the cookie's value).
    SessionId, "session";
}

/// A name that satisfies RFC 1123: what Kubernetes accepts for namespaces and most objects.
///
/// Invariant: 1–253 characters of `a-z`, `0-9`, `-` and `.`, starting and ending alphanumerically, so
/// that a name can never escape the URL path it is put in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

impl ObjectName {
    /// The name, or why it is not one.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] naming the first offending character by its code point.
    pub fn new(name: impl Into<String>) -> Result<Self, OpsError> {
        let name = name.into();
        let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if name.is_empty() || name.len() > 253 {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                "a Kubernetes name has 1 to 253 characters",
            ));
        }
        if let Some(bad) = name
            .chars()
            .find(|&c| !(alphanumeric(c) || c == '-' || c == '.'))
        {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                format!(
                    "“{}” is not a Kubernetes name: U+{:04X} is not allowed in it",
                    name.escape_debug(),
                    bad as u32
                ),
            )
            .hint("Names are lower-case letters, digits, “-” and “.”."));
        }
        if name
            .split('.')
            .any(|part| !part.starts_with(alphanumeric) || !part.ends_with(alphanumeric))
        {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                format!(
                    "“{name}” is not a Kubernetes name: it must start and end with a letter or digit"
                ),
            ));
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ObjectName {
    type Error = OpsError;
    fn try_from(name: String) -> Result<Self, OpsError> {
        Self::new(name)
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0
    }
}

impl FromStr for ObjectName {
    type Err = OpsError;
    fn from_str(name: &str) -> Result<Self, OpsError> {
        Self::new(name)
    }
}

/// Which namespaces a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamespaceScope {
    /// Every namespace the credentials can see.
    All,
    /// One namespace.
    One(ObjectName),
}

impl NamespaceScope {
    /// The namespace, unless it is all of them.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::One(name) => Some(name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_name_that_would_leave_its_path() {
        for name in [
            "../../secrets",
            "a/b",
            "a?x",
            "a%00b",
            "",
            "-a",
            "a-",
            "a..b",
            "prоd",
            &"a".repeat(254),
        ] {
            assert!(ObjectName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn accepts_the_names_kubernetes_accepts() {
        for name in ["web", "web-1", "kube-root-ca.crt", "0a"] {
            assert_eq!(ObjectName::new(name).unwrap().as_str(), name);
        }
    }
}
