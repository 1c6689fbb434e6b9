use super::StoreArgs;
use super::progress::{Style, listener};
use super::run::ended;
use crate::campaign::{self, CampaignError};
use clap::Args;
use std::process::ExitCode;

/// Publish the tables of a run that nobody works on any more, from what is in its journal
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mino finalize latest\n\nTasks that were not done are skipped; `mino run --resume RUN` does them instead. A run that is \
                        closed stays as it is."
)]
pub(super) struct Finalize {
    /// Id of a run, its first letters, or latest
    run: String,
    /// Print events as JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Finalize {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let catalog = self.store.connect().await?;
        let report = campaign::finalize_run(&catalog, &self.run, &mut [listener(Style::here(self.json))]).await?;
        Ok(ended(&report, self.json, None, &self.store.store))
    }
}
