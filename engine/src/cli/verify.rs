use super::{StoreArgs, exit};
use crate::campaign::{CampaignError, verify_run};
use clap::Args;
use std::process::ExitCode;

/// Compare the tables of a run with the checksums that it published
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mino verify latest")]
pub(super) struct Verify {
    /// A run's id, its first letters, or `latest`
    run: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Verify {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (run_id, verifications) = verify_run(&self.store.connect().await?, &self.run).await?;
        let faults = verifications.iter().filter(|table| table.fault.is_some()).count();
        if self.json {
            println!("{}", serde_json::json!({"run_id": run_id, "tables": verifications, "ok": faults == 0}));
        } else {
            for table in &verifications {
                let verdict = table.fault.as_ref().map_or_else(|| "ok".to_owned(), |fault| format!("BAD: {fault}"));
                println!("{:<9} {:>8} rows  {verdict}  {}", table.table, table.rows, table.path);
            }
            println!(
                "run {run_id}: {}",
                if faults == 0 {
                    "every checksum is right".to_owned()
                } else {
                    format!("{faults} tables are not as published")
                }
            );
        }
        Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
    }
}
