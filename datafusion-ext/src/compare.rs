//! One cell: what was expected against what was found.

pub use crate::value::similarity;
use crate::value::{FieldType, ValueRule, json_items};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a cell with known ground truth came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// Found as given.
    Exact,
    /// Found, and equal by the rule of the type.
    Equivalent,
    /// Found something else.
    Wrong,
    /// Expected, and nothing found.
    Missing,
    /// Known to be absent, and something found.
    Spurious,
    /// Known to be absent, and nothing found.
    Absent,
}

impl Match {
    /// Every outcome.
    pub const ALL: [Self; 6] =
        [Self::Exact, Self::Equivalent, Self::Wrong, Self::Missing, Self::Spurious, Self::Absent];

    /// True for what counts as right: exact, equivalent and absent.
    #[must_use]
    pub fn is_correct(self) -> bool {
        matches!(self, Self::Exact | Self::Equivalent | Self::Absent)
    }

    /// The word that stands for it in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Equivalent => "equivalent",
            Self::Wrong => "wrong",
            Self::Missing => "missing",
            Self::Spurious => "spurious",
            Self::Absent => "absent",
        }
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word was not that of a [`Match`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown match `{word}`; known are exact, equivalent, wrong, missing, spurious and absent")]
pub struct UnknownMatch {
    word: String,
}

impl FromStr for Match {
    type Err = UnknownMatch;

    fn from_str(word: &str) -> Result<Self, UnknownMatch> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
            .ok_or_else(|| UnknownMatch { word: word.chars().take(60).collect() })
    }
}

/// One scored cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellScore {
    /// How it came out.
    pub outcome: Match,
    /// Similarity of expected and found, 0..=1; 1 for absent, 0 for missing and spurious.
    pub score: f64,
}

impl CellScore {
    fn new(outcome: Match, score: f64) -> Self {
        Self { outcome, score }
    }
}

/// Scores one cell; `None` when its ground truth is not known, that is not given or blank.
///
/// In a scalar field an expected JSON array lists accepted answers and the best counts. Found values may be raw or
/// canonical. A found value that is blank or the absent marker is none.
///
/// ```
/// use mino_datafusion::compare::{Match, compare_cell};
/// use mino_datafusion::value::{FieldType, ValueRule};
/// let rule = ValueRule::new(FieldType::Money);
/// let cell = compare_cell(&rule, Some("1099"), Some("1.099,00 €"));
/// assert_eq!(cell.map(|cell| cell.outcome), Some(Match::Equivalent));
/// assert_eq!(compare_cell(&rule, Some("-"), None).map(|cell| cell.outcome), Some(Match::Absent));
/// assert_eq!(compare_cell(&rule, None, Some("5")), None);
/// ```
#[must_use]
pub fn compare_cell(rule: &ValueRule, expected: Option<&str>, found: Option<&str>) -> Option<CellScore> {
    let expected = expected.map(str::trim).filter(|expected| !expected.is_empty())?;
    let is_list = matches!(rule.field_type, FieldType::List(_));
    let found = found.map(str::trim).filter(|found| !is_none(rule, is_list, found));
    if is_none(rule, is_list, expected) {
        return Some(absent(found));
    }
    match json_items(expected).filter(|_| !is_list) {
        Some(accepted) => compare_accepted(rule, &accepted, found),
        None => Some(compare_one(rule, expected, found)),
    }
}

/// Blank, the absent marker, or the empty list of a list field.
fn is_none(rule: &ValueRule, is_list: bool, text: &str) -> bool {
    text.is_empty()
        || text == rule.absent_marker
        || (is_list && text.starts_with('[') && json_items(text).is_some_and(|items| items.is_empty()))
}

fn absent(found: Option<&str>) -> CellScore {
    match found {
        Some(_) => CellScore::new(Match::Spurious, 0.0),
        None => CellScore::new(Match::Absent, 1.0),
    }
}

fn compare_accepted(rule: &ValueRule, accepted: &[String], found: Option<&str>) -> Option<CellScore> {
    accepted
        .iter()
        .map(|one| match one.trim() {
            marker if marker == rule.absent_marker => absent(found),
            one => compare_one(rule, one, found),
        })
        .max_by(|a, b| rank(a).total_cmp(&rank(b)))
}

/// Right before wrong, exact before equivalent, then by score.
fn rank(cell: &CellScore) -> f64 {
    let class = match cell.outcome {
        Match::Exact | Match::Absent => 6.0,
        Match::Equivalent => 4.0,
        Match::Wrong | Match::Missing => 2.0,
        Match::Spurious => 0.0,
    };
    class + cell.score
}

