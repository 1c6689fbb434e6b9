use super::progress::{Style, listener};
use super::{StoreArgs, apply, exit, summary};
use crate::browse::locate;
use crate::campaign::{self, CampaignError, ResumeRequest, RunReport, RunRequest, Stop};
use crate::model::{Fetch, Networks, RunId, RunStatus, RunType, Sample, Screenshots, Shard};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Run a campaign: visit its sites, extract its fields, publish tables
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mino run sheriff-contacts --sample first:10\n  mino run sheriff-contacts --json \
                        --min-accuracy 0.8\n  mino run --resume latest\n\nOn several machines, one run over one store:\n  mino run \
                        sheriff-contacts --plan          # prints RUN\n  mino run --resume RUN --shard 1/4     # on each, 1/4 to 4/4; \
                        the last one finalizes\n\nA first Ctrl-C lets the pages under way finish, a second one gives them up; what is done is kept, and \n\
                        --resume goes on.")]
pub(super) struct Run {
    /// Name of the campaign
    #[arg(required_unless_present_any = ["file", "resume"])]
    campaign: Option<String>,
    /// Apply this campaign file first
    #[arg(short, long, value_name = "FILE", conflicts_with = "campaign")]
    file: Option<PathBuf>,
    /// Go on with a run that was planned, interrupted or stopped: its id, its first letters, or latest
    #[arg(long, value_name = "RUN", conflicts_with_all = ["campaign", "file", "sample", "seed", "instructions", "dataset_version", "run_type", "max_retries", "timeout", "screenshots", "fetch", "archive", "run_id", "plan"])]
    resume: Option<String>,
    /// Do only this part of the run, as 2/4; the others are for other processes
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Freeze the list of tasks, print the run's id, and do nothing yet
    #[arg(long, conflicts_with = "shard")]
    plan: bool,
    /// Id of the run (a UUID), for processes that begin one run together
    #[arg(long, value_name = "UUID")]
    run_id: Option<RunId>,
    /// Which rows: all, first:N, random:N, rows:ID,ID
    #[arg(long, default_value = "all", value_name = "SAMPLE")]
    sample: Sample,
    /// Seed of a random sample: the same seed takes the same rows
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Version of the campaign's instructions [default: the one in force]
    #[arg(long, value_name = "VERSION")]
    instructions: Option<String>,
    /// Version of the campaign's dataset [default: the one in force]
    #[arg(long, value_name = "N")]
    dataset_version: Option<u64>,
    /// test or production [default: production for all rows, else test]
    #[arg(long = "type", value_name = "TYPE")]
    run_type: Option<RunType>,
    /// Pages open at once, 1 to 256 [default: the campaign's]
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
    /// Tries after the first [default: the campaign's]
    #[arg(long, value_name = "N")]
    max_retries: Option<u32>,
    /// Time for one attempt, as 45s [default: the campaign's]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    timeout: Option<Duration>,
    /// When to keep a picture of the page: on_failure, always, never [default: the campaign's]
    #[arg(long, value_name = "WHEN")]
    screenshots: Option<Screenshots>,
    /// How to fetch pages: auto, http, browser [default: the campaign's]
    #[arg(long, value_name = "HOW")]
    fetch: Option<Fetch>,
    /// Keep the pages, for `mino replay`
    #[arg(long)]
    archive: bool,
    /// Network that is not public and may be reached all the same, as 10.1.0.0/16; beside the campaign's
    #[arg(long = "allow-address", env = "MINO_ALLOW_ADDRESSES", value_name = "NET")]
    allow_addresses: Vec<Networks>,
    /// A browser's path, or the ws:// or http:// address of a running one [default: the fastest one installed]
    #[arg(long, env = "MINO_BROWSER", value_name = "PATH|URL")]
    browser: Option<String>,
    /// Exit with 4 when the lower bound of the accuracy is below this share
    #[arg(long, value_name = "SHARE")]
    min_accuracy: Option<f64>,
    /// Print events as JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Run {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        if let Some(share) = self.min_accuracy.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(CampaignError::Input(format!(
                "--min-accuracy {share} is no share: use a number between 0 and 1"
            )));
        }
        let catalog = self.store.connect().await?;
        let style = Style::here(self.json);
        if let Some(run) = self.resume {
            let (shard, concurrency, browser) = (self.shard, self.concurrency, self.browser);
            let request = ResumeRequest { run, shard, concurrency, browser, stop: stop_on_signals() };
            let report = campaign::resume(&catalog, request, &mut [listener(style)]).await?;
            return Ok(ended(&report, self.json, self.min_accuracy, &self.store.store));
        }
        if self.shard.is_some_and(|shard| shard != Shard::WHOLE) && self.run_id.is_none() {
            return Err(CampaignError::Input(
                "the shards of a run need to know which: `mino run CAMPAIGN --plan` prints its id, then `mino run --resume \
                 RUN --shard I/N` on each (or give all the same --run-id)"
                    .into(),
            ));
        }
        self.check_browser().await?;
        let name = match (self.campaign, self.file) {
            (Some(name), _) => name,
            (None, file) => {
                let applied = campaign::apply(&catalog, &file.unwrap_or_default(), None).await?;
                if !self.json && !self.plan {
                    apply::print_applied(&applied);
                }
                applied.campaign.campaign.to_string()
            }
        };
        let request = RunRequest {
            sample: self.sample,
            seed: self.seed,
            instructions: self.instructions,
            dataset_version: self.dataset_version,
            run_type: self.run_type,
            concurrency: self.concurrency,
            max_retries: self.max_retries,
            timeout: self.timeout,
            screenshots: self.screenshots,
            fetch: self.fetch,
            archive: self.archive.then_some(true),
            allow_addresses: self.allow_addresses.into_iter().flat_map(|networks| networks.0).collect(),
            browser: self.browser,
            run_id: self.run_id,
            shard: self.shard.unwrap_or(Shard::WHOLE),
            stop: stop_on_signals(),
            ..RunRequest::new(name)
        };
        if self.plan {
            let record = campaign::plan_run(&catalog, request).await?;
            println!(
                "{}",
                if self.json { serde_json::json!({"run_id": record.run_id}).to_string() } else { record.run_id }
            );
            return Ok(ExitCode::SUCCESS);
        }
        let report = campaign::run(&catalog, request, &mut [listener(style)]).await?;
        Ok(ended(&report, self.json, self.min_accuracy, &self.store.store))
    }

    /// A file is applied only where its run has the browser that it asks for. A campaign by name has nothing to apply.
    async fn check_browser(&self) -> Result<(), CampaignError> {
        let Some(file) = &self.file else { return Ok(()) };
        let fetch = match self.fetch {
            Some(fetch) => fetch,
            None => campaign::read_campaign_file(file).await?.0.run.fetch,
        };
        if fetch != Fetch::Http {
            locate(self.browser.as_deref(), std::env::var_os("PATH").as_deref())?;
        }
        Ok(())
    }
}

