use super::{Alert, Eta, SlowTask};
use crate::model::{RunRecord, RunStatus, RunType};
use crate::run::{
    Concurrency, Failures, HostsWaiting, InFlight, LastValue, Memory, Rate, RunSummary, ShardProgress, ShardState,
    Totals,
};
use chrono::{DateTime, Utc};
use mino_datafusion::stats::Health;
use serde::Serialize;
use std::time::Duration;

/// What the figures of a run are made of.
#[derive(Debug, Clone)]
pub struct RunInput<'a> {
    /// The run's document.
    pub record: &'a RunRecord,
    /// What came of it, once it is closed.
    pub summary: Option<&'a RunSummary>,
    /// Tasks of its plan.
    pub tasks: u64,
    /// The shards that have published something.
    pub shards: &'a [ShardSeen],
    /// Shards whose figures cannot be read, and why.
    pub unreadable: &'a [(u32, String)],
    /// Median time of an attempt in the campaign's comparable runs, seconds.
    pub baseline_p50: Option<f64>,
    /// Now.
    pub at: DateTime<Utc>,
}

/// What a shard published, and how long ago by the watcher's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct ShardSeen {
    /// Its figures.
    pub figures: ShardProgress,
    /// Since it gave a sign.
    pub age: Duration,
}

/// How a run goes. What is not known is `None`, never 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunProgress {
    /// UUIDv7.
    pub run_id: String,
    /// Whose.
    pub campaign: String,
    /// What it is for.
    pub run_type: RunType,
    /// What its document says.
    pub status: RunStatus,
    /// What its workers do.
    pub stand: Stand,
    /// Why, where it does not simply run: who paused it, what the store says, why it was stopped.
    pub reason: Option<String>,
    /// When it was planned.
    pub started_at: DateTime<Utc>,
    /// When it was closed.
    pub completed_at: Option<DateTime<Utc>>,
    /// When these figures were made.
    pub at: DateTime<Utc>,
    /// Seconds since the start, up to the end.
    pub elapsed: u64,
    /// How its tasks came out so far.
    pub totals: Totals,
    /// How fast they finish.
    pub rate: Rate,
    /// How long it will take.
    pub eta: Option<Eta>,
    /// How well it goes; `None` for fewer than 10 finished tasks.
    pub health: Option<Health>,
    /// Median time of an attempt in the window, seconds.
    pub p50: Option<f64>,
    /// 95th percentile of it, seconds.
    pub p95: Option<f64>,
    /// Pages open at once, over all shards.
    pub concurrency: Concurrency,
    /// Its shards.
    pub shards: Vec<ShardLine>,
    /// Attempts under way, of shards with an owner.
    pub in_flight: InFlight,
    /// Attempts older than max(3 × p95, 60 s) of which nothing was heard in that time.
    pub stuck: Vec<SlowTask>,
    /// Attempts older than p95.
    pub slow: Vec<SlowTask>,
    /// What failed, grouped.
    pub failures: Failures,
    /// The last values found, the newest first.
    pub last_values: Vec<LastValue>,
    /// Hosts that are left alone for a while.
    pub hosts_waiting: HostsWaiting,
    /// Memory over all shards, where it is measured.
    pub memory: Option<Memory>,
    /// What is out of the ordinary.
    pub alerts: Vec<Alert>,
    /// What came of it, once it is closed.
    pub summary: Option<RunSummary>,
}

impl RunProgress {
    /// Nothing more will come.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        is_closed(self.status)
    }
}

pub(super) fn is_closed(status: RunStatus) -> bool {
    matches!(status, RunStatus::Completed | RunStatus::Stopped | RunStatus::Failed)
}

/// Where a run stands, workers taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// Planned; nobody has begun.
    Queued,
    /// A worker opens its browser.
    Starting,
    /// Under way.
    Running,
    /// Somebody paused it.
    Paused,
    /// The store takes nothing.
    WaitingForStore,
    /// It ends what is under way.
    Stopping,
    /// Every task has ended; the tables are being published.
    Finalizing,
    /// Nobody works on what is left.
    NoOwner,
    /// Every task has ended, and the tables are published.
    Completed,
    /// Ended by a person or a budget.
    Stopped,
    /// Ended by an error.
    Failed,
}

impl Stand {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::WaitingForStore => "waiting for the store",
            Self::Stopping => "stopping",
            Self::Finalizing => "finalizing",
            Self::NoOwner => "no owner",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// One shard of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShardLine {
    /// From 1.
    pub shard: u32,
    /// Who works on it.
    pub worker: String,
    /// Of the lease.
    pub epoch: u64,
    /// What it does.
    #[serde(flatten)]
    pub state: ShardState,
    /// Seconds since it gave a sign.
    pub age: u64,
    /// Somebody works on it, or there is nothing left to do.
    pub owned: bool,
    /// How its tasks came out so far.
    pub totals: Totals,
    /// Pages open at once.
    pub concurrency: Concurrency,
    /// Memory of its engine and browsers, where it is measured.
    pub memory: Option<Memory>,
}
