use super::{Counts, Interval};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// 95 % percentile interval of a mean by the cluster bootstrap: whole clusters (tasks, or hosts with several rows) are
/// drawn with replacement, so that values which fail together are not counted as independent (Efron & Tibshirani 1993,
/// ch. 13).
///
/// The same seed gives the same interval. `None` without resamples or with values in fewer than two clusters: one
/// cluster says nothing about how clusters differ.
#[must_use]
pub fn bootstrap_mean(values_by_cluster: &[Vec<f64>], resamples: usize, seed: u64) -> Option<Interval> {
    let clusters: Vec<(f64, usize)> = values_by_cluster
        .iter()
        .filter(|values| !values.is_empty())
        .map(|values| (values.iter().sum(), values.len()))
        .collect();
    if clusters.len() < 2 || resamples == 0 {
        return None;
    }
    let mut random = StdRng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| {
            let (mut sum, mut n) = (0.0, 0);
            for _ in 0..clusters.len() {
                let (values, count) = clusters[random.random_range(0..clusters.len())];
                sum += values;
                n += count;
            }
            sum / n as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    Some(Interval { lower: quantile(&means, 0.025), upper: quantile(&means, 0.975) })
}

/// Resamples of an interval that is shown.
pub const RESAMPLES: usize = 1_000;

/// As [`bootstrap_mean`], of a figure over counted cells, as F1. Resamples for which the figure rests on nothing are left
/// out.
#[must_use]
pub fn bootstrap_counts(
    clusters: &[Counts],
    figure: impl Fn(&Counts) -> Option<f64>,
    resamples: usize,
    seed: u64,
) -> Option<Interval> {
    if clusters.len() < 2 {
        return None;
    }
    let mut random = StdRng::seed_from_u64(seed);
    let mut figures: Vec<f64> = (0..resamples)
        .filter_map(|_| {
            let mut sum = Counts::default();
            for _ in 0..clusters.len() {
                sum += clusters[random.random_range(0..clusters.len())];
            }
            figure(&sum)
        })
        .collect();
    figures.sort_unstable_by(f64::total_cmp);
    (!figures.is_empty()).then(|| Interval { lower: quantile(&figures, 0.025), upper: quantile(&figures, 0.975) })
}

/// Linear between the two nearest (type 7 of Hyndman & Fan 1996); `sorted` is not empty.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_mean_and_repeats() {
        let values: Vec<Vec<f64>> = (0..200).map(|n| vec![f64::from(n % 10)]).collect();
        let interval = bootstrap_mean(&values, 1_000, 7).unwrap();
        assert_eq!(bootstrap_mean(&values, 1_000, 7), Some(interval));
        assert_ne!(bootstrap_mean(&values, 1_000, 8), Some(interval));
        // The standard error is 2.872/√200 = 0.203.
        assert!((interval.lower - (4.5 - 1.96 * 0.203)).abs() < 0.06, "{interval:?}");
        assert!((interval.upper - (4.5 + 1.96 * 0.203)).abs() < 0.06, "{interval:?}");
    }

    #[test]
    fn values_that_fail_together_widen_the_interval() {
        let alone: Vec<Vec<f64>> = (0..100).map(|n| vec![f64::from(n / 50)]).collect();
        let together: Vec<Vec<f64>> = (0..10).map(|n| vec![f64::from(n / 5); 10]).collect();
        let width = |values: &[Vec<f64>]| bootstrap_mean(values, 1_000, 1).map(|i| i.upper - i.lower).unwrap();
        assert!(width(&together) > 2.0 * width(&alone));
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(bootstrap_mean(&[], 1_000, 1), None);
        assert_eq!(bootstrap_mean(&[vec![], vec![1.0, 2.0]], 1_000, 1), None);
        assert_eq!(bootstrap_mean(&[vec![1.0], vec![2.0]], 0, 1), None);
    }
}
