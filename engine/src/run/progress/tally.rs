use super::failures::{Failure, Failures};
use super::rate::RateMeter;
use super::window::{FinishedTask, Window};
use super::{
    Concurrency, HostWaiting, HostsWaiting, InFlight, InFlightTask, LastFinished, LastValue, Memory, Now,
    ShardIdentity, ShardProgress, ShardState, Totals,
};
use crate::model::{AttemptStatus, TaskStatus};
use crate::run::event::shortened;
use crate::run::{FoundValue, RunEvent};
use chrono::{DateTime, TimeDelta, Utc};
use mino_datafusion::stats::LAST;
use std::collections::{HashMap, VecDeque};

/// Attempts under way that are published by name.
const OLDEST: usize = 20;
/// Values that are kept.
const VALUES: usize = 20;
/// Hosts that are remembered as waiting.
const HOSTS: usize = 1_000;

/// Makes the figures of one shard out of its events. Its memory does not grow with the number of tasks. Knows no clock
/// and no store: every moment is handed in.
#[derive(Debug, Clone)]
pub struct Progress {
    identity: ShardIdentity,
    seq: u64,
    began_at: DateTime<Utc>,
    started: bool,
    paused: Option<(String, String, DateTime<Utc>)>,
    store_fault: Option<(String, DateTime<Utc>)>,
    stopping: Option<String>,
    ended: Option<ShardState>,
    totals: Totals,
    concurrency: Concurrency,
    rate: RateMeter,
    window: Window,
    last_finished: VecDeque<LastFinished>,
    quiet_since: DateTime<Utc>,
    in_flight: HashMap<String, InFlightTask>,
    failures: Failures,
    last_values: VecDeque<LastValue>,
    memory: Option<Memory>,
    hosts: HashMap<String, HostWaiting>,
}

impl Progress {
    /// At the beginning of a worker's part: `run_tasks` are the tasks of the whole run, `so_far` those of the shard with
    /// what earlier workers did, as the journal tells.
    #[must_use]
    pub fn new(identity: ShardIdentity, run_tasks: u64, so_far: Totals, now: Now) -> Self {
        Self {
            identity,
            seq: 0,
            began_at: now.at,
            started: false,
            paused: None,
            store_fault: None,
            stopping: None,
            ended: None,
            totals: so_far,
            concurrency: Concurrency::default(),
            rate: RateMeter::new(now.elapsed),
            window: Window::new(run_tasks),
            last_finished: VecDeque::new(),
            quiet_since: now.at,
            in_flight: HashMap::new(),
            failures: Failures::default(),
            last_values: VecDeque::new(),
            memory: None,
            hosts: HashMap::new(),
        }
    }

    /// Takes in what happened.
    pub fn on_event(&mut self, event: &RunEvent, now: Now) {
        match event {
            RunEvent::Started { concurrency, .. } => {
                self.started = true;
                (self.concurrency.target, self.concurrency.limit) = (*concurrency, *concurrency);
                self.quiet_since = now.at;
            }
            RunEvent::AttemptStarted { task_id, url, number } => self.attempt_started(task_id, url, *number, now),
            RunEvent::AttemptFinished { .. } => self.attempt_finished(event, now),
            RunEvent::TaskFinished { status, .. } => self.task_finished(*status, now),
            RunEvent::Paused { reason, by } => {
                self.paused.get_or_insert_with(|| (reason.clone(), by.clone(), now.at));
            }
            RunEvent::Resumed { .. } => {
                self.paused = None;
                self.quiet_since = now.at;
            }
            RunEvent::ConcurrencySet { to, limit, .. } => {
                (self.concurrency.target, self.concurrency.limit) = (*to, *limit);
            }
            RunEvent::HostWaiting { host, wait_ms, why } => self.host_waits(host, *wait_ms, why, now.at),
            RunEvent::StoreFault { reason } => {
                let since = self.store_fault.take().map_or(now.at, |(_, since)| since);
                self.store_fault = Some((shortened(reason, 300), since));
            }
            RunEvent::StoreBack => {
                self.store_fault = None;
                self.quiet_since = now.at;
            }
            RunEvent::Stopping { reason } => self.stopping = Some(reason.clone()),
            RunEvent::LeaseLost { to } => self.ended = Some(ShardState::Released { to: to.clone() }),
            RunEvent::ShardReleased { .. } => {
                self.ended.get_or_insert(ShardState::Released { to: None });
            }
            RunEvent::ShardFinished { .. } | RunEvent::Finalized { .. } => {
                // What another worker has is not ours to call done.
                self.ended.get_or_insert(ShardState::Done);
            }
            RunEvent::Planned { .. } | RunEvent::Flushed { .. } | RunEvent::Alert { .. } => {}
        }
    }

