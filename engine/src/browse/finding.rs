use super::broken::broken;
use super::signals::Signals;
use super::walls::wall;
use crate::model::Cause;
use crate::page::PageSnapshot;

/// How a page came, as far as its failure can be understood from that.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answer<'a> {
    /// Status of its response.
    pub status: Option<u16>,
    /// Its telling headers, as in [`Opened::headers`](super::Opened::headers).
    pub headers: &'a [(String, String)],
    /// The address that was asked for, where that is known.
    pub asked: Option<&'a str>,
}

/// A sign that a page is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What went wrong.
    pub cause: Cause,
    /// The sign, in words.
    pub sign: String,
    /// The page is nothing but the failure; otherwise it counts only when something required is missing.
    pub certain: bool,
}

impl Finding {
    pub(super) fn certain(cause: Cause, sign: impl Into<String>) -> Self {
        Self { cause, sign: sign.into(), certain: true }
    }

    pub(super) fn likely(cause: Cause, sign: impl Into<String>) -> Self {
        Self { cause, sign: sign.into(), certain: false }
    }

    /// Certain if so.
    pub(super) fn certain_if(certain: bool, cause: Cause, sign: impl Into<String>) -> Self {
        Self { cause, sign: sign.into(), certain }
    }
}

/// What keeps us out or is broken, after a page's status, headers, address and content.
///
/// A page with content of its own is no failure, whatever it carries beside it: forms with captchas, boxes to log in, banners
/// about cookies, articles about all of these. Statuses that say it themselves (404, 500) are left to the caller.
#[must_use]
pub fn detect_failure(answer: &Answer<'_>, page: &PageSnapshot) -> Option<Finding> {
    let signals = Signals::of(answer, page);
    wall(&signals).or_else(|| broken(&signals))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
