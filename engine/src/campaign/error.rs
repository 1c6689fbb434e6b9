use crate::browse::BrowseError;
use crate::catalog::CatalogError;
use crate::dataset::DatasetError;
use crate::extract::ExtractError;
use crate::run::RunError;
use mino_datafusion::store::StoreError;

/// Why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// What was given makes no sense.
    #[error("{0}")]
    Input(String),
    /// A document.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A rule of the instructions.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// The browser.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// The run.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// What a caller can do about an error; decides exit codes and exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Give something else.
    Input,
    /// Store or browser are not reachable: try again, or look after them.
    Unreachable,
    /// Somebody else works on it: wait, or try again when their lease has ended.
    Busy,
    /// The run itself failed.
    Failed,
}

impl CampaignError {
    /// The store did not answer, or refused: it may take the same later.
    pub(super) fn is_store_away(&self) -> bool {
        match self {
            Self::Store(error) | Self::Catalog(CatalogError::Store(error)) => store(error) == ErrorKind::Unreachable,
            Self::Run(error) => error.is_store_away(),
            _ => false,
        }
    }

    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Input(_) | Self::Extract(_) => ErrorKind::Input,
            Self::Catalog(error) => catalog(error),
            Self::Store(error) => store(error),
            Self::Dataset(error) => dataset(error),
            Self::Browse(_) => ErrorKind::Unreachable,
            Self::Run(error) => match error {
                RunError::Catalog(error) => catalog(error),
                RunError::Store(error) => store(error),
                RunError::Browse(_) => ErrorKind::Unreachable,
                RunError::Dataset(error) => dataset(error),
                RunError::Extract(_)
                | RunError::Goal { .. }
                | RunError::Template { .. }
                | RunError::NoRow { .. }
                | RunError::Setting { .. }
                | RunError::NoArchive { .. }
                | RunError::NoPlan { .. }
                | RunError::NoTask { .. }
                | RunError::Closed { .. }
                | RunError::Divided { .. } => ErrorKind::Input,
                RunError::StoreAway { .. } => ErrorKind::Unreachable,
                RunError::Owned { .. } => ErrorKind::Busy,
                RunError::Spool { .. }
                | RunError::LeaseLost { .. }
                | RunError::Format(_)
                | RunError::Internal { .. } => ErrorKind::Failed,
            },
        }
    }
}

fn catalog(error: &CatalogError) -> ErrorKind {
    match error {
        CatalogError::Store(error) => store(error),
        CatalogError::NotFound { .. } => ErrorKind::Input,
        CatalogError::LostRace { .. } => ErrorKind::Failed,
    }
}

fn store(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::InvalidUrl { .. } => ErrorKind::Input,
        StoreError::Unreachable { .. } => ErrorKind::Unreachable,
        _ => ErrorKind::Failed,
    }
}

fn dataset(error: &DatasetError) -> ErrorKind {
    match error {
        DatasetError::Store(error) => store(error),
        DatasetError::Freeze(_) => ErrorKind::Failed,
        _ => ErrorKind::Input,
    }
}
