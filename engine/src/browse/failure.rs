use crate::model::{BlockedReason, FailureCategory};

/// Why a page did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFailure {
    /// Coarsely.
    pub category: FailureCategory,
    /// What kept us out, where that is known.
    pub blocked: Option<BlockedReason>,
    /// One sentence.
    pub reason: String,
    /// The browser's own words.
    pub error: Option<String>,
    /// Another try would end the same.
    pub permanent: bool,
}

impl PageFailure {
    pub(super) fn page_error(reason: impl Into<String>, permanent: bool) -> Self {
        let category = FailureCategory::PageError;
        Self { category, blocked: None, reason: reason.into(), error: None, permanent }
    }

    pub(crate) fn timeout(waited_for: &str) -> Self {
        let reason = format!("time was up while waiting for {waited_for}");
        Self { category: FailureCategory::Timeout, blocked: None, reason, error: None, permanent: false }
    }

    /// One browser after another was lost under a page.
    pub(crate) fn browser_lost() -> Self {
        Self::page_error("the browser was lost again and again", false)
    }

    /// A replay of a page that nobody kept.
    pub(crate) fn not_kept() -> Self {
        Self::page_error("the run that is replayed kept no such page", true)
    }

    /// After the browser's network error, as `net::ERR_NAME_NOT_RESOLVED`.
    pub(super) fn network(error: &str) -> Self {
        let name = error.split("net::").last().unwrap_or(error).trim();
        let (reason, permanent) = match name {
            "ERR_NAME_NOT_RESOLVED" => ("there is no such host", false),
            "ERR_CONNECTION_REFUSED" => ("the host refuses connections", false),
            "ERR_CONNECTION_TIMED_OUT" | "ERR_TIMED_OUT" => ("the host does not answer", false),
            "ERR_TOO_MANY_REDIRECTS" => ("the page redirects in a loop", true),
            "ERR_EMPTY_RESPONSE" | "ERR_CONNECTION_CLOSED" | "ERR_CONNECTION_RESET" => {
                ("the host closed the connection without an answer", false)
            }
            "ERR_ABORTED" => ("the address gives no page", true),
            "ERR_INVALID_RESPONSE" | "ERR_INVALID_HTTP_RESPONSE" => ("the host does not speak HTTP", true),
            "ERR_UNSAFE_PORT" => ("the browser does not open this port", true),
            name if name.starts_with("ERR_CERT") || name.starts_with("ERR_SSL") => {
                ("the host's certificate or TLS is not valid", true)
            }
            _ => ("the page could not be loaded", false),
        };
        Self { error: Some(error.to_owned()), ..Self::page_error(reason, permanent) }
    }

    /// After an HTTP status of 400 and above that is no block.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let reason = match status {
            404 | 410 => format!("the page does not exist (HTTP {status})"),
            500.. => format!("the site has an error (HTTP {status})"),
            _ => format!("the site refused the request (HTTP {status})"),
        };
        Self::page_error(reason, status < 500 && status != 408 && status != 425)
    }
}
