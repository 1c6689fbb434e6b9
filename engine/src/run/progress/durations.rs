use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Each bin is so much wider than the one below: a time read back is within 1 % of the one that was added.
const STEP: f64 = 1.02;

/// How long things took, as counts in bins: small whatever the number, and two of them add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Durations(BTreeMap<u16, u64>);

impl Durations {
    /// One more, in milliseconds.
    pub fn add(&mut self, ms: u64) {
        *self.0.entry(bin(ms)).or_default() += 1;
    }

    /// Those of another.
    pub fn merge(&mut self, other: &Self) {
        for (bin, n) in &other.0 {
            *self.0.entry(*bin).or_default() += n;
        }
    }

    /// How many.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.0.values().sum()
    }

    /// The time in seconds that a share `q` of all does not exceed (nearest rank); `None` without any.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let rank = (q.clamp(0.0, 1.0) * self.n() as f64).ceil().max(1.0);
        let mut below = 0;
        self.0.iter().find_map(|(bin, n)| {
            below += n;
            (below as f64 >= rank).then(|| middle(*bin) / 1000.0)
        })
    }
}

fn bin(ms: u64) -> u16 {
    // u64::MAX is in bin 2240.
    ((ms as f64 + 1.0).ln() / STEP.ln()) as u16
}

fn middle(bin: u16) -> f64 {
    STEP.powf(f64::from(bin) + 0.5) - 1.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut all = Durations::default();
        assert_eq!(all.quantile(0.5), None);
        (1..=100).for_each(|n| all.add(n * 100));
        let near = |q, seconds: f64| (all.quantile(q).unwrap() / seconds - 1.0).abs() < 0.011;
        assert!(near(0.5, 5.0) && near(0.95, 9.5) && near(0.0, 0.1) && near(1.0, 10.0), "{all:?}");
    }

    #[test]
    fn two_halves_make_the_whole() {
        let (mut a, mut b, mut whole) = (Durations::default(), Durations::default(), Durations::default());
        for n in 0..50 {
            if n % 2 == 0 {
                a.add(n * 37)
            } else {
                b.add(n * 37)
            }
            whole.add(n * 37);
        }
        a.merge(&b);
        assert_eq!((a.n(), &a), (50, &whole));
    }

    proptest! {
        #[test]
        fn every_time_is_read_back_within_a_percent(ms in any::<u64>()) {
            let mut one = Durations::default();
            one.add(ms);
            let read = one.quantile(0.5).unwrap() * 1000.0;
            prop_assert!((read - ms as f64).abs() <= 0.011 * (ms as f64 + 1.0), "{ms} as {read}");
        }
    }
}
