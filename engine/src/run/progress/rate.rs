use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// The rate of the moment is that of this time …
const SHORT: u64 = 30;
/// … and the steady one that of this time.
const LONG: u64 = 300;
/// Seconds of one step of the recent rate.
const STEP: u64 = 5;

/// Tasks finished a second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Over the last 30 s; `None` in the first second.
    pub now: Option<f64>,
    /// Over the last 5 min, or since the start.
    pub steady: Option<f64>,
    /// Tasks finished in each 5 s of the last 5 min, the oldest first, ending now.
    pub recent: Vec<u32>,
}

impl Rate {
    /// Two shards together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let add = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
        };
        // Both end now: they are laid side by side from the end.
        let n = self.recent.len().max(other.recent.len());
        let at = |recent: &[u32], from_end: usize| {
            recent.len().checked_sub(from_end).and_then(|at| recent.get(at)).copied().unwrap_or(0)
        };
        let recent = (1..=n).rev().map(|i| at(&self.recent, i).saturating_add(at(&other.recent, i))).collect();
        Self { now: add(self.now, other.now), steady: add(self.steady, other.steady), recent }
    }
}

/// Counts what finishes, second by second, for five minutes.
#[derive(Debug, Clone)]
pub(super) struct RateMeter {
    began: Duration,
    seconds: VecDeque<(u64, u32)>,
}

impl RateMeter {
    pub(super) fn new(began: Duration) -> Self {
        Self { began, seconds: VecDeque::new() }
    }

    pub(super) fn finished(&mut self, now: Duration) {
        let second = now.as_secs();
        match self.seconds.back_mut() {
            Some((last, n)) if *last >= second => *n += 1,
            _ => self.seconds.push_back((second, 1)),
        }
        while self.seconds.front().is_some_and(|(first, _)| first + LONG < second) {
            self.seconds.pop_front();
        }
    }

    pub(super) fn rate(&self, now: Duration) -> Rate {
        let second = now.as_secs();
        let steps = LONG.min(now.saturating_sub(self.began).as_secs()).div_ceil(STEP);
        let mut recent = vec![0_u32; usize::try_from(steps).unwrap_or(0)];
        let last = recent.len();
        for (at, n) in &self.seconds {
            let back = usize::try_from(second.saturating_sub(*at) / STEP).unwrap_or(usize::MAX);
            if let Some(step) = last.checked_sub(back + 1).and_then(|step| recent.get_mut(step)) {
                *step += n;
            }
        }
        Rate { now: self.over(SHORT, now), steady: self.over(LONG, now), recent }
    }

    fn over(&self, seconds: u64, now: Duration) -> Option<f64> {
        let elapsed = now.saturating_sub(self.began).as_secs_f64();
        if elapsed < 1.0 {
            return None;
        }
        let from = now.as_secs().saturating_sub(seconds);
        let n: u32 = self.seconds.iter().filter(|(at, _)| *at > from || from == 0).map(|(_, n)| n).sum();
        Some(f64::from(n) / elapsed.min(seconds as f64))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_rate_of_the_moment_falls_before_the_steady_one() {
        let mut meter = RateMeter::new(at(0));
        assert_eq!(meter.rate(at(0)).now, None);
        // Two a second for 200 s, then nothing for 30 s.
        (1..=200).for_each(|second| (0..2).for_each(|_| meter.finished(at(second))));
        let busy = meter.rate(at(200));
        assert_eq!((busy.now, busy.steady), (Some(2.0), Some(2.0)));
        let quiet = meter.rate(at(230));
        assert_eq!((quiet.now, quiet.steady), (Some(0.0), Some(400.0 / 230.0)));
        assert_eq!((quiet.recent.len(), quiet.recent[0], quiet.recent[45]), (46, 10, 0));
        assert_eq!(quiet.recent.iter().sum::<u32>(), 400);
    }

    #[test]
    fn memory_does_not_grow() {
        let mut meter = RateMeter::new(at(0));
        (0..10_000).for_each(|second| meter.finished(at(second)));
        assert!(meter.seconds.len() <= 301);
        assert_eq!(meter.rate(at(9_999)).steady, Some(1.0));
    }

    #[test]
    fn shards_add_up_from_now_backwards() {
        let rate = |now, recent: &[u32]| Rate { now, steady: now, recent: recent.to_vec() };
        let both = rate(Some(1.0), &[1, 2, 3]).and(&rate(Some(0.5), &[10]));
        assert_eq!(both, rate(Some(1.5), &[1, 2, 13]));
        assert_eq!(rate(None, &[]).and(&rate(Some(2.0), &[1])), rate(Some(2.0), &[1]));
    }
}
