/// Bins of [`ece`]: of equal count.
pub const BINS: usize = 10;

/// Mean squared distance between the probability given and what came (Brier 1950); `None` without a value.
#[must_use]
pub fn brier(forecasts: &[(f64, bool)]) -> Option<f64> {
    let distance = |(p, right): &(f64, bool)| (p - f64::from(u8::from(*right))).powi(2);
    (!forecasts.is_empty()).then(|| forecasts.iter().map(distance).sum::<f64>() / forecasts.len() as f64)
}

/// Expected calibration error: how far the mean probability of each of ten bins of equal count lies from the share that is
/// right, weighted by count; `None` without a value.
#[must_use]
pub fn ece(forecasts: &[(f64, bool)]) -> Option<f64> {
    if forecasts.is_empty() {
        return None;
    }
    let mut sorted = forecasts.to_vec();
    // Equal probabilities in any order make the same sums only when right ones are spread evenly: the order is fixed.
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = sorted.len();
    let bins = BINS.min(n);
    let gap = |bin: usize| {
        let values = &sorted[bin * n / bins..(bin + 1) * n / bins];
        let stated: f64 = values.iter().map(|(p, _)| p).sum();
        let right = values.iter().filter(|(_, right)| *right).count() as f64;
        (stated - right).abs()
    };
    Some((0..bins).map(gap).sum::<f64>() / n as f64)
}

/// Chance that a right value has a higher probability than a wrong one, ties counting half (Mann-Whitney); `None` where
/// all are right or all are wrong.
#[must_use]
pub fn auroc(forecasts: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = forecasts.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let right = sorted.iter().filter(|(_, right)| *right).count() as f64;
    let wrong = sorted.len() as f64 - right;
    if right == 0.0 || wrong == 0.0 {
        return None;
    }
    let mut ranks = 0.0;
    let mut at = 0;
    while at < sorted.len() {
        let tied = sorted[at..].iter().take_while(|(p, _)| *p == sorted[at].0).count();
        let rank = at as f64 + (tied as f64 + 1.0) / 2.0;
        ranks += rank * sorted[at..at + tied].iter().filter(|(_, right)| *right).count() as f64;
        at += tied;
    }
    Some((ranks - right * (right + 1.0) / 2.0) / (right * wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_forecasts() {
        let forecasts = [(0.9, true), (0.9, true), (0.9, false), (0.1, false)];
        let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-12);
        assert!(near(brier(&forecasts), (0.01 + 0.01 + 0.81 + 0.01) / 4.0));
        assert!(near(auroc(&forecasts), 0.75));
        assert!(near(ece(&[(0.5, true), (0.5, false)]), 0.5));
        let even: Vec<(f64, bool)> = (0..100).map(|at| (0.8, at % 5 != 0)).collect();
        assert!(ece(&even).is_some());
        assert_eq!((brier(&[]), ece(&[]), auroc(&[(0.5, true)])), (None, None, None));
    }
}
