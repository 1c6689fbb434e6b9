use super::vendors::HEADERS;
use chrono::{DateTime, Utc};

/// Of a response's headers those that tell who answered and why: names in lower case, of cookies only their names.
pub(super) fn telling<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for (name, value) in all {
        let name = name.to_ascii_lowercase();
        if name == "set-cookie" {
            // The browser joins several of them by line breaks.
            let names = value.lines().filter_map(|cookie| cookie.split('=').next());
            kept.extend(names.map(|cookie| (name.clone(), cookie.trim().to_ascii_lowercase())));
        } else if HEADERS.iter().any(|mark| mark.name == name) {
            kept.push((name, value.trim().to_ascii_lowercase()));
        }
    }
    kept
}

/// Seconds that a `Retry-After` asks for, be it a number or a date.
pub(super) fn retry_after(value: &str, now: DateTime<Utc>) -> Option<u64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(seconds);
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    u64::try_from((date.with_timezone(&Utc) - now).num_seconds()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_tell_something() {
        let all =
            [("Content-Type", "text/html"), ("CF-Mitigated", "Challenge"), ("Set-Cookie", "datadome=x; a\n_abck=y")];
        let kept = telling(all.into_iter());
        let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(kept, [("cf-mitigated", "challenge"), ("set-cookie", "datadome"), ("set-cookie", "_abck")]);
    }

    #[test]
    fn seconds_and_dates() {
        let now = "2026-08-01T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(120));
        assert_eq!(retry_after("Sat, 01 Aug 2026 10:01:30 GMT", now), Some(90));
        assert_eq!(retry_after("Sat, 01 Aug 2026 09:00:00 GMT", now), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
