use crate::model::{AttemptStatus, TaskStatus, Trigger};
use mino_datafusion::schema::JournalMark;
use std::time::Duration;

/// No wait of a task is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The attempts of one task so far, as far as what comes next depends on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// Number of the last attempt; 0: there was none.
    pub(super) last: u32,
    /// Those that ended by themselves: one that was given up is no try.
    pub(super) counted: u32,
    /// Those that a person ordered and that ended by themselves.
    manual: u32,
    /// The last that ended by itself ended the task.
    ended: bool,
    /// One succeeded.
    succeeded: bool,
    /// When the task is to be tried again, in microseconds since 1970, UTC, as the worker before us saw it.
    due: Option<i64>,
}

impl Tries {
    /// Takes in an attempt; they come by number.
    pub(super) fn take(&mut self, number: u32, trigger: Trigger, status: AttemptStatus, is_retried: bool) {
        self.last = self.last.max(number);
        if status != AttemptStatus::Cancelled {
            self.manual += u32::from(trigger == Trigger::ManualRetry);
            self.counted += 1;
            self.ended = !is_retried;
            self.succeeded |= status == AttemptStatus::Success;
        }
    }

    /// All attempts of a task that the journal has.
    pub(super) fn of<'a>(marks: impl Iterator<Item = &'a JournalMark>) -> Self {
        let mut tries = Self::default();
        for mark in marks {
            let trigger = mark.trigger.parse().unwrap_or(Trigger::AutoRetry);
            let status = mark.status.parse().unwrap_or(AttemptStatus::Failed);
            tries.take(mark.attempt_number, trigger, status, mark.retry_in_ms.is_some());
            tries.due =
                mark.retry_in_ms.map(|wait| mark.completed_at.saturating_add_unsigned(wait.saturating_mul(1000)));
        }
        tries
    }

    /// How long the next attempt has to wait yet, `now` being in microseconds since 1970, UTC.
    pub(super) fn wait(self, now: i64) -> Option<Duration> {
        let left = u64::try_from(self.due?.saturating_sub(now)).ok()?;
        // A clock that was wrong must not hold a task up for ever.
        Some(Duration::from_micros(left).min(LONGEST_WAIT))
    }

    /// How the task ended; `None`: it has not.
    pub(super) fn outcome(self) -> Option<TaskStatus> {
        self.ended.then_some(if self.succeeded { TaskStatus::Completed } else { TaskStatus::Failed })
    }

    /// Number and reason of the attempt that is due; `None`: the task has ended. `ordered`: how often a person asked for
    /// another try.
    pub(super) fn next(self, ordered: u32) -> Option<(u32, Trigger)> {
        let trigger = match self {
            _ if ordered > self.manual => Trigger::ManualRetry,
            Self { last: 0, .. } => Trigger::Initial,
            Self { ended: true, .. } => return None,
            _ => Trigger::AutoRetry,
        };
        Some((self.last + 1, trigger))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptStatus::{Cancelled, Failed, Success};

    fn tries(attempts: &[(AttemptStatus, bool)]) -> Tries {
        let mut tries = Tries::default();
        for (number, (status, is_retried)) in (1..).zip(attempts) {
            tries.take(number, Trigger::AutoRetry, *status, *is_retried);
        }
        tries
    }

    #[test]
    fn what_comes_next_follows_from_the_journal() {
        assert_eq!(tries(&[]).next(0), Some((1, Trigger::Initial)));
        assert_eq!(tries(&[(Success, false)]).next(0), None);
        assert_eq!(tries(&[(Failed, false)]).next(0), None);
        assert_eq!(tries(&[(Failed, true)]).next(0), Some((2, Trigger::AutoRetry)));
        assert_eq!(tries(&[(Failed, true), (Cancelled, false)]).next(0), Some((3, Trigger::AutoRetry)));
        assert_eq!(tries(&[(Cancelled, false)]).next(0), Some((2, Trigger::AutoRetry)));
    }

    #[test]
    fn a_wait_goes_on_where_another_worker_left_it() {
        let mark = |completed_at, retry_in_ms| JournalMark {
            task_id: "t".into(),
            attempt_number: 1,
            trigger: "initial".into(),
            status: "failed".into(),
            completed_at,
            retry_in_ms,
        };
        let wait = |mark| Tries::of([mark].iter()).wait(5_000_000);
        assert_eq!(wait(mark(4_000_000, Some(3_000))), Some(Duration::from_secs(2)));
        assert_eq!(wait(mark(4_000_000, Some(1_000))), Some(Duration::ZERO));
        assert_eq!(wait(mark(4_000_000, Some(500))), None);
        assert_eq!(wait(mark(i64::MAX, Some(u64::MAX))), Some(LONGEST_WAIT));
        assert_eq!(wait(mark(4_000_000, None)), None);
    }

    #[test]
    fn what_was_given_up_is_no_try() {
        assert_eq!(tries(&[(Cancelled, false), (Failed, true), (Cancelled, false)]).counted, 1);
    }

    #[test]
    fn a_person_gets_as_many_retries_as_were_ordered() {
        let mut one = tries(&[(Success, false)]);
        assert_eq!(one.next(1), Some((2, Trigger::ManualRetry)));
        one.take(2, Trigger::ManualRetry, Cancelled, false);
        assert_eq!(one.next(1), Some((3, Trigger::ManualRetry)));
        one.take(3, Trigger::ManualRetry, Failed, false);
        assert_eq!(one.next(1), None);
        assert_eq!(one.next(2), Some((4, Trigger::ManualRetry)));
    }
}
