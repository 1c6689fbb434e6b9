use super::RunError;
use crate::catalog::Catalog;
use mino_datafusion::layout;
use mino_datafusion::schema::{JournalRow, journal_schema, read_rows, write_rows};
use mino_datafusion::store::StoreError;
use std::collections::BTreeMap;
use tokio::time::{Duration, Instant};

/// A crash costs at most the attempts of this time …
const EVERY: Duration = Duration::from_secs(2);
/// … or of this number.
const AT_MOST: usize = 500;

/// Finished attempts on their way to the store.
#[derive(Debug)]
pub(super) struct Journal {
    catalog: Catalog,
    run_id: String,
    shard: u32,
    epoch: u64,
    next: u64,
    waiting: Vec<JournalRow>,
    last: Instant,
}

impl Journal {
    /// `epoch` is the version of the run's document that began this execution: no two executions share one.
    pub(super) fn new(catalog: Catalog, run_id: String, shard: u32, epoch: u64) -> Self {
        Self { catalog, run_id, shard, epoch, next: 0, waiting: Vec::new(), last: Instant::now() }
    }

    pub(super) fn add(&mut self, row: JournalRow) {
        self.waiting.push(row);
    }

    pub(super) fn due(&self) -> Instant {
        self.last + EVERY
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= AT_MOST
    }

    /// Writes what waits; its number. What could not be written goes on waiting.
    pub(super) async fn flush(&mut self) -> Result<usize, RunError> {
        self.last = Instant::now();
        if self.waiting.is_empty() {
            return Ok(0);
        }
        let path = layout::journal_file(self.catalog.org(), &self.run_id, self.shard, self.epoch, self.next);
        match self.catalog.store().create(&path, write_rows(&journal_schema(), &self.waiting)?).await {
            // Nobody else writes under our epoch: an earlier try of ours arrived although its answer did not.
            Ok(()) | Err(StoreError::AlreadyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.next += 1;
        let written = self.waiting.len();
        self.waiting.clear();
        Ok(written)
    }
}

/// Every attempt of a run that was flushed, one for each (task, number): the first that was written counts. Ordered by
/// task and number.
///
/// # Errors
/// When the store does not answer or a file cannot be read.
pub async fn read_journal(catalog: &Catalog, run_id: &str) -> Result<Vec<JournalRow>, RunError> {
    let mut attempts: BTreeMap<(String, u32), JournalRow> = BTreeMap::new();
    for object in catalog.store().list(&layout::journal(catalog.org(), run_id)).await? {
        let bytes = catalog.store().get(&object.location).await?;
        let bytes =
            bytes.ok_or_else(|| catalog.store().corrupt(&object.location, "it was removed while it was read"))?;
        for row in read_rows::<JournalRow>(bytes)? {
            attempts.entry((row.attempt.task_id.clone(), row.attempt.attempt_number)).or_insert(row);
        }
    }
    Ok(attempts.into_values().collect())
}
