//! The connection as a whole, against an API server that keeps a ledger.
