use super::Executor;
use crate::browse::PageFailure;
use crate::model::{AttemptStatus, Cause, TaskStatus};
use crate::run::attempt::{Ending, Finished, Source};
use crate::run::host_gate::{HostId, Seen, Visit};
use crate::run::record::Record;
use crate::run::{RunEvent, Verdict};
use std::time::Duration;
use tokio::time::Instant;

/// Hosts that fail are left alone, for a while or for good.
impl Executor<'_> {
    pub(super) fn is_live(&self) -> bool {
        matches!(self.shop.source, Source::Live { .. })
    }

    /// Whether the host of a task is to be visited; if not, the task waits or is given up.
    pub(super) fn is_open(&mut self, visit: Visit, position: usize, now: Instant) -> bool {
        if !self.is_live() {
            return true;
        }
        match self.breaker.ask(visit.host.0, position, now) {
            Verdict::Go => true,
            verdict => {
                self.queue.done(visit, now, Seen::default());
                self.enqueue(position, None);
                self.leave_alone(visit.host, verdict, None);
                false
            }
        }
    }

    /// A host that failed too often is left alone for a while, or for good.
    pub(super) fn leave_alone(&mut self, host: HostId, verdict: Verdict, cause: Option<Cause>) {
        match verdict {
            Verdict::Go => {}
            Verdict::Wait(until) => {
                self.queue.block(host, until);
                let wait = until.saturating_duration_since(Instant::now());
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                let name = self.queue.name(host).to_owned();
                self.emit(&RunEvent::HostWaiting {
                    host: name,
                    wait_ms,
                    why: "it failed several times in a row".into(),
                });
            }
            Verdict::GiveUp(reason) => {
                for position in self.queue.drain(host) {
                    self.give_up(position, &reason, cause.unwrap_or(Cause::HostUnreachable));
                }
            }
        }
    }

    /// Ends a task without a visit, as an attempt that says why.
    pub(super) fn give_up(&mut self, position: usize, reason: &str, cause: Cause) {
        let Some((number, trigger)) = self.tries[position].next(self.ordered(position)) else { return };
        let failure = PageFailure::new(cause, reason);
        let record = Record::new(&self.plan.tasks[position]);
        let worked = Err(Ending::Failed(failure));
        let Finished { row, .. } = record.finish(&self.shop, (number, trigger), Duration::ZERO, worked);
        let status = row.attempt.status.parse().unwrap_or(AttemptStatus::Failed);
        self.tries[position].take(number, trigger, status, false);
        self.keep(row);
        self.ended(position, TaskStatus::Failed);
    }
}
