use serde::{Deserialize, Serialize};

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
}

/// The 97.5 % point of the normal distribution, as `SEMANTICS.md` rounds it.
const Z: f64 = 1.96;

/// Wilson's score interval of a share (Wilson 1927, without continuity correction), z = 1.96; `None` for n = 0 and where
/// there are more successes than n.
#[must_use]
pub fn wilson(successes: u64, n: u64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let n_f = n as f64;
    let share = successes as f64 / n_f;
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * n_f)) / (1.0 + z2 / n_f);
    let half = Z / (1.0 + z2 / n_f) * (share * (1.0 - share) / n_f + z2 / (4.0 * n_f * n_f)).sqrt();
    // Rounding must not push the bounds off what all and none mean.
    let lower = if successes == 0 { 0.0 } else { (centre - half).max(0.0) };
    let upper = if successes == n { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { lower, upper })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        let near = |a: f64, b: f64| (a - b).abs() < 5e-4;
        for (successes, n, lower, upper) in
            [(9, 10, 0.596, 0.982), (16, 16, 0.806, 1.0), (0, 10, 0.0, 0.278), (1, 2, 0.095, 0.905)]
        {
            let interval = wilson(successes, n).unwrap();
            assert!(near(interval.lower, lower) && near(interval.upper, upper), "{successes}/{n}: {interval:?}");
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
    }
}
