use super::ShardSeen;
use crate::model::RunRecord;
use crate::run::progress::{LastFinished, Slice, last_slices};
use crate::run::{ShardState, Totals};
use chrono::{DateTime, TimeDelta, Utc};
use mino_datafusion::stats::{HealthInput, LAST, binomial_tail, wilson};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Newest finished tasks that a burst is looked for in.
const RECENT: u64 = 20;
/// Tasks that must have finished before these.
const EARLIER: u64 = 20;
/// A burst is what chance alone brings less often than this.
const CHANCE: f64 = 0.001;

/// Something out of the ordinary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// `failure_burst`, `everything_blocked`, `nothing_finishing`, `no_owner`, `store_fault`, `unreadable`.
    pub name: String,
    /// What, in a sentence that stays the same while it lasts, but for its counts.
    pub text: String,
    /// Since when, where that is known; not in the sentence.
    pub since: Option<DateTime<Utc>>,
}

impl Alert {
    pub(super) fn new(name: &str, text: String, since: Option<DateTime<Utc>>) -> Self {
        Self { name: name.to_owned(), text, since }
    }
}

/// More failures among the last finished tasks than the run's earlier share explains.
pub(super) fn failure_burst(shards: &[&ShardSeen], totals: Totals) -> Option<Alert> {
    let slices: Vec<&Slice> = shards.iter().flat_map(|shard| &shard.figures.window).collect();
    let recent = last_slices(slices, RECENT);
    let failed = recent.n - recent.completed.min(recent.n);
    let earlier = (totals.completed + totals.failed).checked_sub(recent.n).filter(|n| *n >= EARLIER)?;
    let earlier_failed = totals.failed.saturating_sub(failed).min(earlier);
    // The earlier share may be larger than it looks by chance: its upper bound is what has to be beaten.
    let share = wilson(earlier_failed, earlier)?.upper;
    if recent.n < RECENT || binomial_tail(failed, recent.n, share) >= CHANCE {
        return None;
    }
    let (n, percent) = (recent.n, 100.0 * earlier_failed as f64 / earlier as f64);
    let text = format!("{failed} of the last {n} tasks failed; before, {percent:.0} % did");
    Some(Alert::new("failure_burst", text, recent.since.and_then(DateTime::from_timestamp_millis)))
}

/// How many of the last finished tasks were looked at, how many of them were blocked, and since when.
pub(super) fn last_finished(shards: &[&ShardSeen]) -> (u64, u64, Option<DateTime<Utc>>) {
    let mut last: Vec<&LastFinished> = shards.iter().flat_map(|shard| &shard.figures.last_finished).collect();
    last.sort_by_key(|task| std::cmp::Reverse(task.at));
    last.truncate(LAST);
    let blocked = last.iter().filter(|task| task.blocked).count();
    let since = last.iter().rev().find(|task| task.blocked).map(|task| task.at);
    (last.len() as u64, blocked as u64, since)
}

/// Every shard that nobody works on although it is not done.
pub(super) fn no_owner(
    shards: &[&ShardSeen],
    unreadable: &[(u32, String)],
    record: &RunRecord,
    at: DateTime<Utc>,
) -> Vec<Alert> {
    let lease = record.settings.lease;
    let orphans = shards.iter().filter(|shard| !is_owned(shard, lease)).map(|shard| {
        let figures = &shard.figures;
        let (number, of, worker) = (figures.identity.shard, figures.identity.of, &figures.identity.worker);
        let left = figures.totals.remaining();
        let text = format!("nobody works on shard {number} of {of}, {left} tasks are left: {worker} gives no sign");
        Alert::new("no_owner", text, before(at, shard.age.as_secs_f64()))
    });
    orphans.chain(not_begun(shards, unreadable, record)).collect()
}

/// Shards that others say there are and that have published nothing.
fn not_begun(shards: &[&ShardSeen], unreadable: &[(u32, String)], record: &RunRecord) -> Option<Alert> {
    let of = shards.iter().map(|shard| shard.figures.identity.of).max()?;
    let readable = shards.iter().map(|shard| shard.figures.identity.shard);
    let known: BTreeSet<u32> = readable.chain(unreadable.iter().map(|(shard, _)| *shard)).collect();
    let missing: Vec<String> = (1..=of).filter(|n| !known.contains(n)).take(20).map(|n| n.to_string()).collect();
    let text = format!("nobody has begun shard {} of {of}", missing.join(", "));
    (!missing.is_empty()).then(|| Alert::new("no_owner", text, Some(record.started_at)))
}

/// A shard has an owner as long as it gives signs, or has nothing left to do.
pub(super) fn is_owned(shard: &ShardSeen, lease: Duration) -> bool {
    shard.figures.state == ShardState::Done || shard.age <= lease
}

