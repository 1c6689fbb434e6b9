use super::PageFailure;
use super::user_agent::PRODUCT;
use crate::model::Cause;
use std::borrow::Cow;
use std::time::Duration;

/// What robots.txt says about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Why the address is not opened; `None`: it may be.
    pub refusal: Option<PageFailure>,
    /// The rule, or why there is none, in words.
    pub why: String,
    /// Time between two visits that the host asks for.
    pub crawl_delay: Option<Duration>,
    /// Status of robots.txt, where it has one.
    pub status: Option<u16>,
    /// Seconds after which the host wants to be asked again.
    pub retry_after: Option<u64>,
}

/// What came of asking for a robots.txt.
#[derive(Debug)]
pub(super) enum Answer {
    Rules(u16, robotxt::Robots),
    /// There is none: everything is allowed.
    None(Option<u16>),
    /// The host cannot answer now: nothing is allowed (2.3.1.4).
    Failing(u16, Option<u64>),
    /// It was reached and did not answer as HTTP has it: nothing is allowed.
    Broken(PageFailure),
    /// It was not even reached. The page will not be either, and says so in its own words; and where it is (a remote
    /// browser in another network), the host has not said no.
    Unreached(PageFailure),
}

/// The rules that are about us.
pub(super) fn rules_for_us(text: &[u8]) -> robotxt::Robots {
    robotxt::Robots::parse(&without_versions(text), PRODUCT)
}

/// People name agents with their version, too (`User-agent: mino/1.0`): what counts is the product (2.2.1).
fn without_versions(text: &[u8]) -> Cow<'_, [u8]> {
    let names_us = |line: &[u8]| {
        let line = line.trim_ascii();
        let key = line.get(..4).is_some_and(|key| key.eq_ignore_ascii_case(b"user"));
        let value = line.iter().position(|byte| *byte == b':').filter(|_| key).map(|at| line[at + 1..].trim_ascii());
        value.and_then(|value| value.split_at_checked(PRODUCT.len())).is_some_and(|(name, rest)| {
            let ends = rest.first().is_some_and(|byte| !byte.is_ascii_alphabetic() && !b"_-".contains(byte));
            name.eq_ignore_ascii_case(PRODUCT.as_bytes()) && ends
        })
    };
    let lines = || text.split_inclusive(|byte| *byte == b'\n' || *byte == b'\r');
    if !lines().any(names_us) {
        return Cow::Borrowed(text);
    }
    let ours = format!("user-agent: {PRODUCT}\n");
    Cow::Owned(lines().flat_map(|line| if names_us(line) { ours.as_bytes() } else { line }).copied().collect())
}

impl Answer {
    /// What is kept of it, roughly, in bytes.
    pub(super) fn weight(&self) -> usize {
        let Self::Rules(_, rules) = self else { return 300 };
        let patterns: usize = rules.rules().iter().map(|rule| rule.pattern().len() + 40).sum();
        let sitemaps: usize = rules.sitemaps().iter().map(|sitemap| sitemap.as_str().len() + 120).sum();
        300 + patterns + sitemaps
    }

    pub(super) fn decide(&self, path: &str) -> Decision {
        match self {
            Self::Rules(status, rules) => {
                let allowed = rules.is_allowed(path);
                let why = match rules.matching_rule(path).filter(|rule| rule.is_allow() == allowed) {
                    Some(rule) => {
                        let verb = if allowed { "Allow" } else { "Disallow" };
                        let whom = if rules.user_agent() == "*" { "everybody" } else { PRODUCT };
                        let pattern: String = rule.pattern().chars().take(200).collect();
                        format!("robots.txt, for {whom}: {verb}: {pattern}")
                    }
                    None => "robots.txt has no rule for this address".into(),
                };
                let refusal = (!allowed).then(|| PageFailure::new(Cause::Robots, why.clone()));
                let crawl_delay = rules.crawl_delay();
                Decision { refusal, crawl_delay, status: Some(*status), ..Decision::allowed(why) }
            }
            Self::None(status) => {
                let why = status.map_or_else(
                    || "there is no robots.txt (it redirects without end)".to_owned(),
                    |status| format!("there is no robots.txt (HTTP {status})"),
                );
                Decision { status: *status, ..Decision::allowed(why) }
            }
            Self::Failing(status, retry_after) => {
                let why = format!("robots.txt cannot be had now (HTTP {status}): nothing is opened without it");
                let cause = if *status == 429 { Cause::RateLimited } else { Cause::ServerError };
                let refusal = PageFailure::new(cause, why.clone());
                let retry_after = *retry_after;
                Decision { refusal: Some(refusal), status: Some(*status), retry_after, ..Decision::allowed(why) }
            }
            Self::Broken(failure) => {
                let reason = format!("robots.txt could not be read: {}", failure.reason);
                let refusal = PageFailure { reason: reason.clone(), ..failure.clone() };
                Decision { refusal: Some(refusal), ..Decision::allowed(reason) }
            }
            Self::Unreached(failure) => Decision::allowed(format!("robots.txt was not reached: {}", failure.reason)),
        }
    }
}

