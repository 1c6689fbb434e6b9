use super::journal::Journal;
use super::patience::Waits;
use super::spool::Spool;
use super::{Notice, RunError};
use mino_datafusion::schema::JournalRow;
use mino_datafusion::store::StoreError;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

/// A crash costs at most the attempts of this time …
const EVERY: Duration = Duration::from_secs(2);
/// … or of this number.
const AT_MOST: usize = 500;

/// Brings finished attempts to the store, while the run goes on.
#[derive(Debug)]
pub(super) struct Scribe {
    rows: UnboundedSender<JournalRow>,
    task: JoinHandle<Result<(), RunError>>,
}

impl Scribe {
    /// `hurry`, cancelled: a store that is away is not waited for any longer.
    pub(super) fn start(
        journal: Journal,
        spool: Spool,
        hurry: CancellationToken,
        notices: UnboundedSender<Notice>,
    ) -> Self {
        let (sender, rows) = unbounded_channel();
        let writing = Writing { journal, spool, notices, hurry, rows, later: Vec::new() };
        Self { rows: sender, task: tokio::spawn(writing.run()) }
    }

    pub(super) fn add(&self, row: JournalRow) {
        // It has ended only after it told why.
        let _ = self.rows.send(row);
    }

    /// Waits until everything is in the store.
    pub(super) async fn finish(self) -> Result<(), RunError> {
        drop(self.rows);
        self.task
            .await
            .unwrap_or_else(|error| Err(RunError::Internal { what: "the journal".into(), reason: error.to_string() }))
    }
}

struct Writing {
    journal: Journal,
    spool: Spool,
    notices: UnboundedSender<Notice>,
    hurry: CancellationToken,
    rows: UnboundedReceiver<JournalRow>,
    /// What came while the store was away.
    later: Vec<JournalRow>,
}

impl Writing {
    async fn run(mut self) -> Result<(), RunError> {
        loop {
            let batch = self.batch().await;
            if batch.is_empty() {
                return Ok(());
            }
            if let Err(error) = self.write(&batch).await {
                let _ = self.notices.send(Notice::Failed);
                return Err(error);
            }
            let _ = self.notices.send(Notice::Flushed(batch.len()));
        }
    }

    /// The next rows to write; none when there will be no more.
    async fn batch(&mut self) -> Vec<JournalRow> {
        let mut batch = std::mem::take(&mut self.later);
        if batch.is_empty() {
            match self.rows.recv().await {
                Some(row) => batch.push(row),
                None => return batch,
            }
        }
        let due = Instant::now() + EVERY;
        while batch.len() < AT_MOST {
            match timeout_at(due, self.rows.recv()).await {
                Ok(Some(row)) => batch.push(row),
                Ok(None) | Err(_) => break,
            }
        }
        batch
    }

    /// Writes rows; while the store is away they wait on the local disk, with what comes meanwhile.
    async fn write(&mut self, batch: &[JournalRow]) -> Result<(), RunError> {
        let Some(mut reason) = self.attempt(batch).await? else { return Ok(()) };
        let kept = self.keep(batch);
        let _ = self.notices.send(Notice::StoreAway { reason: format!("{reason}; {kept}") });
        let mut waits = Waits::new();
        loop {
            self.wait(waits.next()).await;
            if self.hurry.is_cancelled() {
                // What is given up now is to be kept too.
                while let Some(row) = self.rows.recv().await {
                    self.keep(std::slice::from_ref(&row));
                    self.later.push(row);
                }
                let attempts = batch.len() + self.later.len();
                return Err(RunError::StoreAway { reason, attempts, kept: self.spool.folder().to_path_buf() });
            }
            match self.attempt(batch).await? {
                Some(again) => reason = again,
                None => break,
            }
        }
        // What came meanwhile is kept on the disk too: only then is that of no more use.
        let later = std::mem::take(&mut self.later);
        if !later.is_empty() {
            Box::pin(self.write(&later)).await?;
            let _ = self.notices.send(Notice::Flushed(later.len()));
        }
        self.spool.clear();
        let _ = self.notices.send(Notice::StoreBack);
        Ok(())
    }

    /// Why the store did not take them; `None`: it did.
    async fn attempt(&mut self, batch: &[JournalRow]) -> Result<Option<String>, RunError> {
        match self.journal.write(batch).await {
            Ok(()) => Ok(None),
            Err(RunError::Store(error @ StoreError::Unreachable { .. })) => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        }
    }

    async fn wait(&mut self, wait: Duration) {
        let hurry = self.hurry.clone();
        let mut waited = std::pin::pin!(sleep(wait));
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                () = hurry.cancelled() => break,
                row = self.rows.recv(), if open => match row {
                    Some(row) => {
                        self.keep(std::slice::from_ref(&row));
                        self.later.push(row);
                    }
                    None => open = false,
                },
                () = &mut waited => return,
            }
        }
    }

    fn keep(&mut self, rows: &[JournalRow]) -> String {
        match self.spool.keep(rows) {
            Ok(()) => format!("finished attempts are kept in {}", self.spool.folder().display()),
            Err(error) => {
                format!("finished attempts are kept in memory alone ({}: {error})", self.spool.folder().display())
            }
        }
    }
}
