use super::alerts::{self, is_owned};
use super::eta::eta;
use super::figures::is_closed;
use super::overdue::overdue;
use super::{Alert, RunInput, RunProgress, ShardLine, ShardSeen, Stand};
use crate::model::RunStatus;
use crate::run::progress::{WindowSum, last_slices, merge_failures, window_size};
use crate::run::{Concurrency, HostsWaiting, InFlight, LastValue, Memory, Rate, ShardState, Totals};
use mino_datafusion::stats::{HealthInput, health};
use std::time::Duration;

/// Values and hosts of all shards that are listed.
const LISTED: usize = 20;
/// Times of attempts that a percentile has to rest on.
const ENOUGH: u64 = 10;
/// Figures come once a second: what is quiet for less than this, in seconds, is not called quiet.
const SHORTEST_QUIET: f64 = 10.0;

/// The figures of a run, out of those of its shards.
#[must_use]
pub fn merge(input: &RunInput<'_>) -> RunProgress {
    let record = input.record;
    let closed = is_closed(record.status);
    let shards: Vec<&ShardSeen> = input.shards.iter().collect();
    // Of a closed run nothing is under way, whatever its workers said last.
    let live: Vec<&ShardSeen> = shards
        .iter()
        .copied()
        .filter(|shard| !closed && is_at_work(&shard.figures.state) && shard.age <= record.settings.lease)
        .collect();
    let totals = totals(input);
    let window =
        last_slices(shards.iter().flat_map(|shard| &shard.figures.window).collect(), window_size(totals.tasks));
    let enough = window.durations.n() >= ENOUGH;
    let p95 = window.durations.quantile(0.95).filter(|_| enough);
    let idle = idle(&live);
    let health_input = health_input(&shards, &window, p95, idle, input.baseline_p50);
    let health = health(&health_input);
    let (stuck, slow) = overdue(&live, p95);
    let (stand, reason) = stand(input);
    let all_begun = shards.iter().all(|shard| shards.len() >= shard.figures.identity.of as usize);
    let mut progress = RunProgress {
        run_id: record.run_id.clone(),
        campaign: record.campaign.to_string(),
        run_type: record.run_type,
        status: record.status,
        stand,
        reason,
        started_at: record.started_at,
        completed_at: record.completed_at,
        at: input.at,
        elapsed: seconds(record.completed_at.unwrap_or(input.at) - record.started_at),
        totals,
        rate: live.iter().fold(Rate::default(), |all, shard| all.and(&shard.figures.rate)),
        eta: eta(&shards, record.settings.lease).filter(|_| !closed && all_begun),
        health,
        p50: health_input.p50,
        p95,
        concurrency: live.iter().fold(Concurrency::default(), |all, shard| add(all, shard.figures.concurrency)),
        shards: shards.iter().map(|shard| line(shard, record.settings.lease)).collect(),
        in_flight: in_flight(&live),
        stuck,
        slow,
        failures: merge_failures(shards.iter().map(|shard| &shard.figures.failures)),
        last_values: last_values(&shards),
        hosts_waiting: hosts_waiting(&live),
        memory: memory(&live),
        alerts: Vec::new(),
        summary: input.summary.cloned(),
    };
    if !closed {
        progress.alerts = all_alerts(input, &shards, &progress, &health_input);
    }
    progress
}

fn is_at_work(state: &ShardState) -> bool {
    !matches!(state, ShardState::Done | ShardState::Released { .. })
}

/// A closed run is what its document says; an open one what its shards say, of the tasks of its plan.
fn totals(input: &RunInput<'_>) -> Totals {
    let sum = input.shards.iter().fold(Totals::default(), |all, shard| all.and(shard.figures.totals));
    match input.record.counts.filter(|_| is_closed(input.record.status)) {
        Some(counts) => Totals {
            tasks: counts.tasks,
            completed: counts.completed,
            failed: counts.failed,
            skipped: counts.skipped,
            attempts: counts.attempts,
            ..sum
        },
        None => Totals { tasks: input.tasks.max(sum.tasks), ..sum },
    }
}

