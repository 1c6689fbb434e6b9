use super::Executor;
use crate::model::{ControlRecord, Order, TaskStatus};
use crate::run::notice::Notice;
use crate::run::{RunError, RunEvent, ShardEnded};
use tokio::time::Instant;

/// What others say: people by their orders, and those who talk with the store.
impl Executor<'_> {
    pub(super) fn noticed(&mut self, notice: Notice) -> Result<(), RunError> {
        match notice {
            Notice::Flushed(attempts) => {
                self.unflushed = self.unflushed.saturating_sub(attempts);
                self.emit(&RunEvent::Flushed { attempts });
            }
            Notice::Step { task_id } => {
                let now = self.now();
                self.progress.sign_of_life(&task_id, now);
            }
            Notice::Order(record) => self.ordered_now(&record),
            Notice::LeaseLost(error) => return Err(self.lost(error)),
            // Its own result says why; nothing that is done from here on would be kept.
            Notice::Failed => return Err(RunError::Internal { what: "the journal".into(), reason: "it ended".into() }),
            Notice::StoreAway { reason } => {
                self.emit(&RunEvent::StoreFault { reason: reason.clone() });
                self.store_away = Some(reason);
            }
            Notice::StoreBack => {
                self.store_away = None;
                self.emit(&RunEvent::StoreBack);
            }
        }
        Ok(())
    }

    pub(super) fn lost(&mut self, error: RunError) -> RunError {
        if let RunError::LeaseLost { worker, .. } = &error {
            self.emit(&RunEvent::LeaseLost { to: Some(worker.clone()) });
        }
        error
    }

    pub(super) fn ordered_now(&mut self, record: &ControlRecord) {
        let from = self.throttle.target();
        self.orders.take(record);
        match &record.order {
            Order::Stop { now } => self.stop_as_ordered(record, *now),
            Order::Skip { task_id } => self.skip(task_id),
            Order::Retry { task_id } => self.retry(task_id),
            Order::Pause => self.paused(record),
            Order::Resume => self.emit(&RunEvent::Resumed { by: record.by.clone() }),
            Order::Set { concurrency } => {
                self.throttle.set(*concurrency);
                let (to, limit) = (self.throttle.target(), *concurrency);
                self.emit(&RunEvent::ConcurrencySet { from, to, limit, why: format!("set by {}", record.by) });
            }
            Order::Reopen | Order::Review { .. } => {}
        }
    }

    pub(super) fn paused(&mut self, record: &ControlRecord) {
        let reason = record.why.clone().unwrap_or_else(|| "no reason given".into());
        self.emit(&RunEvent::Paused { reason, by: record.by.clone() });
    }

    pub(super) fn stop_as_ordered(&mut self, record: &ControlRecord, now: bool) {
        let reason = format!("stopped by {}", record.by_and_why());
        if self.ending.is_none() {
            self.emit(&RunEvent::Stopping { reason: reason.clone() });
            self.ending = Some(ShardEnded::Stopped(reason));
        }
        if now {
            self.shop.stop.cancel();
        }
    }

    pub(super) fn skip(&mut self, task_id: &str) {
        let Some(position) = self.positions.get(task_id).copied() else { return };
        let under_way = self.under_way.values().find(|one| one.position == position);
        if let Some(under_way) = under_way {
            under_way.cancel.cancel();
            return;
        }
        if !self.queue.remove(|waiting| *waiting == position).is_empty() {
            self.ended(position, TaskStatus::Skipped);
        }
    }

    pub(super) fn retry(&mut self, task_id: &str) {
        let Some(position) = self.positions.get(task_id).copied() else { return };
        // Whatever it waited for, it goes before the others of its host now.
        self.queue.remove(|waiting| *waiting == position);
        if !self.under_way.values().any(|one| one.position == position) {
            let host = self.enqueue(position, Some(Instant::now()));
            self.breaker.forget(host.0);
        }
    }
}
