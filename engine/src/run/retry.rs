use crate::model::{BlockedReason, FailureCategory};
use std::time::Duration;

/// How an attempt failed, as far as another try depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Coarsely.
    pub category: FailureCategory,
    /// What kept us out.
    pub blocked: Option<BlockedReason>,
    /// Another try would end the same.
    pub permanent: bool,
    /// Seconds that the site asked for.
    pub retry_after: Option<u64>,
}

/// No site is waited for longer than this between two tries.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait before the next try of a task after its `number`th (from 1); `None`: it is not tried again.
///
/// Pages that did not come back off from 1 s, rate limits from 5 s or as the site asks; a page that came without what
/// is required is tried once more; a site that keeps us out for good is left alone. `jitter` in 0..=1 spreads tries.
#[must_use]
pub fn retry_after(outcome: Outcome, number: u32, max_retries: u32, jitter: f64) -> Option<Duration> {
    if number > max_retries || outcome.permanent {
        return None;
    }
    let first = match (outcome.category, outcome.blocked) {
        (FailureCategory::Blocked, Some(BlockedReason::RateLimited)) => Duration::from_secs(5),
        (FailureCategory::Blocked, _) => return None,
        (FailureCategory::ExtractionFailed, _) if number > 1 => return None,
        (FailureCategory::ExtractionFailed | FailureCategory::PageError | FailureCategory::Timeout, _) => {
            Duration::from_secs(1)
        }
    };
    let backoff = first * 2_u32.pow((number - 1).min(6));
    let asked = Duration::from_secs(outcome.retry_after.unwrap_or(0));
    Some(backoff.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0).max(asked).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(category: FailureCategory) -> Outcome {
        Outcome { category, blocked: None, permanent: false, retry_after: None }
    }

    #[test]
    fn each_category_has_its_own_patience() {
        let wait = |outcome, number| retry_after(outcome, number, 3, 0.0).map(|wait| wait.as_secs());
        assert_eq!(wait(outcome(FailureCategory::PageError), 1), Some(1));
        assert_eq!(wait(outcome(FailureCategory::PageError), 3), Some(4));
        assert_eq!(wait(outcome(FailureCategory::PageError), 4), None);
        assert_eq!(wait(outcome(FailureCategory::ExtractionFailed), 1), Some(1));
        assert_eq!(wait(outcome(FailureCategory::ExtractionFailed), 2), None);
        assert_eq!(wait(Outcome { permanent: true, ..outcome(FailureCategory::PageError) }, 1), None);
    }

    #[test]
    fn a_rate_limit_is_waited_for_and_a_captcha_is_not() {
        let limited = Outcome { blocked: Some(BlockedReason::RateLimited), ..outcome(FailureCategory::Blocked) };
        assert_eq!(retry_after(limited, 1, 3, 0.0), Some(Duration::from_secs(5)));
        assert_eq!(retry_after(Outcome { retry_after: Some(20), ..limited }, 1, 3, 0.0), Some(Duration::from_secs(20)));
        assert_eq!(retry_after(Outcome { retry_after: Some(9000), ..limited }, 1, 3, 0.0), Some(LONGEST));
        let captcha = Outcome { blocked: Some(BlockedReason::Captcha), ..limited };
        assert_eq!(retry_after(captcha, 1, 3, 0.0), None);
    }
}
