//! `mino watch`: the figures of a run as they change.

mod lines;
mod screen;
pub(super) mod sections;
mod terminal;
#[cfg(test)]
mod tests;
pub(super) mod words;

use super::{StoreArgs, exit, summary};
use crate::campaign::{CampaignError, Command, Watcher, command};
use crate::catalog::Catalog;
use crate::model::RunStatus;
use crate::run::RunProgress;
use clap::Args;
use futures::future::BoxFuture;
use lines::Lines;
use screen::{Screen, Wish};
use sections::Theme;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;
use terminal::{Control, EVERY};

/// Lines are for a log: fewer than figures.
const LINES_EVERY: Duration = Duration::from_secs(2);
/// Looks in a row that may fail before a log ends with the error.
const FAILURES: u32 = 3;

/// Carries out what keys ask for.
const CONTROL: Option<Control> = Some(order);

fn order(catalog: Catalog, run: String, wish: Wish) -> BoxFuture<'static, Result<String, CampaignError>> {
    Box::pin(async move {
        let what = match wish {
            Wish::Pause => Command::Pause,
            Wish::Resume => Command::Resume,
            Wish::Stop => Command::Stop { now: false },
            Wish::Concurrency(n) => Command::SetConcurrency(n),
        };
        let ordered = command(&catalog, Some(&run), what, None).await?;
        Ok(ordered.note.unwrap_or_else(|| format!("{} is ordered", ordered.record.order)))
    })
}

/// Watch a run: progress, health, what is stuck, what failed, what was found
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mino watch latest\n  mino watch 0192f3a4 --json | jq .health\n\nOn any machine that \
                        sees the store. Full-screen in a terminal, lines elsewhere. Exit codes: 0 the run is completed or you \
                        left,\n1 it failed, 5 it was stopped."
)]
pub(super) struct Watch {
    /// Id of the run, its first letters, or `latest`
    #[arg(default_value = "latest")]
    run: String,
    /// Print all figures as one JSON object a line, every second
    #[arg(long, conflicts_with = "plain")]
    json: bool,
    /// Print lines in a terminal too
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Watch {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let catalog = self.store.connect().await?;
        let watcher = Watcher::open(&catalog, &self.run).await?;
        if self.json {
            return json(watcher).await;
        }
        if self.plain || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
            return plain(watcher).await;
        }
        let screen = Screen::new(Theme::here(), CONTROL.is_some());
        let last = terminal::show(catalog, watcher, screen, CONTROL).await?;
        Ok(last.map_or(ExitCode::SUCCESS, |run| end(&run)))
    }
}

impl Theme {
    /// Colours in a terminal, unless `NO_COLOR` is set.
    pub(super) fn here() -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colour: std::io::stdout().is_terminal() && !no_colour }
    }
}

async fn json(watcher: Watcher) -> Result<ExitCode, CampaignError> {
    let mut last = None;
    follow(watcher, EVERY, |run| {
        let mut out = std::io::stdout().lock();
        let written = serde_json::to_writer(&mut out, &run)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        last = Some(run);
        written.is_ok()
    })
    .await?;
    Ok(last.map_or(ExitCode::SUCCESS, |run| code(&run)))
}

async fn plain(watcher: Watcher) -> Result<ExitCode, CampaignError> {
    let (mut last, mut lines) = (None, Lines::default());
    follow(watcher, LINES_EVERY, |run| {
        // Of a closed run the summary says more.
        if !run.is_closed() {
            lines.of(&run).iter().for_each(|line| println!("{line}"));
        }
        last = Some(run);
        true
    })
    .await?;
    Ok(last.map_or(ExitCode::SUCCESS, |run| end(&run)))
}

/// Looks until the run is closed or the reader has enough.
async fn follow(
    mut watcher: Watcher,
    every: Duration,
    mut each: impl FnMut(RunProgress) -> bool,
) -> Result<(), CampaignError> {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failures = 0;
    loop {
        ticks.tick().await;
        match watcher.look().await {
            Ok(run) => {
                failures = 0;
                let closed = run.is_closed();
                if !each(run) || closed {
                    return Ok(());
                }
            }
            Err(error) => {
                failures += 1;
                if failures >= FAILURES {
                    return Err(error);
                }
                eprintln!("{error}; looking again");
            }
        }
    }
}

/// The last word about a run that was watched.
fn end(run: &RunProgress) -> ExitCode {
    if run.is_closed() {
        println!("run {} of {}: {} after {}", run.run_id, run.campaign, run.status, words::span(run.elapsed as f64));
        if let Some(reason) = &run.reason {
            println!("because: {}", words::fit(reason, 200));
        }
        if let Some(summary) = &run.summary {
            summary::print_summary(summary);
        }
    } else {
        println!("run {} of {}: {}; {}", run.run_id, run.campaign, run.stand.as_str(), lines::figures(run));
    }
    code(run)
}

fn code(run: &RunProgress) -> ExitCode {
    match run.status {
        RunStatus::Failed => ExitCode::from(exit::FAILED),
        RunStatus::Stopped => ExitCode::from(exit::STOPPED),
        RunStatus::Queued | RunStatus::Running | RunStatus::Completed => ExitCode::SUCCESS,
    }
}
