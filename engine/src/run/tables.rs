use super::{Plan, PlanRow};
use crate::extract::value_rule;
use crate::model::{AppliedCalibration, AttemptStatus, FieldSpec, TaskStatus};
use mino_datafusion::compare::{CellScore, Match, compare_cell};
use mino_datafusion::schema::{AttemptRow, FieldRow, FoundField, JournalRow, ResultColumn, RunColumns, TaskRow};
use mino_datafusion::stats::{task_result, weighted_mean};
use mino_datafusion::value::ValueRule;
use std::collections::{BTreeMap, HashSet};

/// The rows of the published tables for some tasks, in plan order.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) tasks: Vec<TaskRow>,
    pub(super) fields: Vec<FieldRow>,
}

/// Below this a person should look at a value.
const DOUBTFUL: f64 = 0.5;

/// Derives every table from the frozen task list and the journal. Pure: the same input gives the same rows.
pub(super) struct Deriver<'a> {
    plan: &'a Plan,
    run: RunColumns,
    rules: Vec<ValueRule>,
    reviewed: &'a HashSet<String>,
}

impl<'a> Deriver<'a> {
    /// `reviewed`: tasks that a person wants to look at.
    pub(super) fn new(plan: &'a Plan, reviewed: &'a HashSet<String>) -> Self {
        let specs = &plan.record.instructions.fields;
        let rule = |spec: &FieldSpec| ValueRule { absent_marker: plan.absent.clone(), ..value_rule(spec) };
        Self { plan, run: plan.run_columns(), rules: specs.iter().map(rule).collect(), reviewed }
    }

    /// Columns of `results`.
    pub(super) fn columns(&self) -> Vec<ResultColumn> {
        let column = |spec: &FieldSpec| ResultColumn {
            name: spec.name.clone(),
            field_type: spec.field_type.clone(),
            has_ground_truth: self.plan.ground_truth.contains(&spec.name),
        };
        self.plan.record.instructions.fields.iter().map(column).collect()
    }

    /// `journal`: the attempts of each of these tasks, by number.
    pub(super) fn derive(&self, tasks: &[PlanRow], mut journal: BTreeMap<String, Vec<JournalRow>>) -> Tables {
        let specs = &self.plan.record.instructions.fields;
        let mut tables = Tables::default();
        for task in tasks {
            let attempts = journal.remove(&task.task_id).unwrap_or_default();
            let outcome = Outcome::of(&attempts);
            let from = tables.fields.len();
            for (spec, rule) in specs.iter().zip(&self.rules) {
                tables.fields.push(field_row(self.plan, &self.run, task, (spec, rule), &outcome));
            }
            let mut row = task_row(&self.run, task, specs, &attempts, &outcome, &tables.fields[from..]);
            row.needs_review |= self.reviewed.contains(&task.task_id);
            tables.tasks.push(row);
            tables.attempts.extend(attempts.into_iter().map(|row| row.attempt));
        }
        tables
    }
}

/// How a task ended, by the attempt that counts: the last that succeeded, else the last that was not cancelled.
struct Outcome<'a> {
    status: TaskStatus,
    counts: Option<&'a JournalRow>,
}

impl<'a> Outcome<'a> {
    fn of(attempts: &'a [JournalRow]) -> Self {
        let is = |row: &&JournalRow, status: AttemptStatus| row.attempt.status == status.as_str();
        if let Some(success) = attempts.iter().rfind(|row| is(row, AttemptStatus::Success)) {
            return Self { status: TaskStatus::Completed, counts: Some(success) };
        }
        match attempts.iter().rev().find(|row| !is(row, AttemptStatus::Cancelled)) {
            Some(last) => Self { status: TaskStatus::Failed, counts: Some(last) },
            None => Self { status: TaskStatus::Skipped, counts: None },
        }
    }

    fn found(&self, field: &str) -> Option<&'a FoundField> {
        self.counts?.found.iter().find(|found| found.field == field)
    }
}

