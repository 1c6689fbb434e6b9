use super::attempt::words;
use super::{BlockedReason, FailureCategory};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words! {
    /// What exactly went wrong in an attempt; decides about another try, and tells of a host or of a page only.
    Cause {
        /// The row names no address that can be opened.
        BadAddress = "bad_address",
        /// The name of the host leads nowhere.
        NoSuchHost = "no_such_host",
        /// Nothing listens there.
        ConnectionRefused = "connection_refused",
        /// The host does not answer, or there is no way to it.
        HostUnreachable = "host_unreachable",
        /// The host closed the connection without an answer.
        ConnectionClosed = "connection_closed",
        /// Its certificate or TLS is not valid.
        BadCertificate = "bad_certificate",
        /// It does not speak HTTP, or not on a port that browsers open.
        NotHttp = "not_http",
        /// Another error of the network.
        NetworkError = "network_error",
        /// Redirects without end.
        RedirectLoop = "redirect_loop",
        /// HTTP 404 or 410.
        NotFound = "not_found",
        /// The page says that it does not exist, under a status that says it does.
        SoftNotFound = "soft_not_found",
        /// HTTP 408, 425, or 500 and above.
        ServerError = "server_error",
        /// The page shows an error, under a status that says all is well.
        ErrorPage = "error_page",
        /// Another HTTP status from 400 on.
        ClientError = "client_error",
        /// A page without content: scripts should have filled it, and did not.
        EmptyShell = "empty_shell",
        /// No page that could be read, now or later: a download, too large, dialogs without end.
        UnusablePage = "unusable_page",
        /// A page that could not be read this time.
        UnreadablePage = "unreadable_page",
        /// The browser, or its process for this page, is gone.
        BrowserCrashed = "browser_crashed",
        /// No tab of the browser became free in time.
        BrowserBusy = "browser_busy",
        /// Time was up before the site answered.
        AnswerTimeout = "answer_timeout",
        /// Time was up before the page was there, held still or was read.
        PageTimeout = "page_timeout",
        /// A test that asks for a human.
        Captcha = "captcha",
        /// The page wants an account.
        LoginRequired = "login_required",
        /// The page wants money.
        Paywall = "paywall",
        /// The page is not for this country.
        GeoBlocked = "geo_blocked",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// Consent is asked for before anything is shown.
        ConsentWall = "consent_wall",
        /// The site refused access and did not say why.
        AccessDenied = "access_denied",
        /// robots.txt says no.
        Robots = "robots",
        /// The address is not one that a campaign may reach.
        AddressGuard = "address_guard",
        /// The page came, a required field did not.
        ExtractionFailed = "extraction_failed",
    }
}

impl Cause {
    /// The category in the tables.
    #[must_use]
    pub fn category(self) -> FailureCategory {
        match self {
            Self::ExtractionFailed => FailureCategory::ExtractionFailed,
            Self::BrowserBusy | Self::AnswerTimeout | Self::PageTimeout => FailureCategory::Timeout,
            Self::AccessDenied => FailureCategory::Blocked,
            _ if self.blocked().is_some() => FailureCategory::Blocked,
            _ => FailureCategory::PageError,
        }
    }

    /// What kept us out, in the tables; `None` too where the site did not say.
    #[must_use]
    pub fn blocked(self) -> Option<BlockedReason> {
        Some(match self {
            Self::Captcha => BlockedReason::Captcha,
            Self::LoginRequired => BlockedReason::LoginRequired,
            Self::Paywall => BlockedReason::Paywall,
            Self::GeoBlocked => BlockedReason::GeoBlocked,
            Self::RateLimited => BlockedReason::RateLimited,
            Self::ConsentWall => BlockedReason::ConsentWall,
            Self::Robots => BlockedReason::Robots,
            Self::AddressGuard => BlockedReason::AddressGuard,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_cause_of_the_same_name() {
        for reason in BlockedReason::ALL {
            let cause: Result<Cause, String> = reason.as_str().parse();
            assert_eq!(cause.map(Cause::blocked), Ok(Some(*reason)), "{reason}");
        }
        assert!(
            Cause::ALL.iter().all(|cause| cause.blocked().is_none() || cause.category() == FailureCategory::Blocked)
        );
    }
}