/// Prints what became of a run; the exit code.
pub(super) fn ended(report: &RunReport, json: bool, min_accuracy: Option<f64>, store: &str) -> ExitCode {
    if !json {
        summary::print(report);
        summary::print_next(report, store);
    }
    code(report, min_accuracy)
}

pub(super) fn code(report: &RunReport, min_accuracy: Option<f64>) -> ExitCode {
    if report.status == RunStatus::Stopped {
        return ExitCode::from(exit::STOPPED);
    }
    // Others still work on it: the gate is for whoever is the last.
    let Some(summary) = &report.summary else { return ExitCode::SUCCESS };
    let Some(wanted) = min_accuracy else {
        let nothing = summary.counts.tasks > 0 && summary.counts.completed == 0;
        return if nothing { ExitCode::from(exit::FAILED) } else { ExitCode::SUCCESS };
    };
    match summary.accuracy {
        Some(accuracy) if accuracy.lower >= wanted => ExitCode::SUCCESS,
        Some(accuracy) => {
            eprintln!(
                "quality gate missed: accuracy is at least {:.3} (95 %, n = {}), asked for was {wanted}",
                accuracy.lower, accuracy.n
            );
            ExitCode::from(exit::GATE)
        }
        None => {
            eprintln!("quality gate missed: the dataset has no ground truth to measure accuracy with");
            ExitCode::from(exit::GATE)
        }
    }
}

/// The first Ctrl-C lets what is under way finish, the second gives it up, the third ends the process. An orchestrator's
/// SIGTERM gives it up at once: it waits for nobody.
pub(super) fn stop_on_signals() -> Stop {
    let stop = Stop::default();
    let told = stop.clone();
    // Heard from here on: one that comes between two looks is not lost.
    let mut interrupted = signal(SignalKind::interrupt()).ok();
    let mut terminated = signal(SignalKind::terminate()).ok();
    tokio::spawn(async move {
        loop {
            let urgent = tokio::select! {
                () = next(&mut interrupted) => told.finish.is_cancelled(),
                () = next(&mut terminated) => {
                    told.because("ended by SIGTERM");
                    true
                }
            };
            if told.now.is_cancelled() {
                std::process::exit(i32::from(exit::STOPPED));
            }
            told.finish.cancel();
            if urgent {
                told.now.cancel();
            }
        }
    });
    stop
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