fn field_row(
    plan: &Plan,
    run: &RunColumns,
    task: &PlanRow,
    (spec, rule): (&FieldSpec, &ValueRule),
    outcome: &Outcome<'_>,
) -> FieldRow {
    let found = outcome.found(&spec.name);
    // What a failed attempt saw is kept as seen, but it is no result.
    let usable = found.filter(|found| outcome.status == TaskStatus::Completed && found.value.is_some());
    let expected = task.expected.get(&spec.name);
    let score = match outcome.status {
        TaskStatus::Completed => {
            compare_cell(rule, expected.map(String::as_str), usable.and_then(|f| f.value.as_deref()))
        }
        // Known or known to be absent: end to end, a failed task has answered neither.
        TaskStatus::Failed => compare_cell(rule, expected.map(String::as_str), None)
            .map(|_| CellScore { outcome: Match::Missing, score: 0.0 }),
        _ => None,
    };
    FieldRow {
        run: run.clone(),
        task_id: task.task_id.clone(),
        row_id: task.row_id.clone(),
        site_url: task.site_url.clone(),
        field: spec.name.clone(),
        field_type: spec.field_type.to_string(),
        raw: found.map(|found| found.raw.clone()),
        value: usable.and_then(|found| found.value.clone()),
        number: usable.and_then(|found| found.number),
        confidence: usable.map(|found| found.confidence),
        raw_confidence: usable.map(|found| found.raw_confidence),
        calibration: usable.map(|found| {
            AppliedCalibration::apply(
                plan.record.calibration.as_ref(),
                &spec.field_type.to_string(),
                found.raw_confidence,
            )
            .1
        }),
        resolver: found.map(|found| found.resolver.clone()),
        evidence: found.map(|found| found.evidence.clone()),
        expected: expected.cloned(),
        outcome: score.map(|score| score.outcome.to_string()),
        score: score.map(|score| score.score),
    }
}

fn task_row(
    run: &RunColumns,
    task: &PlanRow,
    specs: &[FieldSpec],
    attempts: &[JournalRow],
    outcome: &Outcome<'_>,
    fields: &[FieldRow],
) -> TaskRow {
    let attempt = outcome.counts.map(|row| &row.attempt);
    let names = |has: bool| {
        fields.iter().filter(|row| row.value.is_some() == has).map(|row| row.field.clone()).collect::<Vec<_>>()
    };
    let completed = outcome.status == TaskStatus::Completed;
    let weighted =
        specs.iter().zip(fields).filter_map(|(spec, row)| Some((row.confidence?, spec.weight.unwrap_or(1.0))));
    let cells = specs
        .iter()
        .zip(fields)
        .filter_map(|(spec, row)| Some((row.outcome.as_deref()?.parse::<Match>().ok()?, spec.critical)));
    let extracted = names(true);
    let blocked = attempt.is_some_and(|attempt| attempt.status == AttemptStatus::Blocked.as_str());
    let doubtful = fields.iter().any(|row| row.confidence.is_some_and(|confidence| confidence < DOUBTFUL));
    TaskRow {
        run: run.clone(),
        task_id: task.task_id.clone(),
        row_id: task.row_id.clone(),
        site_url: task.site_url.clone(),
        site_name: task.site_name.clone(),
        goal: task.goal.clone(),
        input: task.input.clone(),
        status: outcome.status.to_string(),
        status_category: attempt.map(|attempt| status_category(completed, attempt).to_owned()),
        attempt_count: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
        last_attempt_id: attempts.last().map(|row| row.attempt.attempt_id.clone()),
        completeness: (!specs.is_empty() && attempt.is_some()).then(|| extracted.len() as f64 / specs.len() as f64),
        extracted_fields: extracted,
        missing_fields: names(false),
        confidence: weighted_mean(weighted),
        min_confidence: fields.iter().filter_map(|row| row.confidence).min_by(f64::total_cmp),
        has_ground_truth: fields.iter().any(|row| row.expected.is_some()),
        accuracy_result: task_result(cells).map(|result| result.to_string()),
        failure_category: attempt.and_then(|attempt| attempt.failure_category.clone()),
        failure_reason: attempt.and_then(|attempt| attempt.failure_reason.clone()),
        blocked_reason: attempt.and_then(|attempt| attempt.blocked_reason.clone()),
        needs_review: blocked || doubtful,
        started_at: attempts.first().map(|row| row.attempt.started_at),
        completed_at: attempts.last().map(|row| row.attempt.completed_at),
        duration_ms: attempts.iter().map(|row| row.attempt.duration_ms).reduce(|a, b| a.saturating_add(b)),
        cost: attempts.iter().filter_map(|row| row.attempt.cost).reduce(|a, b| a + b),
    }
}

fn status_category(completed: bool, attempt: &AttemptRow) -> &'static str {
    if completed {
        "success"
    } else if attempt.status == AttemptStatus::Blocked.as_str() {
        "blocked"
    } else if attempt.partial {
        "partial"
    } else {
        "error"
    }
}
