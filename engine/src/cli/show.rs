use super::{StoreArgs, summary};
use crate::campaign::{CampaignError, Shown, show};
use clap::Args;
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// Show one campaign, dataset or run
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mino show sheriff-contacts\n  mino show latest")]
pub(super) struct Show {
    /// A name, the first letters of a run's id, or `latest`
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Show {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let shown = show(&self.store.connect().await?, &self.name).await?;
        if self.json {
            println!("{}", serde_json::to_string(&shown).unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
        match shown {
            Shown::Campaign { campaign, instructions, dataset } => {
                println!("campaign      {}", campaign.campaign);
                println!("purpose       {}", campaign.purpose.unwrap_or_default());
                println!("instructions  {}: {}", instructions.instructions_version, instructions.prompt.trim());
                println!("dataset       {} v{}: {} rows", campaign.dataset, campaign.dataset_version, dataset.rows);
                let mut table = Table::new();
                table.load_preset(presets::NOTHING).set_header(["FIELD", "TYPE", "REQUIRED", "DESCRIPTION"]);
                for field in instructions.fields {
                    let required = if field.required { "yes" } else { "" };
                    let description = field.description.unwrap_or_default();
                    table.add_row([field.name, field.field_type.to_string(), required.into(), description]);
                }
                println!("\n{}", table.trim_fmt());
            }
            Shown::Dataset { version, dataset } => {
                println!("dataset  {} v{version}: {} rows from {}", dataset.dataset, dataset.rows, dataset.source);
                let mut table = Table::new();
                table.load_preset(presets::NOTHING).set_header(["COLUMN", "TYPE", "ROLE", "FILLED"]);
                for column in dataset.columns {
                    let (kind, role) = (column.column_type.to_string(), column.role.to_string());
                    table.add_row([column.name, kind, role, column.filled.to_string()]);
                }
                println!("\n{}", table.trim_fmt());
            }
            Shown::Run { run, result } => {
                println!("run           {} ({}, {})", run.run_id, run.run_type, run.status);
                println!("campaign      {}, instructions {}", run.campaign, run.instructions_version);
                println!("dataset       {} v{}, sample {}", run.dataset, run.dataset_version, run.sample);
                println!("started       {}", run.started_at.to_rfc3339());
                if let Some(completed) = run.completed_at {
                    println!("completed     {}", completed.to_rfc3339());
                }
                if let Some(result) = result {
                    summary::print_summary(&result.summary);
                    println!();
                    for table in result.tables {
                        println!("{:>8} rows  {}", table.rows, table.path);
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
