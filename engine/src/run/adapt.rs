use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How a run stands at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Memory of the browsers as a share of their limit.
    pub memory: f64,
    /// Part of the last seconds, from 0 to 1, in which something waited for a processor.
    pub cpu: f64,
    /// Attempts of the last time, as [`Troubles`] counts them.
    pub attempts: u32,
    /// The share of these that timed out or crashed.
    pub troubled: f64,
}

/// How many attempts are made at once: between 1 and a limit, which it starts at.
///
/// **Lowers** by a third, at most once in 10 s: memory above 85 % of the limit (by a half above 95 %); processors
/// waited for nearly all the time while a sixth of the attempts are in trouble; a third of the attempts in trouble. The
/// last alone may be the fault of the sites: it lowers to half of the limit and no further.
///
/// **Raises** by a tenth of the limit, at least 1, once in 3 s, at the earliest 10 s after it was lowered: memory
/// below 70 %, and few attempts in trouble. Busy processors alone change nothing: browsers keep every machine busy.
#[derive(Debug, Clone)]
pub struct Adapt {
    limit: u32,
    target: u32,
    lowered: Option<Instant>,
    raised: Option<Instant>,
}

/// After it was lowered, this long is waited for the effect.
const PAUSE: Duration = Duration::from_secs(10);
/// Between two raises.
const STEP: Duration = Duration::from_secs(3);

const MUCH_MEMORY: f64 = 0.85;
const NEARLY_ALL_MEMORY: f64 = 0.95;
const ENOUGH_MEMORY: f64 = 0.7;
const EXTREME_CPU: f64 = 0.9;
const MUCH_TROUBLE: f64 = 1.0 / 3.0;
const SOME_TROUBLE: f64 = 1.0 / 6.0;
/// Fewer attempts say nothing.
const ENOUGH_ATTEMPTS: u32 = 6;

impl Adapt {
    /// Starts at `limit`, at least 1.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        let limit = limit.max(1);
        Self { limit, target: limit, lowered: None, raised: None }
    }

    /// How many attempts to make at once.
    #[must_use]
    pub fn target(&self) -> u32 {
        self.target
    }

    /// A new limit, at least 1. What was lowered stays so; what was at the limit follows it.
    pub fn set_limit(&mut self, limit: u32) {
        let limit = limit.max(1);
        let at_limit = self.target == self.limit;
        self.target = if at_limit { limit } else { self.target.min(limit) };
        self.limit = limit;
    }

    /// Takes a sample into account and gives the new target. A sample every second is enough.
    pub fn sample(&mut self, now: Instant, sample: Sample) -> u32 {
        let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        let lowered_lately = since(self.lowered).is_some_and(|since| since < PAUSE);
        if lowered_lately {
            return self.target;
        }
        if let Some(lower) = self.lower(&sample).filter(|lower| *lower < self.target) {
            self.target = lower;
            self.lowered = Some(now);
        } else if self.target < self.limit && is_calm(&sample) && since(self.raised).is_none_or(|since| since >= STEP) {
            self.target = (self.target + (self.limit / 10).max(1)).min(self.limit);
            self.raised = Some(now);
        }
        self.target
    }

    /// What to lower to, if at all.
    fn lower(&self, sample: &Sample) -> Option<u32> {
        let trouble = if sample.attempts < ENOUGH_ATTEMPTS { 0.0 } else { sample.troubled };
        let less = (self.target - self.target.div_ceil(3)).max(1);
        if sample.memory > NEARLY_ALL_MEMORY {
            return Some((self.target / 2).max(1));
        }
        if sample.memory > MUCH_MEMORY || (sample.cpu > EXTREME_CPU && trouble > SOME_TROUBLE) {
            return Some(less);
        }
        (trouble > MUCH_TROUBLE).then(|| less.max(self.limit.div_ceil(2)))
    }
}

fn is_calm(sample: &Sample) -> bool {
    sample.memory < ENOUGH_MEMORY && (sample.attempts < ENOUGH_ATTEMPTS || sample.troubled < SOME_TROUBLE)
}

/// The attempts of the last time: how many, and how many of them timed out or crashed.
#[derive(Debug, Clone, Default)]
pub struct Troubles {
    seen: VecDeque<(Instant, bool)>,
}

/// How far back.
const WINDOW: Duration = Duration::from_secs(30);
/// How many at most.
const MOST: usize = 200;

