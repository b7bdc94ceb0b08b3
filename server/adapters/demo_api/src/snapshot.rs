//! The file that outlives the process: the cluster as it was last written.

use std::path::{Path, PathBuf};

use demo_cluster::Cluster;
use domain::time::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{error::DemoError, files};

/// Name of the snapshot in the data directory.
const FILE: &str = "demo-cluster.json";

/// Where the cluster is kept and how far it is kept.
pub(crate) struct SnapshotFile {
    path: PathBuf,
    /// The revision on disk; `None` before the first write. Held while writing: there is one neighbour
    /// file, and whoever waits here is covered by the next write.
    pub written: Mutex<Option<u64>>,
}

impl SnapshotFile {
    /// The snapshot of a data directory.
    pub(crate) fn within(directory: &Path) -> Self {
        Self {
            path: directory.join(FILE),
            written: Mutex::new(None),
        }
    }

    /// Replaces the file; returns once the disk has it.
    pub(crate) fn write(&self, cluster: &Cluster) -> Result<(), DemoError> {
        files::write_private(&self.path, &cluster.snapshot_text())
    }

    /// The cluster in the file, lived on until `now`. A file that cannot be read is ignored, and
    /// replaced by the next write: the demo cluster is worth less than a server that starts.
    pub(crate) fn read(&self, seed: u64, now: Timestamp) -> Result<Option<Cluster>, DemoError> {
        let Some(contents) = files::read_optional(&self.path)? else {
            return Ok(None);
        };
        let restored = serde_json::from_slice::<Value>(&contents)
            .map_err(|error| error.to_string())
            .and_then(|snapshot| {
                Cluster::restore(snapshot, seed, now).map_err(|error| error.to_string())
            });
        match restored {
            Ok(cluster) => Ok(Some(cluster)),
            Err(reason) => {
                tracing::warn!(path = %self.path.display(), reason, "the demo cluster's snapshot cannot be read; starting anew");
                Ok(None)
            }
        }
    }
}
