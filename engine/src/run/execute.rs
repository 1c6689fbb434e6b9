use super::attempt::{Finished, Source, Workshop, attempt};
use super::journal::{Journal, read_journal};
use super::tier::Tiers;
use super::{FoundValue, Listener, Plan, PlanRow, RunError, RunEvent, retry_after};
use crate::catalog::{Catalog, Who, host_name};
use crate::extract::Extractor;
use crate::model::{AttemptStatus, RunRecord, RunStatus, TaskStatus};
use mino_datafusion::layout::Kind;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What an execution needs beside its plan.
#[derive(Debug)]
pub struct Execution {
    /// Where the pages come from; a browser is closed at the end.
    pub source: Source,
    /// Cancelled to stop the run: what is under way is given up, what is done is kept.
    pub stop: CancellationToken,
}

/// Works off the tasks of a plan. Attempts that the journal has are not repeated; true when the run was stopped.
///
/// # Errors
/// When the browser cannot be had or the store does not answer; what was done until then is in the journal.
pub async fn execute(
    catalog: &Catalog,
    plan: &Plan,
    how: Execution,
    listeners: &mut [Box<dyn Listener>],
) -> Result<bool, RunError> {
    let id = &plan.record.run_id;
    let document = catalog.expect::<RunRecord>(Kind::Runs, id).await?;
    if !matches!(document.body.status, RunStatus::Queued | RunStatus::Running) {
        how.source.close().await;
        return Ok(document.body.status == RunStatus::Stopped);
    }
    let settings = plan.record.settings.clone();
    let extractor = Extractor::new(&plan.record.instructions)?;
    let running = RunRecord { status: RunStatus::Running, ..document.body };
    let epoch = catalog.write(Kind::Runs, id, document.version, Who::here("execute"), running).await?.version;
    let shop = Workshop {
        catalog: catalog.clone(),
        source: how.source,
        tiers: Tiers::default(),
        follow: plan.record.instructions.follow.clone(),
        extractor,
        field_names: plan.record.instructions.fields.iter().map(|field| field.name.clone()).collect(),
        field_types: plan.record.instructions.fields.iter().map(|field| field.field_type.to_string()).collect(),
        calibration: plan.record.calibration.clone(),
        settings,
        run: plan.run_columns(),
        worker: format!("{}:{}", host_name(), std::process::id()),
        stop: how.stop,
    };
    let mut executor = Executor {
        plan,
        journal: Journal::new(catalog.clone(), id.clone(), 0, epoch),
        ready: unfinished(catalog, plan).await?,
        waiting: BinaryHeap::new(),
        running: JoinSet::new(),
        under_way: HashMap::new(),
        shop: Arc::new(shop),
        jitter: StdRng::seed_from_u64(plan.record.seed),
        listeners,
        stopping: false,
    };
    let result = executor.work().await;
    // Whatever happened, what is finished must not be lost.
    let flushed = executor.flush().await;
    let Executor { shop, mut running, stopping, .. } = executor;
    running.shutdown().await;
    if let Some(shop) = Arc::into_inner(shop) {
        shop.source.close().await;
    }
    result.and(flushed).map(|()| stopping)
}

/// Positions of the tasks to do, each with the number of its next attempt.
async fn unfinished(catalog: &Catalog, plan: &Plan) -> Result<VecDeque<(usize, u32)>, RunError> {
    let mut tried: HashMap<String, (u32, bool)> = HashMap::new();
    for row in read_journal(catalog, &plan.record.run_id).await? {
        let entry = tried.entry(row.attempt.task_id).or_default();
        entry.0 = entry.0.max(row.attempt.attempt_number);
        entry.1 |= row.attempt.status == AttemptStatus::Success.as_str();
    }
    let next = |(position, task): (usize, &PlanRow)| match tried.get(&task.task_id) {
        None => Some((position, 1)),
        Some((_, true)) => None,
        Some((number, false)) => (*number <= plan.record.settings.max_retries).then_some((position, number + 1)),
    };
    Ok(plan.tasks.iter().enumerate().filter_map(next).collect())
}

/// Decides what is done next; the doing is elsewhere.
struct Executor<'a> {
    plan: &'a Plan,
    shop: Arc<Workshop>,
    journal: Journal,
    ready: VecDeque<(usize, u32)>,
    waiting: BinaryHeap<Reverse<(Instant, usize, u32)>>,
    running: JoinSet<Result<Finished, RunError>>,
    under_way: HashMap<tokio::task::Id, (usize, u32)>,
    jitter: StdRng,
    listeners: &'a mut [Box<dyn Listener>],
    stopping: bool,
}

