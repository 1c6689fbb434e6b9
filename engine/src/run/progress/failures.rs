use super::message_pattern;
use crate::run::event::shortened;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Groups kept at most; those that stay small make room.
const GROUPS: usize = 40;
/// Hosts of a group kept at most.
const HOSTS: usize = 10;

/// Failed attempts, grouped.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Failures {
    /// The largest first.
    pub groups: Vec<FailureGroup>,
    /// Attempts in groups that were too many and too small to keep.
    pub other: u64,
}

/// Attempts that failed in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureGroup {
    /// `extraction_failed`, `page_error`, `blocked`, `timeout` …
    pub category: String,
    /// What kept us out.
    pub blocked_reason: Option<String>,
    /// The message without what differs from site to site.
    pub pattern: String,
    /// Attempts.
    pub attempts: u64,
    /// Of these, the last of their task: it is given up.
    pub tasks: u64,
    /// Where, the most attempts first.
    pub hosts: Vec<HostCount>,
    /// Attempts at hosts that are too many to list.
    pub other_hosts: u64,
    /// The task that failed so last.
    pub task_id: String,
    /// Its address.
    pub url: String,
    /// Its message.
    pub reason: String,
    /// When.
    pub last_at: DateTime<Utc>,
}

/// How often at one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCount {
    /// Which.
    pub host: String,
    /// Attempts.
    pub attempts: u64,
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure<'a> {
    pub(super) category: &'a str,
    pub(super) blocked_reason: Option<&'a str>,
    pub(super) host: &'a str,
    pub(super) reason: &'a str,
    pub(super) task_id: &'a str,
    pub(super) url: &'a str,
    pub(super) gives_up: bool,
    pub(super) at: DateTime<Utc>,
}

impl Failures {
    pub(super) fn add(&mut self, failure: Failure<'_>) {
        self.take(FailureGroup {
            category: failure.category.to_owned(),
            blocked_reason: failure.blocked_reason.map(str::to_owned),
            pattern: message_pattern(failure.reason),
            attempts: 1,
            tasks: u64::from(failure.gives_up),
            hosts: vec![HostCount { host: shortened(failure.host, 100), attempts: 1 }],
            other_hosts: 0,
            task_id: failure.task_id.to_owned(),
            url: shortened(failure.url, 200),
            reason: shortened(failure.reason, 200),
            last_at: failure.at,
        });
    }

    fn take(&mut self, group: FailureGroup) {
        if let Some(known) = self.groups.iter_mut().find(|known| known.is_like(&group)) {
            return known.absorb(group);
        }
        if self.groups.len() >= GROUPS {
            let least = self.groups.iter().enumerate().min_by_key(|(_, group)| (group.attempts, group.last_at));
            if let Some((least, _)) = least {
                self.other += self.groups.swap_remove(least).attempts;
            }
        }
        self.groups.push(group);
    }

    /// With the largest group first.
    pub(super) fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.sort();
        sorted
    }

    fn sort(&mut self) {
        self.groups.sort_by(|a, b| b.attempts.cmp(&a.attempts).then_with(|| a.pattern.cmp(&b.pattern)));
        for group in &mut self.groups {
            group.hosts.sort_by(|a, b| b.attempts.cmp(&a.attempts).then_with(|| a.host.cmp(&b.host)));
        }
    }
}

impl FailureGroup {
    fn is_like(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.category == other.category && self.blocked_reason == other.blocked_reason
    }

    fn absorb(&mut self, other: Self) {
        self.attempts += other.attempts;
        self.tasks += other.tasks;
        self.other_hosts += other.other_hosts;
        for theirs in other.hosts {
            match self.hosts.iter_mut().find(|ours| ours.host == theirs.host) {
                Some(ours) => ours.attempts += theirs.attempts,
                None => self.hosts.push(theirs),
            }
        }
        while self.hosts.len() > HOSTS {
            // The newest one stays: it may be the one that is about to fail often.
            let older = self.hosts.len() - 1;
            let least = self.hosts[..older].iter().enumerate().min_by_key(|(at, host)| (host.attempts, Reverse(*at)));
            let Some((least, _)) = least else { break };
            self.other_hosts += self.hosts.remove(least).attempts;
        }
        if other.last_at >= self.last_at {
            (self.task_id, self.url, self.reason, self.last_at) =
                (other.task_id, other.url, other.reason, other.last_at);
        }
    }
}

/// Those of all shards together.
pub(in crate::run) fn merge_failures<'a>(shards: impl Iterator<Item = &'a Failures>) -> Failures {
    let mut all = Failures::default();
    for shard in shards {
        all.other += shard.other;
        shard.groups.iter().for_each(|group| all.take(group.clone()));
    }
    all.sort();
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn failure<'a>(host: &'a str, reason: &'a str, second: i64) -> Failure<'a> {
        let at = DateTime::from_timestamp(second, 0).unwrap();
        let (category, task_id, url) = ("page_error", "t", "http://x/");
        Failure { category, blocked_reason: None, host, reason, task_id, url, gives_up: second % 2 == 0, at }
    }

    #[test]
    fn the_same_failure_on_many_hosts_is_one_group() {
        let mut failures = Failures::default();
        for n in 0..100 {
            let (host, reason) = (format!("h{n}.example"), format!("cannot reach h{n}.example"));
            failures.add(failure(&host, &reason, n));
            failures.add(failure("busy.example", "cannot reach busy.example", n));
        }
        let group = &failures.sorted().groups[0];
        assert_eq!((failures.groups.len(), group.attempts, group.tasks), (1, 200, 100));
        assert_eq!(group.hosts[0], HostCount { host: "busy.example".into(), attempts: 100 });
        let listed: u64 = group.hosts.iter().map(|host| host.attempts).sum();
        assert_eq!((group.hosts.len(), listed + group.other_hosts), (HOSTS, 200), "no attempt is lost");
        assert_eq!(
            (group.pattern.as_str(), group.reason.as_str()),
            ("cannot reach <host>", "cannot reach busy.example")
        );
    }

    #[test]
    fn groups_are_bounded_and_the_large_ones_stay() {
        let mut failures = Failures::default();
        (0..5).for_each(|n| failures.add(failure("a", "common", n)));
        let words = |n: i64| format!("rare {}", "x".repeat(usize::try_from(n).unwrap()));
        (0..1_000).for_each(|n| failures.add(failure("a", &words(n % 150), n)));
        assert_eq!(failures.groups.len(), GROUPS);
        assert_eq!(failures.sorted().groups[0].pattern, "common");
        let kept: u64 = failures.groups.iter().map(|group| group.attempts).sum();
        assert_eq!(kept + failures.other, 1_005);
    }

    #[test]
    fn shards_add_up() {
        let mut shards = [Failures::default(), Failures::default()];
        shards[0].add(failure("a", "status 500", 1));
        shards[1].add(failure("a", "status 503", 2));
        shards[1].other = 3;
        let all = merge_failures(shards.iter());
        assert_eq!((all.groups.len(), all.groups[0].attempts, all.other), (1, 2, 3));
        assert_eq!((all.groups[0].hosts[0].attempts, all.groups[0].reason.as_str()), (2, "status 503"));
    }
}