impl Troubles {
    /// An attempt ended; `troubled`: it timed out or its page crashed.
    pub fn add(&mut self, now: Instant, troubled: bool) {
        self.seen.push_back((now, troubled));
        if self.seen.len() > MOST {
            self.seen.pop_front();
        }
    }

    /// How many ended in the last half minute, and the share of them that was in trouble.
    pub fn share(&mut self, now: Instant) -> (u32, f64) {
        while self.seen.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > WINDOW) {
            self.seen.pop_front();
        }
        let troubled = self.seen.iter().filter(|(_, troubled)| *troubled).count();
        (u32::try_from(self.seen.len()).unwrap_or(u32::MAX), troubled as f64 / self.seen.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Sample = Sample { memory: 0.3, cpu: 0.2, attempts: 50, troubled: 0.0 };

    /// Targets after the same sample second after second.
    fn after(adapt: &mut Adapt, from: Instant, seconds: u64, sample: Sample) -> Instant {
        for second in 0..seconds {
            adapt.sample(from + Duration::from_secs(second), sample);
        }
        from + Duration::from_secs(seconds)
    }

    #[test]
    fn a_busy_machine_is_left_alone() {
        let mut adapt = Adapt::new(10);
        after(&mut adapt, Instant::now(), 600, Sample { cpu: 1.0, memory: 0.84, troubled: 0.15, ..CALM });
        assert_eq!(adapt.target(), 10);
        // A first timeout or two are no pattern.
        after(&mut adapt, Instant::now(), 600, Sample { cpu: 1.0, attempts: 3, troubled: 1.0, ..CALM });
        assert_eq!(adapt.target(), 10);
    }

    #[test]
    fn memory_lowers_step_by_step_and_never_to_nothing() {
        let mut adapt = Adapt::new(20);
        let full = Sample { memory: 0.9, ..CALM };
        let now = after(&mut adapt, Instant::now(), 5, full);
        assert_eq!(adapt.target(), 13, "once, then the effect is waited for");
        let now = after(&mut adapt, now, 10, full);
        assert_eq!(adapt.target(), 8);
        after(&mut adapt, now, 600, Sample { memory: 1.2, ..CALM });
        assert_eq!(adapt.target(), 1);
    }

    #[test]
    fn what_was_lowered_rises_to_the_limit_again() {
        let mut adapt = Adapt::new(20);
        let now = after(&mut adapt, Instant::now(), 1, Sample { memory: 0.99, ..CALM });
        assert_eq!(adapt.target(), 10);
        let now = after(&mut adapt, now, 9, CALM);
        assert_eq!(adapt.target(), 10, "not at once");
        // Between the two thresholds nothing changes.
        let now = after(&mut adapt, now, 100, Sample { memory: 0.8, ..CALM });
        assert_eq!(adapt.target(), 10);
        let now = after(&mut adapt, now, 4, CALM);
        assert_eq!(adapt.target(), 14);
        after(&mut adapt, now, 100, CALM);
        assert_eq!(adapt.target(), 20);
    }

    #[test]
    fn trouble_alone_lowers_to_half_and_with_the_processors_busy_to_one() {
        let dead_sites = Sample { troubled: 0.9, ..CALM };
        let mut adapt = Adapt::new(20);
        after(&mut adapt, Instant::now(), 600, dead_sites);
        assert_eq!(adapt.target(), 10);
        after(&mut adapt, Instant::now() + Duration::from_secs(1000), 600, Sample { cpu: 0.95, ..dead_sites });
        assert_eq!(adapt.target(), 1);
    }

    #[test]
    fn the_limit_can_change() {
        let mut adapt = Adapt::new(5);
        adapt.set_limit(50);
        assert_eq!(adapt.target(), 50);
        let now = after(&mut adapt, Instant::now(), 1, Sample { memory: 0.99, ..CALM });
        adapt.set_limit(40);
        assert_eq!(adapt.target(), 25);
        adapt.set_limit(0);
        assert_eq!(after(&mut adapt, now, 20, CALM).max(now), now + Duration::from_secs(20));
        assert_eq!(adapt.target(), 1);
    }

    #[test]
    fn old_attempts_count_no_more() {
        let (start, mut troubles) = (Instant::now(), Troubles::default());
        (0..3).for_each(|_| troubles.add(start, true));
        troubles.add(start + Duration::from_secs(20), false);
        assert_eq!(troubles.share(start + Duration::from_secs(21)), (4, 0.75));
        assert_eq!(troubles.share(start + Duration::from_secs(31)), (1, 0.0));
    }
}
