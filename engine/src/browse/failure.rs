use super::Finding;
use crate::model::{BlockedReason, Cause, FailureCategory};

/// Why a page did not come, or is not to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFailure {
    /// What went wrong. Category, blocked reason and further tries follow from it.
    pub cause: Cause,
    /// One sentence.
    pub reason: String,
    /// The browser's own words.
    pub error: Option<String>,
}

impl PageFailure {
    /// With a sentence, and no words of the browser.
    #[must_use]
    pub fn new(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into(), error: None }
    }

    /// Coarsely.
    #[must_use]
    pub fn category(&self) -> FailureCategory {
        self.cause.category()
    }

    /// What kept us out, where that is known.
    #[must_use]
    pub fn blocked(&self) -> Option<BlockedReason> {
        self.cause.blocked()
    }

    /// A page that cannot be used (`permanent`), or could not be read this time.
    pub(super) fn page_error(reason: impl Into<String>, permanent: bool) -> Self {
        Self::new(if permanent { Cause::UnusablePage } else { Cause::UnreadablePage }, reason)
    }

    /// The process of the page, or the whole browser, is gone.
    pub(super) fn crashed(reason: &str) -> Self {
        Self::new(Cause::BrowserCrashed, reason)
    }

    /// Time was up, and the page was not ready.
    pub(crate) fn timeout(waited_for: &str) -> Self {
        Self::new(Cause::PageTimeout, format!("time was up while waiting for {waited_for}"))
    }

    /// Time was up, and the site had said nothing.
    pub(crate) fn no_answer() -> Self {
        Self { cause: Cause::AnswerTimeout, ..Self::timeout("an answer") }
    }

    /// Time was up, and the site was not even asked.
    pub(crate) fn no_tab() -> Self {
        Self { cause: Cause::BrowserBusy, ..Self::timeout("a tab of the browser") }
    }

    /// One browser after another was lost under a page.
    pub(crate) fn browser_lost() -> Self {
        Self::crashed("the browser was lost again and again")
    }

    /// A replay of a page that nobody kept.
    pub(crate) fn not_kept() -> Self {
        Self::page_error("the run that is replayed kept no such page", true)
    }

    /// After the browser's network error, as `net::ERR_NAME_NOT_RESOLVED`.
    pub(super) fn network(error: &str) -> Self {
        let name = error.split("net::").last().unwrap_or(error).trim();
        let (cause, reason) = match name {
            "ERR_NAME_NOT_RESOLVED" => (Cause::NoSuchHost, "there is no such host"),
            "ERR_CONNECTION_REFUSED" => (Cause::ConnectionRefused, "the host refuses connections"),
            "ERR_CONNECTION_TIMED_OUT" | "ERR_TIMED_OUT" => (Cause::HostUnreachable, "the host does not answer"),
            "ERR_ADDRESS_UNREACHABLE" => (Cause::HostUnreachable, "there is no way to the host"),
            "ERR_TOO_MANY_REDIRECTS" => (Cause::RedirectLoop, "the page redirects in a loop"),
            "ERR_EMPTY_RESPONSE" | "ERR_CONNECTION_CLOSED" | "ERR_CONNECTION_RESET" => {
                (Cause::ConnectionClosed, "the host closed the connection without an answer")
            }
            "ERR_ABORTED" => (Cause::UnusablePage, "the address gives no page"),
            "ERR_INVALID_RESPONSE" | "ERR_INVALID_HTTP_RESPONSE" => (Cause::NotHttp, "the host does not speak HTTP"),
            "ERR_UNSAFE_PORT" => (Cause::NotHttp, "the browser does not open this port"),
            name if name.starts_with("ERR_CERT") || name.starts_with("ERR_SSL") => {
                (Cause::BadCertificate, "the host's certificate or TLS is not valid")
            }
            _ => (Cause::NetworkError, "the page could not be loaded"),
        };
        Self { error: Some(error.to_owned()), ..Self::new(cause, reason) }
    }

    /// After an HTTP status of 400 and above that is no block.
    #[must_use]
    pub fn status(status: u16) -> Self {
        match status {
            404 | 410 => Self::new(Cause::NotFound, format!("the page does not exist (HTTP {status})")),
            500.. => Self::new(Cause::ServerError, format!("the site has an error (HTTP {status})")),
            408 | 425 => Self::new(Cause::ServerError, format!("the site refused the request (HTTP {status})")),
            _ => Self::new(Cause::ClientError, format!("the site refused the request (HTTP {status})")),
        }
    }
}

impl From<Finding> for PageFailure {
    fn from(finding: Finding) -> Self {
        Self::new(finding.cause, finding.sign)
    }
}
