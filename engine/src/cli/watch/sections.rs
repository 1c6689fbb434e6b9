//! What there is to say about a run, as lines: a screen lays them out, a table of texts prints them.

use super::words::{count, fit, pad, rate, size, span, sparkline};
use crate::run::{Alert, FailureGroup, LastValue, RunProgress, ShardLine, ShardState, SlowTask, Stand};
use mino_datafusion::stats::Light;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// Colours, where the terminal is to have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Theme {
    pub(in crate::cli) colour: bool,
}

impl Theme {
    fn of(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    fn good(self) -> Style {
        self.of(Color::Green)
    }

    fn doubtful(self) -> Style {
        self.of(Color::Yellow)
    }

    fn bad(self) -> Style {
        self.of(Color::Red)
    }

    pub(super) fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn light(self, light: Light) -> Style {
        match light {
            Light::Green => self.good(),
            Light::Amber => self.doubtful(),
            Light::Red => self.bad(),
        }
    }
}

/// Lines under a title.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Section {
    pub(in crate::cli) title: String,
    pub(in crate::cli) rows: Vec<Line<'static>>,
}

/// Which run, and where it stands.
pub(in crate::cli) fn head(run: &RunProgress, theme: Theme, width: usize) -> Line<'static> {
    let style = match run.stand {
        Stand::Running | Stand::Completed | Stand::Finalizing => theme.good(),
        Stand::Queued | Stand::Starting | Stand::Paused | Stand::Stopping | Stand::Stopped => theme.doubtful(),
        Stand::WaitingForStore | Stand::NoOwner | Stand::Failed => theme.bad(),
    };
    let stand = match &run.reason {
        Some(reason) => format!("{}: {reason}", run.stand.as_str()),
        None => run.stand.as_str().to_owned(),
    };
    let time = span(run.elapsed as f64);
    let name = format!("{} ", run.campaign);
    let id = if width >= 110 { run.run_id.clone() } else { run.run_id.chars().take(13).collect() };
    let id = format!("{id} ({})  ", run.run_type);
    let used = Span::raw(name.clone()).width() + id.len() + time.len() + 1;
    let stand = pad(&stand, width.saturating_sub(used));
    Line::from(vec![
        Span::styled(name, theme.strong()),
        Span::styled(id, theme.quiet()),
        Span::styled(stand, style.add_modifier(Modifier::BOLD)),
        Span::raw(format!(" {time}")),
    ])
}

/// How far it is.
pub(in crate::cli) fn bar(run: &RunProgress, theme: Theme, width: usize) -> Line<'static> {
    let totals = run.totals;
    let (done, tasks) = (totals.finished(), totals.tasks);
    let share = |n: u64| if tasks == 0 { 0.0 } else { n as f64 / tasks as f64 };
    let mut text = format!(
        " {done}/{tasks} {:.0} %  {} completed, {} failed",
        (100.0 * share(done)).floor(),
        totals.completed,
        totals.failed
    );
    for (n, word) in [(totals.skipped, "skipped"), (totals.retried, "retried")] {
        if n > 0 {
            text.push_str(&format!(", {n} {word}"));
        }
    }
    let room = width.saturating_sub(Span::raw(text.clone()).width()).clamp(10, 60);
    let cells = |n: u64| (share(n) * room as f64).round() as usize;
    let good = cells(totals.completed).min(room);
    // A few failures among many are not to vanish.
    let bad = cells(totals.failed).max(usize::from(totals.failed > 0)).min(room - good);
    let gone = cells(totals.skipped).min(room - good - bad);
    Line::from(vec![
        Span::styled("█".repeat(good), theme.good()),
        Span::styled("▓".repeat(bad), theme.bad()),
        Span::styled("▒".repeat(gone), theme.quiet()),
        Span::styled("░".repeat(room - good - bad - gone), theme.quiet()),
        Span::raw(fit(&text, width.saturating_sub(room))),
    ])
}

/// How fast, and how long it will take.
pub(in crate::cli) fn pace(run: &RunProgress, theme: Theme, width: usize) -> Line<'static> {
    let mut text = format!("rate {}, now {}", rate(run.rate.steady), rate(run.rate.now));
    if let Some(eta) = run.eta {
        let high = eta.high.map_or_else(|| "more".into(), span);
        text.push_str(&format!("   {} left ({} to {high})", span(eta.seconds), span(eta.low)));
    }
    if let (Some(p50), Some(p95)) = (run.p50, run.p95) {
        text.push_str(&format!("   {p50:.1}s an attempt, 95 % in {p95:.1}s"));
    }
    let text = fit(&text, width);
    let room = width.saturating_sub(Span::raw(text.clone()).width() + 3).min(run.rate.recent.len());
    let spark = if room >= 6 { sparkline(&run.rate.recent, room) } else { String::new() };
    Line::from(vec![Span::raw(text), Span::raw("   "), Span::styled(spark, theme.good())])
}

