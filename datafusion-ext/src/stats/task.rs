use crate::compare::Match;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a task did over its cells with ground truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskResult {
    /// All cells are right.
    Pass,
    /// Some are.
    Partial,
    /// None is, or a critical one is not.
    Fail,
}

impl TaskResult {
    /// The word that stands for it in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Partial => "partial",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for TaskResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word was not that of a [`TaskResult`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown task result `{word}`; known are pass, partial and fail")]
pub struct UnknownTaskResult {
    word: String,
}

impl FromStr for TaskResult {
    type Err = UnknownTaskResult;

    fn from_str(word: &str) -> Result<Self, UnknownTaskResult> {
        [Self::Pass, Self::Partial, Self::Fail]
            .into_iter()
            .find(|result| result.as_str() == word)
            .ok_or_else(|| UnknownTaskResult { word: word.chars().take(60).collect() })
    }
}

/// The result of a task from its cells with ground truth, each with whether its field is critical; `None` without any.
#[must_use]
pub fn task_result(cells: impl Iterator<Item = (Match, bool)>) -> Option<TaskResult> {
    let (mut all, mut correct, mut critical_wrong) = (0_u64, 0_u64, false);
    for (outcome, critical) in cells {
        all += 1;
        correct += u64::from(outcome.is_correct());
        critical_wrong |= critical && !outcome.is_correct();
    }
    match (all, correct) {
        (0, _) => None,
        _ if critical_wrong => Some(TaskResult::Fail),
        (_, 0) => Some(TaskResult::Fail),
        _ if correct == all => Some(TaskResult::Pass),
        _ => Some(TaskResult::Partial),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use Match::{Absent, Equivalent, Exact, Missing, Wrong};

    #[test]
    fn a_critical_field_decides() {
        let result = |cells: &[(Match, bool)]| task_result(cells.iter().copied());
        assert_eq!(result(&[]), None);
        assert_eq!(result(&[(Exact, true), (Equivalent, false), (Absent, false)]), Some(TaskResult::Pass));
        assert_eq!(result(&[(Exact, true), (Wrong, false)]), Some(TaskResult::Partial));
        assert_eq!(result(&[(Exact, false), (Missing, true)]), Some(TaskResult::Fail));
        assert_eq!(result(&[(Wrong, false), (Missing, false)]), Some(TaskResult::Fail));
    }

    #[test]
    fn words_go_there_and_back() {
        for result in [TaskResult::Pass, TaskResult::Partial, TaskResult::Fail] {
            assert_eq!(result.to_string().parse::<TaskResult>().unwrap(), result);
        }
        let message = "Pass".parse::<TaskResult>().unwrap_err().to_string();
        assert_eq!(message, "unknown task result `Pass`; known are pass, partial and fail");
    }
}
