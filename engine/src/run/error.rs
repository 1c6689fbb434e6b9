use crate::browse::BrowseError;
use crate::catalog::CatalogError;
use crate::dataset::DatasetError;
use crate::extract::ExtractError;
use mino_datafusion::schema::FormatError;
use mino_datafusion::store::StoreError;

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