    /// A sign of an attempt under way: a step of it is done.
    pub fn sign_of_life(&mut self, task_id: &str, now: Now) {
        if let Some(task) = self.in_flight.get_mut(task_id) {
            task.last_event_at = now.at;
        }
    }

    /// What engine and browsers take.
    pub fn set_memory(&mut self, memory: Memory) {
        self.memory = Some(memory);
    }

    /// What the worker does now.
    #[must_use]
    pub fn state(&self) -> ShardState {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        if let Some(reason) = &self.stopping {
            return ShardState::Stopping { reason: reason.clone() };
        }
        if let Some((reason, since)) = &self.store_fault {
            return ShardState::WaitingForStore { reason: reason.clone(), since: *since };
        }
        if let Some((reason, by, since)) = &self.paused {
            return ShardState::Paused { reason: reason.clone(), by: by.clone(), since: *since };
        }
        if self.started { ShardState::Running } else { ShardState::Starting }
    }

    /// The figures as they stand, to be published.
    pub fn publish(&mut self, now: Now) -> ShardProgress {
        self.seq += 1;
        self.hosts.retain(|_, host| host.until > now.at);
        ShardProgress {
            format: ShardProgress::FORMAT,
            identity: self.identity.clone(),
            seq: self.seq,
            at: now.at,
            began_at: self.began_at,
            state: self.state(),
            totals: self.totals,
            concurrency: Concurrency {
                in_flight: u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX),
                ..self.concurrency
            },
            rate: self.rate.rate(now.elapsed),
            window: self.window.slices(),
            last_finished: self.last_finished.iter().copied().collect(),
            quiet_since: self.quiet_since,
            in_flight: self.oldest(),
            failures: self.failures.sorted(),
            last_values: self.last_values.iter().cloned().collect(),
            memory: self.memory,
            hosts_waiting: self.longest(),
        }
    }

    fn attempt_started(&mut self, task_id: &str, url: &str, number: u32, now: Now) {
        if self.in_flight.is_empty() {
            self.quiet_since = now.at;
        }
        self.totals.retried += u64::from(number == 2);
        let (since, site_url) = (now.at, shortened(url, 200));
        let task = InFlightTask { task_id: task_id.to_owned(), site_url, number, since, last_event_at: since };
        self.in_flight.insert(task_id.to_owned(), task);
    }

    fn attempt_finished(&mut self, event: &RunEvent, now: Now) {
        let RunEvent::AttemptFinished { task_id, url, number, status, duration_ms, values, confidence, .. } = event
        else {
            return;
        };
        let RunEvent::AttemptFinished { reason, failure_category, blocked_reason, host, retry_in_ms, .. } = event
        else {
            return;
        };
        self.in_flight.remove(task_id);
        self.totals.attempts += 1;
        self.keep_values(url, values, now.at);
        // Who was cancelled tells nothing about the site.
        if *status == AttemptStatus::Cancelled {
            return;
        }
        self.window.attempt(*duration_ms);
        let gives_up = retry_in_ms.is_none();
        if *status != AttemptStatus::Success {
            self.failures.add(Failure {
                category: failure_category.map_or(status.as_str(), |category| category.as_str()),
                blocked_reason: blocked_reason.map(|reason| reason.as_str()),
                host,
                reason: reason.as_deref().unwrap_or(status.as_str()),
                task_id,
                url,
                gives_up,
                at: now.at,
            });
        }
        if gives_up {
            let (completed, retried) = (*status == AttemptStatus::Success, *number > 1);
            self.window.task(FinishedTask { at: now.at, completed, retried, confidence: *confidence });
            let blocked = *status == AttemptStatus::Blocked;
            self.totals.blocked += u64::from(blocked);
            push(&mut self.last_finished, LAST, LastFinished { at: now.at, blocked });
        }
    }

    fn task_finished(&mut self, status: TaskStatus, now: Now) {
        match status {
            TaskStatus::Completed => self.totals.completed += 1,
            TaskStatus::Failed => self.totals.failed += 1,
            TaskStatus::Skipped => self.totals.skipped += 1,
            TaskStatus::Queued | TaskStatus::Running => return,
        }
        if status != TaskStatus::Skipped {
            self.rate.finished(now.elapsed);
            self.quiet_since = now.at;
        }
    }

    fn keep_values(&mut self, url: &str, values: &[FoundValue], at: DateTime<Utc>) {
        for value in values {
            let FoundValue { field, value, confidence } = value.clone();
            push(
                &mut self.last_values,
                VALUES,
                LastValue { site_url: shortened(url, 200), field, value, confidence, at },
            );
        }
    }

    fn host_waits(&mut self, host: &str, wait_ms: u64, why: &str, at: DateTime<Utc>) {
        let wait = i64::try_from(wait_ms).ok().and_then(TimeDelta::try_milliseconds);
        let until = wait.and_then(|wait| at.checked_add_signed(wait)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        if self.hosts.len() >= HOSTS {
            self.hosts.retain(|_, host| host.until > at);
        }
        if self.hosts.len() < HOSTS || self.hosts.contains_key(host) {
            let waiting = HostWaiting { host: shortened(host, 100), until, why: shortened(why, 100) };
            self.hosts.insert(host.to_owned(), waiting);
        }
    }

    fn oldest(&self) -> InFlight {
        let mut oldest: Vec<&InFlightTask> = self.in_flight.values().collect();
        oldest.sort_by(|a, b| (a.since, &a.task_id).cmp(&(b.since, &b.task_id)));
        InFlight { count: oldest.len() as u64, oldest: oldest.into_iter().take(OLDEST).cloned().collect() }
    }

    fn longest(&self) -> HostsWaiting {
        let mut longest: Vec<&HostWaiting> = self.hosts.values().collect();
        longest.sort_by(|a, b| b.until.cmp(&a.until).then_with(|| a.host.cmp(&b.host)));
        HostsWaiting { count: longest.len() as u64, longest: longest.into_iter().take(OLDEST).cloned().collect() }
    }
}

