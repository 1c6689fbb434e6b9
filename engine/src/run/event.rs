use super::RunSummary;
use crate::model::{AttemptStatus, RunStatus, Sample, TaskStatus};
use serde::Serialize;

/// Everything that can happen in a run. Listeners see the events in order and know nothing of each other.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The task list is frozen.
    Planned {
        /// UUIDv7.
        run_id: String,
        /// Whose.
        campaign: String,
        /// Rows of the dataset.
        rows: usize,
        /// Tasks of the run.
        tasks: usize,
        /// Which rows.
        sample: Sample,
    },
    /// The browser is up.
    Started {
        /// Tasks to do.
        tasks: usize,
        /// Pages open at once.
        concurrency: u32,
    },
    /// An attempt begins.
    AttemptStarted {
        /// Which task.
        task_id: String,
        /// Which address.
        url: String,
        /// From 1.
        number: u32,
    },
    /// An attempt has ended.
    AttemptFinished {
        /// Which task.
        task_id: String,
        /// Which address.
        url: String,
        /// From 1.
        number: u32,
        /// How.
        status: AttemptStatus,
        /// Why it failed.
        reason: Option<String>,
        /// Milliseconds.
        duration_ms: u64,
        /// Fields found.
        fields: usize,
        /// Milliseconds until the task is tried again; `None`: it is not.
        retry_in_ms: Option<u64>,
    },
    /// A task has ended.
    TaskFinished {
        /// Which task.
        task_id: String,
        /// Which row.
        row_id: String,
        /// How.
        status: TaskStatus,
    },
    /// Finished attempts are safe in the store.
    Flushed {
        /// How many.
        attempts: usize,
    },
    /// The run was asked to stop.
    Stopping {
        /// By whom or what.
        reason: String,
    },
    /// The tables are published.
    Finalized {
        /// UUIDv7.
        run_id: String,
        /// How it ended.
        status: RunStatus,
        /// What came of it.
        summary: RunSummary,
    },
}

/// Watches a run: a progress bar, a log, a callback.
pub trait Listener: Send {
    /// Called for every event, in order; must not block.
    fn on_event(&mut self, event: &RunEvent);
}

impl<F: FnMut(&RunEvent) + Send> Listener for F {
    fn on_event(&mut self, event: &RunEvent) {
        self(event);
    }
}
