use chrono::{DateTime, Utc};

/// Seconds of a `Retry-After`, which is a number of them or a date.
pub(super) fn retry_after(header: &str, now: DateTime<Utc>) -> Option<u64> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(seconds);
    }
    let date = DateTime::parse_from_rfc2822(header).ok()?;
    Some(u64::try_from((date.to_utc() - now).num_seconds()).unwrap_or(0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by failing what it expected")]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates() {
        let now = "2026-10-21T07:27:30Z".parse().unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(120));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT", now), Some(30));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(0));
        assert_eq!((retry_after("soon", now), retry_after("-1", now)), (None, None));
    }
}
