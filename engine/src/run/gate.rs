use super::host_gate::{HostGate, HostId, Seen, Visit};
use super::lines::{Line, Lines, Ticket};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The tasks of a run that are ready, by host, and which of them may go now. Pure: the time is handed in.
///
/// Of one host not more than so many visits are under way, and their starts keep a distance; the first visit goes alone,
/// since only its end tells what robots.txt asks for. A host that says 429 or 503 is left alone as a whole. Hosts take
/// turns in the order in which they came; those that were visited before alternate with new ones, so that a host with many
/// tasks, on which the length of the run depends, does not wait until all others had their first.
#[derive(Debug)]
pub struct Gates<T> {
    per_host: u32,
    delay: Duration,
    ids: HashMap<Arc<str>, HostId>,
    hosts: Vec<Host>,
    lines: Lines<T>,
    /// Hosts that nobody has visited, first come first; some may have left this queue already.
    fresh: VecDeque<HostId>,
    /// Visited hosts that have tasks and room for them, by when they open.
    open: BTreeSet<(Instant, u64, HostId)>,
    /// Tasks that must wait by themselves.
    later: BTreeSet<(Instant, u64, Ticket)>,
    turn: u64,
    fresh_is_next: bool,
    /// The first visit of a host need not go alone: there is nothing to learn from it.
    together: bool,
    len: usize,
}

#[derive(Debug)]
struct Host {
    name: Arc<str>,
    gate: HostGate,
    /// Tasks that waited by themselves go before those that have not been tried.
    again: Line,
    first: Line,
    waiting: u32,
    place: Place,
}

/// In which queue a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    None,
    Fresh,
    Open(Instant, u64),
}

impl<T> Gates<T> {
    /// Gates that let `per_host` visits of a host run at once, and start `delay` apart.
    #[must_use]
    pub fn new(per_host: u32, delay: Duration) -> Self {
        Self {
            per_host: per_host.max(1),
            delay,
            ids: HashMap::new(),
            hosts: Vec::new(),
            lines: Lines::new(),
            fresh: VecDeque::new(),
            open: BTreeSet::new(),
            later: BTreeSet::new(),
            turn: 0,
            fresh_is_next: true,
            together: false,
            len: 0,
        }
    }

    /// For who does not ask for robots.txt: the first visit of a host need not go alone.
    #[must_use]
    pub fn together(mut self) -> Self {
        self.together = true;
        self
    }

    /// Takes a task in; with `not_before` it waits by itself first, and then goes before the others of its host.
    pub fn push(&mut self, task: T, host: &str, not_before: Option<Instant>) -> HostId {
        let id = self.id(host);
        let ticket = self.lines.admit(task, id.0);
        self.len += 1;
        match not_before {
            Some(at) => {
                self.turn += 1;
                self.later.insert((at, self.turn, ticket));
            }
            None => self.stand_in_line(ticket, false),
        }
        id
    }

