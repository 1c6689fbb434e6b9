mod hosts;
mod orders;

use crate::model::{AttemptStatus, Cause, Shard, TaskStatus, Trigger};
use crate::run::attempt::{Finished, Source, Workshop, attempt};
use crate::run::gate::Gates;
use crate::run::host_gate::{HostId, Seen, Visit};
use crate::run::notice::Notice;
use crate::run::scribe::Scribe;
use crate::run::throttle::{self, Throttle};
use crate::run::tries::Tries;
use crate::run::{
    Breaker, FoundValue, Lease, Listener, Now, Orders, Plan, Progress, RunError, RunEvent, ShardEnded, ShardIdentity,
    ShardProgress, Shares, Stop, Totals, retry_after,
};
use bytes::Bytes;
use chrono::Utc;
use mino_datafusion::schema::JournalRow;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Finished attempts that may wait for the store: with more, no further one begins.
const UNFLUSHED: usize = 4000;

/// Decides what is done next; the doing is elsewhere.
pub(super) struct Executor<'a> {
    plan: &'a Plan,
    shop: Arc<Workshop>,
    lease: Lease,
    orders: Orders,
    tries: Vec<Tries>,
    positions: HashMap<&'a str, usize>,
    queue: Gates<usize>,
    running: JoinSet<Result<Finished, RunError>>,
    under_way: HashMap<tokio::task::Id, UnderWay>,
    scribe: Option<Scribe>,
    figures: watch::Sender<Bytes>,
    progress: Progress,
    throttle: Throttle,
    breaker: Breaker,
    began: Instant,
    notices: UnboundedReceiver<Notice>,
    unflushed: usize,
    store_away: Option<String>,
    ending: Option<ShardEnded>,
    jitter: StdRng,
    listeners: &'a mut [Box<dyn Listener>],
}

struct UnderWay {
    visit: Visit,
    position: usize,
    number: u32,
    trigger: Trigger,
    cancel: CancellationToken,
}

/// Live figures of the shard with what earlier workers did.
fn begun(plan: &Plan, lease: &Lease, shares: &Shares, tries: &[Tries]) -> Progress {
    let identity = ShardIdentity {
        run_id: plan.record.run_id.clone(),
        shard: lease.shard.number,
        of: lease.shard.of,
        epoch: lease.epoch,
        worker: lease.worker.to_string(),
    };
    let own =
        || tries.iter().enumerate().filter(|(position, _)| shares.has(lease.shard, *position)).map(|(_, tries)| tries);
    let ended = |status: TaskStatus| own().filter(|tries| tries.outcome() == Some(status)).count() as u64;
    let totals = Totals {
        tasks: own().count() as u64,
        completed: ended(TaskStatus::Completed),
        failed: ended(TaskStatus::Failed),
        attempts: own().map(|tries| u64::from(tries.last)).sum(),
        ..Totals::default()
    };
    Progress::new(identity, plan.tasks.len() as u64, totals, Now { at: Utc::now(), elapsed: Duration::ZERO })
}

/// A replay visits nobody: nothing of it has to wait.
fn gates(shop: &Workshop, shares: &Shares) -> Gates<usize> {
    let politeness = &shop.settings.politeness;
    let (per_host, delay) = shares.per_host(politeness);
    match &shop.source {
        Source::Live { .. } if politeness.ignore_robots.is_some() => Gates::new(per_host, delay).together(),
        Source::Live { .. } => Gates::new(per_host, delay),
        Source::Archive(_) => Gates::new(u32::MAX, Duration::ZERO).together(),
    }
}

/// What talks with the store.
pub(super) type Wires = (Scribe, watch::Sender<Bytes>, UnboundedReceiver<Notice>);

