use super::attempt::words;
use super::{AppliedCalibration, Instructions, RunSettings};
use chrono::{DateTime, Utc};
use mino_datafusion::layout::Slug;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words! {
    /// Where a run stands.
    RunStatus {
        /// Planned, not begun.
        Queued = "queued",
        /// Under way.
        Running = "running",
        /// Every task has ended.
        Completed = "completed",
        /// Ended by a person or a budget, with what was done until then.
        Stopped = "stopped",
        /// Ended by an error of the engine, its store or its browser.
        Failed = "failed",
    }
}

impl RunStatus {
    /// It has ended and its tables are published.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Failed)
    }
}

words! {
    /// What a run is for.
    RunType {
        /// A try, usually of a sample.
        Test = "test",
        /// The real thing.
        Production = "production",
    }
}

/// Which rows of a dataset a run takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Sample {
    /// Every row.
    All,
    /// The first N.
    First(u64),
    /// N at random, by the run's seed.
    Random(u64),
    /// The rows with these ids.
    Rows(Vec<String>),
}

/// A sample was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sample: use all, first:N, random:N or rows:ID,ID")]
pub struct SampleError(String);

impl FromStr for Sample {
    type Err = SampleError;

    fn from_str(text: &str) -> Result<Self, SampleError> {
        let bad = || SampleError(text.to_owned());
        let count = |n: &str| n.parse().ok().filter(|n| *n > 0).ok_or_else(bad);
        match text.split_once(':') {
            None if text == "all" => Ok(Self::All),
            Some(("first", n)) => Ok(Self::First(count(n)?)),
            Some(("random", n)) => Ok(Self::Random(count(n)?)),
            Some(("rows", ids)) => {
                let ids: Vec<String> =
                    ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
                if ids.is_empty() { Err(bad()) } else { Ok(Self::Rows(ids)) }
            }
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::First(n) => write!(f, "first:{n}"),
            Self::Random(n) => write!(f, "random:{n}"),
            Self::Rows(ids) => write!(f, "rows:{}", ids.join(",")),
        }
    }
}

impl TryFrom<String> for Sample {
    type Error = SampleError;
    fn try_from(text: String) -> Result<Self, SampleError> {
        text.parse()
    }
}

impl From<Sample> for String {
    fn from(sample: Sample) -> Self {
        sample.to_string()
    }
}

/// How the tasks of a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    /// Tasks planned.
    pub tasks: u64,
    /// Of these, completed.
    pub completed: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Of these, never tried.
    pub skipped: u64,
    /// Attempts made.
    pub attempts: u64,
}

/// One execution: the body of a run's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// UUIDv7.
    pub run_id: String,
    /// Whose.
    pub campaign: Slug,
    /// Partition of its tables: the day of its start, UTC.
    pub date: String,
    /// What it is for.
    pub run_type: RunType,
    /// Where it stands.
    pub status: RunStatus,
    /// Which rows.
    pub sample: Sample,
    /// Of a random sample.
    pub seed: u64,
    /// Which instructions.
    pub instructions_version: String,
    /// Which dataset.
    pub dataset: Slug,
    /// Which version of it.
    pub dataset_version: u64,
    /// How.
    pub settings: RunSettings,
    /// What it extracts, frozen.
    pub instructions: Instructions,
    /// The run whose kept pages it reads; `None` for the sites themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<String>,
    /// How its confidences become probabilities; `None` for the heuristic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<AppliedCalibration>,
    /// When it was planned.
    pub started_at: DateTime<Utc>,
    /// When it was finalized.
    pub completed_at: Option<DateTime<Utc>>,
    /// Why it was stopped or failed.
    pub reason: Option<String>,
    /// How its tasks ended; `None` before finalize.
    #[serde(flatten)]
    pub counts: Option<RunCounts>,
    /// Share of ground-truth cells that are right, end to end; `None` without ground truth.
    pub accuracy: Option<f64>,
    /// Lower bound of its Wilson interval.
    pub accuracy_lower: Option<f64>,
    /// Upper bound of its Wilson interval.
    pub accuracy_upper: Option<f64>,
    /// Cells that the accuracy rests on.
    pub accuracy_cells: Option<u64>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn samples_read_as_they_are_written() {
        for text in ["all", "first:10", "random:3", "rows:a,b"] {
            assert_eq!(text.parse::<Sample>().unwrap().to_string(), text);
        }
        for bad in ["", "first", "first:0", "first:-1", "random:x", "rows:", "last:3"] {
            assert!(bad.parse::<Sample>().is_err(), "{bad}");
        }
    }
}