    fn id(&mut self, name: &str) -> HostId {
        if let Some(known) = self.ids.get(name) {
            return *known;
        }
        let id = HostId(u32::try_from(self.hosts.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.ids.insert(name.clone(), id);
        let (again, first) = (Line::EMPTY, Line::EMPTY);
        let gate = if self.together { HostGate::KNOWN } else { HostGate::NEW };
        self.hosts.push(Host { name, gate, again, first, waiting: 0, place: Place::None });
        id
    }

    fn stand_in_line(&mut self, ticket: Ticket, again: bool) {
        let id = HostId(self.lines.owner(ticket));
        let Some(host) = self.hosts.get_mut(id.0 as usize) else { return };
        self.lines.append(if again { &mut host.again } else { &mut host.first }, ticket);
        host.waiting += 1;
        self.settle(id);
    }

    /// Puts a host where it belongs after something about it has changed.
    fn settle(&mut self, id: HostId) {
        let Some(host) = self.hosts.get_mut(id.0 as usize) else { return };
        let opens_at = host.gate.opens_at();
        let belongs = host.waiting > 0 && host.gate.has_room(self.per_host);
        let stands = match host.place {
            Place::None => false,
            Place::Fresh => opens_at.is_none(),
            Place::Open(at, _) => opens_at == Some(at),
        };
        if belongs && stands {
            return;
        }
        if let Place::Open(at, turn) = host.place {
            self.open.remove(&(at, turn, id));
        }
        host.place = Place::None;
        if !belongs {
            return;
        }
        match opens_at {
            Some(at) => {
                self.turn += 1;
                host.place = Place::Open(at, self.turn);
                self.open.insert((at, self.turn, id));
            }
            None => {
                host.place = Place::Fresh;
                self.fresh.push_back(id);
            }
        }
    }

    /// A task whose host may be visited now; its visit is under way until [`Gates::done`].
    pub fn next(&mut self, now: Instant) -> Option<(Visit, T)> {
        while let Some((_, _, ticket)) = self.later.first().copied().filter(|(at, ..)| *at <= now) {
            self.later.pop_first();
            self.stand_in_line(ticket, true);
        }
        let id = self.next_host(now)?;
        let host = self.hosts.get_mut(id.0 as usize)?;
        let ticket = self.lines.pop(&mut host.again).or_else(|| self.lines.pop(&mut host.first))?;
        host.waiting -= 1;
        host.gate.start(now, self.delay);
        self.settle(id);
        self.len -= 1;
        Some((Visit { host: id, started: now }, self.lines.release(ticket)?))
    }

    fn next_host(&mut self, now: Instant) -> Option<HostId> {
        let open = self.open.first().filter(|(at, ..)| *at <= now).map(|(.., id)| *id);
        if open.is_some() && !self.fresh_is_next {
            self.fresh_is_next = true;
            return open;
        }
        self.fresh_is_next = false;
        while let Some(id) = self.fresh.pop_front() {
            if let Some(host) = self.hosts.get_mut(id.0 as usize).filter(|host| host.place == Place::Fresh) {
                host.place = Place::None;
                return Some(id);
            }
        }
        open
    }

    /// A visit has come to its end, and showed this of its host.
    pub fn done(&mut self, visit: Visit, now: Instant, seen: Seen) {
        let Some(host) = self.hosts.get_mut(visit.host.0 as usize) else { return };
        host.gate.done(visit.started, now, self.delay, seen);
        self.settle(visit.host);
    }

    /// No visit of this host begins before `until`.
    pub fn block(&mut self, host: HostId, until: Instant) {
        let Some(blocked) = self.hosts.get_mut(host.0 as usize) else { return };
        blocked.gate.close(until);
        self.settle(host);
    }

    /// Takes out all waiting tasks of a host.
    pub fn drain(&mut self, host: HostId) -> Vec<T> {
        self.take_out(|owner, _| owner == host)
    }

    /// Takes out the waiting tasks that are not to be done any more. Looks at every task that waits.
    pub fn remove(&mut self, unwanted: impl Fn(&T) -> bool) -> Vec<T> {
        self.take_out(|_, task| unwanted(task))
    }

    fn take_out(&mut self, unwanted: impl Fn(HostId, &T) -> bool) -> Vec<T> {
        let mut out = Vec::new();
        for index in 0..self.hosts.len() {
            let Some(host) = self.hosts.get_mut(index).filter(|host| host.waiting > 0) else { continue };
            let id = HostId(u32::try_from(index).unwrap_or(u32::MAX));
            for line in [&mut host.again, &mut host.first] {
                let mut old = std::mem::replace(line, Line::EMPTY);
                while let Some(ticket) = self.lines.pop(&mut old) {
                    if self.lines.task(ticket).is_some_and(|task| unwanted(id, task)) {
                        host.waiting -= 1;
                        out.extend(self.lines.release(ticket));
                    } else {
                        self.lines.append(line, ticket);
                    }
                }
            }
            self.settle(id);
        }
        let lines = &mut self.lines;
        self.later.retain(|(_, _, ticket)| {
            let owner = HostId(lines.owner(*ticket));
            let goes = lines.task(*ticket).is_some_and(|task| unwanted(owner, task));
            if goes {
                out.extend(lines.release(*ticket));
            }
            !goes
        });
        self.len -= out.len();
        out
    }

    /// When [`Gates::next`] could give something, after it gave nothing: later than the time it was asked for. `None`: not
    /// before a visit ends or a task comes.
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        let (open, later) = (self.open.first().map(|(at, ..)| *at), self.later.first().map(|(at, ..)| *at));
        open.into_iter().chain(later).min()
    }

    /// Tasks that wait, for whatever reason.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when no task waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Hosts that have tasks and room for them, but are not to be visited yet.
    #[must_use]
    pub fn waiting_hosts(&self, now: Instant) -> usize {
        self.open.iter().rev().take_while(|(at, ..)| *at > now).count()
    }

    /// What this host is called.
    #[must_use]
    pub fn name(&self, host: HostId) -> &str {
        self.hosts.get(host.0 as usize).map_or("", |host| &host.name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by failing what it expected")]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(500);
    const FINE: Seen = Seen { pages: 1, status: Some(200), retry_after: None, crawl_delay: None };

    fn ms(zero: Instant, ms: u64) -> Instant {
        zero + Duration::from_millis(ms)
    }

    /// Every task that may go now, each done at once.
    fn all(gates: &mut Gates<u32>, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| {
            let (visit, task) = gates.next(now)?;
            gates.done(visit, now, FINE);
            Some(task)
        })
        .collect()
    }

    #[test]
    fn hosts_take_turns_and_rest_between() {
        let zero = Instant::now();
        let mut gates = Gates::new(2, DELAY);
        for (task, host) in [(1, "a"), (2, "a"), (3, "b"), (4, "a"), (5, "c")] {
            gates.push(task, host, None);
        }
        assert_eq!(all(&mut gates, zero), [1, 3, 5]);
        assert_eq!((gates.wake_at(), gates.waiting_hosts(zero), gates.len()), (Some(ms(zero, 500)), 1, 2));
        assert!(all(&mut gates, ms(zero, 499)).is_empty());
        assert_eq!(all(&mut gates, ms(zero, 500)), [2]);
        assert_eq!(all(&mut gates, ms(zero, 1_000)), [4]);
        assert!(gates.is_empty() && gates.wake_at().is_none());
    }

    #[test]
    fn a_host_with_many_tasks_goes_on_while_new_ones_begin() {
        let zero = Instant::now();
        let mut gates = Gates::new(1, DELAY);
        (0..3).for_each(|task| {
            gates.push(task, "large", None);
        });
        (10..20).for_each(|task| {
            gates.push(task, &format!("small{task}"), None);
        });
        let mut order = Vec::new();
        for turn in 0..8 {
            let now = ms(zero, turn * 500);
            let (visit, task) = gates.next(now).unwrap();
            gates.done(visit, now, FINE);
            order.push(task);
        }
        assert_eq!(order, [0, 1, 10, 2, 11, 12, 13, 14]);
    }

    #[test]
    fn a_task_that_waits_by_itself_goes_first_when_its_time_has_come() {
        let zero = Instant::now();
        let mut gates = Gates::new(1, Duration::ZERO);
        gates.push(1, "a", Some(ms(zero, 2_000)));
        gates.push(2, "a", Some(ms(zero, 1_000)));
        assert_eq!((gates.next(zero), gates.wake_at()), (None, Some(ms(zero, 1_000))));
        gates.push(3, "a", None);
        gates.push(4, "a", None);
        let (visit, task) = gates.next(zero).unwrap();
        assert_eq!((task, gates.next(ms(zero, 3_000))), (3, None));
        assert_eq!(gates.wake_at(), None);
        gates.done(visit, ms(zero, 3_000), FINE);
        assert_eq!(all(&mut gates, ms(zero, 3_000)), [2, 1, 4]);
    }

    #[test]
    fn a_refusal_holds_up_the_whole_host_and_no_other() {
        let zero = Instant::now();
        let mut gates = Gates::new(1, Duration::ZERO);
        for (task, host) in [(1, "a"), (2, "a"), (3, "b"), (4, "b")] {
            gates.push(task, host, None);
        }
        let (visit, _) = gates.next(zero).unwrap();
        let seen = Seen { status: Some(429), retry_after: Some(Duration::from_secs(3)), ..FINE };
        gates.done(visit, zero, seen);
        gates.push(5, "a", Some(ms(zero, 1_000)));
        assert_eq!(all(&mut gates, ms(zero, 2_999)), [3, 4]);
        assert_eq!(gates.wake_at(), Some(ms(zero, 3_000)));
        assert_eq!(all(&mut gates, ms(zero, 3_000)), [5, 2]);
    }

    #[test]
    fn hosts_are_blocked_and_tasks_taken_out() {
        let zero = Instant::now();
        let mut gates = Gates::new(1, DELAY);
        let a = gates.push(1, "a", None);
        gates.push(2, "b", None);
        gates.push(3, "a", None);
        gates.push(4, "a", Some(zero));
        assert_eq!(gates.name(a), "a");
        gates.block(a, ms(zero, 60_000));
        assert_eq!((all(&mut gates, zero), gates.wake_at()), (vec![2], Some(ms(zero, 60_000))));
        gates.push(5, "b", Some(ms(zero, 9_000)));
        assert_eq!(gates.remove(|task| *task == 3 || *task == 5), [3, 5]);
        assert_eq!((gates.drain(a), gates.len(), gates.wake_at()), (vec![4, 1], 0, None));
        gates.push(6, "a", None);
        assert_eq!((gates.next(ms(zero, 59_999)), all(&mut gates, ms(zero, 60_000))), (None, vec![6]));
    }

    #[test]
    fn what_asks_nothing_of_a_host_holds_up_nobody() {
        let zero = Instant::now();
        let mut gates = Gates::new(2, DELAY);
        (0..100).for_each(|task| {
            gates.push(task, "a", None);
        });
        let mut refused = 0;
        while let Some((visit, _)) = gates.next(zero) {
            gates.done(visit, zero, Seen::default());
            refused += 1;
        }
        assert_eq!(refused, 100);
    }
}
