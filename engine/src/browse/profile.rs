use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const PREFIX: &str = "mino-browser-";
/// Inside each folder; locked as long as the engine that owns the folder lives.
const LOCK: &str = "owner.lock";
/// A folder that is younger may not have been locked yet.
const SETTLED: Duration = Duration::from_secs(60);

/// The folder of one browser: its profile and its temporary files. Removed with all its content when dropped.
#[derive(Debug)]
pub(super) struct Profile {
    folder: TempDir,
    // Given up by the system when the engine ends in whatever way.
    _lock: File,
}

impl Profile {
    pub(super) fn create() -> io::Result<Self> {
        let folder = TempDir::with_prefix(PREFIX)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        fs::create_dir(folder.path().join("tmp"))?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the browser puts its temporary files.
    pub(super) fn temporary(&self) -> PathBuf {
        self.path().join("tmp")
    }
}

/// Removes the folders of engines that are gone; their watchers do that, unless they were killed too.
pub(super) fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        let age = lock.metadata().and_then(|lock| lock.modified()).ok().and_then(|made| made.elapsed().ok());
        if age.is_some_and(|age| age > SETTLED) && lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn only_folders_without_an_owner_are_swept() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str, age: u64| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            let lock = File::create(path.join(LOCK)).unwrap();
            lock.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            (path, lock)
        };
        let (left, _) = folder("mino-browser-left", 3600);
        let (young, _) = folder("mino-browser-young", 1);
        let (other, _) = folder("other", 3600);
        let (owned, lock) = folder("mino-browser-owned", 3600);
        lock.lock().unwrap();
        sweep(parent.path());
        assert_eq!([&left, &young, &other, &owned].map(|path| path.exists()), [false, true, true, true]);
        drop(lock);
        // A process that another test is just starting may hold everything that is open here, for a moment.
        let gone = (0..200).any(|_| {
            sweep(parent.path());
            std::thread::sleep(Duration::from_millis(5));
            !owned.exists()
        });
        assert!(gone);
    }
}