/// Adds to a ring that holds so many.
fn push<T>(ring: &mut VecDeque<T>, at_most: usize, item: T) {
    if ring.len() >= at_most {
        ring.pop_front();
    }
    ring.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{finished, identity, now, progress, started, task_finished};
    use std::time::Duration;

    #[test]
    fn a_task_that_is_tried_again_counts_once() {
        let mut progress = progress(0, 1);
        progress.on_event(&started("a", 1), now(61));
        progress.on_event(&finished("a", 1, AttemptStatus::Failed, Some(1_000)), now(62));
        progress.on_event(&started("a", 2), now(63));
        progress.on_event(&finished("a", 2, AttemptStatus::Success, None), now(64));
        progress.on_event(&task_finished("a", TaskStatus::Completed), now(64));
        let figures = progress.publish(now(65));
        let totals = Totals { tasks: 100, completed: 1, retried: 1, attempts: 2, ..Totals::default() };
        assert_eq!(figures.totals, totals);
        assert_eq!(
            (figures.window.len(), figures.window.first().map(|slice| (slice.n, slice.retried))),
            (1, Some((1, 1)))
        );
        assert_eq!(figures.window.first().map(|slice| slice.durations.n()), Some(2), "both tries took their time");
        assert_eq!(figures.failures.groups.first().map(|group| (group.attempts, group.tasks)), Some((1, 0)));
        assert_eq!(figures.last_values.first().map(|value| value.value.as_str()), Some("a"));
        assert_eq!((figures.in_flight.count, figures.seq), (0, 1));
    }

    #[test]
    fn what_is_cancelled_is_neither_finished_nor_failed() {
        let mut progress = progress(0, 1);
        progress.on_event(&started("a", 1), now(61));
        progress.on_event(&finished("a", 1, AttemptStatus::Cancelled, None), now(62));
        progress.on_event(&task_finished("a", TaskStatus::Skipped), now(62));
        let figures = progress.publish(now(63));
        assert_eq!((figures.totals.skipped, figures.window.len(), figures.failures.groups.len()), (1, 0, 0));
        assert_eq!(figures.rate.now, Some(0.0));
    }

    #[test]
    fn what_is_most_in_the_way_is_the_state() {
        let identity = identity(0, 1);
        let mut progress = Progress::new(identity, 1, Totals::default(), now(0));
        let mut after = |event: RunEvent, seconds| {
            progress.on_event(&event, now(seconds));
            progress.state()
        };
        let paused = |since| ShardState::Paused { reason: "lunch".into(), by: "ann".into(), since: now(since).at };
        let pause = RunEvent::Paused { reason: "lunch".into(), by: "ann".into() };
        assert_eq!(after(RunEvent::Flushed { attempts: 1 }, 1), ShardState::Starting);
        assert_eq!(after(RunEvent::Started { tasks: 1, concurrency: 2 }, 1), ShardState::Running);
        assert_eq!(after(pause.clone(), 2), paused(2));
        assert_eq!(after(pause, 3), paused(2), "told again, it is the same pause");
        let fault = |reason: &str| RunEvent::StoreFault { reason: reason.into() };
        let waiting = |reason: &str| ShardState::WaitingForStore { reason: reason.into(), since: now(4).at };
        assert_eq!(after(fault("503"), 4), waiting("503"));
        assert_eq!(after(fault("500"), 5), waiting("500"));
        assert_eq!(after(RunEvent::StoreBack, 6), paused(2));
        assert_eq!(after(RunEvent::Resumed { by: "ann".into() }, 7), ShardState::Running);
        let stop = RunEvent::Stopping { reason: "by ann".into() };
        assert_eq!(after(stop, 8), ShardState::Stopping { reason: "by ann".into() });
        let released = ShardState::Released { to: Some("b".into()) };
        assert_eq!(after(RunEvent::LeaseLost { to: Some("b".into()) }, 9), released);
        assert_eq!(after(RunEvent::ShardFinished { shard: 0, of: 1 }, 9), released, "another worker has it");
    }

    #[test]
    fn concurrency_is_what_was_set_last() {
        let mut progress = progress(0, 1);
        progress.on_event(&started("a", 1), now(61));
        let set = RunEvent::ConcurrencySet { from: 4, to: 2, limit: 8, why: "memory".into() };
        progress.on_event(&set, now(62));
        assert_eq!(progress.publish(now(63)).concurrency, Concurrency { target: 2, limit: 8, in_flight: 1 });
    }

    #[test]
    fn a_host_waits_no_longer_than_it_is_told() {
        let mut progress = progress(0, 1);
        let waits = |host: &str, wait_ms| RunEvent::HostWaiting { host: host.into(), wait_ms, why: "429".into() };
        progress.on_event(&waits("a", 5_000), now(60));
        progress.on_event(&waits("b", 50_000), now(60));
        progress.on_event(&waits("c", u64::MAX), now(60));
        let hosts = progress.publish(now(61)).hosts_waiting;
        assert_eq!(
            (hosts.count, hosts.longest.iter().map(|host| host.host.as_str()).collect()),
            (3, vec!["c", "b", "a"])
        );
        assert_eq!(progress.publish(now(66)).hosts_waiting.count, 2);
    }

    #[test]
    fn signs_of_life_are_kept_by_attempt() {
        let mut progress = progress(0, 1);
        progress.on_event(&started("a", 1), now(61));
        progress.on_event(&started("b", 1), now(61));
        progress.sign_of_life("b", now(70));
        let oldest = progress.publish(now(71)).in_flight.oldest;
        let last: Vec<_> = oldest.iter().map(|task| (task.task_id.as_str(), task.last_event_at)).collect();
        assert_eq!(last, [("a", now(61).at), ("b", now(70).at)]);
    }

    /// A hundred thousand tasks on as many hosts, all failing in their own words, take no more than a thousand do.
    #[test]
    fn memory_does_not_grow_with_tasks() {
        let size = |tasks: u64| {
            let totals = Totals { tasks, ..Totals::default() };
            let mut progress = Progress::new(identity(0, 1), tasks, totals, now(0));
            for n in 0..tasks {
                let (task, status) = (format!("t{n:08}"), [AttemptStatus::Failed, AttemptStatus::Success]);
                let at = Now { elapsed: Duration::from_millis(n * 10), ..now(n / 100) };
                progress.on_event(&started(&task, 1), at);
                let status = if n % 3 == 0 { status[1] } else { status[0] };
                progress.on_event(&finished(&task, 1, status, None), at);
                progress.on_event(&task_finished(&task, TaskStatus::Completed), at);
                let waits = RunEvent::HostWaiting { host: task, wait_ms: 1_000_000_000, why: String::new() };
                progress.on_event(&waits, at);
            }
            assert!(progress.hosts.len() <= HOSTS && progress.in_flight.is_empty());
            serde_json::to_vec(&progress.publish(now(tasks / 100))).map_or(0, |bytes| bytes.len())
        };
        let (few, many) = (size(10_000), size(100_000));
        assert!(many < few * 11 / 10 + 1_000 && many < 100_000, "{few} then {many} bytes");
    }
}
