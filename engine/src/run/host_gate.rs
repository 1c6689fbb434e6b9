use std::time::Duration;
use tokio::time::Instant;

/// No `Crawl-delay` is followed beyond this: a run would never end.
const LONGEST_CRAWL_DELAY: Duration = Duration::from_secs(60);
/// A host is left alone for so long after its first 429 or 503; doubled with each further one …
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// … up to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// No `Retry-After` is followed beyond this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);
/// Whatever a visit took, the host is not rested from it for longer than this.
const LONGEST_REST: Duration = Duration::from_secs(600);

/// A visit that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Of which host.
    pub host: HostId,
    /// When it began.
    pub started: Instant,
}

/// Stands for the name of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub(super) u32);

/// What a visit showed of its host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Pages that were asked for. With none the visit does not count; with several the host rests for each of them.
    pub pages: u32,
    /// The status that tells most of the host: a 429 or 503 where there was one, else that of the page.
    pub status: Option<u16>,
    /// How long the host wants to be left alone.
    pub retry_after: Option<Duration>,
    /// What its robots.txt asks for.
    pub crawl_delay: Option<Duration>,
}

impl Seen {
    /// It asked to be left alone: nothing more of it is opened on this visit.
    pub(super) fn wants_rest(&self) -> bool {
        self.status == Some(429) || (self.status == Some(503) && self.retry_after.is_some())
    }

    /// Takes in one of its pages: that the host wanted to be left alone is not forgotten for a page that came after.
    pub(super) fn answered(&mut self, status: Option<u16>, retry_after: Option<u64>) {
        if !matches!(self.status, Some(429 | 503)) {
            self.status = status.or(self.status);
        }
        self.retry_after = self.retry_after.max(retry_after.map(Duration::from_secs));
    }
}

/// When one host may be visited. Knows no clock.
#[derive(Debug)]
pub(super) struct HostGate {
    running: u32,
    last_start: Option<Instant>,
    /// Until then the last visit is rested from; and until when the one before it.
    rests_until: Option<Instant>,
    rested_until: Option<Instant>,
    /// Until then the host is left alone, because it asked for that or does not answer.
    closed_until: Option<Instant>,
    crawl_delay: Duration,
    /// 429s and 503s in succession.
    refusals: u8,
    /// A visit has come to its end: what robots.txt asks for is known.
    known: bool,
}

impl HostGate {
    pub(super) const NEW: Self = Self {
        running: 0,
        last_start: None,
        rests_until: None,
        rested_until: None,
        closed_until: None,
        crawl_delay: Duration::ZERO,
        refusals: 0,
        known: false,
    };

    /// Nothing is to be learned from its first visit.
    pub(super) const KNOWN: Self = Self { known: true, ..Self::NEW };

    /// Not before; `None`: at once.
    pub(super) fn opens_at(&self) -> Option<Instant> {
        self.rests_until.max(self.closed_until)
    }

    /// The first visit of a host goes alone: until its end nobody knows what robots.txt asks for.
    pub(super) fn has_room(&self, per_host: u32) -> bool {
        self.running < if self.known { per_host } else { 1 }
    }

    pub(super) fn start(&mut self, now: Instant, delay: Duration) {
        self.running += 1;
        self.last_start = Some(now);
        self.rested_until = self.rests_until;
        self.rests_until = self.rests_until.max(Some(now + self.crawl_delay.max(delay)));
    }

    pub(super) fn close(&mut self, until: Instant) {
        self.closed_until = self.closed_until.max(Some(until));
    }

    pub(super) fn done(&mut self, started: Instant, now: Instant, delay: Duration, seen: Seen) {
        self.running = self.running.saturating_sub(1);
        self.known = true;
        if let Some(asked) = seen.crawl_delay {
            self.crawl_delay = self.crawl_delay.max(asked.min(LONGEST_CRAWL_DELAY));
            let rested = self.last_start.map(|last| last + self.crawl_delay);
            self.rests_until = self.rests_until.max(rested);
        }
        self.rest(started, delay, seen.pages);
        // Visits that were under way before the host was closed tell nothing new of it.
        let is_news = self.closed_until.is_none_or(|until| started >= until);
        match seen.status {
            Some(429 | 503) => {
                self.refusals = self.refusals.saturating_add(u8::from(is_news));
                let asked = seen.retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
                self.close(now + backoff(self.refusals).max(asked));
            }
            Some(status) if status < 500 && is_news => self.refusals = 0,
            _ => {}
        }
    }

    /// What a visit costs in rest is known only at its end.
    fn rest(&mut self, started: Instant, delay: Duration, pages: u32) {
        if pages > 0 {
            let rest = self.crawl_delay.max(delay).saturating_mul(pages).min(LONGEST_REST);
            let until = Some(started + rest);
            self.rests_until = self.rests_until.max(until);
            self.rested_until = self.rested_until.max(until);
        } else if self.last_start == Some(started) {
            // Nobody has been there since: it is as if this one had not either.
            self.rests_until = self.rested_until;
            self.last_start = None;
        }
    }
}

