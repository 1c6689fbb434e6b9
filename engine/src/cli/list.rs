use super::StoreArgs;
use crate::campaign::{CampaignError, inventory};
use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// List campaigns, datasets and runs
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mino list runs")]
pub(super) struct List {
    /// Only these
    what: Option<What>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Campaigns,
    Datasets,
    Runs,
}

impl List {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let inventory = inventory(&self.store.connect().await?).await?;
        if self.json {
            println!("{}", serde_json::to_string(&inventory).unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
        let wanted = |what| self.what.is_none_or(|only| only == what);
        if inventory.campaigns.is_empty() && inventory.datasets.is_empty() {
            println!("nothing here yet: `mino apply -f campaign.yaml`, or `mino demo`");
            return Ok(ExitCode::SUCCESS);
        }
        if wanted(What::Campaigns) {
            let mut table = table(["CAMPAIGN", "INSTRUCTIONS", "DATASET", "PURPOSE"]);
            for campaign in &inventory.campaigns {
                let dataset = format!("{} v{}", campaign.dataset, campaign.dataset_version);
                let purpose = campaign.purpose.clone().unwrap_or_default();
                table.add_row([campaign.campaign.to_string(), campaign.instructions_version.clone(), dataset, purpose]);
            }
            println!("{}\n", table.trim_fmt());
        }
        if wanted(What::Datasets) {
            let mut table = table(["DATASET", "VERSION", "ROWS", "SOURCE"]);
            for (version, dataset) in &inventory.datasets {
                let (rows, source) = (dataset.rows.to_string(), dataset.source.clone());
                table.add_row([dataset.dataset.to_string(), format!("v{version}"), rows, source]);
            }
            println!("{}\n", table.trim_fmt());
        }
        if wanted(What::Runs) {
            let mut table = table(["RUN", "CAMPAIGN", "TYPE", "STATUS", "STARTED (UTC)", "COMPLETED", "ACCURACY"]);
            for run in &inventory.runs {
                let run = &run.record;
                let done =
                    run.counts.map(|counts| format!("{} of {}", counts.completed, counts.tasks)).unwrap_or_default();
                let accuracy = match (run.accuracy, run.accuracy_lower) {
                    (Some(accuracy), Some(lower)) => format!("{accuracy:.3} (≥ {lower:.3})"),
                    _ => "-".into(),
                };
                let started = run.started_at.format("%Y-%m-%d %H:%M:%S").to_string();
                let (kind, status) = (run.run_type.to_string(), run.status.to_string());
                table.add_row([run.run_id.clone(), run.campaign.to_string(), kind, status, started, done, accuracy]);
            }
            println!("{}", table.trim_fmt());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    table
}
