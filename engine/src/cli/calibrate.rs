use super::StoreArgs;
use crate::campaign::{self, CampaignError};
use crate::model::{ReliabilityFigures, TypeCalibration};
use clap::Args;
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// Fit confidences to the known answers of earlier runs; the next run applies it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mino calibrate sheriff-contacts\n  mino sql \"select type, ece(confidence, match), auroc(confidence, match) from fields \
                        where value is not null group by type\"\n\nBy field type: from 50 values with a known answer Platt scaling, from 500 isotonic regression. \
                        The figures are of fits\nthat did not see the hosts they judge."
)]
pub(super) struct Calibrate {
    /// Name of the campaign
    campaign: String,
    /// Version of its instructions [default: the one in force]
    #[arg(long, value_name = "VERSION")]
    instructions: Option<String>,
    /// Print the calibration as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Calibrate {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let catalog = self.store.connect().await?;
        let calibrated = campaign::calibrate(&catalog, &self.campaign, self.instructions.as_deref()).await?;
        if self.json {
            println!("{}", serde_json::to_string(&calibrated).unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
        let record = &calibrated.record;
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_header([
            "type",
            "values",
            "hosts",
            "method",
            "ECE before",
            "ECE",
            "Brier",
            "AUROC",
            ">= 0.9",
            "of these right",
        ]);
        for (name, kind) in &record.types {
            table.add_row(row(name, kind.cells, kind.hosts, method(kind), &kind.figures));
        }
        table.add_row(row("all", record.cells, record.hosts, "", &record.figures));
        println!(
            "calibration v{} of {} under instructions {}\n\n{table}",
            calibrated.version, record.campaign, record.instructions_version
        );
        println!("\nnext: mino run {} (its confidences are probabilities by this calibration)", record.campaign);
        Ok(ExitCode::SUCCESS)
    }
}

fn method(kind: &TypeCalibration) -> &'static str {
    kind.calibrator.as_ref().map_or("heuristic: too few", |calibrator| calibrator.method())
}

fn row(name: &str, cells: u64, hosts: u64, method: &str, figures: &ReliabilityFigures) -> [String; 10] {
    let figure = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.3}"));
    [
        name.to_owned(),
        cells.to_string(),
        hosts.to_string(),
        method.to_owned(),
        figure(figures.raw_ece),
        figure(figures.ece),
        figure(figures.brier),
        figure(figures.auroc),
        figures.sure_cells.to_string(),
        figure(figures.sure_accuracy),
    ]
}
