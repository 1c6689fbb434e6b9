use super::RunError;
use super::attempt::Workshop;
use super::journal::JournalIndex;
use super::plan::PlanRow;
use super::record::Record;
use crate::catalog::Catalog;
use crate::model::{RunId, RunRecord, TaskId};
use crate::page::{ArchivedPage, PageSnapshot};
use mino_datafusion::layout;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// The pages that a run kept, for another one to read again.
#[derive(Debug)]
pub struct Archive {
    run: RunId,
    /// Which attempts its tasks had.
    journal: JournalIndex,
    /// Paths of all kept pages.
    paths: HashSet<String>,
}

impl Archive {
    /// Of a run.
    ///
    /// # Errors
    /// When the store does not answer, or the run kept no pages.
    pub async fn open(catalog: &Catalog, record: &RunRecord) -> Result<Self, RunError> {
        let no_pages = || RunError::NoArchive { run_id: record.run_id.clone() };
        let run: RunId = record.run_id.parse().map_err(|_| no_pages())?;
        let prefix = layout::artifacts(catalog.org(), &record.run_id);
        let kept = catalog.store().list(&prefix).await?;
        let paths: HashSet<String> =
            kept.into_iter().map(|meta| meta.location.to_string()).filter(|path| path.ends_with(".parquet")).collect();
        if paths.is_empty() {
            return Err(no_pages());
        }
        Ok(Self { run, journal: JournalIndex::read(catalog, &record.run_id).await?, paths })
    }

    /// What the last attempt of a task that kept pages has kept, in the order in which it was read.
    pub(super) async fn pages(&self, catalog: &Catalog, task: &PlanRow) -> Result<VecDeque<ArchivedPage>, RunError> {
        let (run, source) = (self.run.to_string(), self.run.task(&task.row_id));
        let task_id = source.to_string();
        let path = |number: u32, page: usize| {
            let attempt = source.attempt(number).to_string();
            layout::artifact(catalog.org(), &run, &task_id, &attempt, &file_name(page))
        };
        let mut pages = VecDeque::new();
        let mut numbers = self.journal.attempts(&task_id).rev().map(|mark| mark.attempt_number);
        let last = numbers.find(|number| self.paths.contains(path(*number, 0).as_ref()));
        let Some(last) = last else { return Ok(pages) };
        for path in (0..).map(|page| path(last, page)).take_while(|path| self.paths.contains(path.as_ref())) {
            let Some(bytes) = catalog.store().get(&path).await? else { break };
            let read = tokio::task::spawn_blocking(move || ArchivedPage::from_parquet(bytes)).await;
            let page = read.map_err(|error| error.to_string()).and_then(|read| read.map_err(|error| error.to_string()));
            pages.push_back(page.map_err(|reason| catalog.store().corrupt(&path, &reason))?);
        }
        Ok(pages)
    }
}

fn file_name(page: usize) -> String {
    format!("page-{page}.parquet")
}

/// Keeps the pages of an attempt. One that cannot be kept is told of and fails nothing.
pub(super) async fn keep(
    shop: &Workshop,
    task: &PlanRow,
    number: u32,
    pages: Vec<(Arc<PageSnapshot>, Option<u16>)>,
    record: &mut Record,
) {
    let Ok(task_id) = task.task_id.parse::<TaskId>() else { return };
    let attempt = task_id.attempt(number).to_string();
    for (at, (page, http_status)) in pages.into_iter().enumerate() {
        let path = layout::artifact(shop.catalog.org(), &shop.run.run_id, &task.task_id, &attempt, &file_name(at));
        let written = tokio::task::spawn_blocking(move || ArchivedPage::parquet_of(&page, http_status)).await;
        let stored = match written {
            Ok(Ok(bytes)) => shop.catalog.store().put(&path, bytes).await.map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match stored {
            Ok(()) => record.step("archive", path.as_ref()),
            Err(error) => return record.step("archive", &format!("not kept: {error}")),
        }
    }
}
