use serde::{Deserialize, Serialize};

/// Fewest labelled values for a Platt scaling, and for an isotonic regression.
pub const PLATT_FROM: usize = 50;
/// As [`PLATT_FROM`].
pub const ISOTONIC_FROM: usize = 500;

/// Makes a probability of a raw confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Calibrator {
    /// 1 / (1 + exp(a·x + b)) (Platt 1999, with the targets and the Newton iteration of Lin, Lin and Weng 2007).
    Platt {
        /// Slope; negative where more confidence means more often right.
        a: f64,
        /// Offset.
        b: f64,
    },
    /// A monotone step function through means of blocks (pool adjacent violators), linear between them.
    Isotonic {
        /// `(raw confidence, share that is right)`, both rising.
        points: Vec<(f64, f64)>,
    },
}

impl Calibrator {
    /// Fitted to `(raw confidence, right or not)`; `None` below [`PLATT_FROM`] values.
    #[must_use]
    pub fn fit(labelled: &[(f64, bool)]) -> Option<Self> {
        Self::fit_as(labelled, labelled.len())
    }

    /// Fitted by the method that `n` values would get: for a part of them, held against the rest.
    #[must_use]
    pub fn fit_as(labelled: &[(f64, bool)], n: usize) -> Option<Self> {
        match n {
            _ if labelled.is_empty() => None,
            0..PLATT_FROM => None,
            PLATT_FROM..ISOTONIC_FROM => Some(platt(labelled)),
            _ => Some(isotonic(labelled)),
        }
    }

    /// Its name: `platt` or `isotonic`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::Platt { .. } => "platt",
            Self::Isotonic { .. } => "isotonic",
        }
    }

    /// The probability that a value with this raw confidence is right, 0..=1.
    #[must_use]
    pub fn apply(&self, raw: f64) -> f64 {
        match self {
            Self::Platt { a, b } => 1.0 / (1.0 + (a * raw + b).exp()),
            Self::Isotonic { points } => interpolate(points, raw),
        }
    }
}

fn interpolate(points: &[(f64, f64)], x: f64) -> f64 {
    let at = points.partition_point(|(known, _)| *known < x);
    match (at.checked_sub(1).and_then(|before| points.get(before)), points.get(at)) {
        (None, None) => x,
        (None, Some((_, y))) | (Some((_, y)), None) => *y,
        (Some((x0, y0)), Some((x1, y1))) if x1 > x0 => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some(_), Some((_, y))) => *y,
    }
}

fn platt(labelled: &[(f64, bool)]) -> Calibrator {
    let right = labelled.iter().filter(|(_, right)| *right).count() as f64;
    let wrong = labelled.len() as f64 - right;
    // Targets short of 0 and 1, so that a class without a member does not push the curve to infinity.
    let (high, low) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
    let target = |is_right: bool| if is_right { high } else { low };
    let loss = |a: f64, b: f64| -> f64 {
        labelled
            .iter()
            .map(|(x, is_right)| {
                let f = a * x + b;
                let t = target(*is_right);
                if f >= 0.0 { t * f + (-f).exp().ln_1p() } else { (t - 1.0) * f + f.exp().ln_1p() }
            })
            .sum()
    };
    let (mut a, mut b) = (0.0, ((wrong + 1.0) / (right + 1.0)).ln());
    let mut value = loss(a, b);
    for _ in 0..100 {
        let (mut h11, mut h22, mut h21, mut g1, mut g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
        for (x, is_right) in labelled {
            let p = 1.0 / (1.0 + (a * x + b).exp());
            let (d1, d2) = (target(*is_right) - p, p * (1.0 - p));
            h11 += x * x * d2;
            h22 += d2;
            h21 += x * d2;
            g1 += x * d1;
            g2 += d1;
        }
        if g1.abs() < 1e-6 && g2.abs() < 1e-6 {
            break;
        }
        let determinant = h11 * h22 - h21 * h21;
        let (da, db) = (-(h22 * g1 - h21 * g2) / determinant, -(-h21 * g1 + h11 * g2) / determinant);
        let descent = g1 * da + g2 * db;
        let mut step = 1.0;
        while step >= 1e-10 {
            let next = loss(a + step * da, b + step * db);
            if next < value + 1e-4 * step * descent {
                (a, b, value) = (a + step * da, b + step * db, next);
                break;
            }
            step /= 2.0;
        }
        if step < 1e-10 {
            break;
        }
    }
    Calibrator::Platt { a, b }
}

fn isotonic(labelled: &[(f64, bool)]) -> Calibrator {
    let mut sorted = labelled.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Each block: sum of confidences, of right ones, and how many.
    let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
    for (x, right) in sorted {
        blocks.push((x, f64::from(u8::from(right)), 1.0));
        while let [.., before, last] = blocks.as_slice() {
            if before.1 / before.2 < last.1 / last.2 {
                break;
            }
            let merged = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
            blocks.truncate(blocks.len() - 2);
            blocks.push(merged);
        }
    }
    // Of few values even a block without a fault is no certainty (Laplace).
    let points = blocks.iter().map(|(x, right, n)| (x / n, (right + 0.5) / (n + 1.0))).collect::<Vec<_>>();
    let mut rising: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for (x, y) in points {
        let least = rising.last().map_or(0.0, |(_, y)| *y);
        rising.push((x, y.max(least)));
    }
    Calibrator::Isotonic { points: rising }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Right in `share(x)` of the cases, evenly.
    fn labelled(n: usize, share: impl Fn(f64) -> f64) -> Vec<(f64, bool)> {
        let mut debt = 0.0;
        let one = |at: usize| {
            let x = (at as f64 + 0.5) / n as f64;
            debt += share(x);
            let right = debt >= 0.5;
            debt -= f64::from(u8::from(right));
            (x, right)
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn too_few_values_calibrate_nothing() {
        assert_eq!(Calibrator::fit(&labelled(49, |x| x)), None);
        assert_eq!(Calibrator::fit(&labelled(50, |x| x)).unwrap().method(), "platt");
        assert_eq!(Calibrator::fit(&labelled(500, |x| x)).unwrap().method(), "isotonic");
    }

    #[test]
    fn what_is_too_sure_is_told_so() {
        for n in [400, 2_000] {
            let fitted = Calibrator::fit(&labelled(n, |x| 0.5 * x + 0.2)).unwrap();
            for x in [0.2, 0.5, 0.8] {
                assert!((fitted.apply(x) - (0.5 * x + 0.2)).abs() < 0.06, "{n} {x} {}", fitted.apply(x));
            }
        }
    }

    #[test]
    fn calibrators_read_as_they_are_written() {
        let fitted = Calibrator::fit(&labelled(600, |x| x)).unwrap();
        let json = serde_json::to_string(&fitted).unwrap();
        assert_eq!(serde_json::from_str::<Calibrator>(&json).unwrap(), fitted);
    }

    proptest! {
        #[test]
        fn a_calibrator_gives_rising_probabilities(values in prop::collection::vec((0.0..=1.0_f64, any::<bool>()), 500..700)) {
            let fitted = Calibrator::fit(&values).unwrap();
            let all: Vec<f64> = (0..=20).map(|x| fitted.apply(f64::from(x) / 20.0)).collect();
            prop_assert!(all.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert!(all.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
        }
    }
}