impl<'a> Executor<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        shop: Arc<Workshop>,
        lease: Lease,
        orders: Orders,
        tries: Vec<Tries>,
        (scribe, figures, notices): Wires,
        listeners: &'a mut [Box<dyn Listener>],
    ) -> Self {
        let shares = Shares::new(plan, lease.shard.of);
        let own = plan.tasks.iter().enumerate().filter(|(position, _)| shares.has(lease.shard, *position));
        let positions: HashMap<&str, usize> = own.map(|(position, task)| (task.task_id.as_str(), position)).collect();
        let progress = begun(plan, &lease, &shares, &tries);
        let throttle = Throttle::new(orders.concurrency.unwrap_or(shop.settings.concurrency));
        let mut executor = Self {
            queue: gates(&shop, &shares),
            running: JoinSet::new(),
            under_way: HashMap::new(),
            jitter: StdRng::seed_from_u64(plan.record.seed ^ u64::from(lease.shard.number)),
            plan,
            shop,
            lease,
            orders,
            tries,
            positions,
            scribe: Some(scribe),
            figures,
            progress,
            throttle,
            breaker: Breaker::new(),
            began: Instant::now(),
            notices,
            unflushed: 0,
            store_away: None,
            ending: None,
            listeners,
        };
        let (now, began) = (Utc::now().timestamp_micros(), executor.began);
        for position in 0..plan.tasks.len() {
            if executor.is_due(position) {
                let wait = executor.tries[position].wait(now);
                executor.enqueue(position, wait.map(|wait| began + wait));
            }
        }
        executor
    }

    /// A task of this shard that has an attempt to come.
    fn is_due(&self, position: usize) -> bool {
        let task_id = &self.plan.tasks[position].task_id;
        self.positions.contains_key(task_id.as_str())
            && !self.orders.skipped.contains(task_id)
            && self.tries[position].next(self.ordered(position)).is_some()
    }

    fn enqueue(&mut self, position: usize, not_before: Option<Instant>) -> HostId {
        // Without an address there is nobody to be polite to.
        let host = &self.plan.tasks[position].site_name;
        self.queue.push(position, host, not_before)
    }

    fn has_room(&self) -> bool {
        self.running.len() < self.throttle.target() as usize && self.unflushed < UNFLUSHED
    }

    /// How often a person asked for another try.
    fn ordered(&self, position: usize) -> u32 {
        self.orders.retried.get(&self.plan.tasks[position].task_id).map_or(0, |retried| retried.times)
    }

    fn emit(&mut self, event: &RunEvent) {
        self.progress.on_event(event, self.now());
        for listener in self.listeners.iter_mut() {
            listener.on_event(event);
        }
    }

    /// Looks whether the machine bears what is done at once.
    fn look_around(&mut self) {
        self.progress.set_memory(throttle::memory(&self.shop.source));
        if let Some((from, why)) = self.throttle.look(&self.shop.source) {
            let (to, limit) = (self.throttle.target(), self.throttle.limit());
            self.emit(&RunEvent::ConcurrencySet { from, to, limit, why });
        }
    }

    /// Until there is nothing more to do, or nothing more is to be done.
    pub(super) async fn work(&mut self, stop: &Stop) -> Result<ShardEnded, RunError> {
        self.emit(&RunEvent::Started { tasks: self.queue.len(), concurrency: self.throttle.limit() });
        let now = self.shop.stop.clone();
        if let Some((record, at_once)) = self.orders.stopped.clone() {
            self.stop_as_ordered(&record, at_once);
        }
        if let Some(record) = self.orders.paused.clone() {
            self.paused(&record);
        }
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        loop {
            if (now.is_cancelled() || stop.finish.is_cancelled()) && self.ending.is_none() {
                self.ending = Some(ShardEnded::Interrupted);
                self.emit(&RunEvent::Stopping { reason: stop.why().to_owned() });
            }
            let held = self.ending.is_some() || self.orders.paused.is_some() || self.store_away.is_some();
            if !held {
                self.dispatch();
            }
            let nothing_to_come = self.ending.is_some() || self.queue.is_empty();
            if self.running.is_empty() && nothing_to_come {
                let Shard { number: shard, of } = self.lease.shard;
                let ended = self.ending.clone().unwrap_or(ShardEnded::Done);
                self.emit(&match ended {
                    ShardEnded::Interrupted => RunEvent::ShardReleased { shard, of },
                    _ => RunEvent::ShardFinished { shard, of },
                });
                return Ok(ended);
            }
            let wake = self.queue.wake_at().filter(|_| !held && self.has_room());
            tokio::select! {
                Some(done) = self.running.join_next_with_id() => self.finished(done)?,
                Some(notice) = self.notices.recv() => self.noticed(notice)?,
                () = tokio::time::sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
                () = now.cancelled(), if self.ending.is_none() => {}
                () = stop.finish.cancelled(), if self.ending.is_none() => {}
                _ = ticks.tick() => {
                    self.look_around();
                    self.publish();
                }
            }
        }
    }

    /// Brings what is finished to the store, and gives up what is under way.
    pub(super) async fn close(&mut self) -> Result<(), RunError> {
        self.running.shutdown().await;
        let Some(scribe) = self.scribe.take() else { return Ok(()) };
        let mut finishing = std::pin::pin!(scribe.finish());
        let finished = loop {
            tokio::select! {
                finished = &mut finishing => break finished,
                Some(notice) = self.notices.recv() => self.told_at_the_end(notice),
            }
        };
        while let Ok(notice) = self.notices.try_recv() {
            self.told_at_the_end(notice);
        }
        finished
    }

    /// Nothing is decided any more; those who listen want to know why it takes time.
    fn told_at_the_end(&mut self, notice: Notice) {
        match notice {
            Notice::Flushed(attempts) => self.emit(&RunEvent::Flushed { attempts }),
            Notice::StoreAway { reason } => self.emit(&RunEvent::StoreFault { reason }),
            Notice::StoreBack => self.emit(&RunEvent::StoreBack),
            _ => {}
        }
    }

    fn publish(&mut self) {
        let figures = self.progress.publish(self.now());
        if let Ok(bytes) = serde_json::to_vec(&figures) {
            self.figures.send_replace(bytes.into());
        }
    }

    /// What it comes to in the end.
    pub(super) fn last_figures(&mut self) -> ShardProgress {
        self.progress.publish(self.now())
    }

    /// Number of the last order that was carried out.
    pub(super) fn orders_known(&self) -> u64 {
        self.orders.seq
    }

    fn now(&self) -> Now {
        Now { at: Utc::now(), elapsed: self.began.elapsed() }
    }

    fn dispatch(&mut self) {
        let now = Instant::now();
        while self.has_room() {
            let Some((visit, position)) = self.queue.next(now) else { break };
            if !self.is_open(visit, position, now) {
                continue;
            }
            let next = self.tries[position].next(self.ordered(position));
            let (Some((number, trigger)), Some(task)) = (next, self.plan.tasks.get(position).cloned()) else {
                self.queue.done(visit, now, Seen::default());
                continue;
            };
            let (task_id, url) = (task.task_id.clone(), task.site_url.clone());
            let cancel = self.shop.stop.child_token();
            let handle = self.running.spawn(attempt(self.shop.clone(), task, (number, trigger), cancel.clone()));
            self.under_way.insert(handle.id(), UnderWay { visit, position, number, trigger, cancel });
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
                let url = under_way.and_then(|one| self.plan.tasks.get(one.position)).map(|task| task.site_url.clone());
                return Err(RunError::Internal { what: url.unwrap_or_default(), reason: error.to_string() });
            }
        };
        let Some(UnderWay { visit, position, number, trigger, .. }) = self.under_way.remove(&id) else {
            return Ok(());
        };
        let Finished { mut row, outcome, seen } = finished;
        self.queue.done(visit, Instant::now(), seen);
        let (task, attempt) = (&self.plan.tasks[position], &row.attempt);
        let status = attempt.status.parse().unwrap_or(AttemptStatus::Failed);
        let is_crash = outcome.is_some_and(|outcome| outcome.cause == Cause::BrowserCrashed);
        self.throttle.ended(status == AttemptStatus::Timeout || is_crash);
        let tries = self.tries[position].counted + u32::from(status != AttemptStatus::Cancelled);
        let jitter = self.jitter.random::<f64>();
        let max_retries = self.shop.settings.max_retries;
        let retry = outcome.and_then(|outcome| retry_after(outcome, tries, max_retries, jitter));
        let retry = retry.filter(|_| !self.orders.skipped.contains(&task.task_id));
        row.retry_in_ms = retry.map(|wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let (values, confidence) = FoundValue::of(&row.found);
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
            fields: row.found.iter().filter(|found| found.value.is_some()).count(),
            values,
            confidence,
            retry_in_ms: row.retry_in_ms,
        };
        self.tries[position].take(number, trigger, status, retry.is_some());
        self.keep(row);
        self.emit(&ended);
        self.go_on(position, status, retry);
        if status != AttemptStatus::Cancelled && self.is_live() {
            let cause = outcome.map(|outcome| outcome.cause);
            if outcome.is_some_and(|outcome| outcome.asks_for_too_much()) {
                self.breaker.give_up(visit.host.0, "the host wants to be left alone for longer than a run waits");
            }
            let verdict = self.breaker.seen(visit.host.0, position, Instant::now(), cause);
            self.leave_alone(visit.host, verdict, cause);
        }
        Ok(())
    }

    /// On its way to the store.
    fn keep(&mut self, row: JournalRow) {
        self.unflushed += 1;
        if let Some(scribe) = &self.scribe {
            scribe.add(row);
        }
    }

    /// What becomes of a task after an attempt.
    fn go_on(&mut self, position: usize, status: AttemptStatus, retry: Option<Duration>) {
        match (retry, status) {
            (Some(wait), _) => {
                self.enqueue(position, Some(Instant::now() + wait));
            }
            // A person asked for another try while this one was under way.
            (None, _) if self.is_due(position) && (status != AttemptStatus::Cancelled || self.goes_on()) => {
                self.enqueue(position, Some(Instant::now()));
            }
            (None, AttemptStatus::Success) => self.ended(position, TaskStatus::Completed),
            (None, AttemptStatus::Cancelled) => self.ended(position, TaskStatus::Skipped),
            (None, _) => self.ended(position, TaskStatus::Failed),
        }
    }

    /// Nobody has asked for the end of it all.
    fn goes_on(&self) -> bool {
        self.ending.is_none() && !self.shop.stop.is_cancelled()
    }

    fn ended(&mut self, position: usize, status: TaskStatus) {
        let task = &self.plan.tasks[position];
        let event = RunEvent::TaskFinished { task_id: task.task_id.clone(), row_id: task.row_id.clone(), status };
        self.emit(&event);
    }
}
