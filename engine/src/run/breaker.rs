use super::retry::{Host, Policy};
use crate::model::Cause;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// So many failures in a row that speak of the host, of so many different tasks: it is left alone.
const FAILURES: u32 = 5;
const TASKS: usize = 3;
/// For so long at first, then twice as long each time …
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// … until it has been left alone so often without an answer in between: the rest of its tasks is given up.
const PAUSES: u32 = 3;
/// One task tries whether it is back; so long after that another may, should nothing have been heard of the first.
const TRIAL: Duration = Duration::from_secs(120);
/// Meanwhile the others ask again so often.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// What is to be done with the tasks of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Go,
    /// None is to be started before then; ask again.
    Wait(Instant),
    /// None is to be started any more; the reason in one sentence.
    GiveUp(String),
}

/// Circuit breakers, one a host: closed (tasks go), open (they wait), half open (one tries). Only hosts that just failed are
/// remembered. A host with fewer than three tasks is never held up: so few say nothing about it.
#[derive(Debug, Default)]
pub struct Breaker {
    hosts: HashMap<u32, Trouble>,
    /// Hosts that are not visited again, and why.
    given_up: HashMap<u32, &'static str>,
}

/// A host that failed and has not answered since.
#[derive(Debug, Default)]
struct Trouble {
    in_a_row: u32,
    /// Which tasks failed; not more than are needed.
    tasks: HashSet<usize>,
    pauses: u32,
    /// When one may try again; `None` while closed.
    until: Option<Instant>,
    trial: Option<Trial>,
}

#[derive(Debug, Clone, Copy)]
struct Trial {
    task: usize,
    since: Instant,
}

impl Breaker {
    /// All closed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a task (by its position in the plan) of a host may start now. `Go` to a half-open host makes this task the one
    /// that tries: ask only for what is then started.
    pub fn ask(&mut self, host: u32, task: usize, now: Instant) -> Verdict {
        if let Some(why) = self.given_up.get(&host) {
            return Verdict::GiveUp((*why).to_owned());
        }
        let Some(trouble) = self.hosts.get_mut(&host) else { return Verdict::Go };
        let verdict = trouble.verdict(now);
        if verdict == Verdict::Go && trouble.until.is_some() {
            trouble.trial = Some(Trial { task, since: now });
        }
        verdict
    }

    /// A host is not to be visited again.
    pub fn give_up(&mut self, host: u32, why: &'static str) {
        self.given_up.insert(host, why);
    }

    /// A person wants the host tried again: what it did before is forgotten.
    pub fn forget(&mut self, host: u32) {
        self.hosts.remove(&host);
        self.given_up.remove(&host);
    }

    /// Takes note of how an attempt of a task ended (`None`: as a success), and says how its host stands now. A cancelled
    /// attempt says nothing and is not told of.
    pub fn seen(&mut self, host: u32, task: usize, now: Instant, cause: Option<Cause>) -> Verdict {
        if let Some(why) = self.given_up.get(&host) {
            return Verdict::GiveUp((*why).to_owned());
        }
        let told = cause.map_or(Host::Answers, |cause| Policy::of(cause).host);
        match (told, cause) {
            (Host::Answers, _) | (_, None) => {
                self.hosts.remove(&host);
                Verdict::Go
            }
            (Host::Fails, _) => {
                let trouble = self.hosts.entry(host).or_default();
                trouble.failed(task, now);
                trouble.verdict(now)
            }
            (Host::Unknown, _) => {
                let Some(trouble) = self.hosts.get_mut(&host) else { return Verdict::Go };
                // It tried and learned nothing: the next one may.
                trouble.trial.take_if(|trial| trial.task == task);
                trouble.verdict(now)
            }
        }
    }
}

