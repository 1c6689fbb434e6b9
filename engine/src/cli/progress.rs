use crate::model::{AttemptStatus, TaskStatus};
use crate::run::{Listener, RunEvent};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A bar that moves.
    Bar,
    /// One line a second.
    Lines,
    /// Every event as JSON, on standard output.
    Json,
}

impl Style {
    pub(super) fn here(json: bool) -> Self {
        match json {
            true => Self::Json,
            false if std::io::stderr().is_terminal() => Self::Bar,
            false => Self::Lines,
        }
    }
}

pub(super) fn listener(style: Style) -> Box<dyn Listener> {
    match style {
        Style::Json => Box::new(|event: &RunEvent| {
            let mut out = std::io::stdout().lock();
            // As for `say`.
            let _ = serde_json::to_writer(&mut out, event)
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"));
        }),
        Style::Bar | Style::Lines => Box::new(Shown { style, bar: None, tally: Tally::default(), last: None }),
    }
}

/// Whoever reads may be gone; the run is not for them alone.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[derive(Debug, Default)]
struct Tally {
    tasks: usize,
    completed: usize,
    failed: usize,
    retried: usize,
}

struct Shown {
    style: Style,
    bar: Option<ProgressBar>,
    tally: Tally,
    last: Option<Instant>,
}

impl Listener for Shown {
    fn on_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Planned { run_id, campaign, rows, tasks, sample } => {
                say(&format!("run {run_id} of {campaign}: {tasks} of {rows} rows ({sample})"));
            }
            RunEvent::Started { tasks, .. } => {
                self.tally.tasks = *tasks;
                if self.style == Style::Bar {
                    let bar = ProgressBar::new(*tasks as u64);
                    if let Ok(style) =
                        ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed}, {eta} to go")
                    {
                        bar.set_style(style);
                    }
                    bar.enable_steady_tick(Duration::from_millis(250));
                    self.bar = Some(bar);
                }
            }
            RunEvent::AttemptFinished { url, status, reason, retry_in_ms, .. } if *status != AttemptStatus::Success => {
                self.tally.retried += usize::from(retry_in_ms.is_some());
                if let Some(bar) = &self.bar {
                    let again = if retry_in_ms.is_some() { "; trying again" } else { "" };
                    bar.suspend(|| say(&format!("  {url}: {}{again}", reason.as_deref().unwrap_or(status.as_str()))));
                }
            }
            RunEvent::TaskFinished { status, .. } => {
                match status {
                    TaskStatus::Completed => self.tally.completed += 1,
                    _ => self.tally.failed += 1,
                }
                self.tell(false);
            }
            RunEvent::Stopping { reason } => self.say(&format!("stopping ({reason}): what is done is kept")),
            RunEvent::Finalized { .. } => {
                self.tell(true);
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            _ => {}
        }
    }
}

impl Shown {
    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    fn tell(&mut self, last: bool) {
        let Tally { tasks, completed, failed, retried } = self.tally;
        if let Some(bar) = &self.bar {
            bar.set_position((completed + failed) as u64);
            bar.set_message(format!("{completed} completed, {failed} failed, {retried} retried"));
            return;
        }
        if last || self.last.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
            self.last = Some(Instant::now());
            let done = completed + failed;
            say(&format!("{done}/{tasks} done: {completed} completed, {failed} failed, {retried} retried"));
        }
    }
}
