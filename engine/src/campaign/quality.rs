use super::named::record_and_result;
use super::{CampaignError, query};
use crate::catalog::Catalog;
use crate::model::{CampaignRecord, QualityCheck, QualityRule, RunRecord, Severity};
use chrono::{DateTime, Utc};
use mino_datafusion::arrow::array::{Array, Float64Array, Int64Array, RecordBatch};
use mino_datafusion::layout::Kind;
use serde::Serialize;

/// What a run has of one quality rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// What the rule looks at.
    pub check: QualityCheck,
    /// Of one field alone.
    pub field: Option<String>,
    /// What the run has: a share, or seconds; `None`: nothing tells.
    pub value: Option<f64>,
    /// What was asked for.
    pub bound: f64,
    /// On how many cells or tasks it rests.
    pub n: u64,
    /// Whether the rule is kept. One that nothing tells about is not.
    pub passed: bool,
    /// What it means when it is not.
    pub severity: Severity,
    /// All of it in one sentence.
    pub text: String,
}

/// What a finished run has of quality rules: of those that are given, else of its campaign's own. `run`: an id, its first
/// letters, or `latest`; `at`: now.
///
/// # Errors
/// When there is no such run or field, it is not finished, a rule makes no sense, or the store does not answer.
pub async fn quality(
    catalog: &Catalog,
    run: &str,
    rules: Option<Vec<QualityRule>>,
    at: DateTime<Utc>,
) -> Result<(RunRecord, Vec<Quality>), CampaignError> {
    let (record, _) = record_and_result(catalog, run).await?;
    if !record.status.is_closed() {
        let id = &record.run_id;
        return Err(CampaignError::Input(format!(
            "run {id} is {}: its quality is known when it is finished",
            record.status
        )));
    }
    let rules = match rules {
        Some(rules) => rules,
        None => catalog.expect::<CampaignRecord>(Kind::Campaigns, record.campaign.as_str()).await?.body.quality,
    };
    let mut all = Vec::with_capacity(rules.len());
    for rule in rules {
        let bound = rule.bound().map_err(CampaignError::Input)?;
        if let Some(field) =
            rule.field.as_ref().filter(|name| record.instructions.fields.iter().all(|f| f.name != **name))
        {
            return Err(CampaignError::Input(format!(
                "run {} has no field `{field}` to ask the quality of",
                record.run_id
            )));
        }
        let (value, n) = measure(catalog, &record, &rule, at).await?;
        all.push(judged(rule, value, bound, n));
    }
    Ok((record, all))
}

/// Rules of a campaign: each makes sense, and names a field that there is.
///
/// # Errors
/// What is wrong.
pub(super) fn check_rules(rules: &[QualityRule], fields: &[crate::model::FieldSpec]) -> Result<(), String> {
    for rule in rules {
        rule.bound().map_err(|reason| format!("quality: {reason}"))?;
        if let Some(name) = rule.field.as_ref().filter(|name| fields.iter().all(|field| field.name != **name)) {
            return Err(format!("quality: there is no field `{name}` among instructions.fields"));
        }
    }
    Ok(())
}

async fn measure(
    catalog: &Catalog,
    record: &RunRecord,
    rule: &QualityRule,
    at: DateTime<Utc>,
) -> Result<(Option<f64>, u64), CampaignError> {
    // Ids are UUIDs and names of fields plain words: neither can end a text of SQL.
    let run = format!("run_id = '{}'", record.run_id);
    let of = rule.field.as_ref().map_or_else(String::new, |field| format!(" and field = '{field}'"));
    let sql = match rule.check {
        QualityCheck::Accuracy => {
            format!("select wilson_lower(match) v, count(match) n from fields where {run}{of}")
        }
        QualityCheck::Completeness if rule.field.is_some() => {
            format!(
                "select avg(case when value is null then 0.0 else 1.0 end) v, count(*) n from fields where {run}{of} \
                 and task_id in (select task_id from tasks where {run} and status <> 'skipped')"
            )
        }
        QualityCheck::Completeness => {
            format!("select avg(completeness) v, count(*) n from tasks where {run} and status <> 'skipped'")
        }
        QualityCheck::Calibration => {
            format!(
                "select ece(confidence, match) v, count(match) n from fields where {run} and value is not null and match is not null"
            )
        }
        QualityCheck::Failures => {
            format!(
                "select avg(case when status = 'failed' then 1.0 else 0.0 end) v, count(*) n from tasks where {run}"
            )
        }
        QualityCheck::Freshness => {
            let age = record.completed_at.map(|finished| (at - finished).as_seconds_f64().max(0.0));
            return Ok((age, 1));
        }
    };
    let (_, batches) = query(catalog, &sql).await?;
    Ok(figure(&batches))
}

fn figure(batches: &[RecordBatch]) -> (Option<f64>, u64) {
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else { return (None, 0) };
    let value = batch.column(0).as_any().downcast_ref::<Float64Array>();
    let value = value.filter(|values| values.is_valid(0)).map(|values| values.value(0));
    let n = batch.column(1).as_any().downcast_ref::<Int64Array>().map_or(0, |counts| counts.value(0));
    (value, u64::try_from(n).unwrap_or_default())
}

fn judged(rule: QualityRule, value: Option<f64>, bound: f64, n: u64) -> Quality {
    let passed = value.is_some_and(|value| if rule.at_least.is_some() { value >= bound } else { value <= bound });
    let of = rule.field.as_ref().map_or_else(String::new, |field| format!(" of {field}"));
    let what = match rule.check {
        QualityCheck::Accuracy => "the accuracy's lower bound",
        QualityCheck::Completeness => "the completeness",
        QualityCheck::Calibration => "the calibration error",
        QualityCheck::Freshness => "the age",
        QualityCheck::Failures => "the share of failed tasks",
    };
    let shown = |figure: f64| match rule.check {
        QualityCheck::Freshness => {
            let seconds = std::time::Duration::from_secs(figure.max(0.0) as u64);
            humantime::format_duration(seconds).to_string()
        }
        _ => format!("{figure:.3}"),
    };
    let asked = if rule.at_least.is_some() { "at least" } else { "at most" };
    let text = match value {
        Some(value) => format!("{what}{of} is {} (n = {n}), asked for is {asked} {}", shown(value), shown(bound)),
        None => format!("{what}{of} is not known: nothing in the run tells it; asked for is {asked} {}", shown(bound)),
    };
    Quality { check: rule.check, field: rule.field, value, bound, n, passed, severity: rule.severity, text }
}
