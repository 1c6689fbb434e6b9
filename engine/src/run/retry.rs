use crate::model::Cause;
use std::time::Duration;

/// How an attempt failed, as far as another try depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What went wrong.
    pub cause: Cause,
    /// Seconds that the site asked for.
    pub retry_after: Option<u64>,
}

impl Outcome {
    /// The host wants to be left alone for longer than anybody waits.
    #[must_use]
    pub fn asks_for_too_much(&self) -> bool {
        let most = Policy::of(self.cause).retry_after.map(u64::from);
        self.retry_after.zip(most).is_some_and(|(asked, most)| asked > most)
    }
}

/// What a failure tells of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The next page will fail as well: reason to leave it alone.
    Fails,
    /// It answers as hosts should; something about the page is wrong.
    Answers,
    /// Nothing, either way.
    Unknown,
}

/// What is done after a failure. The whole of it is in [`POLICIES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// After what.
    pub cause: Cause,
    /// Tries of a task at most, the first included; the campaign's `max_retries` may allow fewer.
    pub tries: u32,
    /// Seconds between the first try and the second.
    pub first_wait: u32,
    /// By how much each further wait is longer.
    pub factor: u32,
    /// Seconds, the longest wait.
    pub longest_wait: u32,
    /// Seconds up to which a site's own `Retry-After` is waited for; one that asks for more is not asked again.
    pub retry_after: Option<u32>,
    /// A browser may get the page that plain HTTP did not.
    pub browser_helps: bool,
    /// What it tells of the host.
    pub host: Host,
}

/// Ten minutes.
const TEN_MINUTES: Option<u32> = Some(600);

macro_rules! policies {
    ($($cause:ident: $tries:literal tries, $first:literal s * $factor:literal to $longest:literal s, $asked:expr, $browser:ident, $host:ident;)+) => {
        /// What is done after each cause. One row a cause, in the order of [`Cause::ALL`].
        pub const POLICIES: &[Policy] = &[$(Policy {
            cause: Cause::$cause,
            tries: $tries,
            first_wait: $first,
            factor: $factor,
            longest_wait: $longest,
            retry_after: $asked,
            browser_helps: policies!(@ $browser),
            host: Host::$host,
        }),+];
    };
    (@ browser) => { true };
    (@ plain) => { false };
}

// Cause: tries, waits, Retry-After honoured up to, whether a browser may do better than plain HTTP, what it tells of the host.
#[rustfmt::skip]
policies! {
    BadAddress:        1 tries, 0 s * 1 to  0 s, None,        plain,   Unknown;
    NoSuchHost:        2 tries, 5 s * 1 to  5 s, None,        plain,   Fails;
    ConnectionRefused: 2 tries, 3 s * 1 to  3 s, None,        plain,   Fails;
    HostUnreachable:   2 tries, 5 s * 1 to  5 s, None,        plain,   Fails;
    ConnectionClosed:  3 tries, 2 s * 2 to 30 s, None,        browser, Fails;
    BadCertificate:    1 tries, 0 s * 1 to  0 s, None,        browser, Fails;
    NotHttp:           1 tries, 0 s * 1 to  0 s, None,        plain,   Fails;
    NetworkError:      3 tries, 2 s * 2 to 30 s, None,        browser, Unknown;
    RedirectLoop:      1 tries, 0 s * 1 to  0 s, None,        browser, Answers;
    NotFound:          1 tries, 0 s * 1 to  0 s, None,        plain,   Answers;
    SoftNotFound:      1 tries, 0 s * 1 to  0 s, None,        browser, Answers;
    ServerError:       3 tries, 2 s * 3 to 30 s, TEN_MINUTES, browser, Fails;
    ErrorPage:         3 tries, 2 s * 3 to 30 s, TEN_MINUTES, browser, Unknown;
    ClientError:       1 tries, 0 s * 1 to  0 s, None,        plain,   Answers;
    EmptyShell:        2 tries, 2 s * 1 to  2 s, None,        browser, Unknown;
    UnusablePage:      1 tries, 0 s * 1 to  0 s, None,        plain,   Answers;
    UnreadablePage:    3 tries, 1 s * 2 to 30 s, None,        browser, Unknown;
    BrowserCrashed:    3 tries, 1 s * 2 to 30 s, None,        browser, Unknown;
    BrowserBusy:       3 tries, 1 s * 2 to 30 s, None,        plain,   Unknown;
    AnswerTimeout:     2 tries, 5 s * 1 to  5 s, None,        plain,   Fails;
    PageTimeout:       2 tries, 5 s * 1 to  5 s, None,        browser, Unknown;
    Captcha:           1 tries, 0 s * 1 to  0 s, None,        browser, Fails;
    LoginRequired:     1 tries, 0 s * 1 to  0 s, None,        plain,   Unknown;
    Paywall:           1 tries, 0 s * 1 to  0 s, None,        browser, Unknown;
    GeoBlocked:        1 tries, 0 s * 1 to  0 s, None,        plain,   Fails;
    RateLimited:       4 tries, 5 s * 2 to 60 s, TEN_MINUTES, plain,   Fails;
    ConsentWall:       2 tries, 5 s * 1 to  5 s, None,        browser, Unknown;
    AccessDenied:      1 tries, 0 s * 1 to  0 s, None,        browser, Fails;
    Robots:            1 tries, 0 s * 1 to  0 s, None,        plain,   Unknown;
    AddressGuard:      1 tries, 0 s * 1 to  0 s, None,        plain,   Unknown;
    ExtractionFailed:  2 tries, 1 s * 1 to  1 s, None,        browser, Answers;
}

