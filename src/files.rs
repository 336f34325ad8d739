//! What the program makes on disk, and who may read and change it: nobody but its owner. Knows nothing of what the
//! files hold.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Makes a folder and those above it that are missing, for their owner alone. One that is there stays as it is.
///
/// # Errors
/// The folder cannot be made.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file for its owner alone, which was not there before: nothing is overwritten, and no link is followed.
///
/// # Errors
/// Something is there already, or nothing can be made there.
pub fn make_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}

/// A hidden name beside a target, for writing a file whole before it takes the target's place: in the same folder, so
/// that a rename never crosses file systems. What an earlier process of this number left there is removed.
///
/// # Errors
/// Something is there that cannot be removed.
pub fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let path = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(path),
    }
}

/// Makes the name of a new file outlast a power cut: its content is synced by whoever wrote it.
///
/// # Errors
/// Its folder cannot be synced.
pub fn keep_name(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Elsewhere a folder is no file, and names are kept anyway.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Whether any user of the machine may change a file. Where files have no such modes, nobody is said to.
#[must_use]
pub fn is_writable_by_all(file: &Metadata) -> bool {
    #[cfg(unix)]
    let writable = std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o002 != 0;
    #[cfg(not(unix))]
    let writable = false;
    file.is_file() && writable
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_private_folder(&inner).unwrap();
        make_private_folder(&inner).unwrap();
        make_private(&inner.join("c")).unwrap();
        assert_eq!(mode(&folder.path().join("a")), 0o700);
        assert_eq!((mode(&inner), mode(&inner.join("c"))), (0o700, 0o600));
    }

    #[test]
    fn nothing_is_made_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (dear, link) = (folder.path().join("dear"), folder.path().join("link"));
        fs::write(&dear, "dear").unwrap();
        symlink(&dear, &link).unwrap();
        assert_eq!(make_private(&link).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let target = folder.path().join("lq45.png");
        symlink(&dear, folder.path().join(format!(".lq45.png.{}.tmp", std::process::id()))).unwrap();
        make_private(&beside(&target).unwrap()).unwrap();
        assert_eq!(fs::read(&dear).unwrap(), b"dear");
    }

    #[test]
    fn files_that_all_may_change_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for (mode, open) in [(0o600, false), (0o664, false), (0o646, true), (0o777, true)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_writable_by_all(&fs::metadata(&file).unwrap()), open, "{mode:o}");
        }
        assert!(!is_writable_by_all(&fs::metadata("/dev/null").unwrap()));
    }
}