impl Executor<'_> {
    fn emit(&mut self, event: &RunEvent) {
        for listener in self.listeners.iter_mut() {
            listener.on_event(event);
        }
    }

    async fn flush(&mut self) -> Result<(), RunError> {
        let attempts = self.journal.flush().await?;
        if attempts > 0 {
            self.emit(&RunEvent::Flushed { attempts });
        }
        Ok(())
    }

    async fn work(&mut self) -> Result<(), RunError> {
        let concurrency = self.shop.settings.concurrency;
        self.emit(&RunEvent::Started { tasks: self.ready.len(), concurrency });
        let stop = self.shop.stop.clone();
        loop {
            if stop.is_cancelled() && !self.stopping {
                self.stopping = true;
                self.emit(&RunEvent::Stopping { reason: "stopped by a person".into() });
            }
            if !self.stopping {
                self.dispatch(concurrency as usize);
            }
            let nothing_to_come = self.stopping || (self.ready.is_empty() && self.waiting.is_empty());
            if self.running.is_empty() && nothing_to_come {
                return Ok(());
            }
            let wake = self.waiting.peek().filter(|_| !self.stopping).map(|Reverse((at, ..))| *at);
            tokio::select! {
                Some(done) = self.running.join_next_with_id() => self.finished(done)?,
                () = tokio::time::sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
                () = tokio::time::sleep_until(self.journal.due()) => self.flush().await?,
                () = stop.cancelled(), if !self.stopping => {}
            }
            if self.journal.is_full() {
                self.flush().await?;
            }
        }
    }

    fn dispatch(&mut self, concurrency: usize) {
        let now = Instant::now();
        while self.waiting.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            if let Some(Reverse((_, position, number))) = self.waiting.pop() {
                self.ready.push_front((position, number));
            }
        }
        while self.running.len() < concurrency {
            let Some((position, number)) = self.ready.pop_front() else { break };
            let Some(task) = self.plan.tasks.get(position).cloned() else { continue };
            let (task_id, url) = (task.task_id.clone(), task.site_url.clone());
            let handle = self.running.spawn(attempt(self.shop.clone(), task, number));
            self.under_way.insert(handle.id(), (position, number));
            self.emit(&RunEvent::AttemptStarted { task_id, url, number });
        }
    }

    fn finished(
        &mut self,
        done: Result<(tokio::task::Id, Result<Finished, RunError>), JoinError>,
    ) -> Result<(), RunError> {
        let (id, finished) = match done {
            Ok((id, finished)) => (id, finished?),
            Err(error) => {
                let under_way = self.under_way.remove(&error.id());
                let url =
                    under_way.and_then(|(position, _)| self.plan.tasks.get(position)).map(|task| task.site_url.clone());
                return Err(RunError::Internal { what: url.unwrap_or_default(), reason: error.to_string() });
            }
        };
        let Some((position, number)) = self.under_way.remove(&id) else { return Ok(()) };
        let (task, attempt) = (&self.plan.tasks[position], &finished.row.attempt);
        let status = attempt.status.parse().unwrap_or(AttemptStatus::Failed);
        let jitter = self.jitter.random::<f64>();
        let max_retries = self.shop.settings.max_retries;
        let retry = finished.outcome.and_then(|outcome| retry_after(outcome, number, max_retries, jitter));
        let retry = retry.filter(|_| !self.stopping);
        let (values, confidence) = FoundValue::of(&finished.row.found);
        let ended = RunEvent::AttemptFinished {
            task_id: task.task_id.clone(),
            url: task.site_url.clone(),
            number,
            status,
            reason: attempt.failure_reason.clone(),
            failure_category: attempt.failure_category.as_deref().and_then(|category| category.parse().ok()),
            blocked_reason: attempt.blocked_reason.as_deref().and_then(|reason| reason.parse().ok()),
            host: task.site_name.clone(),
            duration_ms: attempt.duration_ms,
            fields: finished.row.found.iter().filter(|found| found.value.is_some()).count(),
            values,
            confidence,
            retry_in_ms: retry.map(|wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        };
        let row_id = task.row_id.clone();
        let task_id = task.task_id.clone();
        self.journal.add(finished.row);
        self.emit(&ended);
        match retry {
            Some(wait) => self.waiting.push(Reverse((Instant::now() + wait, position, number + 1))),
            None => {
                let status = match status {
                    AttemptStatus::Success => TaskStatus::Completed,
                    AttemptStatus::Cancelled => TaskStatus::Skipped,
                    _ => TaskStatus::Failed,
                };
                self.emit(&RunEvent::TaskFinished { task_id, row_id, status });
            }
        }
        Ok(())
    }
}
