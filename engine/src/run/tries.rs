use crate::model::{AttemptStatus, TaskStatus, Trigger};
use mino_datafusion::schema::JournalMark;

/// The attempts of one task so far, as far as what comes next depends on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// Number of the last attempt; 0: there was none.
    pub(super) last: u32,
    /// Those that ended by themselves: one that was given up is no try.
    pub(super) counted: u32,
    /// Those that a person ordered.
    manual: u32,
    /// The last that ended by itself ended the task.
    ended: bool,
    /// One succeeded.
    succeeded: bool,
}

impl Tries {
    /// Takes in an attempt; they come by number.
    pub(super) fn take(&mut self, number: u32, trigger: Trigger, status: AttemptStatus, is_retried: bool) {
        self.last = self.last.max(number);
        self.manual += u32::from(trigger == Trigger::ManualRetry);
        if status != AttemptStatus::Cancelled {
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
            tries.take(mark.attempt_number, trigger, status, mark.is_retried);
        }
        tries
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
    fn what_was_given_up_is_no_try() {
        assert_eq!(tries(&[(Cancelled, false), (Failed, true), (Cancelled, false)]).counted, 1);
    }

    #[test]
    fn a_person_gets_as_many_retries_as_were_ordered() {
        let mut one = tries(&[(Success, false)]);
        assert_eq!(one.next(1), Some((2, Trigger::ManualRetry)));
        one.take(2, Trigger::ManualRetry, Failed, false);
        assert_eq!(one.next(1), None);
        assert_eq!(one.next(2), Some((3, Trigger::ManualRetry)));
    }
}
