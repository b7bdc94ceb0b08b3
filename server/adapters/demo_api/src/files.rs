//! Files that only their owner may read, replaced whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::error::DemoError;

/// Writes `contents` to `path` with mode 0600: into a neighbour first, then renamed over it, so that
/// a reader or a crash meets the old file or the new one. Returns once the disk has the new one.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> Result<(), DemoError> {
    let failed = |source| DemoError::Write {
        path: path.to_owned(),
        source,
    };
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        Some(_) | None => Path::new("."),
    };
    fs::create_dir_all(directory).map_err(failed)?;
    let neighbour = neighbour(path);
    write_synced(&neighbour, contents).map_err(failed)?;
    fs::rename(&neighbour, path).map_err(failed)?;
    sync_directory(directory).map_err(failed)
}

/// Makes a rename last: the name is the directory's content, not the file's.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}

/// A directory cannot be opened as a file here, and the file system's journal keeps renames.
#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// The file's bytes; `None` when there is no such file.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, DemoError> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DemoError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// One name per process, so that two programs on one directory never write into the same neighbour.
fn neighbour(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write_synced(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_and_leaves_no_neighbour() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/file");
        write_private(&path, b"old").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(read_optional(&path).unwrap().as_deref(), Some(&b"new"[..]));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn lets_only_the_owner_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_private(&path, b"secret").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn tells_a_missing_file_from_an_unreadable_one() {
        let directory = tempfile::tempdir().unwrap();
        assert!(
            read_optional(&directory.path().join("none"))
                .unwrap()
                .is_none()
        );
        assert!(read_optional(directory.path()).is_err());
    }
}
