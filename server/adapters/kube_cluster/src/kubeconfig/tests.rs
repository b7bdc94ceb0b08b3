//! K cases.
