/// Σ wᵢ·xᵢ / Σ wᵢ over pairs of value and weight; `None` when no weight is positive. Pairs with a weight that is not a
/// positive finite number do not count.
#[must_use]
pub fn weighted_mean(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (value, weight) in pairs.filter(|(_, weight)| weight.is_finite() && *weight > 0.0) {
        sum += value * weight;
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_count() {
        assert_eq!(weighted_mean([(0.5, 3.0), (1.0, 1.0)].into_iter()), Some(0.625));
        assert_eq!(weighted_mean([(1.0, 0.0), (0.0, -3.0)].into_iter()), None);
        assert_eq!(weighted_mean(std::iter::empty()), None);
    }
}
