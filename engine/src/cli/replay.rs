use super::StoreArgs;
use super::progress::{Style, listener};
use super::run::{ended, stop_on_signals};
use crate::campaign::{self, CampaignError, ReplayRequest};
use clap::Args;
use std::process::ExitCode;

/// Extract again from the pages that a run kept, without any traffic
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mino replay latest\n  mino replay 019ab --instructions 1.1 --min-accuracy 0.9\n\nA run keeps \
                        its pages when its campaign file says `run: {archive: true}`. The replay is a run of its own, with all tables."
)]
pub(super) struct Replay {
    /// Id of a run, its first letters, or latest
    run: String,
    /// Version of the campaign's instructions [default: those of the run]
    #[arg(long, value_name = "VERSION")]
    instructions: Option<String>,
    /// Pages read at once [default: the run's]
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
    /// Exit with 4 when the lower bound of the accuracy is below this share
    #[arg(long, value_name = "SHARE")]
    min_accuracy: Option<f64>,
    /// Print events as JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Replay {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let catalog = self.store.connect().await?;
        let request = ReplayRequest {
            run: self.run,
            instructions: self.instructions,
            concurrency: self.concurrency,
            stop: stop_on_signals(),
        };
        let report = campaign::replay(&catalog, request, &mut [listener(Style::here(self.json))]).await?;
        Ok(ended(&report, self.json, self.min_accuracy, &self.store.store))
    }
}