/// Where the run stands and why.
fn stand(input: &RunInput<'_>) -> (Stand, Option<String>) {
    let (record, lease) = (input.record, input.record.settings.lease);
    match record.status {
        RunStatus::Completed => return (Stand::Completed, record.reason.clone()),
        RunStatus::Stopped => return (Stand::Stopped, record.reason.clone()),
        RunStatus::Failed => return (Stand::Failed, record.reason.clone()),
        RunStatus::Queued | RunStatus::Running => {}
    }
    let begun = input.shards.iter().map(|shard| shard.figures.identity.of).max();
    let Some(of) = begun else {
        let waited = (input.at - record.started_at).to_std().unwrap_or_default();
        return match record.status {
            RunStatus::Queued => (Stand::Queued, None),
            _ if waited > lease => (Stand::NoOwner, Some("no worker has published anything".into())),
            _ => (Stand::Starting, None),
        };
    };
    let unfinished: Vec<&ShardSeen> = input.shards.iter().filter(|shard| is_at_work(&shard.figures.state)).collect();
    let owned: Vec<&ShardState> =
        unfinished.iter().filter(|shard| is_owned(shard, lease)).map(|shard| &shard.figures.state).collect();
    for state in &owned {
        match state {
            ShardState::Stopping { reason } => return (Stand::Stopping, Some(reason.clone())),
            ShardState::WaitingForStore { reason, .. } => return (Stand::WaitingForStore, Some(reason.clone())),
            ShardState::Paused { reason, by, .. } => return (Stand::Paused, Some(format!("{reason} ({by})"))),
            _ => {}
        }
    }
    let done = input.shards.iter().filter(|shard| shard.figures.state == ShardState::Done).count();
    match owned.as_slice() {
        [] if done >= of as usize => (Stand::Finalizing, None),
        [] => (Stand::NoOwner, None),
        states if states.iter().all(|state| **state == ShardState::Starting) => (Stand::Starting, None),
        _ => (Stand::Running, None),
    }
}

/// Seconds since anything finished, where something is under way; each shard by its own clock.
fn idle(live: &[&ShardSeen]) -> Option<f64> {
    let working =
        live.iter().filter(|shard| shard.figures.state == ShardState::Running && shard.figures.in_flight.count > 0);
    let idle = working.map(|shard| {
        let quiet = (shard.figures.at - shard.figures.quiet_since).to_std().unwrap_or_default();
        quiet.saturating_add(shard.age).as_secs_f64()
    });
    idle.min_by(f64::total_cmp).filter(|idle| *idle >= SHORTEST_QUIET)
}

fn health_input(
    shards: &[&ShardSeen],
    window: &WindowSum,
    p95: Option<f64>,
    idle: Option<f64>,
    baseline_p50: Option<f64>,
) -> HealthInput {
    let (last, last_blocked, _) = alerts::last_finished(shards);
    HealthInput {
        n: window.n,
        successes: window.completed,
        retried: Some(window.retried),
        confidence: window.confidence,
        p50: window.durations.quantile(0.5).filter(|_| window.durations.n() >= ENOUGH),
        baseline_p50,
        p95,
        idle,
        last,
        last_blocked,
        budget: None,
    }
}

fn all_alerts(input: &RunInput<'_>, shards: &[&ShardSeen], progress: &RunProgress, health: &HealthInput) -> Vec<Alert> {
    let mut all: Vec<Alert> = input
        .unreadable
        .iter()
        .map(|(shard, why)| Alert::new("unreadable", format!("shard {shard}: {why}"), None))
        .collect();
    all.extend(alerts::store_faults(shards));
    all.extend(alerts::no_owner(shards, input.unreadable, input.record, input.at));
    all.extend(alerts::nothing_finishing(health, input.record, progress.in_flight.count, input.at));
    all.extend(alerts::everything_blocked(shards, health));
    all.extend(alerts::failure_burst(shards, progress.totals));
    all
}

