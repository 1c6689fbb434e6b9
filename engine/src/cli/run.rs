use super::progress::{Style, listener};
use super::{StoreArgs, apply, exit, summary};
use crate::browse::locate;
use crate::campaign::{self, CampaignError, RunReport, RunRequest};
use crate::model::{Fetch, Networks, RunStatus, RunType, Sample, Screenshots};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Run a campaign: visit its sites, extract its fields, publish tables
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mino run sheriff-contacts --sample first:10\n  mino run sheriff-contacts --json \
                        --min-accuracy 0.8\n\nA first Ctrl-C stops the run and keeps what is done; a second one ends at once.")]
pub(super) struct Run {
    /// Name of the campaign
    #[arg(required_unless_present = "file")]
    campaign: Option<String>,
    /// Apply this campaign file first
    #[arg(short, long, value_name = "FILE", conflicts_with = "campaign")]
    file: Option<PathBuf>,
    /// Which rows: all, first:N, random:N, rows:ID,ID
    #[arg(long, default_value = "all", value_name = "SAMPLE")]
    sample: Sample,
    /// Seed of a random sample: the same seed takes the same rows
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
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
        self.check_browser().await?;
        let name = match (self.campaign, self.file) {
            (Some(name), _) => name,
            (None, file) => {
                let applied = campaign::apply(&catalog, &file.unwrap_or_default(), None).await?;
                if !self.json {
                    apply::print_applied(&applied);
                }
                applied.campaign.campaign.to_string()
            }
        };
        let request = RunRequest {
            sample: self.sample,
            seed: self.seed,
            run_type: self.run_type,
            concurrency: self.concurrency,
            max_retries: self.max_retries,
            timeout: self.timeout,
            screenshots: self.screenshots,
            fetch: self.fetch,
            archive: self.archive.then_some(true),
            allow_addresses: self.allow_addresses.into_iter().flat_map(|networks| networks.0).collect(),
            browser: self.browser,
            stop: stop_on_ctrl_c(),
            ..RunRequest::new(name)
        };
        let style = Style::here(self.json);
        let report = campaign::run(&catalog, request, &mut [listener(style)]).await?;
        if !self.json {
            summary::print(&report);
            summary::print_next(&report, &self.store.store);
        }
        Ok(code(&report, self.min_accuracy))
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

pub(super) fn code(report: &RunReport, min_accuracy: Option<f64>) -> ExitCode {
    if report.status == RunStatus::Stopped {
        return ExitCode::from(exit::STOPPED);
    }
    let Some(wanted) = min_accuracy else {
        let counts = report.summary.counts;
        let nothing = counts.tasks > 0 && counts.completed == 0;
        return if nothing { ExitCode::from(exit::FAILED) } else { ExitCode::SUCCESS };
    };
    match report.summary.accuracy {
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

/// A token that the first Ctrl-C (or the orchestrator's SIGTERM) cancels; the second ends the process.
pub(super) fn stop_on_ctrl_c() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        for turn in 0..2 {
            let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
            let terminate = async {
                match terminated.as_mut() {
                    Some(signal) => {
                        signal.recv().await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                () = terminate => {}
            }
            if turn == 0 {
                token.cancel();
            } else {
                std::process::exit(i32::from(exit::STOPPED));
            }
        }
    });
    stop
}
