use super::{Interval, wilson};
use crate::compare::Match;
use std::ops::AddAssign;

/// How many cells came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Right, as given.
    pub exact: u64,
    /// Right by the rule of the type.
    pub equivalent: u64,
    /// A value other than the expected one.
    pub wrong: u64,
    /// No value where one was expected.
    pub missing: u64,
    /// A value where there is none.
    pub spurious: u64,
    /// No value where there is none.
    pub absent: u64,
}

impl Counts {
    /// Counts one more cell.
    pub fn add(&mut self, outcome: Match) {
        *match outcome {
            Match::Exact => &mut self.exact,
            Match::Equivalent => &mut self.equivalent,
            Match::Wrong => &mut self.wrong,
            Match::Missing => &mut self.missing,
            Match::Spurious => &mut self.spurious,
            Match::Absent => &mut self.absent,
        } += 1;
    }

    /// Cells with known ground truth.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.exact + self.equivalent + self.wrong + self.missing + self.spurious + self.absent
    }

    /// Cells that came out right: TP + TN.
    #[must_use]
    pub fn correct(&self) -> u64 {
        self.tp() + self.tn()
    }

    /// True positives: exact and equivalent.
    #[must_use]
    pub fn tp(&self) -> u64 {
        self.exact + self.equivalent
    }

    /// False positives: wrong and spurious.
    #[must_use]
    pub fn fp(&self) -> u64 {
        self.wrong + self.spurious
    }

    /// False negatives: wrong (again) and missing.
    #[must_use]
    pub fn fn_(&self) -> u64 {
        self.wrong + self.missing
    }

    /// True negatives: absent.
    #[must_use]
    pub fn tn(&self) -> u64 {
        self.absent
    }

    /// TP / (TP + FP): how many of the values found are right.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.tp(), self.tp() + self.fp())
    }

    /// TP / (TP + FN): how many of the values there are were found right.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.tp(), self.tp() + self.fn_())
    }

    /// 2·TP / (2·TP + FP + FN), which is 2·P·R / (P + R) wherever that is defined.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.tp(), 2 * self.tp() + self.fp() + self.fn_())
    }

    /// (TP + TN) / cells.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        share(self.correct(), self.cells())
    }

    /// Wilson's interval of the accuracy.
    #[must_use]
    pub fn accuracy_interval(&self) -> Option<Interval> {
        wilson(self.correct(), self.cells())
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.exact += other.exact;
        self.equivalent += other.equivalent;
        self.wrong += other.wrong;
        self.missing += other.missing;
        self.spurious += other.spurious;
        self.absent += other.absent;
    }
}

impl FromIterator<Match> for Counts {
    fn from_iter<I: IntoIterator<Item = Match>>(outcomes: I) -> Self {
        let mut counts = Self::default();
        outcomes.into_iter().for_each(|outcome| counts.add(outcome));
        counts
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn wrong_counts_twice() {
        let counts = Counts { exact: 3, equivalent: 1, wrong: 1, missing: 2, spurious: 1, absent: 2 };
        assert_eq!((counts.tp(), counts.fp(), counts.fn_(), counts.tn()), (4, 2, 3, 2));
        assert_eq!((counts.cells(), counts.correct()), (10, 6));
        let (p, r) = (4.0 / 6.0, 4.0 / 7.0);
        assert_eq!((counts.precision(), counts.recall(), counts.accuracy()), (Some(p), Some(r), Some(0.6)));
        assert!((counts.f1().unwrap() - 2.0 * p * r / (p + r)).abs() < 1e-12);
    }

    #[test]
    fn nothing_gives_nothing() {
        let none = Counts::default();
        assert_eq!((none.precision(), none.recall(), none.f1(), none.accuracy()), (None, None, None, None));
        let absent = Counts::from_iter([Match::Absent]);
        assert_eq!((absent.f1(), absent.accuracy()), (None, Some(1.0)));
    }

    #[test]
    fn counts_add_up() {
        let mut all = Counts::from_iter([Match::Exact, Match::Wrong]);
        all += Counts::from_iter([Match::Exact, Match::Equivalent, Match::Missing, Match::Spurious, Match::Absent]);
        assert_eq!(all, Counts { exact: 2, equivalent: 1, wrong: 1, missing: 1, spurious: 1, absent: 1 });
    }
}
