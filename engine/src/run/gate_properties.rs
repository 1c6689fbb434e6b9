//! Whatever hosts answer, in whatever order visits end: the gates keep what they promise.

use super::{Gates, HostId, Seen, Visit};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// A task: its host, how long its visit takes, what that shows, how often it comes again and after what wait.
#[derive(Debug, Clone)]
struct Job {
    host: u8,
    takes: u64,
    seen: Seen,
    again: u8,
    wait: u64,
}

fn job() -> impl Strategy<Value = Job> {
    let status = prop_oneof![
        6 => Just(Some(200)), 1 => Just(Some(404)), 1 => Just(Some(500)), 2 => Just(Some(429)), 1 => Just(Some(503)), 1 => Just(None)
    ];
    let seconds = |most: u64| proptest::option::weighted(0.2, (0..most).prop_map(Duration::from_secs));
    let seen = (0_u32..4, status, seconds(1_000), seconds(90))
        .prop_map(|(pages, status, retry_after, crawl_delay)| Seen { pages, status, retry_after, crawl_delay });
    (0_u8..5, 0_u64..3_000, seen, 0_u8..3, 0_u64..5_000).prop_map(|(host, takes, seen, again, wait)| Job {
        host,
        takes,
        seen,
        again,
        wait,
    })
}

/// What an onlooker knows of a host.
#[derive(Debug, Default)]
struct Watched {
    running: u32,
    last: Option<(Instant, Duration)>,
    crawl_delay: Duration,
    closed_until: Option<Instant>,
    ended: bool,
}

struct World {
    jobs: Vec<Job>,
    gates: Gates<usize>,
    left: Vec<u8>,
    now: Instant,
    under_way: BTreeMap<(Instant, usize), Visit>,
    hosts: HashMap<HostId, Watched>,
    per_host: u32,
    delay: Duration,
}

impl World {
    fn start(&mut self, slots: usize) -> Result<(), TestCaseError> {
        while self.under_way.len() < slots {
            let Some((visit, task)) = self.gates.next(self.now) else {
                let later = self.gates.wake_at().is_none_or(|at| at > self.now);
                prop_assert!(later, "nothing to do, and no time to wait for");
                break;
            };
            let host = self.hosts.entry(visit.host).or_default();
            prop_assert_eq!(visit.started, self.now);
            prop_assert_eq!(self.gates.name(visit.host), self.jobs[task].host.to_string());
            host.running += 1;
            let most = if host.ended { self.per_host } else { 1 };
            prop_assert!(host.running <= most, "{} visits of one host", host.running);
            prop_assert!(host.closed_until.is_none_or(|until| until <= self.now), "the host was to be left alone");
            if let Some((last, rest)) = host.last {
                prop_assert!(self.now - last >= rest, "{:?} after the last start", self.now - last);
            }
            host.last = Some((self.now, self.delay.max(host.crawl_delay)));
            self.under_way.insert((self.now + Duration::from_millis(self.jobs[task].takes), task), visit);
        }
        Ok(())
    }

    fn end_one(&mut self, task: usize, visit: Visit) {
        let job = &self.jobs[task];
        let host = self.hosts.entry(visit.host).or_default();
        host.running -= 1;
        host.ended = true;
        host.crawl_delay = host.crawl_delay.max(job.seen.crawl_delay.unwrap_or_default().min(Duration::from_secs(60)));
        if job.seen.pages == 0 && host.last.is_some_and(|(last, _)| last == visit.started) {
            host.last = None;
        }
        if let Some((_, rest)) = &mut host.last {
            *rest = (*rest).max(host.crawl_delay);
        }
        if matches!(job.seen.status, Some(429 | 503)) {
            let asked = job.seen.retry_after.unwrap_or_default().min(Duration::from_secs(600));
            host.closed_until = host.closed_until.max(Some(self.now + asked.max(Duration::from_secs(1))));
        }
        self.gates.done(visit, self.now, job.seen);
        if self.left[task] > 0 {
            self.left[task] -= 1;
            let not_before = self.now + Duration::from_millis(job.wait);
            self.gates.push(task, &job.host.to_string(), Some(not_before));
        }
    }

    /// To the next thing that happens; false when nothing will.
    fn go_on(&mut self) -> bool {
        let ends = self.under_way.first_key_value().map(|((at, task), visit)| (*at, *task, *visit));
        match (ends, self.gates.wake_at()) {
            (Some((at, ..)), Some(wake)) if wake > self.now && wake < at => self.now = wake,
            (Some((at, task, visit)), _) => {
                self.now = self.now.max(at);
                self.under_way.remove(&(at, task));
                self.end_one(task, visit);
            }
            (None, Some(wake)) => self.now = self.now.max(wake),
            (None, None) => return false,
        }
        true
    }
}

