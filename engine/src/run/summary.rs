use super::tables::{Tables, counts};
use crate::model::{RunCounts, TaskStatus};
use mino_datafusion::stats::Counts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// How its tasks ended.
    #[serde(flatten)]
    pub counts: RunCounts,
    /// Why tasks failed: category, or the reason of a block → number of tasks.
    pub failures: BTreeMap<String, u64>,
    /// Share of ground-truth cells that are right, end to end; `None` without ground truth.
    pub accuracy: Option<Share>,
    /// By field, in the order of the instructions.
    pub fields: Vec<FieldSummary>,
}

/// A share with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The share, 0..=1.
    pub value: f64,
    /// Number of cells.
    pub n: u64,
    /// Lower bound of its Wilson interval.
    pub lower: f64,
    /// Upper bound of its Wilson interval.
    pub upper: f64,
}

impl Share {
    fn of(counts: Counts) -> Option<Self> {
        let interval = counts.accuracy_interval()?;
        Some(Self { value: counts.accuracy()?, n: counts.cells(), lower: interval.lower, upper: interval.upper })
    }
}

/// What came of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldSummary {
    /// Its name.
    pub field: String,
    /// Completed tasks that have a value.
    pub found: u64,
    /// Completed tasks.
    pub of: u64,
    /// Mean confidence of the values; `None` without any.
    pub confidence: Option<f64>,
    /// End to end: a failed task's cells count as missing.
    pub accuracy: Option<Share>,
    /// Over completed tasks alone.
    pub accuracy_completed: Option<Share>,
}

impl RunSummary {
    pub(super) fn of(tables: &Tables) -> Self {
        let tasks = |status: TaskStatus| tables.tasks.iter().filter(move |task| task.status == status.as_str());
        let mut failures: BTreeMap<String, u64> = BTreeMap::new();
        for task in tasks(TaskStatus::Failed) {
            let why = task.blocked_reason.as_ref().or(task.failure_category.as_ref());
            *failures.entry(why.cloned().unwrap_or_else(|| "unknown".into())).or_default() += 1;
        }
        let completed = tasks(TaskStatus::Completed).count() as u64;
        let by_field = counts(tables);
        let mut all = Counts::default();
        by_field.values().for_each(|(end_to_end, _)| all += *end_to_end);
        let field = |name: &str| {
            let values: Vec<f64> =
                tables.fields.iter().filter(|row| row.field == name).filter_map(|row| row.confidence).collect();
            let (end_to_end, over_completed) = by_field.get(name).copied().unwrap_or_default();
            FieldSummary {
                field: name.to_owned(),
                found: values.len() as u64,
                of: completed,
                confidence: (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64),
                accuracy: Share::of(end_to_end),
                accuracy_completed: Share::of(over_completed),
            }
        };
        Self {
            counts: RunCounts {
                tasks: tables.tasks.len() as u64,
                completed,
                failed: tasks(TaskStatus::Failed).count() as u64,
                skipped: tasks(TaskStatus::Skipped).count() as u64,
                attempts: tables.attempts.len() as u64,
            },
            failures,
            accuracy: Share::of(all),
            fields: tables.columns.iter().map(|column| field(&column.name)).collect(),
        }
    }
}
