//! Files and folders only their owner can read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::{Result, StoreError};

/// Makes a folder for its owner only, or takes away what others may do in an existing one.
pub(crate) fn prepare_folder(path: &Path) -> Result<()> {
    let failed = |source| StoreError::PrepareFile {
        path: path.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(failed)?;
    narrow(path, 0o700).map_err(failed)
}

/// Opens a file for reading and writing by its owner only, making it when it is missing.
pub(crate) fn open_private(path: &Path) -> Result<File> {
    let failed = |source| StoreError::PrepareFile {
        path: path.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    narrow(path, 0o600).map_err(failed)?;
    Ok(file)
}

/// Sets a mode unless it is already that narrow.
fn narrow(path: &Path, mode: u32) -> io::Result<()> {
    let current = fs::metadata(path)?.permissions().mode() & 0o777;
    if current & !mode == 0 {
        return Ok(());
    }
    tracing::warn!(path = %path.display(), mode = format!("{current:o}"), "was open to others; locked down");
    fs::set_permissions(path, Permissions::from_mode(mode))
}
