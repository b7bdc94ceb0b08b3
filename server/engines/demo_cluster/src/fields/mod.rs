//! Who owns which field: `metadata.managedFields` and server-side apply.
//!
//! Follows `sigs.k8s.io/structured-merge-diff` and
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.

mod change;
mod managers;
mod merge;
mod origin;
mod set;

pub use managers::{Managers, Write, apply, show, track};
pub(crate) use origin::CONTROLLERS;
pub use set::{FieldSet, Step};
