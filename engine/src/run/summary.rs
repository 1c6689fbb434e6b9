use super::tables::Tables;
use crate::model::{RunCounts, TaskStatus};
use mino_datafusion::compare::Match;
use mino_datafusion::stats::Counts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

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

/// Adds up what came of a run, part by part.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: RunCounts,
    failures: BTreeMap<String, u64>,
    fields: BTreeMap<String, FieldTally>,
}

#[derive(Debug, Default)]
struct FieldTally {
    found: u64,
    confidence: f64,
    end_to_end: Counts,
    over_completed: Counts,
}

impl Tally {
    pub(super) fn add(&mut self, tables: &Tables) {
        self.counts.tasks += tables.tasks.len() as u64;
        self.counts.attempts += tables.attempts.len() as u64;
        let mut completed: HashSet<&str> = HashSet::new();
        for task in &tables.tasks {
            match task.status.parse() {
                Ok(TaskStatus::Completed) => {
                    self.counts.completed += 1;
                    completed.insert(&task.task_id);
                }
                Ok(TaskStatus::Failed) => {
                    self.counts.failed += 1;
                    let why = task.blocked_reason.as_ref().or(task.failure_category.as_ref());
                    *self.failures.entry(why.cloned().unwrap_or_else(|| "unknown".into())).or_default() += 1;
                }
                Ok(TaskStatus::Skipped) => self.counts.skipped += 1,
                _ => {}
            }
        }
        for row in &tables.fields {
            if !self.fields.contains_key(&row.field) {
                self.fields.insert(row.field.clone(), FieldTally::default());
            }
            let Some(field) = self.fields.get_mut(&row.field) else { continue };
            if let Some(confidence) = row.confidence {
                field.found += 1;
                field.confidence += confidence;
            }
            let Some(outcome) = row.outcome.as_deref().and_then(|outcome| outcome.parse::<Match>().ok()) else {
                continue;
            };
            field.end_to_end.add(outcome);
            if completed.contains(row.task_id.as_str()) {
                field.over_completed.add(outcome);
            }
        }
    }

    /// `fields`: their names, in the order of the instructions.
    pub(super) fn summary<'a>(&self, fields: impl Iterator<Item = &'a str>) -> RunSummary {
        let mut all = Counts::default();
        self.fields.values().for_each(|field| all += field.end_to_end);
        let none = FieldTally::default();
        let field = |name: &str| {
            let tally = self.fields.get(name).unwrap_or(&none);
            FieldSummary {
                field: name.to_owned(),
                found: tally.found,
                of: self.counts.completed,
                confidence: (tally.found > 0).then(|| tally.confidence / tally.found as f64),
                accuracy: Share::of(tally.end_to_end),
                accuracy_completed: Share::of(tally.over_completed),
            }
        };
        RunSummary {
            counts: self.counts,
            failures: self.failures.clone(),
            accuracy: Share::of(all),
            fields: fields.map(field).collect(),
        }
    }
}
