//! Use cases: what a person or an orchestrator asks for, one file each. Every face calls these and nothing below.

mod apply;
mod artifact;
mod calibrate;
mod error;
mod file;
mod inventory;
mod named;
mod orders;
mod quality;
mod query;
mod replay;
mod resume;
mod run;
mod versions;
mod watch;
mod work;

pub use crate::run::Stop;
pub use apply::{Applied, apply};
pub use artifact::artifact;
pub use calibrate::{Calibrated, calibrate};
pub use error::{CampaignError, ErrorKind};
pub use file::read_campaign_file;
pub use inventory::{Inventory, RunLine, Shown, inventory, show};
pub use orders::{Command, Ordered, command};
pub use quality::{Quality, quality};
pub use query::query;
pub use replay::{ReplayRequest, replay};
pub use resume::{ResumeRequest, finalize_run, resume};
pub use run::{RunReport, RunRequest, plan_run, run, verify_run};
pub use watch::{Watcher, status};

use crate::catalog::Catalog;
use crate::model::Slug;
use mino_datafusion::store::Store;

/// One organization's part of a store, opened and checked. Writes nothing.
///
/// # Errors
/// When the location or the name is not valid, or the store does not answer.
pub async fn connect(location: &str, org: &str) -> Result<Catalog, CampaignError> {
    let org = Slug::parse(org).map_err(|error| CampaignError::Input(format!("--org: {error}")))?;
    let store = Store::open(location)?;
    store.check().await?;
    Ok(Catalog::new(store, org))
}