fn line(shard: &ShardSeen, lease: Duration) -> ShardLine {
    let figures = &shard.figures;
    ShardLine {
        shard: figures.identity.shard,
        worker: figures.identity.worker.clone(),
        epoch: figures.identity.epoch,
        state: figures.state.clone(),
        age: shard.age.as_secs(),
        owned: is_owned(shard, lease),
        totals: figures.totals,
        concurrency: figures.concurrency,
        memory: figures.memory,
    }
}

fn add(a: Concurrency, b: Concurrency) -> Concurrency {
    Concurrency { target: a.target + b.target, limit: a.limit + b.limit, in_flight: a.in_flight + b.in_flight }
}

fn in_flight(live: &[&ShardSeen]) -> InFlight {
    let mut oldest: Vec<_> = live.iter().flat_map(|shard| shard.figures.in_flight.oldest.iter().cloned()).collect();
    oldest.sort_by_key(|task| task.since);
    oldest.truncate(LISTED);
    InFlight { count: live.iter().map(|shard| shard.figures.in_flight.count).sum(), oldest }
}

fn last_values(shards: &[&ShardSeen]) -> Vec<LastValue> {
    let mut values: Vec<LastValue> =
        shards.iter().flat_map(|shard| shard.figures.last_values.iter().rev().cloned()).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.at));
    values.truncate(LISTED);
    values
}

/// A host of two shards waits in both: it is counted in each, and listed once.
fn hosts_waiting(live: &[&ShardSeen]) -> HostsWaiting {
    let mut longest: Vec<_> = live.iter().flat_map(|shard| shard.figures.hosts_waiting.longest.clone()).collect();
    longest.sort_by(|a, b| a.host.cmp(&b.host).then(b.until.cmp(&a.until)));
    longest.dedup_by(|a, b| a.host == b.host);
    longest.sort_by_key(|host| std::cmp::Reverse(host.until));
    longest.truncate(LISTED);
    HostsWaiting { count: live.iter().map(|shard| shard.figures.hosts_waiting.count).sum(), longest }
}

fn memory(live: &[&ShardSeen]) -> Option<Memory> {
    let add = |a: Option<u64>, b: Option<u64>| if a.is_none() { b } else { Some(a? + b.unwrap_or(0)) };
    live.iter().filter_map(|shard| shard.figures.memory).reduce(|a, b| Memory {
        engine: a.engine + b.engine,
        browser: add(a.browser, b.browser),
        limit: add(a.limit, b.limit),
    })
}