impl Decision {
    /// A rule forbids the address. Where it is refused without one, the host could not answer now.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.cause == Cause::Robots)
    }

    pub(super) fn allowed(why: String) -> Self {
        Self { refusal: None, why, crawl_delay: None, status: None, retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(text: &str, path: &str) -> Decision {
        Answer::Rules(200, rules_for_us(text.as_bytes())).decide(path)
    }

    fn allowed(text: &str, path: &str) -> bool {
        decide(text, path).refusal.is_none()
    }

    /// RFC 9309, section 5.2 and its rules on matching.
    #[test]
    fn rules_are_matched_as_the_standard_has_it() {
        let longest = "User-Agent: *\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif";
        assert!(allowed(longest, "/example/page/index.html") && !allowed(longest, "/example/page/disallowed.gif"));
        let equal = "User-Agent: *\nDisallow: /page\nAllow: /page";
        assert!(allowed(equal, "/page"));
        let wild = "User-Agent: *\nDisallow: /*.gif$\nDisallow: /a/*/b\nAllow: /a/x/b/c";
        assert!(!allowed(wild, "/x/y.gif") && allowed(wild, "/x/y.gif?z"));
        assert!(!allowed(wild, "/a/1/2/b") && allowed(wild, "/a/x/b/c") && allowed(wild, "/a/b"));
        let encoded = "User-Agent: *\nDisallow: /foo/bar/ツ\nDisallow: /%62az\nDisallow: /a%2fb";
        assert!(!allowed(encoded, "/foo/bar/%E3%83%84") && !allowed(encoded, "/baz"));
        assert!(!allowed(encoded, "/a%2Fb") && allowed(encoded, "/a/b"));
        assert!(allowed("User-Agent: *\nDisallow:", "/x") && allowed("", "/x"));
        assert!(allowed("User-Agent: *\nDisallow: /", "/robots.txt"));
        assert!(!allowed("User-Agent: *\nDisallow: /x?a=", "/x?a=1") && allowed("User-Agent: *\nDisallow: /X", "/x"));
    }

    #[test]
    fn groups_are_found_by_our_name_else_by_the_star() {
        let ours = "\u{feff}user-agent: other\ndisallow: /\n\nUSER-AGENT: MiNo\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n\
            user-agent: mino\nuser-agent: third\ndisallow: /c\n";
        assert!(!allowed(ours, "/a") && allowed(ours, "/b") && !allowed(ours, "/c"));
        assert!(!allowed("user-agent: minotaur\ndisallow: /a\nuser-agent: *\ndisallow: /b", "/b"));
        assert!(allowed("user-agent: minotaur\ndisallow: /a\nuser-agent: *\ndisallow: /b", "/a"));
        for name in ["mino/1.0", "Mino/0.1 # ours", "mino bot", "mino*"] {
            let text = format!("User-agent: *\nAllow: /\n\nUser-agent: {name}\r\nDisallow: /a\n");
            assert!(!allowed(&text, "/a"), "{name}");
        }
        assert!(allowed("<html><p>User-agent<p>disallow: /", "/"));
    }

    #[test]
    fn decisions_tell_their_rule() {
        let text = "User-agent: *\nAllow: /a\nDisallow: /a/secret\nCrawl-delay: 1.5";
        let secret = decide(text, "/a/secret");
        assert_eq!(secret.why, "robots.txt, for everybody: Disallow: /a/secret");
        let refusal = secret.refusal.map(|refusal| (refusal.cause, refusal.reason == secret.why));
        assert_eq!(refusal, Some((Cause::Robots, true)));
        assert_eq!(decide(text, "/a").why, "robots.txt, for everybody: Allow: /a");
        assert_eq!(decide(text, "/b").why, "robots.txt has no rule for this address");
        assert_eq!(decide(text, "/b").crawl_delay, Some(Duration::from_millis(1_500)));
        let ours = "User-agent: mino\nDisallow: /";
        assert_eq!(decide(ours, "/").why, "robots.txt, for mino: Disallow: /");
    }
}
