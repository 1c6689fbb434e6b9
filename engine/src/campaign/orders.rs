use super::CampaignError;
use super::named::open_run;
use super::work::everyone_ended;
use crate::catalog::{Catalog, Who};
use crate::model::{ControlRecord, Order, RunRecord, nearest};
use crate::run::{Plan, RunError, Shares, division, finalize, order, read_plan, shards};
use mino_datafusion::layout::Kind;
use serde::Serialize;

/// An order that was given.
#[derive(Debug, Clone, Serialize)]
pub struct Ordered {
    /// To which run.
    pub run_id: String,
    /// What, when and by whom.
    #[serde(flatten)]
    pub record: ControlRecord,
    /// What becomes of it: whether somebody is there to carry it out.
    pub note: Option<String>,
}

/// What is ordered of a run; tasks by their id, its first letters, their row or their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Begin no further attempts.
    Pause,
    /// Lift a pause.
    Resume,
    /// End the run with what is done; `now`: attempts under way are given up.
    Stop {
        /// At once.
        now: bool,
    },
    /// Pages that each worker has open at once.
    SetConcurrency(u32),
    /// Do not try a task, or not again.
    Skip(String),
    /// Try a task once more.
    Retry(String),
    /// Mark a task for a person to look at.
    Review(String),
}

/// Gives an order to a run, on whatever machines it works: it takes effect within a few seconds, and lasts over restarts.
/// `run`: an id, its first letters or `latest`; without it the only open run.
///
/// # Errors
/// When there is no such run or task, the run is closed, or the store does not answer.
pub async fn command(
    catalog: &Catalog,
    run: Option<&str>,
    command: Command,
    why: Option<String>,
) -> Result<Ordered, CampaignError> {
    let run_id = open_run(catalog, run).await?;
    let record = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    if record.status.is_closed() && !matches!(command, Command::Retry(_)) {
        let hint = match command {
            Command::Stop { .. } | Command::Pause => "",
            _ => ": `mino run --resume` goes on with it",
        };
        return Err(RunError::Closed { run_id, status: record.status, hint }.into());
    }
    let closed = record.status.is_closed();
    let mut plan = None;
    let order_given = match command {
        Command::Pause => Order::Pause,
        Command::Resume => Order::Resume,
        Command::Stop { now } => Order::Stop { now },
        Command::SetConcurrency(concurrency) => {
            let settings = crate::model::RunSettings { concurrency, ..record.settings.clone() };
            crate::run::check_settings(&settings)?;
            Order::Set { concurrency }
        }
        Command::Skip(task) => Order::Skip { task_id: task_id(plan.insert(read_plan(catalog, record).await?), &task)? },
        Command::Retry(task) => {
            Order::Retry { task_id: task_id(plan.insert(read_plan(catalog, record).await?), &task)? }
        }
        Command::Review(task) => {
            Order::Review { task_id: task_id(plan.insert(read_plan(catalog, record).await?), &task)? }
        }
    };
    let mut who = Who::here("order");
    who.why = why;
    let record = order(catalog, &run_id, who, order_given).await?;
    let note = match (&record.order, plan) {
        (Order::Retry { .. }, _) if closed => {
            Some(format!("the run is closed: `mino run --resume {run_id}` carries it out"))
        }
        (Order::Retry { task_id }, Some(plan)) => note_of_retry(catalog, &plan, task_id).await?,
        (Order::Stop { .. }, _) => close_if_alone(catalog, &run_id).await?,
        _ => None,
    };
    Ok(Ordered { run_id, record, note })
}

/// Whoever worked on the task's shard may have gone.
async fn note_of_retry(catalog: &Catalog, plan: &Plan, task_id: &str) -> Result<Option<String>, CampaignError> {
    let run_id = &plan.record.run_id;
    let Some(of) = division(catalog, run_id).await? else { return Ok(None) };
    let position = plan.tasks.iter().position(|task| task.task_id == task_id);
    let Some(shard) = position.and_then(|position| Shares::new(plan, of).shard_of(position)) else { return Ok(None) };
    let ended = shards(catalog, run_id).await?.get(&shard).is_some_and(|state| state.end.is_some());
    Ok(ended.then(|| format!("shard {shard}/{of} has ended: `mino run --resume {run_id}` carries it out")))
}

/// A stop that nobody is there to carry out closes the run here.
async fn close_if_alone(catalog: &Catalog, run_id: &str) -> Result<Option<String>, CampaignError> {
    let record = catalog.expect::<RunRecord>(Kind::Runs, run_id).await?.body;
    let plan = read_plan(catalog, record).await?;
    let Some(ended) = everyone_ended(catalog, &plan).await? else { return Ok(None) };
    finalize(catalog, &plan, &ended, &mut []).await?;
    Ok(Some("nobody worked on it: what was done is published".into()))
}

fn task_id(plan: &Plan, given: &str) -> Result<String, CampaignError> {
    let exact = plan.tasks.iter().find(|task| task.task_id == given || task.row_id == given);
    if let Some(task) = exact.or_else(|| plan.tasks.iter().find(|task| task.site_url == given)) {
        return Ok(task.task_id.clone());
    }
    let fitting: Vec<_> = plan.tasks.iter().filter(|task| given.len() > 5 && task.task_id.starts_with(given)).collect();
    if let [task] = fitting.as_slice() {
        return Ok(task.task_id.clone());
    }
    let names = plan.tasks.iter().flat_map(|task| [task.row_id.as_str(), task.site_url.as_str()]);
    let hint = match nearest(given, names) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => ": name it by its row, its address or its id".to_owned(),
    };
    let run_id = plan.record.run_id.clone();
    Err(RunError::NoTask { run_id, task: given.to_owned(), hint }.into())
}