/// How well, and what that costs.
pub(in crate::cli) fn health(run: &RunProgress, theme: Theme) -> Line<'static> {
    let Some(health) = &run.health else {
        return Line::styled("health -   after 10 finished tasks", theme.quiet());
    };
    let (score, light) = (health.score.round(), health.light);
    let mut spans = vec![Span::styled(
        format!("health {score:.0} {}", light.as_str()),
        theme.light(light).add_modifier(Modifier::BOLD),
    )];
    // First, where no narrow screen cuts them off.
    for cap in &health.caps {
        let name = cap.name.replace('_', " ");
        spans.push(Span::styled(format!("   −{:.1} {name}: at most {}", cap.costs, cap.at_most), theme.bad()));
    }
    for factor in health.factors.iter().filter(|factor| factor.costs >= 0.05) {
        let name = factor.name.replace('_', " ");
        spans.push(Span::raw(format!("   −{:.1} {name} {:.2}", factor.costs, factor.value)));
    }
    if let Some(baseline_missing) = missing(health.factors.iter().map(|factor| factor.name.as_str())) {
        spans.push(Span::styled(format!("   without {baseline_missing}"), theme.quiet()));
    }
    Line::from(spans)
}

/// Factors that nothing is known of yet.
fn missing<'a>(present: impl Iterator<Item = &'a str>) -> Option<String> {
    let present: Vec<&str> = present.collect();
    let missing: Vec<&str> = ["confidence", "speed"].into_iter().filter(|name| !present.contains(name)).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// What is out of the ordinary, a line each.
pub(in crate::cli) fn alerts(run: &RunProgress, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let style = if theme.colour { theme.bad() } else { Style::new().add_modifier(Modifier::REVERSED) };
    let alert = |alert: &Alert| {
        Line::styled(fit(&format!("! {}", alert_text(alert, run)), width), style.add_modifier(Modifier::BOLD))
    };
    run.alerts.iter().map(alert).collect()
}

/// An alert, and for how long it has lasted.
pub(in crate::cli) fn alert_text(alert: &Alert, run: &RunProgress) -> String {
    match alert.since {
        Some(since) => format!("{} (for {})", alert.text, span((run.at - since).as_seconds_f64())),
        None => alert.text.clone(),
    }
}

/// Who works on which shard.
pub(in crate::cli) fn shards(run: &RunProgress, theme: Theme, width: usize) -> Section {
    let of = run.shards.len();
    let title = match (of, run.memory) {
        (0, _) => "workers: none yet".to_owned(),
        (_, None) => "workers".to_owned(),
        (_, Some(memory)) => {
            let browser = memory.browser.map_or_else(String::new, |bytes| format!(", browsers {}", size(bytes)));
            let limit = memory.limit.map_or_else(String::new, |bytes| format!(" of {}", size(bytes)));
            format!("workers: engine {}{browser}{limit}", size(memory.engine))
        }
    };
    Section { title, rows: run.shards.iter().map(|shard| shard_row(shard, of, theme, width)).collect() }
}

fn shard_row(shard: &ShardLine, of: usize, theme: Theme, width: usize) -> Line<'static> {
    let style = match (&shard.state, shard.owned) {
        (_, false) | (ShardState::WaitingForStore { .. }, _) => theme.bad(),
        (ShardState::Running | ShardState::Done, true) => theme.good(),
        _ => theme.doubtful(),
    };
    let state = if shard.owned { shard.state.word() } else { "no owner" };
    let concurrency = shard.concurrency;
    let limit =
        if concurrency.target == concurrency.limit { String::new() } else { format!(" (limit {})", concurrency.limit) };
    let age =
        if shard.state == ShardState::Done { String::new() } else { format!("seen {} ago", span(shard.age as f64)) };
    let open = format!("{} of {} open{limit}", concurrency.in_flight, concurrency.target);
    let number = if of > 1 { format!("{}/{of} ", shard.shard) } else { String::new() };
    let end = format!("{:>7}/{}  {open}  {age}", shard.totals.finished(), shard.totals.tasks);
    let fixed = number.len() + 12 + Span::raw(end.clone()).width();
    Line::from(vec![
        Span::raw(number),
        Span::raw(pad(&shard.worker, width.saturating_sub(fixed).clamp(8, 40))),
        Span::styled(format!(" {}", pad(state, 11)), style),
        Span::raw(end),
    ])
}

/// An address without what all have in common.
fn address(url: &str) -> &str {
    ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or(url)
}

