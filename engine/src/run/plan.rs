use super::{RunError, choose};
use crate::catalog::{Catalog, CatalogError, Who};
use crate::dataset::{host_of, is_ground_truth, thaw};
use crate::model::{
    AppliedCalibration, CalibrationRecord, DatasetVersion, Instructions, InstructionsRecord, RunId, RunRecord,
    RunSettings, RunStatus, RunType, Sample, Slug, nearest,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use mino_datafusion::layout::{self, Kind};
use mino_datafusion::schema::{RunColumns, read_rows, write_rows};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a run is to do.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// Its id.
    pub run_id: RunId,
    /// When it starts.
    pub at: DateTime<Utc>,
    /// What it is for.
    pub run_type: RunType,
    /// Which rows.
    pub sample: Sample,
    /// Of a random sample.
    pub seed: u64,
    /// How.
    pub settings: RunSettings,
    /// The run whose kept pages are read instead of the sites.
    pub replay_of: Option<String>,
}

/// One task of a frozen task list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// UUIDv5 of (run, row).
    pub task_id: String,
    /// The dataset's key, or the row's number from 1.
    pub row_id: String,
    /// Where the browser is sent; empty when the row has no address.
    pub site_url: String,
    /// Its host.
    pub site_name: String,
    /// The prompt, filled in.
    pub goal: String,
    /// Cells that are no ground truth.
    pub input: BTreeMap<String, String>,
    /// Field → ground truth.
    pub expected: BTreeMap<String, String>,
}

/// A frozen task list with the run that it belongs to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The run.
    pub record: RunRecord,
    /// Fields of the dataset's ground truth, whether or not a row has it.
    pub ground_truth: BTreeSet<String>,
    /// Ground truth that means "known to be absent".
    pub absent: String,
    /// Its tasks, in dataset order.
    pub tasks: Vec<PlanRow>,
    /// Rows of the whole dataset.
    pub rows: usize,
}

impl Plan {
    /// Columns of the run, as every table repeats them.
    #[must_use]
    pub fn run_columns(&self) -> RunColumns {
        RunColumns {
            run_id: self.record.run_id.clone(),
            run_type: self.record.run_type.to_string(),
            instructions_version: self.record.instructions_version.clone(),
            dataset: self.record.dataset.to_string(),
            dataset_version: self.record.dataset_version,
        }
    }
}

/// Freezes the task list of a run and writes the run's first document. Repeating it with the same id
/// gives the plan that is there, whatever is asked for now.
///
/// # Errors
/// When the sample, a setting or the prompt does not fit the dataset, or the store does not answer.
pub async fn plan(
    catalog: &Catalog,
    campaign: &Slug,
    instructions: Instructions,
    dataset: (&DatasetVersion, u64),
    options: PlanOptions,
) -> Result<Plan, RunError> {
    let id = options.run_id.to_string();
    if let Some(known) = catalog.latest::<RunRecord>(Kind::Runs, &id).await? {
        return read_plan(catalog, known.body).await;
    }
    check_settings(&options.settings)?;
    let (version, number) = dataset;
    let path = layout::dataset_rows(catalog.org(), &version.dataset, number);
    let bytes = catalog.store().get(&path).await?;
    let bytes = bytes.ok_or_else(|| catalog.store().corrupt(&path, "it is not there"))?;
    let rows = thaw(version, bytes)?;
    let ids: Vec<&str> = rows.rows.iter().map(|(id, _)| id.as_str()).collect();
    let chosen = choose(&options.sample, options.seed, &ids)?;
    let goals = Goals::new(&instructions.prompt, version)?;
    let mut tasks = Vec::with_capacity(chosen.len());
    for (row_id, cells) in chosen.into_iter().map(|position| &rows.rows[position]) {
        tasks.push(task(version, &options.run_id, &goals, row_id, cells)?);
    }
    let of = InstructionsRecord::id(campaign, &instructions.version);
    let calibration = catalog.latest::<CalibrationRecord>(Kind::Calibrations, &of).await?;
    let record = RunRecord {
        run_id: options.run_id.to_string(),
        campaign: campaign.clone(),
        date: options.at.format("%Y-%m-%d").to_string(),
        run_type: options.run_type,
        status: RunStatus::Queued,
        sample: options.sample,
        seed: options.seed,
        instructions_version: instructions.version.clone(),
        dataset: version.dataset.clone(),
        dataset_version: number,
        settings: options.settings,
        instructions,
        replay_of: options.replay_of,
        calibration: calibration.map(|known| AppliedCalibration::new(known.version, known.body)),
        started_at: options.at,
        completed_at: None,
        reason: None,
        counts: None,
        accuracy: None,
        accuracy_lower: None,
        accuracy_upper: None,
        accuracy_cells: None,
    };
    let plan_path = layout::plan(catalog.org(), &record.run_id);
    catalog.store().put(&plan_path, write_rows(&plan_schema(), &tasks)?).await?;
    let who = Who { at: options.at, ..Who::here("plan") };
    match catalog.write(Kind::Runs, &record.run_id, 0, who, record.clone()).await {
        Ok(_) => {}
        // Another process plans the same run: the list of tasks is the same, and its document counts.
        Err(CatalogError::LostRace { .. }) => {
            let known = catalog.expect::<RunRecord>(Kind::Runs, &id).await?.body;
            return read_plan(catalog, known).await;
        }
        Err(error) => return Err(error.into()),
    }
    let ground_truth = version.ground_truth().map(|(field, _)| field.to_owned()).collect();
    Ok(Plan { record, ground_truth, absent: version.absent.clone(), tasks, rows: rows.rows.len() })
}

