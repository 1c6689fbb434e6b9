use super::attempt::words;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

words! {
    /// What of a run a quality rule looks at.
    QualityCheck {
        /// The lower bound of the accuracy, 95 %: over the run, or over one field.
        Accuracy = "accuracy",
        /// The share of fields that were found: over the run, or the share of tasks that have one field.
        Completeness = "completeness",
        /// The expected calibration error of the confidences, where there is ground truth.
        Calibration = "calibration",
        /// Seconds since the run was finished.
        Freshness = "freshness",
        /// The share of tasks that failed.
        Failures = "failures",
    }
}

words! {
    /// What a rule that is not kept means.
    Severity {
        /// Nobody may build on the run.
        Error = "error",
        /// Somebody should look at it.
        Warn = "warn",
    }
}

/// What a run of a campaign has to keep, as `{check: accuracy, field: phone, at_least: 0.9, severity: error}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRule {
    /// What it looks at.
    pub check: QualityCheck,
    /// Of one field alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The least that is good enough: of accuracy and completeness, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The most that is good enough: of calibration and failures, 0 to 1; of freshness, a duration as `36h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Bound>,
    /// What it means when it is not kept.
    #[serde(default = "error")]
    pub severity: Severity,
}

fn error() -> Severity {
    Severity::Error
}

/// A number, or a duration in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// A share, or seconds.
    Number(f64),
    /// As `36h`.
    Text(String),
}

impl QualityRule {
    /// The bound as a number: a share, or seconds.
    ///
    /// # Errors
    /// What is wrong with the rule, and what works.
    pub fn bound(&self) -> Result<f64, String> {
        let check = self.check;
        let rises = matches!(check, QualityCheck::Accuracy | QualityCheck::Completeness);
        let share = |bound: f64, key: &str| {
            let fits = (0.0..=1.0).contains(&bound);
            if fits { Ok(bound) } else { Err(format!("{key} {bound} of `{check}` is no share: use 0 to 1")) }
        };
        if self.field.is_some() && !rises {
            return Err(format!("`{check}` is of the whole run: leave `field` out"));
        }
        match (rises, self.at_least, &self.at_most) {
            (true, Some(bound), None) => share(bound, "at_least"),
            (true, ..) => Err(format!("`{check}` takes at_least, as `{{check: {check}, at_least: 0.9}}`")),
            (false, None, Some(Bound::Number(bound))) if check != QualityCheck::Freshness => share(*bound, "at_most"),
            (false, None, Some(bound)) if check == QualityCheck::Freshness => {
                bound.duration().map(|bound| bound.as_secs_f64())
            }
            (false, ..) => {
                let example = if check == QualityCheck::Freshness { "36h" } else { "0.1" };
                Err(format!("`{check}` takes at_most, as `{{check: {check}, at_most: {example}}}`"))
            }
        }
    }
}

impl Bound {
    fn duration(&self) -> Result<Duration, String> {
        let wrong =
            |given: &dyn fmt::Display| format!("at_most `{given}` is no duration: write it as `36h` or `2days`");
        match self {
            Self::Number(seconds) => Duration::try_from_secs_f64(*seconds).map_err(|_| wrong(seconds)),
            Self::Text(text) => humantime::parse_duration(text).map_err(|_| wrong(text)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bound(json: &str) -> Result<f64, String> {
        serde_json::from_str::<QualityRule>(json).unwrap().bound()
    }

    #[test]
    fn rules_say_what_they_take() {
        assert_eq!(bound(r#"{"check": "accuracy", "at_least": 0.9}"#), Ok(0.9));
        assert_eq!(bound(r#"{"check": "freshness", "at_most": "36h"}"#), Ok(129_600.0));
        assert_eq!(bound(r#"{"check": "failures", "at_most": 0}"#), Ok(0.0));
        for (rule, said) in [
            (
                r#"{"check": "accuracy", "at_most": 0.9}"#,
                "`accuracy` takes at_least, as `{check: accuracy, at_least: 0.9}`",
            ),
            (r#"{"check": "accuracy", "at_least": 90}"#, "at_least 90 of `accuracy` is no share: use 0 to 1"),
            (
                r#"{"check": "freshness", "at_most": "soon"}"#,
                "at_most `soon` is no duration: write it as `36h` or `2days`",
            ),
            (
                r#"{"check": "failures", "field": "a", "at_most": 0.1}"#,
                "`failures` is of the whole run: leave `field` out",
            ),
            (r#"{"check": "calibration"}"#, "`calibration` takes at_most, as `{check: calibration, at_most: 0.1}`"),
        ] {
            assert_eq!(bound(rule).unwrap_err(), said);
        }
    }
}
