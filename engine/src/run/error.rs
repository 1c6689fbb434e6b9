use crate::browse::BrowseError;
use crate::catalog::CatalogError;
use crate::dataset::DatasetError;
use crate::extract::ExtractError;
use crate::model::{RunStatus, Shard};
use chrono::{DateTime, Utc};
use mino_datafusion::schema::FormatError;
use mino_datafusion::store::StoreError;
use std::path::PathBuf;

/// Why a run could not be planned, executed or finalized.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A document.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The browser.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// A rule of the instructions.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A file of the run.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The goal template does not fit the rows.
    #[error("the prompt cannot be filled in for row `{row}`: {reason}")]
    Goal {
        /// Which row.
        row: String,
        /// What is wrong.
        reason: String,
    },
    /// The goal template names what there is not.
    #[error("the prompt names `{name}`{hint}")]
    Template {
        /// As in the prompt.
        name: String,
        /// What there is instead.
        hint: String,
    },
    /// A sample names rows that are not there.
    #[error("the dataset has no row `{row}`{hint}")]
    NoRow {
        /// As asked for.
        row: String,
        /// What there is instead.
        hint: String,
    },
    /// A setting that makes no sense.
    #[error("{setting} {value} is out of range: use {allowed}")]
    Setting {
        /// Its name on the command line.
        setting: &'static str,
        /// As given.
        value: String,
        /// What works.
        allowed: &'static str,
    },
    /// A run without its plan.
    #[error("run {run_id} has no plan in this store: it was never planned, or its files were removed")]
    NoPlan {
        /// Which run.
        run_id: String,
    },
    /// Somebody works on it.
    #[error(
        "worker {worker} works on shard {shard} of run {run_id} since {}: wait for it, stop it with `mino stop {run_id}`, or \
         try again when it is gone", .since.format("%F %T UTC")
    )]
    Owned {
        /// Which run.
        run_id: String,
        /// Which part of it.
        shard: Shard,
        /// Who.
        worker: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// A run is divided once.
    #[error("run {run_id} is divided into {of} shards, `{asked}` is none of them: use --shard 1/{of} to {of}/{of}")]
    Divided {
        /// Which run.
        run_id: String,
        /// Into how many.
        of: u32,
        /// What was asked for.
        asked: Shard,
    },
    /// Somebody else has taken over.
    #[error(
        "worker {worker} took over shard {shard} of run {run_id}, after this one had given no sign for longer than its \
         lease: what it had not yet written is done there"
    )]
    LeaseLost {
        /// Which run.
        run_id: String,
        /// Which part of it.
        shard: Shard,
        /// Who.
        worker: String,
    },
    /// The store went away, and was not waited for any longer.
    #[error(
        "{reason}; {attempts} finished attempts are kept in {}: `mino run --resume` on this machine brings them to the store",
        .kept.display()
    )]
    StoreAway {
        /// What it said.
        reason: String,
        /// How many wait.
        attempts: usize,
        /// Where.
        kept: PathBuf,
    },
    /// Finished attempts wait on the local disk and cannot be read.
    #[error(
        "finished attempts of this run wait in {} and cannot be read ({reason}): make the folder readable, or move it away \
         to have them tried again", .folder.display()
    )]
    Spool {
        /// Where.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is nothing to go on with, or nothing to order.
    #[error("run {run_id} is {status}{hint}")]
    Closed {
        /// Which run.
        run_id: String,
        /// How it ended.
        status: RunStatus,
        /// What to do instead.
        hint: &'static str,
    },
    /// A run has no such task.
    #[error("run {run_id} has no task `{task}`{hint}")]
    NoTask {
        /// Which run.
        run_id: String,
        /// As asked for.
        task: String,
        /// What there is instead.
        hint: String,
    },
    /// A run that kept no pages cannot be replayed.
    #[error(
        "run {run_id} kept no pages to replay: set `archive: true` under `run:` in the campaign file and run it again"
    )]
    NoArchive {
        /// Which run.
        run_id: String,
    },
    /// A task of the engine itself ended badly.
    #[error("the engine failed while it worked on {what}: {reason}; this is a bug, please report it")]
    Internal {
        /// On what.
        what: String,
        /// How.
        reason: String,
    },
}
