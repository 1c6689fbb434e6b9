use super::ShardSeen;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// No attempt is called stuck before this age, seconds.
const AT_LEAST: f64 = 60.0;

/// An attempt that takes long.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlowTask {
    /// Of which task.
    pub task_id: String,
    /// Its address.
    pub site_url: String,
    /// From 1.
    pub number: u32,
    /// Of which shard.
    pub shard: u32,
    /// Seconds since it began.
    pub age: f64,
    /// Seconds since something was heard of it.
    pub quiet: f64,
}

/// Attempts that give no sign, and those that are only slower than others; each the oldest first.
pub(super) fn overdue(shards: &[&ShardSeen], p95: Option<f64>) -> (Vec<SlowTask>, Vec<SlowTask>) {
    let too_long = p95.map_or(AT_LEAST, |p95| (3.0 * p95).max(AT_LEAST));
    let mut all: Vec<SlowTask> = shards.iter().flat_map(|shard| in_flight(shard)).collect();
    all.sort_by(|a, b| b.age.total_cmp(&a.age));
    let (stuck, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|task| task.age > too_long && task.quiet > too_long);
    let slow = others.into_iter().filter(|task| p95.is_some_and(|p95| task.age > p95)).collect();
    (stuck, slow)
}

/// Ages are by the worker's own clock, up to when it published: clocks of two machines are never compared.
fn in_flight(shard: &ShardSeen) -> impl Iterator<Item = SlowTask> + '_ {
    let since = move |then: DateTime<Utc>| {
        (shard.figures.at - then).to_std().unwrap_or_default().saturating_add(shard.age).as_secs_f64()
    };
    shard.figures.in_flight.oldest.iter().map(move |task| SlowTask {
        task_id: task.task_id.clone(),
        site_url: task.site_url.clone(),
        number: task.number,
        shard: shard.figures.identity.shard,
        age: since(task.since),
        quiet: since(task.last_event_at),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{seen, shard, task_since};
    use super::*;

    fn names(p95: Option<f64>) -> (Vec<String>, Vec<String>) {
        let mut shard = shard(0, 1);
        for (name, age, quiet) in [("new", 5, 5), ("old", 70, 70), ("busy", 70, 2), ("edge", 60, 60)] {
            shard.in_flight.oldest.push(task_since(name, shard.at, age, quiet));
        }
        let shard = seen(shard, 0);
        let (stuck, slow) = overdue(&[&shard], p95);
        let names = |tasks: Vec<SlowTask>| tasks.into_iter().map(|task| task.task_id).collect();
        (names(stuck), names(slow))
    }

    #[test]
    fn who_gives_no_sign_is_stuck_and_who_does_is_slow() {
        assert_eq!(names(Some(10.0)), (vec!["old".into()], vec!["busy".into(), "edge".into()]));
        assert_eq!(names(Some(25.0)).0, Vec::<String>::new(), "3 × p95 is longer than a minute");
        assert_eq!(names(None), (vec!["old".into()], vec![]), "without times only a minute counts");
    }

    #[test]
    fn time_goes_on_between_two_publications() {
        let mut shard = shard(0, 1);
        shard.in_flight.oldest.push(task_since("t", shard.at, 58, 58));
        let later = seen(shard.clone(), 3);
        assert_eq!(overdue(&[&later], None).0.len(), 1);
        assert_eq!(overdue(&[&seen(shard, 0)], None).0.len(), 0);
    }
}
