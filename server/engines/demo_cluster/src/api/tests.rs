//! Requests end to end.
