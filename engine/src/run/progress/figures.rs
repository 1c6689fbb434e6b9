use super::{Failures, LastFinished, Rate, Slice};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One moment by both clocks: one to be shown, one to be computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// By the clock on the wall, which may be set.
    pub at: DateTime<Utc>,
    /// Since any fixed moment of this process.
    pub elapsed: Duration,
}

/// Which shard of which run, and who works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardIdentity {
    /// UUIDv7.
    pub run_id: String,
    /// From 1.
    pub shard: u32,
    /// How many there are.
    pub of: u32,
    /// Of the lease: a later owner has a larger one.
    pub epoch: u64,
    /// Host name and process.
    pub worker: String,
}

/// The live figures of one shard, as its worker publishes them about once a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardProgress {
    /// Format of these figures.
    pub format: u32,
    /// Which shard, and who.
    #[serde(flatten)]
    pub identity: ShardIdentity,
    /// Counts the publications of this worker, from 1.
    pub seq: u64,
    /// When, by the worker's clock; so is every time below.
    pub at: DateTime<Utc>,
    /// When the worker took the shard.
    pub began_at: DateTime<Utc>,
    /// What the worker does.
    pub state: ShardState,
    /// How the tasks of the shard came out, under earlier workers too.
    pub totals: Totals,
    /// Pages open at once.
    pub concurrency: Concurrency,
    /// How fast tasks finish.
    pub rate: Rate,
    /// How the last ones came out, the oldest first.
    pub window: Vec<Slice>,
    /// The last 20 of them, the oldest first.
    pub last_finished: Vec<LastFinished>,
    /// Since when nothing has finished although something was under way.
    pub quiet_since: DateTime<Utc>,
    /// What is under way.
    pub in_flight: InFlight,
    /// What failed, grouped.
    pub failures: Failures,
    /// The last values found, the oldest first.
    pub last_values: Vec<LastValue>,
    /// Memory of engine and browsers, where it is measured.
    pub memory: Option<Memory>,
    /// Hosts that are left alone for a while.
    pub hosts_waiting: HostsWaiting,
}

impl ShardProgress {
    /// Version of the format. A new optional figure is no new version.
    pub const FORMAT: u32 = 1;
}

/// What the worker of a shard does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ShardState {
    /// Opens its browser.
    Starting,
    /// Works.
    Running,
    /// Begins nothing new until somebody resumes the run.
    Paused {
        /// Why.
        reason: String,
        /// Who paused it.
        by: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Keeps what is done on its own disk until the store takes it.
    WaitingForStore {
        /// What the store says.
        reason: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Ends what is under way.
    Stopping {
        /// By whom or what.
        reason: String,
    },
    /// Every task of the shard has ended, or it was stopped.
    Done,
    /// Another worker has the shard.
    Released {
        /// Who, where that is known.
        to: Option<String>,
    },
}

impl ShardState {
    /// In one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused { .. } => "paused",
            Self::WaitingForStore { .. } => "waiting for the store",
            Self::Stopping { .. } => "stopping",
            Self::Done => "done",
            Self::Released { .. } => "released",
        }
    }
}

/// How tasks came out so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Tasks planned.
    pub tasks: u64,
    /// Of these, completed.
    pub completed: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Of these, skipped.
    pub skipped: u64,
    /// Tasks tried more than once.
    pub retried: u64,
    /// Failed tasks whose site kept us out.
    pub blocked: u64,
    /// Attempts that have ended.
    pub attempts: u64,
}

impl Totals {
    /// Tasks that have ended.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.completed + self.failed + self.skipped
    }

    /// Tasks that have not.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.tasks.saturating_sub(self.finished())
    }

    /// Two shards together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            tasks: self.tasks + other.tasks,
            completed: self.completed + other.completed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            retried: self.retried + other.retried,
            blocked: self.blocked + other.blocked,
            attempts: self.attempts + other.attempts,
        }
    }
}

/// Pages open at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// What memory, processors and errors allow now.
    pub target: u32,
    /// What the run was given.
    pub limit: u32,
    /// What there is.
    pub in_flight: u32,
}

/// Attempts under way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InFlight {
    /// How many.
    pub count: u64,
    /// The oldest, the oldest first.
    pub oldest: Vec<InFlightTask>,
}

/// An attempt under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InFlightTask {
    /// Of which task.
    pub task_id: String,
    /// Its address.
    pub site_url: String,
    /// From 1.
    pub number: u32,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When something was last heard of it.
    pub last_event_at: DateTime<Utc>,
}

/// A value found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastValue {
    /// Where.
    pub site_url: String,
    /// Of which field.
    pub field: String,
    /// In canonical form, shortened.
    pub value: String,
    /// Probability that it is right, 0..=1.
    pub confidence: f64,
    /// When.
    pub at: DateTime<Utc>,
}

/// Bytes of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Of the engine.
    pub engine: u64,
    /// Of the browsers' process trees.
    pub browser: Option<u64>,
    /// What the browsers may take.
    pub limit: Option<u64>,
}

/// Hosts that are left alone for a while.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostsWaiting {
    /// How many.
    pub count: u64,
    /// Those that wait longest, the longest first.
    pub longest: Vec<HostWaiting>,
}

/// A host that is left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWaiting {
    /// Which.
    pub host: String,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Its wish, its answers, or a broken circuit.
    pub why: String,
}