proptest! {
    #[test]
    fn every_task_goes_once_and_no_host_is_hurried(
        jobs in proptest::collection::vec(job(), 1..60),
        per_host in 1_u32..4,
        delay in prop_oneof![Just(0_u64), 1_u64..2_000],
        slots in 1_usize..12,
    ) {
        let mut gates = Gates::new(per_host, Duration::from_millis(delay));
        for (task, job) in jobs.iter().enumerate() {
            gates.push(task, &job.host.to_string(), None);
        }
        let left = jobs.iter().map(|job| job.again).collect();
        let delay = Duration::from_millis(delay);
        let mut starts = 0;
        let expected: usize = jobs.iter().map(|job| 1 + usize::from(job.again)).sum();
        let (hosts, under_way) = (HashMap::new(), BTreeMap::new());
        let mut world = World { jobs, gates, left, now: Instant::now(), under_way, hosts, per_host, delay };
        for _ in 0..10_000 {
            let waiting = world.gates.len();
            world.start(slots)?;
            starts += waiting - world.gates.len();
            if !world.go_on() {
                break;
            }
        }
        prop_assert_eq!((starts, world.gates.len(), world.under_way.len()), (expected, 0, 0));
        prop_assert!(world.left.iter().all(|left| *left == 0));
    }

    /// However many tasks others have, a host that came is visited before anybody has had more than a few turns.
    #[test]
    fn nobody_starves(others in 1_u32..40, tasks in 2_u32..20, delay in 0_u64..3) {
        let mut gates = Gates::new(1, Duration::from_millis(delay));
        for host in 0..others {
            (0..tasks).for_each(|task| { gates.push((host, task), &host.to_string(), None); });
        }
        gates.push((others, 0), "last", None);
        let mut now = Instant::now();
        let mut turns = 0;
        loop {
            turns += 1;
            let Some((visit, (host, _))) = gates.next(now) else { break };
            gates.done(visit, now, Seen { pages: 1, status: Some(200), ..Seen::default() });
            if host == others {
                break;
            }
            now += Duration::from_millis(delay);
        }
        prop_assert!(turns <= 2 * (others + 1), "{turns} turns for {others} hosts");
        // And who was there goes on too: each host gets its share while all have tasks.
        let mut visits = vec![0_u32; others as usize + 1];
        let rounds = others * (tasks - 2).max(1);
        for _ in 0..rounds {
            let Some((visit, (host, _))) = gates.next(now) else { now += Duration::from_millis(3); continue };
            gates.done(visit, now, Seen { pages: 1, status: Some(200), ..Seen::default() });
            visits[host as usize] += 1;
            now += Duration::from_millis(delay);
        }
        let most = visits.iter().max().copied().unwrap_or_default();
        prop_assert!(most <= rounds.div_ceil(others) + tasks, "{visits:?}");
    }

    /// What is taken out is gone, what is not stays, in its order.
    #[test]
    fn tasks_that_are_taken_out_are_those_and_no_others(
        tasks in proptest::collection::vec((0_u8..4, any::<bool>(), proptest::option::of(0_u64..9)), 0..50),
        rounds in 0_usize..10,
    ) {
        let zero = Instant::now();
        let mut gates = Gates::new(1, Duration::ZERO);
        for (number, (host, _, wait)) in tasks.iter().enumerate() {
            gates.push(number, &host.to_string(), wait.map(|wait| zero + Duration::from_secs(wait)));
        }
        let mut seen = Vec::new();
        for _ in 0..rounds {
            let Some((visit, task)) = gates.next(zero) else { break };
            gates.done(visit, zero, Seen::default());
            seen.push(task);
        }
        let out = gates.remove(|task| tasks[*task].1);
        prop_assert!(out.iter().all(|task| tasks[*task].1));
        seen.extend(out);
        prop_assert_eq!(gates.len(), tasks.len() - seen.len());
        let mut last: HashMap<u8, usize> = HashMap::new();
        while let Some((visit, task)) = gates.next(zero) {
            gates.done(visit, zero, Seen::default());
            prop_assert!(!tasks[task].1);
            if tasks[task].2.is_none() {
                prop_assert!(last.insert(tasks[task].0, task).is_none_or(|before| before < task));
            }
            seen.push(task);
        }
        while let Some((visit, task)) = gates.next(zero + Duration::from_secs(9)) {
            gates.done(visit, zero, Seen::default());
            seen.push(task);
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..tasks.len()).collect::<Vec<_>>());
    }
}