fn backoff(refusals: u8) -> Duration {
    let doublings = u32::from(refusals.saturating_sub(1)).min(10);
    (FIRST_BACKOFF * 2_u32.pow(doublings)).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(500);

    fn page(status: u16) -> Seen {
        Seen { pages: 1, status: Some(status), ..Seen::default() }
    }

    struct Clock {
        zero: Instant,
        gate: HostGate,
    }

    impl Clock {
        fn new() -> Self {
            Self { zero: Instant::now(), gate: HostGate::NEW }
        }

        fn at(&self, ms: u64) -> Instant {
            self.zero + Duration::from_millis(ms)
        }

        fn start(&mut self, ms: u64) {
            self.gate.start(self.at(ms), DELAY);
        }

        fn done(&mut self, started: u64, ms: u64, seen: Seen) {
            self.gate.done(self.at(started), self.at(ms), DELAY, seen);
        }

        fn opens(&self) -> Option<u128> {
            self.gate.opens_at().map(|at| (at - self.zero).as_millis())
        }

        fn visit(&mut self, ms: u64, seen: Seen) -> Option<u128> {
            self.start(ms);
            self.done(ms, ms, seen);
            self.opens()
        }
    }

    #[test]
    fn the_first_visit_goes_alone() {
        let mut clock = Clock::new();
        assert!(clock.gate.has_room(2) && clock.opens().is_none());
        clock.start(0);
        assert!(!clock.gate.has_room(2));
        clock.done(0, 9, page(200));
        assert_eq!(clock.opens(), Some(500));
        clock.start(500);
        assert!(clock.gate.has_room(2));
        clock.start(1000);
        assert!(!clock.gate.has_room(2));
    }

    #[test]
    fn refusals_double_the_wait_and_an_answer_ends_them() {
        let mut clock = Clock::new();
        assert_eq!(clock.visit(0, page(429)), Some(1_000));
        assert_eq!(clock.visit(1_000, page(503)), Some(3_000));
        assert_eq!(clock.visit(3_000, page(429)), Some(7_000));
        // Neither an error nor silence is an answer.
        assert_eq!(clock.visit(7_000, page(500)), Some(7_500));
        assert_eq!(clock.visit(8_000, page(429)), Some(16_000));
        assert_eq!(clock.visit(16_000, page(404)), Some(16_500));
        assert_eq!(clock.visit(17_000, page(429)), Some(18_000));
        for at in [18_000, 100_000, 200_000, 300_000, 400_000] {
            clock.visit(at, page(429));
        }
        assert_eq!(clock.visit(500_000, page(429)), Some(560_000));
    }

    #[test]
    fn what_the_host_asks_for_counts_within_bounds() {
        let mut clock = Clock::new();
        let asks = |seconds| Seen { retry_after: Some(Duration::from_secs(seconds)), ..page(429) };
        assert_eq!(clock.visit(0, asks(20)), Some(20_000));
        assert_eq!(clock.visit(20_000, asks(86_400)), Some(620_000));
        let crawl = |seconds| Seen { crawl_delay: Some(Duration::from_secs(seconds)), ..page(200) };
        assert_eq!(clock.visit(620_000, crawl(5)), Some(625_000));
        assert_eq!(clock.visit(625_000, page(200)), Some(630_000));
        assert_eq!(clock.visit(630_000, crawl(9_999)), Some(690_000));
    }

    #[test]
    fn refusals_of_visits_under_way_are_one() {
        let mut clock = Clock::new();
        clock.visit(0, page(200));
        clock.start(500);
        clock.start(1_000);
        clock.done(500, 1_100, page(429));
        clock.done(1_000, 1_200, page(429));
        assert_eq!(clock.opens(), Some(2_200));
        // Nor does an answer to an earlier visit end the wait.
        clock.start(2_200);
        clock.done(2_200, 2_300, page(429));
        assert_eq!(clock.opens(), Some(4_300));
    }

    #[test]
    fn a_visit_is_rested_from_by_its_pages() {
        let mut clock = Clock::new();
        assert_eq!(clock.visit(0, Seen { pages: 3, ..page(200) }), Some(1_500));
        assert_eq!(clock.visit(1_500, Seen::default()), Some(1_500));
        // Somebody else has been there meanwhile.
        clock.start(1_500);
        clock.start(2_000);
        clock.done(1_500, 2_100, Seen::default());
        assert_eq!(clock.opens(), Some(2_500));
        // Closed meanwhile.
        clock.gate.close(clock.at(9_000));
        clock.done(2_000, 2_200, Seen::default());
        assert_eq!(clock.opens(), Some(9_000));
    }
}
