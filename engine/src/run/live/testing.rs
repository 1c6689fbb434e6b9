//! Shards as tests need them.

use super::{RunInput, RunProgress, ShardSeen, merge};
use crate::model::{
    AttemptStatus, FieldSpec, Instructions, RunRecord, RunSettings, RunStatus, RunType, Sample, Slug, TaskStatus,
};
use crate::run::{
    FoundValue, HostWaiting, HostsWaiting, InFlightTask, Memory, Now, Progress, RunEvent, ShardIdentity, ShardProgress,
    Totals,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

pub(crate) fn now(seconds: u64) -> Now {
    let at = DateTime::UNIX_EPOCH + TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default();
    Now { at, elapsed: Duration::from_secs(seconds) }
}

pub(crate) fn identity(shard: u32, of: u32) -> ShardIdentity {
    ShardIdentity { run_id: "run".into(), shard: shard + 1, of, epoch: 1, worker: format!("host:{shard}") }
}

/// One of 100 tasks, begun a minute after the epoch.
pub(crate) fn progress(shard: u32, of: u32) -> Progress {
    let totals = Totals { tasks: 100, ..Totals::default() };
    let mut progress = Progress::new(identity(shard, of), 100, totals, now(60));
    progress.on_event(&RunEvent::Started { tasks: 100, concurrency: 4 }, now(60));
    progress
}

pub(crate) fn shard(shard: u32, of: u32) -> ShardProgress {
    progress(shard, of).publish(now(60))
}

pub(crate) fn seen(figures: ShardProgress, age: u64) -> ShardSeen {
    ShardSeen { figures, age: Duration::from_secs(age) }
}

pub(crate) fn task_since(task_id: &str, at: DateTime<Utc>, age: i64, quiet: i64) -> InFlightTask {
    let before = |seconds| at - TimeDelta::try_seconds(seconds).unwrap_or_default();
    let (task_id, site_url) = (task_id.to_owned(), format!("http://{task_id}.example/"));
    InFlightTask { task_id, site_url, number: 1, since: before(age), last_event_at: before(quiet) }
}

pub(crate) fn started(task_id: &str, number: u32) -> RunEvent {
    RunEvent::AttemptStarted { task_id: task_id.into(), url: format!("http://{task_id}.example/"), number }
}

/// The end of an attempt; `None` for a reason is a success.
pub(crate) fn finished(task_id: &str, number: u32, status: AttemptStatus, retry: Option<u64>) -> RunEvent {
    let failed = status != AttemptStatus::Success;
    RunEvent::AttemptFinished {
        task_id: task_id.into(),
        url: format!("http://{task_id}.example/"),
        number,
        status,
        reason: failed.then(|| format!("{task_id}.example answered with 503")),
        failure_category: None,
        blocked_reason: None,
        host: format!("{task_id}.example"),
        duration_ms: 2_000,
        fields: usize::from(!failed),
        values: if failed {
            Vec::new()
        } else {
            vec![FoundValue { field: "price".into(), value: task_id.into(), confidence: 0.9 }]
        },
        confidence: (!failed).then_some(0.9),
        retry_in_ms: retry,
    }
}

pub(crate) fn task_finished(task_id: &str, status: TaskStatus) -> RunEvent {
    RunEvent::TaskFinished { task_id: task_id.into(), row_id: task_id.into(), status }
}

/// The shard after tasks of which each completed or failed, one a second.
pub(crate) fn with_finished(figures: ShardProgress, outcomes: impl Iterator<Item = bool>) -> ShardProgress {
    let mut progress = progress(figures.identity.shard - 1, figures.identity.of);
    let mut second = 60;
    for (n, completed) in outcomes.enumerate() {
        second += 1;
        let task = format!("t{n}");
        let (attempt, status) = match completed {
            true => (AttemptStatus::Success, TaskStatus::Completed),
            false => (AttemptStatus::Failed, TaskStatus::Failed),
        };
        progress.on_event(&started(&task, 1), now(second));
        progress.on_event(&finished(&task, 1, attempt, None), now(second));
        progress.on_event(&task_finished(&task, status), now(second));
    }
    progress.publish(now(second))
}

pub(crate) fn record() -> RunRecord {
    let slug = |name: &str| Slug::parse(name);
    let (Ok(campaign), Ok(dataset)) = (slug("prices"), slug("shops")) else { unreachable!("both are names") };
    RunRecord {
        run_id: "run".into(),
        campaign,
        date: "1970-01-01".into(),
        run_type: RunType::Test,
        status: RunStatus::Running,
        sample: Sample::All,
        seed: 0,
        instructions_version: "1.0".into(),
        dataset,
        dataset_version: 1,
        settings: RunSettings::default(),
        instructions: Instructions {
            version: "1.0".into(),
            prompt: String::new(),
            fields: Vec::<FieldSpec>::new(),
            follow: None,
            lexicon: Default::default(),
        },
        replay_of: None,
        calibration: None,
        started_at: now(0).at,
        completed_at: None,
        reason: None,
        counts: None,
        accuracy: None,
        accuracy_lower: None,
        accuracy_upper: None,
        accuracy_cells: None,
    }
}

/// A run of two shards in which much happens at once.
pub(crate) fn busy_run() -> RunProgress {
    let mut first = with_finished(shard(0, 2), (0..60).map(|n| n % 6 != 0));
    for (name, age, quiet) in [("stuck-shop", 200, 200), ("slow-shop", 40, 1), ("new-shop", 1, 1)] {
        first.in_flight.oldest.push(task_since(name, first.at, age, quiet));
    }
    first.in_flight.count = 3;
    first.concurrency.in_flight = 3;
    first.memory = Some(Memory { engine: 210_000_000, browser: Some(1_340_000_000), limit: Some(4_000_000_000) });
    let waiting = HostWaiting { host: "busy.example".into(), until: now(150).at, why: "429, Retry-After".into() };
    first.hosts_waiting = HostsWaiting { count: 1, longest: vec![waiting] };
    let second = with_finished(shard(1, 2), (0..40).map(|_| true));
    let record = record();
    merge(&RunInput {
        record: &record,
        summary: None,
        tasks: 200,
        shards: &[seen(first, 1), seen(second, 25)],
        unreadable: &[],
        baseline_p50: Some(1.5),
        at: now(121).at,
    })
}