impl Trouble {
    fn failed(&mut self, task: usize, now: Instant) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.tasks.len() < TASKS {
            self.tasks.insert(task);
        }
        let tried = self.trial.take_if(|trial| trial.task == task).is_some();
        let enough = self.until.is_none() && self.in_a_row >= FAILURES && self.tasks.len() >= TASKS;
        // What was under way when the pause began says nothing new.
        if tried || enough {
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.pauses)).min(LONGEST_PAUSE);
            self.pauses = self.pauses.saturating_add(1);
            self.until = Some(now + pause);
        }
    }

    fn verdict(&self, now: Instant) -> Verdict {
        let Some(until) = self.until else { return Verdict::Go };
        if self.pauses > PAUSES {
            return Verdict::GiveUp(format!("the host failed {} times in a row: given up", self.in_a_row));
        }
        let trial = self.trial.map(|trial| trial.since + TRIAL).filter(|over| now < *over);
        match trial {
            Some(over) => Verdict::Wait(over.min(now + ASK_AGAIN)),
            None if now < until => Verdict::Wait(until),
            None => Verdict::Go,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOWN: Option<Cause> = Some(Cause::ConnectionRefused);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Opened at `now` by five tasks.
    fn open(now: Instant) -> Breaker {
        let mut breaker = Breaker::new();
        for task in 0..4 {
            assert_eq!(breaker.seen(7, task, now, DOWN), Verdict::Go);
        }
        assert_eq!(breaker.seen(7, 4, now, DOWN), Verdict::Wait(now + seconds(30)));
        breaker
    }

    #[test]
    fn a_host_that_fails_is_left_alone_and_others_are_not() {
        let now = Instant::now();
        let mut breaker = open(now);
        assert_eq!(breaker.ask(7, 5, now + seconds(29)), Verdict::Wait(now + seconds(30)));
        assert_eq!(breaker.ask(8, 5, now), Verdict::Go);
    }

    #[test]
    fn one_tries_while_the_others_wait() {
        let now = Instant::now();
        let mut breaker = open(now);
        let later = now + seconds(30);
        assert_eq!(breaker.ask(7, 5, later), Verdict::Go);
        assert_eq!(breaker.ask(7, 6, later), Verdict::Wait(later + ASK_AGAIN));
        assert_eq!(breaker.seen(7, 5, later, None), Verdict::Go);
        assert_eq!(breaker.ask(7, 6, later), Verdict::Go);
        assert_eq!(breaker.ask(7, 7, later), Verdict::Go);
    }

    #[test]
    fn pauses_grow_and_then_the_rest_is_given_up() {
        let mut now = Instant::now();
        let mut breaker = open(now);
        for (task, pause) in [(5, 30), (6, 60), (7, 120)] {
            now += seconds(pause);
            assert_eq!(breaker.ask(7, task, now), Verdict::Go, "after {pause} s");
            let verdict = breaker.seen(7, task, now, DOWN);
            match task {
                7 => assert_eq!(verdict, Verdict::GiveUp("the host failed 8 times in a row: given up".into())),
                _ => assert_eq!(verdict, Verdict::Wait(now + seconds(2 * pause))),
            }
        }
        assert!(matches!(breaker.ask(7, 9, now + seconds(9_999)), Verdict::GiveUp(_)));
    }

    #[test]
    fn pages_that_fail_are_not_the_host() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for task in 0..100 {
            for cause in [Cause::ExtractionFailed, Cause::NotFound, Cause::PageTimeout, Cause::Paywall] {
                assert_eq!(breaker.seen(7, task, now, Some(cause)), Verdict::Go);
            }
        }
        // An answer in between begins the count anew.
        for task in 0..100 {
            assert_eq!(breaker.seen(7, task, now, DOWN), Verdict::Go);
            if task % 4 == 3 {
                assert_eq!(breaker.seen(7, task, now, Some(Cause::NotFound)), Verdict::Go);
            }
        }
    }

    #[test]
    fn a_host_that_is_given_up_stays_so_until_somebody_wants_it_again() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        breaker.give_up(7, "no more");
        let no = Verdict::GiveUp("no more".into());
        assert_eq!((breaker.ask(7, 1, now), breaker.seen(7, 2, now, None)), (no.clone(), no));
        assert_eq!(breaker.ask(8, 1, now), Verdict::Go);
        breaker.forget(7);
        assert_eq!(breaker.ask(7, 1, now), Verdict::Go);
    }

    #[test]
    fn what_was_under_way_does_not_prolong_a_pause() {
        let now = Instant::now();
        let mut breaker = open(now);
        assert_eq!(breaker.seen(7, 5, now + seconds(10), DOWN), Verdict::Wait(now + seconds(30)));
        assert_eq!(breaker.seen(7, 6, now + seconds(31), DOWN), Verdict::Go);
        // And its success ends one.
        assert_eq!(breaker.seen(7, 7, now + seconds(11), None), Verdict::Go);
        assert!(breaker.hosts.is_empty());
    }

    #[test]
    fn a_trial_that_tells_nothing_or_never_ends_makes_room_for_another() {
        let now = Instant::now() + seconds(30);
        let mut breaker = open(now - seconds(30));
        assert_eq!(breaker.ask(7, 5, now), Verdict::Go);
        assert_eq!(breaker.seen(7, 5, now, Some(Cause::BrowserCrashed)), Verdict::Go);
        assert_eq!(breaker.ask(7, 6, now), Verdict::Go);
        assert_eq!(breaker.ask(7, 7, now + TRIAL - seconds(1)), Verdict::Wait(now + TRIAL));
        assert_eq!(breaker.ask(7, 7, now + TRIAL), Verdict::Go);
    }

    #[derive(Debug, Clone)]
    struct Event {
        host: u32,
        task: usize,
        cause: Option<Cause>,
        passed: u64,
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let cause = prop_oneof![
            4 => prop::sample::select(Cause::ALL).prop_map(Some),
            4 => Just(DOWN),
            1 => Just(None),
        ];
        let event = (0..3_u32, 0..9_usize, cause, 0..90_u64);
        prop::collection::vec(event.prop_map(|(host, task, cause, passed)| Event { host, task, cause, passed }), 1..200)
    }

    proptest! {
        #[test]
        fn a_host_of_one_or_two_tasks_is_never_held_up(events in events(), tasks in 1..3_usize) {
            let (mut breaker, mut now) = (Breaker::new(), Instant::now());
            for event in events {
                now += seconds(event.passed);
                let task = event.task % tasks;
                prop_assert_eq!(breaker.ask(event.host, task, now), Verdict::Go);
                prop_assert_eq!(breaker.seen(event.host, task, now, event.cause), Verdict::Go);
            }
        }

        #[test]
        fn waits_end_and_only_answers_reopen_at_once(events in events()) {
            let (mut breaker, mut now) = (Breaker::new(), Instant::now());
            let mut given_up = HashSet::new();
            for event in events {
                now += seconds(event.passed);
                match breaker.ask(event.host, event.task, now) {
                    Verdict::Go => prop_assert!(!given_up.contains(&event.host)),
                    Verdict::Wait(until) => {
                        prop_assert!(until > now && until - now <= LONGEST_PAUSE);
                        continue;
                    }
                    Verdict::GiveUp(_) => {
                        given_up.insert(event.host);
                        continue;
                    }
                }
                match breaker.seen(event.host, event.task, now, event.cause) {
                    Verdict::GiveUp(_) => prop_assert!(given_up.insert(event.host)),
                    verdict if event.cause.is_none() => prop_assert_eq!(verdict, Verdict::Go),
                    _ => {}
                }
            }
        }

        #[test]
        fn at_most_one_tries_a_half_open_host(tasks in prop::collection::vec(0..50_usize, 1..30)) {
            let now = Instant::now() + seconds(30);
            let mut breaker = open(now - seconds(30));
            let gone = tasks.iter().filter(|task| breaker.ask(7, **task, now) == Verdict::Go).count();
            prop_assert_eq!(gone, 1);
        }
    }
}