fn compare_one(rule: &ValueRule, expected: &str, found: Option<&str>) -> CellScore {
    let Some(found) = found else { return CellScore::new(Match::Missing, 0.0) };
    if expected == found {
        return CellScore::new(Match::Exact, 1.0);
    }
    let score = similarity(rule, expected, found).unwrap_or(0.0);
    let outcome = if score >= rule.match_threshold() { Match::Equivalent } else { Match::Wrong };
    CellScore::new(outcome, score)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::{Counts, FieldType};

    fn outcome(name: &str, expected: Option<&str>, found: Option<&str>) -> Option<&'static str> {
        let rule = ValueRule::new(name.parse().unwrap());
        compare_cell(&rule, expected, found).map(|cell| cell.outcome.as_str())
    }

    #[test]
    fn the_six_outcomes() {
        for (expected, found, outcome_of_it) in [
            (Some("12"), Some(" 12 "), Some("exact")),
            (Some("12"), Some("12.0"), Some("equivalent")),
            (Some("12"), Some("13"), Some("wrong")),
            (Some("12"), None, Some("missing")),
            (Some("12"), Some(" "), Some("missing")),
            (Some("-"), Some("12"), Some("spurious")),
            (Some("-"), None, Some("absent")),
            (Some("-"), Some("-"), Some("absent")),
            (None, Some("12"), None),
            (Some(" "), Some("12"), None),
        ] {
            assert_eq!(outcome("number", expected, found), outcome_of_it, "{expected:?} {found:?}");
        }
    }

    #[test]
    fn accepted_answers_are_read_by_the_rule_of_the_field() {
        let counts = Counts { one: "serving".into(), many: "servings".into(), words: vec!["serves".into()] };
        let rule = ValueRule { counts: Some(counts), ..ValueRule::new(FieldType::Text) };
        let outcome =
            |found| compare_cell(&rule, Some(r#"["Serves 4", "a pot"]"#), Some(found)).map(|cell| cell.outcome);
        assert_eq!(outcome("4 servings"), Some(Match::Equivalent));
        assert_eq!(outcome("6 servings"), Some(Match::Wrong));
    }

    #[test]
    fn any_accepted_answer_is_right() {
        let accepted = Some(r#"["12", "13", 14]"#);
        assert_eq!(outcome("number", accepted, Some("13")), Some("exact"));
        assert_eq!(outcome("number", accepted, Some("14.0")), Some("equivalent"));
        assert_eq!(outcome("number", accepted, Some("15")), Some("wrong"));
        assert_eq!(outcome("number", accepted, None), Some("missing"));
        assert_eq!(outcome("number", Some(r#"["12", "-"]"#), None), Some("absent"));
        assert_eq!(outcome("number", Some(r#"["12", "-"]"#), Some("12")), Some("exact"));
        assert_eq!(outcome("number", Some(r#"["12", "-"]"#), Some("13")), Some("wrong"));
        assert_eq!(outcome("number", Some("[]"), Some("12")), None);
    }

    #[test]
    fn a_list_is_one_answer() {
        let expected = Some(r#"["flour", "sugar"]"#);
        assert_eq!(outcome("list", expected, Some("sugar\nflour")), Some("equivalent"));
        assert_eq!(outcome("list", expected, Some(r#"["sugar"]"#)), Some("wrong"));
        assert_eq!(outcome("list", expected, Some("[]")), Some("missing"));
        assert_eq!(outcome("list", Some("[]"), None), Some("absent"));
        assert_eq!(outcome("list", Some("-"), Some("sugar")), Some("spurious"));
    }

    #[test]
    fn the_threshold_is_the_fields_own() {
        let mut rule = ValueRule::new(FieldType::Text);
        let words = (Some("Tomato Sauce"), Some("Tomato Sauce Pasta"));
        assert_eq!(compare_cell(&rule, words.0, words.1).unwrap(), CellScore::new(Match::Equivalent, 0.8));
        rule.threshold = Some(0.9);
        assert_eq!(compare_cell(&rule, words.0, words.1).unwrap(), CellScore::new(Match::Wrong, 0.8));
    }

    #[test]
    fn words_go_there_and_back() {
        for outcome in Match::ALL {
            assert_eq!(outcome.to_string().parse::<Match>().unwrap(), outcome);
        }
        let message = "Right".parse::<Match>().unwrap_err().to_string();
        assert_eq!(message, "unknown match `Right`; known are exact, equivalent, wrong, missing, spurious and absent");
    }
}
