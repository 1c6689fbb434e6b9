use super::tables::{Tables, derive};
use super::{Listener, Plan, RunError, RunEvent, RunSummary, read_journal};
use crate::catalog::{Catalog, Document, Who};
use crate::model::{RunRecord, RunStatus};
use bytes::Bytes;
use chrono::Utc;
use mino_datafusion::layout::{self, Kind, Table};
use mino_datafusion::schema::{
    attempts_schema, fields_schema, results_batch, rows_to_batch, tasks_schema, write_batch,
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
    /// By a person.
    Stopped,
    /// By an error of the engine, its store or its browser: this one.
    Failed(String),
}

/// Derives the tables of a run from its journal, publishes one file a table, then the result document, then closes the
/// run's own document. A run that is closed already stays as it is.
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
    let known = catalog.latest::<ResultRecord>(Kind::Results, id).await?;
    let document = catalog.expect::<RunRecord>(Kind::Runs, id).await?;
    if let Some(known) = known.as_ref().filter(|_| is_closed(document.body.status)) {
        return Ok(known.body.clone());
    }
    let tables = derive(plan, read_journal(catalog, id).await?);
    let summary = RunSummary::of(&tables);
    let mut published = Vec::new();
    for (table, rows, bytes) in files(&tables)? {
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
    let result = ResultRecord { run_id: id.clone(), tables: published, summary };
    if known.as_ref().is_none_or(|known| known.body != result) {
        let version = known.map_or(0, |known| known.version);
        catalog.write(Kind::Results, id, version, Who::here("finalize"), result.clone()).await?;
    }
    let status = close(catalog, document, &result.summary, ended).await?;
    for listener in listeners.iter_mut() {
        let summary = result.summary.clone();
        listener.on_event(&RunEvent::Finalized { run_id: id.clone(), status, summary });
    }
    Ok(result)
}

fn files(tables: &Tables) -> Result<[(Table, usize, Bytes); 4], RunError> {
    let results = results_batch(&tables.columns, &tables.tasks, &tables.fields)?;
    Ok([
        (Table::Attempts, tables.attempts.len(), write_batch(&rows_to_batch(&attempts_schema(), &tables.attempts)?)?),
        (Table::Fields, tables.fields.len(), write_batch(&rows_to_batch(&fields_schema(), &tables.fields)?)?),
        (Table::Results, results.num_rows(), write_batch(&results)?),
        (Table::Tasks, tables.tasks.len(), write_batch(&rows_to_batch(&tasks_schema(), &tables.tasks)?)?),
    ])
}

fn is_closed(status: RunStatus) -> bool {
    matches!(status, RunStatus::Completed | RunStatus::Stopped | RunStatus::Failed)
}

async fn close(
    catalog: &Catalog,
    document: Document<RunRecord>,
    summary: &RunSummary,
    ended: &Ended,
) -> Result<RunStatus, RunError> {
    let open = document.body;
    if is_closed(open.status) {
        return Ok(open.status);
    }
    let (status, reason) = match ended {
        Ended::Completed => (RunStatus::Completed, None),
        Ended::Stopped => (RunStatus::Stopped, Some("stopped by a person".to_owned())),
        Ended::Failed(reason) => (RunStatus::Failed, Some(reason.clone())),
    };
    let (id, accuracy) = (open.run_id.clone(), summary.accuracy);
    let closed = RunRecord {
        status,
        completed_at: Some(Utc::now()),
        reason,
        counts: Some(summary.counts),
        accuracy: accuracy.map(|share| share.value),
        accuracy_lower: accuracy.map(|share| share.lower),
        accuracy_upper: accuracy.map(|share| share.upper),
        accuracy_cells: accuracy.map(|share| share.n),
        ..open
    };
    catalog.write(Kind::Runs, &id, document.version, Who::here("finalize"), closed).await?;
    Ok(status)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
