//! What every request passes on its way in, and every answer on its way out.

pub(super) mod headers;
pub(super) mod host;
pub(super) mod observe;
pub(super) mod origin;
pub(super) mod shape;
pub(super) mod slash;
