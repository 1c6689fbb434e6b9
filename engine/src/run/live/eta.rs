use super::ShardSeen;
use crate::run::ShardState;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Finished tasks that a rate has to rest on.
const ENOUGH: u32 = 5;

/// How long a run will take from now. Not known while it is paused, has a shard without an owner, or has finished too
/// little for a rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Eta {
    /// Seconds, at the rate of the last 5 min.
    pub seconds: f64,
    /// At the better of this rate and that of the last 30 s.
    pub low: f64,
    /// At the worse; `None` where nothing finished in the last 30 s.
    pub high: Option<f64>,
}

/// A shard works off its own tasks alone: a run takes as long as the shard that takes longest.
pub(super) fn eta(shards: &[&ShardSeen], lease: Duration) -> Option<Eta> {
    let mut all = Eta { seconds: 0.0, low: 0.0, high: Some(0.0) };
    for shard in shards.iter().filter(|shard| shard.figures.totals.remaining() > 0) {
        let figures = &shard.figures;
        let rate = &figures.rate;
        if figures.state != ShardState::Running || shard.age > lease || rate.recent.iter().sum::<u32>() < ENOUGH {
            return None;
        }
        let remaining = figures.totals.remaining() as f64;
        let steady = rate.steady.filter(|rate| *rate > 0.0)?;
        let now = rate.now.unwrap_or(steady);
        all.seconds = all.seconds.max(remaining / steady);
        all.low = all.low.max(remaining / steady.max(now));
        let worst = steady.min(now);
        all.high = all.high.filter(|_| worst > 0.0).map(|high| high.max(remaining / worst));
    }
    (all.seconds > 0.0).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{seen, shard};
    use super::*;
    use crate::run::{Rate, Totals};

    const LEASE: Duration = Duration::from_secs(20);

    fn at_rate(remaining: u64, steady: f64, now: f64) -> ShardSeen {
        let mut shard = shard(0, 1);
        shard.totals = Totals { tasks: 1_000, completed: 1_000 - remaining, ..Totals::default() };
        shard.rate = Rate { now: Some(now), steady: Some(steady), recent: vec![5] };
        seen(shard, 0)
    }

    #[test]
    fn what_is_left_over_the_rate() {
        let eta = |shards: &[ShardSeen]| eta(&shards.iter().collect::<Vec<_>>(), LEASE);
        let one = at_rate(100, 2.0, 4.0);
        assert_eq!(eta(std::slice::from_ref(&one)), Some(Eta { seconds: 50.0, low: 25.0, high: Some(50.0) }));
        let slow = at_rate(100, 1.0, 0.5);
        let both = Some(Eta { seconds: 100.0, low: 100.0, high: Some(200.0) });
        assert_eq!(eta(&[one.clone(), slow]), both, "the slowest shard decides");
        let halted = at_rate(100, 2.0, 0.0);
        assert_eq!(eta(&[halted]), Some(Eta { seconds: 50.0, low: 50.0, high: None }));
        assert_eq!(eta(&[at_rate(0, 2.0, 2.0)]), None);
    }

    #[test]
    fn nothing_is_promised_without_a_rate() {
        let eta = |shard: ShardSeen| eta(&[&shard], LEASE);
        assert!(eta(at_rate(100, 2.0, 2.0)).is_some());
        let mut few = at_rate(100, 2.0, 2.0);
        few.figures.rate.recent = vec![4];
        assert_eq!(eta(few), None);
        let mut paused = at_rate(100, 2.0, 2.0);
        paused.figures.state = ShardState::Paused { reason: "r".into(), by: "b".into(), since: paused.figures.at };
        assert_eq!(eta(paused), None);
        let mut orphan = at_rate(100, 2.0, 2.0);
        orphan.age = Duration::from_secs(21);
        assert_eq!(eta(orphan), None);
    }
}
