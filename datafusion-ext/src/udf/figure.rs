use super::{accuracy, wilson_lower, wilson_upper};
use crate::stats::wilson;

/// What is said of the share of correct cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Figure {
    Share,
    Lower,
    Upper,
}

impl Figure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Share => accuracy::NAME,
            Self::Lower => wilson_lower::NAME,
            Self::Upper => wilson_upper::NAME,
        }
    }

    /// The figure for `correct` of `known` cells; `None` without any.
    pub(super) fn of(self, correct: u64, known: u64) -> Option<f64> {
        match self {
            Self::Share => (known > 0).then(|| correct as f64 / known as f64),
            Self::Lower => wilson(correct, known).map(|interval| interval.lower),
            Self::Upper => wilson(correct, known).map(|interval| interval.upper),
        }
    }
}