impl Policy {
    /// After a cause.
    #[must_use]
    pub fn of(cause: Cause) -> Self {
        // A test rules out that one has no row: it would not be tried again.
        POLICIES.iter().copied().find(|policy| policy.cause == cause).unwrap_or(Self {
            cause,
            tries: 1,
            first_wait: 0,
            factor: 1,
            longest_wait: 0,
            retry_after: None,
            browser_helps: false,
            host: Host::Unknown,
        })
    }

    /// How long to wait after the `number`th try (from 1), before what the site asks for and jitter.
    #[must_use]
    pub fn wait(&self, number: u32) -> Duration {
        let grown = self.factor.saturating_pow(number.saturating_sub(1)).saturating_mul(self.first_wait);
        Duration::from_secs(grown.min(self.longest_wait).into())
    }
}

/// How long to wait before the next try of a task after its `number`th (from 1); `None`: it is not tried again.
///
/// By [`POLICIES`], within `max_retries`. `jitter` in 0..=1 makes a wait up to half as long again, so that tries spread; what
/// a site asks for is never cut short.
#[must_use]
pub fn retry_after(outcome: Outcome, number: u32, max_retries: u32, jitter: f64) -> Option<Duration> {
    let policy = Policy::of(outcome.cause);
    if number >= policy.tries.min(max_retries.saturating_add(1)) {
        return None;
    }
    let asked = policy.retry_after.and(outcome.retry_after).unwrap_or(0);
    if asked > policy.retry_after.unwrap_or(0).into() {
        return None;
    }
    let wait = policy.wait(number).max(Duration::from_secs(asked));
    Some(wait.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOC: &str = include_str!("../../docs/failures.md");

    fn waits(cause: Cause, max_retries: u32) -> Vec<u64> {
        let wait = |number| retry_after(Outcome { cause, retry_after: None }, number, max_retries, 0.0);
        (1..).map_while(wait).map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn each_cause_has_its_own_row_in_order() {
        let causes: Vec<Cause> = POLICIES.iter().map(|policy| policy.cause).collect();
        assert_eq!(causes, Cause::ALL);
        for policy in POLICIES {
            assert_eq!(policy.tries == 1, policy.first_wait == 0, "{}: waits are for further tries", policy.cause);
            assert!(policy.tries >= 1 && policy.first_wait <= policy.longest_wait, "{}", policy.cause);
        }
    }

    #[test]
    fn each_cause_has_its_own_patience() {
        assert_eq!(waits(Cause::ServerError, 9), [2, 6]);
        assert_eq!(waits(Cause::RateLimited, 9), [5, 10, 20]);
        assert_eq!(waits(Cause::NoSuchHost, 9), [5]);
        assert_eq!(waits(Cause::ExtractionFailed, 9), [1]);
        for never in [Cause::Captcha, Cause::NotFound, Cause::SoftNotFound, Cause::Paywall, Cause::BadCertificate] {
            assert_eq!(waits(never, 9), [0; 0], "{never}");
        }
    }

    #[test]
    fn a_campaign_allows_no_more_than_its_own() {
        assert_eq!(waits(Cause::ServerError, 1), [2]);
        assert_eq!(waits(Cause::ServerError, 0), [0; 0]);
    }

    #[test]
    fn what_a_site_asks_for_is_kept_or_it_is_not_asked_again() {
        let wait = |cause, asked, jitter| retry_after(Outcome { cause, retry_after: Some(asked) }, 1, 3, jitter);
        assert_eq!(wait(Cause::RateLimited, 120, 0.0), Some(Duration::from_secs(120)));
        assert_eq!(wait(Cause::RateLimited, 120, 1.0), Some(Duration::from_secs(180)));
        assert_eq!(wait(Cause::RateLimited, 1, 0.0), Some(Duration::from_secs(5)));
        assert_eq!(wait(Cause::RateLimited, 600, 0.0), Some(Duration::from_secs(600)));
        assert_eq!(wait(Cause::RateLimited, 601, 0.0), None);
        // A page that came asks for nothing.
        assert_eq!(wait(Cause::ExtractionFailed, 9_000, 0.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_table_of_the_documentation_is_this_one() {
        let yes = |what: bool| if what { "yes" } else { "" };
        let rows = POLICIES.iter().map(|policy| {
            let waits: Vec<String> =
                (1..policy.tries).map(|number| policy.wait(number).as_secs().to_string()).collect();
            let waits = if waits.is_empty() { "never again".to_owned() } else { format!("{} s", waits.join(", ")) };
            let asked = policy.retry_after.map(|most| format!("up to {} min", most / 60)).unwrap_or_default();
            let host = match policy.host {
                Host::Fails => "fails",
                Host::Answers => "answers",
                Host::Unknown => "",
            };
            let kind = match policy.cause.blocked() {
                Some(reason) => format!("blocked, {reason}"),
                None => policy.cause.category().to_string(),
            };
            let (cause, tries) = (policy.cause, policy.tries);
            format!("| `{cause}` | {kind} | {tries} | {waits} | {asked} | {} | {host} |", yes(policy.browser_helps))
        });
        let table = rows.collect::<Vec<String>>().join("\n");
        assert!(DOC.contains(&table), "put this into engine/docs/failures.md:\n{table}");
    }
}
