use super::watch::sections::{self, Section, Theme};
use super::watch::words::{rate, span};
use super::{StoreArgs, summary};
use crate::campaign::{CampaignError, status};
use crate::run::RunProgress;
use clap::Args;
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// Cells of a line.
const WIDTH: usize = 110;

/// Show how runs go: one, or all that are open
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mino status\n  mino status latest")]
pub(super) struct Status {
    /// Id of a run, its first letters, or `latest` [default: every open run]
    run: Option<String>,
    /// Print one JSON object a run
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Status {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let runs = status(&self.store.connect().await?, self.run.as_deref()).await?;
        if self.json {
            runs.iter().for_each(|run| println!("{}", serde_json::to_string(run).unwrap_or_default()));
            return Ok(ExitCode::SUCCESS);
        }
        match (self.run, runs.as_slice()) {
            (Some(_), [run]) => text(run).iter().for_each(|line| println!("{line}")),
            (_, []) => println!("no run is open; `mino list runs` shows those that are done"),
            (_, runs) => table(runs),
        }
        if let Some(summary) = runs.first().filter(|run| run.is_closed()).and_then(|run| run.summary.as_ref()) {
            summary::print_summary(summary);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(runs: &[RunProgress]) {
    let mut table = Table::new();
    let header = ["RUN", "CAMPAIGN", "STATE", "DONE", "FAILED", "RATE", "LEFT", "HEALTH", "ALERTS", "SINCE (UTC)"];
    table.load_preset(presets::NOTHING).set_header(header);
    for run in runs {
        let left = run.eta.map_or_else(|| "-".into(), |eta| span(eta.seconds));
        let health = run
            .health
            .as_ref()
            .map_or_else(|| "-".into(), |health| format!("{:.0} {}", health.score, health.light.as_str()));
        table.add_row([
            run.run_id.clone(),
            run.campaign.clone(),
            run.stand.as_str().to_owned(),
            format!("{} of {}", run.totals.finished(), run.totals.tasks),
            run.totals.failed.to_string(),
            rate(run.rate.steady),
            left,
            health,
            run.alerts.len().to_string(),
            run.started_at.format("%m-%d %H:%M:%S").to_string(),
        ]);
    }
    println!("{}", table.trim_fmt());
    for run in runs {
        for alert in &run.alerts {
            println!("! {}: {}", run.campaign, sections::alert_text(alert, run));
        }
    }
}

/// All about one run.
fn text(run: &RunProgress) -> Vec<String> {
    let theme = Theme { colour: false };
    let mut lines = vec![sections::head(run, theme, WIDTH), sections::bar(run, theme, WIDTH)];
    if !run.is_closed() {
        lines.extend([sections::pace(run, theme, WIDTH), sections::health(run, theme)]);
        lines.extend(sections::alerts(run, theme, WIDTH));
    }
    let all = [
        sections::shards(run, theme, WIDTH),
        sections::under_way(run, theme, WIDTH),
        sections::failures(run, theme, WIDTH),
        sections::values(run, theme, WIDTH),
    ];
    let mut text: Vec<String> = lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect();
    for Section { title, rows } in all.into_iter().filter(|section| !section.rows.is_empty()) {
        text.extend([String::new(), title]);
        text.extend(rows.iter().map(|row| format!("  {}", row.to_string().trim_end())));
    }
    text
}
