use super::Plan;
use crate::model::{Politeness, Shard};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

/// Which shard of a run does which of its tasks. Told by the plan alone, so that all workers agree.
///
/// A host is visited by one shard: its gate, its breaker and what it answered last are known to one worker. Hosts with many
/// tasks are dealt out first, each to the shard that has least. Only where nobody has to be spared are the tasks of a host
/// shared out: in a replay, and for a site of one's own (robots.txt is ignored by a setting) that bears a visit of every
/// shard at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// Of each task, by its position in the plan: the number of its shard, from 1.
    shards: Vec<u32>,
    /// Into how many parts a host's visits are divided.
    parts: u32,
}

impl Shares {
    /// Of a run that is divided into so many shards.
    #[must_use]
    pub fn new(plan: &Plan, of: u32) -> Self {
        let hosts = plan.tasks.iter().map(|task| task.site_name.as_str());
        if plan.record.replay_of.is_some() || bears_all(&plan.record.settings.politeness, of) {
            let shards = (1..=of.max(1)).cycle().take(hosts.len()).collect();
            return Self { shards, parts: of.max(1) };
        }
        Self { shards: whole_hosts(hosts, of), parts: 1 }
    }

    /// True when the task at this position of the plan, from 0, is of this shard.
    #[must_use]
    pub fn has(&self, shard: Shard, position: usize) -> bool {
        self.shards.get(position) == Some(&shard.number)
    }

    /// The number of the shard that does the task at a position.
    #[must_use]
    pub fn shard_of(&self, position: usize) -> Option<u32> {
        self.shards.get(position).copied()
    }

    /// How many tasks a shard has.
    #[must_use]
    pub fn count(&self, shard: Shard) -> usize {
        self.shards.iter().filter(|number| **number == shard.number).count()
    }

    /// Visits of a host at once, and the time between their starts, for each worker: together they keep to the settings.
    #[must_use]
    pub fn per_host(&self, politeness: &Politeness) -> (u32, Duration) {
        ((politeness.per_host / self.parts).max(1), politeness.delay.saturating_mul(self.parts))
    }
}

fn bears_all(politeness: &Politeness, of: u32) -> bool {
    politeness.ignore_robots.is_some() && politeness.per_host >= of
}

fn whole_hosts<'a>(hosts: impl Iterator<Item = &'a str>, of: u32) -> Vec<u32> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    // How many tasks each has, in the order of their first.
    let mut sizes: Vec<usize> = Vec::new();
    let owners: Vec<usize> = hosts
        .map(|host| {
            let next = sizes.len();
            // Without an address there is nobody to be polite to.
            let number = if host.is_empty() { next } else { *numbers.entry(host).or_insert(next) };
            if number == next {
                sizes.push(0);
            }
            sizes[number] += 1;
            number
        })
        .collect();
    let mut largest: Vec<usize> = (0..sizes.len()).collect();
    largest.sort_by_key(|number| Reverse(sizes[*number]));
    let mut loads: BinaryHeap<Reverse<(usize, u32)>> = (1..=of.max(1)).map(|number| Reverse((0, number))).collect();
    let mut shards = vec![0; sizes.len()];
    for number in largest {
        let Some(mut least) = loads.peek_mut() else { break };
        let Reverse((load, shard)) = *least;
        *least = Reverse((load + sizes[number], shard));
        shards[number] = shard;
    }
    owners.into_iter().map(|number| shards[number]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn large_hosts_are_dealt_out_first() {
        let hosts = ["a", "b", "c", "b", "b", "", "", "a"];
        assert_eq!(whole_hosts(hosts.into_iter(), 2), [2, 1, 2, 1, 1, 1, 2, 2]);
        assert_eq!(whole_hosts(hosts.into_iter(), 1), [1; 8]);
        assert_eq!(whole_hosts(["a"; 3].into_iter(), 4), [1; 3]);
    }

    proptest! {
        /// Every host has one shard, and no shard has more than its part and one host beyond.
        #[test]
        fn hosts_stay_together_and_loads_are_even(hosts in prop::collection::vec("[a-f]", 1..60), of in 1_u32..7) {
            let shards = whole_hosts(hosts.iter().map(String::as_str), of);
            let mut owners = HashMap::new();
            for (host, shard) in hosts.iter().zip(&shards) {
                prop_assert!((1..=of).contains(shard));
                prop_assert_eq!(owners.entry(host).or_insert(shard), &shard);
            }
            let most = |counted: Vec<usize>| counted.into_iter().max().unwrap_or_default();
            let largest = most(owners.keys().map(|host| hosts.iter().filter(|other| other == host).count()).collect());
            let fullest = most((1..=of).map(|number| shards.iter().filter(|shard| **shard == number).count()).collect());
            prop_assert!(fullest <= hosts.len() / of as usize + largest);
        }
    }
}
