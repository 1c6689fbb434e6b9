use super::sections::alert_text;
use super::words::{fit, rate, span};
use crate::run::{Alert, RunProgress, ShardState};
use std::collections::BTreeSet;

/// Letters of a line at most, for logs.
const LETTERS: usize = 240;

/// What changed since the last time, as lines for a log.
#[derive(Debug, Default)]
pub(super) struct Lines {
    last: String,
    state: String,
    alerts: BTreeSet<(String, String)>,
}

impl Lines {
    /// The lines to print now; none where nothing changed.
    pub(super) fn of(&mut self, run: &RunProgress) -> Vec<String> {
        let time = run.at.format("%H:%M:%S");
        let mut lines = Vec::new();
        let state = state(run);
        if state != self.state {
            lines.push(format!("{time} {state}"));
            self.state = state;
        }
        // An alert is told when it comes and when it is over; its figures may change meanwhile.
        let alerts: BTreeSet<(String, String)> =
            run.alerts.iter().map(|alert| (alert.name.clone(), who(alert))).collect();
        for alert in run.alerts.iter().filter(|alert| !self.alerts.contains(&(alert.name.clone(), who(alert)))) {
            lines.push(format!("{time} alert: {}", alert_text(alert, run)));
        }
        for (name, _) in self.alerts.difference(&alerts) {
            lines.push(format!("{time} over: {}", name.replace('_', " ")));
        }
        self.alerts = alerts;
        let figures = figures(run);
        // The time left and the rate move by themselves: what counts is whether anything was done.
        let done = format!("{:?}{}", run.totals, run.in_flight.count);
        if done != self.last {
            lines.push(format!("{time} {figures}"));
            self.last = done;
        }
        lines.into_iter().map(|line| fit(&line, LETTERS)).collect()
    }
}

/// Alerts of two shards are two.
fn who(alert: &Alert) -> String {
    let shard = alert.text.split("shard ").nth(1).and_then(|rest| rest.split(' ').next());
    shard.unwrap_or_default().to_owned()
}

fn state(run: &RunProgress) -> String {
    let workers: BTreeSet<&str> = run
        .shards
        .iter()
        .filter(|shard| shard.owned && shard.state != ShardState::Done)
        .map(|shard| shard.worker.as_str())
        .collect();
    let workers: Vec<&str> = workers.into_iter().collect();
    let by = if workers.is_empty() { String::new() } else { format!(" by {}", workers.join(", ")) };
    match &run.reason {
        Some(reason) => format!("{}: {reason}", run.stand.as_str()),
        None => format!("{}{by}", run.stand.as_str()),
    }
}

/// Progress, rate, time left and health in one line.
pub(in crate::cli) fn figures(run: &RunProgress) -> String {
    let totals = run.totals;
    let mut text = format!(
        "{}/{} done, {} completed, {} failed",
        totals.finished(),
        totals.tasks,
        totals.completed,
        totals.failed
    );
    for (n, word) in [(totals.skipped, "skipped"), (totals.retried, "retried")] {
        if n > 0 {
            text.push_str(&format!(", {n} {word}"));
        }
    }
    if run.is_closed() {
        return text;
    }
    text.push_str(&format!("; {} under way", run.in_flight.count));
    for (n, word) in [(run.stuck.len(), "stuck"), (run.slow.len(), "slow")] {
        if n > 0 {
            text.push_str(&format!(", {n} {word}"));
        }
    }
    if run.rate.steady.is_some() {
        text.push_str(&format!("; {}", rate(run.rate.steady)));
    }
    if let Some(eta) = run.eta {
        text.push_str(&format!(", {} left", span(eta.seconds)));
    }
    if let Some(health) = &run.health {
        text.push_str(&format!("; health {:.0} {}", health.score, health.light.as_str()));
    }
    text
}
