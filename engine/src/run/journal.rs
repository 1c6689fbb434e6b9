use super::{Lease, PlanRow, RunError};
use crate::catalog::Catalog;
use bytes::Bytes;
use futures::StreamExt;
use mino_datafusion::layout;
use mino_datafusion::schema::{JournalMark, JournalRow, journal_schema, read_marks, read_rows, write_rows};
use mino_datafusion::store::StoreError;
use object_store::path::Path;
use std::collections::{BTreeMap, BTreeSet};

/// Files of a journal that are read at once.
const AT_ONCE: usize = 16;

/// Where finished attempts of one lease are written. Its files have numbers without gaps, each written create-if-absent:
/// whoever takes the shard over writes an empty file in the next place, and no later file of this lease can come to be.
#[derive(Debug)]
pub(super) struct Journal {
    catalog: Catalog,
    run_id: String,
    lease: Lease,
    next: u64,
}

impl Journal {
    pub(super) fn new(catalog: Catalog, run_id: String, lease: Lease) -> Self {
        Self { catalog, run_id, lease, next: 0 }
    }

    /// Writes rows as the next file.
    ///
    /// # Errors
    /// [`RunError::LeaseLost`] when somebody else has taken the shard over; when the store does not answer. Then nothing was
    /// written, or the same rows can be written again.
    pub(super) async fn write(&mut self, rows: &[JournalRow]) -> Result<(), RunError> {
        let (shard, epoch) = (self.lease.shard.number, self.lease.epoch);
        let bytes = write_rows(&journal_schema(), rows)?;
        loop {
            let path = layout::journal_file(self.catalog.org(), &self.run_id, shard, epoch, self.next);
            match self.catalog.store().create(&path, bytes.clone()).await {
                Ok(()) => break,
                Err(StoreError::AlreadyExists { .. }) => {
                    let there = self.catalog.store().get(&path).await?;
                    // An earlier try of ours arrived although its answer did not.
                    if there.as_ref() == Some(&bytes) {
                        break;
                    }
                    // So did one before that; but a file without rows closes the journal.
                    let rows: Vec<JournalMark> = there.map(read_marks).transpose()?.unwrap_or_default();
                    if rows.is_empty() {
                        return Err(self.lost().await);
                    }
                    self.next += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.next += 1;
        Ok(())
    }

    async fn lost(&self) -> RunError {
        let successor = self.lease.successor(&self.catalog, &self.run_id).await.ok().flatten();
        let worker = successor.map_or_else(|| "another".to_owned(), |lease| lease.worker.to_string());
        RunError::LeaseLost { run_id: self.run_id.clone(), shard: self.lease.shard, worker }
    }
}

/// Closes the journals of every lease of a shard before `epoch`.
pub(super) async fn seal(catalog: &Catalog, run_id: &str, shard: u32, epoch: u64) -> Result<(), RunError> {
    let empty = write_rows::<JournalRow>(&journal_schema(), &[])?;
    // The next place of each lease, and whether its last file is a seal: only these have no rows, and so this size.
    let mut next: BTreeMap<u64, (u64, bool)> = (1..epoch).map(|epoch| (epoch, (0, false))).collect();
    for object in catalog.store().list(&layout::journal_of(catalog.org(), run_id, shard)).await? {
        let Some((_, of, seq)) = layout::parse_journal_file(&object.location) else { continue };
        if let Some(entry) = next.get_mut(&of).filter(|(next, _)| *next <= seq) {
            *entry = (seq + 1, object.size == empty.len() as u64);
        }
    }
    for (of, (mut seq, _)) in next.into_iter().filter(|(_, (_, sealed))| !sealed) {
        loop {
            match catalog
                .store()
                .create(&layout::journal_file(catalog.org(), run_id, shard, of, seq), empty.clone())
                .await
            {
                Ok(()) => break,
                // Its owner was quicker once more, or another who takes over has sealed it.
                Err(StoreError::AlreadyExists { .. }) => seq += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// What the journal of a run says, without the pages' content: small, whatever the size of the run.
#[derive(Debug, Default)]
pub struct JournalIndex {
    files: Vec<Path>,
    /// Task → number of the attempt → where it is and how it ended.
    tasks: BTreeMap<String, BTreeMap<u32, (usize, JournalMark)>>,
}

impl JournalIndex {
    /// Reads which attempts of a run were flushed. Of several with one (task, number), the first that was written counts.
    ///
    /// # Errors
    /// When the store does not answer or a file cannot be read.
    pub async fn read(catalog: &Catalog, run_id: &str) -> Result<Self, RunError> {
        let objects = catalog.store().list(&layout::journal(catalog.org(), run_id)).await?;
        let files: Vec<Path> = objects.into_iter().map(|object| object.location).collect();
        let reading: Vec<_> = files.iter().map(|path| file(catalog.clone(), path.clone())).collect();
        let mut read = futures::stream::iter(reading).buffered(AT_ONCE).enumerate();
        let mut tasks: BTreeMap<String, BTreeMap<u32, (usize, JournalMark)>> = BTreeMap::new();
        while let Some((at, bytes)) = read.next().await {
            for mark in read_marks(bytes?)? {
                let attempts = tasks.entry(mark.task_id.clone()).or_default();
                attempts.entry(mark.attempt_number).or_insert((at, mark));
            }
        }
        Ok(Self { files, tasks })
    }

    /// The flushed attempts of a task, by number.
    pub fn attempts(&self, task_id: &str) -> impl DoubleEndedIterator<Item = &JournalMark> {
        self.tasks.get(task_id).into_iter().flat_map(|attempts| attempts.values().map(|(_, mark)| mark))
    }

    /// The flushed attempts of some tasks with all that they found, by task and number. Only files that hold one are read.
    ///
    /// # Errors
    /// When the store does not answer or a file cannot be read.
    pub async fn rows(
        &self,
        catalog: &Catalog,
        tasks: &[PlanRow],
    ) -> Result<BTreeMap<String, Vec<JournalRow>>, RunError> {
        // File → the attempts that count in it.
        let mut wanted: BTreeMap<usize, BTreeMap<&str, BTreeSet<u32>>> = BTreeMap::new();
        for (task, attempts) in tasks.iter().filter_map(|task| self.tasks.get_key_value(&task.task_id)) {
            for (number, (file, _)) in attempts {
                wanted.entry(*file).or_default().entry(task).or_default().insert(*number);
            }
        }
        let paths = wanted.keys().filter_map(|at| self.files.get(*at));
        let reading: Vec<_> = paths.map(|path| file(catalog.clone(), path.clone())).collect();
        let mut read = futures::stream::iter(reading).buffered(AT_ONCE);
        let mut by_task: BTreeMap<String, Vec<JournalRow>> = BTreeMap::new();
        for counting in wanted.values_mut() {
            let Some(bytes) = read.next().await else { break };
            for row in read_rows::<JournalRow>(bytes?)? {
                // Taken once: the same attempt twice in one file counts once.
                let numbers = counting.get_mut(row.attempt.task_id.as_str());
                if numbers.is_some_and(|numbers| numbers.remove(&row.attempt.attempt_number)) {
                    by_task.entry(row.attempt.task_id.clone()).or_default().push(row);
                }
            }
        }
        for attempts in by_task.values_mut() {
            attempts.sort_by_key(|row| row.attempt.attempt_number);
        }
        Ok(by_task)
    }
}

async fn file(catalog: Catalog, path: Path) -> Result<Bytes, RunError> {
    let bytes = catalog.store().get(&path).await?;
    Ok(bytes.ok_or_else(|| catalog.store().corrupt(&path, "it was removed while it was read"))?)
}
