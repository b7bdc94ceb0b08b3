//! One serving process per data folder.
//!
//! A lock the operating system drops with the process, however it ends. Short commands (`user add`,
//! `token create`) work beside a server and do not take it.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::{
    Result, StoreError,
    files::{open_private, prepare_folder},
};

/// Held while this process serves; released when dropped.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

impl InstanceLock {
    /// Takes the lock of a data folder, making the folder when it is missing.
    ///
    /// # Errors
    /// [`StoreError::AlreadyServed`] when another process has it.
    pub fn acquire(data_dir: &Path) -> Result<Self> {
        prepare_folder(data_dir)?;
        let path = data_dir.join("ai4k8s.lock");
        let file = open_private(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::AlreadyServed { path }),
            Err(TryLockError::Error(source)) => Err(StoreError::PrepareFile { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_second_server_and_lets_the_next_one_in() {
        let folder = tempfile::tempdir().unwrap();
        let first = InstanceLock::acquire(folder.path()).unwrap();
        assert!(matches!(
            InstanceLock::acquire(folder.path()),
            Err(StoreError::AlreadyServed { .. })
        ));
        drop(first);
        assert!(InstanceLock::acquire(folder.path()).is_ok());
    }
}
