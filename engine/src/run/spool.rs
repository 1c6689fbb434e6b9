use mino_datafusion::schema::{FormatError, JournalRow, journal_schema, read_rows, write_rows};
use std::io;
use std::path::{Path, PathBuf};

/// A folder of this machine where finished attempts wait while the store is away.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    prefix: String,
    next: u64,
}

impl Spool {
    /// Of one shard of a run, below `root`, for the lease with this epoch. Nothing is made before something is kept.
    pub(super) fn new(root: &Path, run_id: &str, shard: u32, epoch: u64) -> Self {
        Self { folder: root.join(run_id).join(shard.to_string()), prefix: format!("{epoch:06}"), next: 0 }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether anything may wait here.
    pub(super) fn is_there(&self) -> bool {
        self.folder.try_exists().unwrap_or(false)
    }

    /// Writes rows as a file of their own: it is there whole, or not at all.
    pub(super) fn keep(&mut self, rows: &[JournalRow]) -> io::Result<()> {
        let bytes =
            write_rows(&journal_schema(), rows).map_err(|error: FormatError| io::Error::other(error.to_string()))?;
        std::fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        io::Write::write_all(&mut file, &bytes)?;
        file.as_file().sync_all()?;
        file.persist(self.folder.join(format!("{}-{:010}.parquet", self.prefix, self.next)))?;
        self.next += 1;
        Ok(())
    }

    /// What workers of this machine left here of the shard, in the order in which they kept it. A file that is damaged
    /// is set aside, with a name that tells so.
    pub(super) fn left(&self) -> io::Result<Vec<JournalRow>> {
        let mut rows = Vec::new();
        for path in self.files()? {
            match read_rows::<JournalRow>(std::fs::read(&path)?.into()) {
                Ok(read) => rows.extend(read),
                Err(error) => {
                    tracing::warn!("{} is damaged and set aside: {error}", path.display());
                    std::fs::rename(&path, path.with_extension("damaged"))?;
                }
            }
        }
        Ok(rows)
    }

    /// Removes everything that is kept here: it is in the store.
    pub(super) fn clear(&self) {
        for path in self.files().unwrap_or_default() {
            let _ = std::fs::remove_file(path);
        }
        let _ = std::fs::remove_dir(&self.folder);
        if let Some(run) = self.folder.parent() {
            let _ = std::fs::remove_dir(run);
        }
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        let mut files: Vec<PathBuf> =
            paths.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "parquet")).collect();
        files.sort();
        Ok(files)
    }
}

/// Where spools are: `MINO_SPOOL`, else the user's folder for state.
#[must_use]
pub fn spool_root() -> PathBuf {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = || of("XDG_STATE_HOME").or_else(|| Some(of("HOME")?.join(".local/state")));
    of("MINO_SPOOL")
        .or_else(|| Some(state()?.join("mino/spool")))
        .unwrap_or_else(|| std::env::temp_dir().join("mino-spool"))
}