fn seconds(delta: chrono::TimeDelta) -> u64 {
    delta.to_std().unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{now, record, seen, shard, task_since, with_finished};
    use super::*;
    use crate::model::{RunCounts, RunRecord};

    fn input<'a>(record: &'a RunRecord, shards: &'a [ShardSeen], second: u64) -> RunInput<'a> {
        let at = now(second).at;
        RunInput { record, summary: None, tasks: 200, shards, unreadable: &[], baseline_p50: None, at }
    }

    fn stand_of(shards: &[ShardSeen]) -> Stand {
        merge(&input(&record(), shards, 100)).stand
    }

    #[test]
    fn shards_add_up() {
        let shards = [
            seen(with_finished(shard(0, 2), (0..30).map(|n| n % 10 != 0)), 1),
            seen(with_finished(shard(1, 2), (0..30).map(|_| true)), 2),
        ];
        let run = merge(&input(&record(), &shards, 100));
        assert_eq!((run.totals.tasks, run.totals.completed, run.totals.failed), (200, 57, 3));
        assert_eq!((run.rate.now, run.concurrency.limit, run.last_values.len()), (Some(2.0), 8, 20));
        let health = run.health.as_ref().map(|health| (health.n, health.factors.len()));
        assert_eq!(health, Some((50, 3)), "the last 50, without a baseline");
        assert!(run.eta.is_some() && run.alerts.is_empty(), "{run:?}");
        assert!(run.p50.is_some_and(|p50| (p50 - 2.0).abs() < 0.03));
        assert_eq!((run.stand, run.elapsed), (Stand::Running, 100));
    }

    #[test]
    fn the_stand_is_what_is_most_in_the_way() {
        let with = |state: ShardState, age| {
            let mut figures = shard(0, 1);
            figures.state = state;
            seen(figures, age)
        };
        let paused = ShardState::Paused { reason: "r".into(), by: "b".into(), since: now(0).at };
        assert_eq!(stand_of(&[with(ShardState::Running, 0)]), Stand::Running);
        assert_eq!(stand_of(&[with(ShardState::Running, 21)]), Stand::NoOwner);
        assert_eq!(stand_of(&[with(paused.clone(), 0)]), Stand::Paused);
        assert_eq!(stand_of(&[with(paused, 21)]), Stand::NoOwner);
        assert_eq!(stand_of(&[with(ShardState::Done, 99)]), Stand::Finalizing);
        assert_eq!(stand_of(&[with(ShardState::Released { to: None }, 0)]), Stand::NoOwner);
        assert_eq!(stand_of(&[with(ShardState::Starting, 0)]), Stand::Starting);
    }

    #[test]
    fn a_run_that_nobody_has_published_anything_of() {
        let (mut queued, running) = (record(), record());
        queued.status = RunStatus::Queued;
        assert_eq!(merge(&input(&queued, &[], 999)).stand, Stand::Queued);
        assert_eq!(merge(&input(&running, &[], 20)).stand, Stand::Starting);
        let run = merge(&input(&running, &[], 21));
        assert_eq!((run.stand, run.totals.tasks, run.health, run.eta), (Stand::NoOwner, 200, None, None));
    }

    #[test]
    fn a_closed_run_is_what_its_document_says() {
        let counts = RunCounts { tasks: 200, completed: 190, failed: 10, skipped: 0, attempts: 230 };
        let closed = RunRecord {
            status: RunStatus::Completed,
            completed_at: Some(now(50).at),
            counts: Some(counts),
            ..record()
        };
        let mut late = shard(0, 2);
        late.in_flight.oldest.push(task_since("t", late.at, 900, 900));
        late.in_flight.count = 1;
        let run = merge(&input(&closed, &[seen(late, 999)], 999));
        assert_eq!((run.totals.completed, run.totals.attempts, run.elapsed), (190, 230, 50));
        assert_eq!((run.in_flight.count, run.stuck.len(), run.alerts.len(), run.is_closed()), (0, 0, 0, true));
    }

    #[test]
    fn being_quiet_counts_only_while_something_is_under_way() {
        let quiet = |in_flight: bool, state: Option<ShardState>| {
            let mut figures = with_finished(shard(0, 1), (0..12).map(|_| true));
            figures.at = now(200).at;
            if in_flight {
                figures.in_flight.oldest.push(task_since("t", figures.at, 20, 20));
                figures.in_flight.count = 1;
            }
            figures.state = state.unwrap_or(ShardState::Running);
            let run = merge(&input(&record(), &[seen(figures, 0)], 200));
            (run.health.map(|health| health.score), run.alerts.into_iter().map(|alert| alert.name).collect::<Vec<_>>())
        };
        let (score, alerts) = quiet(true, None);
        assert_eq!((score, alerts), (Some(20.0), vec!["nothing_finishing".to_owned()]));
        assert!(quiet(false, None).0 > Some(90.0) && quiet(false, None).1.is_empty());
        let paused = ShardState::Paused { reason: "r".into(), by: "b".into(), since: now(0).at };
        assert!(quiet(true, Some(paused)).1.is_empty(), "a pause is no standstill");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let unreadable = [(2, "damaged".to_owned())];
        let run = merge(&RunInput { unreadable: &unreadable, ..input(&record(), &[], 1) });
        assert_eq!(run.alerts.first().map(|alert| alert.text.as_str()), Some("shard 2: damaged"));
    }
}