/// # Errors
/// The first setting that makes no sense.
pub(crate) fn check_settings(settings: &RunSettings) -> Result<(), RunError> {
    if settings.concurrency == 0 || settings.concurrency > 256 {
        let value = settings.concurrency.to_string();
        return Err(RunError::Setting { setting: "concurrency", value, allowed: "1 to 256" });
    }
    if settings.max_retries > 20 {
        let value = settings.max_retries.to_string();
        return Err(RunError::Setting { setting: "max_retries", value, allowed: "0 to 20" });
    }
    if settings.timeout.is_zero() || settings.timeout.as_secs() > 3000 {
        let value = humantime::format_duration(settings.timeout).to_string();
        return Err(RunError::Setting { setting: "timeout", value, allowed: "1s to 50m" });
    }
    if settings.politeness.per_host == 0 || settings.politeness.per_host > 256 {
        let value = settings.politeness.per_host.to_string();
        return Err(RunError::Setting { setting: "politeness.per_host", value, allowed: "1 to 256" });
    }
    if settings.politeness.delay.as_secs() > 600 {
        let value = humantime::format_duration(settings.politeness.delay).to_string();
        return Err(RunError::Setting { setting: "politeness.delay", value, allowed: "0s to 10m" });
    }
    if settings.lease.as_secs() < 3 || settings.lease.as_secs() > 3600 {
        let value = humantime::format_duration(settings.lease).to_string();
        return Err(RunError::Setting { setting: "lease", value, allowed: "3s to 1h" });
    }
    if settings.recycle_after == 0 {
        return Err(RunError::Setting { setting: "recycle_after", value: "0".into(), allowed: "1 and more" });
    }
    if let Some(memory) = settings.memory.filter(|memory| memory.as_u64() < 256_000_000) {
        return Err(RunError::Setting { setting: "memory", value: memory.to_string(), allowed: "256MB and more" });
    }
    Ok(())
}

fn task(
    version: &DatasetVersion,
    run: &RunId,
    goals: &Goals,
    row_id: &str,
    cells: &BTreeMap<String, String>,
) -> Result<PlanRow, RunError> {
    let mut input = BTreeMap::new();
    for column in version.columns.iter().filter(|column| !is_ground_truth(column)) {
        if let Some(cell) = cells.get(&column.name) {
            input.insert(column.name.clone(), cell.clone());
        }
    }
    let expected = version
        .ground_truth()
        .filter_map(|(field, column)| Some((field.to_owned(), cells.get(column)?.clone())))
        .collect();
    let site_url = cells.get(&version.url_column).map(|url| url.trim().to_owned()).unwrap_or_default();
    Ok(PlanRow {
        task_id: run.task(row_id).to_string(),
        row_id: row_id.to_owned(),
        site_name: host_of(&site_url),
        goal: goals.fill(row_id, &input)?,
        site_url,
        input,
        expected,
    })
}

/// The prompt as a template. A blank cell is an empty text; a column that does not exist is an error.
#[derive(Debug)]
pub(crate) struct Goals {
    engine: minijinja::Environment<'static>,
    columns: Vec<String>,
}

