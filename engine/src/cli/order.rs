use super::StoreArgs;
use crate::campaign::{CampaignError, Command, command};
use clap::Args;
use std::process::ExitCode;

/// The run that an order is for.
#[derive(Debug, Args)]
struct Which {
    /// Why, for the record
    #[arg(long, visible_alias = "why", value_name = "TEXT")]
    reason: Option<String>,
    /// Print the order as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Begin no further pages; a pause lasts until `mino resume`, over restarts too
#[derive(Debug, Args)]
pub(super) struct Pause {
    /// Id of a run, its first letters, or latest [default: the only open run]
    run: Option<String>,
    #[command(flatten)]
    which: Which,
}

/// Lift a pause
#[derive(Debug, Args)]
#[command(after_help = "To go on with a run whose process is gone: mino run --resume RUN")]
pub(super) struct Resume {
    /// Id of a run, its first letters, or latest [default: the only open run]
    run: Option<String>,
    #[command(flatten)]
    which: Which,
}

/// End a run with what is done, on whatever machines it works
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mino stop latest --reason \"wrong dataset\"\n  mino stop latest --now\n\n`mino run --resume RUN` goes on with it."
)]
pub(super) struct Stop {
    /// Id of a run, its first letters, or latest [default: the only open run]
    run: Option<String>,
    /// Give up the pages that are under way, too
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    which: Which,
}

/// Change a setting of a live run
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mino set concurrency=8\n  mino set latest concurrency=2")]
pub(super) struct Set {
    /// The run [default: the only open run], and concurrency=N: pages that each worker has open at once
    #[arg(num_args = 1..=2, required = true, value_names = ["RUN", "SETTING=VALUE"])]
    what: Vec<String>,
    #[command(flatten)]
    which: Which,
}

/// Do not try a task, or not again
#[derive(Debug, Args)]
#[command(after_help = TASKS)]
pub(super) struct Skip {
    /// The run [default: the only open run], and the task: its row, its address, or its id
    #[arg(num_args = 1..=2, required = true, value_names = ["RUN", "TASK"])]
    what: Vec<String>,
    #[command(flatten)]
    which: Which,
}

/// Try a task once more, however it ended
#[derive(Debug, Args)]
#[command(after_help = TASKS)]
pub(super) struct Retry {
    /// The run [default: the only open run], and the task: its row, its address, or its id
    #[arg(num_args = 1..=2, required = true, value_names = ["RUN", "TASK"])]
    what: Vec<String>,
    #[command(flatten)]
    which: Which,
}

/// Mark a task for a person to look at: `needs_review` in the tables
#[derive(Debug, Args)]
#[command(after_help = TASKS)]
pub(super) struct Review {
    /// The run [default: the only open run], and the task: its row, its address, or its id
    #[arg(num_args = 1..=2, required = true, value_names = ["RUN", "TASK"])]
    what: Vec<String>,
    #[command(flatten)]
    which: Which,
}

const TASKS: &str =
    "Examples, for skip, retry and review alike:\n  mino skip 17\n  mino retry latest https://www.example.org/";

impl Pause {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        self.which.order(self.run.as_deref(), Command::Pause).await
    }
}

impl Resume {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        self.which.order(self.run.as_deref(), Command::Resume).await
    }
}

impl Stop {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        self.which.order(self.run.as_deref(), Command::Stop { now: self.now }).await
    }
}

impl Set {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (run, setting) = run_and(&self.what);
        let value = match setting.split_once('=') {
            Some(("concurrency", value)) => value.trim().parse::<u32>().ok(),
            _ => None,
        };
        let value = value.ok_or_else(|| {
            CampaignError::Input(format!(
                "`{setting}` is no setting of a live run: write concurrency=N, N from 1 to 256"
            ))
        })?;
        self.which.order(run, Command::SetConcurrency(value)).await
    }
}

impl Skip {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (run, task) = run_and(&self.what);
        self.which.order(run, Command::Skip(task.to_owned())).await
    }
}

impl Retry {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (run, task) = run_and(&self.what);
        self.which.order(run, Command::Retry(task.to_owned())).await
    }
}

impl Review {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (run, task) = run_and(&self.what);
        self.which.order(run, Command::Review(task.to_owned())).await
    }
}

fn run_and(what: &[String]) -> (Option<&str>, &str) {
    match what {
        [run, what] => (Some(run), what),
        [what] => (None, what),
        _ => (None, ""),
    }
}

impl Which {
    async fn order(&self, run: Option<&str>, what: Command) -> Result<ExitCode, CampaignError> {
        let catalog = self.store.connect().await?;
        let ordered = command(&catalog, run, what, self.reason.clone()).await?;
        if self.json {
            println!("{}", serde_json::to_string(&ordered).unwrap_or_default());
        } else {
            println!("{} ordered of run {}", ordered.record.order, ordered.run_id);
            if let Some(note) = ordered.note {
                println!("{note}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
