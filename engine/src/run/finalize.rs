use super::journal::JournalIndex;
use super::summary::Tally;
use super::tables::Deriver;
use super::{Listener, Orders, Plan, RunError, RunEvent, RunSummary};
use crate::catalog::{Catalog, CatalogError, Who};
use crate::model::{RunRecord, RunStatus};
use chrono::Utc;
use mino_datafusion::layout::{self, Kind, Table};
use mino_datafusion::schema::{
    TableWriter, attempts_schema, fields_schema, results_batch, results_schema, rows_to_batch, tasks_schema,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// One published table of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTable {
    /// Which.
    pub table: Table,
    /// Path in the store.
    pub path: String,
    /// Number of rows.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// The immutable snapshot of a finished run: the body of its result document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultRecord {
    /// Which run.
    pub run_id: String,
    /// Its tables.
    pub tables: Vec<PublishedTable>,
    /// What came of it.
    pub summary: RunSummary,
}

/// How the execution of a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Every task was worked off.
    Completed,
    /// By a person or a budget: who and why.
    Stopped(String),
    /// By an error of the engine, its store or its browser: this one.
    Failed(String),
}

/// Tasks whose rows are in memory at once: tables of any size are made part by part, always the same.
const AT_ONCE: usize = 4096;

/// Derives the tables of a run from its journal, publishes one file a table, then the result document, then closes the
/// run's own document. A run that is closed already stays as it is. May be called by several at once: the same journal gives
/// the same bytes.
///
/// # Errors
/// When the store does not answer.
pub async fn finalize(
    catalog: &Catalog,
    plan: &Plan,
    ended: &Ended,
    listeners: &mut [Box<dyn Listener>],
) -> Result<ResultRecord, RunError> {
    let id = &plan.record.run_id;
    if let Some(known) = catalog.latest::<ResultRecord>(Kind::Results, id).await? {
        let document = catalog.expect::<RunRecord>(Kind::Runs, id).await?;
        if document.body.status.is_closed() {
            return Ok(known.body);
        }
    }
    let result = publish(catalog, plan).await?;
    store_result(catalog, &result).await?;
    let status = close(catalog, id, &result.summary, ended).await?;
    for listener in listeners.iter_mut() {
        let summary = result.summary.clone();
        listener.on_event(&RunEvent::Finalized { run_id: id.clone(), status, summary });
    }
    Ok(result)
}

async fn publish(catalog: &Catalog, plan: &Plan) -> Result<ResultRecord, RunError> {
    let id = &plan.record.run_id;
    let orders = Orders::read(catalog, id).await?;
    let index = JournalIndex::read(catalog, id).await?;
    let deriver = Deriver::new(plan, &orders.reviewed);
    let columns = deriver.columns();
    let mut tally = Tally::default();
    let mut writers = [
        (Table::Attempts, TableWriter::new(&attempts_schema())?),
        (Table::Fields, TableWriter::new(&fields_schema())?),
        (Table::Results, TableWriter::new(&results_schema(&columns))?),
        (Table::Tasks, TableWriter::new(&tasks_schema())?),
    ];
    for tasks in plan.tasks.chunks(AT_ONCE) {
        let rows = index.rows(catalog, tasks).await?;
        let tables = deriver.derive(tasks, rows);
        tally.add(&tables);
        for (table, writer) in &mut writers {
            writer.write(&match table {
                Table::Attempts => rows_to_batch(&attempts_schema(), &tables.attempts)?,
                Table::Fields => rows_to_batch(&fields_schema(), &tables.fields)?,
                Table::Results => results_batch(&columns, &tables.tasks, &tables.fields)?,
                Table::Tasks => rows_to_batch(&tasks_schema(), &tables.tasks)?,
            })?;
        }
    }
    let mut published = Vec::new();
    for (table, writer) in writers {
        let (bytes, rows) = writer.finish()?;
        let path = layout::table_file(table, catalog.org(), &plan.record.campaign, &plan.record.date, id);
        published.push(PublishedTable {
            table,
            path: path.to_string(),
            rows: rows as u64,
            bytes: bytes.len() as u64,
            sha256: sha256(&bytes),
        });
        catalog.store().put(&path, bytes).await?;
    }
    let summary = tally.summary(columns.iter().map(|column| column.name.as_str()));
    Ok(ResultRecord { run_id: id.clone(), tables: published, summary })
}

/// The next version of the result, unless the newest says the same.
async fn store_result(catalog: &Catalog, result: &ResultRecord) -> Result<(), RunError> {
    loop {
        let known = catalog.latest::<ResultRecord>(Kind::Results, &result.run_id).await?;
        if known.as_ref().is_some_and(|known| known.body == *result) {
            return Ok(());
        }
        let version = known.map_or(0, |known| known.version);
        match catalog.write(Kind::Results, &result.run_id, version, Who::here("finalize"), result.clone()).await {
            Ok(_) => return Ok(()),
            // Another finalizes at the same time.
            Err(CatalogError::LostRace { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

async fn close(catalog: &Catalog, id: &str, summary: &RunSummary, ended: &Ended) -> Result<RunStatus, RunError> {
    let (status, reason) = match ended {
        Ended::Completed => (RunStatus::Completed, None),
        Ended::Stopped(reason) => (RunStatus::Stopped, Some(reason.clone())),
        Ended::Failed(reason) => (RunStatus::Failed, Some(reason.clone())),
    };
    let accuracy = summary.accuracy;
    let closed = |open: RunRecord| RunRecord {
        status,
        completed_at: Some(Utc::now()),
        reason: reason.clone(),
        counts: Some(summary.counts),
        accuracy: accuracy.map(|share| share.value),
        accuracy_lower: accuracy.map(|share| share.lower),
        accuracy_upper: accuracy.map(|share| share.upper),
        accuracy_cells: accuracy.map(|share| share.n),
        ..open
    };
    let written =
        change_run(catalog, id, Who::here("finalize"), |open| (!open.status.is_closed()).then(|| closed(open.clone())));
    Ok(written.await?.status)
}

/// Opens a closed run again.
///
/// # Errors
/// When the store does not answer.
pub async fn reopen(catalog: &Catalog, id: &str) -> Result<RunRecord, RunError> {
    let opened = |closed: &RunRecord| {
        let status = RunStatus::Running;
        let record = RunRecord { status, completed_at: None, reason: None, counts: None, ..closed.clone() };
        closed.status.is_closed().then_some(record)
    };
    change_run(catalog, id, Who::here("reopen"), opened).await
}

/// Writes the next version of a run's document, as `change` makes it of the newest; `None`: it stays as it is. Changes that
/// others make at the same time are not lost.
pub(super) async fn change_run(
    catalog: &Catalog,
    id: &str,
    who: Who,
    change: impl Fn(&RunRecord) -> Option<RunRecord>,
) -> Result<RunRecord, RunError> {
    loop {
        let document = catalog.expect::<RunRecord>(Kind::Runs, id).await?;
        let Some(next) = change(&document.body) else { return Ok(document.body) };
        match catalog.write(Kind::Runs, id, document.version, who.clone(), next).await {
            Ok(written) => return Ok(written.body),
            Err(CatalogError::LostRace { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