impl Goals {
    pub(crate) fn new(prompt: &str, version: &DatasetVersion) -> Result<Self, RunError> {
        let (answers, inputs): (Vec<_>, Vec<_>) = version.columns.iter().partition(|column| is_ground_truth(column));
        let columns: Vec<&str> = inputs.iter().map(|column| column.name.as_str()).collect();
        let mut engine = minijinja::Environment::new();
        engine.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let failed = |error: minijinja::Error| RunError::Goal { row: "any".into(), reason: error.to_string() };
        engine.add_template_owned("goal", prompt.to_owned()).map_err(failed)?;
        let mut names: Vec<String> =
            engine.get_template("goal").map_err(failed)?.undeclared_variables(true).into_iter().collect();
        names.sort();
        for name in names {
            let column = name.strip_prefix("row.").map(|rest| rest.split('.').next().unwrap_or(rest));
            let known = columns.join(", ");
            match column {
                Some(column) if columns.contains(&column) => {}
                Some(column) if answers.iter().any(|answer| answer.name == column) => {
                    let hint = ", which holds known answers: a prompt that gives them away measures nothing".to_owned();
                    return Err(RunError::Template { name, hint });
                }
                Some(column) => {
                    let hint = match nearest(column, columns.iter().copied()) {
                        Some(near) => format!(", but the dataset has no column `{column}`; did you mean `row.{near}`?"),
                        None => format!(", but the dataset has no column `{column}`; its columns: {known}"),
                    };
                    return Err(RunError::Template { name, hint });
                }
                None => {
                    let hint = ", which is not known: columns are written `row.<column>`".to_owned();
                    return Err(RunError::Template { name, hint });
                }
            }
        }
        Ok(Self { engine, columns: columns.iter().map(|column| (*column).to_owned()).collect() })
    }

    pub(crate) fn fill(&self, row_id: &str, input: &BTreeMap<String, String>) -> Result<String, RunError> {
        let cells: BTreeMap<&str, &str> =
            self.columns.iter().map(|column| (column.as_str(), input.get(column).map_or("", String::as_str))).collect();
        let failed = |error: minijinja::Error| RunError::Goal { row: row_id.to_owned(), reason: error.to_string() };
        let template = self.engine.get_template("goal").map_err(failed)?;
        template.render(minijinja::context! { row => cells }).map_err(failed)
    }
}

/// Reads back the frozen task list of a run.
///
/// # Errors
/// When there is none, or the store does not answer.
pub async fn read_plan(catalog: &Catalog, record: RunRecord) -> Result<Plan, RunError> {
    let path = layout::plan(catalog.org(), &record.run_id);
    let bytes = catalog.store().get(&path).await?;
    let bytes = bytes.ok_or_else(|| RunError::NoPlan { run_id: record.run_id.clone() })?;
    let tasks: Vec<PlanRow> = read_rows(bytes)?;
    let dataset =
        catalog.version::<DatasetVersion>(Kind::Datasets, record.dataset.as_str(), record.dataset_version).await?;
    let dataset = dataset.map(|document| document.body);
    let ground_truth = dataset.iter().flat_map(|d| d.ground_truth()).map(|(field, _)| field.to_owned()).collect();
    let absent = dataset.as_ref().map_or_else(|| "-".to_owned(), |dataset| dataset.absent.clone());
    let rows = dataset.map_or(tasks.len(), |dataset| usize::try_from(dataset.rows).unwrap_or(usize::MAX));
    Ok(Plan { record, ground_truth, absent, tasks, rows })
}

fn plan_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let map = |name: &str| {
        let entries = DataType::Struct(vec![text("keys"), text("values")].into());
        Field::new(name, DataType::Map(Arc::new(Field::new("entries", entries, false)), false), false)
    };
    Arc::new(Schema::new(vec![
        text("task_id"),
        text("row_id"),
        text("site_url"),
        text("site_name"),
        text("goal"),
        map("input"),
        map("expected"),
    ]))
}

/// Fills in a prompt for every row of a dataset that is not stored yet, so that a mistake shows before anything is
/// written.
///
/// # Errors
/// The first row that it does not fit, or the column that there is not.
pub fn check_prompt(prompt: &str, version: &DatasetVersion, rows: crate::dataset::FrozenRows) -> Result<(), RunError> {
    let goals = Goals::new(prompt, version)?;
    rows.rows.iter().try_for_each(|(row_id, cells)| goals.fill(row_id, cells).map(drop))
}