/// What is under way, the oldest first; hosts that wait.
pub(in crate::cli) fn under_way(run: &RunProgress, theme: Theme, width: usize) -> Section {
    let mut title = format!("under way: {}", run.in_flight.count);
    for (n, word) in [(run.stuck.len(), "stuck"), (run.slow.len(), "slow")] {
        if n > 0 {
            title.push_str(&format!(", {n} {word}"));
        }
    }
    if run.hosts_waiting.count > 0 {
        title.push_str(&format!("; {} waiting", count(run.hosts_waiting.count, "host")));
    }
    let row = |word: &'static str, task: &SlowTask, style: Style| {
        let tries = if task.number > 1 { format!("  try {}", task.number) } else { String::new() };
        let quiet = if word == "stuck" { format!("  no sign for {}", span(task.quiet)) } else { String::new() };
        let room = width.saturating_sub(16 + tries.len() + quiet.len());
        let url = fit(address(&task.site_url), room);
        let start = Span::styled(format!("{word:5} {:>8}  ", span(task.age)), style);
        Line::from(vec![start, Span::raw(format!("{url}{tries}{quiet}"))])
    };
    let mut rows: Vec<Line<'static>> = run.stuck.iter().map(|task| row("stuck", task, theme.bad())).collect();
    rows.extend(run.slow.iter().map(|task| row("slow", task, theme.doubtful())));
    let named = |id: &str| run.stuck.iter().chain(&run.slow).any(|task| task.task_id == id);
    for task in run.in_flight.oldest.iter().filter(|task| !named(&task.task_id)) {
        let age = (run.at - task.since).as_seconds_f64().max(0.0);
        let (task_id, site_url, number) = (task.task_id.clone(), task.site_url.clone(), task.number);
        rows.push(row("", &SlowTask { task_id, site_url, number, shard: 0, age, quiet: 0.0 }, theme.quiet()));
    }
    for host in &run.hosts_waiting.longest {
        let wait = span((host.until - run.at).as_seconds_f64());
        let text = format!("wait  {wait:>8}  {}: {}", host.host, host.why);
        rows.push(Line::styled(fit(&text, width), theme.quiet()));
    }
    Section { title, rows }
}

/// What failed, and where.
pub(in crate::cli) fn failures(run: &RunProgress, theme: Theme, width: usize) -> Section {
    let all: u64 = run.failures.groups.iter().map(|group| group.attempts).sum::<u64>() + run.failures.other;
    let title = if all == 0 { "failed attempts: none".to_owned() } else { format!("failed attempts: {all}") };
    let mut rows: Vec<Line<'static>> =
        run.failures.groups.iter().map(|group| failure_row(group, theme, width)).collect();
    if run.failures.other > 0 {
        rows.push(Line::styled(format!("{:>6}  others", run.failures.other), theme.quiet()));
    }
    Section { title, rows }
}

fn failure_row(group: &FailureGroup, theme: Theme, width: usize) -> Line<'static> {
    let category = group.blocked_reason.as_ref().unwrap_or(&group.category);
    let room = width.saturating_sub(8 + 18);
    let mut hosts: Vec<String> =
        group.hosts.iter().take(2).map(|host| format!("{} {}", host.host, host.attempts)).collect();
    let listed: u64 = group.hosts.iter().take(2).map(|host| host.attempts).sum();
    if group.attempts > listed {
        hosts.push(format!("+{}", group.attempts - listed));
    }
    // The message first; hosts in what it leaves, a third at least.
    let hosts = hosts.join(", ");
    let for_message = room.saturating_sub((room / 3).min(Span::raw(hosts.clone()).width() + 2));
    let message = fit(&group.pattern, for_message);
    let left = room.saturating_sub(Span::raw(message.clone()).width() + 2);
    Line::from(vec![
        Span::styled(format!("{:>6}  ", group.attempts), theme.bad()),
        Span::raw(pad(category, 18)),
        Span::raw(message),
        Span::styled(format!("  {}", fit(&hosts, left)), theme.quiet()),
    ])
}

/// The last values found.
pub(in crate::cli) fn values(run: &RunProgress, theme: Theme, width: usize) -> Section {
    let row = |value: &LastValue| {
        let style = match value.confidence {
            confidence if confidence >= 0.8 => theme.good(),
            confidence if confidence >= 0.5 => theme.doubtful(),
            _ => theme.bad(),
        };
        let room = width.saturating_sub(6 + 15);
        Line::from(vec![
            Span::styled(format!("{:.2}  ", value.confidence), style),
            Span::raw(pad(&value.field, 14)),
            Span::raw(format!(" {}", pad(&value.value, room / 2))),
            Span::styled(
                format!(" {}", fit(address(&value.site_url), room.saturating_sub(room / 2 + 1))),
                theme.quiet(),
            ),
        ])
    };
    let title = if run.last_values.is_empty() { "last values: none yet" } else { "last values" };
    Section { title: title.to_owned(), rows: run.last_values.iter().map(row).collect() }
}