pub(super) fn store_faults(shards: &[&ShardSeen]) -> Vec<Alert> {
    let fault = |shard: &&ShardSeen| match &shard.figures.state {
        ShardState::WaitingForStore { reason, since } => {
            let text = format!("{} waits for the store: {reason}", shard.figures.identity.worker);
            Some(Alert::new("store_fault", text, Some(*since)))
        }
        _ => None,
    };
    shards.iter().filter_map(fault).collect()
}

/// Before there is a p95, nothing has to be finished for as long as an attempt may take, and a minute at least.
pub(super) fn nothing_finishing(
    health: &HealthInput,
    record: &RunRecord,
    in_flight: u64,
    at: DateTime<Utc>,
) -> Option<Alert> {
    let idle = health.idle?;
    let longest = record.settings.timeout.as_secs_f64().max(60.0);
    if !health.is_nothing_finishing() && (health.p95.is_some() || idle <= longest) {
        return None;
    }
    let text = format!("nothing finishes, with {in_flight} attempts under way");
    Some(Alert::new("nothing_finishing", text, before(at, idle)))
}

fn before(at: DateTime<Utc>, seconds: f64) -> Option<DateTime<Utc>> {
    at.checked_sub_signed(TimeDelta::try_milliseconds((seconds * 1000.0) as i64)?)
}

pub(super) fn everything_blocked(shards: &[&ShardSeen], health: &HealthInput) -> Option<Alert> {
    let (last, blocked, since) = last_finished(shards);
    let text = format!("{blocked} of the last {last} tasks were blocked");
    health.is_everything_blocked().then(|| Alert::new("everything_blocked", text, since))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::testing::{record, seen, shard, with_finished};
    use super::*;

    /// 100 earlier tasks of which some failed, then 20 of which some failed.
    fn burst(earlier_failed: u64, failed: u64) -> Option<Alert> {
        let outcomes = (0..100).map(|n| n >= earlier_failed).chain((0..20).map(|n| n >= failed));
        let shard = seen(with_finished(shard(0, 1), outcomes), 0);
        failure_burst(&[&shard], shard.figures.totals)
    }

    #[test]
    fn a_burst_is_what_chance_does_not_explain() {
        assert_eq!(burst(0, 1), None);
        assert_eq!(burst(5, 6), None);
        assert_eq!(burst(5, 9).unwrap().text, "9 of the last 20 tasks failed; before, 5 % did");
        assert_eq!(burst(60, 18), None, "a run that fails from the start has no burst");
        assert!(burst(60, 19).is_none() && burst(2, 20).is_some());
    }

    #[test]
    fn without_a_past_there_is_no_burst() {
        let short = seen(with_finished(shard(0, 1), (0..39).map(|n| n < 19)), 0);
        assert_eq!(failure_burst(&[&short], short.figures.totals), None);
    }

    #[test]
    fn who_gives_no_sign_for_longer_than_the_lease_owns_nothing() {
        let record = record();
        let (silent, alive) = (seen(shard(0, 3), 21), seen(shard(1, 3), 20));
        let texts: Vec<String> =
            no_owner(&[&silent, &alive], &[], &record, record.started_at).into_iter().map(|alert| alert.text).collect();
        let gone = "nobody works on shard 1 of 3, 100 tasks are left: host:0 gives no sign";
        assert_eq!(texts, [gone, "nobody has begun shard 3 of 3"]);
        let mut done = seen(shard(0, 1), 9_999);
        done.figures.state = ShardState::Done;
        assert_eq!(no_owner(&[&done], &[], &record, record.started_at), []);
    }

    #[test]
    fn nothing_finishing_is_measured_by_what_is_usual() {
        let record = record();
        let alert = |idle, p95| {
            let input = HealthInput { idle, p95, ..HealthInput::default() };
            nothing_finishing(&input, &record, 4, record.started_at).map(|alert| alert.text)
        };
        let text = Some("nothing finishes, with 4 attempts under way".to_owned());
        assert_eq!((alert(Some(31.0), Some(10.0)), alert(Some(30.0), Some(10.0))), (text, None));
        assert_eq!((alert(Some(60.0), None), alert(None, Some(1.0))), (None, None));
        assert!(alert(Some(61.0), None).is_some());
    }

    #[test]
    fn blocks_are_counted_over_all_shards_from_the_newest() {
        let mut a = shard(0, 2);
        let mut b = shard(1, 2);
        for n in 0..20 {
            let at = a.at + TimeDelta::seconds(n);
            a.last_finished.push(LastFinished { at, blocked: true });
            b.last_finished.push(LastFinished { at: at + TimeDelta::seconds(10), blocked: false });
        }
        let since = a.at + TimeDelta::seconds(15);
        assert_eq!(last_finished(&[&seen(a, 0), &seen(b, 0)]), (20, 5, Some(since)));
    }
}
