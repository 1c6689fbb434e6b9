use super::{StoreArgs, exit};
use crate::campaign::{CampaignError, quality};
use crate::model::Severity;
use chrono::Utc;
use clap::Args;
use std::process::ExitCode;

/// Ask whether a finished run keeps its campaign's quality rules
#[derive(Debug, Args)]
#[command(after_help = "Rules are in the campaign file:\n  quality:\n    - {check: accuracy, at_least: 0.9}\n    \
                  - {check: completeness, field: phone, at_least: 0.8, severity: warn}\n    \
                  - {check: failures, at_most: 0.1}\n\nExample:\n  mino quality latest")]
pub(super) struct Quality {
    /// A run's id, its first letters, or `latest`
    run: String,
    /// Print one JSON object a rule
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Quality {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (record, rules) = quality(&self.store.connect().await?, &self.run, None, Utc::now()).await?;
        for rule in &rules {
            if self.json {
                println!("{}", serde_json::json!(rule));
                continue;
            }
            let verdict = match (rule.passed, rule.severity) {
                (true, _) => "ok",
                (false, Severity::Warn) => "WARN",
                (false, Severity::Error) => "MISSED",
            };
            println!("{verdict:<6}  {}", rule.text);
        }
        if rules.is_empty() && !self.json {
            println!("campaign {} has no quality rules: add some under `quality:` in its file", record.campaign);
        }
        let missed = rules.iter().any(|rule| !rule.passed && rule.severity == Severity::Error);
        Ok(if missed { ExitCode::from(exit::GATE) } else { ExitCode::SUCCESS })
    }
}
