/// Probability of at least `k` successes in `n` tries that each succeed with probability `p`, independently.
/// 1 for `k` = 0; 0 where `k` is more than `n`; `p` is taken as the nearest probability, NaN as 1.
#[must_use]
pub fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 || p.is_nan() {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    // ln P(X = i), from i = 0 upward: P(i + 1) = P(i) · (n − i) / (i + 1) · p / (1 − p).
    let odds = p.ln() - (-p).ln_1p();
    let mut log = n as f64 * (-p).ln_1p();
    let mut tail = 0.0;
    for i in 0..=n {
        if i >= k {
            tail += log.exp();
        }
        log += ((n - i) as f64).ln() - ((i + 1) as f64).ln() + odds;
    }
    tail.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        // By exact sums of binomial coefficients.
        for (k, n, p, expected) in
            [(7, 20, 0.065, 1.783_35e-4), (5, 20, 0.05, 2.574e-3), (1, 10, 0.5, 0.999_023_4), (20, 20, 0.5, 9.536_7e-7)]
        {
            let tail = binomial_tail(k, n, p);
            assert!((tail / expected - 1.0).abs() < 1e-3, "{k} of {n} at {p}: {tail}");
        }
    }

    #[test]
    fn the_ends_are_certain() {
        assert_eq!([binomial_tail(0, 5, 0.0), binomial_tail(5, 5, 1.0), binomial_tail(0, 0, 0.5)], [1.0; 3]);
        assert_eq!([binomial_tail(6, 5, 0.9), binomial_tail(1, 5, 0.0)], [0.0; 2]);
        assert!((binomial_tail(1, 100_000, 0.5) - 1.0).abs() < 1e-6);
    }
}
