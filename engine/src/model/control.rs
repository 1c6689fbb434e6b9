use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person orders of a live run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Order {
    /// Begin no further attempts; those under way finish.
    Pause,
    /// Lift a pause.
    Resume,
    /// End the run with what is done.
    Stop {
        /// Give up the attempts that are under way, too.
        now: bool,
    },
    /// Go on with a run that was stopped or failed.
    Reopen,
    /// Pages that each worker has open at once.
    Set {
        /// From 1.
        concurrency: u32,
    },
    /// Do not try a task, or not again.
    Skip {
        /// Which.
        task_id: String,
    },
    /// Try a task once more, however it ended.
    Retry {
        /// Which.
        task_id: String,
    },
    /// Mark a task for a person to look at.
    Review {
        /// Which.
        task_id: String,
    },
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Stop { now: false } => f.write_str("stop"),
            Self::Stop { now: true } => f.write_str("stop now"),
            Self::Reopen => f.write_str("reopen"),
            Self::Set { concurrency } => write!(f, "set concurrency={concurrency}"),
            Self::Skip { task_id } => write!(f, "skip {task_id}"),
            Self::Retry { task_id } => write!(f, "retry {task_id}"),
            Self::Review { task_id } => write!(f, "review {task_id}"),
        }
    }
}

/// An order as the store keeps it; never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was given.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// Why, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What.
    #[serde(flatten)]
    pub order: Order,
}

impl ControlRecord {
    /// By whom and why, as `ann@desk: wrong dataset`.
    #[must_use]
    pub fn by_and_why(&self) -> String {
        let why = self.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{}{why}", self.by)
    }
}
