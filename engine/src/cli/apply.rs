use super::StoreArgs;
use crate::campaign::{Applied, CampaignError, apply};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Make the store say what a campaign file says
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mino apply -f campaigns/sheriff-contacts.yaml --store s3://bucket/mino\n\nThe same \
                        file again changes nothing; a changed prompt needs a new instructions.version."
)]
pub(super) struct Apply {
    /// The campaign file (YAML)
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Apply {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let catalog = self.store.connect().await?;
        let applied = apply(&catalog, &self.file, self.why).await?;
        if self.json {
            println!("{}", serde_json::to_string(&applied).unwrap_or_default());
        } else {
            print(&applied);
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub(super) fn print(applied: &Applied) {
    print_applied(applied);
    println!("next: mino run {}", applied.campaign.campaign);
}

/// Campaign, instructions, the dataset's columns and what they were taken for.
pub(super) fn print_applied(applied: &Applied) {
    let state = |changed: bool| if changed { "new" } else { "unchanged" };
    let campaign = &applied.campaign;
    println!("campaign      {} ({})", campaign.campaign, state(applied.campaign_changed));
    println!("instructions  {} ({})", campaign.instructions_version, state(applied.instructions_changed));
    println!(
        "dataset       {} v{} ({}): {} rows from {}",
        campaign.dataset,
        campaign.dataset_version,
        state(applied.dataset_changed),
        applied.dataset.rows,
        applied.dataset.source
    );
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    for column in &applied.dataset.columns {
        let filled = format!("{} of {}", column.filled, applied.dataset.rows);
        table.add_row([format!("  {}", column.name), column.column_type.to_string(), column.role.to_string(), filled]);
    }
    println!("{}", table.trim_fmt());
    if !applied.report.duplicates.is_empty() {
        println!(
            "note: {} rows repeat an address of an earlier row: rows {}",
            applied.report.duplicates.len(),
            rows(&applied.report.duplicates)
        );
    }
    if !applied.report.blank_urls.is_empty() {
        println!(
            "note: {} rows have no address and will fail: rows {}",
            applied.report.blank_urls.len(),
            rows(&applied.report.blank_urls)
        );
    }
    for note in &applied.notes {
        println!("note: {note}");
    }
}

fn rows(rows: &[usize]) -> String {
    let shown: Vec<String> = rows.iter().take(8).map(usize::to_string).collect();
    format!("{}{}", shown.join(", "), if rows.len() > 8 { " …" } else { "" })
}
